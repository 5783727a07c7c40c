"""The random effects given y: what is known of each level, and how well.

beta is taken as known, and columns are conditioned ones. BLUPs are the means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.crossed import Eliminated
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats, Ints
from lmmlab.engine.solve import Solution, whiten


@dataclass(frozen=True, eq=False)
class Conditional:
    """The random effects of each level given y; of several terms one after the other.

    Attributes
    ----------
    mean : (q, J) array
        Zero where another term acts.
    find : callable
        Gives `covariance`; with several grouping factors it costs much more than the mean.
    """

    mean: Floats
    find: Callable[[], Floats]

    @cached_property
    def covariance(self) -> Floats:
        """Covariance (q, q, J) over sigma**2."""
        return self.find()


def posterior(cross: Crossproducts, at: Solution) -> Conditional:
    """Give the random effects of each level given y.

    Notes
    -----
    Given y, b_j has covariance sigma**2 C with C = Lambda (Lambda' Z'Z Lambda + I)^-1 Lambda' and
    mean C Z' (y_j - X_j beta).
    """
    if at.others is not None:
        return _of_several(at.others[()], at.beta)
    spread = at.Lambda.T @ cross.F
    V = np.einsum("kcn,kdn->cdn", spread, spread)
    white = np.repeat(at.Lambda.T[:, :, None], V.shape[-1], axis=-1)
    whiten(V, white)
    C = np.einsum("kan,kbn->abn", white, white)
    left = (
        cross.own
        - np.einsum("kpn,p->kn", cross.fixed / np.sqrt(cross.count), at.beta)[:, cross.pattern]
    )
    weight = np.einsum("abn,kbn->akn", C, cross.F)
    mean = np.einsum("akj,kj->aj", weight[:, :, cross.pattern], left)
    return Conditional(mean, lambda: C[:, :, cross.pattern])


def _of_several(at: Eliminated, beta: Floats) -> Conditional:
    """Give the same for the levels of several factors.

    Notes
    -----
    The mean is D w, the covariance D - D P D, with D = Lambda Lambda', P = Z' V0^-1 Z and
    w = Z' V0^-1 (y - X beta).
    """
    places, D = at.places, at.Lambda @ at.Lambda.T
    w = at.reach[:, -1] - at.reach[:, :-1] @ beta
    mean = places.padded(places.turn(D, w[:, None]))[:, 0]

    def covariance() -> Floats:
        acts = np.zeros((len(D), sum(places.levels)))
        acts[places.effect, places.level] = 1.0
        C: Floats = D[:, :, None] * acts[:, None] * acts
        C -= np.einsum("ab,bcj,cd->adj", D, at.own, D)
        return C

    return Conditional(mean, covariance)


def of_rows(
    at: Eliminated, z: Floats, which: Ints, old: NDArray[np.bool_], beta: Floats
) -> tuple[Floats, Floats, Floats]:
    """Tell what is known of the random part z'b of m rows, given y.

    Parameters
    ----------
    at : Eliminated
    z : (q, m) array
        Random columns of each row.
    which : (q, m) integer array
        The random effect that each of them multiplies,
    old : (q, m) array of bool
        if its level has been seen; a new one varies by D.

    Returns
    -------
    mean, variance : (m,) arrays
        The variance takes beta as known, over sigma**2.
    pull : (m, p) array
        By how much the mean falls with beta.
    """
    D = at.Lambda @ at.Lambda.T
    told, w = at.places.around(D, at.full), at.places.turn(D, at.reach)
    b, seen, new = w[:, -1] - w[:, :-1] @ beta, z * old, z * ~old
    variance = np.einsum("an,ab,bn->n", seen, D, seen) + np.einsum("an,ab,bn->n", new, D, new)
    for one, first in zip(seen, which, strict=True):
        for other, second in zip(seen, which, strict=True):
            variance -= one * other * told[first, second]
    return (seen * b[which]).sum(0), variance, np.einsum("an,anp->np", seen, w[which, :-1])
