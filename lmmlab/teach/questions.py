"""Questions with fresh numbers: pure functions of a seed, to be answered by hand.

Each wrong answer that a known misconception gives carries its name. A lab asks one by standing
`COVARIANCE`, `ICC` or `OBSERVATIONS` among its tasks; every "another one" is the next seed.
"""

from __future__ import annotations

import math

import numpy as np

from lmmlab.meaning.precision import effective_size
from lmmlab.meaning.variance import icc
from lmmlab.teach.tasks import Choice, Generated, Mistake, Number, Predict, apart

STORIES = (
    ("people", "brain responses", "µV", (2.0, 8.0)),
    ("people", "blood pressures", "mmHg", (5.0, 15.0)),
    ("classes", "reading scores", "points", (3.0, 12.0)),
    ("drivers", "reaction times", "ms", (15.0, 60.0)),
)
"""Groups, what is measured in them, its unit, and the range of sds."""


def covariance_matrix(seed: int) -> Predict:
    """Ask whether a matrix can be the covariance matrix of starts and changes.

    Examples
    --------
    >>> covariance_matrix(1) == covariance_matrix(1)
    True
    """
    rng = np.random.default_rng([seed, 1])
    kind = str(rng.choice(["fits", "fits", "too large", "too large", "below 0"]))
    sd = np.array([rng.integers(2, 13), rng.integers(2, 16) / 10.0])
    v0, v1 = (float(v) for v in np.round(sd**2, 2))
    strength = rng.uniform(1.15, 1.6) if kind == "too large" else rng.uniform(0.3, 0.85)
    cov = round(float(strength * sd.prod()) * int(rng.choice([-1, -1, 1])), 2)
    rho = cov / math.sqrt(v0 * v1)
    if kind == "below 0":
        v1 = -v1
    names = {
        "fits": "Yes",
        "too large": "No: the covariance is too large for these two variances",
        "below 0": "No: one of the variances is below 0",
        "sign": "No: a covariance cannot be below 0" if cov < 0 else "No: it should be below 0",
    }
    beliefs = {
        "fits": "any numbers make a covariance matrix",
        "too large": "a covariance cannot exceed a variance",
        "below 0": "a covariance is a variance",
        "sign": "a covariance has a fixed sign",
    }
    first = {
        "fits": "That the numbers were reported is not enough. ",
        "too large": "",
        "below 0": "Variances stand on the diagonal, and both are above 0. ",
        "sign": "A covariance may be of either sign: starts and changes rise together, or not. ",
    }
    because = {
        "fits": f"The correlation is {_f(cov)} / √({_f(v0)} × {_f(v1)}) = {_f(rho)}, "
        "between −1 and 1, and the variances are above 0. The covariance may well be larger than "
        "one of them, and of either sign.",
        "too large": f"The correlation would be {_f(cov)} / √({_f(v0)} × {_f(v1)}) = "
        f"{_f(rho)}, beyond ±1. At time {_f(-cov / v1)} the lines would have the variance "
        f"{_f(v0 - cov**2 / v1)}, and no variance is below 0.",
        "below 0": f"The variance of changes is {_f(v1)}, and a variance is a mean of squares. "
        "Only the covariance beside the diagonal may be of either sign.",
    }[kind]
    return Predict(
        "covariance-matrix",
        "Someone reports the variances of people's starts and changes and, twice, their covariance "
        "(ρ times both sds). Can this be a covariance matrix, so that people could differ like "
        "this?",
        tuple(
            Choice(text, f"{'Yes' if kind == 'fits' else 'Right'}. {because}", right=True)
            if key == kind
            else Choice(text, f"{first[key]}{because}", name=beliefs[key])
            for key, text in names.items()
        ),
        None,
        table=(("", "start", "change"), ("start", _f(v0), _f(cov)), ("change", _f(cov), _f(v1))),
        title="Work it out",
    )


def which_icc(seed: int) -> Number:
    """Ask for an ICC, given two standard deviations.

    Examples
    --------
    >>> question = which_icc(1)
    >>> question.answer(question.value).right
    True
    """
    rng = np.random.default_rng([seed, 2])
    groups, measured, unit, (low, high) = STORIES[int(rng.integers(len(STORIES)))]
    tau = sigma = 1.0
    while 0.75 < tau / sigma < 1.35:  # where many answers look alike
        tau, sigma = (round(float(sd), 1) for sd in rng.uniform(low, high, 2))
    value = float(icc(tau, sigma))
    t, s = f"{tau:g}", f"{sigma:g}"
    mistakes = (
        Mistake(
            tau / (tau + sigma), "sds instead of variances",
            f"That shares out sds. Sds do not add up, variances do: {t}² / ({t}² + {s}²) = "
            f"{_f(value)}.",
        ),
        Mistake(
            1.0 - value, "the share within groups",
            f"That is the share of the differences within {groups}. The ICC is the other one, "
            f"{_f(value)}.",
        ),
        Mistake(
            (tau / sigma) ** 2, "between over within",
            f"That compares the variance between with that within. The ICC is its share of both "
            f"together: {t}² / ({t}² + {s}²) = {_f(value)}.",
        ),
        Mistake(
            tau / sigma, "ratio of sds",
            f"That is one sd over the other. The ICC is a share of variance: {t}² / ({t}² + {s}²) "
            f"= {_f(value)}.",
        ),
    )  # fmt: skip
    return Number(
        "which-icc",
        f"The true means of {groups} differ by an sd of {t} {unit}, {measured} within one of them "
        f"by {s} {unit}. What is the ICC?",
        value=value,
        reply=f"The variance between {groups} is {t}² of {t}² + {s}²: the ICC is {_f(value)}.",
        tolerance=0.01,
        mistakes=apart(value, mistakes, 0.01),
        limits=(0.0, 1.0),
        too_low="Which share of all the variance lies between?",
        too_high="Which share of all the variance lies between?",
    )


def real_observations(seed: int) -> Number:
    """Ask how many independent rows tell as much about the mean as rows in groups.

    Examples
    --------
    >>> question = real_observations(1)
    >>> question.answer(question.limits[1]).misconception
    'every row is new'
    """
    rng = np.random.default_rng([seed, 3])
    groups = STORIES[int(rng.integers(len(STORIES)))][0]
    J, n = int(rng.integers(2, 13)) * 5, int(rng.choice([5, 8, 10, 20, 40, 60]))
    share = int(rng.integers(2, 13)) / 20.0
    value = float(effective_size(share, [n] * J))
    effect = 1.0 + (n - 1) * share
    tolerance = max(0.6, 0.02 * value)
    worked = f"{J * n:,} / (1 + {n - 1} × {share:.2f}) = {value:.0f}."
    mistakes = (
        Mistake(
            J * n, "every row is new",
            "That counts each row as new information. Rows of one group resemble each other: "
            f"{worked}",
        ),
        Mistake(
            J, "one row for each group",
            f"That holds if rows of one group are all the same, ICC 1. Here it is {share:.2f}: "
            f"{worked}",
        ),
        Mistake(
            J * n * (1.0 - share), "the ICC is the share lost",
            f"What is lost depends on how many rows resemble each other, so on n: {worked}",
        ),
        Mistake(
            J / share, "as if n were endless",
            f"That is what endless rows in each group would bring. There are {n}: {worked}",
        ),
        Mistake(
            effect, "the design effect itself",
            f"By that factor rows count less; it is not their number: {worked}",
        ),
    )  # fmt: skip
    return Number(
        "real-observations",
        f"{J} {groups} have {n} rows each, {J * n:,} rows in all, and the ICC is {share:.2f}. How "
        "many independent rows would tell as much about the overall mean?",
        value=value,
        reply=f"Each row counts for less by the design effect: {worked}",
        tolerance=tolerance,
        unit="rows",
        mistakes=apart(value, mistakes, tolerance),
        limits=(0.0, float(J * n)),
        too_low=f"There are {J} {groups}, and each counts for at least one row.",
        too_high="How much alike are the rows of one group, and how many are they?",
    )


COVARIANCE = Generated("covariance-matrix", covariance_matrix)
ICC = Generated("which-icc", which_icc)
OBSERVATIONS = Generated("real-observations", real_observations)


def _f(value: float) -> str:
    """Write a number with two decimals at most and a true minus."""
    return f"{round(value, 2):g}".replace("-", "−")
