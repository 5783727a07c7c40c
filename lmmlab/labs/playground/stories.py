"""Six studies with realistic numbers: what is measured, when, and how people differ.

Three are those of the fan lab. Each story brings its own numbers, and its own part of the range
of each slider, since millimetres of mercury and logarithms of volumes have little in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmmlab.labs.fan.stories import STORIES as LINES
from lmmlab.labs.fan.stories import Window
from lmmlab.picture.control import Value

Range = tuple[float, float, float]

NATURE = ("beta0", "beta1", "tau0", "tau1", "rho", "sigma")


@dataclass(frozen=True)
class Story:
    """What is measured, when and on whom, and the windows of the first look.

    Parameters
    ----------
    label, what, unit : str
        Name of the choice, of what is measured, and its unit.
    time, row, one, many : str
        Unit of time; what a row is; a person, and people.
    gap, visits, people : float, int, int
        Time from one row to the next, rows of each person, and people.
    nature : beta0, beta1, tau0, tau1, rho, sigma
    fit : str
        The model that is fitted at first.
    heights, changes : (low, high)
        Windows of values, and of changes in a unit of time.
    steps : (of heights, of changes)
        By which the windows grow.
    spread, digits : float, int
        Top of the window of sds, and how many digits these need.
    ranges : mapping of name to (low, high, step)
        The part of each slider that is shown.
    """

    label: str
    what: str
    unit: str
    time: str
    row: str
    one: str
    many: str
    gap: float
    visits: int
    people: int
    nature: tuple[float, float, float, float, float, float]
    fit: str
    heights: Window
    changes: Window
    steps: tuple[float, float]
    spread: float
    digits: int
    ranges: Mapping[str, Range]

    @property
    def last(self) -> float:
        """Time of the last row."""
        return self.gap * (self.visits - 1)

    @property
    def fine(self) -> int:
        """How many digits after the point a change in a unit of time needs."""
        return 3 if self.changes[1] - self.changes[0] < 0.5 else 2

    @property
    def values(self) -> dict[str, Value]:
        """Where the sliders stand when this story is chosen."""
        study: dict[str, Value] = {
            "people": self.people,
            "visits": self.visits,
            "gap": self.gap,
            "own_visits": self.visits,
            "missing": 0,
            "fit": self.fit,
            "origin": 0.0,
        }
        return study | dict(zip(NATURE, self.nature, strict=True))


def _lines(
    name: str,
    people: int,
    steps: tuple[float, float],
    beta0: Range,
    beta1: Range,
    tau0: Range,
    tau1: Range,
    sigma: Range,
) -> Story:
    """Take a story of the fan lab."""
    told = LINES[name]
    ranges = {"beta0": beta0, "beta1": beta1, "tau0": tau0, "tau1": tau1, "sigma": sigma}
    return Story(
        told.label, told.what, told.unit, told.time, "visit", "person", "people",
        told.gap, told.visits, people, (*told.beta, *told.numbers), "lines",
        told.heights, told.changes, steps, told.spread, told.digits, ranges,
    )  # fmt: skip


STORIES = {
    "bp": _lines(
        "bp", 60, (20.0, 1.0), (120.0, 180.0, 1.0), (-5.0, 5.0, 0.1),
        (0.0, 30.0, 0.5), (0.0, 3.0, 0.05), (0.0, 20.0, 0.5),
    ),
    "hrqol": _lines(
        "hrqol", 60, (20.0, 1.0), (20.0, 80.0, 1.0), (-3.0, 3.0, 0.1),
        (0.0, 30.0, 0.5), (0.0, 3.0, 0.05), (0.0, 20.0, 0.5),
    ),
    "gad7": _lines(
        "gad7", 50, (5.0, 0.5), (5.0, 20.0, 0.5), (-1.5, 1.5, 0.05),
        (0.0, 6.0, 0.1), (0.0, 1.0, 0.01), (0.0, 6.0, 0.1),
    ),
    "tumours": Story(
        "tumours", "volume of the tumour", "log mm³", "day", "measurement", "mouse", "mice",
        3.0, 8, 10, (4.6, 0.12, 0.35, 0.03, 0.2, 0.15), "lines",
        (3.0, 9.0), (0.0, 0.24), (1.0, 0.08), 1.2, 2,
        {
            "beta0": (3.0, 7.0, 0.1), "beta1": (-0.2, 0.4, 0.01),
            "tau0": (0.0, 1.0, 0.01), "tau1": (0.0, 0.1, 0.001), "sigma": (0.0, 0.5, 0.01),
        },
    ),
    "erp": Story(
        "brain response", "amplitude (ERP)", "µV", "trial", "trial", "person", "people",
        1.0, 60, 30, (5.0, 0.0, 4.0, 0.0, 0.0, 4.9), "starts",
        (-12.0, 20.0), (-0.2, 0.2), (4.0, 0.1), 8.0, 1,
        {
            "beta0": (-10.0, 20.0, 0.5), "beta1": (-0.2, 0.2, 0.01),
            "tau0": (0.0, 10.0, 0.1), "tau1": (0.0, 0.2, 0.005), "sigma": (0.0, 12.0, 0.1),
        },
    ),
    "classrooms": Story(
        "classrooms", "reading score", "points", "pupil", "pupil", "class", "classes",
        1.0, 20, 30, (100.0, 0.0, 8.0, 0.0, 0.0, 21.54), "starts",
        (40.0, 160.0), (-4.0, 4.0), (20.0, 2.0), 15.0, 1,
        {
            "beta0": (60.0, 140.0, 1.0), "beta1": (-2.0, 2.0, 0.05),
            "tau0": (0.0, 20.0, 0.5), "tau1": (0.0, 1.0, 0.02), "sigma": (0.0, 40.0, 0.5),
        },
    ),
}  # fmt: skip
