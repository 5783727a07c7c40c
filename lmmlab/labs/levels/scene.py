"""The numbers of the levels lab: two slopes, and what each kind of fit makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lmmlab.classical.means import on_means
from lmmlab.classical.regression import ols
from lmmlab.engine.design import Design, Floats, LMMError, Term
from lmmlab.labs.levels.cloud import Cloud, fixed, made
from lmmlab.labs.levels.controls import Controls
from lmmlab.labs.levels.stories import STORIES, Story
from lmmlab.meaning.predictor import blend
from lmmlab.model.fit import Fit, evaluate, fit

VISITS = np.arange(1.0, 61.0)
_QUIET = 1e-3  # a residual sd of zero is taken as this limit


class Slope(NamedTuple):
    """A slope that a fit reports: of which column, what it means, and how sure it is.

    `kind` is within, between, context or blend; `se` is None where none makes sense.
    """

    column: str
    kind: str
    value: float
    se: float | None


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    cloud, rows : Cloud
        All rows, and the rows that are analysed (drawn to their averages, perhaps).
    within, between : Slope or None
        The two slopes of these data; None where x does not vary in that way.
    slopes : tuple of Slope
        What the chosen fit reports.
    tau, sigma : float
        What the chosen model takes as spread of levels and noise.
    weight : float or None
        Weight of the slope between in the slope of a raw x: in a mixed model with this tau and
        sigma, or in one line through the rows that are drawn. None where nothing is blended.
    curve : (60,) array or None
        The mixed model's weight over `VISITS`, all else the same; None as before.
    line_weight : float or None
        The weight in one line through all rows; None as before.
    estimated : bool
        Whether tau and sigma are REML estimates; False where they are known.
    """

    controls: Controls
    story: Story
    cloud: Cloud
    rows: Cloud
    who: str
    index: int
    within: Slope | None
    between: Slope | None
    slopes: tuple[Slope, ...]
    tau: float
    sigma: float
    weight: float | None
    curve: Floats | None
    line_weight: float | None
    estimated: bool
    message: str

    @property
    def name(self) -> str:
        """What to call the one in colour."""
        return f"{self.story.one} {self.who}"

    @property
    def averages_only(self) -> bool:
        """Whether all rows are drawn to their averages."""
        return self.controls.fit == "ols" and self.controls.averaged == 100.0


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    real = c.source == "data"
    cloud = fixed() if real else made(c)
    levels = cloud.levels
    index = levels.index(c.person) if c.person in levels else _start(cloud)
    inside, across = real or c.spread_within > 0.0, real or c.spread_between > 0.0
    across = across or (c.sample == "chance" and inside)
    sigma = max(c.sigma, _QUIET)

    split = _design(cloud, "split", inside, across)
    both = fit(split) if real else evaluate(split, np.array([c.tau / sigma]), sigma)
    found = {slope.kind: slope for slope in _slopes(both, "split", inside, across)}
    rows = cloud.drawn(c.averaged / 100.0) if c.fit == "ols" else cloud
    tau, weight, curve, line_weight = c.tau, None, None, None
    slopes: tuple[Slope, ...] = ()
    notes = [] if real else _corners(c)
    estimated = False
    if inside or across:
        design = _design(cloud, "raw" if c.fit == "ols" else c.fit, inside, across)
        known = not real and c.variances == "known"
        model = None if known else _estimated(design)
        if not known and model is None:
            notes.append("Without noise τ and σ cannot be estimated; the true ones are taken.")
        estimated = model is not None
        if model is None:
            model = evaluate(design, np.array([c.tau / sigma]), sigma)
        tau, sigma = float(model.sd["group"].values[0]), model.sigma
        slopes = _slopes(model, c.fit, inside, across)
    if slopes and c.fit in ("raw", "ols"):
        x = cloud.x.ravel()
        per = np.sqrt(cloud.x.shape[1] / VISITS)
        curve = blend(x, cloud.codes, tau, max(sigma, 1e-9) * per)
        weight = float(curve[cloud.x.shape[1] - 1])
        line_weight = float(blend(x, cloud.codes, 0.0, 1.0))
        if c.fit == "ols":
            gone = c.averaged == 100.0 and not across
            slopes, weight = ((), None) if gone else _one_line(rows, c.averaged / 100.0)
    return Scene(
        controls=c,
        story=STORIES["data" if real else c.story],
        cloud=cloud,
        rows=rows,
        who=levels[index],
        index=index,
        within=found.get("within"),
        between=found.get("between"),
        slopes=slopes,
        tau=tau,
        sigma=sigma,
        weight=weight,
        curve=curve,
        line_weight=line_weight,
        estimated=estimated,
        message=" ".join(notes),
    )


def _estimated(design: Design) -> Fit | None:
    """Estimate a model by REML; None if there is no noise to estimate from."""
    try:
        return fit(design)
    except LMMError:
        return None


def _start(cloud: Cloud) -> int:
    """Choose someone off the middle, so that own line and own average are seen apart."""
    return int(np.argsort(cloud.means[0], kind="stable")[len(cloud.levels) // 6])


def _design(cloud: Cloud, kind: str, inside: bool, across: bool) -> Design:
    """Give the design of one kind of fit; columns that do not vary are left out."""
    x = cloud.x.ravel()
    own = np.repeat(cloud.x.mean(1), cloud.x.shape[1])
    if not inside:
        own = x = np.repeat(cloud.x[:, 0], cloud.x.shape[1])
    columns, names = [np.ones_like(x)], ["(Intercept)"]
    if kind in ("raw", "context") and inside:
        columns.append(x)
        names.append("x")
    elif inside:
        columns.append(x - own)
        names.append("x − own average")
    if across and (kind != "raw" or not inside):
        columns.append(own)
        names.append("own average" if inside else "x")
    X = np.stack(columns, axis=1)
    term = Term("group", ("(Intercept)",), X[:, :1], cloud.codes, cloud.levels, (1,))
    return Design(cloud.y.ravel(), X, tuple(names), (term,))


def _slopes(model: Fit, kind: str, inside: bool, across: bool) -> tuple[Slope, ...]:
    """Name what the coefficients of a model mean."""
    if not (inside and across):
        meaning = ["within" if inside else "between"]
    elif kind == "raw" or kind == "ols":
        meaning = ["blend"]
    else:
        meaning = ["within", "between" if kind == "split" else "context"]
    parts = zip(model.design.names[1:], meaning, model.beta[1:], model.se[1:], strict=False)
    return tuple(Slope(name, means, float(b), float(se)) for name, means, b, se in parts)


def _one_line(rows: Cloud, share: float) -> tuple[tuple[Slope, ...], float]:
    """Put one line through rows as if nobody had been measured twice."""
    x, y = rows.x.ravel(), rows.y.ravel()
    X = np.stack([np.ones_like(x), x], axis=1)
    term = Term("group", ("(Intercept)",), X[:, :1], rows.codes, rows.levels, (1,))
    design = Design(y, X, ("(Intercept)", "x"), (term,))
    line = on_means(design) if share == 1.0 else ols(design)
    se = None if 0.0 < share < 1.0 else float(line.se[1])
    weight = 1.0 if share == 1.0 else float(blend(x, rows.codes, 0.0, 1.0))
    kind = "between" if share == 1.0 else "blend"
    return (Slope("x", kind, float(line.beta[1]), se),), weight


def _corners(c: Controls) -> list[str]:
    """Say what is special about a state at the edge of the sliders."""
    notes, who = [], STORIES[c.story]
    if c.spread_within == 0.0 and c.spread_between == 0.0:
        notes.append("x is the same in every row, so it has no slope.")
    elif c.spread_within == 0.0:
        notes.append(f"x never varies within a {who.one}: it has a slope between only.")
    elif c.spread_between == 0.0 and c.sample == "exact":
        notes.append(f"All {who.many} have the same average of x: it has a slope within only.")
    if c.tau == 0.0 and c.sigma == 0.0:
        notes.append("Without τ and σ every row lies on its line; σ is taken as almost 0.")
    elif c.tau == 0.0:
        notes.append("With τ = 0 the mixed model is one line through all rows.")
    elif c.sigma == 0.0:
        notes.append("With σ = 0 the slope within is known exactly and takes all the weight.")
    return notes
