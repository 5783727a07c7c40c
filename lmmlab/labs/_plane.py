"""The plane of start and change, in which a person is a point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs._panels import bar
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Ellipse, Label, Mark, Panel, Points, Segments


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
    edges = [centre + sign * _sds(cov) for centre, cov in around for sign in (-1.0, 1.0)]
    clouds = [cloud for cloud in (own, fitted, true) if cloud is not None]
    points = [point[None] for point in (average, true_person, *edges) if point is not None]
    seen = np.concatenate([*clouds, *points])
    x = cover(start.limits, seen[:, 0], step=steps[0])
    y = cover(change.limits, seen[:, 1], step=steps[1])
    marks: list[Mark] = []
    if G is not None:
        marks.append(Ellipse(center, G, "model"))
    if measured is not None:
        marks += _spreads(*measured, x, y)
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
        marks += _person(*chosen, true_person, x, y)
    return Panel(title, replace(start, limits=x), replace(change, limits=y), tuple(marks))


def _sds(cov: Floats) -> Floats:
    sds: Floats = np.sqrt(np.maximum(np.diag(cov), 0.0))
    return sds


def _spreads(
    average: Floats, cov: Floats, x: tuple[float, float], y: tuple[float, float]
) -> list[Mark]:
    """Measure spreads with bars at the lower and the left edge of the limits x and y."""
    (cx, cy), sd, wide, high = average, _sds(cov), x[1] - x[0], y[1] - y[0]
    left, foot = x[0] + 0.015 * wide, y[0] + 0.02 * high
    return [
        bar(cx - sd[0], foot, cx + sd[0], foot, "parameter:tau0"),
        bar(left, cy - sd[1], left, cy + sd[1], "parameter:tau1"),
        Label(cx, foot + 0.04 * high, "τ₀", "parameter:tau0", "middle"),
        Label(left + 0.02 * wide, cy, "τ₁", "parameter:tau1"),
    ]


def _person(
    text: str, at: Floats, true: Floats | None, x: tuple[float, float], y: tuple[float, float]
) -> list[Mark]:
    """Name the person in colour, and the true point, within the limits x and y."""
    marks: list[Mark] = []
    wide, high = x[1] - x[0], y[1] - y[0]
    if true is not None:
        away = 1.0 if true[1] > at[1] else -1.0
        above = np.clip(true[1] + away * 0.06 * high, *y)
        marks.append(Points(true[:1], true[1:], "truth", bold=True))
        marks.append(Label(true[0], above, f"{text}: truth", "truth", "middle"))
    if np.isfinite(at).all():
        left_of = at[0] > x[0] + 0.8 * wide
        aside = at[0] + (-0.02 if left_of else 0.02) * wide
        below = max(at[1] - 0.04 * high, y[0])
        marks.append(Label(aside, below, text, "person", "end" if left_of else "start"))
    return marks
