"""Whose study it is: what is compared, in whom, and with which numbers."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.picture.control import Value

Window = tuple[float, float, float]


@dataclass(frozen=True)
class Story:
    """What a picture and a sentence must know of a study.

    Attributes
    ----------
    label : name of the choice.
    one, many : what is drawn from a population, ``"person"``, ``"people"``.
    effect : what is estimated, ``"extra time on hard trials"``.
    first, other : what the first one of our study is called, and the first one of another study.
    kinds : what n counts, ``"{n} easy and {n} hard trials of each person"``.
    unit : of the effect.
    beta : level and effect, on average over the population.
    values : where the sliders stand when this story is chosen.
    effects, means, spreads : (low, high, step)
        Windows of single effects, of estimated averages, and of estimated spreads.
    error : float
        Top of the window of standard errors.
    """

    label: str
    one: str
    many: str
    effect: str
    first: str
    other: str
    kinds: str
    unit: str
    beta: tuple[float, float]
    values: dict[str, Value]
    effects: Window
    means: Window
    spreads: Window
    error: float


STORIES = {
    "people": Story(
        "people: easy and hard", "person", "people", "extra time on hard trials", "Alice",
        "somebody else", "{n} easy and {n} hard trials of each person", "ms", (600.0, 50.0),
        {"J": 20, "n": 20, "tau0": 60.0, "tau1": 30.0, "rho": 0.3, "sigma": 80.0},
        (-50.0, 150.0, 50.0), (10.0, 90.0, 20.0), (0.0, 80.0, 20.0), 12.0,
    ),
    "labs": Story(
        "labs: trained or not", "lab", "labs", "effect of training", "Lab 1",
        "another lab", "{n} people trained and {n} not, in each lab", "points", (50.0, 8.0),
        {"J": 12, "n": 25, "tau0": 8.0, "tau1": 5.0, "rho": 0.3, "sigma": 15.0},
        (-10.0, 25.0, 5.0), (0.0, 16.0, 4.0), (0.0, 16.0, 4.0), 3.0,
    ),
}  # fmt: skip
