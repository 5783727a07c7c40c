"""What a generalised model says of a population of groups: averages, and how different groups are.

A coefficient of the model compares rows of one and the same group. Averaged over groups the same
step looks smaller for yes and no, since steep curves at different places add up to a flat one; for
counts it looks the same. This file integrates over the random effects; the numbers alone are in
`lmmlab.meaning.odds`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from lmmlab.engine.design import Floats, LMMError
from lmmlab.generalised.lines import Lines, lines, require_within
from lmmlab.meaning import odds
from lmmlab.model.estimates import require_confidence
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit


def averaged(fit: GLMMFit, rows: Lines) -> tuple[Floats, Floats]:
    """Give the link of what is expected on average over groups, and how it moves.

    Returns
    -------
    eta : (m,) array
    moves : (P, m) array
        Derivatives with respect to theta and beta, as they were searched for.
    """
    if fit.counts.binomial:
        tau = np.sqrt(rows.variance)
        require_within(tau, odds.WIDEST)
        eta, slope, bend = odds.average_log_odds(rows.eta, tau)
    else:
        eta = rows.eta + rows.variance / 2.0
        slope, bend = np.ones_like(eta), np.full_like(eta, 0.5)
    return eta, np.concatenate([bend * rows.variance_moves, slope * rows.X.T])


def marginal(fit: GLMMFit, confidence: float = 0.95) -> Table:
    """Compare what effects are within a group and on average over groups.

    Parameters
    ----------
    fit : GLMMFit
    confidence : float
        Level of the intervals.

    Returns
    -------
    Table
        For each fixed effect: conditional (beta), marginal, its se, lower and upper, and, with a
        random intercept alone and yes or no, Zeger's approximation of the marginal one.

    Raises
    ------
    LMMError
        If the confidence cannot be, or the model has no fixed effects.

    Notes
    -----
    Averages m of each row over groups are exact integrals; the marginal coefficients are the least
    squares fit of their links by the same predictors, (X'X)^-1 X'g(m) (Hedeker, du Toit, Demirtas &
    Gibbons 2018, Biometrics 74, 354-361). Where predictors are saturated, as for two arms, they are
    the differences of the links themselves.
    """
    require_confidence(confidence)
    if not fit.names:
        raise LMMError("The model has no fixed effects, so there is nothing to average.")
    rows = lines(fit)
    eta, moves = averaged(fit, rows)
    fixed = np.linalg.pinv(fit.design.X)
    estimate = fixed @ (eta - fit.counts.offset)
    along = moves @ fixed.T
    se = np.sqrt(np.einsum("ap,ab,bp->p", along, fit.joint, along))
    reach = ndtri((1.0 + confidence) / 2.0) * se
    columns = ["conditional", "marginal", "se", "lower", "upper"]
    values = [fit.beta, estimate, se, estimate - reach, estimate + reach]
    if fit.counts.binomial and rows.even:
        columns.append("Zeger")
        values.append(fit.beta * odds.flattening(np.sqrt(rows.variance[0])))
    note = (
        "conditional compares rows of one group, marginal averages over groups, both on the log "
        f"{'odds' if fit.counts.binomial else 'rate'} scale."
    )
    return Table(fit.names, tuple(columns), np.column_stack(values), note)


def icc(fit: GLMMFit) -> float:
    """Give the correlation of two rows of one level on the scale of the link.

    For yes and no chance adds pi**2 / 3 there; for counts log(1 + 1 / mean), with the average mean
    of all rows and groups: the observation-level variance in its lognormal approximation (Nakagawa,
    Johnson & Schielzeth 2017). Neither is a correlation of the responses themselves.

    Raises
    ------
    LMMError
        If the model has anything but one random intercept.
    """
    tau = _one_sd(fit, "ICC")
    if fit.counts.binomial:
        return float(odds.latent_icc(tau))
    eta, _ = averaged(fit, lines(fit))
    require_within(eta)
    return float(odds.count_icc(np.exp(eta).mean(), tau))


def median_ratio(fit: GLMMFit) -> float:
    """Give the median odds ratio (of counts: rate ratio) of two groups, the higher to the lower.

    Raises
    ------
    LMMError
        If the model has anything but one random intercept.
    """
    return float(odds.median_ratio(_one_sd(fit, "median ratio")))


def _one_sd(fit: GLMMFit, what: str) -> float:
    """Give the sd of the random intercept, if there is nothing else."""
    (term, *others), Z = fit.design.terms, fit.design.terms[0].Z
    if others or Z.shape[1] > 1 or (Z != Z[0]).any():
        several = f"grouping factors {listed(list(fit.ngroups))}" if others else "random slopes"
        raise LMMError(
            f"With {several} there is no single {what}: it depends on which groups, or which "
            "values of the predictors, are meant. Take the variance in question from fit.G, and "
            "use lmmlab.meaning.odds."
        )
    return float(fit.sd[term.group].values[0] * abs(Z[0, 0]))
