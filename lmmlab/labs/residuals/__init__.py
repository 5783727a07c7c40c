"""Residuals: what is left over may echo in the next visit, and late visits may be noisier.

Own starts make all visits of a person equally alike. If a good week lasts, neighbours are more
alike than that; if visits become noisier, some deserve less weight. A fit that takes residuals as
independent with one sd still gives estimates that are right on average, but standard errors that
are not.
"""

from lmmlab.labs.residuals.controls import Controls
from lmmlab.labs.residuals.picture import picture
from lmmlab.labs.residuals.scene import Scene, scene
from lmmlab.labs.residuals.words import equation, headings, notes, words

TITLE = "What is left over"
LEAD = "Residuals that echo, and residuals that grow: does it matter if the fit does not know?"
TASKS = ()

__all__ = [
    "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "equation", "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
