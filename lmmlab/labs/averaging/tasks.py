"""The tasks of the averaging lab: what to predict, and what to reach."""

from __future__ import annotations

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import decimal
from lmmlab.labs.averaging.controls import FAINT, Controls
from lmmlab.labs.averaging.scene import Scene

MANY = {"unequal": 67.0}
FEW = FAINT | {"story": "faint", "unequal": 87.0}

UNEQUAL = Predict(
    "unequal",
    "With 60 trials of everybody both analyses agree in every digit. Now half of the people have "
    "20 trials and half have 100. How much worse than the mixed model is a t test on averages?",
    (
        Choice(
            "Much worse: it does not know who has how many trials",
            "It does not know, and it hardly matters: its variance is 1.001 times the smallest "
            "possible. Even 20 trials tell a person's level well beside differences between "
            "people of 4 µV, so that all should count nearly the same.",
            name="averaging is always a mistake",
        ),
        Choice(
            "Hardly: its variance is 0.1\xa0% larger",
            "Yes: 1.001 times. People differ by 4 µV, and 20 trials leave an error of 1.1 µV in an "
            "average, 100 leave 0.5. What must be averaged out is people, and both do that.",
            right=True,
        ),
        Choice(
            "It is better: the mixed model counts the people with many trials five times",
            "That is what a mean of all trials does, and its variance is 1.41 times the smallest "
            "possible. The mixed model lets a person with 20 trials count for 0.94 of one with "
            "100.",
            name="the mixed model counts every trial the same",
        ),
    ),
    MANY,
)

COUNTS = Number(
    "counts",
    "A faint wave: people differ by τ₀ = 1.1 µV, and a trial has a noise of σ = 4.8 µV. One person "
    "has 30 trials, one has 2. If the first counts for 1, for how much should the second count?",
    value=(1.1**2 + 4.8**2 / 30) / (1.1**2 + 4.8**2 / 2),
    reply="Each counts for 1 / (τ₀² + σ²/n): with 30 trials 1 / 1.98, with 2 trials 1 / 12.7. The "
    "second counts for 0.155 of the first.",
    tolerance=0.02,
    limits=(0.0, 1.0),
    mistakes=(
        Mistake(
            1.0, "every person counts the same",
            "So does a t test on averages. But an average of 2 trials is mostly noise here: its "
            "variance is 1.1² + 4.8²/2 = 12.7, with 30 trials it is 1.98. The second counts for "
            "0.155.",
        ),
        Mistake(
            2 / 30, "every trial counts the same",
            "That would be right if people did not differ. They do, by 1.1 µV, and however many "
            "trials a person has, it is one person: 1.98 / 12.7 = 0.155.",
        ),
        Mistake(
            (2 / 30) ** 0.5, "weights by the standard error",
            "Weights go by the variance, and that of people comes on top: 1.98 / 12.7 = 0.155.",
        ),
    ),
    too_low="A person with few trials is still one more person.",
    too_high="How noisy is an average of 2 trials?",
    then=FEW,
)  # fmt: skip

LOUDNESS = Predict(
    "loudness",
    "Now some tones are louder than others, in random order, and the wave grows with loudness. "
    "Somebody averages the trials of each person, their loudness too. Can the slope of loudness "
    "still be found?",
    (
        Choice(
            "Hardly: average loudness is nearly the same for everybody",
            "Yes. The comparison of loud with soft tones is made within a person, and it is gone: "
            "the standard error is 53 times as large.",
            right=True,
        ),
        Choice(
            "Yes, as well as before: averages contain all trials",
            "They contain the sums only. Everybody's tones are about equally loud on average, so "
            "there is hardly anything left to compare: the standard error is 53 times as large.",
            name="averaging loses nothing",
        ),
        Choice(
            "Yes, with a larger error: there are 30 averages in place of 1,800 trials",
            "Larger, but not for that reason. It is 53 times as large, because loudness varies "
            "from trial to trial and hardly between people, who also differ in their level.",
            name="only the number of rows counts",
        ),
    ),
    {"tones": "vary"},
)


def _costly(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.tones != "alike":
        return False, "Take tones that are all equally loud."
    if c.trials < 10:
        return False, "Leave at least 10 trials to a person, on average."
    ratio = decimal(s.costs[1], 2)
    if s.costs[1] >= 2.0:
        return True, f"{ratio} times: people hardly differ, and half of the averages are noise."
    if s.balanced:
        return False, "With equal numbers of trials averaging costs nothing."
    if c.unequal < 80.0:
        return False, f"It is {ratio} times. Make the numbers of trials more unequal."
    more = "less" if c.tau0 > 0.0 else "by nothing, so take more noise or fewer trials"
    return False, f"It is {ratio} times. Would it be more if people differed {more}?"


TASKS = (
    UNEQUAL,
    COUNTS,
    LOUDNESS,
    Do(
        "costly",
        "Make a study with at least 10 trials a person in which the difference of averages has "
        "twice the smallest possible variance.",
        _costly,
    ),
)
