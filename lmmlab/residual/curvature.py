"""How well theta and phi are known together, and the degrees of freedom that follow.

In theta there are exact derivatives (`lmmlab.inference.satterthwaite`); in phi they are differences
of the criterion and its exact slopes, of rows made independent at phi a little more or less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.covariance import principal
from lmmlab.engine.derivatives import derivatives, in_theta
from lmmlab.engine.design import Floats
from lmmlab.engine.solve import solve
from lmmlab.inference.satterthwaite import Uncertainty, curved, inverted, white
from lmmlab.residual.whitening import conditioned

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit

_NEAR = 1e-3  # the step of differences, most of fourth order


@dataclass(frozen=True, eq=False)
class _Look:
    """The criterion at another phi, its slope in theta, and the covariance of the fixed effects."""

    criterion: float
    slope: Floats
    covariance: Floats


def uncertainty(fit: Fit) -> Uncertainty:
    """Read the uncertainty of theta and phi from the curvature of the criterion at its minimum.

    Returns
    -------
    Uncertainty
        Along theta in the principal axes of D, and then along phi.

    Notes
    -----
    These are Satterthwaite's degrees of freedom as in `lmmlab.inference.satterthwaite`, with phi
    beside theta: the gradient of log v, sigma**2 eliminated, and the Hessian of the profiled
    criterion, both in all parameters.
    """
    look = _looking(fit)
    slope, hessian = _beside(*curved(fit.cross, fit.solution), len(fit.phi))
    k, here = len(fit.theta), float(fit.solution.criterion())
    cannot = ~np.diagonal(hessian)[:k].astype(bool)  # change, since D has a lower rank
    for i in range(len(fit.phi)):
        near = [look((i, step)) for step in (-2, -1, 1, 2)]
        mixed = _first([one.slope for one in near])
        hessian[k + i, :k] = hessian[:k, k + i] = np.where(cannot, 0.0, mixed)
        slope[k + i] = _first([one.covariance for one in near])
        below2, below, above, above2 = (one.criterion for one in near)
        bend = 16.0 * (below + above) - (below2 + above2) - 30.0 * here
        hessian[k + i, k + i] = bend / (12.0 * _NEAR**2)
        for j in range(i):
            corners = [s * t * look((j, s), (i, t)).criterion for s in (-1, 1) for t in (-1, 1)]
            bend = sum(corners) / (4.0 * _NEAR**2)
            hessian[k + i, k + j] = hessian[k + j, k + i] = bend
    return Uncertainty(fit.solution.df, slope, inverted(hessian))


def _beside(slope: Floats, hessian: Floats, r: int) -> tuple[Floats, Floats]:
    """Make room for phi."""
    nothing = np.zeros((r, *slope.shape[1:]))
    return np.concatenate([slope, nothing]), np.pad(hessian, (0, r))


def _first(near: list[Floats]) -> Floats:
    """Give the first derivative from the values two steps before to two after."""
    below2, below, above, above2 = near
    return np.asarray((8.0 * (above - below) - (above2 - below2)) / (12.0 * _NEAR))


def _looking(fit: Fit) -> Callable[..., _Look]:
    """Give a function that looks some steps away in some elements of phi, D held."""
    cross, at = fit.cross, fit.solution
    axes, root = principal(at.Lambda, cross.blocks)
    back = np.linalg.inv(white(cross, at, fit.sigma))

    @cache
    def look(*steps: tuple[int, int]) -> _Look:
        phi = fit.phi.copy()
        for i, step in steps:
            phi[i] += step * _NEAR
        there = conditioned(fit.design, phi)
        turn = there.S @ np.linalg.solve(cross.S, axes)
        here = solve(there, turn @ root, fit.reml)
        in_D, bend = derivatives(there, here, np.eye(len(turn)))
        slope, _ = in_theta(turn.T @ in_D @ turn, np.zeros_like(bend), root, cross.blocks)
        effects = back @ white(there, here, np.sqrt(here.variance))
        return _Look(float(here.criterion()), slope, effects @ effects.T)

    return look
