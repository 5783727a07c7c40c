"""Centring: what moves when the zero of x is moved, and what does not.

The intercept and the spread of intercepts are read where x is 0. Moving the zero reads the same
lines somewhere else, as long as the model lets intercept and slope go together freely. Two things
are more than a new reading: forcing their correlation to 0, and giving each group a zero of its
own. With the sleep study a slider moves the zero of time; with made groups x is taken raw, from
its grand mean, or from the mean of each group.
"""

from lmmlab.labs.centring.controls import Controls
from lmmlab.labs.centring.picture import picture
from lmmlab.labs.centring.scene import Scene, scene
from lmmlab.labs.centring.tasks import TASKS
from lmmlab.labs.centring.words import headings, notes, words

TITLE = "Moving the zero"
LEAD = "What changes when we count from another point, and what stays?"
EQUATION = (
    "the same line with its zero at c:  [β₀](parameter:beta) + β₁ · day = "
    "([β₀](parameter:beta) + c β₁) + β₁ · (day − c);   spread there: "
    "√([τ₀](parameter:tau0)² + 2 c [ρ](parameter:rho) [τ₀](parameter:tau0) "
    "[τ₁](parameter:tau1) + c² [τ₁](parameter:tau1)²)"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
