"""The controls of the clustering lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    people: int = control(60, "people", group="nature", low=2, high=200)
    visits: int = control(7, "visits of each", symbol="n", group="nature", low=1, high=60)
    tau0: float = control(
        12.0, "spread of people's levels", symbol="τ₀", unit="mmHg", group="nature",
        low=0.0, high=20.0, step=0.1, role="parameter:tau0",
    )  # fmt: skip
    sigma: float = control(
        8.0, "noise of one measurement", symbol="σ", unit="mmHg", group="nature",
        low=0.0, high=20.0, step=0.1, role="parameter:sigma",
    )  # fmt: skip
    sample: str = control(
        "chance",
        "these people",
        group="nature",
        choices=(("chance", "a chance sample"), ("exact", "exactly as τ₀ and σ say")),
    )
    names: str = control(
        "true",
        "whose measurement is it",
        group="fit",
        choices=(("true", "true names"), ("shuffled", "names shuffled")),
    )
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(1, "sample", hidden=True, low=0, high=999_999)
