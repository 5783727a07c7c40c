"""The numbers of the implied covariance lab: V in layers, one cell of it, and what a fit says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lmmlab.engine.design import Design, Floats, LMMError, Term
from lmmlab.labs import _people
from lmmlab.labs._people import People, columns
from lmmlab.labs.implied_covariance.controls import Controls
from lmmlab.labs.implied_covariance.remarks import corners
from lmmlab.labs.implied_covariance.stories import STORIES, Story
from lmmlab.meaning.implied import correlation, implied, vpc
from lmmlab.model.fit import fit
from lmmlab.study.simulate import root

LAYERS = {"starts": 1, "slopes": 3, "noise": 4}
"""How many of the four terms are in V: starts, starts with slopes, slopes, noise."""

_NOTHING = 1e-12
_FINE = 48  # steps of time at which shares are drawn, or a few more, so that each visit is one

Pair = tuple[int, int]


class Told(NamedTuple):
    """What a covariance matrix of visits says: itself, its correlations, the shares along time.

    Correlations and shares are NaN where nothing varies. `share` is None where there is no model.
    """

    V: Floats
    correlation: Floats
    share: Floats | None
    singular: bool = False


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    times : (T,) times of the visits.
    pair : the numbers (j, k) of the chosen cell, from 0, and `who`, its name.
    terms : (4, T, T), what starts, starts together with slopes, slopes, and noise add to V.
    shown : (T, T), the layers of V that are drawn.
    truth : what the sliders say.
    people : whose visits are fitted.
    fitted : what the fit, or the people themselves, say; None where nothing can be said.
    along : (m,) points of time at which shares are drawn, those of the visits among them.
    """

    controls: Controls
    story: Story
    times: Floats
    pair: Pair
    terms: Floats
    shown: Floats
    truth: Told
    people: People
    fitted: Told | None
    along: Floats
    message: str

    @property
    def who(self) -> str:
        """Name of the chosen cell."""
        return cell(self.times[self.pair[0]], self.times[self.pair[1]])

    @property
    def cells(self) -> tuple[str, ...]:
        """Names of all cells, row by row."""
        return cells(self.controls.story)

    @property
    def parts(self) -> Floats:
        """Give the four terms of the chosen cell, (4,); NaN where its layer is not in V yet."""
        parts: Floats = self.terms[:, self.pair[0], self.pair[1]].copy()
        parts[LAYERS[self.controls.layers] :] = np.nan
        return parts

    @property
    def alike(self) -> bool:
        """Whether all pairs of visits have one covariance: compound symmetry."""
        return self.controls.tau1 == 0.0


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c, story = controls, STORIES[controls.story]
    times = np.array(story.times)
    T = root(np.array([c.tau0, c.tau1]), c.rho)
    G = T @ T.T
    terms = _terms(G, c.sigma, times)
    steps = story.visits - 1
    along = np.linspace(0.0, times[-1], steps * -(-_FINE // steps) + 1)
    truth = told(G, c.sigma, times, along)
    people = _people_of(c, story, T)
    fitted = _fitted(c.fit, people, times, along)
    return Scene(
        controls=c,
        story=story,
        times=times,
        pair=_pair(c.person, c.story),
        terms=terms,
        shown=terms[: LAYERS[c.layers]].sum(0),
        truth=truth,
        people=people,
        fitted=fitted,
        along=along,
        message=corners(c, story, truth.correlation, None if fitted is None else fitted.singular),
    )


def cell(one: float, other: float) -> str:
    """Name the cell of two times."""
    return f"{one:g}-{other:g}"


@lru_cache(maxsize=8)
def cells(story: str) -> tuple[str, ...]:
    """Name all cells of a story, row by row."""
    times = STORIES[story].times
    return tuple(cell(one, other) for one in times for other in times)


def _pair(person: str, story: str) -> Pair:
    """Find the chosen cell; at first it is that of the second and the last visit."""
    names, T = cells(story), STORIES[story].visits
    at = names.index(person) if person in names else 2 * T - 1
    return divmod(at, T)


_PARTS = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]])


def _terms(G: Floats, sigma: float, times: Floats) -> Floats:
    """Take V apart: each entry of G by itself, and the noise."""
    Z = columns(times)
    lines = implied(G * _PARTS, 0.0, Z)
    noise = implied(np.zeros((2, 2)), sigma, Z)
    return np.concatenate([lines, noise[None]])


def told(G: Floats, sigma: float, times: Floats, along: Floats, singular: bool = False) -> Told:
    """Say what G and sigma imply; G of a model without own slopes is (1, 1)."""
    q = len(G)
    V = implied(G, sigma, columns(times)[:, :q])
    share = np.full(len(along), np.nan)
    Z = columns(along)[:, :q]
    varies = np.diagonal(implied(G, sigma, Z)) > _NOTHING
    share[varies] = vpc(G, sigma, Z[varies])
    return Told(V, correlation(V, gaps=True), share, singular)


def extremes(table: Floats) -> tuple[tuple[Pair, float], tuple[Pair, float]] | None:
    """Find the pairs of visits with the smallest and the largest correlation; None without any."""
    rows, cols = np.triu_indices(len(table), 1)
    values = table[rows, cols]
    if np.isnan(values).all():
        return None
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    return (
        ((int(rows[low]), int(cols[low])), float(values[low])),
        ((int(rows[high]), int(cols[high])), float(values[high])),
    )


def _people_of(c: Controls, story: Story, factor: Floats) -> People:
    """Take the drivers, or make people who have exactly the G of the sliders."""
    if story.real:
        return _people.sleepstudy(story.visits, _people.sleepers()[0], story.visits)
    return _people.simulated(
        c.seed, c.people, story.visits, beta=np.array(story.beta), factor=factor,
        sigma=c.sigma, gap=story.gap, exact=True,
    )  # fmt: skip


def _fitted(kind: str, people: People, times: Floats, along: Floats) -> Told | None:
    """Say what a model, or the people without a model, make of the visits."""
    if kind == "pairs":
        V = np.cov(people.y.reshape(len(people.levels), -1), rowvar=False)
        return Told(V, correlation(V, gaps=True), None)
    try:
        model = fit(_design(people, kind))
    except LMMError:
        return None
    return told(model.G["person"].values, model.sigma, times, along, model.singular)


def _design(people: People, kind: str) -> Design:
    """Give the design of own starts, or of own starts and slopes."""
    whole = people.design()
    if kind == "lines":
        return whole
    term = whole.terms[0]
    starts = Term(term.group, term.names[:1], term.Z[:, :1], term.codes, term.levels, (1,))
    return Design(whole.y, whole.X, whole.names, (starts,))
