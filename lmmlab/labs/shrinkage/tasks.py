"""The tasks of the shrinkage lab: what to predict, and what to reach."""

from __future__ import annotations

from lmmlab.labs._lab import Choice, Do, Predict
from lmmlab.labs.shrinkage.scene import Controls, Scene


def _ignore_the_person(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.pooling != "partial":
        return False, "Stay with the mixed model."
    left = [name for name, value in (("τ₀", c.tau0), ("τ₁", c.tau1)) if value > 0.0]
    if not left:
        return True, "With no spread between people, a person's own data count nothing."
    return False, f"Own data still count: {' and '.join(left)} is not 0."


def _one_visit_half(c: Controls, s: Scene) -> tuple[bool, str]:
    if c.pooling != "partial":
        return False, "Stay with the mixed model."
    if s.visits != 1:
        return False, f"{s.name} still has {s.visits} visits; leave one."
    if c.own_noise != 1.0:
        return False, "Leave the noise of these visits at 1 times σ."
    level = s.weight[s.index, 0]
    if abs(level - 0.5) < 0.01:
        return True, "One visit counts half when τ₀ and σ are equal."
    return False, f"One visit counts {level:.0%} now, {'less' if level > 0.5 else 'more'} is asked."


TASKS = (
    Predict(
        "halve-sigma",
        "You halve the noise σ. What do the arrows do?",
        (
            Choice(
                "They grow: a better model pulls harder",
                "That takes pulling for a reward of quality. The pull only replaces what own "
                "data cannot tell, and now they tell more. Look: the arrows are shorter.",
            ),
            Choice(
                "They shrink: each person's own data count more",
                "Yes. Own lines are now more exact, so the crowd is needed less.",
                right=True,
            ),
            Choice(
                "Nothing: τ₀ and τ₁ did not change",
                "That takes the pull for a fixed penalty. It is a balance of τ against σ and "
                "the number of visits. Look: the arrows are shorter.",
            ),
        ),
        {"source": "sleepstudy", "pooling": "partial", "sigma": 12.8},
    ),
    Predict(
        "extreme-person",
        "One person is truly far above the others. We study that same person again and again. "
        "Where does the mixed model's estimate of the level fall, on average?",
        (
            Choice(
                "On the truth: BLUPs are unbiased",
                "They are so over all people together, not for one who is known to be extreme. "
                "For that person the blue bar lies to the side of the truth.",
            ),
            Choice(
                "Between the truth and the average, but with less scatter than own visits alone",
                "Yes. A little bias is paid for less scatter. Over all people this pays; for "
                "the most extreme person it need not.",
                right=True,
            ),
            Choice(
                "Between the truth and the average, so pulling makes estimates worse",
                "For this one person perhaps. Over all people the errors get smaller: compare "
                "the misses of own and pulled lines in the sentence.",
            ),
        ),
        {
            "source": "simulated",
            "pooling": "partial",
            "visits": 3,
            "own_visits": 3,
            "sigma": 25.6,
            "person": "",
        },
    ),
    Predict(
        "spread-of-blups",
        "Someone computes the sd of the eighteen pulled daily changes and calls it τ₁. What is "
        "wrong?",
        (
            Choice(
                "Nothing: BLUPs are the people's changes",
                "They are guesses, each drawn to the middle, so they differ less than the people "
                "do. Look at the last panel: their bar is shorter than that of τ₁.",
            ),
            Choice(
                "It is too large, because of the noise in the visits",
                "That holds for own lines. Pulled lines have paid for the noise already, and a "
                "little more: look at the three bars in the last panel.",
            ),
            Choice(
                "It is too small: pulled lines differ less than people do",
                "Yes. The spread of own lines is too large, that of pulled lines too small.",
                right=True,
            ),
        ),
        {"source": "sleepstudy", "pooling": "partial", "days": 5, "own_days": 5},
    ),
    Do(
        "ignore-the-person",
        "Make the mixed model ignore what each person says, without choosing “one line”.",
        _ignore_the_person,
    ),
    Do(
        "one-visit-half",
        "Give the person in colour a single visit and make it count half. What do τ₀ and σ have "
        "in common then?",
        _one_visit_half,
    ),
)
