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

from dataclasses import dataclass
from math import log, pi

import numpy as np

from lmmlab.engine.covariance import positions
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats, LMMError


@dataclass(frozen=True, eq=False)
class Solution:
    """The penalised least-squares solution at one Lambda, in conditioned columns.

    Attributes
    ----------
    Lambda : (q, q) array
        The square root of G / sigma**2 that was asked for.
    reml : bool
        Which criterion.
    df : int
        Degrees of freedom of sigma: n - p under REML, n under ML.
    r2 : float
        Penalised residual sum of squares, (y - X beta)' V0^-1 (y - X beta) with V0 = V / sigma**2.
    logdet : float
        log|V0| plus, under REML, log|X' V0^-1 X|; on the scale of the original columns and weights.
    beta : (p,) array
        Fixed effects.
    inverse : (p, p) array
        Inverse of the Cholesky factor of X' V0^-1 X.
    F, fixed, y : arrays as in `Crossproducts`
        The rotated rows, made white: multiplied by the inverse Cholesky factor of their V0.
    """

    Lambda: Floats
    reml: bool
    df: int
    r2: float
    logdet: float
    beta: Floats
    inverse: Floats
    F: Floats
    fixed: Floats
    y: Floats

    @property
    def variance(self) -> float:
        """sigma**2 at its best value for this Lambda."""
        if self.df <= 0 or self.r2 <= 0.0:
            raise LMMError(
                "At this theta nothing is left over to estimate sigma from. Use fewer terms, or "
                "give sigma."
            )
        return self.r2 / self.df

    def criterion(self, variance: float | None = None) -> float:
        """Give -2 log (restricted) likelihood, at the best or at a given sigma**2."""
        s2 = self.variance if variance is None else variance
        # Section 3.4; under REML the n - p contrasts that beta does not touch
        return self.logdet + self.df * log(2.0 * pi * s2) + self.r2 / s2


def solve(cross: Crossproducts, Lambda: Floats, reml: bool = True) -> Solution:
    """Find the best beta and sigma at one Lambda.

    Parameters
    ----------
    cross : Crossproducts
        The conditioned data.
    Lambda : (q, q) array
        Any square root of G / sigma**2, for the conditioned random columns.
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
    q, p = len(cross.F), len(cross.kept)
    spread = Lambda.T @ cross.F
    V = np.einsum("kcn,lcn->kln", spread, spread)
    V[range(q), range(q)] += 1.0
    white = np.concatenate([cross.F, cross.fixed, cross.y], axis=1)
    pivots = _whiten(V, white)
    logdet = 2.0 * float(np.log(pivots).sum(0) @ cross.count)  # of L_theta in (18)

    both, scatter = white[:, q : q + p + 1], white[:, q + p + 1 :]
    gram = cross.within + (both @ both.transpose(0, 2, 1)).sum(0)
    gram[p, p] += np.vdot(scatter, scatter)
    try:
        root = np.linalg.cholesky(gram[:p, :p])  # (18): R_X'
    except np.linalg.LinAlgError:
        raise LMMError(
            "At this theta the random effects are so large that nothing is left to tell fixed "
            "effects from them. Take a smaller theta."
        ) from None
    inverse = np.linalg.inv(root)
    reduced = inverse @ gram[:p, p]
    if reml:
        logdet += 2.0 * (cross.log_R + float(np.log(np.diagonal(root)).sum()))
    return Solution(
        Lambda=Lambda,
        reml=reml,
        df=cross.n - p if reml else cross.n,
        r2=max(float(gram[p, p] - reduced @ reduced), 0.0),  # r2(theta) in (19)
        logdet=logdet - cross.log_weights,
        beta=reduced @ inverse,
        inverse=inverse,
        F=white[:, :q],
        fixed=both[:, :p],
        y=white[:, q + p :],
    )


def _whiten(V: Floats, columns: Floats) -> Floats:
    """Replace columns (k, c, m) by L^-1 columns, where V = L L' (k, k, m); give the pivots of L.

    Gaussian elimination by rows, on all patterns at once. V is overwritten.
    """
    k = len(V)
    pivots = np.empty((k, V.shape[2]))
    for i in range(k):
        pivot = np.sqrt(V[i, i], out=pivots[i])
        columns[i] /= pivot
        if i + 1 < k:
            below = V[i + 1 :, i] / pivot
            columns[i + 1 :] -= below[:, None] * columns[i]
            V[i + 1 :, i + 1 :] -= below[:, None] * below
    return pivots


def derivatives(cross: Crossproducts, at: Solution, axes: Floats) -> tuple[Floats, Floats]:
    """Differentiate the criterion twice with respect to D = Lambda Lambda' = G / sigma**2.

    Returns
    -------
    slope : (q, q) array
        dcriterion/dD, symmetric. At a minimum it is positive semi-definite in each block of G, and
        zero in the directions in which G can shrink.
    curvature : (q, q, q, q) array
        The bilinear form of the second derivative, for symmetric directions:
        ``einsum("abcd,ab,cd", curvature, H1, H2)``.

    Notes
    -----
    For each group let P = Z' V0^-1 Z, w = Z' V0^-1 (y - X beta), C = Z' V0^-1 X and, over all
    groups, M = X' V0^-1 X. Since dV0 = Z dD Z',

        slope = sum_j P - (df/r2) w w' - C M^-1 C'

    where the last term is REML's. Differentiating once more, with dP = -P dD P and alike, gives one
    sum over groups and three products of sums:

        sum_j tr(H1 [2 (df/r2) w w' + 2 C M^-1 C' - P] H2 P)
        - 2 (df/r2) g(H1)' M^-1 g(H2)    with g(H) = sum_j C' H w
        - (df/r2**2) (sum_j w' H1 w) (sum_j w' H2 w)
        - tr(M^-1 B(H1) M^-1 B(H2))      with B(H) = sum_j C' H C, REML's.
    """
    q, p = len(cross.F), len(cross.kept)
    F = axes.T @ at.F
    fixed = at.inverse @ at.fixed
    y = at.y / np.sqrt(at.variance)
    y[:, 0] -= np.einsum("kpn,p->kn", at.fixed, at.beta / np.sqrt(at.variance))
    moved = np.einsum("kan,kcn->acn", F, np.concatenate([fixed, y], axis=1))
    P = np.einsum("kan,kbn->abn", F, F)
    used = moved if at.reml else moved[:, p:]
    K = np.einsum("acn,bcn->abn", used, used)
    P_all = P * cross.count
    slope = (P_all - K).sum(2)

    each = P.reshape(q * q, -1) @ (2.0 * K - P_all).reshape(q * q, -1).T  # b c, a d
    curvature = each.reshape(q, q, q, q).transpose(2, 0, 1, 3)
    w = moved[:, p:].reshape(q, -1)
    ww = w @ w.T
    curvature = curvature - ww[:, :, None, None] * (ww / at.df)
    both = moved[:, : p + 1].reshape(q * (p + 1), -1)
    sums = (both @ both.T).reshape(q, p + 1, q, p + 1).transpose(0, 2, 1, 3)
    g = sums[:, :, :p, p].reshape(q * q, p)
    total = 2.0 * g @ g.T
    if at.reml:
        B = sums[:, :, :p, :p]
        total += B.reshape(q * q, -1) @ B.transpose(0, 1, 3, 2).reshape(q * q, -1).T
    curvature -= total.reshape(q, q, q, q)
    curvature = (curvature + curvature.transpose(1, 0, 2, 3)) / 2.0
    return slope, (curvature + curvature.transpose(0, 1, 3, 2)) / 2.0


def in_theta(
    slope: Floats, curvature: Floats, Lambda: Floats, blocks: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """Turn derivatives with respect to D into gradient (k,) and Hessian (k, k) in theta.

    Notes
    -----
    D = Lambda Lambda', so that dD = dLambda Lambda' + Lambda dLambda'.
    """
    row, column = positions(blocks)
    gradient = 2.0 * (slope @ Lambda)[row, column]
    turned = Lambda.T @ (curvature @ Lambda).transpose(0, 2, 1, 3)
    hessian = 4.0 * turned[row[:, None], row, column[:, None], column]
    hessian += 2.0 * slope[row[:, None], row] * (column[:, None] == column)
    return gradient, hessian


def posterior(cross: Crossproducts, at: Solution) -> tuple[Floats, Floats]:
    """Give the random effects of each group given y: mean (q, J) and covariance over sigma**2.

    The covariance (q, q, m), one per pattern, takes beta as known. Columns are conditioned ones.

    Notes
    -----
    Given y, b_j has covariance sigma**2 C with C = Lambda (Lambda' Z'Z Lambda + I)^-1 Lambda' and
    mean C Z' (y_j - X_j beta).
    """
    q = len(cross.F)
    spread = at.Lambda.T @ cross.F
    V = np.einsum("kcn,kdn->cdn", spread, spread)
    V[range(q), range(q)] += 1.0
    white = np.repeat(at.Lambda.T[:, :, None], V.shape[2], axis=2)
    _whiten(V, white)
    C = np.einsum("kan,kbn->abn", white, white)
    left = (
        cross.own
        - np.einsum("kpn,p->kn", cross.fixed / np.sqrt(cross.count), at.beta)[:, cross.pattern]
    )
    weight = np.einsum("abn,kbn->akn", C, cross.F)
    return np.einsum("akj,kj->aj", weight[:, :, cross.pattern], left), C
