"""Clustering: measurements of one person are alike, so many rows are few facts.

The lab shows one number, the intraclass correlation, four times: as strips of measurements that
stand apart, as pairs that lie along a diagonal, as a share of variance, and as the number of
independent measurements that these rows are worth. Shuffled names hide all of it from an analysis
and change none of it.
"""

from lmmlab.labs.clustering.controls import Controls
from lmmlab.labs.clustering.picture import picture
from lmmlab.labs.clustering.scene import Scene, scene
from lmmlab.labs.clustering.tasks import TASKS
from lmmlab.labs.clustering.words import headings, notes, words

TITLE = "Measurements that come in clusters"
LEAD = "How much do many measurements of the same people tell?"
EQUATION = (
    "ICC = [τ₀²](parameter:tau0) / ([τ₀²](parameter:tau0) + [σ²](parameter:sigma)),   "
    "worth = people × n / (1 + (n − 1) × ICC)"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
