"""Generalise: whom does an average speak of, these people or people in general.

A study is rerun a thousand times, with new people or with the same ones, and each rerun's estimate
falls into a pile. How wide the pile is depends on who is asked again, and that decides which
standard error is honest. What is estimated of the people's differences piles up in the same way.
"""

from lmmlab.labs.generalise.controls import Controls
from lmmlab.labs.generalise.picture import picture
from lmmlab.labs.generalise.scene import Scene, scene
from lmmlab.labs.generalise.tasks import TASKS
from lmmlab.labs.generalise.words import headings, notes, words

TITLE = "The study once more, and once more"
LEAD = "If other people had taken part, what would we have found?"
EQUATION = (
    "SE² of the average:  new people  [τ₁²](parameter:tau1) / J + 2[σ²](parameter:sigma) / (nJ),   "
    "the same people  2[σ²](parameter:sigma) / (nJ)"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
