"""theta, Lambda, G, sds and correlations: the ways to write how random effects vary.

All parameterisations meet here and nowhere else. theta is what is estimated: the lower triangle of
Lambda, column by column, block by block, as in lme4. Lambda is a square root of G relative to the
residual sd, G = sigma**2 Lambda Lambda'. `blocks` are the sizes of the diagonal blocks of G, for
instance (2,) for (x | g) and (1, 1) for (x || g).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lmmlab.engine.design import Floats, Ints, LMMError


@lru_cache(maxsize=64)
def positions(blocks: tuple[int, ...]) -> tuple[Ints, Ints]:
    """Give the row and the column in Lambda of each element of theta.

    Examples
    --------
    >>> row, column = positions((2, 1))
    >>> list(zip(row.tolist(), column.tolist()))
    [(0, 0), (1, 0), (1, 1), (2, 2)]
    """
    row, column, at = [], [], 0
    for width in blocks:
        across, down = np.triu_indices(width)  # of the transpose, so that columns come first
        row.append(down + at)
        column.append(across + at)
        at += width
    return np.concatenate(row), np.concatenate(column)


def factor(theta: Floats, blocks: tuple[int, ...]) -> Floats:
    """Put theta in its place: Lambda (q, q), lower triangular.

    Raises
    ------
    LMMError
        If theta has not as many elements as `blocks` asks for, or one that is not finite.

    Examples
    --------
    >>> factor([2.0, 0.5, 1.0], (2,)).tolist()
    [[2.0, 0.0], [0.5, 1.0]]
    """
    theta, (row, column) = np.asarray(theta, dtype=float), positions(blocks)
    if theta.shape != row.shape or not np.isfinite(theta).all():
        raise LMMError(
            f"theta must be {len(row)} finite numbers, the lower triangle of each block of Lambda "
            f"column by column; this is {theta.tolist()}."
        )
    q = sum(blocks)
    Lambda = np.zeros((q, q))
    Lambda[row, column] = theta
    return Lambda


def theta_of(root: Floats, blocks: tuple[int, ...]) -> Floats:
    """Find theta when any square root of G is known.

    Parameters
    ----------
    root : (..., q, q) array
        Any matrix with root @ root' = G / sigma**2, block-diagonal.
    blocks : tuple of int
        Sizes of the blocks of G.

    Returns
    -------
    (..., k) array
        theta, diagonal elements not negative.

    Notes
    -----
    root' = Q R gives Lambda = R', without forming G: rounding is not magnified where G is nearly
    singular.

    Examples
    --------
    >>> theta_of(np.array([[0.0, -2.0], [1.0, -0.5]]), (2,)).tolist()
    [2.0, 0.5, 1.0]
    """
    R = np.linalg.qr(np.swapaxes(root, -1, -2), mode="r")
    signs = np.where(np.diagonal(R, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    Lambda = np.swapaxes(R * signs[..., None], -1, -2)
    row, column = positions(blocks)
    theta: Floats = Lambda[..., row, column]
    return theta


def covariance(theta: Floats, sigma: float, blocks: tuple[int, ...]) -> Floats:
    """Give G = sigma**2 Lambda Lambda', the covariance of the random effects.

    Examples
    --------
    >>> covariance([2.0, 0.5, 1.0], 2.0, (2,)).tolist()
    [[16.0, 4.0], [4.0, 5.0]]
    """
    root = sigma * factor(theta, blocks)
    G: Floats = root @ root.T
    return G


def theta_from(G: Floats, sigma: float, blocks: tuple[int, ...]) -> Floats:
    """Find theta when G and sigma are known; G may be singular.

    Raises
    ------
    LMMError
        If G is not symmetric, has a negative eigenvalue or a covariance between blocks.

    Examples
    --------
    >>> theta_from([[16.0, 4.0], [4.0, 5.0]], 2.0, (2,)).round(12).tolist()
    [2.0, 0.5, 1.0]
    """
    G = np.asarray(G, dtype=float)
    square, axes = np.linalg.eigh(G)
    theta = theta_of(axes * np.sqrt(np.maximum(square, 0.0)) / sigma, blocks)
    if not np.allclose(covariance(theta, sigma, blocks), G, rtol=0, atol=1e-9 * square[-1]):
        raise LMMError(
            "G is no covariance matrix of this model: it must be symmetric, without negative "
            f"eigenvalues, and block-diagonal with blocks of size {blocks}."
        )
    return theta


def spread(G: Floats) -> tuple[Floats, Floats]:
    """Split G into sds (q,) and correlations (q, q).

    A correlation beside an sd of zero is undefined; it is NaN in this array, and whoever shows it
    must say "undefined".

    Examples
    --------
    >>> sd, corr = spread(np.array([[16.0, 4.0], [4.0, 4.0]]))
    >>> sd.tolist(), corr.tolist()
    ([4.0, 2.0], [[1.0, 0.5], [0.5, 1.0]])
    """
    sd = np.sqrt(np.diagonal(G))
    both = np.outer(sd, sd)
    corr = np.divide(G, both, out=np.full_like(both, np.nan), where=both > 0)
    return sd, np.clip(corr, -1.0, 1.0)
