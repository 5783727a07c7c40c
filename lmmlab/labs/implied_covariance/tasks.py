"""The tasks of the implied covariance lab: what to predict, to work out, and to reach."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import corr
from lmmlab.labs.implied_covariance.controls import Controls
from lmmlab.labs.implied_covariance.scene import Scene
from lmmlab.labs.implied_covariance.stories import STORIES

DRIVERS = STORIES["sleepstudy"].values | {"story": "sleepstudy"}

ONE_COLOUR = Predict(
    "one-colour",
    "Suppose that all patients change at the same pace (τ₁ = 0). Only their starts differ. Which "
    "two visits of one patient are most alike?",
    (
        Choice(
            "Neighbours, such as months 9 and 12",
            "Not in this model. Two visits share their patient's start, and nothing else, however "
            "far apart they are. Every pair correlates .78.",
            name="a mixed model makes correlation fade with time",
        ),
        Choice(
            "Months 0 and 3, before the patients have drifted apart",
            "Without own slopes nobody drifts: the lines are parallel. Every pair correlates .78.",
            name="people drift apart without own slopes",
        ),
        Choice(
            "None: all pairs are equally alike",
            "Yes. Two visits share their patient's start and nothing else: 225 of 289, so every "
            "pair correlates .78. Now V has one colour beside its diagonal.",
            right=True,
        ),
    ),
    {"tau1": 0.0, "fit": "starts"},
)

MORE_NOISE = Predict(
    "more-noise",
    "The questionnaire gets worse: the noise of one visit grows from σ = 8 to σ = 16. What happens "
    "to the covariance of months 3 and 12, which is 212?",
    (
        Choice(
            "It stays as it is, but the correlation of the two falls",
            "Yes. σ² is added on the diagonal only, where it makes the variances larger. So the "
            "same 212 is a smaller share of them: the correlation falls from .70 to .43.",
            right=True,
        ),
        Choice(
            "It falls: noise hides what the visits share",
            "The covariance stays at 212. The noise of two visits has nothing in common, so σ² is "
            "added on the diagonal only. What falls is the correlation, from .70 to .43.",
            name="noise lowers covariances",
        ),
        Choice(
            "It grows, because all entries of V grow",
            "Only the diagonal grows. Two visits have different noise, so it adds nothing to what "
            "they share: 212, as before. The correlation falls from .70 to .43.",
            name="noise is in every cell of V",
        ),
    ),
    {"sigma": 16.0},
)

LATE_PAIR = Predict(
    "late-pair",
    "Eighteen drivers sleep too little for ten days, and each slows down at a pace of their own. "
    "Reaction times on days 0 and 1 correlate .48 in the model. And those on days 8 and 9?",
    (
        Choice(
            "Also about .48: they are one day apart, too",
            "The distance is the same, but not the place. By day 8 own slopes have spread the "
            "drivers far apart, and the noise has not grown: .83.",
            name="correlation depends on the distance in time only",
        ),
        Choice(
            "Less: noise has added up over the days",
            "Noise does not add up: each day has its own, with the same σ. What adds up is the "
            "slope of each driver, and that makes late days more alike: .83.",
            name="noise adds up over time",
        ),
        Choice(
            "More: by then the drivers are further apart",
            "Yes, .83. Own slopes have spread the drivers, while the noise of a day is what it "
            "was. So who is slow on day 8 is slow on day 9.",
            right=True,
        ),
    ),
    DRIVERS | {"person": "8-9"},
)

ONE_ICC = Predict(
    "one-icc",
    "A report on these drivers uses own starts only and says: “the ICC is .59”. If drivers have "
    "slopes of their own, too, which share of the variance lies between them?",
    (
        Choice(
            ".59 on every day: the ICC belongs to the measure",
            "With own slopes there is no such number. The drivers differ more and more, the noise "
            "stays: .48 on day 0 and .85 on day 9. The flat line is what own starts alone can say.",
            name="the ICC is one number",
        ),
        Choice(
            ".48 on day 0 and .85 on day 9",
            "Yes. The drivers differ more from day to day, and the noise stays. The .59 of own "
            "starts alone, the flat line, lies somewhere between.",
            right=True,
        ),
        Choice(
            "Much on day 0 and little on day 9: tired people become alike",
            "On average all get slower, but some much more than others. So they differ more: the "
            "share goes from .48 on day 0 to .85 on day 9.",
            name="a common change makes people alike",
        ),
    ),
    DRIVERS | {"fit": "starts", "person": "9-9"},
)

BY_HAND = Number(
    "by-hand",
    "In the patients τ₀² = 225, the covariance of start and slope τ₀₁ is −2.4, and τ₁² = 0.64. "
    "What is the covariance of the visits at months 3 and 9?",
    value=213.48,
    reply="225 + (3 + 9) · (−2.4) + 3 · 9 · 0.64 = 225 − 28.8 + 17.28 = 213.48.",
    tolerance=0.5,
    unit="points²",
    mistakes=(
        Mistake(
            277.48, "noise in a covariance",
            "That has σ² = 64 in it. Two visits have different noise: σ² stands on the diagonal "
            "only. 225 − 28.8 + 17.28 = 213.48.",
        ),
        Mistake(
            242.28, "τ₀₁ left out",
            "That leaves out τ₀₁, which counts 3 + 9 = 12 times: 225 − 28.8 + 17.28 = 213.48.",
        ),
        Mistake(
            219.24, "the distance in place of the times",
            "That takes the distance, 6, squared. The times are multiplied: 3 · 9 = 27, and "
            "225 − 28.8 + 27 · 0.64 = 213.48.",
        ),
        Mistake(
            217.8, "an sd in place of a variance",
            "That takes τ₁ = 0.8 in place of τ₁² = 0.64: 225 − 28.8 + 27 · 0.64 = 213.48.",
        ),
        Mistake(
            225.0, "own starts only",
            "That is what own starts alone give. Own slopes change it: "
            "225 − 28.8 + 17.28 = 213.48.",
        ),
    ),
    then={"person": "3-9"},
    too_low="Three terms: 225, then (3 + 9) · τ₀₁, then 3 · 9 · τ₁².",
    too_high="Three terms: 225, then (3 + 9) · τ₀₁, then 3 · 9 · τ₁². One of them is below 0.",
    title="Work it out",
)  # fmt: skip


def _half(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.story != "hrqol":
        return False, "Choose “heart failure” first."
    if c.sigma != 8.0:
        return False, "Leave σ at 8."
    if not s.alike:
        return False, "The pairs still differ: something makes slopes differ."
    found = float(s.truth.correlation[0, -1])
    if abs(found - 0.5) < 0.005:
        return True, "Then as much lies between people as within them: τ₀ = σ."
    return False, f"All pairs are alike, but they correlate {corr(found)}. What else do they share?"


def _below(c: Controls, s: Scene) -> tuple[bool, str]:
    found = float(s.truth.correlation[0, -1])
    if np.isnan(found):
        return False, "No correlation is defined here. Let something vary."
    if found < -0.1:
        return True, f"It is {corr(found)}: who starts high ends low. The lines have crossed."
    more = (
        "Which of the three terms can be below 0?"
        if c.rho >= 0.0
        else "ρ has the right sign: its term must outweigh τ₀²."
    )
    return False, f"The first and the last visit correlate {corr(found)}. {more}"


def _blind(c: Controls, s: Scene) -> tuple[bool, str]:
    if s.story.real or c.fit != "starts":
        return False, "Take simulated people, and a fit with own starts."
    if s.fitted is None:
        return False, "There is no fit. Take σ above 0."
    off = np.abs(s.fitted.correlation - s.truth.correlation)
    if np.isnan(off).any():
        return False, "Where nothing varies, there is no correlation."
    worst = float(off.max())
    if worst > 0.3:
        return True, f"The fit is off by {corr(worst)}, and it has only one number for all pairs."
    return False, f"The fit is off by {corr(worst)} at most. What can it not see?"


TASKS = (
    ONE_COLOUR,
    MORE_NOISE,
    LATE_PAIR,
    BY_HAND,
    ONE_ICC,
    Do(
        "half",
        "Heart failure: give every pair of visits the same correlation, .50, and leave σ at 8.",
        _half,
    ),
    Do(
        "below-zero",
        "Visits of one person need not be alike. Make the first and the last visit correlate below "
        "−.10.",
        _below,
    ),
    Do(
        "blind",
        "Take simulated people and a fit with own starts. Make it wrong: off by more than .30 "
        "for some pair of visits.",
        _blind,
    ),
)
