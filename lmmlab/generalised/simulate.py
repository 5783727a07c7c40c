"""Counts from a truth: the same people, deformed.

Chance enters as standard normals that belong to a person and a row, as it does for the linear model
(`lmmlab.study.simulate`). A row's normal becomes a uniform number, and the response is the quantile
of its distribution there: when a slider raises a probability, each no turns to yes at a threshold
of its own, and none turns back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, gammaincc, ndtr

from lmmlab.engine.design import Floats, LMMError
from lmmlab.generalised.family import BINOMIAL, Family

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit

_LARGEST = 20.0  # a log mean, beyond which counts are no counts any more
_REACH, _MORE = 9.0, 40.0  # sds and events above the mean, beyond which there are no counts


def events(family: Family, eta: Floats, noise: Floats, trials: Floats | float = 1.0) -> Floats:
    """Turn a linear predictor into counts, by numbers that say how lucky each row is.

    Parameters
    ----------
    family : Family
        BINOMIAL or POISSON.
    eta : (..., n) array
        The linear predictor, random effects included.
    noise : (..., n) array
        Standard normals of the rows; the larger, the more events.
    trials : (n,) array or float
        Out of how many, for the binomial family.

    Returns
    -------
    (..., n) array
        Whole numbers, which never fall when eta rises.

    Raises
    ------
    LMMError
        If a mean count would exceed exp(20).

    Examples
    --------
    >>> from lmmlab.generalised.family import BINOMIAL, POISSON
    >>> luck = np.array([-1.0, 0.0, 1.0])
    >>> events(BINOMIAL, np.full(3, 0.5), luck).tolist()
    [0.0, 1.0, 1.0]
    >>> events(POISSON, np.full(3, 1.0), luck).tolist()
    [1.0, 3.0, 4.0]
    """
    eta, noise, trials = np.broadcast_arrays(eta, noise, np.asarray(trials, dtype=float))
    if family == BINOMIAL:
        if (trials == 1.0).all():
            return np.asarray(ndtr(-noise) < family.inverse(eta), dtype=float)
        q = family.inverse(-eta)
        return _quantile(noise, trials, lambda k: betainc(trials - k, k + 1.0, q))
    if (eta > _LARGEST).any():
        raise LMMError(
            f"The log mean is {eta.max():.4g}, more than {_LARGEST:g}: such counts are beyond all "
            "bounds. Take smaller effects, or a smaller sd."
        )
    mean = family.inverse(eta)
    most = np.ceil(mean + _REACH * np.sqrt(mean) + _MORE)
    return _quantile(noise, most, lambda k: gammaincc(k + 1.0, mean))


def _quantile(noise: Floats, most: Floats, below: Callable[[Floats], Floats]) -> Floats:
    """Give the least whole number k, at most `most`, with P(y <= k) >= P(normal <= noise).

    By halving: SciPy's own inverses (bdtrik, pdtrik) do not always come to an end.
    """
    share = ndtr(noise)
    low, high = np.full(noise.shape, -1.0), np.array(most)
    for _ in range(int(np.log2(most.max(initial=0.0) + 1.0)) + 1):
        middle = np.floor((low + high) / 2.0)
        asked = np.clip(middle, 0.0, most - 1.0)
        enough = below(asked) >= share
        open_ = high - low > 1.0
        high = np.where(open_ & enough, middle, high)
        low = np.where(open_ & ~enough, middle, low)
    return high


def simulate(fit: GLMMFit, n: int = 1, seed: int = 1) -> Floats:
    """Draw new responses from a fitted model, of new groups in the places of the old ones.

    Parameters
    ----------
    fit : GLMMFit
    n : int
        How many times.
    seed : int
        Not negative; another seed gives other groups.

    Returns
    -------
    (n, rows) array
        Numbers of events.

    Raises
    ------
    LMMError
        If n or seed cannot be.
    """
    for what, value, least in (("n", n, 1), ("seed", seed, 0)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < least:
            raise LMMError(f"{what} must be a whole number from {least} on; this is {value!r}.")
    rng, data = np.random.default_rng(seed), fit.data
    u = rng.standard_normal((n, *data.shape))
    eta = fit.counts.offset + fit.design.X @ fit.beta
    eta = eta + np.einsum("nq,rnq->rn", fit.found.at.A, data.local(u))
    noise = rng.standard_normal(eta.shape)
    return events(fit.counts.family, eta, noise, fit.counts.trials)
