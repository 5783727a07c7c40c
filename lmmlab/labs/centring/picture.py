"""The picture of the centring lab: lines and where they are read, and what moved."""

from __future__ import annotations

import numpy as np

from lmmlab.labs.centring import day_panels, group_panels
from lmmlab.labs.centring.scene import Scene
from lmmlab.picture.marks import Axis, Label, Line, Mark, Panel, Picture


def picture(s: Scene) -> Picture:
    """Draw the scene; the axes lie still, and only the zero moves."""
    if s.days is not None:
        panels = (
            day_panels.lines(s, s.days),
            _table(s),
            day_panels.plane(s, s.days),
            day_panels.criterion(s, s.days),
        )
    else:
        assert s.groups is not None
        panels = (
            group_panels.counted(s, s.groups),
            _table(s),
            group_panels.slopes(s, s.groups),
            group_panels.seen(s, s.groups),
        )
    return Picture(panels, chosen=s.who)


def _table(s: Scene) -> Panel:
    """Write what moved and what did not, in two columns."""
    if s.days is not None:
        then, now = "day 0", f"day {day_panels.day_number(s.days.now.origin)}"
        if s.days.forced:
            now = f"{now}, ρ = 0"
    else:
        then, now = (
            "raw x",
            {"raw": "raw x", "grand": "grand mean"}.get(s.controls.centring, "group mean"),
        )
    top = float(len(s.table))
    marks: list[Mark] = [
        Label(0.66, top, then, "guide", "end"),
        Label(1.0, top, now, "guide", "end"),
        Line(np.array([[0.0, 1.0]]), np.full((1, 2), top - 0.5), "guide"),
    ]
    for place, row in enumerate(s.table):
        y = top - 1.0 - place
        marks += [Label(0.0, y, row.name, row.role), Label(0.66, y, row.before, "guide", "end")]
        role, text = (row.role, row.now) if row.moved else ("guide", "the same")
        marks.append(Label(1.0, y, row.now if row.moved is None else text, role, "end"))
    return Panel(
        "What moved, what did not" + (" (times in ms)" if s.days else ""),
        Axis("", (-0.02, 1.02), ticked=False),
        Axis("", (-0.5, top + 0.5), ticked=False),
        tuple(marks),
        aspect=1.15,
    )
