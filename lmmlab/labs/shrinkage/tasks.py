"""The tasks of the shrinkage lab: what to predict, what to work out, and what to reach."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import corr, percent
from lmmlab.labs.shrinkage.controls import Controls
from lmmlab.labs.shrinkage.scene import Scene, weights
from lmmlab.labs.shrinkage.spread import Spread

HALVE_SIGMA = Predict(
    "halve-sigma",
    "The noise σ is halved. What do the arrows from own lines to the model's lines do?",
    (
        Choice(
            "They grow: a better model pulls harder",
            "That takes pulling for a reward of quality. The pull only replaces what own visits "
            "cannot tell, and now they tell more. The lab is back at its start, with σ halved: "
            "the arrows are shorter.",
            name="pulling rewards quality",
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
            name="the pull is a fixed penalty",
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
            name="unbiased for each person",
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
            name="bias makes an estimate worse",
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
            "It is too small: pulled lines differ less than people do",
            "Yes. The spread of own lines is too large, that of pulled lines too small: compare "
            "the three bars under “Spread of daily changes”.",
            right=True,
        ),
        Choice(
            "Nothing: the pulled lines are the people",
            "They are guesses, each drawn to the middle, so they differ less than the people do. "
            "Their bar under “Spread of daily changes” is shorter than that of the truth.",
            name="pulled lines are the people",
        ),
        Choice(
            "It is too large, because of the noise in the visits",
            "That holds for own lines. Pulled lines have paid for the noise already, and more: "
            "compare the three bars under “Spread of daily changes”.",
            name="pulled lines still hold the noise",
        ),
    ),
    {"source": "simulated", "people": 60, "visits": 5, "own_visits": 5, "seed": 3},
)


def _own_weight(tau0: float, sigma: float, visits: int) -> Number:
    """Ask for the weight of so many own visits where people differ in level only."""
    spread = Spread(tau0, 0.0, 0.0, sigma)
    value = float(weights(spread, np.array([float(visits)]))[0, 0])
    tau, noise = f"{tau0:g}²", f"{sigma:g}²"
    how = f"{tau} / ({tau} + {noise} / {visits}) = {corr(value)}"

    def share(of: float) -> float:
        return tau0**2 / (tau0**2 + of)

    mistakes = (
        Mistake(
            share(sigma**2), "the number of visits is forgotten",
            f"That is the weight of one visit. The mean of {visits} has less noise, σ²/n: {how}.",
        ),
        Mistake(
            share(sigma**2 / visits**2), "σ/n in place of σ²/n",
            f"Of a mean of n visits the variance is σ²/n and the sd σ/√n, not σ/n: {how}.",
        ),
        Mistake(
            tau0 / (tau0 + sigma / visits**0.5), "sds instead of variances",
            f"That shares out sds. Variances add up, sds do not: {how}.",
        ),
        Mistake(
            1.0 - value, "the weight of the others",
            f"So much the average of all counts. Own visits have the rest: {how}.",
        ),
    )  # fmt: skip
    return Number(
        "own-weight",
        f"People differ in level only, by τ₀ = {tau0:g} ms, and a visit has a noise of "
        f"σ = {sigma:g} ms. Someone came {visits} times. How much do these own visits count, from "
        "0 to 1?",
        value=value,
        reply=f"Own visits count {how}, the average of all counts {corr(1.0 - value)}.",
        tolerance=0.01,
        mistakes=mistakes,
        limits=(0.0, 1.0),
        then={"tau0": tau0, "tau1": 0.0, "sigma": sigma, "own_days": visits},
        too_low=f"How noisy is the mean of {visits} visits?",
        too_high=f"How noisy is the mean of {visits} visits?",
    )


OWN_WEIGHT = _own_weight(20.0, 30.0, 4)


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
    told = f"{percent(level, 0)} for the level, {percent(change, 0)} for the change"
    half = ""
    if c.tau0 == 0.0:
        half = "One half is done, people start alike. "
    elif c.tau1 == 0.0:
        half = "One half is done, people change alike. "
    return False, f"{half}Own visits still count: {told}."


def _one_visit_half(c: Controls, s: Scene) -> tuple[bool, str]:
    if first := _ready(c):
        return False, first
    level = s.weight[s.index, 0]
    if s.visits != 1:
        return False, (
            f"{s.name} still has {s.visits} days with data, which count {percent(level, 0)} for "
            "the level; leave one."
        )
    if c.own_noise != 1.0:
        return False, "Leave the noise of these visits at 1.0 times σ."
    if abs(level - 0.5) < 0.01:
        return (
            True,
            "One visit counts half when the spread of starts τ₀ is as large as the noise σ.",
        )
    return False, (
        f"One visit counts {percent(level, 0)} now; you need 50\xa0%. Make τ₀ "
        f"{'smaller' if level > 0.5 else 'larger'} beside σ."
    )


TASKS = (
    HALVE_SIGMA,
    OWN_WEIGHT,
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
