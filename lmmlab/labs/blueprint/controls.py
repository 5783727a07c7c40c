"""The controls of the blueprint lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.blueprint.board import BOARDS

_SECOND = "board=nested|crossed"


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    board: str = control(
        "starts",
        "columns of Z",
        group="board",
        choices=tuple((name, board.label) for name, board in BOARDS.items()),
    )
    order: str = control(
        "people",
        "rows in the order of",
        group="board",
        choices=(("people", "people"), ("second", "clinics or raters")),
        shown=_SECOND,
    )
    people: int = control(4, "people", symbol="J", group="nature", low=2, high=6)
    visits: int = control(3, "visits of each", symbol="n", group="nature", low=1, high=5)
    tau0: float = control(
        15.0, "spread of people's starts", symbol="τ₀", group="nature",
        low=0.0, high=30.0, step=0.1, role="parameter:tau0",
    )  # fmt: skip
    tau1: float = control(
        0.8, "spread of people's changes", symbol="τ₁", group="nature",
        low=0.0, high=3.0, step=0.01, role="parameter:tau1", shown="board=lines",
    )  # fmt: skip
    rho: float = control(
        -0.2, "start and change go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.01, role="parameter:rho", signed=True, shown="board=lines",
    )  # fmt: skip
    tau2: float = control(
        10.0, "spread of clinics or raters", symbol="τ₂", group="nature",
        low=0.0, high=30.0, step=0.1, role="parameter:tau2", shown=_SECOND,
    )  # fmt: skip
    beta0: float = control(
        50.0, "average start", symbol="β₀", group="nature",
        low=20.0, high=80.0, step=0.5, role="parameter:beta",
    )  # fmt: skip
    beta1: float = control(
        0.6, "average change", symbol="β₁", group="nature",
        low=-2.0, high=2.0, step=0.1, role="parameter:beta", signed=True,
    )  # fmt: skip
    sigma: float = control(
        8.0, "noise of one visit", symbol="σ", group="nature",
        low=0.0, high=20.0, step=0.1, role="parameter:sigma",
    )  # fmt: skip
    person: str = control("", "row in colour", hidden=True)
    seed: int = control(31, "sample", hidden=True, low=0, high=999_999)
