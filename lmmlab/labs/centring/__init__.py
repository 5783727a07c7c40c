"""Centring: what moves when the zero of x is moved, and what does not.

The intercept and the spread of intercepts are read where x is 0. Moving the zero reads the same
lines somewhere else, as long as the model lets intercept and slope go together freely. Two things
are more than a new reading: forcing their correlation to 0, and giving each group a zero of its
own. With the sleep study a slider moves the zero of time; with simulated groups x is taken raw,
from its grand mean, or from the mean of each group.
"""

from lmmlab.labs.centring.controls import Controls
from lmmlab.labs.centring.picture import picture
from lmmlab.labs.centring.scene import Scene, scene
from lmmlab.labs.centring.tasks import TASKS
from lmmlab.labs.centring.words import equation, headings, notes, words

TITLE = "Moving the zero"
LEAD = "What changes when we count from another point, and what stays?"
__all__ = [
    "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "equation", "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
