"""Tests and intervals for the fixed effects of a generalised model: Wald's alone.

Degrees of freedom need a residual variance that is estimated; here chance follows from the mean.
Standard errors come from the Hessian over theta and beta together, so they know that the variances
are estimated, unlike those of the linear model. They hold when there are many groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from lmmlab.engine.columns import DEPENDENT
from lmmlab.engine.design import Floats, LMMError
from lmmlab.generalised.lines import lines
from lmmlab.inference.contrast import Contrast, read_contrast, require_effects, terms_of
from lmmlab.meaning.odds import LARGEST
from lmmlab.model.estimates import estimates
from lmmlab.model.table import Table

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit

_JOINT = ("numerator df", "df", "F", "p")


def test(
    fit: GLMMFit, method: str = "wald", L: Contrast | None = None, confidence: float = 0.95
) -> Table:
    """Test whether fixed effects, or combinations L beta of them, are zero.

    Parameters
    ----------
    fit : GLMMFit
    method : {"wald"}
        There is no other for a model of counts.
    L : str, sequence of str, or array, optional
        What to test; see `lmmlab.inference.inference.test`.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Table
        One by one: estimate, standard error, infinite df, z, two-sided p and interval, on the scale
        of the link. Together: numerator df r, infinite df, F = chi2 / r and p.

    Raises
    ------
    LMMError
        If the method is another, an effect is not known, or L does not fit the model.

    Examples
    --------
    >>> from lmmlab import glmm, load
    >>> model = glmm("incidence / size ~ period + (1 | herd)", load("cbpp"))
    >>> model.test().values[1, :5:3].round(3).tolist()
    [-0.992, -3.236]
    """
    _require(fit, method)
    if L is None:
        rows, name = np.eye(len(fit.names)), ""
    else:
        rows, name = read_contrast(L, fit.names)
    if L is not None and rows.ndim == 2:
        return _together(fit, [(name, rows)])
    rows = np.atleast_2d(rows)
    se = np.sqrt(np.einsum("rp,pk,rk->r", rows, fit.vcov, rows))
    names = (name,) if L is not None else fit.names
    return estimates(names, rows @ fit.beta, se, np.full(len(rows), np.inf), confidence)


def anova(fit: GLMMFit, method: str = "wald") -> Table:
    """Test each term of the fixed part, given all others, by Wald's chi-square over its df.

    Raises
    ------
    LMMError
        As `test` does, and if there is no term to test.
    """
    _require(fit, method)
    return _together(fit, terms_of(fit.design))


def ratios(fit: GLMMFit, confidence: float = 0.95) -> Table:
    """Give exp(beta) with intervals: odds ratios, or rate ratios of counts, within a group.

    The row of the intercept is the odds (or the rate) itself where all predictors are 0.

    Returns
    -------
    Table
        ratio, lower, upper.

    Raises
    ------
    LMMError
        If a ratio is beyond all numbers, or as `test` does.
    """
    table = test(fit, "wald", None, confidence)
    what = "odds ratio" if fit.counts.binomial else "rate ratio"
    beyond = np.abs(table.values[:, [0, 5, 6]]).max(1) > LARGEST
    if beyond.any():
        raise LMMError(
            f"The {what} of {table.rows[int(np.argmax(beyond))]}, or an end of its interval, is "
            "beyond all numbers, since it is that of one whole unit. Give it in smaller units."
        )
    note = f"Each {what} compares rows of one and the same group. On average over groups it is "
    if not fit.counts.binomial and lines(fit).even:
        note += "the same."
    else:
        note += "nearer to 1" if fit.counts.binomial else "another, since slopes differ"
        note += ": see fit.marginal()."
    return Table(table.rows, (what, "lower", "upper"), np.exp(table.values[:, [0, 5, 6]]), note)


def _together(fit: GLMMFit, hypotheses: Sequence[tuple[str, Floats]]) -> Table:
    """Test the rows of each L together."""
    root = np.linalg.cholesky(fit.vcov)
    values = []
    for _, L in hypotheses:
        rows = L @ root
        length = np.linalg.norm(rows, axis=1)
        U, size, _ = np.linalg.svd(rows / length[:, None], full_matrices=False)
        r = int((size > DEPENDENT).sum())
        z = (L @ fit.beta / length) @ U[:, :r] / size[:r]
        chi2 = float(z @ z)
        values.append((r, np.inf, chi2 / r, float(chdtrc(r, chi2))))
    return Table(tuple(name for name, _ in hypotheses), _JOINT, np.array(values))


def _require(fit: GLMMFit, method: object) -> None:
    if method != "wald":
        raise LMMError(
            f'A model of counts has Wald tests only, method="wald"; this is {method!r}. Degrees of '
            "freedom belong to a residual variance that is estimated, and here there is none. For "
            "likelihood-ratio tests use compare()."
        )
    require_effects(fit.names)
