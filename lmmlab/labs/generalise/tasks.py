"""The tasks of the generalise lab: what to predict, and what to reach."""

from __future__ import annotations

import math

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import corr, decimal
from lmmlab.labs.generalise.controls import Controls
from lmmlab.labs.generalise.scene import Scene

SAME_PEOPLE = Predict(
    "same-people",
    "The study was rerun with 20 new people each time. Now the same 20 people come back a thousand "
    "times, and only their trials are new. What becomes of the pile?",
    (
        Choice(
            "Narrower, and around 50 ms, the average over all people",
            "It gets narrower, but it gathers around 56.8 ms, the average of these 20 people. "
            "However often they come, they do not become everybody.",
            name="asking the same people again tells of everybody",
        ),
        Choice(
            "Narrower, and around the average of these 20 people",
            "Yes. Only the noise of trials is left, 5.7 ms in place of 8.8. The pile stands around "
            "56.8 ms, the average of these people; over all people it is 50 ms.",
            right=True,
        ),
        Choice(
            "As wide as before: it was trials that made estimates differ",
            "Trials are a part only. Of the variance of 77, 45 came from other people taking part. "
            "Now it is 32, an sd of 5.7 ms.",
            name="all error is noise of trials",
        ),
    ),
    {"again": "same"},
)

ENDLESS = Number(
    "endless-trials",
    "20 new people in each rerun, τ₁ = 30 ms. Suppose each of them did endlessly many trials. "
    "What would the standard error of the average be?",
    value=30.0 / math.sqrt(20.0),
    reply="The noise goes, the people stay: τ₁/√J = 30/√20 = 6.7 ms. With n = 100, as shown now, "
    "it is 7.2 ms.",
    tolerance=0.1,
    unit="ms",
    mistakes=(
        Mistake(
            0.0, "trials can replace people",
            "It would be 0 for these 20 people. Others would have had another average: "
            "τ₁/√J = 30/√20 = 6.7 ms are left.",
        ),
        Mistake(
            80.0 * math.sqrt(2.0 / 400.0), "the noise is what stays",
            "That is the part of the noise, and it is what goes. What stays is τ₁/√J = 30/√20 = "
            "6.7 ms.",
        ),
        Mistake(
            1.5, "divided by J in place of its root",
            "Standard errors fall with the root of J: 30/√20 = 6.7 ms.",
        ),
        Mistake(
            30.0, "the spread of people itself",
            "So far are single people apart. Their average is known better: 30/√20 = 6.7 ms.",
        ),
        Mistake(
            math.sqrt(77.0), "more trials change nothing",
            "Trials do help a little: the part of the noise goes. 30/√20 = 6.7 ms are left.",
        ),
    ),
    limits=(0.0, math.inf),
    then={"n": 100},
    too_low="Who takes part still differs from rerun to rerun.",
    too_high="The noise is gone, only the people are left.",
)  # fmt: skip

BORROW = Predict(
    "borrow",
    "People are random effects now. They become nearly alike: τ₁ falls from 30 to 5 ms. How much "
    "of each one's own estimate does a model keep that knows this?",
    (
        Choice(
            "Very little: nearly all is borrowed from the others",
            "Yes: λ is .04 now. At τ₁ = 0 it is 0, one effect for all (complete pooling). With a "
            "very large τ₁ it nears 1, each one alone, as fixed effects do (no pooling).",
            right=True,
        ),
        Choice(
            "As much as before: to borrow from others would be cheating",
            "If people are alike, what the others did is evidence about this one. λ is .04 now, "
            "not .58: nearly everything is borrowed.",
            name="borrowing is cheating",
        ),
        Choice(
            "More: people who differ less are known better",
            "Their own trials are as noisy as before. What differs between own estimates is now "
            "nearly all noise, so only .04 of it is kept, not .58.",
            name="similar people are trusted more",
        ),
    ),
    {"fit": "random", "tau1": 5.0, "person": "6"},
)

KNOWN_RHO = Predict(
    "known-rho",
    "The true ρ is .30. A thousand studies of 20 people estimate it. Between which values do the "
    "middle 90\N{NO-BREAK SPACE}% of these estimates lie?",
    (
        Choice(
            "Between .20 and .40",
            "That would need about 400 people. Twenty people give anything from −.28 "
            "to .85, and in 30 of 1,000 studies the fit is singular.",
            name="an estimated ρ is a finding",
        ),
        Choice(
            "Between −.28 and .85",
            "Yes. From 20 people not even the sign of ρ is known, and in 30 of 1,000 studies the "
            "estimate is +1 or −1.",
            right=True,
        ),
        Choice(
            "Anywhere from −1 to 1",
            "So it is with 5 people. With 20 they lie from −.28 to .85. Estimates of exactly +1 "
            "or −1 do come, in 30 of 1,000 studies.",
            name="small studies tell nothing of ρ",
        ),
    ),
    {"look": "rho"},
)


def _agree(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.again != "new" or c.look != "average":
        return False, "Let the study be rerun with new ones, and look at the average."
    ratio = s.honest / math.sqrt(s.within)
    if ratio > 1.01:
        return False, (
            f"Reruns are still {decimal(ratio, 2)} times as far apart as the noise alone would "
            "make them."
        )
    if c.tau1 < 10.0:
        return True, "Where people hardly differ, it does not matter who takes part."
    return True, "Here the noise drowns all differences between people. Both are equally poor."


def _eighty(c: Controls, s: Scene) -> tuple[bool, str]:
    if (c.story, c.tau1, c.sigma) != ("people", 30.0, 80.0):
        return False, "Leave the people, τ₁ = 30 and σ = 80 as they were at the start."
    if abs(s.weight - 0.8) < 0.005:
        return True, f"With n = {c.n} one's own trials are worth .80; the others still count .20."
    way = "more" if s.weight < 0.8 else "fewer"
    return False, f"λ is {corr(s.weight)}. One's own estimate needs {way} measurements."


def _narrow(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.look != "rho" or s.now is None:
        return False, "Look at ρ first."
    if (c.story, c.again, c.n, c.tau0, c.tau1, c.rho, c.sigma) != (
        "people", "new", 20, 60.0, 30.0, 0.3, 80.0,
    ):  # fmt: skip
        return False, "Move only J; leave all else as at the start."
    if s.now.low is None or s.now.high is None:
        return False, "Take more people."
    wide = s.now.high - s.now.low
    if wide <= 0.4:
        return True, f"So many people it takes: with J = {c.J} the range is {corr(wide)} wide."
    return (
        False,
        f"With J = {c.J} the middle 90\N{NO-BREAK SPACE}% are {decimal(wide, 2)} wide. Take more "
        "people.",
    )


TASKS = (
    SAME_PEOPLE,
    ENDLESS,
    BORROW,
    KNOWN_RHO,
    Do(
        "agree",
        "Rerun with new ones. Make fixed effects honest: reruns at most 1.01 times as far apart as "
        "the noise alone makes them.",
        _agree,
    ),
    Do(
        "four-fifths",
        "Let one's own estimate count λ = .80, without touching τ₁ and σ.",
        _eighty,
    ),
    Do(
        "narrow",
        "Look at ρ. How many people does it take until the middle 90\N{NO-BREAK SPACE}% of "
        "estimates are at most .40 wide?",
        _narrow,
    ),
)
