"""The numbers of the playground: one truth, its data, one model, and the truth beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from lmmlab.engine.classical import no_pooling
from lmmlab.engine.covariance import theta_of
from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.implied import correlation, implied, line_variance, moved, narrowest, vpc
from lmmlab.engine.inference import Method
from lmmlab.engine.simulate import root
from lmmlab.engine.variance import reliability
from lmmlab.labs import _people
from lmmlab.labs._people import People
from lmmlab.labs.playground.controls import Controls
from lmmlab.labs.playground.model import Model, best_errors, questions, said
from lmmlab.labs.playground.remarks import corners
from lmmlab.labs.playground.stories import STORIES, Story

_QUIET = 1e-3  # of the noise of the story: a noise of 0 is taken as this limit
_CELLS = 10


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell; levels are those at the origin of time.

    Attributes
    ----------
    true_lines, own, average : (J, 2) and (2,)
        True lines, lines of own rows alone (NaN where there are too few), the true average.
    G, sigma : what is true.
    model : what was fitted, or None if that cannot be.
    best : (3,) standard errors that can be had at best (see `best_errors`), or NaN.
    times : (m,) points of time from 0 to the end; `sd`, `sd_fitted`: how far people are apart.
    turning : when they are closest, and how far they are apart then; None if lines are parallel.
    occasions : (k,) times of the map of correlations; `corr`, `corr_fitted`: (k, k).
    share, share_fitted : share of variance between people at the first and the last time.
    rows_seen : (J,) rows of each person; `weight`: (J, 2) weight of these for level and change.
    curve_rows : (m,) numbers of rows; `curve`, `curve_fitted`: (m, 2) the weights there.
    """

    controls: Controls
    story: Story
    people: People
    who: str
    index: int
    true_lines: Floats
    own: Floats
    average: Floats
    G: Floats
    sigma: float
    model: Model | None
    best: Floats
    times: Floats
    sd: Floats
    sd_fitted: Floats | None
    turning: tuple[float, float] | None
    occasions: Floats
    corr: Floats
    corr_fitted: Floats | None
    share: Floats
    share_fitted: Floats | None
    weight: Floats
    curve_rows: Floats
    curve: Floats
    curve_fitted: Floats | None
    message: str

    @property
    def end(self) -> float:
        """Time of the last planned row of most people."""
        return self.controls.gap * max(self.controls.visits - 1, 1)

    @property
    def asked(self) -> Floats:
        """True values (3,) of the level at the origin, the change, and the level at the end."""
        return self.answers(self.average)

    def answers(self, line: Floats) -> Floats:
        """Give the same three values of another line."""
        values: Floats = questions(self.end - self.controls.origin) @ line
        return values


def scene(controls: Controls) -> Scene:
    """Compute everything that the playground shows."""
    c = controls
    story = STORIES[c.story]
    sigma = max(c.sigma, _QUIET * story.nature[-1])
    beta, factor = np.array([c.beta0, c.beta1]), root(np.array([c.tau0, c.tau1]), c.rho)
    who, people = _crowd(c, beta, factor, sigma)
    index, end = people.levels.index(who), c.gap * max(c.visits - 1, 1)
    model, why = None, ""
    try:
        model = said(people, c.origin, c.fit, c.method == "REML", cast(Method, c.interval), end)
    except LMMError as error:
        why = str(error)

    shift = np.array([[1.0, 0.0], [c.origin, 1.0]])
    here, assumed = moved(factor @ factor.T, c.origin), None if model is None else model
    truth = cast(Floats, people.truth)
    times = np.linspace(0.0, end, 61)
    drawn = _columns(times - c.origin)
    stride = -(-c.visits // _CELLS)
    occasions = c.gap * np.arange(0, c.visits, stride)
    cells, ends = _columns(occasions - c.origin), _columns(np.array([0.0, end]) - c.origin)
    rows = np.arange(1.0, max(20, c.visits, c.own_visits) + 1.0)
    curves = (rows, c.gap * (rows - 1.0) / 2.0 - c.origin, c.gap**2 * rows * (rows**2 - 1) / 12)
    seen = _seen(people, c.origin)
    return Scene(
        controls=c,
        story=story,
        people=people,
        who=who,
        index=index,
        true_lines=truth @ shift,
        own=no_pooling(people.design()) @ shift,
        average=beta @ shift,
        G=here,
        sigma=sigma,
        model=model,
        best=best_errors(people, theta_of(factor / sigma, (2,)), sigma, c.origin, end),
        times=times,
        sd=np.sqrt(np.maximum(line_variance(here, drawn), 0.0)),
        sd_fitted=None
        if assumed is None
        else np.sqrt(np.maximum(line_variance(assumed.G, drawn), 0.0)),
        turning=_turning(factor @ factor.T),
        occasions=occasions,
        corr=correlation(implied(here, sigma, cells)),
        corr_fitted=None
        if assumed is None
        else correlation(implied(assumed.G, assumed.sigma, cells)),
        share=vpc(here, sigma, ends),
        share_fitted=None if assumed is None else vpc(assumed.G, assumed.sigma, ends),
        weight=np.full((len(people.levels), 2), np.nan)
        if assumed is None
        else _weights(assumed.G, assumed.sigma, *seen),
        curve_rows=rows,
        curve=_weights(here, sigma, *curves),
        curve_fitted=None if assumed is None else _weights(assumed.G, assumed.sigma, *curves),
        message=corners(c, story, model, why),
    )


def _crowd(c: Controls, beta: Floats, factor: Floats, sigma: float) -> tuple[str, People]:
    """Give the name of the person in colour, and the people."""
    known = c.person.isdecimal() and 1 <= int(c.person) <= c.people
    who = str(int(c.person)) if known else _people.farthest(c.seed, c.people)
    return who, _people.simulated(
        c.seed, c.people, c.visits, who, c.own_visits, beta=beta, factor=factor, sigma=sigma,
        gap=c.gap, exact=c.moments == "exact", missing=c.missing / 100.0,
    )  # fmt: skip


def _columns(times: Floats) -> Floats:
    return np.stack([np.ones_like(times), times], axis=-1)


def _turning(G: Floats) -> tuple[float, float] | None:
    """When lines are closest, and how far they are apart then; None if they are parallel."""
    if G[1, 1] <= 1e-12:
        return None
    time, sd = narrowest(G)
    return float(time), float(sd)


def _seen(people: People, origin: float) -> tuple[Floats, Floats, Floats]:
    """Give each person's rows, their mean time, and the squares of times about it."""
    n = people.visits.astype(float)
    middle = np.bincount(people.codes, people.day) / n
    squares = np.bincount(people.codes, (people.day - middle[people.codes]) ** 2)
    return n, middle - origin, squares


def _weights(G: Floats, sigma: float, rows: Floats, middle: Floats, squares: Floats) -> Floats:
    """Give the weights (m, 2) of own rows for the level at their mean time, and for the change."""
    level = reliability(G, sigma, _columns(middle), rows)
    return np.stack([level, reliability(G, sigma, np.array([0.0, 1.0]), squares)], axis=-1)
