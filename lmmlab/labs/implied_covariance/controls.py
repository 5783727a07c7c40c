"""The controls of the implied covariance lab: what a student can move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.implied_covariance.stories import STORIES, Scale

_MADE = "story=" + "|".join(name for name, story in STORIES.items() if not story.real)


def _scales(which: int) -> Mapping[str, Scale]:
    return {f"story={name}": story.scales[which] for name, story in STORIES.items()}


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    story: str = control(
        "hrqol",
        "who is visited",
        group="people",
        choices=tuple((name, story.label) for name, story in STORIES.items()),
        sets={name: story.values for name, story in STORIES.items()},
    )
    people: int = control(60, "people", symbol="J", group="people", low=5, high=200, shown=_MADE)
    tau0: float = control(
        15.0, "spread of starts", symbol="τ₀", group="nature",
        low=0.0, high=60.0, step=0.1, role="parameter:tau0", scales=_scales(0),
    )  # fmt: skip
    tau1: float = control(
        0.8, "spread of slopes", symbol="τ₁", group="nature",
        low=0.0, high=15.0, step=0.01, role="parameter:tau1", scales=_scales(1),
    )  # fmt: skip
    rho: float = control(
        -0.2, "start and slope go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.01, role="parameter:rho", signed=True,
    )  # fmt: skip
    sigma: float = control(
        8.0, "noise of one visit", symbol="σ", group="nature",
        low=0.0, high=60.0, step=0.1, role="parameter:sigma", scales=_scales(2),
    )  # fmt: skip
    layers: str = control(
        "noise",
        "V is built up to",
        group="What we look at",
        choices=(("starts", "own starts"), ("slopes", "+ own slopes"), ("noise", "+ noise")),
    )
    fit: str = control(
        "lines",
        "correlations come from",
        group="What we fit",
        choices=(
            ("starts", "own starts"),
            ("lines", "own starts and slopes"),
            ("pairs", "each pair alone"),
        ),
    )  # fmt: skip
    person: str = control("", "pair of visits", hidden=True)
    seed: int = control(6, "sample", hidden=True, low=0, high=999_999, shown=_MADE)
