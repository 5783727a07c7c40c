"""What is special about a state, in a sentence: the edges of the sliders, models without data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs.trajectories.answers import MODELS, Answer
from lmmlab.labs.trajectories.controls import Controls
from lmmlab.labs.trajectories.stories import STORIES


def remarks(c: Controls, answers: Mapping[str, Answer | None], off_scale: bool) -> list[str]:
    """Say what is special about a state; `off_scale` if a line leaves the scale of the story."""
    nature, notes = c.nature, []
    if nature is not None:
        if nature.tau0 == 0.0 and nature.tau1 == 0.0:
            notes.append("With τ₀ = τ₁ = 0 all people have the same line.")
        elif nature.tau0 == 0.0:
            notes.append("With τ₀ = 0 all people start at the same point.")
        elif nature.tau1 > 0.0 and abs(nature.rho) == 1.0:
            notes.append(f"At ρ = {'+' if nature.rho > 0 else '−'}1 the start fixes the change.")
        if nature.sigma == 0.0:
            notes.append("With σ = 0 every visit lies on its person's line.")
        if off_scale:
            low, high = STORIES[c.source].scale
            notes.append(
                f"A straight line may leave the scale, which goes from {low:.0f} to {high:.0f}; "
                "people cannot."
            )
        if c.visits == 1:
            notes.append("One visit of each makes no line, so no model can be fitted.")
            return notes
    lost = [MODELS[name] for name, answer in answers.items() if answer is None]
    if lost:
        notes.append(
            f"The model with {' and the one with '.join(lost)} cannot be fitted: two visits of "
            "each cannot tell own slopes from noise."
        )
    full = answers["lines"]
    if full is not None and full.G is not None and _at_limit(full.G):
        if nature is not None and nature.tau1 == 0.0:
            notes.append(
                "In truth slopes do not differ; what the model with own slopes finds is noise."
            )
        else:
            notes.append(
                "These visits cannot tell all spreads apart: in the model with own slopes an "
                "estimate of τ or ρ sits at its limit."
            )
    return notes


def _at_limit(G: Floats) -> bool:
    """Tell whether a covariance matrix is singular."""
    return bool(np.linalg.det(G) <= 1e-8 * G[0, 0] * G[1, 1])
