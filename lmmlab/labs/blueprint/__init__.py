"""Blueprint: a mixed model is a board of switches.

Each row of the data switches some columns on. The columns of X are on for everybody, those of Z for
the rows of one person, one clinic or one rater. The lab shows the whole equation row by row, one
row added up, and which rows are alike because they share a column.
"""

from lmmlab.labs.blueprint.controls import Controls
from lmmlab.labs.blueprint.picture import picture
from lmmlab.labs.blueprint.scene import Scene, scene
from lmmlab.labs.blueprint.tasks import TASKS
from lmmlab.labs.blueprint.words import headings, notes, words

TITLE = "A board of switches"
LEAD = "Which parts go into one row of the data, and which do not?"
EQUATION = (
    "y = X[β](parameter:beta) + Zb + [ε](parameter:sigma):  in each row, Z switches on what "
    "belongs to it"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
