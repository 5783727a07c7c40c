"""The criterion at ONE value of the covariance parameters.

Everything here is a function of the conditioned data and of Lambda; nothing is searched for. The
criterion is profiled: beta and sigma are at their best values for this Lambda, as in Bates,
Maechler, Bolker & Walker (2015), "Fitting linear mixed-effects models using lme4", J. Stat. Soft.
67(1), whose equation numbers stand in the margin (the criterion is their Section 3.4). They factor
Lambda'Z'Z Lambda + I; here it is Z Lambda Lambda' Z' + I in the q rotated rows of each group (see
`lmmlab.engine.crossproducts`). The determinant is the same, and no difference of large numbers is
ever taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import pi
from typing import Any

import numpy as np

from lmmlab.engine.crossed import eliminate
from lmmlab.engine.crossproducts import Crossproducts, take
from lmmlab.engine.design import Floats, Ints, LMMError


@dataclass(frozen=True, eq=False)
class Solution:
    """The penalised least-squares solution at one Lambda, in conditioned columns.

    One solution for each response: what is called (...) below is () for one response and (m,) for
    many.

    Attributes
    ----------
    Lambda : (..., q, q) array
        The square root of G / sigma**2 that was asked for.
    reml : bool
        Which criterion.
    df : int
        Degrees of freedom of sigma: n - p under REML, n under ML.
    r2 : (...) array
        Penalised residual sum of squares, (y - X beta)' V0^-1 (y - X beta) with V0 = V / sigma**2.
    logdet : (...) array
        log|V0| plus, under REML, log|X' V0^-1 X|; on the scale of the original columns and weights.
    beta : (..., p) array
        Fixed effects.
    inverse : (..., p, p) array
        Inverse of the Cholesky factor of X' V0^-1 X.
    F, fixed, y : (..., q, columns, patterns) arrays as in `Crossproducts`
        The rotated rows of the first grouping factor, made white: multiplied by the inverse
        Cholesky factor of their V0.
    others : (...) array of Eliminated, or None
        The other grouping factors, where there are any.
    """

    Lambda: Floats
    reml: bool
    df: int
    r2: Floats
    logdet: Floats
    beta: Floats
    inverse: Floats
    F: Floats
    fixed: Floats
    y: Floats
    others: Any = None

    @cached_property
    def variance(self) -> Floats:
        """sigma**2 at its best value for this Lambda."""
        if self.df <= 0 or not (self.r2 > 0.0).all():
            raise LMMError(
                "At this theta nothing is left over to estimate sigma from. Use fewer terms, or "
                "give sigma."
            )
        return self.r2 / self.df

    def criterion(self, variance: Floats | float | None = None) -> Floats:
        """Give -2 log (restricted) likelihood, at the best or at a given sigma**2."""
        if variance is None:
            return self._lowest
        s2 = variance
        # Section 3.4; under REML the n - p contrasts that beta does not touch
        value: Floats = self.logdet + self.df * np.log(2.0 * pi * s2) + self.r2 / s2
        return value

    @cached_property
    def _lowest(self) -> Floats:
        return self.criterion(self.variance)

    def of(self, which: Ints) -> Solution:
        """Give the solutions of some of the responses, in ascending order."""
        if len(which) == len(self.r2):
            return self
        some: dict[str, Any] = {name: take(getattr(self, name), which) for name in self._each}
        return replace(self, **some)

    def put(self, which: Ints, others: Solution) -> Solution:
        """Give these solutions with others in the place of some."""
        if len(which) == len(self.r2):
            return others
        changed: dict[str, Any] = {name: getattr(self, name).copy("K") for name in self._each}
        for name, array in changed.items():
            array[which] = getattr(others, name)
        return replace(self, **changed)

    @property
    def _each(self) -> tuple[str, ...]:
        """What there is for each response."""
        always = ("Lambda", "r2", "logdet", "beta", "inverse", "F", "fixed", "y")
        return always if self.others is None else (*always, "others")


def solve(cross: Crossproducts, Lambda: Floats, reml: bool = True) -> Solution:
    """Find the best beta and sigma at one Lambda.

    Parameters
    ----------
    cross : Crossproducts
        The conditioned data, of one response or of many.
    Lambda : (..., q, q) array
        Any square root of G / sigma**2, for the conditioned random columns; one for each response.
    reml : bool
        The restricted criterion (the default) or the likelihood itself.

    Returns
    -------
    Solution

    Raises
    ------
    LMMError
        If Lambda is so large that X' V0^-1 X is singular to working precision.

    Notes
    -----
    In each group V0 = I + F Lambda Lambda' F' = L L' in the rotated rows, and I in the others.
    Multiplied by L^-1 the rows are independent, and beta is least squares.
    """
    (q, _, m), p = cross.F.shape, len(cross.kept)
    lead = Lambda.shape[:-2]
    first = Lambda[..., :q, :q]
    spread = np.einsum("...ca,kcn->...kan", first, cross.F, out=_room(lead, q, q, m))
    V = np.einsum("...kan,...lan->...kln", spread, spread)
    several, end = cross.others is not None, q + p + cross.y.shape[-2]
    white = _room(lead, q, end + q * several, m)
    white[..., :q, :], white[..., q : q + p, :] = cross.F, cross.fixed
    white[..., q + p : end, :] = cross.y
    white[..., end:, :] = np.eye(q)[..., None] if several else 0.0
    logdet = 2.0 * (np.log(whiten(V, white)) @ cross.count)  # of L_theta in (18)

    F, both = white[..., :q, :], white[..., q : q + p + 1, :]
    scatter = white[..., q + p + 1 : end, :]
    gram = cross.within + np.einsum("...kan,...kbn->...ab", both, both)
    if scatter.shape[-2]:
        gram[..., p, p] += np.einsum("...kan,...kan->...", scatter, scatter)
    others = None
    if cross.others is not None:  # Section 3.4, the blocks of the other factors
        others, explained, more = eliminate(cross.others, Lambda, white[..., end:, :], F, both)
        gram, logdet = gram - explained, logdet + more
    try:
        root = np.linalg.cholesky(gram[..., :p, :p])  # (18): R_X'
    except np.linalg.LinAlgError:
        raise LMMError(
            "At this theta the random effects are so large that nothing is left to tell fixed "
            "effects from them. Take a smaller theta."
        ) from None
    inverse = np.asfortranarray(np.linalg.inv(root))
    reduced = (inverse @ gram[..., :p, p:])[..., 0]
    if reml:
        pivots = np.einsum("...ii->...i", root)
        logdet = logdet + 2.0 * (cross.log_R + np.log(pivots).sum(-1))
    return Solution(
        Lambda=Lambda,
        reml=reml,
        df=cross.n - p if reml else cross.n,
        r2=np.maximum(gram[..., p, p] - (reduced * reduced).sum(-1), 0.0),  # r2(theta) in (19)
        logdet=logdet - cross.log_weights,
        beta=(reduced[..., None, :] @ inverse)[..., 0, :],
        inverse=inverse,
        F=F,
        fixed=both[..., :p, :],
        y=white[..., q + p : end, :],
        others=others,
    )


def _room(lead: tuple[int, ...], *shape: int) -> Floats:
    """Make an empty array (*lead, *shape) in which the leading axes vary fastest in memory.

    NumPy keeps this order, and so works on long stretches, if small arrays have it, too.
    """
    room, first = np.empty((*shape, *lead)), len(shape)
    return room.transpose(*range(first, room.ndim), *range(first))


def whiten(V: Floats, columns: Floats) -> Floats:
    """Replace columns (..., k, c, m) by L^-1 columns, L L' = I + V (..., k, k, m); give |L|.

    Gaussian elimination by rows, on all patterns and responses at once. V is overwritten.
    """
    k, determinant = V.shape[-2], np.ones(V.shape[-1])
    for i in range(k):
        pivot = np.sqrt(1.0 + V[..., i, i, :])
        determinant = determinant * pivot
        columns[..., i, :, :] /= pivot[..., None, :]
        if i + 1 < k:
            below = V[..., i + 1 :, i, :] / pivot[..., None, :]
            columns[..., i + 1 :, :, :] -= below[..., None, :] * columns[..., i, None, :, :]
            V[..., i + 1 :, i + 1 :, :] -= below[..., None, :] * below[..., None, :, :]
    return determinant
