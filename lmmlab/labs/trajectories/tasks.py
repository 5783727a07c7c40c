"""The tasks of the trajectories lab: what to predict, and what to reach."""

from __future__ import annotations

from lmmlab.labs._lab import Choice, Do, Predict
from lmmlab.labs.trajectories.controls import Controls
from lmmlab.labs.trajectories.picture import percent
from lmmlab.labs.trajectories.scene import Scene

DOUBLE_TAU1 = Predict(
    "double-tau1",
    "The average stays at 0.70 points a week better. The spread of slopes τ₁ doubles, from 0.35 to "
    "0.70. At first 2.3% of people get worse. How many do now?",
    (
        Choice(
            "As many as before: the average has not changed",
            "That takes the average for everybody. The average line is where it was, but slopes "
            "spread twice as far around it: 16% of people now lie on the other side of zero.",
        ),
        Choice(
            "Twice as many, about 5%",
            "The tail of a curve does not grow in step with its width. Zero was two spreads away "
            "from the average, now it is one: 16% lie beyond it.",
        ),
        Choice(
            "About seven times as many, 16%",
            "Yes. Zero was two spreads away from the average slope, and now it is only one. The "
            "average line has not moved at all.",
            right=True,
        ),
    ),
    {"tau1": 0.7},
)

FORBID_OWN_SLOPES = Predict(
    "forbid-own-slopes",
    "In the sleep study drivers have different slopes. We now fit a model that gives each driver "
    "an own start, but the same slope to all. What happens to the estimate of the average slope?",
    (
        Choice(
            "It moves: the wrong model gives a wrong average",
            "Here it does not move: every driver has the same ten days, and all three models say "
            "10.47 ms a day. What changes is the standard error, from 1.55 to 0.80.",
        ),
        Choice(
            "It stays, but the model is too sure of it",
            "Yes. The slope stays 10.47 ms a day; the standard error falls from 1.55 to 0.80. A "
            "model without own slopes does not know that eighteen other drivers would have other "
            "slopes.",
            right=True,
        ),
        Choice(
            "It stays, and so does its standard error: a mixed model is a mixed model",
            "An own start is not enough. The slope stays 10.47 ms a day, but the standard error "
            "falls from 1.55 to 0.80, even below the 1.24 of one line for all.",
        ),
    ),
    {"source": "sleepstudy", "fit": "starts"},
)

AVERAGE_OF_LINES = Predict(
    "average-of-lines",
    "Forty people go up and down at very different slopes. Somebody averages the forty lines, "
    "week by week. What comes out?",
    (
        Choice(
            "A flatter line: ups and downs cancel",
            "They cancel around the average slope, not around zero. The dots are the averages week "
            "by week; they fall by 0.70 a week, as the average person does.",
        ),
        Choice(
            "A curve that bends and belongs to nobody",
            "That happens with other models, for yes-or-no answers for example. Straight lines "
            "average to a straight line: the dots lie on the line of the average person.",
        ),
        Choice(
            "The line of the average person",
            "Yes. The dots, averages week by week, lie on the line of a person with average start "
            "and average slope. This is so because lines add up.",
            right=True,
        ),
    ),
    {"tau1": 1.0},
)


def _one_in_ten(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.source != "gad7":
        return False, "Choose “worry in therapy”."
    if c.beta1 != -0.7:
        return False, "Leave the average change β₁ at −0.70."
    share = s.against or 0.0
    if 0.095 <= share <= 0.105:
        return True, f"Zero is 1.28 spreads from the average: τ₁ = {c.tau1:.2f}, {percent(share)}."
    return False, f"Now {percent(share)} get worse; {'more' if share < 0.1 else 'fewer'} must."


def _parallel(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.source != "gad7":
        return False, "Choose “worry in therapy”."
    if c.tau1 > 0.0:
        return False, f"The lines still have different slopes: they spread by {c.tau1:.2f}."
    if s.sd[-1] < 4.0:
        return False, f"They are parallel, but only {s.sd[-1]:.1f} points apart (one sd)."
    return True, "With own starts alone, lines are as far apart at the end as at the start."


TASKS = (
    DOUBLE_TAU1,
    AVERAGE_OF_LINES,
    FORBID_OWN_SLOPES,
    Do(
        "parallel",
        "Make the lines parallel, and at least 4 points (one sd) apart in week 8.",
        _parallel,
    ),
    Do(
        "one-in-ten",
        "Let one person in ten get worse, with the average change still −0.70.",
        _one_in_ten,
    ),
)
