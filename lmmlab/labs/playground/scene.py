"""The numbers of the playground: one truth, its data, one model, and the truth beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from lmmlab.classical import no_pooling
from lmmlab.engine.covariance import theta_of
from lmmlab.engine.design import Floats, LMMError
from lmmlab.inference.inference import Method
from lmmlab.labs import _people
from lmmlab.labs._people import People
from lmmlab.labs.playground.account import Account, Grid, account, grid
from lmmlab.labs.playground.controls import Controls
from lmmlab.labs.playground.model import Model, best_errors, questions, said
from lmmlab.labs.playground.remarks import corners
from lmmlab.labs.playground.stories import STORIES, Story
from lmmlab.meaning.implied import moved, narrowest
from lmmlab.study.simulate import root

_QUIET = 1e-3  # of the noise of the story: a noise of 0 is taken as this limit


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell; levels are those at the origin of time.

    Attributes
    ----------
    lines, own : (J, 2) true lines, and lines of own rows alone (NaN where there are too few).
    average : (2,) the true average.
    model : what was fitted, or None if that cannot be.
    true, fitted : what follows from the true variances, and from the fitted ones.
    at : where these look.
    best : (3,) standard errors that can be had at best (see `best_errors`), or NaN.
    turning : when people are closest, and their sd then; None if lines are parallel.
    """

    controls: Controls
    story: Story
    people: People
    who: str
    index: int
    lines: Floats
    own: Floats
    average: Floats
    model: Model | None
    true: Account
    fitted: Account | None
    at: Grid
    best: Floats
    turning: tuple[float, float] | None
    message: str

    @property
    def end(self) -> float:
        """Time of the last row of most people."""
        return float(self.at.ends[1])

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
    story, at = STORIES[c.story], grid(c)
    end = float(at.ends[1])
    sigma = max(c.sigma, _QUIET * story.nature[-1])
    beta, factor = np.array([c.beta0, c.beta1]), root(np.array([c.tau0, c.tau1]), c.rho)
    who, people = _crowd(c, beta, factor, sigma)
    model, why = None, ""
    try:
        model = said(people, c.origin, c.fit, c.method == "REML", cast(Method, c.interval), end)
    except LMMError as error:
        why = str(error)
    G = factor @ factor.T
    shift = np.array([[1.0, 0.0], [c.origin, 1.0]])  # from time 0 to the origin
    return Scene(
        controls=c,
        story=story,
        people=people,
        who=who,
        index=people.levels.index(who),
        lines=cast(Floats, people.truth) @ shift,
        own=no_pooling(people.design()) @ shift,
        average=beta @ shift,
        model=model,
        true=account(moved(G, c.origin), sigma, c, at, people),
        fitted=None if model is None else account(model.G, model.sigma, c, at, people),
        at=at,
        best=best_errors(people, theta_of(factor / sigma, (2,)), sigma, c.origin, end),
        turning=_turning(G),
        message=corners(c, story, model, why),
    )


def _crowd(c: Controls, beta: Floats, factor: Floats, sigma: float) -> tuple[str, People]:
    """Give the name of the person in colour, and the people."""
    who = _people.in_colour(c.person, c.seed, c.people)
    return who, _people.simulated(
        c.seed, c.people, c.visits, who, c.own_visits, beta=beta, factor=factor, sigma=sigma,
        gap=c.gap, exact=c.moments == "exact", missing=c.missing / 100.0,
    )  # fmt: skip


def _turning(G: Floats) -> tuple[float, float] | None:
    """When lines are closest, and how far they are apart then; None if they are parallel."""
    if G[1, 1] <= 1e-12:
        return None
    time, sd = narrowest(G)
    return float(time), float(sd)
