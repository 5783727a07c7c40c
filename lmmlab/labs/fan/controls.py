"""The controls of the fan lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.fan.stories import STORIES

_SDS, _FREE = "entries=sds", "entries=free"
_BROKEN = {"g00": 9.0, "g01": -1.2, "g11": 0.1225}  # no covariance matrix


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    story: str = control(
        "hrqol",
        "what is measured",
        group="people",
        choices=tuple((name, story.label) for name, story in STORIES.items()),
        sets={name: story.values for name, story in STORIES.items()},
    )
    people: int = control(60, "people", symbol="J", group="people", low=3, high=100)
    entries: str = control(
        "sds",
        "how people differ, set by",
        group="nature",
        choices=(("sds", "spreads and ρ"), ("free", "any entries of G")),
        sets={
            "sds": STORIES["gad7"].values | {"story": "gad7"},
            "free": STORIES["gad7"].values | _BROKEN | {"story": "gad7"},
        },
    )
    tau0: float = control(
        15.0, "spread of starts", symbol="τ₀", group="nature",
        low=0.0, high=30.0, step=0.1, role="parameter:tau0", shown=_SDS,
    )  # fmt: skip
    tau1: float = control(
        0.8, "spread of changes", symbol="τ₁", group="nature",
        low=0.0, high=3.0, step=0.01, role="parameter:tau1", shown=_SDS,
    )  # fmt: skip
    rho: float = control(
        -0.2, "start and change go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.01, role="parameter:rho", signed=True, shown=_SDS,
    )  # fmt: skip
    g00: float = control(
        9.0, "variance of starts", symbol="τ₀²", group="nature",
        low=0.0, high=250.0, step=0.1, role="parameter:tau0", shown=_FREE,
    )  # fmt: skip
    g01: float = control(
        -1.2, "covariance of start and change", symbol="τ₀₁", group="nature",
        low=-12.0, high=12.0, step=0.01, role="parameter:rho", signed=True, shown=_FREE,
    )  # fmt: skip
    g11: float = control(
        0.1225, "variance of changes", symbol="τ₁²", group="nature",
        low=0.0, high=2.5, step=0.01, role="parameter:tau1", shown=_FREE,
    )  # fmt: skip
    sigma: float = control(
        8.0, "noise of one visit", symbol="σ", group="nature",
        low=0.0, high=20.0, step=0.1, role="parameter:sigma",
    )  # fmt: skip
    origin: float = control(
        0.0, "time is counted from", symbol="c", group="What we fit", low=0.0, high=12.0, step=0.1
    )
    baseline: str = control(
        "observed",
        "change is plotted against",
        group="What we look at",
        choices=(("observed", "the first visit"), ("true", "the true start")),
        shown=_SDS,
    )
    until: str = control(
        "24",
        "lines are drawn until",
        group="What we look at",
        choices=(("12", "time 12"), ("24", "time 24")),
    )
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(96, "sample", hidden=True, low=0, high=999_999)
