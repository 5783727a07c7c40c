"""What dependence does to a whole study: how much its rows are worth, and who is overconfident.

Groups of unequal size are the general case, and all results are exact for given variances. "Naive"
is the analysis that takes all rows as independent and knows their variance, tau**2 + sigma**2.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from lmmlab.engine.design import LARGEST, Floats, LMMError
from lmmlab.meaning.variance import sds
from lmmlab.model.estimates import require_confidence

Weighting = Literal["rows", "groups", "best"]


def design_effect(icc: ArrayLike, sizes: ArrayLike, icc_x: ArrayLike = 1.0) -> Floats:
    """Tell how many times larger a variance is than the naive analysis believes.

    Parameters
    ----------
    icc : (...) array
        Correlation of two rows of one group, 0 to 1.
    sizes : (..., J) array or number
        Rows of each group; one number stands for groups of equal size.
    icc_x : (...) array
        How alike the predictor is within groups, see
        `lmmlab.meaning.predictor.pair_icc`: 1 for the overall mean and for
        what is constant within groups of equal size, -1 / (n - 1) for what has the same mean in
        each of them.

    Returns
    -------
    (...) array
        True over naive variance of the least-squares slope (or mean): 1 + (n - 1) icc_x icc.
        Below 1 the naive analysis is too cautious.

    Raises
    ------
    LMMError
        If an ICC or a size is impossible.

    Notes
    -----
    Kish (1965, section 5.4) for a mean, Moulton (1990) for a slope. With unequal sizes n is the
    size of the group of an average row, sum n_j**2 / sum n_j, and all is still exact.

    Examples
    --------
    >>> design_effect(0.4, 60, np.array([1.0, 0.0, -1 / 59])).round(3).tolist()
    [24.6, 1.0, 0.6]
    """
    icc, sizes, icc_x = _icc(icc), _sizes(sizes), np.asarray(icc_x, dtype=float)
    n = np.square(sizes).sum(-1) / sizes.sum(-1)
    effect: Floats = 1.0 + (n - 1.0) * icc_x * icc
    if not ((n - 1.0) * icc_x >= -1.0 - 1e-9).all() or not (np.abs(icc_x) < LARGEST).all():
        raise LMMError(
            f"icc_x is {icc_x.tolist()}, and it cannot be below -1 / (n - 1), where the predictor "
            "has the same mean in all groups. Compute it with pair_icc."
        )
    return np.maximum(effect, 0.0)


def mean_variance(
    tau: ArrayLike, sigma: ArrayLike, sizes: ArrayLike, weighting: Weighting = "rows"
) -> Floats:
    """Give the variance of an estimated overall mean, groups being a sample.

    Parameters
    ----------
    tau, sigma : (...) arrays
        Sds between groups and within them.
    sizes : (..., J) array
        Rows of each group.
    weighting : {"rows", "groups", "best"}
        Every row counts the same (ordinary least squares), every group does (the mean of means),
        or each group by its precision (generalised least squares, the mixed model).

    Returns
    -------
    (...) array
        sum w_j**2 (tau**2 + sigma**2 / n_j) for weights w_j that add up to 1.

    Raises
    ------
    LMMError
        If an sd or a size is impossible, both sds are 0, or the weighting is unknown.

    Examples
    --------
    15 people with 20 trials and 15 with 100, ICC .40: the mean over rows wastes a third.

    >>> sizes = [20] * 15 + [100] * 15
    >>> rows, best = (mean_variance(4.0, 4.9, sizes, how) for how in ("rows", "best"))
    >>> round(float(rows / best), 2)
    1.41
    """
    if weighting not in get_args(Weighting):
        raise LMMError(f"weighting must be 'rows', 'groups' or 'best'; this is {weighting!r}.")
    if np.ndim(sizes) == 0:
        raise LMMError(f"sizes is {sizes!r}; give the rows of each group, such as [60] * 30.")
    sizes = _sizes(sizes)
    between, within = np.square(sds("tau", tau)), np.square(sds("sigma", sigma))
    if not (between + within > 0.0).all():
        raise LMMError("tau and sigma are both 0, so the mean is known and there is no variance.")
    each = between[..., None] + within[..., None] / sizes
    w = {"rows": sizes, "groups": np.ones_like(sizes), "best": 1.0 / each}[weighting]
    variance: Floats = (np.square(w) * each).sum(-1) / np.square(w.sum(-1))
    return variance


def effective_size(icc: ArrayLike, sizes: ArrayLike, weighting: Weighting = "rows") -> Floats:
    """Count the independent rows that would tell as much about the mean.

    Parameters
    ----------
    icc : (...) array
        Correlation of two rows of one group, 0 to 1.
    sizes : (..., J) array
        Rows of each group.
    weighting : {"rows", "groups", "best"}
        How the mean is taken, see `mean_variance`.

    Returns
    -------
    (...) array
        N over the design effect for "rows"; never more than J / icc.

    Raises
    ------
    LMMError
        As `mean_variance`.

    Examples
    --------
    30 people with 60 trials each, 1,800 rows:

    >>> round(float(effective_size(0.4, [60] * 30)))
    73
    """
    icc = _icc(icc)
    size: Floats = 1.0 / mean_variance(np.sqrt(icc), np.sqrt(1.0 - icc), sizes, weighting)
    return size


def naive_size(effect: ArrayLike, confidence: float = 0.95) -> Floats:
    """Tell how often a naive test rejects although there is nothing.

    Parameters
    ----------
    effect : array
        The design effect D, true over naive variance; 0 or more.
    confidence : float
        What the test claims, 0.95 for a 5 % test.

    Returns
    -------
    array
        2 Phi(-z / sqrt(D)): the size of a two-sided z test with the naive standard error; 1 minus
        it is the coverage of the naive interval.

    Raises
    ------
    LMMError
        If D is negative or the confidence is not between 0 and 1.

    Examples
    --------
    Twenty rows in each group, ICC .05, and three times as many false alarms as promised:

    >>> round(float(naive_size(design_effect(0.05, 20))), 2)
    0.16
    """
    effect = np.asarray(effect, dtype=float)
    if not (effect >= 0.0).all():
        raise LMMError(f"A design effect is 0 or more; this is {effect.tolist()}.")
    z = np.full_like(effect, -np.inf)
    np.divide(ndtri(_tail(confidence)), np.sqrt(effect), out=z, where=effect > 0.0)
    size: Floats = 2.0 * ndtr(z)
    return size


def power(
    effect: ArrayLike, se: ArrayLike, df: ArrayLike = np.inf, confidence: float = 0.95
) -> Floats:
    r"""Tell how often a two-sided t test will find an effect that is there.

    Parameters
    ----------
    effect, se : arrays
        The true effect and the standard error of its estimate, above 0.
    df : array
        Degrees of freedom of the test; infinite for a z test.
    confidence : float
        0.95 for a 5 % test.

    Returns
    -------
    array
        Probability that \|t\| is beyond its critical value, t noncentral with effect / se.

    Raises
    ------
    LMMError
        If a standard error or df is not positive, or the confidence is not between 0 and 1.

    Examples
    --------
    24 villages, 12 of them treated, 40 people each, tau 3, sigma 15, an effect of -4 mmHg:

    >>> se = np.sqrt(2 * mean_variance(3.0, 15.0, [40] * 12))
    >>> round(float(se), 3), round(float(power(-4.0, se, 22)), 2)
    (1.561, 0.69)
    """
    effect, se, df = (np.asarray(value, dtype=float) for value in (effect, se, df))
    if not ((se > 0.0).all() and (df > 0.0).all() and np.isfinite(effect).all()):
        raise LMMError(
            "Power needs a finite effect, and a standard error and df above 0; these are "
            f"{effect.tolist()}, {se.tolist()} and {df.tolist()}."
        )
    away = np.abs(effect / se)
    finite = np.where(np.isfinite(df), df, 1.0)
    critical = stdtrit(finite, 1.0 - _tail(confidence))
    near = nctdtr(finite, away, -critical)  # of the wrong sign; what SciPy cannot give is nothing
    far = nctdtr(finite, -away, -critical)
    t = np.where(np.isfinite(far), far, 1.0) + np.where(np.isfinite(near), near, 0.0)
    z = ndtri(1.0 - _tail(confidence))
    found: Floats = np.where(np.isfinite(df), t, ndtr(away - z) + ndtr(-away - z))
    return found


def _icc(value: ArrayLike) -> Floats:
    icc = np.asarray(value, dtype=float)
    if not ((icc >= 0.0) & (icc <= 1.0)).all():
        raise LMMError(f"An ICC lies between 0 and 1; this is {icc.tolist()}.")
    return icc


def _sizes(value: ArrayLike) -> Floats:
    sizes = np.atleast_1d(np.asarray(value, dtype=float))
    if sizes.size == 0 or not ((sizes > 0.0) & (sizes < LARGEST)).all():
        raise LMMError(
            f"Sizes must be positive numbers of rows, one for each group; this is {sizes.tolist()}."
        )
    return sizes


def _tail(confidence: float) -> float:
    require_confidence(confidence)
    return (1.0 - confidence) / 2.0
