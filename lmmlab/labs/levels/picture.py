"""The picture of the levels lab: all rows, the two parts of x, the blend, and what is reported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs import _numbers, _panels
from lmmlab.labs.levels.scene import VISITS, Scene, Slope
from lmmlab.labs.levels.stories import Window
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Label, Line, Mark, Panel, Picture, Points

ROLES = {"within": "parameter:within", "between": "parameter:between", "context": "model"}
_MOST = 210  # rows that are drawn


def picture(s: Scene) -> Picture:
    """Draw the scene: rows, averages, deviations, weight of the slope between, slopes."""
    return Picture((_rows(s), _within(s), _between(s), _weight(s), _slopes(s)), chosen=s.who)


def _kept(values: Floats) -> Floats:
    """Keep the first rows of each, so that no more are drawn than can be told apart."""
    return values[:, : max(2, _MOST // len(values))]


def _rows(s: Scene) -> Panel:
    """Show rows with each one's own line, the line through averages, and the fitted line."""
    cloud, marks = s.rows, list[Mark]()
    kx, ky = _kept(cloud.x), _kept(cloud.y)
    marks.append(Points(kx.ravel(), ky.ravel(), "own"))
    mx, my = cloud.means
    ends = mx[:, None] + cloud.x.std(1)[:, None] * [-1.0, 1.0]
    if s.within is not None:
        heights = my[:, None] + s.within.value * (ends - mx[:, None])
        marks.append(Line(ends, heights, ROLES["within"], cloud.levels))
    across = np.array([[mx.min(), mx.max()]])
    if s.between is not None:
        through = my.mean() + s.between.value * (across - mx.mean())
        marks.append(Line(across, through, ROLES["between"], bold=True))
    blend = _blend(s)
    if blend is not None:
        whole = np.array([[cloud.x.min(), cloud.x.max()]])
        height = my.mean() + blend.value * (whole - mx.mean())
        marks.append(Line(whole, height, "model", bold=True))
    marks += [
        Points(kx[s.index], ky[s.index], "person"),
        Points(mx, my, ROLES["between"], cloud.levels),
    ]
    title = "Only averages are left" if s.averages_only else "All rows and their lines"
    x = Axis(s.story.x, s.story.rows[0][:2], s.story.x_unit)
    y = Axis(s.story.y, s.story.rows[1][:2], s.story.unit)
    panel = _panel(title, x, y, marks, s.story.rows)
    return replace(panel, weight=1.3)


def _blend(s: Scene) -> Slope | None:
    """Give the one slope that is reported for raw x, if that is what is reported."""
    one = len(s.slopes) == 1 and s.controls.fit in ("raw", "ols")
    return s.slopes[0] if one else None


def _within(s: Scene) -> Panel:
    """Show what is left of x and y when the own averages are taken away."""
    x, y = (v - v.mean(1, keepdims=True) for v in (s.cloud.x, s.cloud.y))
    kx, ky = _kept(x), _kept(y)
    marks: list[Mark] = [Points(kx.ravel(), ky.ravel(), "own")]
    if s.within is not None:
        _through(marks, x, 0.0, 0.0, s.within)
    marks.append(Points(kx[s.index], ky[s.index], "person"))
    axes = (
        Axis(f"{s.story.x} − own average", s.story.deviations[0][:2], s.story.x_unit),
        Axis(f"{s.story.y} − own average", s.story.deviations[1][:2], s.story.unit),
    )
    return _panel(f"Within a {s.story.one}", *axes, marks, s.story.deviations, s.within)


def _between(s: Scene) -> Panel:
    """Show the averages."""
    x, y = s.cloud.means
    marks: list[Mark] = [Points(x, y, ROLES["between"], s.cloud.levels)]
    if s.between is not None:
        _through(marks, x, float(x.mean()), float(y.mean()), s.between)
    axes = (
        Axis(f"own average of {s.story.x}", s.story.means[0][:2], s.story.x_unit),
        Axis(f"own average of {s.story.y}", s.story.means[1][:2], s.story.unit),
    )
    return _panel(f"Between {s.story.many}", *axes, marks, s.story.means, s.between)


def _through(marks: list[Mark], x: Floats, x0: float, y0: float, slope: Slope) -> None:
    """Add a line of this slope through a point, as long as x reaches."""
    ends = np.array([[x.min(), x.max()]])
    marks.append(Line(ends, y0 + slope.value * (ends - x0), ROLES[slope.kind], bold=True))


def _panel(
    title: str,
    x: Axis,
    y: Axis,
    marks: list[Mark],
    windows: tuple[Window, Window],
    slope: Slope | None = None,
) -> Panel:
    """Grow the axes in whole steps until all marks are inside; write the slope at the top."""
    seen = [mark for mark in marks if isinstance(mark, Points | Line)]
    across = cover(x.limits, *(mark.x for mark in seen), step=windows[0][2])
    upward = cover(y.limits, *(mark.y for mark in seen), step=windows[1][2])
    if slope is not None:
        at = across[0] + 0.03 * (across[1] - across[0])
        top = upward[1] - 0.06 * (upward[1] - upward[0])
        marks.append(Label(at, top, f"slope {_numbers.slope(slope.value)}", ROLES[slope.kind]))
    return Panel(title, replace(x, limits=across), replace(y, limits=upward), tuple(marks))


def _weight(s: Scene) -> Panel:
    """Show how much of the slope between is in the slope of a raw x, as rows are added."""
    marks: list[Mark] = []
    n, line = s.cloud.x.shape[1], s.controls.fit == "ols"
    if s.curve is None or s.line_weight is None:
        why = "each slope has its column: no blend" if s.slopes else "x does not vary"
        marks.append(Label(30.0, 0.5, why, "own", "middle"))
    else:
        share = s.line_weight if s.weight is None or not line else s.weight
        flat = np.full((1, 2), share)
        marks += [
            Line(np.array([[1.0, 60.0]]), flat, "own", dashed=True),
            Label(60.0, _beside(share), "one line", "own", "end"),
            Line(VISITS[None], s.curve[None], "model", bold=True),
        ]
        if s.weight is not None:
            marks.append(Points(np.array([float(n)]), np.array([s.weight]), "model", bold=True))
            if not line:
                right = n > 30
                marks.append(
                    Label(
                        n + (-1.5 if right else 1.5),
                        _beside(s.weight, share) + (0.04 if right and s.weight < 0.4 else 0.0),
                        f"mixed model: {_numbers.percent(s.weight, 0)}",
                        "model",
                        "end" if right else "start",
                    )
                )
    return Panel(
        "Weight of the slope between, if x is raw",
        Axis(f"rows of each {s.story.one}, n", (0.0, 61.0), whole=True),
        Axis("weight", (-0.04, 1.08)),
        tuple(marks),
        aspect=1.6,
    )


def _beside(value: float, other: float | None = None) -> float:
    """Say where a label stands: above its value, or below where that is full."""
    full = value > 0.9 or (other is not None and 0.0 < other - value < 0.2)
    below = max(value - 0.08, 0.02) if value > 0.1 else value + 0.08
    return below if full else value + 0.08


def _slopes(s: Scene) -> Panel:
    """Show the slopes of the data, and those that the fit reports, with one standard error."""
    entries = []
    for slope in s.slopes:
        role = ROLES.get(slope.kind, "model")
        what = {"context": "contextual", "blend": "a blend"}.get(slope.kind, slope.kind)
        said = f"{slope.column}: {what}, {_numbers.slope(slope.value)}"
        if slope.se is not None:
            digits = 1 if abs(slope.value) >= 9.995 else 2
            said += f" ± {_numbers.decimal(slope.se, digits)}"
        entries.append((said, role, slope.value, slope.se or 0.0))
    reach = np.array([value + sign * se for *_, value, se in entries for sign in (-1.0, 1.0)])
    low, high, step = s.story.slopes
    unit = f"{s.story.unit} per {s.story.x_unit.removesuffix('s')}" if s.story.unit else ""
    x = cover((low, high), reach, step=step)
    axis = Axis("slope, one standard error each way", x, unit)
    title = "What the fit reports"
    if not entries:
        text = Label(sum(x) / 2, 0.5, "no slope to report", "own", "middle")
        return Panel(title, axis, Axis("", (0.0, 1.0), ticked=False), (text,), aspect=1.6)
    panel = _panels.rows(title, axis, entries, zero="guide", above=True)
    marks, ends = list(panel.marks), np.array([panel.y.limits])
    pair = [of for of in (s.within, s.between) if of is not None and x[0] <= of.value <= x[1]]
    pair.sort(key=lambda of: of.value)
    wide = x[1] - x[0]
    close = len(pair) == 2 and pair[1].value - pair[0].value < 0.25 * wide
    for k, of in enumerate(pair):
        role = ROLES[of.kind]
        marks.insert(0, Line(np.full((1, 2), of.value), ends, role, dashed=True))
        anchor = ("end", "start")[k] if close else "middle"
        if of.value < x[0] + 0.12 * wide or of.value > x[1] - 0.12 * wide:
            anchor = "start" if of.value < x[0] + 0.12 * wide else "end"
        marks.append(Label(of.value, ends[0, 1] - 0.1, of.kind, role, anchor))
    return replace(panel, marks=tuple(marks))
