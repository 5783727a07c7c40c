"""Crossing: every person meets every item, so each row belongs to two crowds at once.

People differ, and so do words, batches or laboratories. An effect that is to hold for new people
and for new words has to stand out from both spreads. A fit that leaves the words out speaks of
these words only, and its standard errors are those of a study that nobody wants.
"""

from lmmlab.labs.crossing.controls import Controls
from lmmlab.labs.crossing.picture import picture
from lmmlab.labs.crossing.scene import Scene, scene
from lmmlab.labs.crossing.words import equation, headings, notes, words

TITLE = "Groups across groups"
LEAD = "Would it come out so with new people, and with new items?"
TASKS = ()

__all__ = [
    "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "equation", "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
