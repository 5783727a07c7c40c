"""What is special about a state, in a sentence: the edges of the sliders, estimates at a limit."""

from __future__ import annotations

from lmmlab.labs.shrinkage.controls import Controls
from lmmlab.labs.shrinkage.spread import Spread


def corners(c: Controls, own_visits: int) -> list[str]:
    """Say what is special about a state at the edge of the sliders."""
    made, notes = c.source == "simulated", []
    if c.sigma == 0.0:
        notes.append("With σ = 0 every visit is taken as exact.")
    if c.tau0 == 0.0 and c.tau1 == 0.0:
        notes.append(
            "In truth all are alike; what still differs is estimated from noise."
            if made
            else "With τ₀ = τ₁ = 0 the model takes all people as alike."
        )
    elif c.tau0 == 0.0:
        notes.append("With τ₀ = 0 all people start at the same point.")
    elif c.tau1 == 0.0:
        notes.append("With τ₁ = 0 people differ in their start only.")
    elif abs(c.rho) == 1.0:
        notes.append(meeting(c))
    if own_visits == 1 or (c.visits if made else c.days) == 1:
        notes.append("One visit does not make a line of one's own.")
    if made and c.people == 2:
        notes.append("Two people say next to nothing about how much people differ.")
    return notes


def meeting(c: Controls) -> str:
    """Say where all lines meet when start and change are perfectly correlated."""
    sign, day = "+" if c.rho > 0 else "−", -c.rho * c.tau0 / c.tau1
    whose = "the true lines" if c.source == "simulated" else "the model's lines"
    if day <= 0.0:
        where = "would all have met before day 0" if c.tau0 > 0.0 else "all meet on day 0"
    elif day > 19.0:
        where = f"would all meet on day {day:.0f}, after the study"
    else:
        where = f"all meet on day {day:.1f}"
    return f"At ρ = {sign}1 the start fixes the change: {whose} {where}."


def limit(estimate: Spread) -> str:
    """Say in plain words that an estimate of G is singular."""
    more = "More visits or more people would help."
    for name, value in (("τ₀", estimate.tau0), ("τ₁", estimate.tau1)):
        if value == 0.0:
            return (
                f"The estimate of {name} is 0: these people differ no more than noise explains. "
                f"{more}"
            )
    sign = "+" if estimate.rho > 0 else "−"
    return (
        "These data cannot tell how start and change go together: the estimate of ρ sits at its "
        f"limit, {sign}1. {more}"
    )
