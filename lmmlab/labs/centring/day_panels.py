"""Panels of the sleep study: lines, the plane of height and change, and the criterion."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._numbers import decimal
from lmmlab.labs.centring import days
from lmmlab.labs.centring.controls import FIRST, LAST
from lmmlab.labs.centring.scene import Days, Scene
from lmmlab.labs.centring.strokes import dot, piece, spread, upright
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Ellipse, Label, Line, Mark, Panel, Points


def lines(s: Scene, d: Days) -> Panel:
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
        upright(0.0, low, high, dashed=True),
        upright(now.origin, low, high),
        Points(np.full(J, now.origin), at + now.b[:, 0], "model", s.levels),
        Points(day, y, "person"),
        spread(now.origin, at, tau0),
        dot(now.origin, at, "population"),
    ]
    left = now.origin > (FIRST + LAST) / 2
    aside, anchor = (-0.25, "end") if left else (0.25, "start")
    step = 0.05 * (high - low)
    marks += [
        Label(now.origin + aside, high - step, f"zero: day {day_number(now.origin)}", "", anchor),
        Label(now.origin + aside, high - 2.3 * step, "bar: ± τ₀", "parameter:tau0", anchor),
        Label(LAST, average[1] - 1.5 * step, "average", "population", "end"),
    ]
    return Panel(
        "Each driver’s line, and where it is read",
        Axis("day of the study", (FIRST - 0.3, LAST + 0.3), whole=True),
        Axis("reaction time", (low, high), "ms"),
        tuple(marks),
        weight=1.2,
    )


def plane(s: Scene, d: Days) -> Panel:
    """Show height at the zero against change, and the ellipse that the model draws round them."""
    now, (tau0, tau1), centre = d.now, d.now.tau, np.array([0.0, d.now.beta[1]])
    two = np.array([-2.0, 2.0])  # the outer ellipse
    x = cover((-160.0, 160.0), now.b[:, 0], two * tau0, step=40.0)
    y = cover((-5.0, 25.0), centre[1] + now.b[:, 1], centre[1] + two * tau1, step=5.0)
    wide, high = x[1] - x[0], y[1] - y[0]
    foot, left = y[0] + 0.03 * high, x[0] + 0.02 * wide
    mine = now.b[s.index] + centre
    to_left = mine[0] > x[0] + 0.75 * wide
    rho = "ρ forced to 0" if d.forced else f"ρ = {decimal(now.rho, 2, signed=True)}"
    marks: list[Mark] = [
        Ellipse(centre, now.G, "parameter:rho"),
        Ellipse(centre, now.G, "parameter:rho", scale=2.0, dashed=True),
        piece(-tau0, foot, tau0, foot, "parameter:tau0"),
        piece(left, centre[1] - tau1, left, centre[1] + tau1, "parameter:tau1"),
        Points(now.b[:, 0], now.b[:, 1] + centre[1], "model", s.levels),
        dot(centre[0], centre[1], "population"),
        Label(0.0, foot + 0.05 * high, "τ₀", "parameter:tau0", "middle"),
        Label(left + 0.02 * wide, centre[1], "τ₁", "parameter:tau1"),
        Label(x[0] + 0.03 * wide, y[1] - 0.05 * high, rho, "parameter:rho"),
        Label(
            mine[0] + (-0.03 if to_left else 0.03) * wide, mine[1], s.who, "person",
            "end" if to_left else "start",
        ),
    ]  # fmt: skip
    x_axis = Axis(f"above average on day {day_number(now.origin)}", x, "ms")
    return Panel("Height at the zero, and change", x_axis, Axis("change a day", y, "ms"),
                 tuple(marks))  # fmt: skip


def criterion(s: Scene, d: Days) -> Panel:
    """Show the criterion over the zero: flat if ρ is free, a valley if it is forced to 0."""
    curve, level = days.forced_curve(), d.free.deviance
    y = (1740.0, 1780.0)
    marks: list[Mark] = [
        upright(d.now.origin, *y),
        Line(days.ORIGINS[[0, -1]][None], np.full((1, 2), level), "model", bold=True),
        Line(days.ORIGINS[None], curve[None], "parameter:rho", bold=True),
        dot(d.now.origin, d.now.deviance, "parameter:rho" if d.forced else "model"),
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


def day_number(day: float) -> str:
    """Write a day without a needless digit."""
    return f"{round(day, 1) + 0.0:.1f}".removesuffix(".0").replace("-", "−")
