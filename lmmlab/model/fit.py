"""Estimating a mixed model, or taking it at a theta that is known.

Balanced designs have their estimates in closed form; all others are searched for. What comes out,
`Fit`, does not depend on which (`lmmlab.model.model`).
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.covariance import factor, settle
from lmmlab.engine.crossproducts import Crossproducts, condition
from lmmlab.engine.design import LARGEST, Design, Floats, LMMError
from lmmlab.engine.solve import solve
from lmmlab.model.closed import closed_theta
from lmmlab.model.estimable import (
    is_number,
    require_enough_rows,
    require_estimable,
    require_reml,
)
from lmmlab.model.model import Fit as Fit
from lmmlab.model.model import Source
from lmmlab.model.relatives import minimum
from lmmlab.residual.identified import require_structure
from lmmlab.residual.search import search
from lmmlab.residual.structure import structure
from lmmlab.residual.whitening import conditioned


def fit(design: Design, reml: bool = True, closed: bool = True) -> Fit:
    """Estimate a mixed model.

    Parameters
    ----------
    design : Design
        The data.
    reml : bool
        Restricted maximum likelihood (the default) or maximum likelihood.
    closed : bool
        Use the closed form where the design has one; False searches in any case.

    Returns
    -------
    Fit

    Raises
    ------
    LMMError
        If the model cannot be estimated: what is wrong and what to do.
    """
    require_reml(reml)
    require_enough_rows(design)
    if design.residual is not None:
        return _structured(design, design.residual.start, reml)
    cross = condition(design)
    require_estimable(design, cross, reml)
    theta, path = closed_theta(design, reml) if closed else None, None
    if theta is None and not design.terms:
        theta = np.empty(0)
    if theta is None:
        path = minimum(cross, reml)
        theta = path.theta[-1]
    theta = settle(theta, cross.S, cross.blocks)
    at = solve(cross, cross.S @ factor(theta, cross.blocks), reml)
    source: Source = "search" if path else "closed form"
    return Fit(design, theta, float(np.sqrt(at.variance)), source, cross, at, path)


def _structured(design: Design, start: Floats, reml: bool) -> Fit:
    """Estimate a model whose residuals have a structure."""
    cross = conditioned(design, start)
    require_estimable(design, cross, reml)
    require_structure(design, reml)
    here, path = search(design, reml)
    sigma = float(np.sqrt(here.at.variance))
    return Fit(design, here.theta, sigma, "search", here.cross, here.at, path, here.phi)


def evaluate(
    design: Design,
    theta: Floats,
    sigma: float | None = None,
    reml: bool = True,
    values: Floats | None = None,
) -> Fit:
    """Give the model at a theta that is known, not estimated.

    Parameters
    ----------
    design : Design
        Unlike in `fit`, it need not suffice to estimate variances.
    theta : (k,) array
        The lower triangle of each block of the relative factor, column by column.
    sigma : float, optional
        The residual sd; None takes the best one for this theta.
    reml : bool
        Which criterion; it also decides how sigma is estimated.
    values : array, optional
        The correlations and sd ratios of the residual structure, if the design has one.

    Returns
    -------
    Fit

    Raises
    ------
    LMMError
        If theta or sigma cannot be.
    """
    require_reml(reml)
    phi = np.empty(0)
    if design.residual is not None or values is not None:
        phi = structure(design).coordinates(() if values is None else values)
    return known(design, conditioned(design, phi), theta, sigma, reml, phi)


def known(
    design: Design,
    cross: Crossproducts,
    theta: Floats,
    sigma: float | None,
    reml: bool,
    phi: Floats,
) -> Fit:
    """Give the model of conditioned data at a theta that is known; see `Fit.at`.

    Raises
    ------
    LMMError
        If theta or sigma cannot be.
    """
    try:
        theta = np.array(theta, dtype=object).astype(float)  # a copy, which nobody else changes
    except (TypeError, ValueError):
        raise LMMError(f"theta must be real numbers, like Fit.theta; this is {theta!r}.") from None
    at = solve(cross, cross.S @ factor(theta, cross.blocks), reml)
    if sigma is None:
        sigma = float(np.sqrt(at.variance))
    elif not (is_number(sigma) and 1.0 / LARGEST < float(sigma) < LARGEST):
        raise LMMError(f"sigma must be a positive number below 1e100; this is {sigma!r}.")
    return Fit(design, theta, float(sigma), "given", cross, at, None, phi)
