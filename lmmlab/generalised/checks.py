"""Do counts vary more than the model says: overdispersion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from lmmlab.engine.design import LMMError
from lmmlab.model.table import Table

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit

_SMALL = 1.0  # an expected count, below which the chi-square distribution is a poor reference
_LEVEL = 0.05


def overdispersion(fit: GLMMFit) -> Table:
    """Compare the variation of counts about their group's own expectation with what chance makes.

    Returns
    -------
    Table
        chi2, the sum of squared Pearson residuals given the random effects; df, rows less
        parameters; ratio, about 1 if the model holds; and p, the chance of a larger chi2. The note
        says what to do.

    Raises
    ------
    LMMError
        If each row is a single yes or no, or there are no more rows than parameters.

    Notes
    -----
    The reference distribution is rough (McCullagh & Nelder 1989, Section 4.5): random effects have
    used more than their parameters, so the ratio is too small rather than too large, and with
    expected counts below 1 chi2 is no chi-square. A random effect for each row absorbs what varies
    too much (Harrison 2014, PeerJ 2, e616); then this check has nothing left to see.
    """
    if fit.counts.yes_or_no:
        raise LMMError(
            "A single yes or no cannot vary more than its probability says, so there is no "
            "overdispersion to be seen. It shows in counts of trials, or between rows of a group."
        )
    df = fit.nobs - fit.npar
    if df < 1:
        raise LMMError(
            f"{fit.nobs} rows and {fit.npar} parameters leave nothing to judge the variation by. "
            "Use fewer terms, or more rows."
        )
    chi2 = float(np.sum(fit.pearson**2))
    p = float(chdtrc(df, chi2))
    each_row = [t.group for t in fit.design.terms if len(t.levels) == fit.nobs]
    if each_row:
        note = f"Each row has a random effect of its own ({each_row[0]}), which absorbs what is "
        note += "beyond chance; a ratio below 1 says no more than that."
    elif p < _LEVEL:
        note = (
            "The counts vary more than the model says, so its standard errors are too small. Look "
            "for a predictor or a grouping factor that is missing, or add a random effect for each "
            "row: make a column row = 0, 1, 2, ... and add + (1 | row)."
        )
    else:
        note = "No sign that the counts vary more than the model says; a small excess may hide."
    low = fit.fitted * fit.counts.trials < _SMALL
    if low.mean() > 0.2:
        note += f" p is rough: {low.mean():.0%} of the rows expect less than one event."
    return Table(
        ("Pearson",), ("chi2", "df", "ratio", "p"), np.array([[chi2, df, chi2 / df, p]]), note
    )
