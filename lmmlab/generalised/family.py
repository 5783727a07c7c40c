"""The two families: how a response varies about what is expected of it, and on which scale it adds.

Both links are the canonical ones, logit and log. So the log likelihood is concave in the linear
predictor eta, its slope is y - mean, and minus its curvature W is the variance of y: one step of
Newton is one step of iteratively reweighted least squares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln

from lmmlab.engine.design import Floats

Slopes = tuple[Floats, Floats, Floats, Floats]


@dataclass(frozen=True)
class Family:
    """A distribution with its link.

    Attributes
    ----------
    name, link : str
    inverse : callable
        From eta to what is expected: a probability, or a mean count.
    forward : callable
        The link, from there to eta.
    loglik : callable
        From (y, trials, eta) to what each row adds to the log likelihood, constants left out.
    constant : callable
        From (y, trials) to these constants.
    slopes : callable
        From (y, trials, eta) to four derivatives of the log likelihood: the first, minus the
        second (the variance W of y), and the first two of W.
    """

    name: str
    link: str
    inverse: Callable[[Floats], Floats]
    forward: Callable[[Floats], Floats]
    loglik: Callable[[Floats, Floats, Floats], Floats]
    constant: Callable[[Floats, Floats], Floats]
    slopes: Callable[[Floats, Floats, Floats], Slopes]


def _logistic(y: Floats, trials: Floats, eta: Floats) -> Slopes:
    p = expit(eta)
    W = trials * p * expit(-eta)
    return y - trials * p, W, W * (1.0 - 2.0 * p), W * (1.0 - 6.0 * p * (1.0 - p))


def _exponential(y: Floats, trials: Floats, eta: Floats) -> Slopes:
    mean = np.exp(eta)
    return y - mean, mean, mean, mean


def _chosen(y: Floats, trials: Floats) -> Floats:
    ways: Floats = gammaln(trials + 1.0) - gammaln(y + 1.0) - gammaln(trials - y + 1.0)
    return ways


def _of_trials(y: Floats, trials: Floats, eta: Floats) -> Floats:
    return y * eta - trials * np.logaddexp(0.0, eta)


def _of_counts(y: Floats, trials: Floats, eta: Floats) -> Floats:
    return y * eta - np.exp(eta)


def _orders(y: Floats, trials: Floats) -> Floats:
    return np.asarray(-gammaln(y + 1.0), dtype=float)


def _logit(p: Floats) -> Floats:
    return np.asarray(np.log(p) - np.log1p(-p), dtype=float)


BINOMIAL = Family(
    name="binomial",
    link="logit",
    inverse=expit,
    forward=_logit,
    loglik=_of_trials,
    constant=_chosen,
    slopes=_logistic,
)
POISSON = Family(
    name="poisson",
    link="log",
    inverse=np.exp,
    forward=np.log,
    loglik=_of_counts,
    constant=_orders,
    slopes=_exponential,
)
FAMILIES = {family.name: family for family in (BINOMIAL, POISSON)}
