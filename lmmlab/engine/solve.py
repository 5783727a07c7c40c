"""The criterion at ONE value of the covariance parameters, with its gradient and exact Hessian.

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

from lmmlab.engine.covariance import positions
from lmmlab.engine.crossed import eliminate
from lmmlab.engine.crossproducts import Crossproducts, take
from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.engine.levels import Crossed, levels


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
    logdet = 2.0 * (np.log(_whiten(V, white)) @ cross.count)  # of L_theta in (18)

    F, both, scatter = np.split(white[..., :end, :], [q, q + p + 1], axis=-2)
    gram = cross.within + np.einsum("...kan,...kbn->...ab", both, both)
    if scatter.shape[-2]:
        gram[..., p, p] += np.einsum("...kan,...kan->...", scatter, scatter)
    others = None
    if several:  # Section 3.4, the blocks of the other factors
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


def _whiten(V: Floats, columns: Floats) -> Floats:
    """Replace columns (..., k, c, m) by L^-1 columns, L L' = I + V (..., k, k, m); give |L|.

    Gaussian elimination by rows, on all patterns and responses at once. V is overwritten.
    """
    k, determinant = V.shape[-2], np.ones(())
    for i in range(k):
        pivot = np.sqrt(1.0 + V[..., i, i, :])
        determinant = determinant * pivot
        columns[..., i, :, :] /= pivot[..., None, :]
        if i + 1 < k:
            below = V[..., i + 1 :, i, :] / pivot[..., None, :]
            columns[..., i + 1 :, :, :] -= below[..., None, :] * columns[..., i, None, :, :]
            V[..., i + 1 :, i + 1 :, :] -= below[..., None, :] * below[..., None, :, :]
    return determinant


def derivatives(
    cross: Crossproducts, at: Solution, axes: Floats, rough: bool = False
) -> tuple[Floats, Floats]:
    """Differentiate the criterion twice with respect to D = Lambda Lambda' = G / sigma**2.

    Parameters
    ----------
    cross : Crossproducts
    at : Solution
    axes : (..., q, q) array
        Orthonormal directions, in columns, in which D is written; the identity for D as it is.
    rough : bool
        Whether the average of observed and expected information does for the curvature, where
        several grouping factors with many levels make that much cheaper.

    Returns
    -------
    slope : (..., q, q) array
        dcriterion/dD, symmetric. At a minimum it is positive semi-definite in each block of G, and
        zero in the directions in which G can shrink.
    curvature : (..., q, q, q, q) array
        The bilinear form of the second derivative, for symmetric directions:
        ``einsum("abcd,ab,cd", curvature, H1, H2)``.

    Notes
    -----
    For each level let P = Z' V0^-1 Z, w = Z' V0^-1 (y - X beta), C = Z' V0^-1 X and, over all
    rows, M = X' V0^-1 X. Since dV0 = Z dD Z',

        slope = sum_j P - (df/r2) w w' - C M^-1 C'

    where the last term is REML's. Differentiating once more, with dP = -P dD P and alike, gives one
    sum over levels (with several factors: over pairs of levels) and three products of sums:

        sum_j tr(H1 [2 (df/r2) w w' + 2 C M^-1 C' - P] H2 P)
        - 2 (df/r2) g(H1)' M^-1 g(H2)    with g(H) = sum_j C' H w
        - (df/r2**2) (sum_j w' H1 w) (sum_j w' H2 w)
        - tr(M^-1 B(H1) M^-1 B(H2))      with B(H) = sum_j C' H C, REML's.
    """
    q, p = len(cross.S), len(cross.kept)
    seen = levels(cross, at, axes)
    w = seen.w / np.sqrt(at.variance)[..., None, None, None]
    moved = np.concatenate([seen.C, w], axis=-2)
    used = moved if at.reml else w
    slope = seen.squares - np.einsum("...acn,...bcn->...ab", used, used)
    ww = np.einsum("...acn,...bcn->...ab", w, w)
    curvature = -ww[..., None, None] * (ww / at.df)[..., None, None, :, :]
    if rough and isinstance(seen, Crossed) and seen.wide:
        return slope, _symmetric(curvature + seen.average / at.variance[..., *4 * (None,)])

    curvature += seen.pairs(used)
    both = moved[..., : p + 1, :]
    sums = np.einsum("...acn,...bdn->...abcd", both, both)
    lead = sums.shape[:-4]
    g = sums[..., :p, p].reshape(*lead, q * q, p)
    total = 2.0 * g @ g.swapaxes(-1, -2)
    if at.reml:
        B = sums[..., :p, :p]
        turned = B.swapaxes(-1, -2).reshape(*lead, q * q, p * p)
        total += B.reshape(*lead, q * q, p * p) @ turned.swapaxes(-1, -2)
    return slope, _symmetric(curvature - total.reshape(*lead, q, q, q, q))


def _symmetric(curvature: Floats) -> Floats:
    """Make a bilinear form (..., q, q, q, q) one of symmetric matrices."""
    curvature = (curvature + curvature.swapaxes(-4, -3)) / 2.0
    return np.asarray((curvature + curvature.swapaxes(-2, -1)) / 2.0)


def in_theta(
    slope: Floats, curvature: Floats, Lambda: Floats, blocks: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """Turn derivatives with respect to D into gradient (..., k) and Hessian (..., k, k) in theta.

    Notes
    -----
    D = Lambda Lambda', so that dD = dLambda Lambda' + Lambda dLambda'.
    """
    row, column = positions(blocks)
    gradient = 2.0 * (slope @ Lambda)[..., row, column]
    both = Lambda[..., None, None, :, :]
    turned = both.swapaxes(-1, -2) @ (curvature @ both).swapaxes(-3, -2)
    hessian = 4.0 * turned[..., row[:, None], row, column[:, None], column]
    hessian += 2.0 * slope[..., row[:, None], row] * (column[:, None] == column)
    return gradient, hessian


def posterior(cross: Crossproducts, at: Solution) -> tuple[Floats, Floats]:
    """Give the random effects of each level given y: mean (q, J) and covariance over sigma**2.

    The covariance (q, q, J) takes beta as known. Columns are conditioned ones; with several terms
    their levels stand one after the other, and all is zero where another term acts.

    Notes
    -----
    Given y, b_j has covariance sigma**2 C with C = Lambda (Lambda' Z'Z Lambda + I)^-1 Lambda' and
    mean C Z' (y_j - X_j beta).
    """
    if at.others is not None:
        found: tuple[Floats, Floats] = at.others[()].posterior(at.beta)
        return found
    spread = at.Lambda.T @ cross.F
    V = np.einsum("kcn,kdn->cdn", spread, spread)
    white = np.repeat(at.Lambda.T[:, :, None], V.shape[-1], axis=-1)
    _whiten(V, white)
    C = np.einsum("kan,kbn->abn", white, white)
    left = (
        cross.own
        - np.einsum("kpn,p->kn", cross.fixed / np.sqrt(cross.count), at.beta)[:, cross.pattern]
    )
    weight = np.einsum("abn,kbn->akn", C, cross.F)
    mean = np.einsum("akj,kj->aj", weight[:, :, cross.pattern], left)
    return mean, C[:, :, cross.pattern]
