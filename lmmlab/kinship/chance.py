"""Thousands of p-values: far into the tail, and what they look like if nothing is going on.

A p-value of 1e-400 is no number of the computer, but its logarithm is. So tests are kept as
log10 p.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, betaln, hyp2f1, log_ndtr, ndtri, ndtri_exp, stdtr

from lmmlab.engine.design import Floats, LMMError
from lmmlab.model.estimates import require_confidence

_TINY = 1e-200  # a p-value that is still exact when it is computed as such
_LOG10 = np.log(10.0)


def log10_p_of_t(t: Floats, df: float) -> Floats:
    """Give log10 of the two-sided p-value of t statistics.

    Notes
    -----
    p is the incomplete beta function I_x(df/2, 1/2) with x = df / (df + t**2), and in the far tail
    x**(df/2) (1 - x)**(1/2) 2F1(1, (df + 1)/2; df/2 + 1; x) / ((df/2) B(df/2, 1/2)), an integral
    of which only the logarithm is taken (Abramowitz & Stegun 1964, 26.5.4 and 26.5.2).

    Examples
    --------
    >>> log10_p_of_t(np.array([1.0, 1e3]), 596.0).round(3).tolist()
    [-0.498, -962.539]
    """
    t = np.abs(np.asarray(t, dtype=float))
    p = 2.0 * stdtr(df, -t)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, a = df / (df + t * t), df / 2.0
        rest = np.log(hyp2f1(1.0, a + 0.5, a + 1.0, x)) + 0.5 * np.log1p(-x)
        far = a * np.log(x) + rest - np.log(a) - betaln(a, 0.5)
        log_p: Floats = np.where(p > _TINY, np.log(np.maximum(p, _TINY)), far) / _LOG10
    return log_p


def log10_p_of_chi2(chi2: Floats) -> Floats:
    """Give log10 of the p-value of likelihood ratios with 1 degree of freedom.

    Examples
    --------
    >>> log10_p_of_chi2(np.array([3.841459, 1e4])).round(3).tolist()
    [-1.301, -2173.571]
    """
    log_p: Floats = (np.log(2.0) + log_ndtr(-np.sqrt(np.maximum(chi2, 0.0)))) / _LOG10
    return log_p


def lambda_gc(log10_p: Floats) -> float:
    """Give the genomic inflation factor: the median test statistic over what chance expects.

    Notes
    -----
    p-values are written as chi-square with 1 df; its median under chance is 0.4549 (Devlin & Roeder
    1999, Biometrics 55, 997-1004). Above 1 may be relatives or strata that the model leaves out, or
    many small true effects; this number does not tell which.

    Examples
    --------
    >>> even = np.log10((np.arange(1, 100) - 0.5) / 99)
    >>> round(lambda_gc(even), 3)
    1.0
    """
    log10_p = np.asarray(log10_p, dtype=float)
    known = log10_p[np.isfinite(log10_p)]
    if not known.size:
        raise LMMError("There are no p-values to be compared with those of chance.")
    z = ndtri_exp(known * _LOG10 - np.log(2.0))
    return float(np.median(z * z) / ndtri(0.25) ** 2)


@dataclass(frozen=True, eq=False)
class QQ:
    """Observed p-values beside those that chance expects, as -log10 p, most surprising first.

    Attributes
    ----------
    order : (m,) integer array
        Which test each is.
    expected, observed : (m,) arrays
    lower, upper : (m,) arrays
        Between which values each observed one lies if nothing is going on, with this confidence
        each, were the tests independent.
    """

    order: np.ndarray
    expected: Floats
    observed: Floats
    lower: Floats
    upper: Floats


def qq(log10_p: Floats, confidence: float = 0.95) -> QQ:
    """Lay p-values beside those that chance expects.

    Notes
    -----
    Of m independent uniform numbers the i-th smallest has a beta(i, m + 1 - i) distribution. Its
    mean i / (m + 1) is what is expected, its quantiles make the band. Markers that stand close to
    each other are not independent; then the band is too narrow.

    Examples
    --------
    >>> found = qq(np.log10([0.5, 0.01, 0.2]))
    >>> found.order.tolist(), found.expected.round(3).tolist(), found.observed.round(3).tolist()
    ([1, 2, 0], [0.602, 0.301, 0.125], [2.0, 0.699, 0.301])
    """
    require_confidence(confidence)
    log10_p = np.asarray(log10_p, dtype=float)
    known = np.flatnonzero(np.isfinite(log10_p))
    m = len(known)
    if m == 0:
        raise LMMError("There are no p-values to be compared with those of chance.")
    order = known[np.argsort(log10_p[known], kind="stable")]
    i = np.arange(1.0, m + 1.0)
    tails = (1.0 + confidence) / 2.0, (1.0 - confidence) / 2.0
    lower, upper = (-np.log10(betaincinv(i, m + 1.0 - i, tail)) for tail in tails)
    return QQ(order, -np.log10(i / (m + 1.0)), -log10_p[order], lower, upper)
