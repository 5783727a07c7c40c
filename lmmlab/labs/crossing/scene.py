"""The numbers of the crossing lab: two crowds, a fit that knows some of it, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from lmmlab.classical.regression import ols
from lmmlab.engine.design import Design, Floats, Ints, LMMError, Term
from lmmlab.labs._effects import Stated, scatter, spread_out, stated, weights, without
from lmmlab.labs._people import columns, numbered
from lmmlab.labs.crossing.controls import Controls
from lmmlab.labs.crossing.stories import STORIES, Story
from lmmlab.model.fit import Fit, fit
from lmmlab.study.simulate import LEAVING, OTHERS, exact_moments, normals, root

_QUIET = 1e-3  # of the noise of the story: a noise of 0 is taken as this limit
_MOST = (40, 24)
KNOWN = {
    "full": ("people", "effects", "items"),
    "levels": ("people", "items"),
    "people": ("people", "effects"),
    "items": ("items",),
    "none": (),
}


@dataclass(frozen=True, eq=False)
class Layout:
    """Who meets which item, and in which condition.

    Attributes
    ----------
    seen : (J, K) which rows there are.
    person, item : (n,) codes of these rows.
    cell : (J, K) the condition in each cell, 0 or 1.
    x : (n,) the condition of each row.
    """

    seen: NDArray[np.bool_]
    person: Ints
    item: Ints
    cell: Floats
    x: Floats

    @property
    def within(self) -> bool:
        """Whether some people have rows of both conditions, so that effects of their own show."""
        return bool(((self.own > 0.0) & (self.own < 1.0)).any())

    @property
    def own(self) -> Floats:
        """The mean condition of each person's rows."""
        return np.bincount(self.person, self.x) / np.bincount(self.person)

    def term(self, name: str, q: int) -> Term:
        """Give the random term of people or items, with a level, and an effect if q is 2."""
        codes, many = (
            (self.person, len(self.seen)) if name == "people" else (self.item, self.seen.shape[1])
        )
        names, levels = ("(Intercept)", "x")[:q], tuple(map(str, range(1, many + 1)))
        return Term(name, names, columns(self.x)[:, :q], codes, levels, (q,))


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    y : (n,) rows.
    lines : (J, 2) true level and effect of each person.
    fitted : (J, 2) the same as fitted; None without a fit.
    average : (2,) fitted level and effect; None without a fit.
    own : (2,) mean of the rows of the one in colour in each condition, NaN where there are none.
    sds, found : (4,) spread of people, their effects, items, rows; in truth, and as fitted, NaN
        where left out. A spread of effects that cannot be seen is NaN in both.
    said : what the fit states of the mean of all rows and of the effect; None without a fit.
    asked : (2,) their true values.
    """

    controls: Controls
    story: Story
    layout: Layout
    who: str
    index: int
    y: Floats
    lines: Floats
    fitted: Floats | None
    average: Floats | None
    own: Floats
    sds: Floats
    found: Floats
    said: Stated | None
    asked: Floats
    singular: bool
    message: str

    @property
    def asked_line(self) -> Floats:
        """True level and effect of the average person."""
        return np.array([self.controls.beta0, self.controls.beta1])


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    story = STORIES[c.story]
    at = layout(c.people, c.items, c.varies, c.meets, c.seed, c.missing)
    sigma = max(c.sigma, _QUIET * story.nature[-1])
    u, v, e = draws(c.seed, c.people, c.items, c.varies if c.moments == "exact" else "")
    within = at.within
    beta, effects = np.array([c.beta0, c.beta1]), c.tau1 if c.varies != "people" else 0.0
    factor = root(np.array([c.tau0, effects]), c.rho)
    b, d = u @ factor.T, c.tau2 * v
    X = columns(at.x)
    y = ((beta + b)[at.person] * X).sum(1) + d[at.item] + sigma * e[at.seen]
    L = np.array([[1.0, float(at.x.mean())], [0.0, 1.0]])
    known = [name for name in KNOWN[c.fit] if name != "effects"]
    q = 2 if within and "effects" in KNOWN[c.fit] else 1
    terms = [at.term(name, q if name == "people" else 1) for name in known]
    design = Design(y, X, ("level", "effect"), tuple(sorted(terms, key=lambda t: -len(t.levels))))
    truth = spread_out([at.term("people", 2), at.term("items", 1)], [factor, np.array([[c.tau2]])])
    model, said, why = None, None, ""
    try:
        model = fit(design) if known else None
        k = X @ np.linalg.solve(X.T @ X, L.T) if model is None else _weights(model, L)
        said = stated(model, design, L, scatter(k, truth, sigma))
    except LMMError as error:
        why = f"This model cannot be fitted. {error}"
    asked = numbered(c.person, c.people)
    index = int(np.argmax((u**2).sum(1))) if asked is None else asked
    mine = [y[(at.person == index) & (at.x == x)] for x in (0.0, 1.0)]
    found, fitted, average = _read(model, said, design, c.people)
    notes = ["Without noise every row is exact."] if c.sigma == 0.0 else []
    return Scene(
        controls=c,
        story=story,
        layout=at,
        who=str(index + 1),
        index=index,
        y=y,
        lines=beta + b,
        fitted=fitted,
        average=average,
        own=np.array([rows.mean() if len(rows) else np.nan for rows in mine]),
        sds=np.array([c.tau0, c.tau1 if within else np.nan, c.tau2, sigma]),
        found=found,
        said=said,
        asked=L @ beta,
        singular=model is not None and model.singular,
        message=" ".join([*notes, why]).strip(),
    )


@lru_cache(maxsize=64)
def layout(people: int, items: int, varies: str, meets: str, seed: int, missing: int) -> Layout:
    """Lay the study out; every person and every item keeps a row, whatever is missing."""
    person, item = np.indices((people, items))
    cell = {"items": item, "people": person, "both": person + item}[varies] % 2
    planned = np.ones((people, items), dtype=bool)
    if meets == "one":
        shift = 1 if varies == "both" else 0  # or all would meet theirs in the same condition
        to, back = person + shift * (person // 2), item + shift * (item // 2)
        planned = (to % items == item) | (back % people == person)
    elif meets == "half" and varies == "both":
        planned = (person // 2 + item // 2) % 2 == 0
    elif meets == "half":  # each condition has people and items of its own
        planned = person % 2 == item % 2
    kept = np.zeros_like(planned)
    kept[0, np.flatnonzero(planned[0])[:2]] = True  # one of each condition
    for j, own in enumerate(planned):
        kept[j, np.flatnonzero(own)[j % own.sum()]] = True
    for k, own in enumerate(planned.T):
        kept[np.flatnonzero(own)[k % own.sum()], k] = True
    chance = ndtr(normals(seed, *_MOST, LEAVING)[:people, :items])
    seen = planned & (kept | (chance >= missing / 100.0))
    there = cell.astype(float)
    return Layout(seen, person[seen], item[seen], there, there[seen])


@lru_cache(maxsize=64)
def draws(seed: int, people: int, items: int, exact: str) -> tuple[Floats, Floats, Floats]:
    """Give the standard normals of people (J, 2), of items (K,) and of rows (J, K).

    Those of a person stay with the person when there are more items, and the other way round.
    Where `exact` names between which the condition varies, people have exactly the spreads and
    the correlation that are asked for, items their spread, and conditions do not differ by chance.
    """
    drawn = normals(seed, _MOST[0], 2 + _MOST[1])[:people]
    u, v, e = drawn[:, :2], normals(seed, _MOST[1], 1, OTHERS)[:items], drawn[:, 2 : 2 + items]
    if exact:
        u, v = (
            exact_moments(without(u, exact == "people")),
            exact_moments(without(v, exact == "items")),
        )
    return u, v[:, 0], e


def _weights(model: Fit, L: Floats) -> Floats:
    """Give the weights of the rows in estimates of this fit."""
    terms = model.design.terms
    roots = [_root(model.G[term.group].values) for term in terms]
    return weights(model.design.X, spread_out(terms, roots), model.sigma, L)


def _root(G: Floats) -> Floats:
    """Give T with TT' = G; G may be singular."""
    value, vector = np.linalg.eigh(G)
    found: Floats = vector * np.sqrt(np.maximum(value, 0.0))
    return found


def _read(
    model: Fit | None, said: Stated | None, design: Design, people: int
) -> tuple[Floats, Floats | None, Floats | None]:
    """Read the spreads off a fit, the lines of all people, and the average."""
    found = np.full(4, np.nan)
    if said is None:
        return found, None, None
    if model is None:
        plain = ols(design)
        found[3] = float(plain.sigma)
        return found, np.tile(plain.beta, (people, 1)), plain.beta
    found[3] = model.sigma
    lines = np.tile(model.beta, (people, 1))
    if "people" in model.blups:
        own = model.blups["people"].values
        lines[:, : own.shape[1]] += own
        found[: own.shape[1]] = np.sqrt(np.diag(model.G["people"].values))
    if "items" in model.blups:
        found[2] = np.sqrt(model.G["items"].values[0, 0])
    return found, lines, model.beta
