"""Sphericity: whether all differences between a person's cells vary equally.

The F tests of repeated measures rest on it. Here is how far a covariance of differences is from it,
whether it is given (`epsilon`) or estimated as the error of an analysis (`huynh_feldt`, `mauchly`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from lmmlab.classical.contrasts import differences
from lmmlab.engine.design import LARGEST, Floats, LMMError

_EQUAL = 1e-10  # what still counts as equal, for quantities that are scaled to 1


def epsilon(V: ArrayLike, M: ArrayLike | None = None) -> Floats:
    """Say how far a covariance is from sphericity, by the epsilon of Greenhouse and Geisser.

    Parameters
    ----------
    V : (..., C, C) array
        Covariance of the C cells of one person.
    M : (C, d) array, optional
        The differences between cells that are asked for, in independent columns; any basis of
        them does. By default all C - 1 differences.

    Returns
    -------
    (...) array
        Between 1 / d and 1; 1 iff all differences of the same length vary equally.

    Raises
    ------
    LMMError
        If V is no covariance matrix, M does not fit it, or no difference varies.

    Notes
    -----
    See `greenhouse_geisser`, of M'VM with M made orthonormal.

    Examples
    --------
    Random intercepts give 1; a correlation that fades with time gives less:

    >>> lag = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    >>> epsilon(9 + 4 * np.eye(5)).round(3).item(), epsilon(0.7**lag).round(3).item()
    (1.0, 0.689)
    """
    V = np.asarray(V, dtype=float)
    cells = V.shape[-1] if V.ndim > 1 else 0
    if cells < 2 or V.shape[-2] != cells or not (np.abs(V) < LARGEST).all():
        raise LMMError(
            "V must be a square matrix of finite numbers, the covariance of at least two cells; "
            f"its shape is {V.shape}."
        )
    scale = np.abs(V).max((-1, -2))
    uneven = np.abs(V - np.swapaxes(V, -1, -2)).max((-1, -2)) > _EQUAL * scale
    if uneven.any() or (np.linalg.eigvalsh(V)[..., 0] < -_EQUAL * scale).any():
        raise LMMError(
            "V is no covariance matrix: it must be symmetric and must not have negative "
            "eigenvalues."
        )
    asked = differences(cells) if M is None else np.asarray(M, dtype=float)
    if asked.ndim != 2 or len(asked) != cells or np.linalg.matrix_rank(asked) < asked.shape[1]:
        raise LMMError(
            f"M must have a row for each of the {cells} cells, and columns that do not depend on "
            f"each other; its shape is {asked.shape}."
        )
    basis = np.linalg.qr(asked).Q
    A = basis.T @ V @ basis
    if (np.einsum("...ii->...", A) <= _EQUAL * scale).any():
        raise LMMError(
            "No difference between the cells varies under this V, so sphericity has no meaning. "
            "Give V some residual variance."
        )
    return greenhouse_geisser(A)


def greenhouse_geisser(S: Floats) -> Floats:
    """Give epsilon (...) of a covariance (..., d, d) of orthonormal differences.

    Notes
    -----
    (tr S)^2 / (d tr S^2) (Box 1954; Greenhouse & Geisser 1959). The scale of S does not matter.
    """
    share = S / np.einsum("...ii->...", S)[..., None, None]
    gg: Floats = 1.0 / (S.shape[-1] * np.einsum("...ij,...ij->...", share, share))
    return np.minimum(gg, 1.0)


def huynh_feldt(gg: Floats, d: int, n: int) -> Floats:
    """Give the less cautious epsilon (...) of Huynh and Feldt; it may exceed 1.

    Parameters
    ----------
    gg : (...) array
        `greenhouse_geisser` of the error.
    d, n : int
        Number of differences, and degrees of freedom of the error of each.

    Returns
    -------
    (...) array
        NaN where the denominator is 0, as it is for n = 1.

    Notes
    -----
    ((n + 1) d gg - 2) / (d (n - d gg)): Huynh & Feldt (1976) as corrected by Lecoutre (1991).
    """
    room = n - d * gg
    known = room > _EQUAL * n
    return np.where(known, ((n + 1) * d * gg - 2) / (d * np.where(known, room, 1.0)), np.nan)


def mauchly(S: Floats, n: int, cells: int) -> tuple[Floats, Floats]:
    """Test whether differences vary equally.

    Parameters
    ----------
    S : (..., d, d) array
        Sums of squares and products of the error of d orthonormal differences.
    n : int
        Their degrees of freedom.
    cells : int
        How many cells a person has.

    Returns
    -------
    W, p : (...) arrays
        NaN if there is a single difference, or if n < d, where S is singular by necessity.

    Notes
    -----
    W = det S / (tr S / d)^d (Mauchly 1940). p is that of chi2 with d (d + 1) / 2 - 1 degrees of
    freedom, with the next term of Box's expansion (Anderson 2003, section 10.7). In that term R's
    mauchly.test and car have 3 times `cells` where 3 d is right; so have we, in order to agree
    with them. For d = 2 the term is 0; with four cells this moves p in the fifth digit.
    """
    d = S.shape[-1]
    if d == 1 or n < d:
        undefined = np.full(S.shape[:-2], np.nan)
        return undefined, undefined
    log_W = np.linalg.slogdet(S).logabsdet - d * np.log(np.einsum("...ii->...", S) / d)
    log_W = np.minimum(log_W, 0.0)
    scale = 1 - (2 * d**2 + d + 2) / (6 * d * n)
    second = (d + 2) * (d - 1) * (d - 2) * (2 * d**3 + 6 * d**2 + 3 * cells + 2)
    second /= 288 * (n * d * scale) ** 2
    df, statistic = d * (d + 1) / 2 - 1, -n * scale * log_W
    first, then = chdtrc(df, statistic), chdtrc(df + 4, statistic)
    return np.exp(log_W), np.minimum(first + second * (then - first), 1.0)
