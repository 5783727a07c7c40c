"""Whose lines they are: what is measured, over which time, and what up and down mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lmmlab.picture.marks import Axis


@dataclass(frozen=True)
class Story:
    """What a picture and a sentence must know of a study.

    Attributes
    ----------
    one, many : what a person is called, ``"Driver"``, ``"drivers"``.
    tick, ticks : the unit of time, ``"week"``, ``"weeks"``.
    length : the last visit is at this time.
    unit : of what is measured.
    up, down : what it means when the line rises, when it falls.
    time, height, slope, error : axes of the first look.
    steps : by which height, slope and error grow.
    scale : least and largest score.
    prefix : of the names of its sliders.
    """

    one: str
    many: str
    tick: str
    ticks: str
    length: float
    unit: str
    up: str
    down: str
    time: Axis
    height: Axis
    slope: Axis
    error: Axis
    steps: tuple[float, float, float]
    scale: tuple[float, float] = (0.0, math.inf)
    prefix: str = ""


def _axes(
    tick: str,
    what: str,
    unit: str,
    length: float,
    windows: tuple[tuple[float, float], tuple[float, float], float],
) -> tuple[Axis, Axis, Axis, Axis]:
    """Give the axes of time, height, slope and error."""
    height, slope, error = windows
    return (
        Axis(f"{tick} of the study", (-0.02 * length, 1.02 * length), whole=True),
        Axis(what, height, unit),
        Axis(f"change a {tick}", slope, unit),
        Axis(f"one standard error to each side, change a {tick}", (-error, error), unit),
    )


STORIES = {
    "gad7": Story(
        "Person", "people", "week", "weeks", 8.0, "points", "worse", "better",
        *_axes("week", "worry (GAD-7)", "points", 8.0, ((-5.0, 25.0), (-3.0, 2.0), 0.15)),
        steps=(5.0, 1.0, 0.15),
        scale=(0.0, 21.0),
    ),
    "qol": Story(
        "Person", "people", "month", "months", 12.0, "points", "better", "worse",
        *_axes("month", "quality of life", "points", 12.0, ((30.0, 100.0), (-3.0, 2.0), 0.3)),
        steps=(10.0, 1.0, 0.3),
        scale=(0.0, 100.0),
        prefix="qol_",
    ),
    "sleepstudy": Story(
        "Driver", "drivers", "day", "days", 9.0, "ms", "slower", "faster",
        *_axes("day", "reaction time", "ms", 9.0, ((180.0, 480.0), (-15.0, 35.0), 2.0)),
        steps=(50.0, 10.0, 1.0),
    ),
}  # fmt: skip
