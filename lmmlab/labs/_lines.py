"""Panels over time that several labs share: people's lines, and how far these are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lmmlab.engine.design import Floats, Ints
from lmmlab.picture.axis import apart, cover
from lmmlab.picture.marks import Axis, Ids, Label, Line, Mark, Panel, Points


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
