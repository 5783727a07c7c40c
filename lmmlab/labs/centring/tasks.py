"""The tasks of the centring lab: what to predict, and what to reach."""

from __future__ import annotations

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import decimal, percent
from lmmlab.labs.centring.controls import Controls
from lmmlab.labs.centring.scene import Scene

SIGN_OF_RHO = Predict(
    "sign-of-rho",
    "On day 2, drivers with slow reactions tend to slow down more: ρ = +0.48. The zero moves to "
    "day −3, before the study. No line moves. What is ρ there?",
    (
        Choice(
            "Still +0.48: it describes these people",
            "That takes ρ for a property of people. It compares their change with their height on "
            "one day, and the order of heights differs from day to day. On day −3 it is −0.55.",
            name="ρ is a property of people",
        ),
        Choice(
            "0: counting from another day removes correlation",
            "That holds for one special zero only, near day −0.3. In general the zero moves ρ, and "
            "it can go to either side of 0. On day −3 it is −0.55.",
            name="another zero removes ρ",
        ),
        Choice(
            "Below 0: drawn back, the lines have crossed",
            "Yes. Steep lines, followed backward, come down faster. On day −3 they lie lowest, and "
            "ρ is −0.55.",
            right=True,
        ),
    ),
    {"origin": -3.0},
)

WHAT_GAINS = Predict(
    "what-gains",
    "A colleague counts days from their mean, 4.5. The intercept becomes 298.5 ms, its standard "
    "error 9.0 in place of 6.8, and ρ +0.75 in place of +0.07. What happened to the model?",
    (
        Choice(
            "Nothing: it is the same model, read on another day",
            "Yes. Intercept, its error, τ₀ and ρ are answers about day 4.5 now. Slope, τ₁, σ and "
            "the criterion have not moved.",
            right=True,
        ),
        Choice(
            "It got better: centring helps it to fit",
            "That takes centring for an improvement. Look at the criterion and at the noise: they "
            "are the same to the last digit. The same lines are read on another day.",
            name="centring improves the fit",
        ),
        Choice(
            "It got worse: it is less sure, and its effects are tangled",
            "The larger error belongs to another question, the average on day 4.5, where drivers "
            "differ more. The error of the slope and the criterion are the same.",
            name="a larger error is a worse model",
        ),
    ),
    {"origin": 4.5},
)


def _intercept(start: float, change: float, day: int) -> Number:
    """Ask for the intercept when the zero of time is another day."""
    value = start + day * change
    how = f"{decimal(start, 1)} + {day} · {decimal(change, 2)} = {decimal(value, 1)} ms."
    mistakes = (
        Mistake(
            start, "the intercept stays",
            f"The line stays. The intercept is its height at the zero, and that moved: {how}",
        ),
        Mistake(
            start - day * change, "the zero is moved the wrong way",
            f"On a later day the line is higher, as drivers slow down: {how}",
        ),
        Mistake(
            start + change, "one day's change is added",
            f"The zero moves by {day} days, and each adds {decimal(change, 2)} ms: {how}",
        ),
        Mistake(
            day * change, "the change alone",
            f"That is how much the line rises until day {day}. It starts at {decimal(start, 1)}: "
            f"{how}",
        ),
    )  # fmt: skip
    return Number(
        "intercept",
        f"With the zero on day 0 the intercept is {decimal(start, 1)} ms, and the average slows by "
        f"{decimal(change, 2)} ms a day. Now the zero is day {day}. What is the intercept?",
        value=value,
        reply=f"The height of the same line on day {day}: {how}",
        tolerance=1.0,
        unit="ms",
        mistakes=mistakes,
        limits=(0.0, 1000.0),
        then={"origin": float(day)},
        too_low="Follow the line of the average to the new zero.",
        too_high="Follow the line of the average to the new zero.",
    )


INTERCEPT = _intercept(251.405, 10.467, 6)

FORCE_RHO = Predict(
    "force-rho",
    "On day 0 ρ is only +0.07. To keep things simple somebody forces it to 0, and later counts the "
    "days from 4.5. What does that do to the fit?",
    (
        Choice(
            "Nothing: centring never changes the fit",
            "It does not, while ρ is free. Forced to 0, it is a claim about one day. On day 4.5 "
            "the claim is badly wrong: the criterion is worse by 9.921.",
            name="centring never changes the fit",
        ),
        Choice(
            "It hardly matters: a correlation of 0 is a neutral simplification",
            "It was nearly so on day 0, where it cost 0.041. On day 4.5, where the data say +0.75, "
            "it costs 9.921. There is no zero correlation as such, only one on some day.",
            name="ρ = 0 is a neutral simplification",
        ),
        Choice(
            "It fits worse: now ρ is 0 on a day on which it should be +0.75",
            "Yes. The criterion is worse by 9.921, on day 0 it was 0.041. The claim “ρ = 0” "
            "changes its meaning with the zero.",
            right=True,
        ),
    ),
    {"origin": 4.5, "together": "zero"},
)

OWN_MEANS = Predict(
    "own-means",
    "In the simulated groups, two rows are kept of each. With raw x the slope is −0.30. Now x is "
    "counted from the mean of each group. What does the slope say then?",
    (
        Choice(
            "The same, −0.30: centring only moves the intercept",
            "That holds for one zero that all groups share. With a zero for each group the "
            "differences between group means leave x. The slope is −1.03 now.",
            name="group means move the intercept only",
        ),
        Choice(
            "How rows of one and the same group differ",
            "Yes. Only comparisons inside a group are left. The slope is −1.03, near the truth of "
            "−1 inside groups.",
            right=True,
        ),
        Choice(
            "How the means of groups differ",
            "The other way round: after subtracting its mean, every group has a mean of 0 in x, so "
            "x tells nothing about groups. The slope is −1.03, near the truth of −1 inside groups.",
            name="group-mean centring compares groups",
        ),
    ),
    {"source": "groups", "centring": "group"},
)


def _no_correlation(c: Controls, s: Scene) -> tuple[bool, str]:
    if s.days is None:
        return False, "Choose the sleep study."
    if s.days.forced:
        return False, "Let the data say what ρ is; forcing it to 0 only hides it."
    rho = s.days.free.rho
    if abs(rho) < 0.02:
        return True, "Here the lines lie closest together, and only here is ρ = 0 true to the data."
    way = "back" if rho > 0.0 else "forward"
    return False, f"ρ is {decimal(rho, 2, signed=True)} here; go {way} in time."


def _one_slope(c: Controls, s: Scene) -> tuple[bool, str]:
    if s.groups is None:
        return False, "Choose the simulated groups."
    if c.centring == "group":
        return False, "Group means answer the question inside groups anyway; count x otherwise."
    gap = abs(s.groups.raw.beta[1] - s.groups.inside.beta[1])
    if gap < 0.1:
        share = percent(1.0 - s.groups.now.between, 0)
        return True, f"With {c.rows} rows a group, {share} of the raw slope comes from inside."
    return False, (
        f"The raw slope is {decimal(s.groups.raw.beta[1], 2)}, that inside groups "
        f"{decimal(s.groups.inside.beta[1], 2)}; bring them within 0.1."
    )


TASKS = (
    SIGN_OF_RHO,
    INTERCEPT,
    WHAT_GAINS,
    FORCE_RHO,
    OWN_MEANS,
    Do(
        "no-correlation",
        "With the sleep study, find the zero of time at which height and change do not go "
        "together, without forcing it.",
        _no_correlation,
    ),
    Do(
        "one-slope",
        "With the simulated groups and raw x, keep enough rows that the slope comes within 0.1 of "
        "the slope inside groups.",
        _one_slope,
    ),
)
