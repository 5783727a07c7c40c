"""Three studies with three levels each: what is measured, on whom, and in which groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmmlab.picture.control import Value

Range = tuple[float, float, float]
NATURE = ("beta0", "beta1", "tau2", "tau0", "sigma")


@dataclass(frozen=True)
class Story:
    """What is measured, and what the three levels are called.

    Parameters
    ----------
    label, what, unit : str
        Name of the choice, of what is measured, and its unit.
    names : ((one, many), (one, many), (one, many))
        What the largest groups, those within them, and rows are called.
    size : (int, int, int)
        Largest groups, groups in each, rows in each of these.
    treated : str
        Which level is treated: "top", "middle" or "row".
    nature : beta0, beta1, tau2, tau0, sigma
    heights, step : (low, high), float
        Window of values, and by how much it grows.
    spread, effect : float, float
        Windows of sds, and of distances from the truth.
    ranges : mapping of name to (low, high, step)
        The part of each slider that is shown.
    """

    label: str
    what: str
    unit: str
    names: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    size: tuple[int, int, int]
    treated: str
    nature: tuple[float, float, float, float, float]
    heights: tuple[float, float]
    step: float
    spread: float
    effect: float
    ranges: Mapping[str, Range]

    @property
    def values(self) -> dict[str, Value]:
        """Where the sliders stand when this story is chosen."""
        study: dict[str, Value] = dict(zip(("top", "middle", "rows"), self.size, strict=True))
        study |= {"treated": self.treated, "fit": "middle"}  # which is too sure
        return study | dict(zip(NATURE, self.nature, strict=True))


def _ranges(beta0: Range, beta1: Range, spread: Range) -> Mapping[str, Range]:
    same = dict.fromkeys(("tau2", "tau0", "sigma"), spread)
    return {"beta0": beta0, "beta1": beta1} | same


STORIES = {
    "schools": Story(
        "schools", "reading score", "points",
        (("school", "schools"), ("class", "classes"), ("pupil", "pupils")),
        (12, 4, 15), "top", (100.0, 6.0, 5.0, 6.0, 12.0),
        (70.0, 130.0), 15.0, 15.0, 10.0,
        _ranges((60.0, 140.0, 1.0), (-15.0, 15.0, 0.5), (0.0, 20.0, 0.5)),
    ),
    "growth": Story(
        "children", "reading score", "points",
        (("class", "classes"), ("child", "children"), ("test", "tests")),
        (16, 10, 4), "top", (100.0, 6.0, 8.0, 20.0, 8.0),
        (40.0, 160.0), 20.0, 25.0, 15.0,
        _ranges((60.0, 140.0, 1.0), (-20.0, 20.0, 0.5), (0.0, 30.0, 0.5)),
    ),
    "neurons": Story(
        "neurons", "response of a neuron", "spikes/s",
        (("animal", "animals"), ("neuron", "neurons"), ("trial", "trials")),
        (8, 12, 20), "top", (20.0, 2.0, 3.0, 5.0, 8.0),
        (0.0, 40.0), 10.0, 10.0, 8.0,
        _ranges((0.0, 40.0, 0.5), (-10.0, 10.0, 0.5), (0.0, 15.0, 0.5)),
    ),
}  # fmt: skip
