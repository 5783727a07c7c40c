"""The controls of the averaging lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.picture.control import Value

LARGE: dict[str, Value] = {"difference": -3.0, "tau0": 4.0, "sigma": 4.9, "trials": 60}
"""A large wave: the ICC is .40."""

FAINT: dict[str, Value] = {"difference": -1.0, "tau0": 1.1, "sigma": 4.8, "trials": 16}
"""A faint wave in few trials: the ICC is .05."""


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    story: str = control(
        "large",
        "which wave",
        group="nature",
        choices=(("large", "a large one, many trials"), ("faint", "a faint one, few trials")),
        sets={"large": LARGE, "faint": FAINT},
    )
    people: int = control(15, "people in each group", group="nature", low=4, high=20)
    trials: int = control(
        60, "trials of a person, on average", symbol="n", group="nature", low=2, high=100
    )
    unequal: float = control(
        0.0, "more for one half, fewer for the other", unit="%", group="nature",
        low=0.0, high=95.0, step=1.0,
    )  # fmt: skip
    difference: float = control(
        -3.0, "patients less controls", symbol="β", unit="µV", group="nature",
        low=-10.0, high=10.0, step=0.1, role="parameter:beta", signed=True,
    )  # fmt: skip
    tau0: float = control(
        4.0, "spread of people's levels", symbol="τ₀", unit="µV", group="nature",
        low=0.0, high=10.0, step=0.1, role="parameter:tau0",
    )  # fmt: skip
    sigma: float = control(
        4.9, "noise of one trial", symbol="σ", unit="µV", group="nature",
        low=0.5, high=20.0, step=0.1, role="parameter:sigma",
    )  # fmt: skip
    tones: str = control(
        "alike",
        "the tones are",
        group="nature",
        choices=(("alike", "all equally loud"), ("vary", "louder or softer")),
    )
    louder: float = control(
        0.8, "a tone one step louder", unit="µV", group="nature",
        low=-3.0, high=3.0, step=0.1, role="parameter:within", signed=True, shown="tones=vary",
    )  # fmt: skip
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(22, "sample", hidden=True, low=0, high=999_999)
