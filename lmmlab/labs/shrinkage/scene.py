"""The numbers of the shrinkage lab: from controls to own lines, pulled lines and weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lmmlab.classical import complete_pooling, no_pooling
from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.labs import _people
from lmmlab.labs._people import People
from lmmlab.labs.shrinkage.controls import Controls
from lmmlab.labs.shrinkage.remarks import corners, limit
from lmmlab.labs.shrinkage.spread import Spread
from lmmlab.meaning.variance import Repeated, expected_errors, reliability, repeated
from lmmlab.model.fit import Fit, evaluate, fit

_QUIET = 1e-3  # ms; a residual sd of zero is taken as this limit


class Miss(NamedTuple):
    """How far lines are from the true ones, as root mean squares (ms) over days 0 to 9.

    Over the `judged` people who have a line of their own, so that all kinds of line are judged by
    the same people. The last two are expectations, with the true variances and average known.
    """

    judged: int
    own: float
    pulled: float
    common: float
    own_expected: float
    pulled_expected: float


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Lines are (J, 2) arrays of start (ms) and change (ms a day), NaN where a person has none.

    Attributes
    ----------
    own, pulled : no pooling, and the mixed model (BLUPs).
    line, average : what the chosen fit gives, for each person and for the average.
    told, estimate : variances of the sliders, and what ML or REML makes of the data.
    believed : the one of these two that the model uses.
    weight : (J, 2), weight of own data for level and change (see `reliability`).
    curve, true_curve : the same over `CURVE_VISITS`.
    miss : how far lines are from the true ones, in this sample and in the long run.
    again : the person in colour, studied again and again with the true variances.
    """

    controls: Controls
    people: People
    who: str
    index: int
    own: Floats
    pulled: Floats
    line: Floats
    average: Floats
    told: Spread
    estimate: Spread | None
    believed: Spread
    weight: Floats
    curve: Floats
    true_curve: Floats | None
    miss: Miss | None
    again: Repeated | None
    message: str

    @property
    def true_average(self) -> Floats:
        """The average start and change of simulated people."""
        return np.array([self.controls.beta0, self.controls.beta1])

    @property
    def visits(self) -> int:
        """How many visits the person in colour has."""
        return int(self.people.visits[self.index])

    @property
    def name(self) -> str:
        """What to call the person in colour."""
        return f"{'Driver' if self.people.truth is None else 'Person'} {self.who}"


CURVE_VISITS = np.arange(1.0, _people.MOST_VISITS + 1)


def weights(spread: Spread, visits: Floats, noise: float | Floats = 1.0) -> Floats:
    """Give the weights of own data for the level (on the middle day) and for the daily change.

    Parameters
    ----------
    spread : Spread
    visits : (m,) array
        Numbers of visits, on days 0, 1, 2, ...
    noise : float or (m,) array
        How noisy these visits are, in sigmas.

    Returns
    -------
    (m, 2) array
    """
    sigma, G = spread.sigma * noise, spread.G
    middle = np.stack([np.ones_like(visits), (visits - 1.0) / 2.0], axis=-1)
    squares = visits * (visits**2 - 1.0) / 12.0
    level = reliability(G, sigma, middle, visits)
    return np.stack([level, reliability(G, sigma, np.array([0.0, 1.0]), squares)], axis=-1)


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    told = Spread(c.tau0, c.tau1, c.rho, max(c.sigma, _QUIET))
    people, who = _crowd(c, told)
    index, truth = people.levels.index(who), people.truth
    design, fitted, own, common = _analysis(people, who, c.own_noise, c.method == "REML")
    notes = corners(c, int(people.visits[index]))
    estimate = None if fitted is None else _spread(fitted)
    if truth is not None and fitted is not None and estimate is not None:
        believed, model = estimate, fitted
        if fitted.singular:
            notes.append(limit(estimate))
    else:
        believed = told
        assumed = (told.theta, told.sigma)
        model = evaluate(design, *assumed) if fitted is None else fitted.at(*assumed)
        if truth is not None:
            why = "Without noise" if c.sigma == 0.0 else "With so few visits"
            notes.append(
                f"{why} the spreads cannot be estimated, so the picture uses those of the sliders."
            )
    pulled = model.beta + model.blups["person"].values
    noise = np.ones(len(people.levels))
    noise[index] = c.own_noise
    weight = weights(believed, people.visits.astype(float), noise)
    line, average = pulled, model.beta
    if c.pooling == "no":
        line, weight = own, np.where(np.isfinite(own), 1.0, np.nan)
        known = np.isfinite(own).all(1)
        average = own[known].mean(0) if known.any() else np.full(2, np.nan)
    elif c.pooling == "complete":
        line, average, weight = np.tile(common, (len(own), 1)), common, np.zeros_like(weight)
    return Scene(
        controls=c,
        people=people,
        who=who,
        index=index,
        own=own,
        pulled=pulled,
        line=line,
        average=average,
        told=told,
        estimate=estimate,
        believed=believed,
        weight=weight,
        curve=weights(believed, CURVE_VISITS),
        true_curve=None if truth is None else weights(told, CURVE_VISITS),
        miss=None if truth is None else _miss(told, noise, people, own, pulled, common),
        again=None if truth is None else _again(told, c, truth[index]),
        message=" ".join(notes),
    )


class Analysis(NamedTuple):
    """What follows from the data alone, whatever is assumed: no slider of a variance enters."""

    design: Design
    fitted: Fit | None
    own: Floats
    common: Floats


@lru_cache(maxsize=8)
def _analysis(people: People, who: str, noise: float, reml: bool) -> Analysis:
    """Analyse the data once; the sleep study stays the same while a variance slider moves."""
    design = people.design(people.weights(who, noise))
    try:
        fitted = fit(design, reml)
    except LMMError:
        fitted = None
    return Analysis(design, fitted, no_pooling(design), complete_pooling(design))


def _crowd(c: Controls, told: Spread) -> tuple[People, str]:
    """Give the people, and the name of the one in colour."""
    if c.source == "sleepstudy":
        who = c.person if c.person in _people.sleepers() else "335"
        return _people.sleepstudy(c.days, who, c.own_days), who
    who = _people.in_colour(c.person, c.seed, c.people)
    people = _people.simulated(
        c.seed,
        c.people,
        c.visits,
        who,
        c.own_visits,
        beta=np.array([c.beta0, c.beta1]),
        factor=told.factor,
        sigma=c.sigma,
        own_noise=c.own_noise,
    )
    return people, who


def _spread(model: Fit) -> Spread:
    """Read a fit as sds and a correlation; beside a zero sd the correlation is set to 0."""
    G = model.G["person"].values
    sd = np.sqrt(np.diag(G))
    both = float(sd[0] * sd[1])
    rho = float(np.clip(G[1, 0] / both, -1.0, 1.0)) if both > 0.0 else 0.0
    return Spread(float(sd[0]), float(sd[1]), rho, model.sigma)


_DAYS = np.array([[1.0, 4.5], [4.5, 28.5]])  # mean of (1, day)(1, day)' over days 0 to 9


def _miss(
    told: Spread, noise: Floats, people: People, own: Floats, pulled: Floats, common: Floats
) -> Miss | None:
    """Judge own, pulled and common lines by the truth."""
    judged = np.isfinite(own).all(1)
    if not judged.any() or people.truth is None:
        return None
    truth = people.truth[judged]
    off = (own[judged] - truth, pulled[judged] - truth, common - truth)
    here = (np.sqrt(np.einsum("ji,ik,jk->j", d, _DAYS, d).mean()) for d in off)
    kinds, count = np.unique(
        np.stack([people.visits, noise], axis=1)[judged], axis=0, return_counts=True
    )
    expected = np.array(
        [
            [np.sum(error * _DAYS) for error in expected_errors(_lines(n), told.G, told.sigma * k)]
            for n, k in kinds
        ]
    )
    run = np.sqrt(count @ expected / count.sum())
    return Miss(int(judged.sum()), *map(float, here), *map(float, run))


def _lines(visits: float) -> Floats:
    """Give the random columns of a person with so many visits, on days 0, 1, 2, ..."""
    day = np.arange(visits)
    return np.stack([np.ones_like(day), day], axis=1)


def _again(told: Spread, c: Controls, line: Floats) -> Repeated:
    """Study the person in colour again and again: the level on the middle one of their days."""
    middle = np.array([1.0, (c.own_visits - 1) / 2.0])
    b = line - np.array([c.beta0, c.beta1])
    return repeated(_lines(c.own_visits), told.G, told.sigma * c.own_noise, b, middle)


def spread_of(values: Floats) -> float | None:
    """Give the sd of the finite values, or None if fewer than two are there."""
    values = values[np.isfinite(values)]
    return float(values.std(ddof=1)) if len(values) > 1 else None
