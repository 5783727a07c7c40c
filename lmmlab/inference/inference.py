"""Tests and intervals for fixed effects, by three accounts of how well the variances are known.

- "wald" takes the variances as known: z and chi-square. With few groups it is too sure.
- "satterthwaite" takes t and F, with degrees of freedom from the curvature of the criterion.
- "kenward-roger" takes them from the design, and also widens the standard errors; REML only.

This file turns hypotheses into tables and says what cannot be tested. The degrees of freedom are
those of `lmmlab.inference.satterthwaite` and `lmmlab.inference.kenward_roger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from scipy.special import chdtrc, fdtrc

from lmmlab.engine.crossproducts import DEPENDENT, Crossproducts
from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.solve import Solution
from lmmlab.inference.contrast import Contrast as Contrast
from lmmlab.inference.contrast import read_contrast
from lmmlab.inference.kenward_roger import kenward_roger, scaled
from lmmlab.inference.satterthwaite import Uncertainty, degrees, pooled, satterthwaite, white
from lmmlab.model.estimable import require_estimates, require_independent
from lmmlab.model.estimates import estimates, require_confidence
from lmmlab.model.relatives import require_noise
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table
from lmmlab.residual.structure import EDGE

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit

Method = Literal["wald", "satterthwaite", "kenward-roger"]

_JOINT = ("numerator df", "df", "F", "p")
_LEAST = 0.1  # with fewer degrees of freedom the data say nothing about the variance
_NO_DF = (
    "The degrees of freedom for {} cannot be computed: the data hardly tell how well the variance "
    'is known. Use a simpler random term, or method="wald".'
)
_NO_F = (
    "Kenward and Roger's F for {} cannot be computed: there are too few groups, so that it would "
    "have about 2 degrees of freedom or fewer, and no mean that could be matched. Test effects "
    'one by one, or use method="satterthwaite".'
)


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
        of freedom, t (z under Wald, whose df is infinite), two-sided p, and interval; what has no
        degrees of freedom is undefined (NaN), and the note names it. Together: one row with
        numerator df (the rank of L), df, F and p.

    Raises
    ------
    LMMError
        If the method or an effect is not known, L does not fit the model, nothing that was asked
        has degrees of freedom, or the method needs another fit (estimated; by REML).

    Notes
    -----
    The joint statistic is F = (L beta)' (L vcov L')^-1 (L beta) / r. Under Satterthwaite its
    degrees of freedom come from r uncorrelated t statistics, along the eigenvectors of L vcov L'
    as in lmerTest; so they depend on how L is written, and on the units of effects, where F does
    not: much, if the effects have very different degrees of freedom. Kenward and Roger's depend on
    the hypothesis alone; near 2 degrees of freedom or below, they have no joint F (`scaled` in
    `lmmlab.inference.kenward_roger`).

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
    rows, name = read_contrast(L, fit.names)
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
        A row for each term: numerator df, df, F and p. A term without degrees of freedom is
        undefined (NaN), and the note names it.

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
    return _errors(L @ white(cross, at, sigma), _account(cross, at, method))


def _errors(rows: Floats, account: tuple[Uncertainty, Floats] | None) -> tuple[Floats, Floats]:
    """Give standard errors and degrees of freedom of combinations of white effects."""
    se = _lengths(rows)
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


def _account_of(fit: Fit, method: Method) -> tuple[Uncertainty, Floats] | None:
    """Give the same for a fit, in which a residual structure may be uncertain, too."""
    if fit.design.residual is None or method == "wald":
        return _account(fit.cross, fit.solution, method)
    from lmmlab.residual.curvature import uncertainty

    return uncertainty(fit), np.eye(fit.solution.inverse.shape[-1])


def _one_by_one(
    fit: Fit, method: Method, L: Floats, names: tuple[str, ...], confidence: float
) -> Table:
    """Test each row of L by itself."""
    estimate = L @ fit.beta
    root = white(fit.cross, fit.solution, fit.sigma)
    se, df = _errors(L @ root, _account_of(fit, method))
    df[~(df > _LEAST)] = np.nan
    note = _note(fit, method, _lost(_NO_DF, names, df))
    return estimates(names, estimate, se, df, confidence, note)


def _together(fit: Fit, method: Method, hypotheses: Sequence[tuple[str, Floats]]) -> Table:
    """Test the rows of each L together."""
    names = tuple(name for name, _ in hypotheses)
    root = white(fit.cross, fit.solution, fit.sigma)
    account = _account_of(fit, method)
    values = np.array([_joint(account, method, L, L @ fit.beta, root) for _, L in hypotheses])
    values[~(values[:, 1] > _LEAST), 1:] = np.nan
    lost = _lost(_NO_F if method == "kenward-roger" else _NO_DF, names, values[:, 1])
    return Table(names, _JOINT, values, _note(fit, method, lost))


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
    With the rows of L root scaled to length 1, as U S W', the rows of W' are the white directions
    that L is about, and t = S^-1 U' times the scaled L beta are uncorrelated, with variance 1.
    Scaling makes units of effects matter to no digit. Satterthwaite's eigenvectors are those of L
    as it was written; they are looked for within W'.
    """
    rows = L @ root
    length = _lengths(rows)
    U, size, W = np.linalg.svd(rows / length[:, None], full_matrices=False)
    r = int((size > DEPENDENT).sum())
    U, size, W = U[:, :r], size[:r], W[:r]
    t = (estimate / length) @ U / size
    F = float(t @ t) / r
    if account is None:
        return r, np.inf, F, float(chdtrc(r, r * F))
    known, adjusted = account
    if method == "satterthwaite":
        largest = np.argsort(-length)  # first, so that small ones keep their digits
        axes = np.linalg.svd((length[:, None] * U * size)[largest], full_matrices=False)[2]
        df = pooled(degrees(known, axes @ W))
    else:
        df, scale = scaled(known, W)
        F = scale * float(t @ np.linalg.solve(W @ adjusted @ W.T, t)) / r
    return r, df, F, float(fdtrc(r, df, F))


def _lengths(rows: Floats) -> Floats:
    """Give the lengths (...) of vectors (..., p), none too long or too short to be squared."""
    largest = np.abs(rows).max(-1, initial=0.0)
    lengths: Floats = largest * np.linalg.norm(rows / largest[..., None], axis=-1)
    return lengths


def _require(fit: Fit, method: Method) -> None:
    """Refuse a method that is not known, and a fit for which it has no answer."""
    require_method(method, fit.reml)
    if not fit.names:
        raise LMMError("The model has no fixed effects, so there is nothing to test.")
    require_independent(fit, "tests are")
    residual = fit.design.residual
    if method == "kenward-roger" and (residual is not None or not fit.design.terms):
        raise LMMError(
            "Kenward and Roger's method is made here for random effects and independent residuals. "
            'Use method="satterthwaite".'
        )
    if method == "kenward-roger":
        require_noise(fit)
    if method == "satterthwaite" and residual is not None and min(residual.edges(fit.phi)) < EDGE:
        raise LMMError(
            "The residual structure is estimated at the edge of what can be, where nothing tells "
            'how well it is known. Use a simpler structure, or method="wald".'
        )
    if method != "wald":
        require_estimates(fit, f'method="{method}", unlike "wald",')


def _lost(sentence: str, names: Sequence[str], df: Floats) -> str:
    """Say what has no degrees of freedom, if anything; refuse if nothing has."""
    lost = [name for name, value in zip(names, df, strict=True) if np.isnan(value)]
    said = sentence.format(listed(lost)) if lost else ""
    if len(lost) == len(names):
        raise LMMError(said)
    return said


def _note(fit: Fit, method: Method, lost: str) -> str:
    """Say what was lost, and what the degrees of freedom of a singular fit mean."""
    if method == "wald" or not fit.singular:
        return lost
    if method == "satterthwaite":
        about = (
            "The fit is singular. Satterthwaite's degrees of freedom take it as known that there "
            "is no variance where none was found, so that there may be almost as many as rows"
        )
        other = "; Kenward and Roger's do not, and are the safer choice."
        about += other if fit.design.residual is None else "."
    else:
        about = (
            "The fit is singular. Kenward and Roger's degrees of freedom count a variance "
            "estimated as zero as uncertain like any other; Satterthwaite's take it as known, and "
            "may be many more."
        )
    return f"{lost} {about}".strip()
