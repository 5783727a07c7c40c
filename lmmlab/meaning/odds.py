"""What a random effect means beyond the normal model: averages of curves, odds and counts.

With a link the average of the groups' curves is not the curve of the average group. For yes and no
it is flatter, so a coefficient is smaller on average over groups than within each (Zeger, Liang &
Albert 1988). For counts it lies higher, by the same factor everywhere.

Everything here is a function of numbers and arrays, which broadcast. tau is always the sd of a
random effect on the scale of the link, from 0 to 100 where nothing else is said; log odds lie
between -700 and 700, and a mean count is above 0. All else is refused: an `LMMError` names the
limits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit, ndtri

from lmmlab.engine.design import Floats, LMMError

LOGISTIC = np.pi**2 / 3.0  #: variance of the standard logistic distribution
_ZEGER = (16.0 * np.sqrt(3.0) / (15.0 * np.pi)) ** 2
_REACH = 9.0  # of the standard normal distribution: beyond is nothing that a number can hold
_STEP = 0.5  # for an sd up to 1; the error of the rule is below 1e-16
_POINTS = 2_000_000  # evaluated at a time
LARGEST = 700.0  #: a linear predictor, beyond which odds and counts are no numbers any more
WIDEST = 100.0  #: an sd on the scale of the link, beyond which nothing is computed


def _read(what: str, given: ArrayLike, least: float, most: float) -> Floats:
    """Read numbers that must lie between two others."""
    try:
        read = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        read = np.asarray(np.nan)
    if not ((read >= least) & (read <= most)).all():
        raise LMMError(f"{what}, from {least:g} to {most:g}; this is {given!r}.")
    return read


def _sd(tau: ArrayLike, most: float = WIDEST) -> Floats:
    return _read("tau must be an sd on the scale of the link", tau, 0.0, most)


def _log_odds(eta: ArrayLike) -> Floats:
    return _read("Log odds must be numbers", eta, -LARGEST, LARGEST)


def averages(eta: ArrayLike, tau: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Average a probability over groups; say how the average moves with eta and with tau**2.

    Parameters
    ----------
    eta : array
        Log odds in a group whose random effect is 0.
    tau : array
        The sd of the random effect.

    Returns
    -------
    average, slope, bend : arrays
        The average probability, its derivative with respect to eta, and to tau**2.

    Notes
    -----
    The integral of expit(eta + tau t) over the normal density of t, by the trapezoidal rule, which
    is exact to the last digits for functions without a pole nearby (Trefethen & Weideman 2014); the
    poles lie pi / tau away, so steps are taken in proportion. The derivative with respect to tau**2
    is half the average second derivative.
    """
    eta, tau = np.broadcast_arrays(_log_odds(eta), _sd(tau))
    shape, eta, tau = eta.shape, eta.ravel(), tau.ravel()
    step = _STEP / max(1.0, float(tau.max(initial=0.0)))
    t = step * np.arange(-np.floor(_REACH / step), np.floor(_REACH / step) + 1.0)
    weight = np.exp(-t * t / 2.0)
    weight /= weight.sum()
    out = np.empty((3, len(eta)))
    each = max(1, _POINTS // len(t))
    for start in range(0, len(eta), each):
        part = slice(start, start + each)
        at = eta[part, None] + tau[part, None] * t
        p = expit(at)
        slope = p * expit(-at)
        out[0, part] = p @ weight
        out[1, part] = slope @ weight
        out[2, part] = (slope * (0.5 - p)) @ weight
    average, first, bend = out.reshape(3, *shape)
    return average, first, bend


def average_log_odds(eta: ArrayLike, tau: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Give the log odds of the average probability; say how they move with eta and with tau**2.

    Computed from the rarer of yes and no, which has all its digits; else as `averages`.
    """
    eta = _log_odds(eta)
    side = np.where(eta > 0.0, -1.0, 1.0)
    average, slope, bend = averages(side * eta, tau)
    unit = average * (1.0 - average)
    return np.asarray(side * logit(average)), slope / unit, side * bend / unit


def average_probability(eta: ArrayLike, tau: ArrayLike) -> Floats:
    """Average a probability over groups whose log odds vary.

    Parameters
    ----------
    eta : array
        Log odds in a group whose random effect is 0.
    tau : array
        The sd of the random effect.

    Examples
    --------
    >>> average_probability([0.0, 2.0], 1.5).round(3).tolist()
    [0.5, 0.81]
    """
    return averages(eta, tau)[0]


def average_log_odds_ratio(start: ArrayLike, change: ArrayLike, tau: ArrayLike) -> Floats:
    """Give the log odds ratio of average probabilities: what a change does on average over groups.

    Parameters
    ----------
    start, change : array
        Log odds before, and the change of them, within a group.
    tau : array
        The sd of the random effect.

    Examples
    --------
    >>> average_log_odds_ratio(-0.5, 1.0, [0.5, 1.0, 2.0]).round(3).tolist()
    [0.945, 0.828, 0.607]
    """
    start, change = _log_odds(start), _log_odds(change)
    after, before = average_log_odds(start + change, tau)[0], average_log_odds(start, tau)[0]
    return np.asarray(after - before, dtype=float)


def flattening(tau: ArrayLike) -> Floats:
    """Approximate how much smaller a logit coefficient is on average over groups than within them.

    Notes
    -----
    1 / sqrt(1 + c**2 tau**2), c = 16 root(3) / (15 pi), c**2 = 0.346 (Zeger, Liang & Albert 1988,
    Biometrics 44, 1049-1060).

    Examples
    --------
    >>> flattening([0.5, 1.0, 1.5, 2.0]).round(3).tolist()
    [0.959, 0.862, 0.75, 0.648]
    """
    return np.asarray(1.0 / np.sqrt(1.0 + _ZEGER * _sd(tau) ** 2), dtype=float)


def median_ratio(tau: ArrayLike) -> Floats:
    """Say how different groups are: the median odds ratio (or rate ratio) of two of them.

    Notes
    -----
    Of two groups drawn at random, the higher to the lower: exp(root(2) tau 0.6745) (Larsen & Merlo
    2005, American Journal of Epidemiology 161, 81-88).

    Examples
    --------
    >>> float(median_ratio(1.0).round(3))
    2.596
    """
    return np.asarray(np.exp(np.sqrt(2.0) * _sd(tau) * ndtri(0.75)), dtype=float)


def latent_icc(tau: ArrayLike) -> Floats:
    """Give the ICC of the tendencies behind yes and no, whose residual variance is pi**2 / 3.

    It is no correlation of the answers themselves, which is smaller.

    Examples
    --------
    >>> latent_icc([0.5, 1.0, 2.0]).round(3).tolist()
    [0.071, 0.233, 0.549]
    """
    square = _sd(tau) ** 2
    return np.asarray(square / (square + LOGISTIC), dtype=float)


def count_icc(mean: ArrayLike, tau: ArrayLike) -> Floats:
    """Give the ICC of counts on the log scale, with log(1 + 1 / mean) for what chance adds there.

    Parameters
    ----------
    mean : array
        The average count, over groups.
    tau : array
        The sd of the random effect.

    Notes
    -----
    The observation-level variance in the lognormal approximation (Nakagawa, Johnson & Schielzeth
    2017, Journal of the Royal Society Interface 14, 20170213). It depends on the mean.

    Examples
    --------
    >>> float(count_icc(2.0, 0.6).round(3))
    0.47
    """
    square = _sd(tau) ** 2
    noise = np.log1p(1.0 / _read("A mean count must be positive", mean, 1e-300, 1e305))
    return np.asarray(square / (square + noise), dtype=float)


def count_moments(mean: ArrayLike, tau: ArrayLike) -> tuple[Floats, Floats]:
    """Give mean and variance of counts over groups, from the mean of a group with effect 0.

    Raises
    ------
    LMMError
        If tau is no sd from 0 to 20, or the mean is not positive.

    Examples
    --------
    >>> average, variance = count_moments(2.0, 0.6)
    >>> round(float(average), 3), round(float(variance), 3)
    (2.394, 4.879)
    """
    square = _sd(tau, 20.0) ** 2
    average = _read("A mean count must be positive", mean, 1e-50, 1e50) * np.exp(square / 2.0)
    return average, average + average**2 * np.expm1(square)
