"""The tasks of the levels lab: what to predict, and what to reach."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._lab import Choice, Do, Generated, Mistake, Number, Predict
from lmmlab.labs._numbers import decimal, percent, slope
from lmmlab.labs.levels.controls import Controls
from lmmlab.labs.levels.scene import Scene
from lmmlab.teach.tasks import apart

RAW = Predict(
    "raw",
    "Within a person one point more fatigue means 25 ms more. People who are more tired on "
    "average are faster by 40 ms a point. A mixed model with an intercept for each person gets "
    "fatigue as it was measured. With more and more rows of each person, which slope does it "
    "report?",
    (
        Choice(
            "The slope within, +25, exactly: the intercepts take all differences between people",
            "Almost. At 60 rows it is +22.7, with 3\xa0% of the slope between; at 2 rows it was "
            "+2.5, with 35\xa0%. The intercepts take part of the differences, never all of them.",
            name="the model separates levels by itself",
        ),
        Choice(
            "A blend of both, nearer and nearer to +25",
            "Yes. At 2 rows the slope between has a weight of 35\xa0%, at 60 rows of 3\xa0%, and "
            "the slope is +22.7. The blend gets purer, but it stays a blend.",
            right=True,
        ),
        Choice(
            "Halfway between, −7.5: x varies as much within as between",
            "That is what one line through all rows gives, whatever n is. The mixed model knows "
            "that averages of people are few, and listens to them less: it reports +22.7.",
            name="the model is one line through all rows",
        ),
    ),
    {"visits": 60},
)

AVERAGE = Predict(
    "average",
    "Within a patient one unit more of the drug lowers blood pressure by 0.8 mmHg. Sicker "
    "patients get more of it. Someone averages the rows of each patient and puts a line through "
    "the averages. Which slope comes out?",
    (
        Choice(
            "+1.2, as if the drug raised blood pressure",
            "Yes, exactly +1.20. It is a true statement about patients, and a false one about "
            "what a dose does to one of them. To read it so is called the ecological fallacy.",
            right=True,
        ),
        Choice(
            "About −0.8: averaging only takes out noise",
            "Averaging takes out the noise, and with it all that happened within a patient. What "
            "is left compares patients: +1.20. The drug still helps each of them.",
            name="averages keep the slope within",
        ),
        Choice(
            "About 0: the two slopes cancel",
            "They would have to be mixed for that, and averages hold no row of any patient. The "
            "slope is that between patients, +1.20.",
            name="averages mix both slopes",
        ),
    ),
    {
        "story": "dose", "beta_within": -0.8, "beta_between": 1.2, "tau": 4.0, "sigma": 5.0,
        "spread_within": 2.0, "spread_between": 4.0, "fit": "ols", "averaged": 100.0,
    },
)  # fmt: skip


def _one_line(within: float, between: float, spreads: tuple[float, float]) -> Number:
    """Ask what one line through all rows says."""
    inside, across = spreads
    share = across**2 / (inside**2 + across**2)
    of_sds = across / (inside + across)
    value = (1.0 - share) * within + share * between
    how = (
        f"Slopes are weighted by the variances of x: {inside:g}² within, {across:g}² between. "
        f"{decimal(1.0 - share, 2)} · ({slope(within)}) + {decimal(share, 2)} · ({slope(between)}) "
        f"= {slope(value)}."
    )
    mistakes = (
        Mistake(
            (within + between) / 2.0, "both slopes count the same",
            f"They would if fatigue varied as much within people as between them. {how}",
        ),
        Mistake(
            (1.0 - of_sds) * within + of_sds * between, "shares of sds instead of variances",
            f"Those are the shares of sds. {how}",
        ),
        Mistake(
            share * within + (1.0 - share) * between, "the shares are swapped",
            f"The slope counts more where x varies more, and that is between people. {how}",
        ),
        Mistake(
            within, "one line looks within people",
            f"Rows of different people are on the line, too. {how}",
        ),
        Mistake(
            between, "one line is the line of averages",
            f"Rows also differ within people. {how}",
        ),
    )  # fmt: skip
    return Number(
        "one-line",
        f"Within a person fatigue varies by an sd of {inside:g} point, averages of people by "
        f"{across:g} points. The slopes are {slope(within)} ms within and {slope(between)} ms "
        "between. Somebody puts one line through all rows; its w is the share of the variance of "
        "fatigue that lies between people. Which slope does it have?",
        value=value,
        reply=how,
        tolerance=0.5,
        unit="ms",
        mistakes=mistakes,
        limits=(min(within, between), max(within, between)),
        then={
            "beta_within": within, "beta_between": between, "spread_within": inside,
            "spread_between": across, "fit": "ols",
        },
        too_low="Square the two spreads: which share of their sum lies between people?",
        too_high="Square the two spreads: which share of their sum lies between people?",
    )  # fmt: skip


ONE_LINE = _one_line(25.0, -40.0, (1.0, 2.0))


def contextual(seed: int) -> Number:
    """Ask for a contextual effect, given the slopes within and between.

    Examples
    --------
    >>> question = contextual(1)
    >>> question.answer(question.value).right
    True
    """
    rng = np.random.default_rng([seed, 4])
    within, between = 0.0, 0.0
    while abs(within) == abs(between) or min(abs(within), abs(between)) < 5.0:
        within, between = (float(5 * k) for k in rng.integers(-11, 12, 2))
    value = between - within
    how = (
        f"{slope(between)} less {slope(within)} is {slope(value)}: it compares two people who are "
        "equally tired now and differ in their average by a point."
    )
    mistakes = (
        Mistake(
            between, "contextual is the slope between",
            "A coefficient says what its column adds while the others stand still, and another "
            f"column did change. {how}",
        ),
        Mistake(
            between + within, "contextual is the sum",
            "The raw column already brings the slope within for each point of the average, and the "
            f"average must take it back. {how}",
        ),
        Mistake(
            within - between, "within less between",
            f"The other way round: the average must take back what the raw column brings. {how}",
        ),
        Mistake(within, "contextual is the slope within", f"That is the other column. {how}"),
    )  # fmt: skip
    return Number(
        "context",
        "The columns fatigue − own average and own average have the coefficients "
        f"{slope(within)} ms and {slope(between)} ms. Now the first column is replaced by fatigue "
        "itself. What does the coefficient of the own average become?",
        value=value,
        reply=how,
        tolerance=0.5,
        unit="ms",
        mistakes=apart(value, mistakes, 0.5),
        limits=(-200.0, 200.0),
        then={"fit": "context", "beta_within": within, "beta_between": between},
        too_low="The fit is the same: what must the average take back?",
        too_high="The fit is the same: what must the average take back?",
    )


CONTEXT = Generated("context", contextual)


def _harmless(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.source != "made":
        return False, "Choose simulated people; the data set lies still."
    if c.fit != "raw":
        return False, "Fit raw x."
    if s.between is None:
        return False, "There must be a slope between to agree on."
    if s.within is None:
        return True, "x varies between people only: averaging first loses nothing."
    if s.weight is not None and s.weight > 0.995:
        return False, "Almost. As long as x varies within people at all, it is still a blend."
    share = percent(s.weight or 0.0, 0)
    return False, f"The slope between has a weight of {share}. Where must x not vary?"


def _flip(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.fit != "raw" or c.source != "made":
        return False, "Fit raw x to simulated people."
    if c.beta_within != 25.0 or c.beta_between != -40.0:
        return False, "Leave the two slopes at +25 and −40."
    share = percent(s.weight or 0.0, 0)
    if s.slopes and s.slopes[0].value < 0.0:
        return True, f"With {share} of the slope between the sign has flipped."
    return False, f"The weight is {share}; more than 38\xa0% are needed. What would raise it?"


TASKS = (
    RAW,
    AVERAGE,
    ONE_LINE,
    CONTEXT,
    Do(
        "harmless",
        "Make a study in which averaging first is harmless: the mixed model with raw x must report "
        "exactly the slope between averages.",
        _harmless,
    ),
    Do(
        "flip",
        "Leave both slopes as they are and make the mixed model with raw x report a slope below 0. "
        "Move rows, spreads, τ or σ.",
        _flip,
    ),
)
