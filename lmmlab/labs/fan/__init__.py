"""Fan: when do people's lines come together, and when do they part.

Where people start and how they change are two things that vary, and they vary together. The lab
shows this four times: as lines over time, as a cloud in the plane of start and change, as the
spread of people at each time, and as the change against the start that a study would plot. The
same people stay when a slider moves, and they have exactly the G of the sliders.
"""

from lmmlab.labs.fan.controls import Controls
from lmmlab.labs.fan.picture import picture
from lmmlab.labs.fan.scene import Scene, scene
from lmmlab.labs.fan.tasks import TASKS
from lmmlab.labs.fan.words import headings, notes, words

TITLE = "Lines that come together, lines that part"
LEAD = "When do people become more alike, and when less?"
EQUATION = (
    "spread of people at time t:  SD²(t) = [τ₀²](parameter:tau0) + 2t · [ρ](parameter:rho)"
    "[τ₀](parameter:tau0)[τ₁](parameter:tau1) + t² · [τ₁²](parameter:tau1)"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
