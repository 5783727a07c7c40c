"""Made groups in which x differs between groups and within them, counted from three zeros."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from lmmlab.classical.means import on_means
from lmmlab.data import arrays
from lmmlab.engine.design import Design, Floats, Ints, Term
from lmmlab.meaning.predictor import blend
from lmmlab.model.fit import fit

WITHIN, BETWEEN = -1.0, 2.0
"""The true slopes: among rows of one group, and among the means of groups."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The first n rows of each of J groups."""

    levels: tuple[str, ...]
    x: Floats
    y: Floats
    codes: Ints

    @property
    def means(self) -> Floats:
        """Mean of x in each group, (J, 1)."""
        means: Floats = self.x.mean(1, keepdims=True)
        return means


@dataclass(frozen=True, eq=False)
class Reading:
    """A random-intercept model of y on x, with x counted from a zero for each group.

    Attributes
    ----------
    zero : (J, 1), which raw x is called 0 in each group.
    beta, se : (2,), average height at the zero and slope, with standard errors.
    tau, sigma : spread of the groups' heights at their zero, and residual sd.
    heights : (J, 1), height of each group's line at its zero.
    deviance : -2 log restricted likelihood.
    between : weight of the slope between groups in this slope.
    """

    zero: Floats
    beta: Floats
    se: Floats
    tau: float
    sigma: float
    heights: Floats
    deviance: float
    between: float

    def at(self, x: Floats) -> Floats:
        """Give the height of each group's line at raw x, (J, m)."""
        heights: Floats = self.heights + self.beta[1] * (x - self.zero)
        return heights


@cache
def levels() -> tuple[str, ...]:
    """Name the thirty groups."""
    return tuple(dict.fromkeys(arrays("within_between")["group"].tolist()))


@lru_cache(maxsize=16)
def rows(n: int) -> Rows:
    """Keep the first n rows of each group."""
    table, J = arrays("within_between"), len(levels())
    x, y = (table[name].reshape(J, -1)[:, :n] for name in ("x", "y"))
    return Rows(levels(), x, y, np.repeat(np.arange(J), n))


def _design(n: int, zero: Floats) -> Design:
    data = rows(n)
    counted = (data.x - zero).ravel()
    X, names = np.stack([np.ones_like(counted), counted], axis=1), ("(Intercept)", "x")
    term = Term("group", names[:1], X[:, :1], data.codes, data.levels, (1,))
    return Design(data.y.ravel(), X, names, (term,))


@lru_cache(maxsize=64)
def reading(n: int, centring: str) -> Reading:
    """Fit y on x, counted from its own zero, from the grand mean, or from each group's mean."""
    data = rows(n)
    zero = np.zeros_like(data.means)
    if centring == "grand":
        zero = np.full_like(zero, data.x.mean())
    elif centring == "group":
        zero = data.means
    design = _design(n, zero)
    model = fit(design)
    tau = float(model.sd["group"].values[0])
    return Reading(
        zero=zero,
        beta=model.beta,
        se=model.se,
        tau=tau,
        sigma=model.sigma,
        heights=model.beta[0] + model.blups["group"].values[:, :1],
        deviance=model.deviance,
        between=float(blend(design.X[:, 1], data.codes, tau, model.sigma)),
    )


@lru_cache(maxsize=16)
def between(n: int) -> tuple[float, float]:
    """Give the slope, and its standard error, of the groups' mean y on their mean x."""
    means = on_means(_design(n, np.zeros_like(rows(n).means)))
    return float(means.beta[1]), float(means.se[1])
