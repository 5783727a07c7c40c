"""The numbers of the fan lab: people with a given G, the spread along time, change on start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lmmlab.engine.design import Floats, LMMError
from lmmlab.labs import _people
from lmmlab.labs._people import People, columns
from lmmlab.labs.fan.controls import Controls
from lmmlab.labs.fan.remarks import corners
from lmmlab.labs.fan.spread import Estimate, Spread, entries_of
from lmmlab.labs.fan.stories import STORIES, Story
from lmmlab.meaning.implied import correlation, implied, line_variance
from lmmlab.model.fit import fit
from lmmlab.study.simulate import root


class Trend(NamedTuple):
    """Change from the first to the last visit against a start.

    `line` is the least squares line, intercept and slope; `found` the correlation among these
    people, `expected` that of the model. None where one of the two does not vary.
    """

    start: Floats
    change: Floats
    line: Floats | None
    found: float | None
    expected: float | None


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    told : how people differ, with time counted from 0, as the sliders say.
    here : the same, with time counted from the origin.
    possible : whether any people can differ like this.
    people : None where it is not possible.
    lines : (J, 2), true level at the origin and true change.
    average : (2,), that of the average person.
    estimate : None where nothing can be estimated.
    times : (m,) points of time, from 0.
    variance, estimated : (m,) variance of people's lines there, true and estimated.
    eigenvalues : (2,) of G, ascending; `scaled`: when both are measured in sds.
    lowest : (time, variance) where the variance is smallest, among the times that are drawn.
    trend : None where there are no people.
    """

    controls: Controls
    story: Story
    told: Spread
    here: Spread
    possible: bool
    people: People | None
    who: str
    lines: Floats
    average: Floats
    estimate: Estimate | None
    times: Floats
    variance: Floats
    estimated: Floats | None
    eigenvalues: Floats
    scaled: Floats
    lowest: tuple[float, float]
    trend: Trend | None
    message: str

    @property
    def index(self) -> int:
        """Row of the person in colour."""
        return int(self.who) - 1

    @property
    def end(self) -> float:
        """The last time that is drawn."""
        return float(self.times[-1])


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    story = STORIES[c.story]
    told = entries_of(c)
    possible = told.possible
    end = float(c.until)
    times = np.linspace(0.0, end, 97)
    beta = np.array(story.beta)
    who = _people.in_colour(c.person, c.seed, c.people)
    people = estimate = trend = None
    if possible:
        people = _people.simulated(
            c.seed, c.people, story.visits, beta=beta, factor=root(told.sd, told.rho or 0.0),
            sigma=c.sigma, gap=story.gap, exact=True,
        )  # fmt: skip
        estimate = _estimate(people, c.origin)
        trend = _trend(people, told.G, c)
    shift = np.array([[1.0, c.origin], [0.0, 1.0]])
    truth = np.empty((0, 2)) if people is None or people.truth is None else people.truth
    lowest = told.lowest(end)
    return Scene(
        controls=c,
        story=story,
        told=told,
        here=told.at(c.origin),
        possible=possible,
        people=people,
        who=who,
        lines=truth @ shift.T,
        average=shift @ beta,
        estimate=estimate,
        times=times,
        variance=line_variance(told.G, columns(times)),
        estimated=None
        if estimate is None
        else line_variance(estimate.spread.G, columns(times - c.origin)),
        eigenvalues=np.asarray(np.linalg.eigvalsh(told.G), dtype=float),
        scaled=told.scaled_eigenvalues(),
        lowest=lowest,
        trend=trend,
        message=corners(c, story, told, lowest, estimate),
    )


def _estimate(people: People, origin: float) -> Estimate | None:
    """Fit ``y ~ time + (time | person)``, time counted from the origin."""
    try:
        fitted = fit(replace(people, day=people.day - origin).design())
    except LMMError:
        return None
    spread = Spread(fitted.G["person"].values)
    return Estimate(spread, fitted.beta, fitted.sigma, fitted.deviance, fitted.singular)


def _trend(people: People, G: Floats, c: Controls) -> Trend:
    """Plot the change from the first to the last visit against the observed or the true start."""
    y = people.y.reshape(len(people.levels), -1)
    change = y[:, -1] - y[:, 0]
    observed = c.baseline == "observed"
    start = y[:, 0] if observed or people.truth is None else people.truth[:, 0]
    expected = expected_correlation(G, c.sigma, float(people.day.max()), observed)
    x, d = start - start.mean(), change - change.mean()
    xx, dd, xd = float(x @ x), float(d @ d), float(x @ d)
    if xx < 1e-12 * len(x) or dd < 1e-12 * len(x):
        return Trend(start, change, None, None, expected)
    slope = xd / xx
    line = np.array([change.mean() - slope * start.mean(), slope])
    return Trend(start, change, line, xd / np.sqrt(xx * dd), expected)


_FIRST_AND_CHANGE = np.array([[1.0, 0.0], [-1.0, 1.0]])


@lru_cache(maxsize=8)
def _ends(last: float) -> Floats:
    return columns(np.array([0.0, last]))


def expected_correlation(G: Floats, sigma: float, last: float, observed: bool) -> float | None:
    """Give the correlation of start and observed change that the model implies.

    Parameters
    ----------
    G : (2, 2) array
        With time counted from the first visit.
    sigma : float
    last : float
        Time of the last visit.
    observed : bool
        Whether the start is what the first visit showed; otherwise it is the true start.

    Returns
    -------
    float or None
        None where start or change does not vary.

    Notes
    -----
    The change holds the noise of two visits. That of the first one is in the observed start, too,
    with the other sign: the covariance is T tau01 - sigma**2, against the true start T tau01.
    """
    A = _FIRST_AND_CHANGE
    if observed:
        V = A @ implied(G, sigma, _ends(last)) @ A.T
    else:
        V = A @ implied(G, 0.0, _ends(last)) @ A.T + np.diag([0.0, 2.0 * sigma**2])
    if not (np.diagonal(V) > 1e-12).all():
        return None
    return float(correlation(V)[0, 1])
