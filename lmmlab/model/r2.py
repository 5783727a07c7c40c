"""R2 and ICC of a mixed model: how much of the variance of a row its parts account for.

The random part of an average row is what lets R2 reach models with random slopes, where people
differ more at some rows than at others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.design import Floats, LMMError, Term
from lmmlab.meaning.implied import line_variance
from lmmlab.model.fit import Fit
from lmmlab.model.remarks import listed


@dataclass(frozen=True)
class R2:
    """The variance of an average row in three parts, and the shares that go by the name R2.

    Parameters
    ----------
    fixed : float
        Variance of X beta over the rows (divisor n - 1).
    random : float
        Mean over the rows of z'Gz.
    residual : float
        sigma**2.

    Examples
    --------
    >>> parts = R2(fixed=2.0, random=5.0, residual=3.0)
    >>> parts.marginal, parts.conditional, parts.icc_adjusted
    (0.2, 0.7, 0.625)
    """

    fixed: float
    random: float
    residual: float

    @property
    def marginal(self) -> float:
        """Share of the fixed effects: what holds for people in general."""
        return self.fixed / (self.fixed + self.random + self.residual)

    @property
    def conditional(self) -> float:
        """Share of fixed and random effects: what could be said if each person were known."""
        return (self.fixed + self.random) / (self.fixed + self.random + self.residual)

    @property
    def icc_adjusted(self) -> float:
        """Share of the random effects in what the fixed effects leave over."""
        return self.random / (self.random + self.residual)

    @property
    def icc_unadjusted(self) -> float:
        """Share of the random effects in all variance."""
        return self.random / (self.fixed + self.random + self.residual)


def r2(fit: Fit) -> R2:
    """Give marginal and conditional R2 of a fitted model.

    Raises
    ------
    LMMError
        If rows have weights: then each row has its own residual variance.

    Notes
    -----
    Nakagawa & Schielzeth (2013), the random part as the mean diagonal of ZGZ' (Johnson 2014). A
    higher conditional R2 does not mean better predictors: it counts
    what makes people differ, explained or not. Of related levels the variance of a row is z'Gz
    times the level's own element of K.
    """
    residual = fit.design.residual
    if residual is not None and residual.variances:
        raise LMMError(
            "The residual sds differ between rows, so R2 is not one number. Fit the model without "
            "variances()."
        )
    if fit.design.weights is not None:
        raise LMMError(
            "With weights each row has a residual variance of its own, and R2 is not one number. "
            "Fit the model without weights."
        )
    return R2(
        fixed=float(np.var(fit.fitted_marginal, ddof=1)),
        random=float(
            sum(
                (line_variance(fit.G[t.group].values, t.Z) * own_relation(t)).mean()
                for t in fit.design.terms
            )
        ),
        residual=fit.sigma**2,
    )


def own_relation(term: Term) -> Floats | float:
    """Give the diagonal element of K that each row has (n,); 1 without K."""
    return 1.0 if term.relation is None else term.relation.own[term.codes]


def icc(fit: Fit) -> float:
    """Give the correlation of two rows of the same level, where it is one number.

    That is in a model with a random intercept alone.

    Raises
    ------
    LMMError
        With random slopes, where the correlation depends on x, or several grouping factors,
        where it depends on which of them two rows share: neither is one number. With a residual
        structure, or without random effects.
    """
    if fit.design.residual is not None or not fit.design.terms:
        raise LMMError(
            "The ICC is that of a random intercept and independent residuals. Here how much "
            "two rows correlate follows from G, fit.residual and sigma."
        )
    if len(fit.design.terms) > 1:
        raise LMMError(
            f"With {len(fit.design.terms)} grouping factors there is no single ICC: how much "
            f"two rows correlate depends on which of {listed(list(fit.ngroups))} they share. "
            "Add the variances in G of what they share, over the sum of all and sigma**2."
        )
    (term,) = fit.design.terms
    if term.relation is not None:
        raise LMMError(
            f"The levels of {term.group} are related, so how much two rows correlate "
            "depends on whose they are. See lmmlab.kinship.heritability."
        )
    Z = term.Z
    if Z.shape[1] > 1 or (Z != Z[0]).any():
        x = " and ".join(name for name in term.names if name != "(Intercept)")
        raise LMMError(
            f"With random slopes there is no single ICC: how much two rows of the same "
            f"{term.group} correlate depends on {x}. Choose values of {x} and use "
            "G and sigma."
        )
    between = float(fit.G[term.group][0, 0] * Z[0, 0] ** 2)
    return between / (between + fit.sigma**2)
