"""The tasks of the fan lab: what to predict, what to work out, and what to reach."""

from __future__ import annotations

from math import sqrt

import numpy as np

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import decimal, signed
from lmmlab.labs.fan.controls import Controls
from lmmlab.labs.fan.scene import Scene, expected_correlation
from lmmlab.labs.fan.stories import STORIES
from lmmlab.meaning.implied import narrowest
from lmmlab.study.simulate import root
from lmmlab.teach.questions import COVARIANCE

BLOOD_PRESSURE = STORIES["bp"].values | {"story": "bp"}
ANXIETY = STORIES["gad7"].values | {"story": "gad7"}

COME_TOGETHER = Predict(
    "come-together",
    "Blood pressure falls in everybody, and faster in those who start high: ρ = −0.60. What "
    "becomes of the differences between people if this goes on for 24 months?",
    (
        Choice(
            "They shrink for ever: a negative ρ means that people come together",
            "They shrink until month 6 only, t* = −ρτ₀/τ₁ = 0.6 · 12 / 1.2. Lines cross there and "
            "part again. Any spread of changes makes them part in the end.",
            name="a negative ρ means coming together for ever",
        ),
        Choice(
            "They shrink for a while, then grow and end larger than they began",
            "Yes. People differ by 12.0 mmHg at first, by 9.6 at month 6 and by 23.6 at month 24. "
            "The turning point is t* = −ρτ₀/τ₁ = 0.6 · 12 / 1.2.",
            right=True,
        ),
        Choice(
            "They shrink until all have the same blood pressure, and stay so",
            "Lines do not stop where they meet, and here they never all meet. People are closest "
            "at t* = −ρτ₀/τ₁ = 0.6 · 12 / 1.2 = 6 months, still 9.6 mmHg apart. Only with ρ = −1 "
            "would all lines meet in a point.",
            name="lines that come together stay together",
        ),
    ),
    BLOOD_PRESSURE | {"until": "24"},
)

OTHER_ORIGIN = Predict(
    "other-origin",
    "The same people, the same visits, the same model. Only the time is now counted from month 12 "
    "in place of month 0. What happens?",
    (
        Choice(
            "ρ changes; the lines and the fit stay as they are",
            "Yes. ρ is now +0.41 and “start” means the level at month 12. The lines did not move, "
            "and the misfit in the text is the same.",
            right=True,
        ),
        Choice(
            "ρ stays −0.20: how start and change go together is a property of people",
            "It is a property of people and of the day on which they are compared. At month 12 "
            "those with steep lines have got ahead, so ρ is +0.41.",
            name="ρ is a property of people",
        ),
        Choice(
            "ρ changes, and so do the lines and the fit",
            "ρ changes, to +0.41. But no line in the first picture moved, and the misfit "
            "in the text is the same as before: the model was only written in other words.",
            name="another origin is another model",
        ),
    ),
    {"origin": 12.0},
)

WORSE_STARTERS = Predict(
    "worse-starters",
    "Everybody's blood pressure truly falls by 1.5 mmHg a month: nobody responds better than "
    "anybody else (τ₁ = 0). We plot the change against the first reading. What do we see?",
    (
        Choice(
            "No relation, because all change alike",
            "The true changes are alike, but the first reading is noisy. Who was high by chance is "
            "lower next time. That alone makes a correlation near −0.39.",
            name="equal changes give no relation",
        ),
        Choice(
            "Those with high readings fall more: the treatment works best in severe cases",
            "They do fall more in this plot, yet nobody responds better. Choose “the true start”: "
            "the relation is gone. It was the noise of the first reading.",
            name="worse starters improve more",
        ),
        Choice(
            "Those with high readings fall more, though nobody responds better",
            "Yes: regression to the mean. The noise of the first reading is in the start and, with "
            "the other sign, in the change. Choose “the true start”, and the relation is gone.",
            right=True,
        ),
    ),
    BLOOD_PRESSURE | {"tau1": 0.0},
)


def _turning() -> Number:
    """Ask when the people of the anxiety study are closest together."""
    story = STORIES["gad7"]
    tau0, tau1, rho, _ = story.numbers
    T = root(np.array([tau0, tau1]), rho)
    time, least = map(float, narrowest(T @ T.T))
    how = f"t* = −ρτ₀/τ₁ = {-rho:g} · {tau0:g} / {tau1:g} = {time:.1f}"
    closest = f"{how}. People differ by {least:.2f} points in that week and by more in any other."
    mistakes = (
        Mistake(
            -time, "the sign of ρ is forgotten",
            f"ρ is below 0, so −ρ is above 0, and the lines are still coming together: {how}.",
        ),
        Mistake(
            rho * -tau1 / tau0, "τ₀ and τ₁ are swapped",
            f"How far apart people start must be made up for by how fast they change: {how}. "
            "Points over points a week make weeks.",
            tolerance=0.02,
        ),
        Mistake(
            tau0 / tau1, "ρ is taken as −1",
            f"If the start fixed the change (ρ = −1), all lines would meet there. Here ρ is only "
            f"{decimal(rho, 2)}: {how}.",
        ),
        Mistake(
            -story.beta[0] / story.beta[1], "where the average reaches 0",
            f"There the average person has no anxiety left. When people are closest has nothing "
            f"to do with the average: {how}.",
        ),
    )  # fmt: skip
    return Number(
        "turning-point",
        f"In an anxiety study starts spread by τ₀ = {tau0:g} points, changes by τ₁ = {tau1:g} "
        f"points a week, and ρ = {decimal(rho, 2)}. The average falls from {story.beta[0]:g} by "
        f"{-story.beta[1]:g} a week. When are people closest together?",
        value=time,
        reply=closest,
        tolerance=0.1,
        unit="weeks",
        mistakes=mistakes,
        then=ANXIETY,
        too_low="The turning point is t* = −ρτ₀/τ₁.",
        too_high="The turning point is t* = −ρτ₀/τ₁.",
    )


def _noise_alone(tau0: float, sigma: float) -> Number:
    """Ask how change goes with the first reading where only noise differs."""
    story = STORIES["bp"]
    G = np.diag([tau0**2, 0.0])
    value = expected_correlation(G, sigma, story.last, observed=True)
    assert value is not None
    how = (
        "The noise of the first reading is in both, with opposite signs: "
        f"−σ² / √((τ₀² + σ²) · 2σ²) = {decimal(value, 2)}."
    )
    hint = (
        "Both hold the noise of the first reading, so their covariance is −σ². Their variances are "
        "τ₀² + σ² and 2σ²."
    )
    mistakes = (
        Mistake(
            0.0, "equal changes give no relation",
            f"The true changes are alike, the measured ones are not. {how}",
        ),
        Mistake(
            -value, "who starts high rises more",
            f"Who is high by chance at first is lower next time: the sign is minus. {how}",
        ),
        Mistake(
            -1.0, "change is the first noise alone",
            f"The last reading has noise of its own, and the first one also holds how people "
            f"truly differ. {how}",
        ),
        Mistake(
            -sigma / sqrt(tau0**2 + sigma**2), "the last reading has no noise",
            f"Both readings are noisy, so the variance of the change is 2σ², not σ². {how}",
        ),
    )  # fmt: skip
    return Number(
        "noise-alone",
        "Everybody's blood pressure truly falls by the same amount (τ₁ = 0). People's levels "
        f"spread by τ₀ = {tau0:g} mmHg, and a reading has the same noise, σ = {sigma:g}. Which "
        "correlation do you expect between the first reading and the measured change?",
        value=value,
        reply=f"Regression to the mean. {how}",
        tolerance=0.02,
        mistakes=mistakes,
        limits=(-1.0, 1.0),
        then=BLOOD_PRESSURE | {"tau0": tau0, "tau1": 0.0, "sigma": sigma},
        too_low=hint,
        too_high=hint,
    )


TURNING_POINT = _turning()
NOISE_ALONE = _noise_alone(12.0, 12.0)


def _uncorrelated(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.entries == "free":
        return False, "Set “spreads and ρ” first."
    if c.rho > -0.1:
        return False, "Leave ρ itself at −0.10 or below, and move only where time is counted from."
    rho = s.here.rho
    if rho is None:
        return False, "Without two spreads there is no ρ. Take τ₀ and τ₁ above 0."
    if abs(rho) < 0.015:
        return True, "That is t*: where people are closest, level and change are uncorrelated."
    way = "later" if rho < 0 else "earlier"
    return False, f"ρ is {signed(rho)} from here. Count from a {way} time."


def _at_the_limit(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.entries == "free" or abs(c.rho) > 0.5:
        return False, "Keep the true ρ between −0.50 and +0.50."
    if s.told.rho is None:
        return False, "Without two spreads there is no ρ. Take τ₀ and τ₁ above 0."
    if s.estimate is None:
        return False, "Without an estimate there is nothing to see. Take σ above 0."
    if s.estimate.singular and s.estimate.spread.sd.min() > 1e-4:
        return True, "The estimate says ±1, the truth does not: these data cannot tell."
    rho = s.estimate.spread.rho
    if rho is None:
        return False, "Now a spread is estimated as 0. Try another sample."
    more = "Take fewer people. " if c.people > 15 else ""
    return (
        False,
        f"The estimate is {signed(rho)}. {more}Press new sample, or add noise.",
    )


def _mended(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.entries != "free":
        return False, "Choose “any entries of G”."
    if c.g00 != 9.0 or c.g11 != 0.1225:
        return False, "Leave the variances at 9 and 0.1225, and move the covariance only."
    if not s.possible:
        rho = "" if s.told.rho is None else f" The correlation is still {decimal(s.told.rho, 2)}."
        return False, f"No people can differ like this yet.{rho}"
    if c.g01 > -0.8:
        return False, "That is possible, but far from the limit. Go as near to it as you can."
    return True, "The covariance cannot be larger than 3 · 0.35 = 1.05, the product of the two sds."


TASKS = (
    COME_TOGETHER,
    OTHER_ORIGIN,
    WORSE_STARTERS,
    TURNING_POINT,
    NOISE_ALONE,
    COVARIANCE,
    Do(
        "uncorrelated",
        "Find the time to count from at which level and change have nothing to do with each other "
        "(ρ = 0), without touching ρ itself. What else happens there?",
        _uncorrelated,
    ),
    Do(
        "at-the-limit",
        "Keep the true ρ between −0.50 and +0.50, and make the estimate of ρ be +1 or −1.",
        _at_the_limit,
    ),
    Do(
        "mend-the-matrix",
        "Choose “any entries of G”. Mend the matrix by moving its covariance as little as you can.",
        _mended,
    ),
)
