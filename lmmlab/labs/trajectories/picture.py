"""The picture of the trajectories lab: the lines, the model's lines, the slopes, the errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs import _panels
from lmmlab.labs._lines import over_time
from lmmlab.labs._numbers import error, percent
from lmmlab.labs.trajectories.answers import MODELS
from lmmlab.labs.trajectories.scene import Scene
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Band, Label, Line, Mark, Panel, Picture, Points, Segments
from lmmlab.picture.palette import text_role


def picture(s: Scene) -> Picture:
    """Draw the scene: people over time, in truth and in the model; slopes; standard errors."""
    height = _height(s)
    return Picture((_people(s, height), _slopes(s), _model(s, height), _errors(s)), chosen=s.who)


def _height(s: Scene) -> Axis:
    """Give the height that both panels of lines share, so that they can be compared."""
    ends = np.array([0.0, s.story.length])
    seen = [s.lines[:, :1] + s.lines[:, 1:] * ends, s.people.y[s.people.codes == s.index]]
    if s.answer is not None:
        seen.append(s.answer.lines[:, :1] + s.answer.lines[:, 1:] * ends)
    limits = cover(s.story.height.limits, *seen, step=s.story.steps[0])
    return replace(s.story.height, limits=limits)


def _people(s: Scene, height: Axis) -> Panel:
    """Show each person's true line (of real people the own line), and the average of all."""
    mine, made, end = s.people.codes == s.index, s.nature is not None, s.story.length
    average = s.average if made else s.lines.mean(0)
    # where a line falls, its left end is clear above it and its right end below
    side, own_side = (1 if slope > 0.0 else -1 for slope in (average[1], s.lines[s.index, 1]))
    panel = over_time(
        levels=s.people.levels,
        average=average,
        time=s.story.time,
        height=height,
        step=s.story.steps[0],
        span=(0.0, end),
        true=s.lines if made else None,
        own=None if made else s.lines,
        visits=(s.people.day[mine], s.people.y[mine]),
        names=(
            ("average", average, "population", end, side),
            (s.name, s.lines[s.index], "person", 0.0, -own_side),
        ),
        title="How people truly change" if made else "Each driver's own line",
    )
    mean = Points(s.times, s.marginal, "population", bold=True)
    return replace(panel, marks=(*panel.marks, mean))


def _model(s: Scene, height: Axis) -> Panel:
    """Show the lines that the chosen model gives to the same people."""
    answer, title = s.answer, f"What the model says: {MODELS[s.controls.fit]}"
    if answer is None:
        middle = sum(height.limits) / 2.0
        nothing = Label(s.story.length / 2.0, middle, "cannot be fitted", "guide", "middle")
        return Panel(title, s.story.time, height, (nothing,), weight=1.3)
    return over_time(
        levels=s.people.levels,
        average=answer.average,
        time=s.story.time,
        height=height,
        step=s.story.steps[0],
        span=(0.0, s.story.length),
        fitted=answer.lines,
        title=title,
    )


def _slopes(s: Scene) -> Panel:
    """Show everybody's slope beside the zero line, under the curve of all such people."""
    slopes, centre, sd = s.lines[:, 1], float(s.average[1]), float(s.tau[1])
    role = "model" if s.nature is None else "truth"
    reach = np.array([centre - 3.0 * sd, centre + 3.0 * sd])
    x = cover(s.story.slope.limits, slopes, reach, step=s.story.steps[1])
    # each one keeps a height, so that people can be followed
    golden = 0.618034 * np.arange(1.0, len(slopes) + 1.0)
    rows: Floats = -0.12 - 0.7 * np.mod(golden, 1.0)
    zero = np.zeros((1, 2))
    marks: list[Mark] = [Line(zero, np.array([[-0.9, 1.15]]), "guide", dashed=True)]
    if sd > 0.0:
        at = np.linspace(reach[0], reach[1], 61)
        marks.append(Line(at[None], _bell(at, centre, sd)[None], role, bold=True))
        tail = np.linspace(0.0, reach[1] if centre < 0.0 else reach[0], 31)
        if centre != 0.0 and reach[0] < 0.0 < reach[1]:
            marks.append(Band(tail, np.zeros(31), _bell(tail, centre, sd), role))
        here = (np.array([centre - sd]), np.array([0.6065]), np.array([centre + sd]))
        marks.append(Segments(here[0], here[1], here[2], here[1], "parameter:tau1"))
        marks.append(Label(centre - sd, 0.75, "τ₁", "parameter:tau1", "end"))
    upright = np.full((1, 2), centre)
    marks += [
        Line(upright, np.array([[-0.9, 1.0]]), "population", bold=True),
        Points(slopes, rows, "truth" if s.nature else "own", s.people.levels),
        Label(0.0, 1.25, "no change", "guide", "middle"),
    ]
    if s.against is not None:
        right = centre < 0.0
        away = (0.03 if right else -0.03) * (x[1] - x[0])
        way = s.story.up if right else s.story.down
        text = f"{percent(s.against, None) if s.against else 'nobody'} {way}"
        top = _bell(np.zeros(1), centre, sd)[0] if sd > 0.0 else 0.0
        marks.append(
            Label(away, min(0.2 + top, 1.05), text, text_role(role), "start" if right else "end")
        )
    return Panel(
        "Everybody's slope",
        replace(s.story.slope, limits=x),
        Axis("", (-0.95, 1.4), ticked=False),
        tuple(marks),
    )


def _bell(x: Floats, centre: float, sd: float) -> Floats:
    """Give the normal curve with its top at 1."""
    bell: Floats = np.exp(-0.5 * ((x - centre) / sd) ** 2)
    return bell


def _errors(s: Scene) -> Panel:
    """Show how sure each model is of the same average slope."""
    entries = [
        (
            f"{name}: {error(a.se)}",
            "model" if key == s.controls.fit else "own",
            0.0,
            a.se,
        )
        for key, name in MODELS.items()
        if (a := s.answers[key]) is not None
    ]
    if s.true_se is not None:
        entries.append((f"truth: {error(s.true_se)}", "truth", 0.0, s.true_se))
    widest = max([sd for *_, sd in entries], default=0.0)
    axis = s.story.error
    x = cover(axis.limits, np.array([-widest, widest]), step=s.story.steps[2])
    return _panels.rows("How sure of the average slope?", replace(axis, limits=x), entries)
