"""People without rows of their own, whom a relationship matrix knows: what their relatives tell.

With K of old and new people, b_new = A b_old + what is their own, A = K_new,old K_old^-1. So the
guess of b_new is A times the BLUPs (Henderson 1977, J. Dairy Sci. 60, 783-787), as for a child that
has not been measured and whose parents were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lmmlab.engine.design import Floats, LMMError, Term

_LEAST = -1e-5  # variance that is left to someone, of all, which may be rounding


@dataclass(frozen=True, eq=False)
class Reach:
    """The levels of a term as combinations of unrelated ones, those of whom relatives tell last.

    Attributes
    ----------
    place : dict of str to int
        Where each level stands.
    mixing : (J, J0) array or None
        The combinations; None if levels are the unrelated ones.
    left : (J,) array
        What varies beside them, over G: nothing for levels with rows.
    """

    place: dict[str, int]
    mixing: Floats | None
    left: Floats


def reach(term: Term, mixing: Floats | None, asked: Sequence[str]) -> Reach:
    """Put the people who are asked for, and whose relatives have rows, behind the levels.

    Raises
    ------
    LMMError
        If no covariances are as K says these people's are.
    """
    place, J = {level: j for j, level in enumerate(term.levels)}, len(term.levels)
    known = term.relation
    if known is None or mixing is None:
        return Reach(place, mixing, np.zeros(J))
    new = [name for name in known.others if name in set(asked)]
    which = [k for k, name in enumerate(known.others) if name in set(asked)]
    along = known.between[which] @ known.axes
    seen = known.sizes > 0.0
    weight = np.divide(along, known.sizes**2, out=np.zeros_like(along), where=seen)
    more, own = (weight @ known.axes.T) @ mixing, known.alone[which]
    left = own - (more * more).sum(1)
    lost = np.abs(along * ~seen).max(1, initial=0.0) ** 2 > -_LEAST * own * known.own.max()
    if (wrong := (left < _LEAST * own) | lost).any():
        raise LMMError(
            f"The relationship matrix of {term.group} is no matrix of covariances: "
            f"{new[int(np.argmax(wrong))]} is more alike to the people in the data than anyone can "
            "be. Correct the matrix, or leave out the row."
        )
    place |= {name: J + k for k, name in enumerate(new)}
    both = np.concatenate([np.zeros(J), np.maximum(left, 0.0)])
    return Reach(place, np.concatenate([mixing, more]), both)
