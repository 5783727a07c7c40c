"""What is estimated of a residual structure, and how well it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from lmmlab.model.estimable import require_estimates
from lmmlab.model.estimates import require_confidence
from lmmlab.model.table import Table
from lmmlab.residual.place import Place
from lmmlab.residual.slopes import bends, slopes
from lmmlab.residual.structure import EDGE, structure

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit

_NEAR = 1e-6  # the step of differences of values


def estimates(fit: Fit) -> Table:
    """Give the correlations and sd ratios of the residuals."""
    residual = structure(fit.design)
    return Table(residual.names, ("estimate",), residual.values(fit.phi))


def intervals(fit: Fit, confidence: float = 0.95) -> Table:
    """Give Wald intervals of the correlations and sd ratios.

    Parameters
    ----------
    fit : Fit
        An estimated model.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Table
        estimate, lower and upper; an interval is undefined (NaN) at the edge of what can be.

    Raises
    ------
    LMMError
        If the model has no residual structure, or is not at its estimates.

    Notes
    -----
    Intervals are normal on a scale without ends (logarithms of ratios, the inverse hyperbolic
    tangent of AR(1)'s and unstructured correlations, the logarithm of CAR(1)'s range, the logit of
    a common correlation's place between its ends), from the curvature of the criterion in all its
    parameters, and turned back.
    """
    from lmmlab.residual.curvature import uncertainty

    residual = structure(fit.design)
    require_confidence(confidence)
    require_estimates(fit, "An interval")
    values, k = residual.values(fit.phi), len(fit.theta)
    spread = 2.0 * uncertainty(fit).inverse[k:, k:]
    rows = []
    for part, own in zip(residual.parts, residual.places, strict=True):
        phi, k = fit.phi[own], len(part.names)
        turn = np.empty((k, k))
        for column, step in enumerate(_NEAR * np.eye(k)):
            up, down = part.scaled(phi + step), part.scaled(phi - step)
            turn[:, column] = (up - down) / (2.0 * _NEAR)
        variance = np.einsum("ij,jk,ik->i", turn, spread[own, own], turn)
        reach = ndtri((1.0 + confidence) / 2.0) * np.sqrt(variance)
        at = part.scaled(phi)
        with np.errstate(over="ignore"):  # infinite, or a correlation of 0
            ends = np.column_stack([part.unscaled(at - reach), part.unscaled(at + reach)])
        if part.edge(phi) < EDGE:
            ends[:] = np.nan
        rows.append(np.column_stack([values[own], np.sort(ends, axis=1)]))
    return Table(residual.names, ("estimate", "lower", "upper"), np.concatenate(rows))


def promised(fit: Fit) -> float:
    """Tell how much lower the criterion may become along phi; 0 at its minimum."""
    here = Place(fit.phi, fit.theta, fit.cross, fit.solution)
    slope, bend = slopes(fit.design, here), bends(fit.design, here)
    size = np.abs(slope)
    reach = np.divide(size, 2.0 * np.abs(bend), out=np.ones_like(size), where=bend != 0.0)
    return float((size * np.minimum(reach, 1.0)).sum())
