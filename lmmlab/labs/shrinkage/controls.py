"""The controls of the shrinkage lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control

_SIMULATED, _SLEEP = "source=simulated", "source=sleepstudy"


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    source: str = control(
        "sleepstudy",
        "whose data",
        group="people",
        choices=(("sleepstudy", "sleep study"), ("simulated", "simulated people")),
    )
    people: int = control(18, "people", group="people", low=2, high=60, shown=_SIMULATED)
    visits: int = control(10, "visits of each", group="people", low=1, high=20, shown=_SIMULATED)
    days: int = control(10, "days we keep of each", group="people", low=1, high=10, shown=_SLEEP)
    tau0: float = control(
        24.7, "spread of starts", symbol="τ₀", unit="ms", group="nature",
        low=0.0, high=80.0, step=0.1, role="parameter:tau0",
    )  # fmt: skip
    tau1: float = control(
        5.9, "spread of daily changes", symbol="τ₁", unit="ms", group="nature",
        low=0.0, high=20.0, step=0.1, role="parameter:tau1",
    )  # fmt: skip
    rho: float = control(
        0.07, "start and change go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.01, role="parameter:rho", signed=True,
    )  # fmt: skip
    sigma: float = control(
        25.6, "noise of one visit", symbol="σ", unit="ms", group="nature",
        low=0.0, high=80.0, step=0.1, role="parameter:sigma",
    )  # fmt: skip
    beta0: float = control(
        251.0, "average start", symbol="β₀", unit="ms", group="nature",
        low=200.0, high=300.0, step=1.0, role="parameter:beta", shown=_SIMULATED,
    )  # fmt: skip
    beta1: float = control(
        10.5, "average daily change", symbol="β₁", unit="ms", group="nature",
        low=-10.0, high=20.0, step=0.5, role="parameter:beta", shown=_SIMULATED,
    )  # fmt: skip
    pooling: str = control(
        "partial",
        "which lines",
        group="What we fit",
        choices=(("no", "own lines"), ("partial", "mixed model"), ("complete", "one line")),
    )
    method: str = control(
        "REML", "estimated by", group="What we fit", choices=(("REML", "REML"), ("ML", "ML"))
    )
    own_days: int = control(
        10, "days with data", symbol="n", group="The person in colour",
        low=1, high=10, role="person", shown=_SLEEP,
    )  # fmt: skip
    own_visits: int = control(
        10, "visits", symbol="n", group="The person in colour",
        low=1, high=20, role="person", shown=_SIMULATED,
    )  # fmt: skip
    own_noise: float = control(
        1.0, "noise of these visits", unit="times σ", group="The person in colour",
        low=0.2, high=4.0, step=0.1, role="person",
    )  # fmt: skip
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(1, "sample", hidden=True, low=0, high=999_999, shown=_SIMULATED)
