"""The tasks of the shrinkage lab: what to predict, and what to reach."""

from __future__ import annotations

from lmmlab.labs._lab import Choice, Do, Predict
from lmmlab.labs.shrinkage.controls import Controls
from lmmlab.labs.shrinkage.scene import Scene

HALVE_SIGMA = Predict(
    "halve-sigma",
    "The noise σ is halved. What do the arrows from own lines to the model's lines do?",
    (
        Choice(
            "They grow: a better model pulls harder",
            "That takes pulling for a reward of quality. The pull only replaces what own visits "
            "cannot tell, and now they tell more. The lab is back at its start, with σ halved: "
            "the arrows are shorter.",
        ),
        Choice(
            "They shrink: each person's own visits count more",
            "Yes. Own lines are now taken as more exact, so the others are needed less. The lab "
            "is back at its start, with σ halved.",
            right=True,
        ),
        Choice(
            "Nothing: τ₀ and τ₁ did not change",
            "That takes the pull for a fixed penalty. It is a balance of τ against σ and the "
            "number of visits. The lab is back at its start, with σ halved: the arrows are "
            "shorter.",
        ),
    ),
    {"sigma": 12.8},
)

EXTREME_PERSON = Predict(
    "extreme-person",
    "Person 14 is truly far above the others. We study this same person again and again, three "
    "visits each time. Where does the model's estimate of the level fall, on average?",
    (
        Choice(
            "On the truth: the model is unbiased",
            "It is, over all people together, but not for one who is known to be extreme. For "
            "person 14 the blue dot in the last picture, the mean of many studies, lies 15.6 ms "
            "below the truth.",
        ),
        Choice(
            "Between the average and the truth, but with less scatter than own visits alone",
            "Yes. Some bias is paid for less scatter: see the last picture. For so extreme a "
            "person that does not pay. Over all people it does: compare the misses in the text.",
            right=True,
        ),
        Choice(
            "Between the average and the truth, so pulling makes estimates worse",
            "For this one person it may. Over all people the errors get smaller: compare the "
            "misses of own and pulled lines in the text.",
        ),
    ),
    {"source": "simulated", "visits": 3, "own_visits": 3, "seed": 7, "person": "14"},
)

SPREAD_OF_BLUPS = Predict(
    "spread-of-blups",
    "Sixty people have five visits each. Someone takes the sd of their sixty pulled daily changes "
    "and calls it τ₁. What is wrong?",
    (
        Choice(
            "Nothing: the pulled lines are the people",
            "They are guesses, each drawn to the middle, so they differ less than the people do. "
            "Their bar under “Spread of daily changes” is shorter than that of the truth.",
        ),
        Choice(
            "It is too large, because of the noise in the visits",
            "That holds for own lines. Pulled lines have paid for the noise already, and more: "
            "compare the three bars under “Spread of daily changes”.",
        ),
        Choice(
            "It is too small: pulled lines differ less than people do",
            "Yes. The spread of own lines is too large, that of pulled lines too small: compare "
            "the three bars under “Spread of daily changes”.",
            right=True,
        ),
    ),
    {"source": "simulated", "people": 60, "visits": 5, "own_visits": 5, "seed": 3},
)


def _ready(c: Controls) -> str:
    """Say what must be set first: a task is about what the model assumes, not estimates."""
    if c.source != "sleepstudy":
        return "Choose the sleep study."
    return "" if c.pooling == "partial" else "Choose the mixed model."


def _ignore_the_person(c: Controls, s: Scene) -> tuple[bool, str]:
    if first := _ready(c):
        return False, first
    level, change = s.weight.max(0)
    if max(level, change) < 0.005:
        return True, "Where people do not differ, their own visits only show noise."
    return False, f"Own visits still count: {level:.0%} for the level, {change:.0%} for the change."


def _one_visit_half(c: Controls, s: Scene) -> tuple[bool, str]:
    if first := _ready(c):
        return False, first
    if s.visits != 1:
        return False, f"{s.name} still has {s.visits} days with data; leave one."
    if c.own_noise != 1.0:
        return False, "Leave the noise of these visits at 1.0 times σ."
    level = s.weight[s.index, 0]
    if abs(level - 0.5) < 0.01:
        return (
            True,
            "One visit counts half when the spread of starts τ₀ is as large as the noise σ.",
        )
    return False, f"One visit counts {level:.0%} now; {'less' if level > 0.5 else 'more'} is asked."


TASKS = (
    HALVE_SIGMA,
    EXTREME_PERSON,
    SPREAD_OF_BLUPS,
    Do(
        "ignore-the-person",
        "With the sleep study, make the mixed model ignore what each driver's visits say, without "
        "choosing “one line”.",
        _ignore_the_person,
    ),
    Do(
        "one-visit-half",
        "With the sleep study, give the person in colour a single day with data and make it count "
        "half. What do τ₀ and σ have in common then?",
        _one_visit_half,
    ),
)
