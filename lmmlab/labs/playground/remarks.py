"""What is special about a state, in a sentence: edges of the sliders, and fits that cannot be."""

from __future__ import annotations

from lmmlab.labs.playground.controls import Controls
from lmmlab.labs.playground.model import Model
from lmmlab.labs.playground.stories import Story


def corners(c: Controls, story: Story, model: Model | None, why: str) -> str:
    """Say what is special about a state; nothing about an ordinary one."""
    notes = []
    if c.sigma == 0.0:
        notes.append("Without noise every row is exact.")
    if c.tau0 == 0.0 and c.tau1 == 0.0:
        notes.append(f"In truth all {story.many} are alike.")
    if model is None:
        notes.append(f"This model cannot be fitted. {why}")
    return " ".join(notes)
