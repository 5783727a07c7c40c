"""A mixed model, of whatever responses: what follows alike from any that has been fitted.

The linear `Fit` and the `GLMMFit` of counts find their estimates in different ways. What the
estimates are called, how much levels differ, and what a model costs is the same question for both.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np

from lmmlab.engine.design import Design, Floats
from lmmlab.model import between
from lmmlab.model.table import Table


class Fitted(Protocol):
    """What a fit must know, so that the rest of it follows."""

    @property
    def design(self) -> Design:
        """Predictors and groups."""

    @property
    def nobs(self) -> int:
        """Number of rows."""

    @property
    def npar(self) -> int:
        """Number of parameters."""

    @property
    def vcov(self) -> Floats:
        """Covariance matrix (p, p) of the estimated fixed effects."""

    @property
    def G(self) -> dict[str, Table]:
        """Covariance matrix (q, q) of the random effects, by grouping factor."""

    @property
    def deviance(self) -> float:
        """-2 log likelihood."""


class MixedModel:
    """What follows from the design, the covariances and the deviance of a fit."""

    @property
    def names(self: Fitted) -> tuple[str, ...]:
        """Names of the p fixed effects."""
        return self.design.names

    @property
    def ngroups(self: Fitted) -> dict[str, int]:
        """Number of levels of each grouping factor."""
        return {term.group: len(term.levels) for term in self.design.terms}

    @cached_property
    def se(self: Fitted) -> Floats:
        """Standard errors (p,) of the fixed effects; infinite where the data say nothing."""
        return np.asarray(np.sqrt(np.diagonal(self.vcov)), dtype=float)

    @cached_property
    def sd(self: Fitted) -> dict[str, Table]:
        """Standard deviations (q,) of the random effects, by grouping factor."""
        return between.sds(self.G)

    @cached_property
    def corr(self: Fitted) -> dict[str, Table]:
        """Correlations (q, q) of the random effects; NaN, shown as undefined, beside a zero sd."""
        return between.correlations(self.G)

    @property
    def loglik(self: Fitted) -> float:
        """Log likelihood, restricted under REML, all constants included."""
        return -self.deviance / 2.0

    @property
    def aic(self: Fitted) -> float:
        """Akaike's criterion, -2 loglik + 2 npar; under REML only for equal fixed effects."""
        return self.deviance + 2.0 * self.npar

    @property
    def bic(self: Fitted) -> float:
        """Schwarz's criterion, -2 loglik + log(n) npar, n = all rows also under REML (as lme4)."""
        return self.deviance + float(np.log(self.nobs)) * self.npar
