"""Who leaves a study, and why: what decides whether the rows that are left still tell the truth.

Everybody has a first visit; who leaves does not come back. After each visit the same share of those
who are left leaves, and a rule says who: those with the highest score, which looks at the coin, at
the last value that was observed, at the value that will not be seen, or at the person's own slope.
So the number of people who are lost by the last visit is met exactly in every data set (where all
have the same visits planned), and a control that changes the rule changes only who they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.study.simulate import visits

Rule = Literal["coin", "last value", "unseen value", "own slope"]


@dataclass(frozen=True)
class Dropout:
    """A rule of leaving.

    Parameters
    ----------
    rule : {"coin", "last value", "unseen value", "own slope"}
        What the score looks at. The coin is missing completely at random (MCAR), the last value at
        random given what was observed (MAR), the other two not at random (MNAR).
    share : float
        Share of people who are lost before the last visit, from 0 to below 1.
    strength : float
        Correlation of the score with what it looks at: 1, the highest leave; -1, the lowest leave;
        between them chance plays a part, and 0 is the coin.

    Raises
    ------
    LMMError
        If there is no such rule.
    """

    rule: Rule
    share: float
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.rule not in get_args(Rule):
            raise LMMError(
                f"There is no rule {self.rule!r}. Choose one of {', '.join(get_args(Rule))}."
            )
        if not 0.0 <= self.share < 1.0:
            raise LMMError(
                f"The share of people who leave is {self.share:g}. Take one from 0 to below 1."
            )
        if not -1.0 <= self.strength <= 1.0:
            raise LMMError(
                f"The strength of the rule is {self.strength:g}. It is a correlation: take a "
                "number between -1 and 1."
            )


def observed(
    dropout: Dropout, codes: Ints, y: Floats, chance: Floats, slope: Floats | None = None
) -> NDArray[np.bool_]:
    """Tell which rows are observed.

    Parameters
    ----------
    dropout : Dropout
    codes : (n,) integer array
        The person of each row; the rows of a person stand in the order of the visits.
    y : (..., n) array
        All responses; leading axes are repetitions of the study.
    chance : (..., n) array
        Standard normals of the rows: the coin.
    slope : (..., J) array, optional
        Each person's true slope, for the rule "own slope".

    Returns
    -------
    (..., n) array of bool

    Raises
    ------
    LMMError
        If the rule needs slopes and there are none.

    Notes
    -----
    With K visits and a share s, round(J_k (1 - s)^(k / (K - 1))) of the J_k people who have a visit
    k = 1, ..., K - 1 planned are still there at it, so that at the last visit exactly a share s is
    missing, up to whole people. The score of a person at visit k is
    strength * v + sqrt(1 - strength^2) * chance, where v is what the rule looks at (y of visit
    k - 1, y of visit k, the slope), standardised over the people who are left. The last value is
    observed, so that rule is MAR in every data set (Rubin 1976; Diggle & Kenward 1994 for dropout).

    Examples
    --------
    Four people with two visits; the two who began highest do not come back:

    >>> codes, y = np.repeat(np.arange(4), 2), np.array([3.0, 4, 9, 8, 1, 2, 7, 9])
    >>> observed(Dropout("last value", 0.5), codes, y, np.zeros(8)).astype(int).tolist()
    [1, 1, 1, 0, 1, 1, 1, 0]
    """
    number, order = visits(codes), np.argsort(codes, kind="stable")
    previous = np.empty_like(order)
    previous[order] = np.roll(order, 1)
    looks_at, strength = chance, dropout.strength
    if dropout.rule == "coin":
        strength = 0.0
    elif dropout.rule == "last value":
        looks_at = y[..., previous]
    elif dropout.rule == "unseen value":
        looks_at = y
    elif slope is None:
        raise LMMError(
            "Nobody can leave because of a slope in a model without random slopes. Add one, or "
            "choose another rule."
        )
    else:
        looks_at = slope[..., codes]

    seen = np.ones(y.shape, dtype=bool)
    last = int(number.max())
    for visit in range(1, last + 1):
        rows = np.flatnonzero(number == visit)
        there = seen[..., previous[rows]]
        score = strength * _standard(looks_at[..., rows], there)
        score += np.sqrt(1.0 - strength**2) * chance[..., rows]
        rank = np.argsort(np.argsort(np.where(there, score, np.inf), axis=-1), axis=-1)
        left = round(len(rows) * (1.0 - dropout.share) ** (visit / last))
        seen[..., rows] = there & (rank < left)
    return seen


def _standard(values: Floats, there: NDArray[np.bool_]) -> Floats:
    """Standardise over the people who are left; one alone, or equals, get 0."""
    count = np.maximum(there.sum(-1, keepdims=True), 1)
    off = values - np.where(there, values, 0.0).sum(-1, keepdims=True) / count
    sd = np.sqrt(np.where(there, off * off, 0.0).sum(-1, keepdims=True) / count)
    standard: Floats = np.divide(off, sd, out=np.zeros_like(off), where=sd > 0.0)
    return standard
