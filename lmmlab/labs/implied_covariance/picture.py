"""The picture of the implied covariance lab: V, one cell taken apart, correlations, shares."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs._numbers import corr, decimal
from lmmlab.labs.implied_covariance.scene import Scene, cell
from lmmlab.picture.axis import apart, cover
from lmmlab.picture.marks import (
    Axis,
    Bars,
    Heatmap,
    Label,
    Line,
    Mark,
    Panel,
    Picture,
    Points,
)

ROLES = ("parameter:tau0", "parameter:rho", "parameter:tau1", "parameter:sigma")
"""Of the four terms of a covariance, in their order."""

MOST_NUMBERS = 7
"""More visits than these leave no room for a number in every cell."""


def picture(s: Scene) -> Picture:
    """Draw the scene; pointing at a cell chooses it."""
    panels = (_covariance(s), _stack(s), _share(s), _implied(s), _fitted(s))
    return Picture(panels, s.who, hover=True)


def told_by(s: Scene) -> str:
    """Give the role of what the sliders say: the truth of made people, a model of real ones."""
    return "model" if s.story.real else "truth"


def ceiling(s: Scene) -> tuple[float, float]:
    """Give the covariances of the lightest and the strongest colour; they seldom move."""
    return cover((0.0, s.story.top), np.diagonal(s.truth.V), step=s.story.top / 4.0)


def _covariance(s: Scene) -> Panel:
    """Show V as far as it is built; what is below 0 has the colour of rho, which alone does it."""
    limits, role = ceiling(s), told_by(s)
    below = np.where(s.shown < 0.0, -s.shown, np.nan)
    marks = [
        _map(s, s.shown, role, limits),
        Heatmap(*_edges(s.story.visits), below, "parameter:rho", limits),
        *_numbers(s, s.shown, lambda value: decimal(value, 0)),
    ]
    titles = {"starts": "V so far: own starts", "slopes": "V so far: own starts and slopes"}
    title = titles.get(s.controls.layers, "V: covariance of two visits")
    return _table(s, title, marks)


def _implied(s: Scene) -> Panel:
    """Show the correlations that the sliders imply."""
    title = "Correlations that the sliders imply" if s.story.real else "True correlations"
    return _correlations(s, title, s.truth.correlation, told_by(s))


def _fitted(s: Scene) -> Panel:
    """Show the correlations of the fit, or of the people pair by pair."""
    kind = s.controls.fit
    titles = {
        "starts": "Correlations in the fit, own starts only",
        "lines": "Correlations in the fit, own slopes",
        "pairs": f"Correlations among these {len(s.people.levels)} {s.story.people}",
    }
    T = s.story.visits
    known = s.fitted.correlation if s.fitted is not None else np.full((T, T), np.nan)
    return _correlations(s, titles[kind], known, "own" if kind == "pairs" else "model")


def _correlations(s: Scene, title: str, values: Floats, role: str) -> Panel:
    """Show correlations; the ones on the diagonal say nothing, so they get no colour."""
    pairs = np.where(np.eye(len(values), dtype=bool), np.nan, values)
    marks: list[Mark] = [_map(s, pairs, role, (0.0, 1.0))]
    below = np.where(values < 0.0, -values, np.nan)
    marks.append(Heatmap(*_edges(s.story.visits), below, "parameter:rho", (0.0, 1.0)))
    return _table(s, title, [*marks, *_numbers(s, values, corr)])


@lru_cache(maxsize=8)
def _edges(visits: int) -> tuple[Floats, Floats]:
    """Give the edges of cells: the first visit is on top and at the left."""
    across = np.arange(visits + 1.0)
    return across, across[::-1]


def _map(s: Scene, values: Floats, role: str, limits: tuple[float, float]) -> Heatmap:
    return Heatmap(*_edges(s.story.visits), values, role, limits, s.cells)


def _numbers(s: Scene, values: Floats, written: Callable[[float], str]) -> list[Mark]:
    """Write numbers into cells: into all where there is room, else into the chosen one."""
    T = s.story.visits
    j, k = s.pair
    places = np.ndindex(T, T) if T <= MOST_NUMBERS else [(j, k)]
    return [
        Label(
            column + 0.5,
            T - row - 0.5 if np.isfinite(values[row, column]) else np.nan,
            written(float(values[row, column])) if np.isfinite(values[row, column]) else "",
            "population",
            "middle",
        )
        for row, column in places
    ]


def _table(s: Scene, title: str, marks: list[Mark]) -> Panel:
    """Frame a table of visits by visits, with their times at the top and at the left."""
    T = s.story.visits
    out = 0.11 * T
    names = [f"{time:g}" for time in s.times]
    heads = [Label(i + 0.5, T + 0.4 * out, name, "guide", "middle") for i, name in enumerate(names)]
    heads += [Label(-0.3 * out, T - i - 0.5, name, "guide", "end") for i, name in enumerate(names)]
    x = Axis(f"{s.story.time} of one visit", (-out, float(T)), ticked=False)
    y = Axis(f"{s.story.time} of the other", (0.0, T + 0.8 * out), ticked=False)
    return Panel(title, x, y, (*marks, *heads), aspect=1.2)


def _stack(s: Scene) -> Panel:
    """Stack the terms of the chosen cell, each on top of those before it."""
    parts = s.parts
    ends = np.cumsum(np.nan_to_num(parts))
    starts = ends - np.nan_to_num(parts)
    top = s.story.top
    low, high = cover((0.0, top), starts, ends, step=0.2 * top)
    low -= 0.2 * top  # room for the names
    total = float(ends[-1])
    marks: list[Mark] = [
        Bars(np.array([float(i)]), starts[i : i + 1], starts[i : i + 1] + parts[i], 0.66, role)
        for i, role in enumerate(ROLES)
    ]
    marks.append(Bars(np.array([4.0]), np.zeros(1), np.array([total]), 0.66, told_by(s)))
    level = np.stack([ends, ends], axis=-1)
    across = np.stack([np.arange(4.0) + 0.33, np.arange(4.0) + 0.67], axis=-1)
    marks.append(Line(across, level, "guide", dashed=True))
    marks.append(Line(np.array([[-0.5, 4.5]]), np.zeros((1, 2)), "guide"))
    span = high - low
    values = [*parts, total]
    heights = [*np.maximum(starts, ends), max(total, 0.0)]
    for i, (role, name) in enumerate(zip((*ROLES, told_by(s)), _names(s), strict=True)):
        there = bool(np.isfinite(values[i]))
        up = min(float(heights[i]) + 0.045 * span, high - 0.02 * span)
        text = decimal(float(values[i]), s.story.digits) if there else ""
        marks.append(Label(float(i), up if there else np.nan, text, role, "middle"))
        marks.append(Label(float(i), low + 0.05 * span, name, role, "middle"))
    one, other = (f"{s.times[i]:g}" for i in s.pair)
    title = f"{s.story.time.capitalize()}s {one} and {other}: what they share"
    if one == other:
        title = f"{s.story.time.capitalize()} {one}: what its variance is made of"
    y = Axis("covariance" if one != other else "variance", (low, high), f"{s.story.unit}²")
    return Panel(title, Axis("", (-0.5, 4.5), ticked=False), y, tuple(marks))


def _names(s: Scene) -> tuple[str, ...]:
    """Name the terms with the numbers of the chosen cell."""
    one, other = (float(s.times[i]) for i in s.pair)
    noise = "σ²" if one == other else "0·σ²"
    return ("τ₀²", f"{one + other:g}·τ₀₁", f"{one * other:g}·τ₁²", noise, "sum")


def _share(s: Scene) -> Panel:
    """Show which share of the variance lies between people, at every time."""
    last = float(s.times[-1])
    across, role = s.along[None], told_by(s)
    own, fitted = s.truth.share, None if s.fitted is None else s.fitted.share
    assert own is not None
    diagonal = tuple(cell(time, time) for time in s.times)
    there = np.searchsorted(s.along, s.times - 1e-9)
    marks: list[Mark] = []
    named = [("the sliders" if s.story.real else "truth", role, own)]
    if fitted is not None:
        marks.append(Line(across, fitted[None], "model", dashed=s.story.real))
        named.append(("fit", "model", fitted))
    marks.append(Line(across, own[None], role, bold=True))
    marks.append(Points(s.times, own[there], role, diagonal))
    ends = [(text, of, line[-1]) for text, of, line in named if np.isfinite(line[-1])]
    order = np.argsort([-end for *_, end in ends], kind="stable")
    beside = [end + (0.07 if i == order[0] else -0.08) for i, (*_, end) in enumerate(ends)]
    for (text, of, _), y in zip(ends, apart(beside, 0.08, -0.04, 1.08), strict=True):
        marks.append(Label(last, y, text, of, "end"))
    x = Axis(s.story.time, (-0.04 * last, 1.04 * last), whole=True)
    title = "Share of the variance that lies between people"
    return Panel(title, x, Axis("share (VPC)", (-0.04, 1.08)), tuple(marks), aspect=1.6)
