"""The covariance that a model implies between the rows of one group: R of residuals, V of y."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.design import Floats, Ints, LMMError, Term
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit


def residual_block(fit: Fit, group: object) -> Table:
    """Give the covariance matrix of the residuals of one group, in the order of its rows.

    Parameters
    ----------
    fit : Fit
    group : str
        Name of a group of correlated residuals; where none are, of the first random term.

    Raises
    ------
    LMMError
        If there is no such group.

    Examples
    --------
    >>> from lmmlab import ar1, lmm, load
    >>> model = lmm("y ~ t * arm", load("ar1_panel"), residual=ar1("t", "id"))
    >>> model.R("k01")[0, :4].round(2).tolist()
    [3.45, 2.26, 1.48, 0.97]
    """
    rows, names = _rows(fit, str(group))
    return Table(names, names, _residual(fit, rows))


def block(fit: Fit, group: object) -> Table:
    """Give the covariance matrix of the responses of one group: Z G Z' + R, of its rows.

    Parameters
    ----------
    fit : Fit
    group : str
        As for `residual_block`.

    Raises
    ------
    LMMError
        If there is no such group.

    Examples
    --------
    >>> from lmmlab import lmm, load
    >>> model = lmm("Reaction ~ Days + (1 | Subject)", load("sleepstudy"))
    >>> model.V("308")[:2, :2].round(0).tolist()
    [[2339.0, 1378.0], [1378.0, 2339.0]]
    """
    rows, names = _rows(fit, str(group))
    V = _residual(fit, rows)
    for term in fit.design.terms:
        Z = term.Z[rows]
        V = V + alike(term, rows) * (Z @ fit.G[term.group].values @ Z.T)
    return Table(names, names, V)


def alike(term: Term, rows: Ints) -> Floats:
    """Give how much the levels of any two rows have in common: 1 or 0, or what K says."""
    codes = term.codes[rows]
    if term.relation is None:
        return np.asarray(codes[:, None] == codes, dtype=float)
    used, place = np.unique(codes, return_inverse=True)
    root = term.relation.root[used]
    K: Floats = (root @ root.T)[np.ix_(place, place)]
    return K


def _residual(fit: Fit, rows: Ints) -> Floats:
    """Give R of some rows."""
    if fit.design.residual is None:
        return np.diag(fit.sigma**2 / fit.design.row_weights[rows])
    return fit.sigma**2 * fit.design.residual.matrix(rows, fit.phi)


def _rows(fit: Fit, group: str) -> tuple[Ints, tuple[str, ...]]:
    """Give the rows of a group, and what they are called."""
    residual = fit.design.residual
    correlation = None if residual is None else residual.correlation
    if correlation is not None:
        codes, levels, what = correlation.codes, correlation.levels, correlation.group
    elif fit.design.terms:
        term = fit.design.terms[0]
        codes, levels, what = term.codes, term.levels, term.group
    else:
        raise LMMError(
            "The rows of this model are independent, so they have no groups. Their sds are sigma, "
            "times the ratios in fit.residual where there are any."
        )
    if group not in levels:
        raise LMMError(f"{what} has no level {group}; it has {listed(levels)}.")
    rows = np.flatnonzero(codes == levels.index(group))
    times = () if correlation is None else correlation.labels(rows)
    return rows, times or tuple(str(k + 1) for k in range(len(rows)))
