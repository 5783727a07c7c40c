"""The controls of the residuals lab: how residuals are related, and what the fit knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.residuals.stories import STORIES, Range

MOST = (60, 20)


def _scales(name: str) -> Mapping[str, Range]:
    return {f"story={key}": story.ranges[name] for key, story in STORIES.items()}


@dataclass(frozen=True)
class Controls:
    """What can be moved; a story shows the part of a slider that suits it."""

    story: str = control(
        "diary",
        "which story",
        group="study",
        choices=tuple((name, story.label) for name, story in STORIES.items()),
        sets={name: story.values for name, story in STORIES.items()},
    )
    people: int = control(20, "people", symbol="J", group="study", low=8, high=MOST[0])
    visits: int = control(20, "visits of each", symbol="n", group="study", low=4, high=MOST[1])
    beta0: float = control(
        50.0, "average start", symbol="β₀", group="nature", low=0.0, high=100.0, step=1.0,
        role="parameter:beta", scales=_scales("beta0"),
    )  # fmt: skip
    beta1: float = control(
        0.2, "average change", symbol="β₁", group="nature", low=-10.0, high=10.0, step=0.05,
        role="parameter:beta", signed=True, scales=_scales("beta1"),
    )  # fmt: skip
    tau0: float = control(
        6.0, "spread of people", symbol="τ₀", group="nature", low=0.0, high=15.0, step=0.5,
        role="parameter:tau0", scales=_scales("tau0"),
    )  # fmt: skip
    sigma: float = control(
        8.0, "noise of the first visit", symbol="σ", group="nature", low=1.0, high=20.0, step=0.5,
        role="parameter:sigma", scales=_scales("sigma"),
    )  # fmt: skip
    phi: float = control(
        0.4, "residual and the next correlate", symbol="φ", group="nature", low=-0.9, high=0.95,
        step=0.01, role="parameter:rho", signed=True,
    )  # fmt: skip
    ratio: float = control(
        1.0, "noise of the last visit, over the first", group="nature", low=0.2, high=5.0,
        step=0.1, role="parameter:sigma",
    )  # fmt: skip
    moments: str = control(
        "chance",
        "spread of these people",
        group="nature",
        choices=(("chance", "as chance has it"), ("exact", "exactly as set")),
    )
    fit: str = control(
        "starts",
        "people",
        group="fit",
        choices=(("starts", "own starts"), ("one", "all alike")),
    )
    errors: str = control(
        "independent",
        "residuals",
        group="fit",
        choices=(("independent", "independent"), ("ar1", "AR(1)"), ("variances", "own sd a visit")),
    )
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(5, "sample", hidden=True, low=0, high=999_999)
