"""Tests and intervals for fixed effects, by three accounts of how well the variances are known.

- "wald" takes the variances as known: z and chi-square. With few groups it is too sure.
- "satterthwaite" takes t and F, with degrees of freedom from the curvature of the criterion.
- "kenward-roger" takes them from the design, and also widens the standard errors; REML only.

This file turns hypotheses into tables and says what cannot be tested. The degrees of freedom are
those of `lmmlab.engine.satterthwaite` and `lmmlab.engine.kenward_roger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from scipy.special import chdtrc, fdtrc

from lmmlab.engine.contrast import Contrast as Contrast
from lmmlab.engine.contrast import weights
from lmmlab.engine.crossproducts import DEPENDENT, Crossproducts
from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.estimates import estimates, require_confidence
from lmmlab.engine.kenward_roger import kenward_roger, scaled
from lmmlab.engine.satterthwaite import Uncertainty, degrees, pooled, satterthwaite
from lmmlab.engine.solve import Solution
from lmmlab.engine.table import Table

if TYPE_CHECKING:
    from lmmlab.engine.fit import Fit

Method = Literal["wald", "satterthwaite", "kenward-roger"]

_JOINT = ("numerator df", "df", "F", "p")
_LEAST = 0.1  # with fewer degrees of freedom the data say nothing about the variance


def test(
    fit: Fit,
    method: Method = "satterthwaite",
    L: Contrast | None = None,
    confidence: float = 0.95,
) -> Table:
    """Test whether fixed effects, or combinations L beta of them, are zero.

    Parameters
    ----------
    fit : Fit
        An estimated model.
    method : {"satterthwaite", "kenward-roger", "wald"}
        How it is accounted for that the variances are estimated.
    L : str, sequence of str, or array, optional
        What to test: all fixed effects one by one (None); one of them, by name; a combination, by
        its p weights; or several together, by their names or by the rows of an (r, p) array.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Table
        One by one: a row each with estimate, standard error (adjusted under Kenward-Roger), degrees
        of freedom, t (z under Wald, whose df is infinite), two-sided p, and interval. Together: one
        row with numerator df (the rank of L), df, F and p.

    Raises
    ------
    LMMError
        If the method or an effect is not known, L does not fit the model, degrees of freedom cannot
        be computed, or the method needs another fit (estimated; by REML).

    Notes
    -----
    The joint statistic is F = (L beta)' (L vcov L')^-1 (L beta) / r. Under Satterthwaite its
    degrees of freedom come from r uncorrelated t statistics, along the eigenvectors of L vcov L'
    as in lmerTest; so they depend a little on how L is written, where F does not. Kenward and
    Roger's depend on the hypothesis alone.

    Examples
    --------
    >>> from lmmlab import lmm, load
    >>> model = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))
    >>> model.test("kenward-roger").frame().round(3).iloc[:, :4]
                 estimate     se    df  statistic
    (Intercept)   251.405  6.825  17.0     36.838
    Days           10.467  1.546  17.0      6.771
    >>> model.test(L=[1, 9]).rows
    ('(Intercept) + 9 Days',)
    """
    _require(fit, method)
    require_confidence(confidence)
    if L is None:
        return _one_by_one(fit, method, np.eye(len(fit.names)), fit.names, confidence)
    rows, name = weights(L, fit.names)
    if rows.ndim == 1:
        return _one_by_one(fit, method, rows[None], (name,), confidence)
    return _together(fit, method, [(name, rows)])


def anova(fit: Fit, method: Method = "satterthwaite") -> Table:
    """Test each term of the fixed part, given all others: an analysis of variance of type III.

    Parameters
    ----------
    fit : Fit
        A model made from a formula.
    method : {"satterthwaite", "kenward-roger", "wald"}
        As in `test`.

    Returns
    -------
    Table
        A row for each term: numerator df, df, F and p.

    Raises
    ------
    LMMError
        As `test` does, and if there is no term to test.
    """
    _require(fit, method)
    if not fit.design.hypotheses:
        raise LMMError(
            "There is no term to test: the fixed part is an intercept alone, or the model was made "
            "from arrays, where columns have no terms. fit.test() tests each fixed effect."
        )
    return _together(fit, method, fit.design.hypotheses)


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
    rows = L @ white(cross, at, sigma)
    se = np.sqrt((rows * rows).sum(-1))
    account = _account(cross, at, method)
    if account is None:
        return se, np.full_like(se, np.inf)
    known, adjusted = account
    rows /= se[..., None]
    return se * np.sqrt(((rows @ adjusted) * rows).sum(-1)), degrees(known, rows)


def white(cross: Crossproducts, at: Solution, sigma: float | Floats) -> Floats:
    """Give the root (..., p, p) of vcov, vcov = root root'; its columns are white effects.

    Notes
    -----
    root = sigma R^-1 A' where A' A is the inverse of X' V0^-1 X in conditioned columns.
    """
    root = np.linalg.solve(cross.R, np.swapaxes(at.inverse, -1, -2))
    return np.asarray(root * np.asarray(sigma)[..., None, None], dtype=float)


def require_method(method: str, reml: bool) -> None:
    """Refuse a method that is not known, and Kenward and Roger's for a fit by ML."""
    if method not in get_args(Method):
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


def _one_by_one(
    fit: Fit, method: Method, L: Floats, names: tuple[str, ...], confidence: float
) -> Table:
    """Test each row of L by itself."""
    estimate = L @ fit.beta
    se, df = errors(fit.cross, fit.solution, fit.sigma, L, method)
    _require_df(df, names)
    return estimates(names, estimate, se, df, confidence, _note(fit, method))


def _together(fit: Fit, method: Method, hypotheses: Sequence[tuple[str, Floats]]) -> Table:
    """Test the rows of each L together."""
    names = tuple(name for name, _ in hypotheses)
    root = white(fit.cross, fit.solution, fit.sigma)
    account = _account(fit.cross, fit.solution, method)
    values = np.array([_joint(account, method, L, L @ fit.beta, root) for _, L in hypotheses])
    _require_df(values[:, 1], names)
    return Table(names, _JOINT, values, _note(fit, method))


def _joint(
    account: tuple[Uncertainty, Floats] | None,
    method: Method,
    L: Floats,
    estimate: Floats,
    root: Floats,
) -> tuple[int, float, float, float]:
    """Give numerator df, df, F and p of one hypothesis.

    Notes
    -----
    With L root = U S W', the rows of W' are the white directions that L is about, and
    t = S^-1 U' L beta are uncorrelated, with variance 1.
    """
    rows = L @ root
    unit = rows / np.linalg.norm(rows, axis=1)[:, None]  # so that units of effects do not matter
    r = int(np.linalg.matrix_rank(unit, tol=DEPENDENT))
    U, size, W = np.linalg.svd(rows, full_matrices=False)
    t, W = (estimate @ U)[:r] / size[:r], W[:r]
    F = float(t @ t) / r
    if account is None:
        return r, np.inf, F, float(chdtrc(r, r * F))
    known, adjusted = account
    if method == "satterthwaite":
        df = pooled(degrees(known, W))
    else:
        df, scale = scaled(known, W)
        F = scale * float(t @ np.linalg.solve(W @ adjusted @ W.T, t)) / r
    return r, df, F, float(fdtrc(r, df, F))


def _require(fit: Fit, method: str) -> None:
    """Refuse a method that is not known, and a fit for which it has no answer."""
    require_method(method, fit.reml)
    if not fit.names:
        raise LMMError("The model has no fixed effects, so there is nothing to test.")
    if len(fit.cross.kept) < len(fit.names):
        raise LMMError(
            "Fixed effects are combinations of others, so they cannot be tested. Leave out those "
            "with an infinite standard error."
        )
    if method == "wald":
        return
    if fit.source == "given" or not fit.converged:
        why = "was given, not estimated" if fit.source == "given" else "is no minimum"
        raise LMMError(
            f"theta {why}, so there is no telling how well the variances are known, which decides "
            'the degrees of freedom. Use method="wald", which takes the variances as known.'
        )


def _require_df(df: Floats, names: Sequence[str]) -> None:
    """Refuse degrees of freedom that are none."""
    for name, value in zip(names, df, strict=True):
        if not value > _LEAST:
            raise LMMError(
                f"The degrees of freedom for {name} cannot be computed: the data hardly tell how "
                'well its variance is known. Use a simpler random term, or method="wald".'
            )


def _note(fit: Fit, method: Method) -> str:
    """Say what the degrees of freedom of a singular fit mean."""
    if method == "wald" or not fit.singular:
        return ""
    if method == "satterthwaite":
        return (
            "The fit is singular. Satterthwaite's degrees of freedom take it as known that there "
            "is no variance where none was found, so that there may be almost as many as rows; "
            "Kenward and Roger's do not, and are the safer choice."
        )
    return (
        "The fit is singular. Kenward and Roger's degrees of freedom count a variance estimated as "
        "zero as uncertain like any other; Satterthwaite's take it as known, and may be many more."
    )
