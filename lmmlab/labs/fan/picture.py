"""The picture of the fan lab: lines, the cloud of people, their spread in time, and change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lmmlab.labs._lines import over_time, sd_over_time
from lmmlab.labs._numbers import decimal, signed
from lmmlab.labs._plane import plane
from lmmlab.labs.fan.scene import Scene
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Bars, Label, Line, Mark, Panel, Picture, Points, Segments


def picture(s: Scene) -> Picture:
    """Draw the scene."""
    free = s.controls.entries == "free"
    panels = (_over_time(s), _plane(s), _variance(s) if free else _sd(s))
    return Picture((*panels, _eigenvalues(s) if free else _trend(s)), chosen=s.who)


def _time(s: Scene) -> Axis:
    return Axis(s.story.time, (-0.025 * s.end, 1.025 * s.end), whole=True)


def _levels(s: Scene) -> tuple[str, ...]:
    return () if s.people is None else s.people.levels


def _over_time(s: Scene) -> Panel:
    """Show the true lines; they stand still when the origin moves."""
    c, i = s.controls, s.index
    back = np.array([[1.0, 0.0], [-c.origin, 1.0]])  # from the origin to time 0
    lines, average = s.lines @ back, s.average @ back
    wide = [*s.story.heights]
    visits = None
    if s.people is not None:
        mine = s.people.codes == i
        visits = (s.people.day[mine], s.people.y[mine])
    names = [("average", average, "population", s.end, 1)]
    if len(lines):
        side = 1 if (lines[i] - average) @ [1.0, s.end] > 0.0 else -1
        names.append((f"person {s.who}", lines[i], "person", s.end, side))
    panel = over_time(
        levels=_levels(s),
        average=average,
        time=_time(s),
        height=Axis(s.story.what, (wide[0], wide[1]), s.story.unit),
        step=20.0,
        span=(0.0, s.end),
        true=lines,
        visits=visits,
        names=names,
        title="The true line of each person",
    )
    panel = _with_guides(panel if s.possible else _empty(panel, "no people have such lines"), s)
    return replace(panel, marks=(*panel.marks, *_guide_names(s, *panel.y.limits)))


def _guide_names(s: Scene, low: float, high: float) -> list[Mark]:
    """Name the upright lines: t* at the top, the origin at the foot."""
    words: list[Mark] = []
    turning, origin, aside = s.told.turning, s.controls.origin, 0.012 * s.end
    if turning is not None and 0.0 < turning[0] < s.end:
        words.append(Label(turning[0] + aside, high - 0.05 * (high - low), "t*", "truth"))
    if origin > 0.0:
        right = origin > 0.6 * s.end
        x, anchor = (origin - aside, "end") if right else (origin + aside, "start")
        words.append(Label(x, low + 0.05 * (high - low), "counted from here", "guide", anchor))
    return words


def _empty(panel: Panel, text: str) -> Panel:
    """Say in an empty panel why it is empty."""
    x, y = (low + 0.5 * (high - low) for low, high in (panel.x.limits, panel.y.limits))
    above = y + 0.35 * (panel.y.limits[1] - panel.y.limits[0])
    return replace(panel, marks=(*panel.marks, Label(x, above, text, "bad", "middle")))


def _with_guides(panel: Panel, s: Scene) -> Panel:
    """Mark the turning point, and the origin where it is not the first visit."""
    low, high = panel.y.limits
    marks: list[Mark] = []
    turning = s.told.turning
    if turning is not None and 0.0 < turning[0] < s.end:
        marks += _upright(turning[0], low, high, "truth")
    if s.controls.origin > 0.0:
        marks += _upright(s.controls.origin, low, high, "guide")
    return replace(panel, marks=(*marks, *panel.marks))


def _upright(x: float, low: float, high: float, role: str) -> list[Mark]:
    at = np.array([x])
    return [Segments(at, np.array([low]), at, np.array([high]), role, dashed=True)]


def _plane(s: Scene) -> Panel:
    """Show each person as a point; the origin decides what is across."""
    c, story, estimate = s.controls, s.story, s.estimate
    at = f"{story.time} {c.origin:g}"
    average, G = s.average, s.here.G
    panel = plane(
        levels=_levels(s),
        average=average,
        start=Axis("start" if c.origin == 0.0 else f"level at {at}", story.heights, story.unit),
        change=Axis(f"change a {story.time}", story.changes, story.unit),
        steps=(20.0, 1.0),
        true=s.lines,
        G=None if estimate is None else estimate.spread.G,
        center=None if estimate is None else estimate.beta,
        truth=(average, G) if s.possible else None,
        measured=(average, G),
        chosen=(s.who, s.lines[s.index]) if len(s.lines) else None,
        title="Start and change" if c.origin == 0.0 else f"Level at {at}, and change",
    )
    return panel if s.possible else _empty(panel, "no ellipse has this shape")


def _sd(s: Scene) -> Panel:
    """Show how far people are apart at each time, with the turning point."""
    panel = sd_over_time(
        times=s.times,
        true=np.sqrt(np.maximum(s.variance, 0.0)),
        estimated=None if s.estimated is None else np.sqrt(np.maximum(s.estimated, 0.0)),
        turning=s.told.turning,
        time=_time(s),
        top=s.story.spread,
        unit=s.story.unit,
        digits=s.story.digits,
    )
    return _with_guides(panel, s)


def _variance(s: Scene) -> Panel:
    """Show the variance that G implies at each time, also where it is negative."""
    low_window, high_window = -0.2 * s.story.spread**2, s.story.spread**2
    step = s.story.spread**2 / 5.0
    low, high = cover((low_window, high_window), s.variance, step=step)
    across = s.times[None]
    negative = np.where(s.variance < 0.0, s.variance, np.nan)
    zero = Line(np.array([[0.0, s.end]]), np.zeros((1, 2)), "guide", dashed=True)
    marks: list[Mark] = [
        zero,
        Line(across, s.variance[None], "truth", bold=True),
        Line(across, negative[None], "bad", bold=True),
    ]
    at, least = s.lowest
    if least < 0.0:
        below = max(least - 0.09 * (high - low), low + 0.04 * (high - low))
        anchor = "start" if at < 0.3 * s.end else "end" if at > 0.7 * s.end else "middle"
        marks += [
            Points(np.array([at]), np.array([least]), "bad", bold=True),
            Label(at, below, "negative variance", "bad", anchor),
        ]
    y = Axis("variance of people's lines", (low, high), f"{s.story.unit}²")
    return Panel("The variance that G implies", _time(s), y, tuple(marks), aspect=1.6)


def _eigenvalues(s: Scene) -> Panel:
    """Show the two eigenvalues, each spread measured in its own sd; a negative one is red."""
    values = s.scaled
    low, high = cover((-1.0, 3.0), values, step=1.0)
    where = np.array([1.0, 2.0])
    marks: list[Mark] = [Line(np.array([[0.4, 2.6]]), np.zeros((1, 2)), "guide")]
    for sign, role in ((-1.0, "bad"), (1.0, "truth")):
        kept = (values < 0.0) if sign < 0.0 else (values >= 0.0)
        marks.append(Bars(where[kept], np.zeros(kept.sum()), values[kept], 0.5, role))
    for x, value in zip(where, values, strict=True):
        away = 0.05 * (high - low)
        at = np.clip(value + (away if value >= 0.0 else -away), low, high)
        text = decimal(value, 2)
        marks.append(Label(x, float(at), text, "bad" if value < 0.0 else "truth", "middle"))
    x, y = Axis("smaller and larger", (0.4, 2.6), ticked=False), Axis("eigenvalue", (low, high))
    title = "Eigenvalues, starts and changes in sds"
    return Panel(title, x, y, tuple(marks), aspect=1.6)


def _trend(s: Scene) -> Panel:
    """Show the change from the first to the last visit against a start."""
    observed, story = s.controls.baseline == "observed", s.story
    name = "first visit" if observed else "true start"
    marks: list[Mark] = []
    seen = (np.empty(0), np.empty(0))
    if s.trend is not None:
        start, change, line = s.trend.start, s.trend.change, s.trend.line
        seen = (start, change)
        marks.append(Points(start, change, "own", _levels(s)))
        if line is not None:
            ends = np.array([start.min(), start.max()])
            heights = line[0] + line[1] * ends
            seen = (start, np.concatenate([change, heights]))
            marks.append(Line(ends[None], heights[None], "model", bold=True))
    x = cover(story.heights, seen[0], step=20.0)
    y = cover(story.totals, seen[1], step=10.0)
    found = None if s.trend is None else s.trend.found
    if found is not None:
        text = f"correlation {signed(found)}"
        top = y[1] - 0.05 * (y[1] - y[0])
        marks.append(Label(x[1] - 0.02 * (x[1] - x[0]), top, text, "model", "end"))
    return Panel(
        f"Change against the {name}",
        Axis(name, x, story.unit),
        Axis(f"last visit minus first, {story.time} {story.last:g}", y, story.unit),
        tuple(marks),
        aspect=1.6,
    )
