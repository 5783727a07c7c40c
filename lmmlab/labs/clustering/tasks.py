"""The tasks of the clustering lab: what to predict, what to work out, and what to reach."""

from __future__ import annotations

from math import ceil

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import corr, number
from lmmlab.labs.clustering.controls import Controls
from lmmlab.labs.clustering.scene import Scene
from lmmlab.meaning.precision import design_effect
from lmmlab.meaning.variance import icc
from lmmlab.teach.questions import ICC, OBSERVATIONS

MORE_VISITS = Predict(
    "more-visits",
    "Each of the 60 people comes 60 times in place of 7. That makes 3,600 rows in place of 420. "
    "How much more do we know about the average blood pressure?",
    (
        Choice(
            "Almost nine times as much: there are almost nine times as many rows",
            "That counts rows as if each were a new person. The 420 rows were worth 81 independent "
            "measurements, the 3,600 are worth 86. The curve in the last picture is flat there.",
            name="more rows, more knowledge",
        ),
        Choice(
            "Hardly more: they are the same 60 people",
            "Yes. The worth goes from 81 to 86 independent measurements, and it can never pass 87. "
            "Only new people bring more.",
            right=True,
        ),
        Choice(
            "Less: repeated rows spoil independence",
            "Dependence makes new rows worth less, never less than nothing. The worth still goes "
            "up, from 81 to 86.",
            name="repeated rows do harm",
        ),
    ),
    {"visits": 60},
)

SHUFFLE = Predict(
    "shuffle",
    "Someone shuffles the names, so that the clusters vanish from the picture. Is the average "
    "blood pressure now known as well as 420 independent measurements would tell it?",
    (
        Choice(
            "No: the numbers are the same, and so is the mean that they give",
            "Yes. The mean does not depend on names, and neither does its chance error. What "
            "changes is what an analysis believes: compare the blue point with the violet truth "
            "in the last picture.",
            right=True,
        ),
        Choice(
            "Yes: without clusters the rows are independent",
            "That takes the label for the cause. The same 60 people stand behind the 420 numbers, "
            "so a second sample of 60 people would miss the mean just as far as before. Only the "
            "analysis is fooled: compare its blue point with the violet truth in the last picture.",
            name="clusters are in the names",
        ),
        Choice(
            "It is known even less: shuffling adds noise",
            "Shuffling changes no measurement, so the mean stays what it was. It only hides who "
            "gave which number.",
            name="shuffling adds noise",
        ),
    ),
    {"names": "shuffled"},
)

SMALL_ICC = Predict(
    "small-icc",
    "Now people differ little, τ₀ = 2, and noise is larger, σ = 8.7: the ICC is only .05. There "
    "are 60 people with 60 visits each, 3,600 rows. What are they worth?",
    (
        Choice(
            "About 3,600: an ICC of .05 is as good as none",
            "A small ICC is multiplied by the number of rows per person. Here 1 + 59 × .05 is "
            "about 4, so three rows of four are lost: the 3,600 are worth about 910.",
            name="a small ICC is harmless",
        ),
        Choice(
            "About 3,420: 5\xa0% are lost",
            "That takes the ICC for the share that is lost. The loss grows with n: rows are "
            "divided by 1 + 59 × .05, which is about 4. The 3,600 are worth about 910.",
            name="the ICC is the share lost",
        ),
        Choice(
            "About 910: a quarter",
            "Yes. Rows are divided by 1 + (n − 1) × ICC, here by about 4. A small ICC is harmless "
            "in small clusters only.",
            right=True,
        ),
    ),
    {"tau0": 2.0, "sigma": 8.7, "visits": 60},
)


def _people_for(wanted: int) -> Number:
    """Ask how many people are needed, with everything else as at the start."""
    c = Controls()
    n, alike = c.visits, float(icc(c.tau0, c.sigma))
    each = n / float(design_effect(alike, n))
    needed = ceil(wanted / each)
    how = (
        f"{n} visits of one person are worth {n} / (1 + {n - 1} × {corr(alike)}) = {each:.2f} "
        f"independent measurements, and {wanted} / {each:.2f} makes {needed} people."
    )
    mistakes = (
        Mistake(
            ceil(wanted / n), "every row is new",
            f"That many people give {wanted} rows, and counts each as a new fact. {how}",
        ),
        Mistake(
            wanted, "one row for each person",
            f"A second visit of a person tells less than a new person, but not nothing. {how}",
        ),
        Mistake(
            wanted * alike, "as if n were endless",
            f"So few would do if each came without end. They come {n} times: {how}",
        ),
    )  # fmt: skip
    return Number(
        "people-needed",
        f"Your next study, too, has {n} visits of each person, τ₀ = {c.tau0:.0f} and "
        f"σ = {c.sigma:.0f}. You want to know the average as well as {wanted} independent "
        "measurements would tell it. How many people do you need?",
        value=needed,
        reply=how,
        tolerance=1.5,
        unit="people",
        mistakes=mistakes,
        limits=(1.0, float("inf")),
        then={"people": needed},
        too_low=f"What are the {n} visits of one person worth together?",
        too_high=f"What are the {n} visits of one person worth together?",
    )


PEOPLE_NEEDED = _people_for(150)


def _same_cost(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.tau0 != 12.0 or c.sigma != 8.0:
        return False, "Leave τ₀ at 12 and σ at 8."
    if s.rows > 420:
        return False, f"These are {number(s.rows)} measurements; you can pay for 420."
    if s.worth is not None and s.worth >= 150.0:
        return True, "New people are worth more than new visits of people whom you already know."
    return False, f"Your {number(s.rows)} measurements are worth {number(s.worth or 0.0)}."


def _icc_40(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.sigma != 8.0:
        return False, "Leave σ at 8."
    if s.icc is not None and abs(s.icc - 0.4) < 0.005:
        return True, f"With τ₀ = {c.tau0:.1f} two fifths of the variance lie between people."
    now = s.icc or 0.0
    return False, f"The ICC is {corr(now)}; {'less' if now > 0.4 else 'more'} is asked."


TASKS = (
    MORE_VISITS,
    SHUFFLE,
    SMALL_ICC,
    PEOPLE_NEEDED,
    ICC,
    OBSERVATIONS,
    Do(
        "same-cost",
        "You can pay for 420 measurements. Choose people and visits so that they are worth at "
        "least 150 independent ones, with τ₀ and σ as they are at the start.",
        _same_cost,
    ),
    Do(
        "icc-40",
        "Make the ICC .40 and leave the noise σ at 8. Watch the share and the pairs change "
        "together.",
        _icc_40,
    ),
)
