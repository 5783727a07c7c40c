"""The controls of the playground: all of nature, and all of what we fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.playground.stories import STORIES, Range

MOST = 60  # visits, people


def _scales(name: str) -> Mapping[str, Range]:
    return {f"story={key}": story.ranges[name] for key, story in STORIES.items()}


_FIT = "What we fit"
_MIXED = "fit=starts|uncorrelated|lines"


@dataclass(frozen=True)
class Controls:
    """What can be moved; a story shows the part of a slider that suits it."""

    story: str = control(
        "bp",
        "which story",
        group="study",
        choices=tuple((name, story.label) for name, story in STORIES.items()),
        sets={name: story.values for name, story in STORIES.items()},
    )
    people: int = control(60, "people", symbol="J", group="study", low=3, high=MOST)
    visits: int = control(7, "rows of each", symbol="n", group="study", low=1, high=MOST)
    gap: float = control(1.0, "time between them", group="study", low=0.5, high=6.0, step=0.5)
    own_visits: int = control(
        7, "rows of the one in colour", group="study", low=1, high=MOST, role="person"
    )
    missing: int = control(
        0, "rows missing by chance", unit="%", group="study", low=0, high=80, step=5
    )
    beta0: float = control(
        150.0, "average start", symbol="β₀", group="nature", low=-10.0, high=180.0, step=1.0,
        role="parameter:beta", scales=_scales("beta0"),
    )  # fmt: skip
    beta1: float = control(
        -1.5, "average change", symbol="β₁", group="nature", low=-5.0, high=5.0, step=0.1,
        role="parameter:beta", signed=True, scales=_scales("beta1"),
    )  # fmt: skip
    tau0: float = control(
        12.0, "spread of starts", symbol="τ₀", group="nature", low=0.0, high=30.0, step=0.5,
        role="parameter:tau0", scales=_scales("tau0"),
    )  # fmt: skip
    tau1: float = control(
        1.2, "spread of changes", symbol="τ₁", group="nature", low=0.0, high=3.0, step=0.05,
        role="parameter:tau1", scales=_scales("tau1"),
    )  # fmt: skip
    rho: float = control(
        -0.6, "start and change go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.01, role="parameter:rho", signed=True,
    )  # fmt: skip
    sigma: float = control(
        8.0, "noise of one row", symbol="σ", group="nature", low=0.0, high=40.0, step=0.5,
        role="parameter:sigma", scales=_scales("sigma"),
    )  # fmt: skip
    moments: str = control(
        "chance",
        "means and spreads of these people",
        group="nature",
        choices=(("chance", "as chance has them"), ("exact", "exactly as set")),
    )
    fit: str = control(
        "lines",
        "which model",
        group=_FIT,
        choices=(
            ("one", "average only"),
            ("starts", "own starts"),
            ("uncorrelated", "and slopes, ρ = 0"),
            ("lines", "and slopes, ρ free"),
        ),
    )
    method: str = control(
        "REML", "estimated by", group=_FIT, choices=(("REML", "REML"), ("ML", "ML")), shown=_MIXED
    )
    interval: str = control(
        "satterthwaite",
        "intervals by",
        group=_FIT,
        choices=(("wald", "Wald (z)"), ("satterthwaite", "Satterthwaite (t)")),
    )
    origin: float = control(
        0.0, "time is counted from", symbol="c", group=_FIT, low=0.0, high=MOST, step=0.5,
        scales={f"story={key}": (0.0, story.last, 0.5) for key, story in STORIES.items()},
    )  # fmt: skip
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(6, "sample", hidden=True, low=0, high=999_999)
