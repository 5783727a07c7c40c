"""A mixed model at its estimates: what they are, what they predict, and what they cost.

A `Fit` is a value. It holds the data, conditioned once, and one theta; everything else follows from
these and is computed when it is asked for. "The same data at another theta" is another value,
`Fit.at`, which costs next to nothing: theta is an argument here, never a state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Design, Floats
from lmmlab.engine.newton import LEFT, Path, minimise, promised
from lmmlab.engine.solve import Solution
from lmmlab.inference.satterthwaite import white
from lmmlab.model import between, blocks
from lmmlab.model.conditional import Conditional, posterior
from lmmlab.model.mixed import MixedModel
from lmmlab.model.remarks import remarks
from lmmlab.model.table import Table
from lmmlab.residual import estimates as residuals
from lmmlab.residual.structure import structure
from lmmlab.residual.whitening import conditioned

if TYPE_CHECKING:
    from lmmlab.inference.bootstrap import Bootstrap
    from lmmlab.inference.inference import Contrast, Method
    from lmmlab.inference.profile import Profile

Source = Literal["closed form", "search", "given"]


@dataclass(frozen=True, eq=False, repr=False)
class Fit(MixedModel):
    """A mixed model at its estimates (`fit`), or at a theta that was given (`Fit.at`).

    Attributes
    ----------
    design : Design
        The data.
    theta : (k,) array
        Lower triangle of each block of Lambda, column by column; G = sigma**2 Lambda Lambda'.
    sigma : float
        Residual sd (of a row of weight 1).
    source : {"closed form", "search", "given"}
        Where theta comes from.
    cross, solution
        The conditioned data, and the penalised least-squares solution at theta.
    searched : Path or None
        The path of the search, if there was one; ask for `path`.
    phi : (r,) array
        The parameters of the residual structure, in coordinates without ends; see `residual`.

    Examples
    --------
    Two measurements on each of three people:

    >>> from lmmlab.engine.design import grouped
    >>> from lmmlab.model.fit import fit
    >>> one = np.ones((6, 1))
    >>> model = fit(grouped([1, 3, 5, 7, 9, 11], one, one, list("aabbcc")))
    >>> model.beta, round(model.sigma, 4), model.theta.round(4)
    (array([6.]), 1.4142, array([2.7386]))
    >>> model.blups["group"].loc["c"].round(3).tolist()
    [3.75]
    >>> round(model.at(10 * model.theta).deviance - model.deviance, 2)
    6.56
    """

    design: Design
    theta: Floats
    sigma: float
    source: Source
    cross: Crossproducts
    solution: Solution
    searched: Path | None = None
    phi: Floats = field(default_factory=lambda: np.empty(0))

    def at(self, theta: Floats, sigma: float | None = None, values: Any = None) -> Fit:
        """Give the same model of the same data at another theta.

        Parameters
        ----------
        theta : (k,) array
        sigma : float, optional
            The residual sd; None takes the best one for this theta.
        values : array, optional
            The correlations and sd ratios of the residual structure; None keeps them.

        Returns
        -------
        Fit
        """
        from lmmlab.model.fit import known

        if values is None:
            return known(self.design, self.cross, theta, sigma, self.reml, self.phi)
        phi = structure(self.design).coordinates(values)
        return known(self.design, conditioned(self.design, phi), theta, sigma, self.reml, phi)

    @property
    def reml(self) -> bool:
        """Whether the criterion is the restricted one."""
        return self.solution.reml

    @property
    def nobs(self) -> int:
        """Number of rows."""
        return self.cross.n

    @property
    def npar(self) -> int:
        """Number of parameters: fixed effects, theta, phi and sigma."""
        return len(self.cross.kept) + len(self.theta) + len(self.phi) + 1

    @cached_property
    def beta(self) -> Floats:
        """Fixed effects (p,); 0 for one that the data say nothing about (see `se`)."""
        beta = np.zeros(len(self.names))
        beta[self.cross.kept] = self.cross.ols + np.linalg.solve(self.cross.R, self.solution.beta)
        return beta

    @cached_property
    def vcov(self) -> Floats:
        """Covariance matrix (p, p) of the estimated fixed effects, theta and sigma as known."""
        root = white(self.cross, self.solution, self.sigma)
        vcov = np.diag(np.full(len(self.names), np.inf))
        vcov[np.ix_(self.cross.kept, self.cross.kept)] = root @ root.T
        return vcov

    @cached_property
    def G(self) -> dict[str, Table]:
        """Covariance matrix (q, q) of the random effects, by grouping factor."""
        return between.covariances(self.design, self.theta, self.sigma)

    @property
    def residual(self) -> Table:
        """Correlations and sd ratios of the residuals; see `lmmlab.residual.estimates`."""
        return residuals.estimates(self)

    def residual_intervals(self, confidence: float = 0.95) -> Table:
        """Give intervals of them; see `lmmlab.residual.estimates.intervals`."""
        return residuals.intervals(self, confidence)

    def R(self, group: object) -> Table:
        """Covariance matrix of the residuals of one group; see `lmmlab.model.blocks`."""
        return blocks.residual_block(self, group)

    def V(self, group: object) -> Table:
        """Covariance matrix of the responses of one group; see `lmmlab.model.blocks`."""
        return blocks.block(self, group)

    @cached_property
    def blups(self) -> dict[str, Table]:
        """Predicted random effects (J, q) of each level (BLUPs), by grouping factor."""
        b = np.asarray(np.linalg.solve(self.cross.S, self._posterior.mean), dtype=float)
        return between.by_level(self.design, b)

    @cached_property
    def blup_sd(self) -> dict[str, Table]:
        """Conditional sds (J, q) of the random effects given y, beta as known (lme4's condVar)."""
        back = np.linalg.inv(self.cross.S)
        variance = np.einsum("ab,bcj,ac->aj", back, self._posterior.covariance, back)
        return between.by_level(self.design, self.sigma * np.sqrt(np.maximum(variance, 0.0)))

    @cached_property
    def fitted_marginal(self) -> Floats:
        """X beta (n,): what is expected of an average level."""
        fitted: Floats = self.design.X @ self.beta
        return fitted

    @cached_property
    def fitted(self) -> Floats:
        """X beta + Z b (n,): what is expected of this row's own level."""
        return self.fitted_marginal + between.random_part(self.design, self.blups)

    @cached_property
    def residuals(self) -> Floats:
        """What the model leaves over: y - fitted (n,)."""
        return self.design.y - self.fitted

    @cached_property
    def deviance(self) -> float:
        """-2 log likelihood, restricted under REML: the criterion, all constants included.

        At this theta and sigma; beta is the best for them.
        """
        return float(self.solution.criterion(self.sigma**2))

    @property
    def icc(self) -> float:
        """Correlation of two rows of the same level; see `lmmlab.model.r2.icc`."""
        from lmmlab.model.r2 import icc

        return icc(self)

    @cached_property
    def singular(self) -> bool:
        """Whether G is singular: some combination of the random effects does not vary."""
        return between.singular(self.solution.Lambda)

    @cached_property
    def converged(self) -> bool:
        """Whether theta (and sigma) is a minimum of the criterion, wherever it comes from.

        Notes
        -----
        No direction is left in which the derivatives promise more than a millionth: neither in
        theta, nor in D = Lambda Lambda' where dcriterion/dD has a negative eigenvalue.
        """
        best = abs(self.sigma**2 / self.solution.variance - 1.0) < LEFT
        if not best or (self.theta.size and promised(self.cross, self.solution) >= LEFT):
            return False
        return not self.phi.size or residuals.promised(self) < LEFT

    @property
    def message(self) -> str:
        """What one should know about the fit, in sentences; empty if nothing."""
        return remarks(self)

    @cached_property
    def path(self) -> Path:
        """Where the search has been: theta and criterion at every step.

        A fit in closed form needed no search; one is made when its path is asked for. At a given
        theta the path is that one point.
        """
        if self.source == "closed form":
            return minimise(self.cross, self.reml)
        here = Path(self.theta[None], np.array([self.deviance]), self.phi[None])
        return self.searched or here

    def test(
        self,
        method: Method = "satterthwaite",
        L: Contrast | None = None,
        confidence: float = 0.95,
    ) -> Table:
        """Test fixed effects, or combinations of them; see `lmmlab.inference.inference.test`."""
        from lmmlab.inference.inference import test

        return test(self, method, L, confidence)

    def anova(self, method: Method = "satterthwaite") -> Table:
        """Test each term of the fixed part; see `lmmlab.inference.inference.anova`."""
        from lmmlab.inference.inference import anova

        return anova(self, method)

    def predict(
        self,
        new: Any = None,
        level: Literal["population", "group"] = "population",
        *,
        given: Any = None,
        confidence: float = 0.95,
        observation: bool = False,
    ) -> Table:
        """Predict rows of old or new groups; see `lmmlab.model.predict.predict`."""
        from lmmlab.model.predict import predict

        return predict(
            self, new, level, given=given, confidence=confidence, observation=observation
        )

    def profile(self, confidence: float = 0.95) -> Profile:
        """Give profile likelihood intervals; see `lmmlab.inference.profile.profile`."""
        from lmmlab.inference.profile import profile

        return profile(self, confidence)

    def bootstrap(self, n: int = 1000, seed: int = 1) -> Bootstrap:
        """Refit the model to data simulated from it; see `lmmlab.inference.bootstrap.bootstrap`."""
        from lmmlab.inference.bootstrap import bootstrap

        return bootstrap(self, n, seed)

    def summary(self) -> str:
        """Give the estimates as text."""
        from lmmlab.model.summary import summary

        return summary(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        from lmmlab.model.summary import html

        return html(self)

    @cached_property
    def _posterior(self) -> Conditional:
        return posterior(self.cross, self.solution)
