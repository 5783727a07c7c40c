"""Nesting: rows in groups in larger groups, and what happens when a level is left out.

Pupils sit in classes, classes belong to schools. Each level adds a spread of its own, and what
varies between schools can only be learnt from schools. A fit that does not know of a level gives
its spread to another one, and states standard errors that are too small or too large.
"""

from lmmlab.labs.nesting.controls import Controls
from lmmlab.labs.nesting.picture import picture
from lmmlab.labs.nesting.scene import Scene, scene
from lmmlab.labs.nesting.words import equation, headings, notes, words

TITLE = "Groups within groups"
LEAD = "What does an analysis miss that leaves a level out?"
TASKS = ()

__all__ = [
    "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "equation", "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
