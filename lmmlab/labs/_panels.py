"""Panels that several labs share: bars in rows, and what own visits are worth.

These and the panels of `_lines` and `_plane` are functions from plain arrays to a `Panel`. Axes
start from a window that suits the lab's first look and grow in whole steps only when something
would lie outside, so that they stand still while a slider moves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.picture.axis import apart
from lmmlab.picture.marks import Axis, Label, Line, Mark, Panel, Points, Segments


def bar(x0: float, y0: float, x1: float, y1: float, role: str) -> Segments:
    """Draw one bar between two points."""
    return Segments(np.array([x0]), np.array([y0]), np.array([x1]), np.array([y1]), role)


def rows(
    title: str,
    axis: Axis,
    entries: Sequence[tuple[str, str, float, float]],
    zero: str = "",
    *,
    above: bool = False,
) -> Panel:
    """Show bars of one sd to either side of a centre, one row each, named at the left.

    Parameters
    ----------
    title : str
    axis : Axis
        The horizontal axis.
    entries : sequence of (name, role, centre, sd)
    zero : str
        The role of an upright line at 0, or empty.
    above : bool
        Write names above the centres, not at the left.
    """
    low, high = axis.limits
    top = len(entries)
    marks: list[Mark] = []
    if zero:
        upright = np.array([[0.3, top + 0.7]])
        marks.append(Line(np.zeros((1, 2)), upright, zero, dashed=True))
    for row, (name, role, centre, sd) in enumerate(entries):
        y = top - row - 0.15
        marks += [
            bar(centre - sd, y, centre + sd, y, role),
            Points(np.array([centre]), np.array([y]), role, bold=True),
            Label(low, y + 0.33, name, role),
        ]
        if above:
            near = min(max(centre, 0.7 * low + 0.3 * high), 0.3 * low + 0.7 * high)
            marks[-1] = Label(near, y + 0.33, name, role, "middle")
    return Panel(title, axis, Axis("", (0.3, top + 0.7), ticked=False), tuple(marks), aspect=1.6)


WEIGHED = (("population", "level"), ("parameter:tau1", "daily change"))
"""Role and name of what is weighed: the level on the middle day, and the change a day."""


def weight_by_visits(
    *,
    levels: tuple[str, ...],
    visits: Floats,
    weight: Floats,
    curve_visits: Floats,
    curve: Floats | None,
    true_curve: Floats | None,
    chosen: tuple[str, float, float],
    change: str = WEIGHED[1][1],
    across: str = "visits of that person",
    title: str = "What own visits are worth",
) -> Panel:
    """Show how the weight of own visits grows with their number, for level and change.

    Parameters
    ----------
    levels : tuple of str
        The J people.
    visits : (J,) array
    weight : (J, 2) array
        Their weights for the level and the change; NaN where there is nothing to weigh.
    curve_visits : (m,) array
    curve, true_curve : (m, 2) arrays or None
        The weights over the number of visits, as the model has them and as they truly are.
    chosen : (text, x, y)
        What to write at the person in colour, and where.
    change, across, title : str
        Name of the second curve, of the horizontal axis, and of the panel.
    """
    marks: list[Mark] = []
    x_all = curve_visits[None]
    if curve is not None and true_curve is not None:
        marks += [Line(x_all, true_curve[None, :, k], "truth", dashed=True) for k in (0, 1)]
    if curve is not None:
        beside = [value + (0.08 if value < 0.2 else -0.08) for value in curve[-1]]
        places = apart(beside, 0.09, 0.0, 1.0)
        named = zip(WEIGHED, (WEIGHED[0][1], change), strict=True)
        for k, ((role, _), name) in enumerate(named):
            marks.append(Line(x_all, curve[None, :, k], role, bold=True))
            marks.append(Label(curve_visits[-1], places[k], name, role, "end"))
    marks += [Points(visits, weight[:, k], role, levels) for k, (role, _) in enumerate(WEIGHED)]
    text, x, y = chosen
    if np.isfinite(y):
        marks.append(Label(x + 0.4, y + (0.08 if y < 0.2 else -0.07), text, "person"))
    return Panel(
        title,
        Axis(across, (0.0, float(curve_visits[-1]) + 0.5), whole=True),
        Axis("weight, each alone", (-0.04, 1.08)),
        tuple(marks),
        aspect=1.6,
    )
