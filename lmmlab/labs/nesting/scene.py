"""The numbers of the nesting lab: three levels, a fit that knows some of them, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lmmlab.classical.regression import ols
from lmmlab.engine.design import Design, Floats, Ints, LMMError, Term
from lmmlab.labs._effects import Stated, stated, without
from lmmlab.labs._people import numbered
from lmmlab.labs.nesting.controls import Controls
from lmmlab.labs.nesting.stories import STORIES, Story
from lmmlab.labs.nesting.strata import spreads
from lmmlab.model.fit import Fit, evaluate, fit
from lmmlab.study.simulate import OTHERS, exact_moments, normals

_QUIET = 1e-3  # of the noise of the story: a noise of 0 is taken as this limit
_MOST = (20, 12, 40)
LEVELS = {"all": ("middle", "top"), "top": ("top",), "middle": ("middle",), "none": ()}


@dataclass(frozen=True, eq=False)
class Layout:
    """Who belongs where.

    Attributes
    ----------
    top, middle : (n,) codes of the groups of each row; groups count from 0 through all of them.
    parent : (m,) the largest group of each of the m groups in them.
    x : (n,) 1 for treated rows, 0 for the others.
    terms : the random intercepts of the middle and the top level.
    """

    top: Ints
    middle: Ints
    parent: Ints
    x: Floats
    terms: dict[str, Term]

    @property
    def X(self) -> Floats:
        """The columns (n, 2) of average and treatment."""
        return np.column_stack([np.ones(len(self.x)), self.x])


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    y : (n,) rows.
    tops, middles : true levels of the J and of the m groups, treatment of whole groups included.
    own, fitted : (m,) means of the groups' own rows, and what the fit says of them; None without.
    level : (J,) what the fit says of the largest groups; None if it does not know them.
    sds, found : (3,) true and fitted spreads of top, middle and rows; NaN where left out.
    said : what the fit states of the mean of all rows and of the effect; None without a fit.
    asked : (2,) their true values.
    same : (2,) true correlation of two rows of one largest group, and of one group in it.
    worth : how many independent rows would tell as much about the mean.
    """

    controls: Controls
    story: Story
    layout: Layout
    who: str
    index: int
    y: Floats
    tops: Floats
    middles: Floats
    own: Floats
    fitted: Floats | None
    level: Floats | None
    sds: Floats
    found: Floats
    said: Stated | None
    asked: Floats
    same: Floats
    worth: float
    singular: bool
    message: str


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    story = STORIES[c.story]
    at = layout(c.top, c.middle, c.rows, c.treated)
    sigma = max(c.sigma, _QUIET * story.nature[-1])
    u, v, e = draws(c.seed, c.top, c.middle, c.rows, c.treated if c.moments == "exact" else "")
    b, d = c.tau2 * u, c.tau0 * v
    X, beta = at.X, np.array([c.beta0, c.beta1])
    level = X @ beta
    y = level + b[at.top] + d[at.middle] + sigma * e
    share = float(at.x.mean())
    L = np.array([[1.0, share], [0.0, 1.0]])
    k = X @ np.linalg.solve(X.T @ X, L.T)  # balanced: least squares is best, and all fits agree
    sds = np.array([c.tau2, c.tau0, sigma])
    real = np.sqrt(
        c.tau2**2 * _sums(at.top, k) + c.tau0**2 * _sums(at.middle, k) + sigma**2 * (k**2).sum(0)
    )
    model, said, why = None, None, ""
    design = Design(y, X, ("average", "treatment"), tuple(at.terms[n] for n in LEVELS[c.fit]))
    try:
        model = _fitted(design, at, c)
        said = stated(model, design, L, real)
    except LMMError as error:
        why = f"This model cannot be fitted. {error}"
    found, fitted, tops = _read(model, said, design, at)
    asked = numbered(c.person, c.top)
    index = int(np.argmax(np.abs(u))) if asked is None else asked
    total = float((sds**2).sum())
    notes = ["Without noise every row is exact."] if c.sigma == 0.0 else []
    return Scene(
        controls=c,
        story=story,
        layout=at,
        who=str(index + 1),
        index=index,
        y=y,
        tops=c.beta0 + b + c.beta1 * _means(at.top, at.x),
        middles=c.beta0 + (b[at.parent] + d) + c.beta1 * _means(at.middle, at.x),
        own=_means(at.middle, y),
        fitted=fitted,
        level=tops,
        sds=sds,
        found=found,
        said=said,
        asked=L @ beta,
        same=np.array([c.tau2**2, c.tau2**2 + c.tau0**2]) / total,
        worth=total / float(real[0] ** 2),
        singular=model is not None and not found[: len(model.blups)].all(),
        message=" ".join([*notes, why]).strip(),
    )


@lru_cache(maxsize=64)
def layout(top: int, middle: int, rows: int, treated: str) -> Layout:
    """Lay a balanced study out; every other one of those who are treated is."""
    places = np.indices((top, middle, rows)).reshape(3, -1)
    tops, middles = places[0], places[0] * middle + places[1]
    x = (places["top middle row".split().index(treated)] % 2).astype(float)
    ones = np.ones((len(x), 1))

    def term(name: str, codes: Ints, many: int) -> Term:
        return Term(name, ("(Intercept)",), ones, codes, tuple(map(str, range(1, many + 1))), (1,))

    terms = {"middle": term("middle", middles, top * middle), "top": term("top", tops, top)}
    return Layout(tops, middles, np.repeat(np.arange(top), middle), x, terms)


@lru_cache(maxsize=64)
def draws(seed: int, top: int, middle: int, rows: int, exact: str) -> tuple[Floats, Floats, Floats]:
    """Give the standard normals of the J largest groups, the m groups in them, and the n rows.

    Those of a group stay with it when there are more groups or rows. Where `exact` names the level
    that is treated, both spreads are exactly 1, and groups do not differ by treatment.
    """
    most, inner, longest = _MOST
    u = normals(seed, most, 1, OTHERS)[:top, 0]
    drawn = normals(seed, most * inner, 1 + longest).reshape(most, inner, -1)[:top, :middle]
    v, e = drawn[..., 0], drawn[..., 1 : 1 + rows]
    if exact:
        both = without(np.column_stack([u, np.sqrt(middle) * v.mean(1)]), exact == "top")
        both = exact_moments(both) * np.sqrt((top - 1 - (exact == "top")) / (top - 1))
        inside = v - v.mean(1, keepdims=True)
        if exact == "middle":
            arm = (np.arange(middle) % 2) - np.mean(np.arange(middle) % 2)
            inside -= (inside @ arm).mean() / (arm @ arm) * arm
        free = top * (middle - 1) - (exact == "middle")
        inside *= np.sqrt(free / (inside**2).sum())
        u, v = both[:, 0], both[:, 1:] / np.sqrt(middle) + inside
    return u, v.ravel(), e.ravel()


def _fitted(design: Design, at: Layout, c: Controls) -> Fit | None:
    """Estimate the model by REML: one level at once, both by their mean squares."""
    if c.fit == "none":
        return None
    if c.fit != "all":
        return fit(design)
    sds = spreads(design.y - at.X @ ols(design).beta, (c.top, c.middle, c.rows), c.treated)
    return evaluate(design, np.array([sds[1], sds[0]]) / sds[2], float(sds[2]))


def _read(
    model: Fit | None, said: Stated | None, design: Design, at: Layout
) -> tuple[Floats, Floats | None, Floats | None]:
    """Read the spreads off a fit, what it says of each group, and of each largest group."""
    found = np.full(3, np.nan)
    if said is None:
        return found, None, None
    if model is None:
        plain = ols(design)
        found[2] = float(plain.sigma)
        return found, _means(at.middle, at.X @ plain.beta), None
    found[2] = model.sigma
    level, tops = at.X @ model.beta, None
    for place, name, codes in ((0, "top", at.top), (1, "middle", at.middle)):
        if name in model.blups:
            found[place] = np.sqrt(model.G[name].values[0, 0])
            level = level + model.blups[name].values[codes, 0]
            if name == "top":
                tops = _means(at.top, level)
    return found, _means(at.middle, level), tops


def _means(codes: Ints, values: Floats) -> Floats:
    found: Floats = np.bincount(codes, values) / np.bincount(codes)
    return found


def _sums(codes: Ints, k: Floats) -> Floats:
    """Sum over groups the squares of the sums of each column of k."""
    return np.array([np.square(np.bincount(codes, column)).sum() for column in k.T])
