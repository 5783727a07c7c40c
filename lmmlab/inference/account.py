"""How well the variances behind an estimate are known, by each of the three methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from lmmlab.engine.covariance import positions
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.solve import Solution
from lmmlab.inference.kenward_roger import kenward_roger
from lmmlab.inference.satterthwaite import Uncertainty, degrees, satterthwaite, white
from lmmlab.model.relatives import require_noise
from lmmlab.residual.structure import EDGE

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit

Method = Literal["wald", "satterthwaite", "kenward-roger"]


def errors(
    cross: Crossproducts, at: Solution, sigma: float | Floats, L: Floats, method: Method
) -> tuple[Floats, Floats]:
    """Give standard errors and degrees of freedom of L beta, in one fit or in many.

    Parameters
    ----------
    cross : Crossproducts
        The conditioned data; no column of X is dependent.
    at : Solution
        The solution at the estimates; leading axes (...) are replicates.
    sigma : (...) array
        Residual sd.
    L : (r, p) array
        A combination of the fixed effects in each row.
    method : {"wald", "satterthwaite", "kenward-roger"}

    Returns
    -------
    se, df : (..., r) arrays
    """
    return known_errors(L @ white(cross, at, sigma), _account(cross, at, method))


def known_errors(rows: Floats, account: tuple[Uncertainty, Floats] | None) -> tuple[Floats, Floats]:
    """Give standard errors and degrees of freedom of combinations of white effects."""
    se = lengths(rows)
    if account is None:
        return se, np.full_like(se, np.inf)
    known, adjusted = account
    rows /= se[..., None]
    return se * np.sqrt(((rows @ adjusted) * rows).sum(-1)), degrees(known, rows)


def require_method(method: object, reml: bool) -> None:
    """Refuse a method that is not known, and Kenward and Roger's for a fit by ML."""
    if not (isinstance(method, str) and method in get_args(Method)):
        raise LMMError(
            f'method must be "wald", "satterthwaite" or "kenward-roger"; this is {method!r}.'
        )
    if method == "kenward-roger" and not reml:
        raise LMMError(
            "Kenward and Roger's method is made for REML, and this model was fitted by ML. Fit it "
            'with reml=True, or use method="satterthwaite".'
        )


def _account(
    cross: Crossproducts, at: Solution, method: Method
) -> tuple[Uncertainty, Floats] | None:
    """Give the uncertainty of the covariance of white effects, and itself (over sigma**2)."""
    if method == "wald":
        return None
    if method == "kenward-roger":
        return kenward_roger(cross, at)
    return satterthwaite(cross, at), np.eye(at.inverse.shape[-1])


def account_of(fit: Fit, method: Method) -> tuple[Uncertainty, Floats] | None:
    """Give the same for a fit, in which a residual structure may be uncertain, too."""
    if fit.design.residual is None or method == "wald":
        return _account(fit.cross, fit.solution, method)
    from lmmlab.residual.curvature import uncertainty

    return uncertainty(fit), np.eye(fit.solution.inverse.shape[-1])


def needs_noise(method: Method, blocks: tuple[int, ...]) -> bool:
    """Tell whether a method has no answer where nothing is left for residual noise.

    Satterthwaite's has one where a single variance is estimated beside it; that does not matter
    then. With several, digits are lost.
    """
    several = len(positions(blocks)[0]) > 1
    return method == "kenward-roger" or (method == "satterthwaite" and several)


def lengths(rows: Floats) -> Floats:
    """Give the lengths (...) of vectors (..., p), none too long or too short to be squared."""
    largest = np.abs(rows).max(-1, initial=0.0)
    lengths: Floats = largest * np.linalg.norm(rows / largest[..., None], axis=-1)
    return lengths


def require_defined(fit: Fit, method: Method) -> None:
    """Refuse a method that has no answer for the residuals of a fit."""
    residual = fit.design.residual
    if method == "kenward-roger" and (residual is not None or not fit.design.terms):
        raise LMMError(
            "Kenward and Roger's method is made here for random effects and independent residuals. "
            'Use method="satterthwaite".'
        )
    if needs_noise(method, fit.design.blocks):
        alone = 'method="satterthwaite", which takes it as known'
        instead = alone if len(fit.theta) == 1 else 'method="wald"'
        require_noise(fit, f'method="{method}"', instead)
    if method == "satterthwaite" and residual is not None and min(residual.edges(fit.phi)) < EDGE:
        raise LMMError(
            "The residual structure is estimated at the edge of what can be, where nothing tells "
            'how well it is known. Use a simpler structure, or method="wald".'
        )
