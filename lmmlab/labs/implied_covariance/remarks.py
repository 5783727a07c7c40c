"""What is special about a state, in a sentence: parallel lines, no noise, limits of a fit."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs.implied_covariance.controls import Controls
from lmmlab.labs.implied_covariance.stories import Story


def corners(c: Controls, story: Story, correlation: Floats, singular: bool | None) -> str:
    """Say what is special about a state; nothing about an ordinary one.

    `singular` is that of the fit, None where there is no fit.
    """
    notes = []
    if c.tau0 == 0.0 and c.tau1 == 0.0:
        notes.append("With τ₀ = τ₁ = 0 people do not differ: their visits share nothing.")
    elif c.tau1 == 0.0:
        notes.append("With τ₁ = 0 there are no own slopes, and no ρ.")
    elif c.tau0 == 0.0:
        notes.append("With τ₀ = 0 all people start at the same point; there is no ρ.")
    if c.sigma == 0.0:
        notes.append("With σ = 0 each visit lies on its person's line.")
    if np.isnan(correlation).any():
        notes.append(
            f"Where nothing varies, there is no correlation: {_still(story, correlation)}."
        )
    if singular is None:
        notes.append("Nothing can be estimated from these visits.")
    elif singular and c.fit == "starts":
        notes.append("The estimate of τ₀ is at its limit, 0: these data cannot tell.")
    elif singular:
        notes.append("The estimate is at a limit, a spread of 0 or ρ = ±1: these data cannot tell.")
    return " ".join(notes)


def _still(story: Story, correlation: Floats) -> str:
    """Name the visits that do not vary."""
    still = [f"{t:g}" for t, corr in zip(story.times, np.diag(correlation), strict=True)
             if np.isnan(corr)]  # fmt: skip
    return f"at every {story.time}" if len(still) == story.visits else f"{story.time} {still[0]}"
