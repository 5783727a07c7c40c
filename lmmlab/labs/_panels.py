"""Panels that several labs share: people over time, the plane of start and change, weights.

Each is a function from plain arrays to a `Panel`. Axes start from a window that suits the lab's
first look and grow in whole steps only when something would lie outside, so that they stand still
while a slider moves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lmmlab.engine.design import Floats, Ints
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import (
    Axis,
    Ellipse,
    Ids,
    Label,
    Line,
    Mark,
    Panel,
    Points,
    Segments,
)


def over_time(
    *,
    levels: tuple[str, ...],
    last: Ints,
    own: Floats,
    fitted: Floats | None,
    average: Floats,
    truth: tuple[Floats, Floats] | None,
    visits: tuple[Floats, Floats],
    names: Sequence[tuple[str, Floats, str, int, int]],
    window: tuple[float, float],
) -> Panel:
    """Show each person's own line, fitted line, and the average.

    Parameters
    ----------
    levels : tuple of str
        The J people.
    last : (J,) array
        Day of each one's last visit; the own line ends there.
    own, fitted : (J, 2) arrays
        Start and change; NaN where there is no line.
    average : (2,) array
    truth : (average, person) or None
        True lines of the average and of the person in colour.
    visits : (day, y) of the person in colour.
    names : sequence of (text, line, role, day, side)
        Lines to be named, on a day; above the line if side is 1, below it if -1.
    window : (low, high)
        The heights of the first look.
    """
    end = last_day(int(last.max()))
    whole = np.array([[0.0, float(end)]])
    to = np.stack([np.zeros(len(levels)), last.astype(float)], axis=1)
    lines: list[Mark] = [_lines(own, to, "own", levels, dashed=True)]
    if fitted is not None:
        lines.append(_lines(fitted, np.repeat(whole, len(levels), 0), "model", levels))
    if truth is not None:
        lines += [_lines(line[None], whole, "truth", dashed=True) for line in truth]
    lines.append(_lines(average[None], whole, "population", bold=True))
    heights = [line.y for line in lines if isinstance(line, Line)]
    low, high = cover(window, *heights, visits[1], step=50.0)
    gap = 0.05 * (high - low)
    named = [entry for entry in names if np.isfinite(entry[1]).all()]
    wanted = [line[0] + line[1] * day + side * gap for _, line, _, day, side in named]
    places = _apart(wanted, gap, low, high)
    labels = [
        Label(day, y, text, role, "end" if day > end / 2 else "start")
        for (text, _, role, day, _), y in zip(named, places, strict=True)
    ]
    return Panel(
        "Each person over time",
        Axis("day of the study", (-0.3, end + 0.3), whole=True),
        Axis("reaction time", (low, high), "ms"),
        (*lines, Points(visits[0], visits[1], "person"), *labels),
        weight=1.3,
    )


def last_day(needed: int) -> int:
    """Give the last day that is drawn: the axis has two lengths, so that it seldom moves."""
    return 9 if needed <= 9 else 19


def _lines(
    lines: Floats,
    days: Floats,
    role: str,
    ids: Ids = (),
    *,
    dashed: bool = False,
    bold: bool = False,
) -> Line:
    return Line(days, lines[:, :1] + lines[:, 1:] * days, role, ids, dashed, bold)


def plane(
    *,
    levels: tuple[str, ...],
    own: Floats,
    fitted: Floats,
    average: Floats,
    G: Floats | None,
    truth: tuple[Floats, Floats, Floats] | None,
    chosen: tuple[str, Floats],
    windows: tuple[tuple[float, float], tuple[float, float]],
) -> Panel:
    """Show each person as a point of start and change, pulled from own to fitted.

    The ellipse holds 39 % of people (one sd of G). The bars at the edges are one sd of starts and
    of changes to either side of the average: they are as long as the ellipse is wide and high.

    Parameters
    ----------
    levels : tuple of str
        The J people.
    own, fitted : (J, 2) arrays
        Where the arrows begin and end; an arrow without a beginning is not drawn.
    average : (2,) array
    G : (2, 2) array or None
        What the model uses, if it is a mixed model.
    truth : (average, G, person) or None
        The true average, the true G, and the true point of the person in colour, if known.
    chosen : (text, (2,) array)
        What to write at the person in colour, and where.
    windows : (start, change)
        The ranges of the first look.
    """
    around = [] if G is None else [(average, G)]
    if truth is not None:
        around.append((truth[0], truth[1]))
    sds = [(centre, np.sqrt(np.diag(cov))) for centre, cov in around]
    reach = [centre + sign * sd for centre, sd in sds for sign in (-1.0, 1.0)]
    seen = np.concatenate([own, fitted, average[None], *(point[None] for point in reach)])
    if truth is not None:
        seen = np.concatenate([seen, truth[2][None]])
    x = cover(windows[0], seen[:, 0], step=40.0)
    y = cover(windows[1], seen[:, 1], step=12.0)
    wide, high = x[1] - x[0], y[1] - y[0]
    marks: list[Mark] = []
    if G is not None:
        sd, (cx, cy) = sds[0][1], average
        left, foot = x[0] + 0.015 * wide, y[0] + 0.02 * high
        marks += [
            Ellipse(average, G, "model"),
            _bar(cx - sd[0], foot, cx + sd[0], foot, "parameter:tau0"),
            _bar(left, cy - sd[1], left, cy + sd[1], "parameter:tau1"),
            Label(cx, foot + 0.04 * high, "τ₀", "parameter:tau0", "middle"),
            Label(left + 0.02 * wide, cy, "τ₁", "parameter:tau1"),
        ]
    if truth is not None:
        marks.append(Ellipse(truth[0], truth[1], "truth", dashed=True))
    marks += [
        Segments(own[:, 0], own[:, 1], fitted[:, 0], fitted[:, 1], "model", levels, arrow=True),
        Points(own[:, 0], own[:, 1], "own", levels),
        Points(average[:1], average[1:], "population", bold=True),
    ]
    text, at = chosen
    if truth is not None:
        point = truth[2]
        away = 1.0 if point[1] > at[1] else -1.0
        height = np.clip(point[1] + away * 0.06 * high, *y)
        marks += [
            Points(point[:1], point[1:], "truth", bold=True),
            Label(point[0], height, f"{text}: truth", "truth", "middle"),
        ]
    if np.isfinite(at).all():
        left_of = at[0] > x[0] + 0.8 * wide
        aside = at[0] + (-0.02 if left_of else 0.02) * wide
        below = max(at[1] - 0.04 * high, y[0])
        marks.append(Label(aside, below, text, "person", "end" if left_of else "start"))
    return Panel(
        "From own lines to the model's",
        Axis("start", x, "ms"),
        Axis("change a day", y, "ms"),
        tuple(marks),
    )


def _bar(x0: float, y0: float, x1: float, y1: float, role: str) -> Segments:
    return Segments(np.array([x0]), np.array([y0]), np.array([x1]), np.array([y1]), role)


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
    """
    marks: list[Mark] = []
    across = curve_visits[None]
    if curve is not None and true_curve is not None:
        marks += [Line(across, true_curve[None, :, k], "truth", dashed=True) for k in (0, 1)]
    if curve is not None:
        beside = [value + (0.08 if value < 0.2 else -0.08) for value in curve[-1]]
        places = _apart(beside, 0.09, 0.0, 1.0)
        for k, (role, name) in enumerate(WEIGHED):
            marks.append(Line(across, curve[None, :, k], role, bold=True))
            marks.append(Label(curve_visits[-1], places[k], name, role, "end"))
    marks += [Points(visits, weight[:, k], role, levels) for k, (role, _) in enumerate(WEIGHED)]
    text, x, y = chosen
    if np.isfinite(y):
        marks.append(Label(x + 0.4, y + (0.08 if y < 0.2 else -0.07), text, "person"))
    return Panel(
        "What own visits are worth",
        Axis("visits of that person", (0.0, float(curve_visits[-1]) + 0.5), whole=True),
        Axis("weight, each alone", (-0.04, 1.08)),
        tuple(marks),
        aspect=1.6,
    )


def rows(
    title: str, axis: Axis, entries: Sequence[tuple[str, str, float, float]], zero: str = ""
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
    """
    top = len(entries)
    marks: list[Mark] = []
    if zero:
        upright = np.array([[0.3, top + 0.7]])
        marks.append(Line(np.zeros((1, 2)), upright, zero, dashed=True))
    for row, (name, role, centre, sd) in enumerate(entries):
        y = top - row - 0.15
        marks += [
            _bar(centre - sd, y, centre + sd, y, role),
            Points(np.array([centre]), np.array([y]), role, bold=True),
            Label(axis.limits[0], y + 0.33, name, role),
        ]
    return Panel(title, axis, Axis("", (0.3, top + 0.7), ticked=False), tuple(marks), aspect=1.6)


def _apart(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move values apart until neighbours differ by `gap`, inside (low, high)."""
    order = np.argsort(values)
    placed = np.clip(np.asarray(values, dtype=float)[order], low + gap, high - gap)
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    for i in range(len(placed) - 1, -1, -1):
        ceiling = high - gap if i == len(placed) - 1 else placed[i + 1] - gap
        placed[i] = min(placed[i], ceiling)
    out = np.empty(len(placed))
    out[order] = placed
    return [float(v) for v in out]
