"""Averaging: when one number for each person is as good as all the trials, and when it is not.

Patients and controls hear tones, and the wave in the EEG after each of them is measured. To compare
the two groups one may average each person's trials and do a t test, or give all trials to a mixed
model. With equal numbers of trials both say the same, digit by digit. With unequal numbers they
weigh people differently, and it depends on τ and σ whether that matters. And what changes from
trial to trial is gone when trials are averaged.
"""

from lmmlab.labs.averaging.controls import Controls
from lmmlab.labs.averaging.picture import picture
from lmmlab.labs.averaging.scene import Scene, scene
from lmmlab.labs.averaging.tasks import TASKS
from lmmlab.labs.averaging.words import headings, notes, words

TITLE = "Averaging first"
LEAD = "What is lost if we average each person’s trials before we compare people?"
EQUATION = (
    "a person with n trials counts for 1 / ([τ₀](parameter:tau0)² + [σ](parameter:sigma)² / n) "
    "in the mixed model, for 1 in a t test on averages"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
