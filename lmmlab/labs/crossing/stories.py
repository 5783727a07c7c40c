"""Two studies in which two kinds of groups cross: people by words, donors by batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmmlab.picture.control import Value

Range = tuple[float, float, float]
NATURE = ("beta0", "beta1", "tau0", "tau1", "rho", "tau2", "sigma")


@dataclass(frozen=True)
class Story:
    """What is measured, on whom, and with which items.

    Parameters
    ----------
    label, what, unit : str
        Name of the choice, of what is measured, and its unit.
    people, items : (one, many)
        What people and items are called.
    plain, special, effect : str
        The two conditions, and what their difference is called.
    size : (people, items)
    varies : str
        Between which the condition varies: "items", "people" or "both" (within each of them).
    nature : beta0, beta1, tau0, tau1, rho, tau2, sigma
    fit : str
        What is fitted at first.
    colours, heights, step : float, (low, high), float
        How far from the average colours reach; window of people's levels, and by how much it grows.
    spread, far, digits : float, float, int
        Windows of sds and of distances from the truth, and how many digits numbers need.
    ranges : mapping of name to (low, high, step)
        The part of each slider that is shown.
    """

    label: str
    what: str
    unit: str
    people: tuple[str, str]
    items: tuple[str, str]
    plain: str
    special: str
    effect: str
    size: tuple[int, int]
    varies: str
    nature: tuple[float, float, float, float, float, float, float]
    fit: str
    colours: float
    heights: tuple[float, float]
    step: float
    spread: float
    far: float
    digits: int
    ranges: Mapping[str, Range]

    @property
    def values(self) -> dict[str, Value]:
        """Where the sliders stand when this story is chosen."""
        study: dict[str, Value] = dict(zip(("people", "items"), self.size, strict=True))
        study |= {"varies": self.varies, "meets": "all", "missing": 0, "fit": self.fit}
        return study | dict(zip(NATURE, self.nature, strict=True))


STORIES = {
    "words": Story(
        "people read words", "reading time", "ms", ("person", "people"), ("word", "words"),
        "common", "rare", "effect of rareness", (24, 16), "items",
        (500.0, 40.0, 60.0, 20.0, 0.3, 30.0, 70.0), "people",
        220.0, (350.0, 700.0), 50.0, 100.0, 60.0, 0,
        {
            "beta0": (300.0, 800.0, 10.0), "beta1": (-100.0, 100.0, 5.0),
            "tau0": (0.0, 150.0, 1.0), "tau1": (0.0, 80.0, 1.0),
            "tau2": (0.0, 100.0, 1.0), "sigma": (0.0, 200.0, 1.0),
        },
    ),
    "chip": Story(
        "donors in batches", "signal (ChIP-seq)", "log₂", ("donor", "donors"),
        ("batch", "batches"), "healthy", "ill", "effect of the illness", (12, 4), "people",
        (5.0, 0.8, 0.5, 0.0, 0.0, 0.4, 0.6), "none",
        2.0, (3.0, 8.0), 1.0, 1.0, 1.5, 2,
        {
            "beta0": (0.0, 10.0, 0.1), "beta1": (-2.0, 2.0, 0.1),
            "tau0": (0.0, 2.0, 0.01), "tau1": (0.0, 1.0, 0.01),
            "tau2": (0.0, 2.0, 0.01), "sigma": (0.0, 2.0, 0.01),
        },
    ),
}  # fmt: skip
