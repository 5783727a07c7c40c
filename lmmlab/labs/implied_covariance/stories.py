"""Three studies: patients and adolescents that are made up, and eighteen real drivers."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.picture.control import Value

Scale = tuple[float, float, float]


@dataclass(frozen=True)
class Story:
    """What is measured and when, and which numbers it has at first.

    Parameters
    ----------
    label, people, time : str
        Name of the choice, what to call the people, and the unit of time.
    unit : str
    gap, visits : float, int
        Time from one visit to the next, and how many each person has.
    beta : (start, change)
        The average person.
    numbers : tau0, tau1, rho, sigma
    fit : str
        What is fitted at first.
    top : float
        The covariance of the strongest colour, and top of the window of the bars.
    digits : int
        How many digits after the point a covariance needs in the text.
    scales : of tau0, of tau1, of sigma
        Range and step of the sliders.
    real : bool
        Real people: nobody knows their truth.
    """

    label: str
    people: str
    time: str
    unit: str
    gap: float
    visits: int
    beta: tuple[float, float]
    numbers: tuple[float, float, float, float]
    fit: str
    top: float
    digits: int
    scales: tuple[Scale, Scale, Scale]
    real: bool = False

    @property
    def times(self) -> tuple[float, ...]:
        """When the visits are."""
        return tuple(self.gap * visit for visit in range(self.visits))

    @property
    def values(self) -> dict[str, Value]:
        """Where the sliders stand when this story is chosen."""
        numbers = dict(zip(("tau0", "tau1", "rho", "sigma"), self.numbers, strict=True))
        return {**numbers, "fit": self.fit}


_POINTS = ((0.0, 30.0, 0.1), (0.0, 3.0, 0.01), (0.0, 20.0, 0.1))

STORIES = {
    "hrqol": Story(
        "heart failure", "patients", "month", "points", 3.0, 5, (50.0, 0.6),
        (15.0, 0.8, -0.2, 8.0), "lines", 400.0, 1, _POINTS,
    ),
    "qol": Story(
        "adolescents", "adolescents", "month", "points", 2.0, 7, (75.0, -0.6),
        (10.0, 0.0, 0.0, 6.0), "starts", 200.0, 1, _POINTS,
    ),
    "sleepstudy": Story(
        "sleep study", "drivers", "day", "ms", 1.0, 10, (251.4, 10.5),
        (24.74, 5.92, 0.066, 25.59), "pairs", 5000.0, 0,
        ((0.0, 60.0, 0.1), (0.0, 15.0, 0.01), (0.0, 60.0, 0.1)), real=True,
    ),
}  # fmt: skip
