"""Panels of the made groups: rows over x as measured and as the model gets it, and slopes."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs.centring import groups
from lmmlab.labs.centring.scene import Groups, Scene
from lmmlab.labs.centring.strokes import dot, piece, spread, upright
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Label, Line, Mark, Panel, Points

_NAMES = {"raw": "from its own zero", "grand": "from the grand mean", "group": "from group means"}


def counted(s: Scene, g: Groups) -> Panel:
    """Show the same over x as the model gets it."""
    title = f"x counted {_NAMES[s.controls.centring]}"
    return _scatter(s, g, g.now.zero, title, "x as the model gets it")


def slopes(s: Scene, g: Groups) -> Panel:
    """Compare the slopes of raw and of group-mean centred x with the true ones."""
    inside, mixed = ("population", "own")
    if s.controls.centring != "group":
        inside, mixed = mixed, inside
    entries = (
        ("truth, inside groups", "truth", groups.WITHIN, 0.0),
        ("group-mean centred x", inside, g.inside.beta[1], g.inside.se[1]),
        ("raw or grand-mean centred x", mixed, g.raw.beta[1], g.raw.se[1]),
        ("means of groups", "own", *g.between),
        ("truth, between groups", "truth", groups.BETWEEN, 0.0),
    )  # fmt: skip
    x = (-1.5, 3.0)
    marks: list[Mark] = []
    for place, (name, role, slope, se) in enumerate(entries):
        y = len(entries) - place - 0.15
        marks += [
            piece(slope - se, y, slope + se, y, role),
            dot(slope, y, role),
            Label(x[0], y + 0.33, name, role),
        ]
    axis = Axis("slope ± one standard error", x)
    top = len(entries) + 0.7
    return Panel(
        "Which slope is it?", axis, Axis("", (0.3, top), ticked=False), tuple(marks), aspect=1.5
    )


def seen(s: Scene, g: Groups) -> Panel:
    """Show rows and lines over raw x, and the place on each line where it is read."""
    zero = g.now.zero
    return _scatter(s, g, np.zeros_like(zero), "Rows as they are", "x")


def _scatter(s: Scene, g: Groups, off: Floats, title: str, name: str) -> Panel:
    x, zero, i, now = g.data.x - off, g.now.zero - off, s.index, g.now
    ends = np.stack([g.data.x.min(1), g.data.x.max(1)], axis=1)
    height = now.at(ends)
    limits = (-4.5, 10.0)
    low, high = cover((0.0, 22.0), g.data.y, height, now.heights, step=4.0)
    marks: list[Mark] = [upright(0.0, low, high, dashed=True)]
    if off.any():
        marks = [upright(0.0, low, high)]
    marks += [
        Points(x.ravel(), g.data.y.ravel(), "own"),
        Line(ends - off, height, "model", s.levels),
        Points(x[i], g.data.y[i], "person"),
        Points(zero[:, 0], now.heights[:, 0], "parameter:tau0", s.levels),
    ]
    if not zero.any():  # here all are read on one axis
        reach = np.array([min(x.min(), 0.0), x.max()])
        average = now.beta[0] + now.beta[1] * reach
        marks += [
            Line(reach[None], average[None], "population", bold=True),
            spread(0.0, now.beta[0], now.tau),
            dot(0.0, now.beta[0], "population"),
            Label(-0.2, now.beta[0] + now.tau + 0.7, "τ₀", "parameter:tau0", "end"),
        ]
    return Panel(title, Axis(name, limits), Axis("y", (low, high)), tuple(marks))
