"""The sleep study, with time counted from another day.

With a free correlation nothing is fitted again: the one fit is read at the new zero. Where the
correlation is forced to 0 the zero is part of the model, and each zero has a fit of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from lmmlab.engine.design import Design, Floats, Term
from lmmlab.labs import _people
from lmmlab.labs.centring.controls import FIRST, LAST
from lmmlab.meaning.implied import correlation, moved, narrowest
from lmmlab.model.fit import Fit, fit

MEAN = 4.5
"""The mean of days 0 to 9: the zero of grand-mean centring."""

ORIGINS = np.linspace(FIRST, LAST, 31)


@dataclass(frozen=True, eq=False)
class Reading:
    """A model of people's lines, read at a zero of time.

    Attributes
    ----------
    origin : the day that is called 0.
    beta, se : (2,), height at the origin and daily change of the average, with standard errors.
    G : (2, 2), covariance of people's heights at the origin and of their changes.
    b : (J, 2), how each person differs from the average in the two (BLUPs).
    sigma, deviance : residual sd, and -2 log restricted likelihood.
    """

    origin: float
    beta: Floats
    se: Floats
    G: Floats
    b: Floats
    sigma: float
    deviance: float

    @property
    def tau(self) -> Floats:
        """Spread of heights at the origin, and of daily changes."""
        return np.sqrt(np.diag(self.G))

    @property
    def rho(self) -> float:
        """Correlation of height at the origin and change."""
        return float(correlation(self.G)[0, 1])

    def at(self, day: Floats) -> Floats:
        """Give the height of each person's line on the days of the study, (J, m)."""
        line = self.beta + self.b
        heights: Floats = line[:, :1] + line[:, 1:] * (day - self.origin)
        return heights


def levels() -> tuple[str, ...]:
    """Name the eighteen drivers."""
    return _people.sleepers()


@cache
def visits() -> tuple[Floats, Floats]:
    """Give the (J, 10) days and reaction times of the study."""
    people = _people.sleepstudy(10, levels()[0], 10)
    return people.day.reshape(-1, 10).astype(float), people.y.reshape(-1, 10)


def _fitted(origin: float, blocks: tuple[int, ...]) -> Fit:
    day, y = visits()
    lines = np.ones((y.size, 2))
    lines[:, 1] = day.ravel() - origin
    names, codes = ("(Intercept)", "day"), np.repeat(np.arange(len(y)), 10)
    term = Term("person", names, lines, codes, levels(), blocks)
    return fit(Design(y.ravel(), lines, names, (term,)))


def _reading(origin: float, model: Fit) -> Reading:
    G, b = model.G["person"].values, model.blups["person"].values
    return Reading(origin, model.beta, model.se, G, b, model.sigma, model.deviance)


@cache
def start() -> Reading:
    """Read the model with a free correlation on day 0."""
    return _reading(0.0, _fitted(0.0, (2,)))


@cache
def _vcov() -> Floats:
    return _fitted(0.0, (2,)).vcov


@lru_cache(maxsize=256)
def free(origin: float) -> Reading:
    """Read the same model on another day, without a new fit."""
    first, shift = start(), np.array([[1.0, origin], [0.0, 1.0]])
    return Reading(
        origin=origin,
        beta=shift @ first.beta,
        se=np.sqrt(np.diag(shift @ _vcov() @ shift.T)),
        G=moved(first.G, origin),
        b=first.b @ shift.T,
        sigma=first.sigma,
        deviance=first.deviance,
    )


@lru_cache(maxsize=256)
def forced(origin: float) -> Reading:
    """Fit the model whose correlation is 0 on this day."""
    return _reading(origin, _fitted(origin, (1, 1)))


@cache
def forced_curve() -> Floats:
    """Give the criterion of the forced model over `ORIGINS`."""
    return np.array([forced(float(origin)).deviance for origin in ORIGINS])


@cache
def uncorrelated() -> float:
    """Give the day on which height and change do not go together: there lines lie closest."""
    return float(narrowest(start().G)[0])
