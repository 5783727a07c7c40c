"""The tasks of the overconfidence lab: what to predict, what to work out, and what to reach."""

from __future__ import annotations

from math import sqrt

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import corr
from lmmlab.labs.overconfidence.controls import Controls
from lmmlab.labs.overconfidence.scene import Scene
from lmmlab.meaning.precision import design_effect
from lmmlab.meaning.variance import icc

WITHIN = Predict(
    "within",
    "Now x varies from trial to trial, and its mean is the same for everybody: the share of x "
    "between people is 0. What do the intervals of OLS do, compared with the promised 5\xa0%?",
    (
        Choice(
            "They still miss too often: ignoring clusters always makes us too sure",
            "That rule is half the truth. It holds for an x that people keep, such as age. Here "
            "everybody is compared with themselves, and OLS misses in about 1\xa0% of studies: its "
            "intervals are 1.29 times too wide.",
            name="ignoring clusters always makes us too sure",
        ),
        Choice(
            "They miss too seldom: OLS is more cautious than it need be",
            "Yes. Differences between people play no part in this comparison, but OLS counts them "
            "as noise. Its intervals are 1.29 times too wide, and real effects stay unseen.",
            right=True,
        ),
        Choice(
            "They are right: x has nothing to do with people",
            "The estimate is right, its standard error is not. OLS puts the differences between "
            "people into the noise, so that its intervals are 1.29 times too wide.",
            name="the estimate is right, so its error is",
        ),
    ),
    {"share": 0.0},
)

VILLAGES = Predict(
    "villages",
    "Another study: 24 villages, 40 people measured in each, and x is decided village by village. "
    "Villages differ little, the ICC is .038. How often does OLS see an effect that is not there?",
    (
        Choice(
            "In about 5\xa0% of studies: an ICC below .05 is safe",
            "A small ICC meets large clusters: 1 + 39 × .038 is 2.5, so that the true variance is "
            "2.5 times what OLS believes. It is wrong in more than 20\xa0% of studies.",
            name="a small ICC is harmless",
        ),
        Choice(
            "In about 9\xa0%: the ICC of 4\xa0% comes on top of the 5\xa0%",
            "The two do not add. The ICC is multiplied by the 39 other people of the village. "
            "The true variance is 2.5 times what OLS believes, and more than 20\xa0% are wrong.",
            name="the ICC adds to the error rate",
        ),
        Choice(
            "In more than 20\xa0%: villages are large",
            "Yes. The true variance is 1 + 39 × .038 = 2.5 times what OLS believes. A small ICC "
            "is harmless in small clusters only.",
            right=True,
        ),
    ),
    {"groups": 24, "rows": 40, "tau0": 3.0, "sigma": 15.0},
)

UNEQUAL = Predict(
    "unequal",
    "Fifteen people have 100 trials, fifteen have 20; the ICC is .40. We want the mean over "
    "people. What does it matter that OLS counts every trial the same?",
    (
        Choice(
            "Its mean is on target, but has a larger error than need be",
            "Yes. Its variance is 1.41 times that of the mixed model. Counting every person the "
            "same is nearly best here; it would not be if people hardly differed. The mixed model "
            "weighs by τ₀, σ and n.",
            right=True,
        ),
        Choice(
            "Nothing: OLS is unbiased",
            "Unbiased, yes, but not the best use of the data: people with many trials get too much "
            "weight. The variance of the mean is 1.41 times what the mixed model has. Compare "
            "the bars in the last picture.",
            name="unbiased is good enough",
        ),
        Choice(
            "Its mean is pulled to people with many trials, so it is biased",
            "It leans to their levels, but in the next study other people have many trials. As "
            "long as levels and numbers of trials are unrelated this is extra error, not bias: the "
            "variance is 1.41 times that of the mixed model.",
            name="unequal groups bias the mean",
        ),
    ),
    {"rows": 100, "sizes": "unequal", "few": 20},
)


def _factor(rows: int) -> Number:
    """Ask for true over believed variance with so many trials, all else as at the start."""
    c = Controls()
    alike = float(icc(c.tau0, c.sigma))
    value = float(design_effect(alike, rows))
    how = f"1 + {rows - 1} × {corr(alike)} = {value:.1f}"
    mistakes = (
        Mistake(
            sqrt(value), "factor of the standard error",
            f"By that factor the standard error is off. The variance is its square, {how}.",
        ),
        Mistake(
            1.0 + alike, "the ICC counts once",
            f"A trial resembles each of the {rows - 1} others of its person: {how}.",
        ),
        Mistake(
            (rows - 1) * alike, "the own row is forgotten",
            f"With an ICC of 0 the factor must be 1, not 0: {how}.",
        ),
        Mistake(
            1.0 + rows * alike, "a row counts as its own neighbour",
            f"Beside a trial stand {rows - 1} others of its person, not {rows}: {how}.",
        ),
        Mistake(
            rows, "rows of one person are all the same",
            f"That holds with an ICC of 1. Here it is {corr(alike)}: {how}.",
        ),
    )  # fmt: skip
    return Number(
        "variance-factor",
        f"Each of the {c.groups} people now has {rows} trials in place of {c.rows}. The ICC of y "
        f"is still {corr(alike)}, and x belongs to the person. How many times as large as OLS "
        "believes is the true variance of the slope?",
        value=value,
        reply=f"Each trial resembles the {rows - 1} others of its person: {how}. The standard "
        f"error is off by the root of that, {sqrt(value):.2f}, as the text says.",
        tolerance=0.1,
        unit="times",
        mistakes=mistakes,
        limits=(0.0, float("inf")),
        then={"rows": rows},
        too_low="How many other trials does each one resemble, and how much?",
        too_high="How many other trials does each one resemble, and how much?",
    )


FACTOR = _factor(10)


def _promise(c: Controls, s: Scene) -> tuple[bool, str]:
    if (c.tau0, c.sigma, c.groups, c.rows, c.sizes) != (4.0, 4.9, 30, 20, "equal"):
        return False, "Leave everything but the share where it was at the start."
    if abs(s.effect - 1.0) < 0.1:
        return True, "Here the two errors cancel. OLS does not know that, and neither would we."
    far = "too sure; x should vary less between people"
    near = "too cautious; x should vary more between people"
    return False, f"OLS is {far if s.effect > 1.0 else near}."


TASKS = (
    WITHIN,
    VILLAGES,
    UNEQUAL,
    FACTOR,
    Do(
        "promise",
        "Move the share of x until OLS keeps its promise of 5\xa0%. Is this where you would have "
        "looked for it?",
        _promise,
    ),
)
