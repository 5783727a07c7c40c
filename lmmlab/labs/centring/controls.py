"""The controls of the centring lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control

FIRST, LAST = -3.0, 12.0
"""How far the zero of time can be moved: a little before the study, and a little after it."""


@dataclass(frozen=True)
class Controls:
    """What a student can move. Nature's part is data that lie still: only the zero moves."""

    source: str = control(
        "sleepstudy",
        "whose data",
        group="data",
        choices=(("sleepstudy", "sleep study"), ("groups", "simulated groups")),
    )
    rows: int = control(
        2, "rows we keep of each group", symbol="n", group="data",
        low=2, high=12, shown="source=groups",
    )  # fmt: skip
    origin: float = control(
        2.0, "the zero of time", symbol="c", unit="day", group="What we fit",
        low=FIRST, high=LAST, step=0.1, shown="source=sleepstudy",
    )  # fmt: skip
    together: str = control(
        "free",
        "start and change go together",
        symbol="ρ",
        group="What we fit",
        choices=(("free", "as the data say"), ("zero", "ρ forced to 0")),
        role="parameter:rho",
        shown="source=sleepstudy",
    )
    centring: str = control(
        "group",
        "x is counted from",
        group="What we fit",
        choices=(("raw", "its own zero"), ("grand", "grand mean"), ("group", "group mean")),
        shown="source=groups",
    )
    person: str = control("", "person in colour", hidden=True)
