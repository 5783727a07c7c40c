"""The controls of the trajectories lab: what a student can move."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.trajectories.nature import Nature

_GAD7, _QOL, _MADE = "source=gad7", "source=qol", "source=gad7|qol"


@dataclass(frozen=True)
class Controls:
    """What a student can move; each story has sliders of its own, with ranges that suit it."""

    source: str = control(
        "gad7",
        "whose lines",
        group="people",
        choices=(
            ("gad7", "worry in therapy"),
            ("qol", "quality of life"),
            ("sleepstudy", "sleep study"),
        ),
    )
    people: int = control(40, "people", group="people", low=3, high=60, shown=_MADE)
    visits: int = control(9, "visits of each", group="people", low=1, high=9, shown=_MADE)
    tau0: float = control(
        3.0, "spread of starts", symbol="τ₀", unit="points", group="nature",
        low=0.0, high=6.0, step=0.1, role="parameter:tau0", shown=_GAD7,
    )  # fmt: skip
    tau1: float = control(
        0.35, "spread of changes a week", symbol="τ₁", unit="points", group="nature",
        low=0.0, high=1.0, step=0.01, role="parameter:tau1", shown=_GAD7,
    )  # fmt: skip
    rho: float = control(
        -0.4, "start and change go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.05, role="parameter:rho", shown=_GAD7, signed=True,
    )  # fmt: skip
    sigma: float = control(
        2.2, "noise of one visit", symbol="σ", unit="points", group="nature",
        low=0.0, high=6.0, step=0.1, role="parameter:sigma", shown=_GAD7,
    )  # fmt: skip
    beta0: float = control(
        14.0, "average start", symbol="β₀", unit="points", group="nature",
        low=5.0, high=20.0, step=0.5, role="parameter:beta", shown=_GAD7,
    )  # fmt: skip
    beta1: float = control(
        -0.7, "average change a week", symbol="β₁", unit="points", group="nature",
        low=-1.5, high=1.5, step=0.05, role="parameter:beta", shown=_GAD7, signed=True,
    )  # fmt: skip
    qol_tau0: float = control(
        10.0, "spread of starts", symbol="τ₀", unit="points", group="nature",
        low=0.0, high=20.0, step=0.5, role="parameter:tau0", shown=_QOL,
    )  # fmt: skip
    qol_tau1: float = control(
        0.0, "spread of changes a month", symbol="τ₁", unit="points", group="nature",
        low=0.0, high=2.0, step=0.05, role="parameter:tau1", shown=_QOL,
    )  # fmt: skip
    qol_rho: float = control(
        0.0, "start and change go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.05, role="parameter:rho", shown=_QOL, signed=True,
    )  # fmt: skip
    qol_sigma: float = control(
        6.0, "noise of one visit", symbol="σ", unit="points", group="nature",
        low=0.0, high=15.0, step=0.5, role="parameter:sigma", shown=_QOL,
    )  # fmt: skip
    qol_beta0: float = control(
        75.0, "average start", symbol="β₀", unit="points", group="nature",
        low=50.0, high=90.0, step=1.0, role="parameter:beta", shown=_QOL,
    )  # fmt: skip
    qol_beta1: float = control(
        -0.6, "average change a month", symbol="β₁", unit="points", group="nature",
        low=-2.0, high=2.0, step=0.1, role="parameter:beta", shown=_QOL, signed=True,
    )  # fmt: skip
    fit: str = control(
        "lines",
        "which model",
        group="What we fit",
        choices=(("one", "one line"), ("starts", "own starts"), ("lines", "own starts and slopes")),
    )
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(57, "sample", hidden=True, low=0, high=999_999, shown=_MADE)

    @property
    def nature(self) -> Nature | None:
        """The truth of the story that is told; real people have none that is known."""
        if self.source == "gad7":
            return Nature(self.beta0, self.beta1, self.tau0, self.tau1, self.rho, self.sigma)
        if self.source == "qol":
            return Nature(
                self.qol_beta0, self.qol_beta1,
                self.qol_tau0, self.qol_tau1, self.qol_rho, self.qol_sigma,
            )  # fmt: skip
        return None
