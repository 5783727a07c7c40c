"""Shrinkage: how far is a person's own line pulled toward the crowd, and why.

A mixed model weighs what a person's own visits say against what is known of people. The lab shows
this weighing three times: as lines over time, as arrows in the plane of start and change, and as
the share of real differences in what so many visits show. With the sleep study the variance
sliders are what the model is told to assume; with simulated people they are the truth, and the
model estimates.
"""

from lmmlab.labs.shrinkage.controls import Controls
from lmmlab.labs.shrinkage.picture import picture
from lmmlab.labs.shrinkage.scene import Scene, scene
from lmmlab.labs.shrinkage.tasks import TASKS
from lmmlab.labs.shrinkage.words import headings, notes, words

TITLE = "Own lines, and lines that listen to the others"
LEAD = "How far should we believe what one person's visits say?"
EQUATION = (
    "if people differ in level only:  weight of own visits = [τ₀²](parameter:tau0) / "
    "([τ₀²](parameter:tau0) + [σ²](parameter:sigma) / [n](person))"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
