"""Tests and intervals for fixed effects, by three accounts of how well the variances are known.

- "wald" takes the variances as known: z and chi-square. With few groups it is too sure.
- "satterthwaite" takes t and F, with degrees of freedom from the curvature of the criterion.
- "kenward-roger" takes them from the design, and also widens the standard errors; REML only.

This file turns hypotheses into tables and says what cannot be tested. The degrees of freedom are
those of `lmmlab.inference.satterthwaite` and `lmmlab.inference.kenward_roger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc, fdtrc

from lmmlab.engine.crossproducts import DEPENDENT
from lmmlab.engine.design import Floats, LMMError
from lmmlab.inference.account import Method as Method
from lmmlab.inference.account import account_of, known_errors, lengths, require_defined
from lmmlab.inference.account import errors as errors
from lmmlab.inference.account import require_method as require_method
from lmmlab.inference.contrast import Contrast as Contrast
from lmmlab.inference.contrast import read_contrast, require_effects, terms_of
from lmmlab.inference.kenward_roger import scaled
from lmmlab.inference.satterthwaite import Uncertainty, degrees, pooled, white
from lmmlab.model.estimable import require_estimates, require_independent
from lmmlab.model.estimates import estimates, require_confidence
from lmmlab.model.remarks import listed, without_noise
from lmmlab.model.table import Table

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit

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
    return _together(fit, method, terms_of(fit.design))


def _one_by_one(
    fit: Fit, method: Method, L: Floats, names: tuple[str, ...], confidence: float
) -> Table:
    """Test each row of L by itself."""
    estimate = L @ fit.beta
    root = white(fit.cross, fit.solution, fit.sigma)
    se, df = known_errors(L @ root, account_of(fit, method))
    df[~(df > _LEAST)] = np.nan
    note = _note(fit, method, _lost(_NO_DF, names, df))
    return estimates(names, estimate, se, df, confidence, note)


def _together(fit: Fit, method: Method, hypotheses: Sequence[tuple[str, Floats]]) -> Table:
    """Test the rows of each L together."""
    names = tuple(name for name, _ in hypotheses)
    root = white(fit.cross, fit.solution, fit.sigma)
    account = account_of(fit, method)
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
    length = lengths(rows)
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


def _require(fit: Fit, method: Method) -> None:
    """Refuse a method that is not known, and a fit for which it has no answer."""
    require_method(method, fit.reml)
    require_effects(fit.names)
    require_independent(fit, "tests are")
    require_defined(fit, method)
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
    """Say what was lost, and what the degrees of freedom of a fit at the boundary mean."""
    if method == "satterthwaite" and (nothing_left := without_noise(fit)):
        return (
            f"{lost} {nothing_left} Satterthwaite's degrees of freedom take that as known, so that "
            "there may be almost as many as rows."
        ).strip()
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
