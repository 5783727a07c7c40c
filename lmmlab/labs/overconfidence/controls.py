"""The controls of the overconfidence lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    tau0: float = control(
        4.0, "spread of people's levels", symbol="τ₀", unit="µV", group="nature",
        low=0.0, high=20.0, step=0.1, role="parameter:tau0",
    )  # fmt: skip
    sigma: float = control(
        4.9, "noise of one trial", symbol="σ", unit="µV", group="nature",
        low=1.0, high=20.0, step=0.1, role="parameter:sigma",
    )  # fmt: skip
    share: float = control(
        1.0, "share of x between people", group="nature",
        low=0.0, high=1.0, step=0.01,
    )  # fmt: skip
    groups: int = control(30, "people", group="nature", low=4, high=30)
    rows: int = control(20, "trials of each", symbol="n", group="nature", low=2, high=100)
    sizes: str = control(
        "equal",
        "how many trials",
        group="nature",
        choices=(("equal", "the same for all"), ("unequal", "fewer for every second one")),
    )
    few: int = control(
        5, "trials of every second one", group="nature", low=2, high=100, shown="sizes=unequal"
    )
    method: str = control(
        "satterthwaite",
        "intervals of the mixed model",
        group="fit",
        choices=(("satterthwaite", "t, for few people"), ("wald", "± 1.96 errors")),
    )
    person: str = control("", "study in colour", hidden=True)
    seed: int = control(2, "sample", hidden=True, low=0, high=999_999)
