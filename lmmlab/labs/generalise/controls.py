"""The controls of the generalise lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.generalise.stories import STORIES

_SMALL = {"story=labs": (0.0, 20.0, 0.1)}


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    story: str = control(
        "people",
        "who is studied",
        group="people",
        choices=tuple((name, story.label) for name, story in STORIES.items()),
        sets={name: story.values for name, story in STORIES.items()},
    )
    J: int = control(20, "how many of them", symbol="J", group="people", low=3, high=200)
    n: int = control(20, "measurements of each kind", symbol="n", group="people", low=2, high=100)
    again: str = control(
        "new",
        "the study is rerun with",
        group="again",
        choices=(("new", "new ones"), ("same", "the same ones")),
    )
    tau1: float = control(
        30.0, "spread of their effects", symbol="τ₁", group="nature",
        low=0.0, high=100.0, step=0.1, role="parameter:tau1", scales=_SMALL,
    )  # fmt: skip
    sigma: float = control(
        80.0, "noise of one measurement", symbol="σ", group="nature",
        low=1.0, high=200.0, step=0.1, role="parameter:sigma",
        scales={"story=labs": (1.0, 50.0, 0.1)},
    )  # fmt: skip
    tau0: float = control(
        60.0, "spread of their levels", symbol="τ₀", group="nature",
        low=0.0, high=100.0, step=0.1, role="parameter:tau0", scales=_SMALL,
    )  # fmt: skip
    rho: float = control(
        0.3, "level and effect go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.01, role="parameter:rho", signed=True,
    )  # fmt: skip
    look: str = control(
        "average",
        "the pile shows estimates of",
        group="look",
        choices=(("average", "the average"), ("tau1", "τ₁"), ("rho", "ρ")),
    )
    fit: str = control(
        "fixed",
        "they are",
        group="fit",
        choices=(("fixed", "fixed effects"), ("random", "random effects")),
        shown="look=average",
    )
    person: str = control("", "study in colour", hidden=True)
    seed: int = control(1, "sample", hidden=True, low=0, high=999_999)
