"""theta, Lambda, G, sds and correlations: the ways to write how random effects vary.

All parameterisations meet here and nowhere else. theta is what is estimated: the lower triangle of
Lambda, column by column, block by block, as in lme4. Lambda is a square root of G relative to the
residual sd, G = sigma**2 Lambda Lambda'. `blocks` are the sizes of the diagonal blocks of G, for
instance (2,) for (x | g) and (1, 1) for (x || g).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.design import LARGEST, Floats, Ints, LMMError

LEAST = 1e-5  # what varies less is taken not to vary, see `settle`
SINGULAR = 1e-4  # what varies less makes a fit singular; lme4 asks the same of theta


@lru_cache(maxsize=64)
def positions(blocks: tuple[int, ...]) -> tuple[Ints, Ints]:
    """Give the row and the column in Lambda of each element of theta.

    Examples
    --------
    >>> row, column = positions((2, 1))
    >>> list(zip(row.tolist(), column.tolist()))
    [(0, 0), (1, 0), (1, 1), (2, 2)]
    """
    if not blocks:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    pairs = [np.triu_indices(width) for width in blocks]  # of Lambda', so that columns come first
    starts = [block.start for block in slices(blocks)]
    row = np.concatenate([down + at for (_, down), at in zip(pairs, starts, strict=True)])
    column = np.concatenate([across + at for (across, _), at in zip(pairs, starts, strict=True)])
    return row, column


@lru_cache(maxsize=64)
def slices(blocks: tuple[int, ...]) -> tuple[slice, ...]:
    """Give the random columns of each block.

    Examples
    --------
    >>> slices((2, 1))
    (slice(0, 2, None), slice(2, 3, None))
    """
    ends = np.cumsum(blocks).tolist()
    return tuple(slice(end - width, end) for end, width in zip(ends, blocks, strict=True))


@lru_cache(maxsize=64)
def directions(blocks: tuple[int, ...]) -> Floats:
    """Give a symmetric matrix (k, q, q) for each free element of G: half in its place, half across.

    Examples
    --------
    >>> directions((2,)).tolist()
    [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.5], [0.5, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]
    """
    (row, column), q = positions(blocks), sum(blocks)
    one = np.zeros((len(row), q, q))
    one[range(len(row)), row, column] = 1.0
    matrices: Floats = (one + one.transpose(0, 2, 1)) / 2.0
    return matrices


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
    theta, row = np.asarray(theta, dtype=float), positions(blocks)[0]
    if theta.shape != row.shape or not (np.abs(theta) < LARGEST).all():
        raise LMMError(
            f"theta must be {len(row)} finite numbers below 1e100, the lower triangle of each "
            f"block of Lambda column by column; this is {theta.tolist()}."
        )
    return placed(theta, blocks)


def placed(theta: Floats, blocks: tuple[int, ...]) -> Floats:
    """Give Lambda (..., q, q) for many theta (..., k), unchecked; see `factor`."""
    (row, column), q = positions(blocks), sum(blocks)
    Lambda = np.zeros((*theta.shape[:-1], q, q))
    Lambda[..., row, column] = theta
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
    row, column = positions(blocks)
    theta: Floats = lower(root)[..., row, column]
    return theta


def lower(root: Floats) -> Floats:
    """Give the lower triangular L, diagonal not negative, with L L' = root root'."""
    R = np.linalg.qr(np.swapaxes(root, -1, -2), mode="r")
    signs = np.where(np.diagonal(R, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    L: Floats = np.swapaxes(R * signs[..., None], -1, -2)
    return L


def covariance(theta: Floats, sigma: float, blocks: tuple[int, ...]) -> Floats:
    """Give G = sigma**2 Lambda Lambda', the covariance of the random effects.

    This is equation (4) of Bates, Maechler, Bolker & Walker (2015).

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
    >>> theta_from(np.array([[16.0, 4.0], [4.0, 5.0]]), 2.0, (2,)).round(12).tolist()
    [2.0, 0.5, 1.0]
    """
    root = np.zeros_like(G, dtype=float)
    for block in slices(blocks):
        square, axes = np.linalg.eigh(G[block, block])
        root[block, block] = axes * np.sqrt(np.maximum(square, 0.0)) / sigma
    theta = theta_of(root, blocks)
    if not np.allclose(covariance(theta, sigma, blocks), G, rtol=0, atol=1e-9 * np.abs(G).max()):
        raise LMMError(
            "G is no covariance matrix of this model: it must be symmetric, without negative "
            f"eigenvalues, and zero outside its diagonal blocks of sizes {blocks}."
        )
    return theta


def settle(theta: Floats, S: Floats, blocks: tuple[int, ...]) -> Floats:
    """Set to zero what varies by less than 1e-5 residual sds, in its effect on a whole group.

    An estimate on the boundary, such as an sd of zero or a correlation of one, is found but for
    rounding; this makes it exact.

    Parameters
    ----------
    theta : (..., k) array
    S : (q, q) array
        Its columns say how much each random effect does: S'S is the mean Z'Z within each block.
    blocks : tuple of int

    Returns
    -------
    (..., k) array
    """
    row, column = positions(blocks)
    Lambda = placed(theta, blocks)
    varies = np.linalg.norm(S, axis=0) * np.linalg.norm(Lambda, axis=-1) > LEAST
    if not varies.all():
        for kept in np.unique(varies[~varies.all(-1)], axis=0):
            these = (varies == kept).all(-1)
            Lambda[these] = _without(Lambda[these], kept, blocks)
    nothing = np.linalg.norm(S @ Lambda, axis=-2) <= LEAST
    Lambda[np.broadcast_to(nothing[..., None, :], Lambda.shape)] = 0.0
    return Lambda[..., row, column]


def _without(Lambda: Floats, kept: NDArray[np.bool_], blocks: tuple[int, ...]) -> Floats:
    """Take the variance of all but some random effects out of Lambda (m, q, q)."""
    for block in slices(blocks):
        rows = np.flatnonzero(kept[block]) + block.start
        root = Lambda[:, rows, block]
        Lambda[:, block, block] = 0.0
        Lambda[:, rows[:, None], rows] = lower(root)
    return Lambda


def principal(Lambda: Floats, blocks: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Give the principal axes of D = Lambda Lambda' in each block, and the root of D in these axes.

    Parameters
    ----------
    Lambda : (..., q, q) array
        Any square root of D, block-diagonal.
    blocks : tuple of int
        Sizes of the blocks of G.

    Returns
    -------
    axes, root : (..., q, q) arrays
        D = axes root root' axes'; the root is diagonal, largest first in each block.

    Examples
    --------
    >>> axes, root = principal(np.array([[0.0, 0.0], [2.0, 0.0]]), (2,))
    >>> np.abs(axes).tolist(), root.diagonal().tolist()
    ([[0.0, 1.0], [1.0, 0.0]], [2.0, 0.0])
    """
    if max(blocks, default=1) == 1:
        return np.broadcast_to(np.eye(len(blocks)), Lambda.shape), np.abs(Lambda)
    axes, root = np.zeros_like(Lambda), np.zeros_like(Lambda)
    for block in slices(blocks):
        axes[..., block, block], size, _ = np.linalg.svd(Lambda[..., block, block])
        each = np.arange(block.start, block.stop)
        root[..., each, each] = size
    return axes, root


def spread(G: Floats) -> tuple[Floats, Floats]:
    """Split G (..., q, q) into sds (..., q) and correlations (..., q, q).

    A correlation beside an sd of zero is undefined; it is NaN in this array, and whoever shows it
    says "undefined".

    Examples
    --------
    >>> sd, corr = spread(np.array([[16.0, 4.0], [4.0, 4.0]]))
    >>> sd.tolist(), corr.tolist()
    ([4.0, 2.0], [[1.0, 0.5], [0.5, 1.0]])
    """
    sd = np.sqrt(np.diagonal(G, axis1=-2, axis2=-1))
    both = sd[..., :, None] * sd[..., None, :]
    corr = np.divide(G, both, out=np.full_like(both, np.nan), where=both > 0)
    np.clip(corr, -1.0, 1.0, out=corr)
    own = np.arange(sd.shape[-1])
    corr[..., own, own] = np.where(sd > 0, 1.0, np.nan)
    return sd, corr
