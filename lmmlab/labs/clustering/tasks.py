"""The tasks of the clustering lab: what to predict, and what to reach."""

from __future__ import annotations

from lmmlab.labs._lab import Choice, Do, Predict
from lmmlab.labs._numbers import corr, number
from lmmlab.labs.clustering.controls import Controls
from lmmlab.labs.clustering.scene import Scene

MORE_VISITS = Predict(
    "more-visits",
    "Each of the 60 people comes 60 times in place of 7. That makes 3,600 rows in place of 420. "
    "How much more do we know about the average blood pressure?",
    (
        Choice(
            "Almost nine times as much: there are almost nine times as many rows",
            "That counts rows as if each were a new person. The 420 rows were worth 81 independent "
            "measurements, the 3,600 are worth 86. The curve in the last picture is flat there.",
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
            "Yes: without clusters the rows are independent",
            "That takes the label for the cause. The same 60 people stand behind the 420 numbers, "
            "so a second sample of 60 people would miss the mean just as far as before. Only the "
            "analysis is fooled: compare its blue point with the violet truth in the last picture.",
        ),
        Choice(
            "No: the numbers are the same, and so is the mean that they give",
            "Yes. The mean does not depend on names, and neither does its chance error. What "
            "changes is what an analysis believes: compare the blue point with the violet truth "
            "in the last picture.",
            right=True,
        ),
        Choice(
            "It is known even less: shuffling adds noise",
            "Shuffling changes no measurement, so the mean stays what it was. It only hides who "
            "gave which number.",
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
        ),
        Choice(
            "About 3,420: five per cent are lost",
            "That takes the ICC for the share that is lost. The loss grows with n: rows are "
            "divided by 1 + 59 × .05, which is about 4. The 3,600 are worth about 910.",
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
