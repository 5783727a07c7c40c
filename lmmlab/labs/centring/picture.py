"""The picture of the centring lab: lines and where they are read, and what moved."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs.centring import days, groups
from lmmlab.labs.centring.controls import FIRST, LAST
from lmmlab.labs.centring.scene import Days, Groups, Scene
from lmmlab.labs.centring.table import number
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import (
    Axis,
    Ellipse,
    Label,
    Line,
    Mark,
    Panel,
    Picture,
    Points,
    Segments,
)  # fmt: skip

_NAMES = {"raw": "from its own zero", "grand": "from the grand mean", "group": "from group means"}


def picture(s: Scene) -> Picture:
    """Draw the scene; the axes lie still, and only the zero moves."""
    if s.days is not None:
        panels = (_lines(s, s.days), _table(s), _plane(s, s.days), _criterion(s, s.days))
    else:
        assert s.groups is not None
        panels = (_counted(s, s.groups), _table(s), _slopes(s, s.groups), _seen(s, s.groups))
    return Picture(panels, chosen=s.who)


def _lines(s: Scene, d: Days) -> Panel:
    """Show each driver's line, and the upright axis on which intercepts are read."""
    now, J = d.now, len(s.levels)
    inside, outside = np.array([0.0, 9.0]), np.array([FIRST, 0.0, np.nan, 9.0, LAST])
    whole = now.at(outside)
    average = now.beta[0] + now.beta[1] * (np.array([FIRST, LAST]) - now.origin)
    day, y = (table[s.index] for table in days.visits())
    low, high = cover((150.0, 550.0), whole, y, step=50.0)
    at, (tau0, _) = now.beta[0], now.tau
    marks: list[Mark] = [
        Line(np.tile(outside, (J, 1)), whole, "own", s.levels, dashed=True),
        Line(np.tile(inside, (J, 1)), now.at(inside), "model", s.levels),
        Line(np.array([[FIRST, LAST]]), average[None], "population", bold=True),
        _upright(0.0, low, high, dashed=True),
        _upright(now.origin, low, high),
        Points(np.full(J, now.origin), at + now.b[:, 0], "model", s.levels),
        Points(day, y, "person"),
        _spread(now.origin, at, tau0),
        _dot(now.origin, at, "population"),
    ]
    left = now.origin > (FIRST + LAST) / 2
    aside, anchor = (-0.25, "end") if left else (0.25, "start")
    step = 0.05 * (high - low)
    marks += [
        Label(now.origin + aside, high - step, f"zero: day {_day(now.origin)}", "", anchor),
        Label(now.origin + aside, at + tau0 + 0.6 * step, "τ₀", "parameter:tau0", anchor),
        Label(LAST, average[1] - 1.5 * step, "average", "population", "end"),
    ]
    return Panel(
        "Each driver’s line, and where it is read",
        Axis("day of the study", (FIRST - 0.3, LAST + 0.3), whole=True),
        Axis("reaction time", (low, high), "ms"),
        tuple(marks),
        weight=1.2,
    )


def _plane(s: Scene, d: Days) -> Panel:
    """Show height at the zero against change, and the ellipse that the model draws round them."""
    now, (tau0, tau1), centre = d.now, d.now.tau, np.array([0.0, d.now.beta[1]])
    two = np.array([-2.0, 2.0])  # the outer ellipse
    x = cover((-160.0, 160.0), now.b[:, 0], two * tau0, step=40.0)
    y = cover((-5.0, 25.0), centre[1] + now.b[:, 1], centre[1] + two * tau1, step=5.0)
    wide, high = x[1] - x[0], y[1] - y[0]
    foot, left = y[0] + 0.03 * high, x[0] + 0.02 * wide
    mine = now.b[s.index] + centre
    to_left = mine[0] > x[0] + 0.75 * wide
    rho = "ρ forced to 0" if d.forced else f"ρ = {number(now.rho, 2, signed=True)}"
    marks: list[Mark] = [
        Ellipse(centre, now.G, "parameter:rho"),
        Ellipse(centre, now.G, "parameter:rho", scale=2.0, dashed=True),
        _piece(-tau0, foot, tau0, foot, "parameter:tau0"),
        _piece(left, centre[1] - tau1, left, centre[1] + tau1, "parameter:tau1"),
        Points(now.b[:, 0], now.b[:, 1] + centre[1], "model", s.levels),
        _dot(*centre, "population"),
        Label(0.0, foot + 0.05 * high, "τ₀", "parameter:tau0", "middle"),
        Label(left + 0.02 * wide, centre[1], "τ₁", "parameter:tau1"),
        Label(x[0] + 0.03 * wide, y[1] - 0.05 * high, rho, "parameter:rho"),
        Label(
            mine[0] + (-0.03 if to_left else 0.03) * wide, mine[1], s.who, "person",
            "end" if to_left else "start",
        ),
    ]  # fmt: skip
    x_axis = Axis(f"above average on day {_day(now.origin)}", x, "ms")
    return Panel("Height at the zero, and change", x_axis, Axis("change a day", y, "ms"),
                 tuple(marks))  # fmt: skip


def _table(s: Scene) -> Panel:
    """Write what moved and what did not, in two columns."""
    if s.days is not None:
        then, now = "day 0", f"day {_day(s.days.now.origin)}"
        if s.days.forced:
            now = f"{now}, ρ = 0"
    else:
        then, now = (
            "raw x",
            {"raw": "raw x", "grand": "grand mean"}.get(s.controls.centring, "group mean"),
        )
    top = float(len(s.table))
    marks: list[Mark] = [
        Label(0.66, top, then, "guide", "end"),
        Label(1.0, top, now, "guide", "end"),
        Line(np.array([[0.0, 1.0]]), np.full((1, 2), top - 0.5), "guide"),
    ]
    for place, row in enumerate(s.table):
        y = top - 1.0 - place
        marks += [Label(0.0, y, row.name, row.role), Label(0.66, y, row.before, "guide", "end")]
        role, text = (row.role, row.now) if row.moved else ("guide", "the same")
        marks.append(Label(1.0, y, row.now if row.moved is None else text, role, "end"))
    return Panel(
        "What moved, what did not" + (" (times in ms)" if s.days else ""),
        Axis("", (-0.02, 1.02), ticked=False),
        Axis("", (-0.5, top + 0.5), ticked=False),
        tuple(marks),
        aspect=1.15,
    )


def _criterion(s: Scene, d: Days) -> Panel:
    """Show the criterion over the zero: flat if ρ is free, a valley if it is forced to 0."""
    curve, level = days.forced_curve(), d.free.deviance
    y = (1740.0, 1780.0)
    marks: list[Mark] = [
        _upright(d.now.origin, *y),
        Line(days.ORIGINS[[0, -1]][None], np.full((1, 2), level), "model", bold=True),
        Line(days.ORIGINS[None], curve[None], "parameter:rho", bold=True),
        _dot(d.now.origin, d.now.deviance, "parameter:rho" if d.forced else "model"),
        Label(LAST, level - 1.7, "ρ free", "model", "end"),
        Label(9.4, float(np.interp(9.4, days.ORIGINS, curve)) + 2.2, "ρ forced to 0",
              "parameter:rho", "end"),
    ]  # fmt: skip
    return Panel(
        "Criterion: lower fits better",
        Axis("the zero of time, day", (FIRST - 0.3, LAST + 0.3), whole=True),
        Axis("−2 log restricted likelihood", y),
        tuple(marks),
    )


def _seen(s: Scene, g: Groups) -> Panel:
    """Show rows and lines over raw x, and the place on each line where it is read."""
    zero = g.now.zero
    return _scatter(s, g, np.zeros_like(zero), "Rows as they are", "x")


def _counted(s: Scene, g: Groups) -> Panel:
    """Show the same over x as the model gets it."""
    title = f"x counted {_NAMES[s.controls.centring]}"
    return _scatter(s, g, g.now.zero, title, "x as the model gets it")


def _scatter(s: Scene, g: Groups, off: Floats, title: str, name: str) -> Panel:
    x, zero, i, now = g.data.x - off, g.now.zero - off, s.index, g.now
    ends = np.stack([g.data.x.min(1), g.data.x.max(1)], axis=1)
    height = now.at(ends)
    limits = (-4.5, 10.0)
    low, high = cover((0.0, 22.0), g.data.y, height, now.heights, step=4.0)
    marks: list[Mark] = [_upright(0.0, low, high, dashed=True)]
    if off.any():
        marks = [_upright(0.0, low, high)]
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
            _spread(0.0, now.beta[0], now.tau),
            _dot(0.0, now.beta[0], "population"),
            Label(-0.2, now.beta[0] + now.tau + 0.7, "τ₀", "parameter:tau0", "end"),
        ]
    return Panel(title, Axis(name, limits), Axis("y", (low, high)), tuple(marks))


def _slopes(s: Scene, g: Groups) -> Panel:
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
    x, marks = (-1.5, 3.0), []
    for place, (name, role, slope, se) in enumerate(entries):
        y = len(entries) - place - 0.15
        marks += [
            _piece(slope - se, y, slope + se, y, role),
            _dot(slope, y, role),
            Label(x[0], y + 0.33, name, role),
        ]
    axis = Axis("slope ± one standard error", x)
    top = len(entries) + 0.7
    return Panel(
        "Which slope is it?", axis, Axis("", (0.3, top), ticked=False), tuple(marks), aspect=1.5
    )


def _day(day: float) -> str:
    return f"{round(day, 1) + 0.0:.1f}".removesuffix(".0").replace("-", "−")


def _upright(x: float, low: float, high: float, *, dashed: bool = False) -> Line:
    return Line(np.full((1, 2), x), np.array([[low, high]]), "guide", dashed=dashed)


def _piece(x0: float, y0: float, x1: float, y1: float, role: str) -> Segments:
    return Segments(np.array([x0]), np.array([y0]), np.array([x1]), np.array([y1]), role)


def _spread(x: float, centre: float, sd: float) -> Line:
    """Draw the spread of intercepts on the upright axis where they are read."""
    up = np.array([[centre - sd, centre + sd]])
    return Line(np.full((1, 2), x), up, "parameter:tau0", bold=True)


def _dot(x: float, y: float, role: str) -> Points:
    return Points(np.array([x]), np.array([y]), role, bold=True)
