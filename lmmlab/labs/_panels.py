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
    fitted: Floats,
    average: Floats,
    truth: Floats | None,
    visits: tuple[Floats, Floats],
    end: int,
    names: Sequence[tuple[str, Floats, str, int, int]],
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
    truth : (2,) array or None
        The true average.
    visits : (day, y) of the person in colour.
    end : int
        The last day of the picture.
    names : sequence of (text, line, role, day, side)
        Lines to be named, on a day; above the line if side is 1, below it if -1.
    """
    to = np.stack([np.zeros(len(levels)), last.astype(float)], axis=1)
    all_days = np.broadcast_to([0.0, float(end)], (len(levels), 2))
    own_y = own[:, :1] + own[:, 1:] * to
    fitted_y = fitted[:, :1] + fitted[:, 1:] * all_days
    whole = np.array([[0.0, float(end)]])
    marks: list[Mark] = [
        Line(to, own_y, "own", levels, dashed=True),
        Line(all_days, fitted_y, "model", levels),
    ]
    if truth is not None:
        marks.append(Line(whole, truth[0] + truth[1] * whole, "truth", dashed=True, bold=True))
    marks.append(Line(whole, average[0] + average[1] * whole, "population", bold=True))
    marks.append(Points(visits[0], visits[1], "person"))
    heights = [own_y, fitted_y, visits[1], marks[-2].y]
    if truth is not None:
        heights.append(truth[0] + truth[1] * whole)
    low, high = cover((180.0, 480.0), *heights, step=50.0)
    gap = 0.05 * (high - low)
    named = [entry for entry in names if np.isfinite(entry[1]).all()]
    wanted = [line[0] + line[1] * day + side * gap for _, line, _, day, side in named]
    marks += [
        Label(day, y, text, role, "end" if day > end / 2 else "start")
        for (text, _, role, day, _), y in zip(named, _apart(wanted, gap, low, high), strict=True)
    ]
    return Panel(
        "Each person over time",
        Axis("days of short sleep", (-0.3, end + 0.3), whole=True),
        Axis("reaction time", (low, high), "ms"),
        tuple(marks),
        weight=1.3,
    )


def plane(
    *,
    levels: tuple[str, ...],
    own: Floats,
    fitted: Floats,
    average: Floats,
    G: Floats,
    truth: tuple[Floats, Floats, Floats] | None,
    chosen: tuple[str, Floats],
) -> Panel:
    """Show each person as a point of start and change, pulled from own to fitted.

    The ellipses hold 39 and 86 % of people (1 and 2 sds of G). The bars at the edges are 1 sd of
    starts and of changes to either side.

    Parameters
    ----------
    levels : tuple of str
        The J people.
    own, fitted : (J, 2) arrays
        Where the arrows begin and end; an arrow without a beginning is not drawn, its end is.
    average : (2,) array
    G : (2, 2) array
        What the model uses.
    truth : (average, G, person) or None
        The true average, the true G, and the true point of the person in colour, if known.
    chosen : (text, (2,) array)
        What to write at the person in colour, and where.
    """
    sd = np.sqrt(np.diag(G))
    reach = [average + 2.0 * sd, average - 2.0 * sd]
    if truth is not None:
        true_sd = np.sqrt(np.diag(truth[1]))
        reach += [truth[0] + true_sd, truth[0] - true_sd, truth[2]]
    seen = np.concatenate([own, fitted, np.array(reach)])
    x = cover((180.0, 320.0), seen[:, 0], step=40.0)
    y = cover((-8.0, 28.0), seen[:, 1], step=8.0)
    edge = np.array([x[0] + 0.015 * (x[1] - x[0])]), np.array([y[0] + 0.02 * (y[1] - y[0])])
    cx, cy = average[:1], average[1:]
    marks: list[Mark] = [
        Ellipse(average, G, "guide", scale=2.0),
        Ellipse(average, G, "model"),
        Segments(cx - sd[0], edge[1], cx + sd[0], edge[1], "parameter:tau0"),
        Segments(edge[0], cy - sd[1], edge[0], cy + sd[1], "parameter:tau1"),
        Label(
            float(cx[0]), float(edge[1][0] + 0.03 * (y[1] - y[0])), "τ₀", "parameter:tau0", "middle"
        ),
        Label(float(edge[0][0] + 0.02 * (x[1] - x[0])), float(cy[0]), "τ₁", "parameter:tau1"),
    ]
    if truth is not None:
        marks.append(Ellipse(truth[0], truth[1], "truth", dashed=True))
    marks += [
        Segments(own[:, 0], own[:, 1], fitted[:, 0], fitted[:, 1], "model", levels, arrow=True),
        Points(own[:, 0], own[:, 1], "own", levels),
        Points(cx, cy, "population", bold=True),
    ]
    if truth is not None:
        marks.append(Points(truth[2][:1], truth[2][1:], "truth", bold=True))
        above = min(truth[2][1] + 0.03 * (y[1] - y[0]), y[1])
        marks.append(Label(float(truth[2][0]), float(above), "truth", "truth", "middle"))
    text, at = chosen
    if np.isfinite(at).all():
        left = at[0] > x[0] + 0.8 * (x[1] - x[0])
        aside = 0.02 * (x[1] - x[0]) * (-1.0 if left else 1.0)
        below = max(at[1] - 0.035 * (y[1] - y[0]), y[0])
        anchor = "end" if left else "start"
        marks.append(Label(float(at[0] + aside), float(below), text, "person", anchor))
    return Panel(
        "Pulled toward the crowd",
        Axis("start", x, "ms"),
        Axis("change a day", y, "ms"),
        tuple(marks),
    )


def weight_by_visits(
    *,
    levels: tuple[str, ...],
    visits: Floats,
    weight: Floats,
    curve_visits: Floats,
    curve: Floats,
    true_curve: Floats | None,
    chosen: tuple[str, Floats],
) -> Panel:
    """Show how the weight of own data grows with the number of visits, for level and change.

    Parameters
    ----------
    levels : tuple of str
        The J people.
    visits : (J,) array
    weight : (J, 2) array
        Their weights for the level and the change.
    curve_visits : (m,) array
    curve, true_curve : (m, 2) arrays
        The weights over the number of visits, as the model has them and as they truly are.
    chosen : (text, (x, y))
        What to write at the person in colour, and where.
    """
    marks: list[Mark] = []
    across = curve_visits[None]
    if true_curve is not None:
        marks += [Line(across, true_curve[None, :, k], "truth", dashed=True) for k in (0, 1)]
    beside = [value + (0.08 if value < 0.2 else -0.08) for value in curve[-1]]
    places = _apart(beside, 0.09, 0.0, 1.0)
    kinds = (("parameter:tau0", "level"), ("parameter:tau1", "change a day"))
    for k, (role, name) in enumerate(kinds):
        marks += [
            Line(across, curve[None, :, k], role, bold=True),
            Points(visits, weight[:, k], role, levels),
            Label(curve_visits[-1], places[k], name, role, "end"),
        ]
    text, (x, y) = chosen
    marks.append(Label(x + 0.4, y + (0.08 if y < 0.2 else -0.07), text, "person"))
    return Panel(
        "Weight of a person's own data",
        Axis("visits of that person", (0.0, float(curve_visits[-1]) + 0.5), whole=True),
        Axis("weight", (-0.04, 1.08)),
        tuple(marks),
        aspect=1.6,
    )


def rows(
    title: str, axis: Axis, entries: Sequence[tuple[str, str, float, float]], zero: float | None
) -> Panel:
    """Show bars of one sd to either side of a centre, one row each, named at the left.

    Parameters
    ----------
    title : str
    axis : Axis
        The horizontal axis.
    entries : sequence of (name, role, centre, sd)
    zero : float or None
        Where a quiet upright line marks the truth.
    """
    top = len(entries)
    marks: list[Mark] = []
    if zero is not None:
        marks.append(
            Line(np.array([[zero, zero]]), np.array([[0.3, top + 0.7]]), "truth", dashed=True)
        )
    for row, (name, role, centre, sd) in enumerate(entries):
        y = np.array([top - row - 0.15])
        at = np.array([centre])
        marks += [
            Segments(at - sd, y, at + sd, y, role),
            Points(at, y, role, bold=True),
            Label(axis.limits[0], float(y[0] + 0.33), name, role),
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
