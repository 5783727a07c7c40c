"""Two studies of repeated measurements: a diary whose weeks echo, and visits that get noisier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmmlab.picture.control import Value

Range = tuple[float, float, float]
NATURE = ("beta0", "beta1", "tau0", "sigma", "phi", "ratio")


@dataclass(frozen=True)
class Story:
    """What is measured, when and on whom.

    Parameters
    ----------
    label, what, unit, time : str
        Name of the choice, of what is measured, its unit, and the unit of time.
    people, visits : int
    nature : beta0, beta1, tau0, sigma, phi, ratio
    fit, errors : str
        What is fitted at first.
    heights, step : (low, high), float
        Window of values, and by how much it grows.
    spread, far, digits : float, float, int
        Windows of sds and of distances from the truth; digits of a value.
    ranges : mapping of name to (low, high, step)
        The part of each slider that is shown.
    """

    label: str
    what: str
    unit: str
    time: str
    people: int
    visits: int
    nature: tuple[float, float, float, float, float, float]
    fit: str
    errors: str
    heights: tuple[float, float]
    step: float
    spread: float
    far: float
    digits: int
    ranges: Mapping[str, Range]

    @property
    def values(self) -> dict[str, Value]:
        """Where the sliders stand when this story is chosen."""
        study: dict[str, Value] = {
            "people": self.people, "visits": self.visits, "fit": self.fit, "errors": self.errors,
        }  # fmt: skip
        return study | dict(zip(NATURE, self.nature, strict=True))


STORIES = {
    "diary": Story(
        "weekly diary", "mood", "points", "week", 20, 20, (50.0, 0.2, 6.0, 8.0, 0.4, 1.0),
        "starts", "independent", (20.0, 80.0), 10.0, 15.0, 5.0, 1,
        {
            "beta0": (20.0, 80.0, 1.0), "beta1": (-2.0, 2.0, 0.05),
            "tau0": (0.0, 15.0, 0.5), "sigma": (1.0, 20.0, 0.5),
        },
    ),
    "late": Story(
        "noisy late visits", "pain", "points", "visit", 12, 5, (60.0, -4.0, 5.0, 4.0, 0.0, 3.0),
        "starts", "independent", (10.0, 90.0), 10.0, 20.0, 8.0, 1,
        {
            "beta0": (20.0, 80.0, 1.0), "beta1": (-10.0, 10.0, 0.5),
            "tau0": (0.0, 15.0, 0.5), "sigma": (1.0, 20.0, 0.5),
        },
    ),
}  # fmt: skip
