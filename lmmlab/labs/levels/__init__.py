"""Levels: one predictor, two questions; what holds within a person need not hold between people.

A predictor that is measured many times has two parts, as white light has colours: the average of
each person, and each measurement's deviation from it. Each part has its own slope. The lab draws
both, shows which blend of the two a model with the raw predictor reports, and lets the rows be
averaged before one's eyes until only one of them is left.
"""

from lmmlab.labs.levels.controls import Controls
from lmmlab.labs.levels.picture import picture
from lmmlab.labs.levels.scene import Scene, scene
from lmmlab.labs.levels.tasks import TASKS
from lmmlab.labs.levels.words import headings, notes, words

TITLE = "One predictor, two slopes"
LEAD = "Does what holds within a person also hold between people?"
EQUATION = (
    "x = own average + deviation,   slope of raw x = (1 − w) · [β within](parameter:within) + "
    "w · [β between](parameter:between)"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
