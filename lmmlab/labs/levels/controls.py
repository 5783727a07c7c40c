"""The controls of the levels lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.levels.stories import STORIES


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    source: str = control(
        "made",
        "whose data",
        group="people",
        choices=(("made", "simulated people"), ("data", "a fixed data set")),
    )
    story: str = control(
        "fatigue",
        "what is measured",
        group="people",
        choices=(
            ("fatigue", "fatigue and reaction time"),
            ("dose", "dose and blood pressure"),
        ),
        sets={name: STORIES[name].values for name in ("fatigue", "dose")},
        shown="source=made",
    )
    people: int = control(
        30, "people", symbol="J", group="people", low=6, high=60, shown="source=made"
    )
    visits: int = control(
        40, "rows of each", symbol="n", group="people", low=2, high=60, shown="source=made"
    )
    beta_within: float = control(
        25.0, "slope within", symbol="β within", group="nature",
        low=-60.0, high=60.0, step=0.1, role="parameter:within", signed=True, shown="source=made",
    )  # fmt: skip
    beta_between: float = control(
        -40.0, "slope between averages", symbol="β between", group="nature",
        low=-60.0, high=60.0, step=0.1, role="parameter:between", signed=True, shown="source=made",
    )  # fmt: skip
    spread_within: float = control(
        1.0, "spread of x within", group="nature",
        low=0.0, high=5.0, step=0.1, role="parameter:within", shown="source=made",
    )  # fmt: skip
    spread_between: float = control(
        1.0, "spread of x between averages", group="nature",
        low=0.0, high=5.0, step=0.1, role="parameter:between", shown="source=made",
    )  # fmt: skip
    tau: float = control(
        40.0, "spread of levels", symbol="τ", group="nature",
        low=0.0, high=100.0, step=0.1, role="parameter:tau0", shown="source=made",
    )  # fmt: skip
    sigma: float = control(
        60.0, "noise of one row", symbol="σ", group="nature",
        low=0.0, high=120.0, step=0.1, role="parameter:sigma", shown="source=made",
    )  # fmt: skip
    sample: str = control(
        "exact",
        "these people",
        group="nature",
        choices=(("exact", "exactly as the sliders say"), ("chance", "a chance sample")),
        shown="source=made",
    )
    fit: str = control(
        "raw",
        "a slope for",
        group="fit",
        choices=(
            ("raw", "raw x"),
            ("split", "its two parts"),
            ("context", "x and average"),
            ("ols", "one line"),
        ),
    )
    averaged: float = control(
        0.0, "rows drawn to the own average", unit="%", group="fit",
        low=0.0, high=100.0, step=1.0, shown="fit=ols",
    )  # fmt: skip
    variances: str = control(
        "known",
        "the model takes τ and σ",
        group="fit",
        choices=(("known", "as they truly are"), ("estimated", "from the data (REML)")),
        shown="source=made",
    )
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(1, "sample", hidden=True, low=0, high=999_999, shown="source=made")
