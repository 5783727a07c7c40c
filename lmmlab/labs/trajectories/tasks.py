"""The tasks of the trajectories lab: what to predict, what to work out, and what to reach."""

from __future__ import annotations

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import decimal, percent
from lmmlab.labs.trajectories.controls import Controls
from lmmlab.labs.trajectories.scene import Scene, share_against

DOUBLE_TAU1 = Predict(
    "double-tau1",
    "The average stays at 0.70 points a week better. The spread of slopes τ₁ doubles, from 0.35 to "
    "0.70. At first 2.3\xa0% of people get worse. How many do now?",
    (
        Choice(
            "As many as before: the average has not changed",
            "That takes the average for everybody. The average line is where it was, but slopes "
            "spread twice as far around it: 16\xa0% of people now lie on the other side of zero.",
            name="the average is everybody",
        ),
        Choice(
            "Twice as many, about 5\xa0%",
            "The tail of a curve does not grow in step with its width. Zero was two spreads away "
            "from the average, now it is one: 16\xa0% lie beyond it.",
            name="twice the spread, twice the tail",
        ),
        Choice(
            "About seven times as many, 16\xa0%",
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
            name="a wrong model gives a wrong average",
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
            name="any random effect is enough",
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
            "The line of the average person, as steep as before",
            "Yes. The dots, averages week by week, lie on the line of a person with average start "
            "and average slope. This is so because lines add up.",
            right=True,
        ),
        Choice(
            "A flatter line: ups and downs cancel",
            "They cancel around the average slope, not around zero. The dots are the averages week "
            "by week; they fall by 0.70 a week, as the average person does.",
            name="ups and downs cancel to nothing",
        ),
        Choice(
            "A curve that bends and belongs to nobody",
            "That happens with other models, for yes-or-no answers for example. Straight lines "
            "average to a straight line: the dots lie on the line of the average person.",
            name="averages of lines are nobody's line",
        ),
    ),
    {"tau1": 1.0},
)


def _other_way(tau1: float) -> Number:
    """Ask which share gets better where quality of life falls and slopes spread by `tau1`."""
    change = Controls().qol_beta1
    value = share_against(change, tau1) or 0.0
    one, two = (percent(share_against(away, 1.0) or 0.0, None) for away in (1.0, 2.0))
    how = (
        f"No change is {-change:.1f} / {tau1:.1f} = {-change / tau1:.1f} spreads above the average "
        f"slope. Beyond that lie {percent(value, None)} of a normal curve."
    )
    mistakes = (
        Mistake(
            0.0, "the average is everybody",
            f"The average falls, and slopes differ around it: some rise. {how}",
        ),
        Mistake(
            0.5, "half go each way",
            f"Half have a slope above the average one, and that is not yet a rise. {how}",
        ),
        Mistake(
            1.0 - value, "the share that goes with the average",
            f"That is the share of those who get worse, as the average does. {how}",
        ),
        Mistake(
            2.0 * value, "both tails",
            f"That takes in those who fall fastest, too. Only one tail gets better. {how}",
        ),
    )  # fmt: skip
    return Number(
        "other-way",
        f"Quality of life changes by {decimal(change, 1)} points a month on average. Slopes, so "
        f"far all alike, now spread by τ₁ = {tau1:.1f} points. Which share of people gets better? "
        f"Of a normal curve {one} lie beyond one spread on one side, {two} beyond two.",
        value=value,
        reply=how,
        tolerance=0.02,
        mistakes=mistakes,
        limits=(0.0, 1.0),
        then={"source": "qol", "qol_tau1": tau1},
        too_low="How many spreads is no change away from the average slope?",
        too_high="How many spreads is no change away from the average slope?",
    )


OTHER_WAY = _other_way(0.5)


def _one_in_ten(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.source != "gad7":
        return False, "Choose “worry in therapy”."
    if c.beta1 != -0.7:
        return False, "Leave the average change β₁ at −0.70."
    share = s.against or 0.0
    told = percent(share, None)
    if 0.095 <= share <= 0.105:
        away = f"{0.7 / c.tau1:.2f} spreads from the average"
        return True, f"With τ₁ = {c.tau1:.2f} zero is {away}: {told}."
    return False, f"Now {told} get worse; {'more' if share < 0.1 else 'fewer'} must."


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
    OTHER_WAY,
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
