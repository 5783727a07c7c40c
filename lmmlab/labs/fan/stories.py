"""Three studies with realistic numbers: what is measured, when, and how people differ."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.picture.control import Value

Window = tuple[float, float]


@dataclass(frozen=True)
class Story:
    """What is measured and when, and the windows of the first look.

    Parameters
    ----------
    label, what : str
        Name of the choice, and of the axis.
    unit, time : str
        Unit of the values, and of time.
    gap, visits : float, int
        Time from one visit to the next, and how many each person has.
    beta : (start, change)
        The average person.
    numbers : tau0, tau1, rho, sigma
    heights, changes, totals : (low, high)
        Windows of values, of changes in a unit of time, and of changes from first to last visit.
    spread : float
        Top of the window of sds.
    until : "12" or "24"
        How far the lines are drawn.
    """

    label: str
    what: str
    unit: str
    time: str
    gap: float
    visits: int
    beta: tuple[float, float]
    numbers: tuple[float, float, float, float]
    heights: Window
    changes: Window
    totals: Window
    spread: float
    until: str

    @property
    def digits(self) -> int:
        """How many digits after the point a spread needs."""
        return 1 if self.spread > 10.0 else 2

    @property
    def last(self) -> float:
        """Time of the last visit."""
        return self.gap * (self.visits - 1)

    @property
    def values(self) -> dict[str, Value]:
        """Where the sliders stand when this story is chosen."""
        tau0, tau1, rho, _ = self.numbers
        G = {"g00": tau0**2, "g01": rho * tau0 * tau1, "g11": tau1**2}
        both = dict(zip(("tau0", "tau1", "rho", "sigma"), self.numbers, strict=True)) | G
        return {"until": self.until} | {name: round(value, 6) for name, value in both.items()}


STORIES = {
    "hrqol": Story(
        "quality of life", "quality of life", "points", "month", 3.0, 5, (50.0, 0.6),
        (15.0, 0.8, -0.2, 8.0), (0.0, 140.0), (-2.0, 4.0), (-60.0, 60.0), 30.0, "24",
    ),
    "gad7": Story(
        "anxiety", "anxiety (GAD-7)", "points", "week", 1.0, 9, (14.0, -0.7),
        (3.0, 0.35, -0.4, 2.2), (-8.0, 24.0), (-2.0, 1.0), (-18.0, 10.0), 6.0, "12",
    ),
    "bp": Story(
        "blood pressure", "blood pressure", "mmHg", "month", 1.0, 7, (150.0, -1.5),
        (12.0, 1.2, -0.6, 8.0), (80.0, 200.0), (-6.0, 3.0), (-50.0, 30.0), 25.0, "12",
    ),
}  # fmt: skip
