"""The random effects that go best with y, at one Lambda and beta: penalised least squares, again.

Given the parameters, the likely u are those with the largest log p(y | u) - u'u / 2. Each step is a
weighted least-squares problem with as many extra rows as effects, which pull u towards zero: the
linear mixed model with sigma = 1, its rows weighted by W and y replaced by a working response. It
is Newton's step, since the links are canonical, with the penalised Hessian H = A'WA + I, A = Z
Lambda (Bates 2011, and Section 3 of Bates, Maechler, Bolker & Walker 2015, for the linear case).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmmlab.engine.design import Floats, LMMError
from lmmlab.generalised.family import Slopes
from lmmlab.generalised.stack import inverse, logdet, solve
from lmmlab.generalised.working import Working

_STEPS = 200
_ENOUGH = 1e-11  # a step of u, after which there is none
_ROUNDING = 1e-8  # a step of u that may be rounding, if it no longer shrinks
_LARGEST = 1e12  # of H, beyond which the 1 of the penalty is lost
_SHORT = 0.5  # a step of eta that Newton's method may make whole


@dataclass(frozen=True, eq=False)
class Mode:
    """The best u at one Lambda and beta, and the curvature there.

    Attributes
    ----------
    Lambda : (q, q) array
        Any square root of G for the conditioned random columns.
    beta : (p,) array
        For the conditioned fixed columns.
    u : (m, K) array
        Spherical random effects, by component.
    A : (n, q) array
        Z Lambda, as far as a row knows it.
    eta : (n,) array
        The linear predictor.
    slopes : tuple of arrays
        Of the log likelihood at eta; see `Family`.
    H : (m, K, K) array
        A'WA + I, by component.
    """

    Lambda: Floats
    beta: Floats
    u: Floats
    A: Floats
    eta: Floats
    slopes: Slopes
    H: Floats

    @cached_property
    def C(self) -> Floats:
        """The inverse of H: the covariance of u given y, approximately."""
        return inverse(self.H)

    @cached_property
    def logdet(self) -> float:
        """log|H|."""
        return logdet(self.H)


def mode(data: Working, Lambda: Floats, beta: Floats, u: Floats | None = None) -> Mode:
    """Find the best u.

    Parameters
    ----------
    data : Working
    Lambda : (q, q) array
    beta : (p,) array
    u : (m, K) array, optional
        Where to start.

    Raises
    ------
    LMMError
        If it is not found, since the linear predictor is beyond what numbers can hold.

    Notes
    -----
    The steps need no search along the line: made shorter by log(1 + s) / s, s the largest change of
    eta, they cannot overshoot, since the third derivative of these log likelihoods is never larger
    than W (Sun & Tran-Dinh 2019).
    """
    counts = data.counts
    A = data.Z @ Lambda
    known = counts.offset + data.X @ beta
    u = np.zeros(data.shape) if u is None else u
    K, before = data.shape[1], np.inf
    each = np.arange(K)
    outer = A[:, :, None] * A[:, None, :]
    for _ in range(_STEPS):
        eta = known + np.einsum("nq,nq->n", A, data.local(u))
        with np.errstate(over="ignore", invalid="ignore"):
            slopes = counts.family.slopes(counts.y, counts.trials, eta)
        r, W = slopes[:2]
        H = data.squares(W[:, None, None] * outer)
        H[:, each, each] += 1.0
        if not (np.abs(H) < _LARGEST).all():  # false for NaN
            break
        step = solve(H, data.sums(r[:, None] * A) - u)
        size = float(np.abs(step).max())
        if size <= _ENOUGH or (size <= _ROUNDING and size >= before):
            return Mode(Lambda, beta, u, A, eta, slopes, H)
        before = size
        s = float(np.abs(np.einsum("nq,nq->n", A, data.local(step))).max())
        u = u + (step if s < _SHORT else step * (np.log1p(s) / s))
    raise LMMError(
        "At these parameters the linear predictor is too large to go on with. Take smaller ones."
    )
