"""Three studies in which a predictor varies within groups and between them."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.picture.control import Value

Window = tuple[float, float, float]
"""Low and high end of an axis at the first look, and the step in which it grows."""


@dataclass(frozen=True)
class Story:
    """What is measured on whom, and the windows of the first look.

    Parameters
    ----------
    label : str
        Name of the choice.
    x, y, x_unit, unit : str
        Predictor and response, and their units.
    one, many : str
        What to call a group.
    center : (x, y)
        Averages of all.
    numbers : beta_within, beta_between, tau, sigma, spread_within, spread_between
    rows, deviations, means : (window of x, window of y)
    slopes : Window
    """

    label: str
    x: str
    y: str
    x_unit: str
    unit: str
    one: str
    many: str
    center: tuple[float, float]
    numbers: tuple[float, float, float, float, float, float]
    rows: tuple[Window, Window]
    deviations: tuple[Window, Window]
    means: tuple[Window, Window]
    slopes: Window

    @property
    def values(self) -> dict[str, Value]:
        """Where the sliders stand when this story is chosen."""
        return dict(zip(NUMBERS, self.numbers, strict=True))


NUMBERS = (
    "beta_within", "beta_between", "tau", "sigma", "spread_within", "spread_between",
)  # fmt: skip

STORIES = {
    "fatigue": Story(
        "fatigue", "fatigue", "reaction time", "points", "ms", "person", "people", (5.0, 600.0),
        (25.0, -40.0, 40.0, 60.0, 1.0, 1.0),
        ((0.0, 10.0, 5.0), (300.0, 900.0, 100.0)),
        ((-4.0, 4.0, 2.0), (-250.0, 250.0, 100.0)),
        ((2.0, 8.0, 2.0), (400.0, 800.0, 100.0)),
        (-80.0, 40.0, 40.0),
    ),
    "dose": Story(
        "dose", "dose", "blood pressure", "units", "mmHg", "patient", "patients", (20.0, 150.0),
        (-0.8, 1.2, 4.0, 5.0, 2.0, 4.0),
        ((0.0, 40.0, 10.0), (120.0, 180.0, 20.0)),
        ((-8.0, 8.0, 4.0), (-20.0, 20.0, 10.0)),
        ((5.0, 35.0, 5.0), (130.0, 170.0, 10.0)),
        (-2.0, 3.0, 1.0),
    ),
    "data": Story(
        "simulated data set", "x", "y", "", "", "group", "groups", (0.0, 0.0),
        (0.0,) * 6,
        ((0.0, 10.0, 5.0), (0.0, 20.0, 5.0)),
        ((-3.0, 3.0, 1.0), (-4.0, 4.0, 2.0)),
        ((0.0, 10.0, 5.0), (0.0, 20.0, 5.0)),
        (-2.0, 4.0, 2.0),
    ),
}  # fmt: skip
