"""How well the variance of an estimate is known, and what that means as degrees of freedom.

The standard error of an estimate is itself estimated. Satterthwaite's idea is to treat its square
like the mean square of an analysis of variance: as a multiple of chi-square with as many degrees
of freedom as its own uncertainty tells. Kenward & Roger have the same idea and another account of
the uncertainty (`lmmlab.inference.kenward_roger`); so both make an `Uncertainty`, and `degrees`
does the rest.

Everything is written for white fixed effects: as many combinations of beta as it has elements,
uncorrelated and of variance sigma**2. An estimate L beta is a direction h of length 1 among them.
Leading axes (...) of all arrays are replicates, the fits of many responses on one design.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.covariance import directions, positions, principal
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.derivatives import derivatives, in_theta
from lmmlab.engine.design import Floats
from lmmlab.engine.levels import levels
from lmmlab.engine.solve import Solution
from lmmlab.inference.information import products

_FLAT = 1e-10  # the least information in any direction, relatively
_EQUAL = 1e-8  # degrees of freedom that differ by less, relatively, are the same


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """How the covariance matrix of the fixed effects depends on D, and how uncertain D is.

    Attributes
    ----------
    df : int
        Degrees of freedom of sigma.
    slope : (..., k, p, p) array
        The change of the covariance matrix of the white fixed effects along each of k directions
        of D, over sigma**2; sigma follows as the best one for D.
    inverse : (..., k, k) array
        Half the covariance matrix of the estimated place along these directions.
    """

    df: int
    slope: Floats
    inverse: Floats


def satterthwaite(cross: Crossproducts, at: Solution) -> Uncertainty:
    """Read the uncertainty of D from the curvature of the criterion at its minimum.

    Parameters
    ----------
    cross : Crossproducts
        The conditioned data.
    at : Solution
        The solution at the estimates.

    Returns
    -------
    Uncertainty

    Notes
    -----
    Fai & Cornelius (1996, J. Stat. Comput. Simul. 54, 363-378), with the Hessian as lmerTest has it
    (Kuznetsova, Brockhoff & Christensen 2017, J. Stat. Soft. 82(13), 1-26): with v = L vcov L' as a
    function of (theta, sigma), g its gradient and H the Hessian of the deviance,

        df = 2 v**2 / (g' A g),    A = 2 H^-1.

    In log v, and with sigma eliminated, this is 1 / (1 / df_sigma + g' H^-1 g), where g is now the
    gradient of log v and H the Hessian of the profiled criterion. At the minimum log sigma**2
    changes with D as the design alone would have it; so g is that of Kenward & Roger, and only the
    information H differs: observed here, expected there.

    Where D is singular, its rank is taken as known, as it is in terms of theta: the directions are
    those in which a matrix of this rank can change. They are taken in the principal axes of D.
    """
    slope, hessian = curved(cross, at)
    return Uncertainty(at.df, slope, inverted(hessian))


def curved(cross: Crossproducts, at: Solution) -> tuple[Floats, Floats]:
    """Give the slope that `Uncertainty` has, and the Hessian of the profiled criterion.

    Both are along the elements of theta in the principal axes of D, zero where D cannot change.
    """
    axes, root = principal(at.Lambda, cross.blocks)
    seen = levels(cross, at, axes, np.sqrt(at.variance))
    T = products(seen.C)
    slope, curvature = derivatives(cross, at, axes, seen=seen)
    _, hessian = in_theta(slope, curvature, root, cross.blocks)
    squares = seen.squares  # at the minimum, where slope is zero
    if at.reml:
        squares = squares - np.einsum("...abii->...ab", T)
    size = 2.0 * root[..., positions(cross.blocks)[1], positions(cross.blocks)[1]]
    known = size == 0.0
    hessian[known[..., :, None] | known[..., None, :]] = 0.0
    return size[..., None, None] * along(cross.blocks, T, squares, at.df), hessian


def white(cross: Crossproducts, at: Solution, sigma: float | Floats) -> Floats:
    """Give the root (..., p, p) of vcov, vcov = root root'; its columns are white effects.

    Notes
    -----
    root = sigma R^-1 A' where A' A is the inverse of X' V0^-1 X in conditioned columns.
    """
    root = np.linalg.solve(cross.R, np.swapaxes(at.inverse, -1, -2))
    return np.asarray(root * np.asarray(sigma)[..., None, None], dtype=float)


def along(blocks: tuple[int, ...], T: Floats, squares: Floats, df: int) -> Floats:
    """Give the change (..., k, p, p) of the covariance matrix of white effects along `directions`.

    Parameters
    ----------
    blocks : tuple of int
    T : (..., q, q, p, p) array
        From `products`.
    squares : (..., q, q) array
        By how much the residual sum of squares, over sigma**2, falls along D.
    df : int
        Degrees of freedom of sigma.
    """
    q, p = T.shape[-3], T.shape[-1]
    E = directions(blocks)
    E = E.reshape(len(E), q * q)
    change = (E @ T.reshape(*T.shape[:-4], q * q, p * p)).reshape(*T.shape[:-4], len(E), p, p)
    share = squares.reshape(*squares.shape[:-2], q * q) @ E.T / df
    change[..., range(p), range(p)] -= share[..., None]
    return change


def inverted(information: Floats) -> Floats:
    """Invert a symmetric matrix (..., k, k), a direction without information taken as very wide.

    A diagonal element of zero marks a direction that does not count; its inverse is zero, too.
    """
    diagonal = np.abs(np.einsum("...ii->...i", information))
    unit = np.divide(1.0, np.sqrt(diagonal), out=np.zeros_like(diagonal), where=diagonal > 0.0)
    size, axes = np.linalg.eigh(unit[..., :, None] * information * unit[..., None, :])
    turned = unit[..., :, None] * axes
    inverse: Floats = (turned / np.maximum(size, _FLAT)[..., None, :]) @ np.swapaxes(turned, -1, -2)
    return inverse


def degrees(known: Uncertainty, rows: Floats) -> Floats:
    """Give the degrees of freedom (..., r) of the variance of each white direction (..., r, p).

    Notes
    -----
    df = 1 / (1 / df_sigma + g' H^-1 g) with g = h' slope h, see `satterthwaite`. Kenward & Roger's
    formula for a single contrast comes to the same, 2 / A_1 in their notation.
    """
    g = ((rows[..., None, :, :] @ known.slope) * rows[..., None, :, :]).sum(-1)
    lost: Floats = ((known.inverse @ g) * g).sum(-2)
    df: Floats = 1.0 / (1.0 / known.df + lost)
    return df


def pooled(df: Floats) -> float:
    """Give the denominator degrees of freedom of the mean of squared t statistics, as lmerTest.

    Notes
    -----
    The mean of squares of t statistics with degrees of freedom df has expectation E / q with
    E = sum df / (df - 2), which is that of an F with 2 E / (E - q) (Fai & Cornelius 1996, Sec. 2).
    It is 2 where one of them is 2 or less, and has no mean.

    Examples
    --------
    >>> pooled(np.array([10.0, 10.0])), round(pooled(np.array([10.0, 20.0])), 3), pooled([2, 9])
    (10.0, 13.077, 2.0)
    """
    df = np.asarray(df, dtype=float)
    if np.ptp(df) <= _EQUAL * df.max():
        return float(df.mean())
    if df.min() <= 2.0:
        return 2.0
    E = float((df / (df - 2.0)).sum())
    return 2.0 * E / (E - len(df))
