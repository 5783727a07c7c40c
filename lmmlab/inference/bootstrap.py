"""Parametric bootstrap: what the estimates would be, were the fitted model true.

New people and new noise are drawn from the estimates, the model is refitted to each new response by
`lmmlab.study.batch`, and how these refits scatter shows how uncertain an estimate is, with no
appeal to large samples. This is what lme4's ``bootMer(use.u = FALSE, type = "parametric")`` does.

The numbers of one draw follow those of the draw before it in one stream. So the first 100 of 1000
draws are those of a bootstrap of 100, and memory stays small however many there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.covariance import covariance, factor, spread
from lmmlab.engine.design import Floats, LMMError
from lmmlab.inference.coordinates import Kind, parameters
from lmmlab.model.estimable import require_estimates
from lmmlab.model.estimates import require_confidence
from lmmlab.model.table import Table
from lmmlab.study.batch import batch
from lmmlab.study.simulate import add_effects, among

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit

_NUMBERS = 2_000_000  # that are drawn together, at most


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """The estimates of m responses that were simulated from a fitted model.

    Parameters
    ----------
    fit : Fit
        The model they were simulated from.
    beta : (m, p) array
        Fixed effects.
    G : (m, q, q) array
        Covariance of the random effects, of all terms.
    sigma : (m,) array
        Residual sd.
    singular : (m,) array of bool
        Whether G is singular.
    failed : (m,) array of bool
        Where the refit did not end in a minimum, or (NaN) there was none; not used.
    values : (m, r) array
        Correlations and sd ratios of the residual structure.
    """

    fit: Fit
    beta: Floats
    G: Floats
    sigma: Floats
    singular: NDArray[np.bool_]
    failed: NDArray[np.bool_]
    values: Floats = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def sd(self) -> Floats:
        """Standard deviations (m, q) of the random effects."""
        return spread(self.G)[0]

    @property
    def corr(self) -> Floats:
        """Correlations (m, q, q) of the random effects; NaN beside an sd of zero."""
        return spread(self.G)[1]

    def intervals(self, confidence: float = 0.95) -> Table:
        """Give percentile intervals of all parameters.

        Parameters
        ----------
        confidence : float
            Level of the intervals.

        Returns
        -------
        Table
            A row for each parameter: its estimate, the bias (mean of the draws minus estimate) and
            sd of the draws, and the quantiles (1 - confidence) / 2 and (1 + confidence) / 2.

        Raises
        ------
        LMMError
            If the draws are too few to have such quantiles.

        Notes
        -----
        The quantiles are interpolated linearly between the ordered draws. A correlation has no
        value in draws where an sd is zero; its row is about the others.

        Examples
        --------
        >>> from lmmlab import lmm, load
        >>> model = lmm("Reaction ~ Days + (1 | Subject)", load("sleepstudy"))
        >>> table = model.bootstrap(200, seed=1).intervals()
        >>> table.frame().loc["Days", ["estimate", "lower", "upper"]].round().tolist()
        [10.0, 9.0, 12.0]
        """
        require_confidence(confidence)
        m, failed = len(self.sigma), int(self.failed.sum())
        least = ceil(2.0 / (1.0 - confidence) - 1e-9)
        if m - failed < least:
            raise LMMError(
                f"{m - failed} draws are too few for intervals of level {confidence:g}. Take n of "
                f"{least} at least, better {10 * least}."
            )
        said = [self._account()]
        G = covariance(self.fit.theta, self.fit.sigma, self.fit.design.blocks)
        drawn = self.beta, *spread(self.G), self.sigma
        fitted = self.fit.beta, *spread(G), np.array(self.fit.sigma)
        rows, values = [], []
        found = [
            (name, _pick(kind, which, *drawn), float(_pick(kind, which, *fitted)))
            for name, kind, which in parameters(self.fit.design)
        ]
        if self.fit.phi.size:
            told = self.fit.residual
            found += [*zip(told.rows, self.values.T, told.values.tolist(), strict=True)]
        for name, draws, estimate in found:
            used = draws[np.isfinite(draws) & ~self.failed]
            if left := m - failed - len(used):
                said.append(f"{name} has no value in {left} draws, where an sd is zero.")
            row = [estimate, np.nan, np.nan, -1.0, 1.0]  # a correlation that is hardly ever defined
            if len(used) >= least:
                ends = np.quantile(used, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
                row[1:] = used.mean() - estimate, used.std(ddof=1), *ends
            rows.append(name)
            values.append(row)
        columns = ("estimate", "bias", "sd", "lower", "upper")
        return Table(tuple(rows), columns, np.array(values), " ".join(said))

    def _account(self) -> str:
        return (
            f"{len(self.sigma)} responses simulated from the estimates and refitted by "
            f"{'REML' if self.fit.reml else 'ML'}: {self.failed.sum()} refits failed and are left "
            f"out, {(self.singular & ~self.failed).sum()} are singular."
        )

    def __repr__(self) -> str:
        return f"{self._account()} See .intervals(); the draws are .beta, .sd, .corr and .sigma."


def bootstrap(fit: Fit, n: int = 1000, seed: int = 1) -> Bootstrap:
    """Refit a model to responses simulated from its own estimates.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    n : int
        How many responses.
    seed : int
        Not negative; the same seed gives the same draws.

    Returns
    -------
    Bootstrap

    Raises
    ------
    LMMError
        If theta was given or the search has not converged, or n or the seed is no sensible number.

    Notes
    -----
    y* = X beta + Z b* + e* with b* ~ N(0, G) and e* ~ N(0, sigma**2 / weight), all at the
    estimates; residuals with a structure are drawn with it. The refits use the criterion of the
    fit. With a residual structure each is a search of its own, so that 1000 take 10 s and more.
    """
    require_estimates(fit, "A bootstrap")
    if not (isinstance(n, int | np.integer) and n > 0):
        raise LMMError(f"n must be a positive whole number, such as 1000; this is {n!r}.")
    if not (isinstance(seed, int | np.integer) and seed >= 0):
        raise LMMError(f"The seed is {seed!r}. Take a whole number from 0 on.")
    rng, most = np.random.default_rng(seed), max(1, _NUMBERS // fit.nobs)
    parts = []
    for start in range(0, n, most):
        Y = simulated(fit, rng, min(most, n - start))
        ordinary = fit.design.residual is None and fit.design.terms
        parts.append(batch(fit.design, Y, fit.reml) if ordinary else _one_by_one(fit, Y))
    beta, G, sigma, singular, converged, values = (
        np.concatenate([getattr(part, name, np.empty((0, 0))) for part in parts])
        for name in ("beta", "G", "sigma", "singular", "converged", "values")
    )
    return Bootstrap(fit, beta, G, sigma, singular, ~converged, values)


@dataclass(frozen=True, eq=False)
class _Refits:
    """What is needed of refits that `lmmlab.study.batch` cannot do, as there."""

    beta: Floats
    G: Floats
    sigma: Floats
    singular: NDArray[np.bool_]
    converged: NDArray[np.bool_]
    values: Floats


def _one_by_one(fit: Fit, Y: Floats) -> _Refits:
    """Refit one response after the other; NaN where there is no fit."""
    from lmmlab.model.fit import fit as estimate

    m, q, structure = len(Y), sum(fit.design.blocks), fit.design.residual
    beta, G = np.full((m, len(fit.names)), np.nan), np.full((m, q, q), np.nan)
    sigma, values = np.full(m, np.nan), np.full((m, len(fit.phi)), np.nan)
    singular, converged = np.zeros(m, dtype=bool), np.zeros(m, dtype=bool)
    for i, y in enumerate(Y):
        try:
            one = estimate(replace(fit.design, y=y), fit.reml)
        except LMMError:
            continue
        beta[i], sigma[i] = one.beta, one.sigma
        G[i] = covariance(one.theta, one.sigma, fit.design.blocks)
        singular[i], converged[i] = one.singular, one.converged
        if structure is not None:
            values[i] = structure.values(one.phi)
    return _Refits(beta, G, sigma, singular, converged, values)


def simulated(fit: Fit, rng: np.random.Generator, m: int) -> Floats:
    """Draw responses (m, n) from a model at its estimates."""
    design = fit.design
    sizes = [len(one.levels) * len(one.names) for one in design.terms]
    draws = rng.standard_normal((m, sum(sizes) + fit.nobs))
    *parts, e = np.split(draws, np.cumsum(sizes), axis=1)
    if design.residual is not None:
        e = design.residual.colour(e, fit.phi)
    T = fit.sigma * factor(fit.theta, design.blocks)
    Y: Floats = design.X @ fit.beta + fit.sigma / np.sqrt(design.row_weights) * e
    for one, own, part in zip(design.terms, design.effects, parts, strict=True):
        u = among(one.relation, part.reshape(m, len(one.levels), len(one.names)))
        add_effects(Y, one.Z, one.codes, T[own, own], u)
    return Y


def _pick(
    kind: Kind, which: tuple[int, ...], beta: Floats, sd: Floats, corr: Floats, sigma: Floats
) -> Floats:
    """Give one parameter; replicates stand on leading axes."""
    if kind == "cor":
        return corr[..., which[0], which[1]]
    return {"sd": sd, "beta": beta}[kind][..., which[0]] if which else sigma
