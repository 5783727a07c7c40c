"""Overconfidence: an analysis that ignores clusters is too sure, or not sure enough.

A thousand studies are made from one truth, and each is analysed twice: as if all rows were
independent, and with a mixed model. Which way the first one errs depends on where the predictor
varies: between people it is too sure, within people too cautious.
"""

from lmmlab.labs.overconfidence.controls import Controls
from lmmlab.labs.overconfidence.picture import picture
from lmmlab.labs.overconfidence.scene import Scene, scene
from lmmlab.labs.overconfidence.tasks import TASKS
from lmmlab.labs.overconfidence.words import headings, notes, words

TITLE = "A thousand studies, analysed twice"
LEAD = "How often is an interval wrong when clusters are ignored?"
EQUATION = (
    "true / believed variance of the slope = 1 + (n − 1) × ICC of y × ICC of x,   "
    "ICC of y = [τ₀²](parameter:tau0) / ([τ₀²](parameter:tau0) + [σ²](parameter:sigma))"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
