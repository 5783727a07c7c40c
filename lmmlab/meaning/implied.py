"""What G and sigma imply for the rows of one person: variances, correlations, shares along time.

With random slopes these change from row to row: there is no single ICC, and where time is counted
from decides how starts and slopes correlate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.engine.design import Floats, LMMError
from lmmlab.meaning.variance import sds

_ROUNDING = 1e-13  # of the terms of a variance: what is left when they cancel


def line_variance(G: Floats, Z: Floats) -> Floats:
    """Give the variance of people's true lines at each row: the diagonal of ZGZ'.

    Parameters
    ----------
    G : (..., q, q) array
        Covariance of the random effects.
    Z : (..., m, q) array
        The random columns of m rows, for instance 1 and time.

    Returns
    -------
    (..., m) array
        With time t: tau0**2 + 2 t tau01 + t**2 tau1**2. Plain arithmetic: if G is no covariance
        matrix, this can be negative, which shows that it is none.

    Examples
    --------
    >>> line_variance(np.array([[9.0, -1.2], [-1.2, 0.1225]]), np.array([[1.0, 9.8]])).round(3)
    array([-2.755])
    """
    G, Z = _fitting(G, Z)
    variance: Floats = np.einsum("...mi,...ij,...mj->...m", Z, G, Z)
    return variance


def vpc(G: Floats, sigma: ArrayLike, Z: Floats) -> Floats:
    """Give the share of the variance at each row that lies between people (VPC).

    Parameters
    ----------
    G : (..., q, q) array
        Covariance of the random effects; it may be singular.
    sigma : array that fits to (..., m)
        Residual sd; one number, or one for each row.
    Z : (..., m, q) array
        The random columns of m rows, for instance at the points of time that are drawn.

    Returns
    -------
    (..., m) array
        z'Gz / (z'Gz + sigma**2). With a random intercept alone it is the ICC, at every row.

    Raises
    ------
    LMMError
        If G gives a negative variance, or nothing varies at a row.

    Notes
    -----
    Goldstein, Browne & Rasbash (2002). With random slopes it is a function of time, and no
    correlation: that of two rows is at most the geometric mean of their shares.

    Examples
    --------
    >>> G = np.array([[612.1, 9.6], [9.6, 35.1]])
    >>> vpc(G, 25.6, np.array([[1.0, 0.0], [1.0, 4.5], [1.0, 9.0]])).round(2).tolist()
    [0.48, 0.68, 0.85]
    """
    between, scale = line_variance(G, Z), line_variance(np.abs(G), np.abs(Z))
    if not (between >= -1e-12 * scale).all():
        raise LMMError(
            f"G gives people's lines a variance of {float(between.min()):g} at some row, so it is "
            "no covariance matrix. Bring the correlations between -1 and 1."
        )
    between = np.maximum(between, 0.0)
    total = between + np.square(sds("sigma", sigma))
    if not (total > 0.0).all():
        raise LMMError(
            "At some row neither people nor noise vary, so there is no variance to share out. Take "
            "sigma above 0."
        )
    share: Floats = between / total
    return share


def implied(G: Floats, sigma: ArrayLike, Z: Floats) -> Floats:
    """Give the covariance matrix that the model implies for the rows of one group: V.

    Parameters
    ----------
    G : (..., q, q) array
        Covariance of the random effects.
    sigma : array that fits to (..., m)
        Residual sd; one number, or one for each row.
    Z : (..., m, q) array
        The random columns of the group's m rows.

    Returns
    -------
    (..., m, m) array
        V = ZGZ' + sigma**2 I.

    Examples
    --------
    A random intercept alone gives every pair of rows the same covariance:

    >>> implied(np.array([[4.0]]), 1.0, np.ones((3, 1))).tolist()
    [[5.0, 4.0, 4.0], [4.0, 5.0, 4.0], [4.0, 4.0, 5.0]]
    """
    G, Z = _fitting(G, Z)
    between = Z @ G @ np.swapaxes(Z, -1, -2)
    between = 0.5 * (between + np.swapaxes(between, -1, -2))  # also where terms nearly cancel
    noise = np.square(sds("sigma", sigma))[..., None]
    V: Floats = between + noise * np.eye(Z.shape[-2])
    return V


def correlation(V: Floats, *, gaps: bool = False) -> Floats:
    """Turn covariance matrices into correlations.

    Parameters
    ----------
    V : (..., m, m) array
    gaps : bool
        Give NaN beside a row that does not vary, or by rounding alone; otherwise that is an error.

    Returns
    -------
    (..., m, m) array

    Raises
    ------
    LMMError
        If a variance is not positive, or a correlation would not lie between -1 and 1.

    Examples
    --------
    >>> correlation(np.array([[4.0, 1.0], [1.0, 1.0]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    >>> correlation(np.array([[4.0, 0.0], [0.0, 0.0]]), gaps=True).tolist()
    [[1.0, nan], [nan, nan]]
    """
    V = np.asarray(V, dtype=float)
    if not (np.isfinite(V).all() and np.allclose(V, np.swapaxes(V, -1, -2), rtol=1e-9, atol=0.0)):
        raise LMMError("V must be symmetric and its numbers finite. Check how it was computed.")
    variance = np.diagonal(V, axis1=-2, axis2=-1)
    largest = variance.max(-1, keepdims=True, initial=0.0)
    varies = variance > (_ROUNDING * largest if gaps else 0.0)
    if (variance < -_ROUNDING * largest).any() or not (gaps or varies.all()):
        raise LMMError("A correlation needs two variances above 0, and V has one that is not.")
    sd = np.sqrt(np.where(varies, variance, np.nan))
    product = sd[..., :, None] * sd[..., None, :]
    corr: Floats = V / product
    rounded = _ROUNDING * largest[..., None]  # where terms nearly cancel, as in `implied`
    if (np.abs(V) > product * (1.0 + 1e-9) + rounded).any():
        raise LMMError(
            f"A correlation of {float(corr.flat[np.nanargmax(np.abs(corr))]):g} follows from this "
            "matrix, so it is no covariance matrix. A covariance cannot be larger than the "
            "product of the two standard deviations."
        )
    return np.clip(corr, -1.0, 1.0)


def moved(G: Floats, origin: ArrayLike) -> Floats:
    """Give G of the same lines when time is counted from another point.

    Parameters
    ----------
    G : (..., 2, 2) array
        Covariance of starts and slopes.
    origin : array
        The time that becomes 0.

    Returns
    -------
    (..., 2, 2) array
        Var(start) = tau0**2 + 2 c tau01 + c**2 tau1**2, covariance tau01 + c tau1**2, slopes as
        they were. Where all lines meet, the first two are exactly 0.

    Raises
    ------
    LMMError
        If G is not 2 x 2.

    Examples
    --------
    >>> moved(np.array([[9.0, -1.0], [-1.0, 0.25]]), 4.0).tolist()
    [[5.0, 0.0], [0.0, 0.25]]
    """
    G = _line(G)
    A = np.zeros((*np.shape(origin), 2, 2))
    A[..., 0, 0] = A[..., 1, 1] = 1.0
    A[..., 0, 1] = origin
    new: Floats = A @ G @ np.swapaxes(A, -1, -2)
    scale = line_variance(np.abs(G), np.abs(A[..., :1, :]))[..., 0]
    rounded = _ROUNDING * scale
    meet = np.abs(new[..., 0, 0]) <= rounded
    meet &= np.square(new[..., 0, 1]) <= rounded * G[..., 1, 1]
    new[meet, 0, :] = new[meet, :, 0] = 0.0
    return new


def narrowest(G: Floats) -> tuple[Floats, Floats]:
    """Find the time at which people's lines lie closest together, and their sd there.

    Parameters
    ----------
    G : (..., 2, 2) array
        Covariance of starts and slopes.

    Returns
    -------
    time, sd : (...) arrays
        -rho tau0 / tau1 and tau0 sqrt(1 - rho**2). Before that time the lines converge, after it
        they fan out.

    Raises
    ------
    LMMError
        If G is no 2 x 2 covariance matrix, or slopes do not vary.

    Examples
    --------
    >>> time, sd = narrowest(np.array([[144.0, -14.4], [-14.4, 4.0]]))
    >>> float(time), round(float(sd), 3)
    (3.6, 9.6)
    """
    G = _line(G)
    start, both, slope = G[..., 0, 0], G[..., 0, 1], G[..., 1, 1]
    if not ((slope >= 0.0) & (both**2 <= start * slope * (1.0 + 1e-9))).all():
        raise LMMError(
            "G is no covariance matrix, since some variance along time is negative. Bring the "
            "correlation between -1 and 1."
        )
    if not (slope > 0.0).all():
        raise LMMError("Slopes do not vary, so the lines are equally far apart at all times.")
    return -both / slope, np.sqrt(np.maximum(start - both**2 / slope, 0.0))


def _line(G: Floats) -> Floats:
    G = _finite(G)
    if G.shape[-2:] != (2, 2):
        raise LMMError(
            "G must be 2 x 2, the covariance of starts and slopes; its shape is "
            f"{G.shape}. Leave out other random effects."
        )
    return G


def _fitting(G: Floats, Z: Floats) -> tuple[Floats, Floats]:
    G, Z = _finite(G), np.asarray(Z, dtype=float)
    q = G.shape[-1]
    if G.ndim < 2 or Z.ndim < 2 or not G.shape[-2] == q == Z.shape[-1]:
        raise LMMError(
            f"G must be q x q and Z have q columns; their shapes are {G.shape} and {Z.shape}."
        )
    return G, Z


def _finite(G: Floats) -> Floats:
    G = np.asarray(G, dtype=float)
    if not np.isfinite(G).all():
        raise LMMError("G must hold finite numbers. Check how it was computed.")
    return G
