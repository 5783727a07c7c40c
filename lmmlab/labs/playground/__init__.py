"""Playground: all controls and all views at once, nothing asked and nothing explained.

One truth, its data, one fit. The people over time, the plane of starts and changes, their spread
in time, the correlations that follow, the weight of own rows, and intervals beside the truth are
six views of the same model. Every state is a link.
"""

from lmmlab.labs.playground.controls import Controls
from lmmlab.labs.playground.picture import picture
from lmmlab.labs.playground.scene import Scene, scene
from lmmlab.labs.playground.tasks import TASKS
from lmmlab.labs.playground.words import headings, notes, words

TITLE = "A truth, its data, and a fit"
LEAD = "What comes back of what was put in?"
EQUATION = (
    "row = [β₀](parameter:beta) + [β₁](parameter:beta)·t + [own start, sd τ₀](parameter:tau0) + "
    "[own change, sd τ₁](parameter:tau1)·t + [noise, sd σ](parameter:sigma)"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
