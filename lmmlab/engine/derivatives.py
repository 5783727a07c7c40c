"""Gradient and Hessian of the criterion at one value of the covariance parameters.

They are written for D = Lambda Lambda', in which V is linear, and turned into derivatives with
respect to theta afterwards. All that is needed of the data stands in `lmmlab.engine.levels`.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.covariance import positions
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats
from lmmlab.engine.levels import Levels, levels
from lmmlab.engine.solve import Solution


def derivatives(
    cross: Crossproducts,
    at: Solution,
    axes: Floats,
    rough: bool = False,
    seen: Levels | None = None,
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
    seen : Levels, optional
        What the levels know at this solution, y in units of sigma, if that is at hand.

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
    seen = levels(cross, at, axes, np.sqrt(at.variance)) if seen is None else seen
    moved, w = seen.moved, seen.w
    used = moved if at.reml else w
    slope = seen.squares - np.einsum("...acn,...bcn->...ab", used, used)
    ww = np.einsum("...acn,...bcn->...ab", w, w)
    curvature = -ww[..., None, None] * (ww / at.df)[..., None, None, :, :]
    if rough and (average := seen.average) is not None:
        return slope, _symmetric(curvature + average)

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
