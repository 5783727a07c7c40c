"""The tasks of the levels lab: what to predict, and what to reach."""

from __future__ import annotations

from lmmlab.labs._lab import Choice, Do, Predict
from lmmlab.labs.levels.controls import Controls
from lmmlab.labs.levels.scene import Scene

RAW = Predict(
    "raw",
    "Within a person one point more fatigue means 25 ms more. People who are more tired on "
    "average are faster by 40 ms a point. A mixed model with an intercept for each person gets "
    "fatigue as it was measured. With more and more rows of each person, which slope does it "
    "report?",
    (
        Choice(
            "The slope within, +25, exactly: the intercepts take all differences between people",
            "Almost. At 60 rows it is +22.7, with 3 % of the slope between; at 2 rows it was "
            "+2.5, with 35 %. The intercepts take part of the differences, never all of them.",
            name="the model separates levels by itself",
        ),
        Choice(
            "A blend of both, nearer and nearer to +25",
            "Yes. At 2 rows the slope between has a weight of 35 %, at 60 rows of 3 %, and the "
            "slope is +22.7. The blend gets purer, but it stays a blend.",
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
        Choice(
            "+1.2, as if the drug raised blood pressure",
            "Yes, exactly +1.20. It is a true statement about patients, and a false one about "
            "what a dose does to one of them. To read it so is called the ecological fallacy.",
            right=True,
        ),
    ),
    {
        "story": "dose", "beta_within": -0.8, "beta_between": 1.2, "tau": 4.0, "sigma": 5.0,
        "spread_within": 2.0, "spread_between": 4.0, "fit": "ols", "averaged": 100.0,
    },
)  # fmt: skip

CONTEXT = Predict(
    "context",
    "The columns fatigue − own average and own average have the coefficients +25 and −40. Now "
    "the first column is replaced by fatigue itself. What does the coefficient of the own average "
    "become?",
    (
        Choice(
            "It stays −40: that column did not change",
            "A coefficient says what its column adds while the others stand still, and another "
            "column did change. At the same fatigue today it is −65: −40 less +25.",
            name="the contextual effect is the slope between",
        ),
        Choice(
            "−65",
            "Yes: −40 less +25. It compares two people who are equally tired now and differ in "
            "their average. That is called the contextual effect, and the fit is the same.",
            right=True,
        ),
        Choice(
            "−15: the two slopes add up",
            "They are subtracted. The raw column already brings +25 for each point of the "
            "average, and the average must take it back: −40 less +25 is −65.",
            name="contextual is the sum",
        ),
    ),
    {"fit": "context"},
)


def _harmless(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.source != "made":
        return False, "Choose made people; the data set lies still."
    if c.fit != "raw":
        return False, "Fit raw x."
    if s.between is None:
        return False, "There must be a slope between to agree on."
    if s.within is None:
        return True, "x varies between people only: averaging first loses nothing."
    if s.weight is not None and s.weight > 0.995:
        return False, "Almost. As long as x varies within people at all, it is still a blend."
    share = 100.0 * (s.weight or 0.0)
    return False, f"The slope between has a weight of {share:.0f} %. Where must x not vary?"


def _flip(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.fit != "raw" or c.source != "made":
        return False, "Fit raw x to made people."
    if c.beta_within != 25.0 or c.beta_between != -40.0:
        return False, "Leave the two slopes at +25 and −40."
    if s.slopes and s.slopes[0].value < 0.0:
        return (
            True,
            f"With {100 * (s.weight or 0):.0f} % of the slope between the sign has flipped.",
        )
    share = 100.0 * (s.weight or 0.0)
    return False, f"The weight is {share:.0f} %; more than 38 % are needed. What would raise it?"


TASKS = (
    RAW,
    AVERAGE,
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
