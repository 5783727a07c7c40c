"""The numbers of the shrinkage lab: from controls to own lines, pulled lines and weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from lmmlab.engine.classical import complete_pooling, no_pooling
from lmmlab.engine.covariance import theta_of
from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.engine.fit import Fit, evaluate, fit
from lmmlab.engine.simulate import root
from lmmlab.engine.variance import Repeated, expected_errors, reliability, repeated
from lmmlab.labs import _people
from lmmlab.labs._lab import control
from lmmlab.labs._people import People

_SIMULATED, _SLEEP = "source=simulated", "source=sleepstudy"
_QUIET = 1e-3  # ms; a residual sd of zero is taken as this limit


@dataclass(frozen=True)
class Controls:
    """What a student can move."""

    source: str = control(
        "sleepstudy",
        "whose data",
        group="people",
        choices=(("sleepstudy", "sleep study"), ("simulated", "simulated people")),
    )
    people: int = control(18, "people", group="people", low=2, high=60, shown=_SIMULATED)
    visits: int = control(10, "visits of each", group="people", low=1, high=20, shown=_SIMULATED)
    days: int = control(10, "days we keep of each", group="people", low=1, high=10, shown=_SLEEP)
    tau0: float = control(
        24.7, "spread of starts", symbol="τ₀", unit="ms", group="nature",
        low=0.0, high=80.0, step=0.1, role="parameter:tau0",
    )  # fmt: skip
    tau1: float = control(
        5.9, "spread of daily changes", symbol="τ₁", unit="ms", group="nature",
        low=0.0, high=20.0, step=0.1, role="parameter:tau1",
    )  # fmt: skip
    rho: float = control(
        0.07, "start and change go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.01, role="parameter:rho", signed=True,
    )  # fmt: skip
    sigma: float = control(
        25.6, "noise of one visit", symbol="σ", unit="ms", group="nature",
        low=0.0, high=80.0, step=0.1, role="parameter:sigma",
    )  # fmt: skip
    beta0: float = control(
        251.0, "average start", symbol="β₀", unit="ms", group="nature",
        low=200.0, high=300.0, step=1.0, role="parameter:beta", shown=_SIMULATED,
    )  # fmt: skip
    beta1: float = control(
        10.5, "average daily change", symbol="β₁", unit="ms", group="nature",
        low=-10.0, high=20.0, step=0.5, role="parameter:beta", shown=_SIMULATED,
    )  # fmt: skip
    pooling: str = control(
        "partial",
        "which lines",
        group="What we fit",
        choices=(("no", "own lines"), ("partial", "mixed model"), ("complete", "one line")),
    )
    method: str = control(
        "REML", "estimated by", group="What we fit", choices=(("REML", "REML"), ("ML", "ML"))
    )
    own_days: int = control(
        10, "days with data", symbol="n", group="The person in colour",
        low=1, high=10, role="person", shown=_SLEEP,
    )  # fmt: skip
    own_visits: int = control(
        10, "visits", symbol="n", group="The person in colour",
        low=1, high=20, role="person", shown=_SIMULATED,
    )  # fmt: skip
    own_noise: float = control(
        1.0, "noise of these visits", unit="times σ", group="The person in colour",
        low=0.2, high=4.0, step=0.1, role="person",
    )  # fmt: skip
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(1, "sample", hidden=True, low=0, high=999_999, shown=_SIMULATED)


@dataclass(frozen=True)
class Spread:
    """The four variance parameters, as one speaks of them: sds and a correlation."""

    tau0: float
    tau1: float
    rho: float
    sigma: float

    @cached_property
    def factor(self) -> Floats:
        """Lower-triangular square root of G; continuous in all sliders, also at rho = +-1."""
        return root(np.array([self.tau0, self.tau1]), self.rho)

    @cached_property
    def G(self) -> Floats:
        """Covariance matrix of starts and changes."""
        return self.factor @ self.factor.T

    @property
    def theta(self) -> Floats:
        """The factor relative to sigma, as the engine takes it."""
        return theta_of(self.factor / self.sigma, (2,))


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
    notes = _corner(c, int(people.visits[index]))
    estimate = None if fitted is None else _spread(fitted)
    if truth is not None and fitted is not None and estimate is not None:
        believed, model = estimate, fitted
        if fitted.singular:
            notes.append(_limit(estimate))
    else:
        believed = told
        assumed = (told.theta, told.sigma)
        model = evaluate(design, *assumed) if fitted is None else fitted.at(*assumed)
        if truth is not None:
            notes.append(
                "With so few visits the spreads cannot be estimated, so the picture uses those of "
                "the sliders."
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
    known = c.person.isdecimal() and 1 <= int(c.person) <= c.people
    who = str(int(c.person)) if known else _people.farthest(c.seed, c.people)
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


def _corner(c: Controls, own_visits: int) -> list[str]:
    """Say what is special about a state at the edge of the sliders."""
    made, notes = c.source == "simulated", []
    if c.sigma == 0.0:
        notes.append("With σ = 0 every visit is taken as exact.")
    if c.tau0 == 0.0 and c.tau1 == 0.0:
        notes.append(
            "In truth all are alike; what still differs is estimated from noise."
            if made
            else "With τ₀ = τ₁ = 0 the model takes all people as alike."
        )
    elif c.tau0 == 0.0:
        notes.append("With τ₀ = 0 all people start at the same point.")
    elif c.tau1 == 0.0:
        notes.append("With τ₁ = 0 people differ in their start only.")
    elif abs(c.rho) == 1.0:
        notes.append(_meeting(c))
    if own_visits == 1 or (c.visits if made else c.days) == 1:
        notes.append("One visit does not make a line of one's own.")
    if made and c.people == 2:
        notes.append("Two people say next to nothing about how much people differ.")
    return notes


def _meeting(c: Controls) -> str:
    """Say where all lines meet when start and change are perfectly correlated."""
    sign, day = "+" if c.rho > 0 else "−", -c.rho * c.tau0 / c.tau1
    whose = "the true lines" if c.source == "simulated" else "the model's lines"
    if day <= 0.0:
        where = "would all have met before day 0" if c.tau0 > 0.0 else "all meet on day 0"
    elif day > 19.0:
        where = f"would all meet on day {day:.0f}, after the study"
    else:
        where = f"all meet on day {day:.1f}"
    return f"At ρ = {sign}1 the start fixes the change: {whose} {where}."


def _limit(estimate: Spread) -> str:
    """Say in plain words that an estimate of G is singular."""
    more = "More visits or more people would help."
    for name, value in (("τ₀", estimate.tau0), ("τ₁", estimate.tau1)):
        if value == 0.0:
            return (
                f"The estimate of {name} is 0: these people differ no more than noise explains. "
                f"{more}"
            )
    sign = "+" if estimate.rho > 0 else "−"
    return (
        "These data cannot tell how start and change go together: the estimate of ρ sits at its "
        f"limit, {sign}1. {more}"
    )


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
