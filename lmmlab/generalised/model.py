"""A generalised linear mixed model at its estimates.

A `GLMMFit` is a value like the `Fit` of a linear model and answers the same questions in the same
words, as far as they have an answer. What is defined for normal responses only (a residual sd, REML
and the degrees of freedom that come with it) is refused with a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.engine.newton import LEFT, Path
from lmmlab.generalised.absent import ABSENT
from lmmlab.generalised.conditional import by_level, means, sds
from lmmlab.generalised.counts import Counts
from lmmlab.generalised.remarks import remarks
from lmmlab.generalised.search import Found
from lmmlab.generalised.working import Working
from lmmlab.model import between
from lmmlab.model.mixed import MixedModel
from lmmlab.model.table import Table

if TYPE_CHECKING:
    from lmmlab.generalised.predict import Level, Scale
    from lmmlab.inference.contrast import Contrast


@dataclass(frozen=True, eq=False, repr=False)
class GLMMFit(MixedModel):
    """A generalised linear mixed model at its maximum likelihood estimates.

    Attributes
    ----------
    counts : Counts
        The data.
    nodes : int
        1 for Laplace's approximation of the likelihood, else the nodes of the quadrature.
    theta : (k,) array
        Lower triangle of each block of Lambda, column by column; G = Lambda Lambda'.
    data, found
        The conditioned rows, and where the search ended.

    Examples
    --------
    >>> from lmmlab import glmm, load
    >>> model = glmm("incidence / size ~ period + (1 | herd)", load("cbpp"))
    >>> model.beta.round(3), model.theta.round(3)
    (array([-1.399, -0.992, -1.129, -1.58 ]), array([0.642]))
    >>> float(model.blups["herd"].loc["1", "(Intercept)"].round(3))
    0.59
    """

    counts: Counts
    nodes: int
    theta: Floats
    data: Working
    found: Found

    def __getattr__(self, name: str) -> Any:
        if name in ABSENT:
            raise LMMError(ABSENT[name])
        raise AttributeError(f"'GLMMFit' object has no attribute {name!r}")

    @property
    def design(self) -> Design:
        """Predictors and groups."""
        return self.counts.design

    @property
    def nobs(self) -> int:
        """Number of rows."""
        return len(self.counts.y)

    @property
    def npar(self) -> int:
        """Number of parameters: fixed effects and theta."""
        return len(self.names) + len(self.theta)

    @cached_property
    def beta(self) -> Floats:
        """Fixed effects (p,), on the scale of the link, within a group."""
        return np.asarray(np.linalg.solve(self.data.R, self.found.at.beta), dtype=float)

    @cached_property
    def joint(self) -> Floats:
        """Covariance (P, P) of the estimates as the search has them, of theta and beta.

        Twice the inverse of the Hessian of the deviance. Where a variance is zero, what does not
        bend the deviance has no part in it.
        """
        size, vectors = np.linalg.eigh(self.found.hessian)
        known = size > 1e-10 * size.max()
        used = vectors[:, known]
        return np.asarray(2.0 * (used / size[known]) @ used.T, dtype=float)

    @cached_property
    def vcov(self) -> Floats:
        """Covariance matrix (p, p) of the fixed effects, theta estimated along."""
        k = len(self.theta)
        back = np.linalg.inv(self.data.R)
        return np.asarray(back @ self.joint[k:, k:] @ back.T, dtype=float)

    @cached_property
    def G(self) -> dict[str, Table]:
        """Covariance matrix (q, q) of the random effects, by grouping factor."""
        return between.covariances(self.design, self.theta, 1.0)

    @cached_property
    def blups(self) -> dict[str, Table]:
        """The likeliest random effects (J, q) of each level given y, by grouping factor."""
        return by_level(self, means)

    @cached_property
    def blup_sd(self) -> dict[str, Table]:
        """Conditional sds (J, q) of the random effects given y, beta and theta as known."""
        return by_level(self, sds)

    @cached_property
    def fitted(self) -> Floats:
        """What is expected of a row in its own group (n,): a probability or a mean count."""
        return np.asarray(self.counts.family.inverse(self.found.at.eta), dtype=float)

    @cached_property
    def fitted_typical(self) -> Floats:
        """What is expected of a row in a group whose random effects are 0 (n,)."""
        eta = self.counts.offset + self.design.X @ self.beta
        return np.asarray(self.counts.family.inverse(eta), dtype=float)

    @cached_property
    def pearson(self) -> Floats:
        """Residuals over their sds (n,), given the random effects."""
        r, W = self.found.at.slopes[:2]
        return np.asarray(r / np.sqrt(W), dtype=float)

    @property
    def deviance(self) -> float:
        """-2 log likelihood, random effects integrated out, all constants included."""
        return self.found.deviance

    @property
    def icc(self) -> float:
        """Correlation of two rows of one level on the scale of the link; see `marginal.icc`."""
        from lmmlab.generalised.marginal import icc

        return icc(self)

    @property
    def median_ratio(self) -> float:
        """The median odds (or rate) ratio of two groups; see `lmmlab.meaning.odds`."""
        from lmmlab.generalised.marginal import median_ratio

        return median_ratio(self)

    @cached_property
    def singular(self) -> bool:
        """Whether G is singular: some combination of the random effects does not vary."""
        return between.singular(self.found.at.Lambda)

    @cached_property
    def converged(self) -> bool:
        """Whether the estimates are a minimum of the deviance."""
        lowest = np.linalg.eigvalsh(self.found.hessian)
        return bool(self.found.left < LEFT and lowest[0] > -1e-6 * lowest[-1])

    @property
    def message(self) -> str:
        """What one should know about the fit, in sentences; empty if nothing."""
        return remarks(self)

    @property
    def path(self) -> Path:
        """Where the search has been: theta and deviance at every step."""
        return self.found.path

    def test(
        self, method: str = "wald", L: Contrast | None = None, confidence: float = 0.95
    ) -> Table:
        """Test fixed effects, or combinations of them; see `inference.test`."""
        from lmmlab.generalised.inference import test

        return test(self, method, L, confidence)

    def anova(self, method: str = "wald") -> Table:
        """Test each term of the fixed part; see `inference.anova`."""
        from lmmlab.generalised.inference import anova

        return anova(self, method)

    def ratios(self, confidence: float = 0.95) -> Table:
        """Give odds ratios (or rate ratios) with intervals; see `inference.ratios`."""
        from lmmlab.generalised.inference import ratios

        return ratios(self, confidence)

    def marginal(self, confidence: float = 0.95) -> Table:
        """Compare effects within a group and on average; see `marginal.marginal`."""
        from lmmlab.generalised.marginal import marginal

        return marginal(self, confidence)

    def pooled(
        self, robust: bool = True, group: str | None = None, confidence: float = 0.95
    ) -> Table:
        """Give the same model without random effects; see `pooled.pooled`."""
        from lmmlab.generalised.pooled import pooled

        return pooled(self.data, robust, group, confidence)

    def predict(
        self,
        new: Any = None,
        level: Level = "typical",
        scale: Scale = "response",
        *,
        confidence: float = 0.95,
        offset: Any = None,
    ) -> Table:
        """Predict rows of old or new groups; see `predict.predict`."""
        from lmmlab.generalised.predict import predict

        return predict(self, new, level, scale, confidence=confidence, offset=offset)

    def overdispersion(self) -> Table:
        """Ask whether counts vary more than the model says; see `checks.overdispersion`."""
        from lmmlab.generalised.checks import overdispersion

        return overdispersion(self)

    def simulate(self, n: int = 1, seed: int = 1) -> Floats:
        """Draw n new responses of the same rows, of new groups; see `simulate.simulate`."""
        from lmmlab.generalised.simulate import simulate

        return simulate(self, n, seed)

    def summary(self) -> str:
        """Give the estimates as text."""
        from lmmlab.generalised.summary import summary

        return summary(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        from lmmlab.generalised.summary import html

        return html(self)
