"""Trajectories: one line for all, own starts, own slopes, and what the average hides.

The same people are deformed by the sliders: first their starts spread and the lines stay parallel,
then their slopes spread and some people go the other way although the average does not. Beside
the truth stands what three models make of the noisy visits: they draw the same average line, and
differ in how sure they are of it.
"""

from lmmlab.labs.trajectories.controls import Controls
from lmmlab.labs.trajectories.picture import picture
from lmmlab.labs.trajectories.scene import Scene, scene
from lmmlab.labs.trajectories.tasks import TASKS
from lmmlab.labs.trajectories.words import headings, notes, words

TITLE = "One line for all, and a line for each"
LEAD = "When people get better on average, who does not?"
EQUATION = (
    "visit of person i at time t = ([β₀](parameter:beta) + [own start b₀ᵢ](parameter:tau0)) + "
    "([β₁](parameter:beta) + [own slope b₁ᵢ](parameter:tau1)) · t + [noise](parameter:sigma)"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
