"""Where a predictor varies: within groups, between them, or both.

It decides who is overconfident, and which question the slope of a raw predictor answers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.engine.design import LARGEST, Floats, Ints, LMMError
from lmmlab.meaning.variance import sds


def pair_icc(x: ArrayLike, codes: Ints) -> float:
    """Measure how alike a predictor is within groups: its correlation over all pairs of rows.

    Parameters
    ----------
    x : (n,) array
        The predictor.
    codes : (n,) integer array
        The group of each row.

    Returns
    -------
    float
        1 if x is constant within groups of equal size n, -1 / (n - 1) if all have the same mean.
        With unequal sizes it can be above 1.

    Raises
    ------
    LMMError
        If x does not vary, or no group has two rows.

    Notes
    -----
    The mean of (x_i - m)(x_k - m) over all pairs of different rows of one group, over the variance
    of all rows (divisor n); m is the mean of all rows. Moulton (1990) calls it the intraclass
    correlation of x, and so did Fisher (1925).

    Examples
    --------
    >>> pair_icc([1, 1, 2, 2], np.array([0, 0, 1, 1])), pair_icc([1, 2, 1, 2], [0, 0, 1, 1])
    (1.0, -1.0)
    """
    away, codes, sizes = _deviations(x, codes)
    pairs = float(sizes @ (sizes - 1.0))
    if pairs == 0.0:
        raise LMMError("No group has two rows, so nothing can be alike within groups.")
    total = float(away @ away)
    alike = float(np.square(np.bincount(codes, away)).sum()) - total
    return alike / pairs / (total / len(away))


def blend(x: ArrayLike, codes: Ints, tau: ArrayLike, sigma: ArrayLike) -> Floats:
    """Give the weight of the slope between groups in the slope of a raw predictor.

    Parameters
    ----------
    x : (n,) array
        The predictor, not split into group mean and deviation.
    codes : (n,) integer array
        The group of each row.
    tau, sigma : (...) arrays
        Sds of the random intercept and of the residuals, as the model has them.

    Returns
    -------
    (...) array
        w, so that the model's slope is (1 - w) beta_within + w beta_between. tau = 0 is ordinary
        least squares.

    Raises
    ------
    LMMError
        If x does not vary, or both sds are 0.

    Notes
    -----
    w = b / (a + b) with a = SSW / sigma**2 and b = sum (m_j - m)**2 / (tau**2 + sigma**2 / n_j),
    m_j the group means of x and m their mean with the same weights; with groups of equal size
    b = SSB / (sigma**2 + n tau**2) (Maddala 1971; Raudenbush & Bryk 2002, chapter 5). beta_between
    is the slope of the regression of group means with these weights.

    Examples
    --------
    >>> codes, x = np.repeat([0, 1], 40), np.tile([-1.0, 1.0], 40) + np.repeat([-1.0, 1.0], 40)
    >>> blend(x, codes, np.array([0.0, 40.0]), 60.0).round(3).tolist()
    [0.5, 0.051]
    """
    away, codes, sizes = _deviations(x, codes)
    between, within = np.square(sds("tau", tau)), np.square(sds("sigma", sigma))
    if not (between + within > 0.0).all():
        raise LMMError("tau and sigma are both 0, so there is nothing to weigh by.")
    means = np.bincount(codes, away) / sizes
    a = float(np.square(away - means[codes]).sum())
    each = between[..., None] + within[..., None] / sizes
    m = (means / each).sum(-1) / (1.0 / each).sum(-1)
    b = within * (np.square(means - m[..., None]) / each).sum(-1)
    own = np.divide(a, a + b, out=np.zeros_like(b), where=a + b > 0.0)
    w: Floats = 1.0 - own
    return w


def _deviations(x: ArrayLike, codes: Ints) -> tuple[Floats, Ints, Floats]:
    """Give x less its mean, the codes without gaps, and the sizes of the groups."""
    x, codes = np.asarray(x, dtype=float), np.asarray(codes)
    if x.ndim != 1 or x.shape != codes.shape or x.size == 0 or not (np.abs(x) < LARGEST).all():
        raise LMMError(
            "x must be a vector of finite numbers with a group code for each; the shapes are "
            f"{x.shape} and {codes.shape}."
        )
    if (x == x[0]).all():
        raise LMMError(f"The predictor is {x[0]:g} in every row. Take one that varies.")
    _, codes, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    return x - x.mean(), codes, sizes.astype(float)
