"""What is special about a state, in a sentence: impossible matrices, edges, limits."""

from __future__ import annotations

from lmmlab.labs._numbers import decimal
from lmmlab.labs.fan.controls import Controls
from lmmlab.labs.fan.spread import Estimate, Spread
from lmmlab.labs.fan.stories import Story


def corners(
    c: Controls,
    story: Story,
    told: Spread,
    lowest: tuple[float, float],
    estimate: Estimate | None,
) -> str:
    """Say what is special about a state; nothing about an ordinary one."""
    if not told.possible:
        return _impossible(story, told, lowest)
    notes = []
    tau0, tau1 = told.sd
    if tau0 == 0.0 and tau1 == 0.0:
        notes.append("With τ₀ = τ₁ = 0 all people have the same line.")
    elif tau0 == 0.0:
        notes.append("With τ₀ = 0 all people start at the same point; there is no ρ.")
    elif tau1 == 0.0:
        notes.append("With τ₁ = 0 all lines are parallel; there is no ρ.")
    elif told.rho is not None and abs(told.rho) == 1.0:
        notes.append(_meeting(story, told))
    if estimate is None:
        why = "Without noise" if c.sigma == 0.0 else "From these visits"
        notes.append(f"{why} the spreads cannot be estimated.")
    elif estimate.singular:
        notes.append(_limit(estimate.spread))
    return " ".join(notes)


def _limit(estimate: Spread) -> str:
    """Say in plain words that an estimate of G is singular."""
    for name, sd in zip(("starts", "changes"), estimate.sd, strict=True):
        if sd <= 1e-4:
            return f"The estimate is at a limit: {name} seem not to vary. These data cannot tell."
    sign = "+" if estimate.G[0, 1] > 0 else "−"
    return (
        f"The estimate of ρ is at its limit, {sign}1. That is common with few people and says that "
        "these data cannot tell."
    )


def _impossible(story: Story, told: Spread, lowest: tuple[float, float]) -> str:
    """Say why no people can have this matrix."""
    at, variance = lowest
    where = ""
    if variance < 0.0:
        where = f" Negative variance at {story.time} {at:.1f}: {decimal(variance, 3)}."
    return f"No people can differ like this: these three numbers are no covariance matrix.{where}"


def _meeting(story: Story, told: Spread) -> str:
    """Say where all lines meet when the start fixes the change."""
    assert told.turning is not None and told.rho is not None
    time, sign = told.turning[0], "+" if told.rho > 0 else "−"
    where = f"meet at {story.time} {time:.1f}"
    if time < 0.0:
        where = f"would have met {-time:.1f} {story.time}s before the first visit"
    return f"At ρ = {sign}1 the start fixes the change: all lines {where}."
