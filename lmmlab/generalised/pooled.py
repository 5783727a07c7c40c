"""The same model without random effects: ordinary logistic or Poisson regression.

Its coefficients are about averages over groups, not about what holds within one. Its naive standard
errors take rows for independent; those that are robust sum over groups first (Liang & Zeger 1986:
generalised estimating equations with independence as the working correlation).
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Ints, LMMError
from lmmlab.generalised.counts import Counts
from lmmlab.generalised.separation import start
from lmmlab.generalised.working import Working, working
from lmmlab.model.estimates import estimates
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table

_FEW = 40  # groups, with which robust errors are too small


def pooled(
    data: Counts | Working, robust: bool = True, group: str | None = None, confidence: float = 0.95
) -> Table:
    """Fit the model without random effects.

    Parameters
    ----------
    data : Counts or Working
    robust : bool
        Standard errors that allow rows of a group to be related; False takes all rows for
        independent.
    group : str, optional
        Whose rows; needed where there are several grouping factors. Take the outermost.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Table
        estimate, se, df (infinite), z, p and interval, on the scale of the link.

    Raises
    ------
    LMMError
        If no estimate exists, or the group is not known.

    Notes
    -----
    With I = X'WX the naive covariance is 1 / I, the robust one I^-1 (sum_j s_j s_j') I^-1 with
    s_j = X_j'(y_j - mean), the score of group j. It is too small with few groups.

    Examples
    --------
    >>> from lmmlab.formula.counts import counts
    >>> from lmmlab import load
    >>> made = counts("incidence / size ~ period + (1 | herd)", load("cbpp"))
    >>> pooled(made).values[1, :2].round(3).tolist()
    [-1.171, 0.44]
    """
    data = working(data) if isinstance(data, Counts) else data
    counts, design = data.counts, data.counts.design
    if not design.names:
        raise LMMError("The model has no fixed effects, so nothing is left to estimate.")
    if len(data.kept) < len(design.names):
        raise LMMError("Some fixed effects are combinations of others. Leave these out.")
    beta = start(data)
    eta = counts.offset + data.X @ beta
    r, W = counts.family.slopes(counts.y, counts.trials, eta)[:2]
    vcov, note = np.linalg.inv((data.X * W[:, None]).T @ data.X), ""
    if robust:
        codes, J = _groups(data, group)
        scores = np.zeros((J, len(beta)))
        np.add.at(scores, codes, r[:, None] * data.X)
        vcov = vcov @ (scores.T @ scores) @ vcov
        if J < _FEW:
            note = f"With {J} groups robust standard errors are too small."
    back = np.linalg.inv(data.R)
    se = np.sqrt(np.diagonal(back @ vcov @ back.T))
    return estimates(design.names, back @ beta, se, np.full(len(se), np.inf), confidence, note)


def _groups(data: Working, group: str | None) -> tuple[Ints, int]:
    """Give the group of each row, and how many there are."""
    terms = {term.group: term for term in data.counts.design.terms}
    if group is None and len(terms) > 1:
        raise LMMError(
            f"Rows are grouped by {listed(list(terms))}. Say by which of them errors are to be "
            f"summed, the outermost: group={list(terms)[-1]!r}."
        )
    if group is not None and (not isinstance(group, str) or group not in terms):
        raise LMMError(f"The model has no grouping factor {group!r}; it has {listed(list(terms))}.")
    term = next(iter(terms.values())) if group is None else terms[group]
    return term.codes, len(term.levels)
