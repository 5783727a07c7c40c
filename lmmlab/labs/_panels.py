"""Panels that several labs share: people over time, the plane of start and change, weights.

Each is a function from plain arrays to a `Panel`. Axes start from a window that suits the lab's
first look and grow in whole steps only when something would lie outside, so that they stand still
while a slider moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
    average: Floats,
    time: Axis,
    height: Axis,
    step: float,
    span: tuple[float, float],
    own: Floats | None = None,
    last: Floats | Ints | None = None,
    fitted: Floats | None = None,
    true: Floats | None = None,
    truth: tuple[Floats, Floats] | None = None,
    visits: tuple[Floats, Floats] | None = None,
    names: Sequence[tuple[str, Floats, str, float, int]] = (),
    title: str = "Each person over time",
) -> Panel:
    """Show each person's own line, fitted line, true line, and the average.

    Lines are arrays of start (at time 0) and change; NaN where there is no line.

    Parameters
    ----------
    levels : tuple of str
        The J people.
    average : (2,) array
    time : Axis
        Its limits are final.
    height : Axis
        Its limits are those of the first look; they grow by whole steps.
    step : float
    span : (first, last)
        The times between which lines are drawn.
    own : (J, 2) array, optional
        Dashed lines of own data.
    last : (J,) array, optional
        Time of each one's last visit, where the own line ends.
    fitted, true : (J, 2) arrays, optional
        What a model says about each person, and what is true.
    truth : (average, person), optional
        True lines of the average and of the person in colour.
    visits : (time, y) of the person in colour, optional
    names : sequence of (text, line, role, time, side)
        Lines to be named, at a time; above the line if side is 1, below it if -1.
    title : str
    """
    whole = np.array([span])
    all_of_it = np.repeat(whole, len(levels), 0)
    lines: list[Line] = []
    if true is not None:
        lines.append(_lines(true, all_of_it, "truth", levels))
    if own is not None:
        to = all_of_it.copy()
        if last is not None:
            to[:, 1] = last
        lines.append(_lines(own, to, "own", levels, dashed=True))
    if fitted is not None:
        lines.append(_lines(fitted, all_of_it, "model", levels))
    if truth is not None:
        lines += [_lines(line[None], whole, "truth", dashed=True) for line in truth]
    lines.append(_lines(average[None], whole, "population", bold=True))
    marks: list[Mark] = [*lines]
    heights = [line.y for line in lines]
    if visits is not None:
        marks.append(Points(visits[0], visits[1], "person"))
        heights.append(visits[1])
    low, high = cover(height.limits, *heights, step=step)
    gap, middle = 0.05 * (high - low), sum(span) / 2
    named = [entry for entry in names if np.isfinite(entry[1]).all()]
    wanted = [line[0] + line[1] * at + side * gap for _, line, _, at, side in named]
    places = apart(wanted, gap, low, high)
    marks += [
        Label(at, y, text, role, "end" if at > middle else "start")
        for (text, _, role, at, _), y in zip(named, places, strict=True)
    ]
    return Panel(title, time, replace(height, limits=(low, high)), tuple(marks), weight=1.3)


def last_day(needed: int) -> int:
    """Give the last day that is drawn: the axis has two lengths, so that it seldom moves."""
    return 9 if needed <= 9 else 19


def _lines(
    lines: Floats,
    times: Floats,
    role: str,
    ids: Ids = (),
    *,
    dashed: bool = False,
    bold: bool = False,
) -> Line:
    return Line(times, lines[:, :1] + lines[:, 1:] * times, role, ids, dashed, bold)


def plane(
    *,
    levels: tuple[str, ...],
    average: Floats,
    start: Axis,
    change: Axis,
    steps: tuple[float, float],
    own: Floats | None = None,
    fitted: Floats | None = None,
    true: Floats | None = None,
    G: Floats | None = None,
    center: Floats | None = None,
    truth: tuple[Floats, Floats] | None = None,
    true_person: Floats | None = None,
    measured: tuple[Floats, Floats] | None = None,
    chosen: tuple[str, Floats] | None = None,
    title: str = "Start and change of each person",
) -> Panel:
    """Show each person as a point of start and change; an arrow leads from own to fitted.

    An ellipse holds 39 % of people (one sd of G). The bars at the edges are one sd of starts and
    of changes to either side of the average: they are as long as the ellipse is wide and high.

    Parameters
    ----------
    levels : tuple of str
        The J people.
    average : (2,) array
    start, change : Axis
        Their limits are those of the first look; they grow by whole steps.
    steps : (of start, of change)
    own, fitted, true : (J, 2) arrays, optional
        Own lines, what a model says, and what is true. With own and fitted lines there are arrows
        from one to the other; an arrow without a beginning is not drawn.
    G : (2, 2) array, optional
        What the model uses: an ellipse around `center`.
    center : (2,) array, optional
        The average, unless it is given.
    truth : (average, G), optional
        The true ones: a dashed ellipse.
    true_person : (2,) array, optional
        The true point of the person in colour.
    measured : (average, G), optional
        What the bars at the edges measure.
    chosen : (text, (2,) array), optional
        What to write at the person in colour, and where.
    title : str
    """
    center = average if center is None else center
    around = [pair for pair in (None if G is None else (center, G), truth, measured) if pair]
    edges = [
        centre + sign * np.sqrt(np.maximum(np.diag(cov), 0.0))
        for centre, cov in around
        for sign in (-1.0, 1.0)
    ]
    clouds = [cloud for cloud in (own, fitted, true) if cloud is not None]
    points = [point[None] for point in (average, true_person, *edges) if point is not None]
    seen = np.concatenate([*clouds, *points])
    x = cover(start.limits, seen[:, 0], step=steps[0])
    y = cover(change.limits, seen[:, 1], step=steps[1])
    wide, high = x[1] - x[0], y[1] - y[0]
    marks: list[Mark] = []
    if G is not None:
        marks.append(Ellipse(center, G, "model"))
    if measured is not None:
        (cx, cy), sd = measured[0], np.sqrt(np.maximum(np.diag(measured[1]), 0.0))
        left, foot = x[0] + 0.015 * wide, y[0] + 0.02 * high
        marks += [
            _bar(cx - sd[0], foot, cx + sd[0], foot, "parameter:tau0"),
            _bar(left, cy - sd[1], left, cy + sd[1], "parameter:tau1"),
            Label(cx, foot + 0.04 * high, "τ₀", "parameter:tau0", "middle"),
            Label(left + 0.02 * wide, cy, "τ₁", "parameter:tau1"),
        ]
    if truth is not None:
        marks.append(Ellipse(truth[0], truth[1], "truth", dashed=True))
    if own is not None and fitted is not None:
        ends = (own[:, 0], own[:, 1], fitted[:, 0], fitted[:, 1])
        marks.append(Segments(*ends, "model", levels, arrow=True))
    clouds_by_role = (("own", own), ("model", fitted if own is None else None), ("truth", true))
    marks += [
        Points(cloud[:, 0], cloud[:, 1], role, levels)
        for role, cloud in clouds_by_role
        if cloud is not None
    ]
    marks.append(Points(average[:1], average[1:], "population", bold=True))
    if chosen is not None:
        text, at = chosen
        if true_person is not None:
            away = 1.0 if true_person[1] > at[1] else -1.0
            above = np.clip(true_person[1] + away * 0.06 * high, *y)
            marks += [
                Points(true_person[:1], true_person[1:], "truth", bold=True),
                Label(true_person[0], above, f"{text}: truth", "truth", "middle"),
            ]
        if np.isfinite(at).all():
            left_of = at[0] > x[0] + 0.8 * wide
            aside = at[0] + (-0.02 if left_of else 0.02) * wide
            below = max(at[1] - 0.04 * high, y[0])
            marks.append(Label(aside, below, text, "person", "end" if left_of else "start"))
    return Panel(title, replace(start, limits=x), replace(change, limits=y), tuple(marks))


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


def sd_over_time(
    *,
    times: Floats,
    true: Floats,
    estimated: Floats | None,
    turning: tuple[float, float] | None,
    time: Axis,
    top: float,
    unit: str,
    digits: int,
) -> Panel:
    """Show how far people's lines are apart at each time, in truth and as estimated.

    Parameters
    ----------
    times, true, estimated : (m,) arrays
        Points of time, and the sds there; no estimate is drawn for None.
    turning : (time, sd), optional
        Where people are closest; it is marked if it is among the times that are drawn.
    time : Axis
        Its limits are final.
    top : float
        Upper end of the axis at the first look; it grows by fifths.
    unit, digits : str, int
        How an sd is written.
    """
    seen, marks = [true], list[Mark]()
    across, end = times[None], float(times[-1])
    if estimated is not None:
        seen.append(estimated)
        marks.append(Line(across, estimated[None], "model"))
    low, high = cover((0.0, top), *seen, step=top / 5.0)
    marks.append(Line(across, true[None], "truth", bold=True))
    if turning is not None and 0.0 < turning[0] < end:
        at, least = turning
        ratio = (end - at) / end
        marks.append(Points(np.array([at]), np.array([least]), "truth", bold=True))
        text = f"t* = {at:.1f}: closest, SD {least:.{digits}f}"
        below = least - 0.08 * high if least > 0.12 * high else least + 0.2 * high
        aside = at + (0.012 if ratio > 0.5 else -0.012) * end
        marks.append(Label(aside, below, text, "truth", "start" if ratio > 0.5 else "end"))
    named = [("truth", "truth", true)]
    if estimated is not None:
        named.append(("estimate", "model", estimated))
    ends = [float(line[-1]) for *_, line in named]
    upper = int(np.argmax(ends))
    beside = [y + (0.07 if k == upper else -0.1) * high for k, y in enumerate(ends)]
    for (text, role, _), y in zip(named, apart(beside, 0.09 * high, low, high), strict=True):
        marks.append(Label(end, y, text, role, "end"))
    axis = Axis("SD of people's lines", (low, high), unit)
    return Panel("How far people are apart", time, axis, tuple(marks), aspect=1.6)


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
            _bar(centre - sd, y, centre + sd, y, role),
            Points(np.array([centre]), np.array([y]), role, bold=True),
            Label(low, y + 0.33, name, role),
        ]
        if above:
            near = min(max(centre, 0.7 * low + 0.3 * high), 0.3 * low + 0.7 * high)
            marks[-1] = Label(near, y + 0.33, name, role, "middle")
    return Panel(title, axis, Axis("", (0.3, top + 0.7), ticked=False), tuple(marks), aspect=1.6)


def apart(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
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
