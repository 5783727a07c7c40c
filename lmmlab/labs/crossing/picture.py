"""The picture of the crossing lab: the table of rows, people, who is alike, spreads, and errors."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs._effects import beside_truth
from lmmlab.labs._shares import alike, correlations, spreads
from lmmlab.labs.crossing.scene import Scene
from lmmlab.picture.axis import apart, cover
from lmmlab.picture.marks import Axis, Heatmap, Label, Line, Mark, Panel, Picture, Points

ROLES = ("parameter:tau0", "parameter:tau1", "parameter:tau2", "parameter:sigma")


def picture(s: Scene) -> Picture:
    """Draw the scene: the table, people in both conditions, correlations, spreads, intervals."""
    panels = (_table(s), _people(s), _alike(s), _spreads(s), _intervals(s))
    return Picture(panels, chosen=s.who)


def _table(s: Scene) -> Panel:
    """Show every row as a cell: a row of cells is a person, a column an item."""
    story, at = s.story, s.layout
    J, K = at.seen.shape
    cells = np.full((J, K), np.nan)
    cells[at.seen] = s.y
    people, items = np.arange(J), np.arange(K)
    across, down = f"{K} {story.items[1]}", f"{J} {story.people[1]}"
    parted = f": {story.plain}, then {story.special}"
    own = s.controls.meets == "half" and s.controls.varies != "both"
    if s.controls.varies == "items" or own:  # one condition after the other
        items = np.argsort(items % 2, kind="stable")
    if s.controls.varies == "people" or own:
        people = np.argsort(people % 2, kind="stable")
    across += parted * (s.controls.varies == "items")
    down += parted * (s.controls.varies == "people")
    middle = s.controls.beta0 + s.controls.beta1 / 2.0
    limits = (middle - story.colours, middle + story.colours)
    ids = tuple(str(j + 1) for j in people for _ in range(K))
    map_ = Heatmap(
        np.arange(K + 1.0), np.arange(J + 1.0), cells[people][:, items], "model", limits, ids
    )
    return Panel(
        f"Every {story.what}: the bluer, the higher",
        Axis(across, (0.0, float(K)), ticked=False),
        Axis(down, (0.0, float(J)), ticked=False),
        (map_,),
        weight=1.2,
        aspect=1.5,
    )


def _people(s: Scene) -> Panel:
    """Show the fitted line of each person, or the point where each has one condition only."""
    story, i, ends = s.story, s.index, np.array([0.0, 1.0])
    within = s.layout.within
    at: Floats = np.tile(ends, (s.controls.people, 1)) if within else s.layout.own[:, None]
    truth = s.lines[i, 0] + s.lines[i, 1] * at[i]
    mean = s.asked_line[0] + s.asked_line[1] * ends
    marks: list[Mark] = [Line(ends[None], mean[None], "truth", dashed=True, bold=True)]
    marks.append(_of_people(at[i : i + 1], truth[None], "truth"))
    seen = [mean, truth]
    names = [("average, truth", "truth", float(mean[1]))]
    if s.fitted is not None and s.average is not None:
        lines = s.fitted[:, :1] + s.fitted[:, 1:] * at
        average = s.average[0] + s.average[1] * ends
        levels = tuple(str(j + 1) for j in range(len(lines)))
        marks.insert(0, _of_people(at, lines, "model", levels))
        marks.append(Line(ends[None], average[None], "population", bold=True))
        seen += [lines, average]
        names = [("average", "population", float(average[1]))]
        names.append((f"{s.who}: fitted", "person", float(lines[i, -1])))
    names.append((f"{s.who}: truth", "truth", float(truth[-1])))
    marks.append(Points(ends, s.own, "person"))
    low, high = cover(story.heights, *seen, s.own, step=story.step)
    places = apart([value for *_, value in names], 0.06 * (high - low), low, high)
    beside = [1.0] + [float(at[i, -1])] * (len(names) - 1)
    marks += [
        Label(x + 0.06, y, text, role)
        for (text, role, _), x, y in zip(names, beside, places, strict=True)
    ]
    return Panel(
        f"Each {story.people[0]}: {story.plain} and {story.special}"
        if within
        else f"Each {story.people[0]}: {story.plain} or {story.special}",
        Axis(f"{story.plain} left, {story.special} right", (-0.2, 1.8), ticked=False),
        Axis(story.what, (low, high), story.unit),
        tuple(marks),
        aspect=1.5,
    )


def _of_people(x: Floats, y: Floats, role: str, ids: tuple[str, ...] = ()) -> Mark:
    """Draw lines of people, or points where there is one place each."""
    if x.shape[1] > 1:
        return Line(x, y, role, ids, dashed=role == "truth")
    return Points(x[:, 0], y[:, 0], role, ids, bold=role == "truth")


def _alike(s: Scene) -> Panel:
    """Show how six rows of one condition correlate: three items of each of two people."""
    person, item = np.repeat([0, 1], 3), np.tile(np.arange(3), 2)
    shared = (person[:, None] == person, item[:, None] == item)
    story, which = s.story, [0, 2, 3]  # people, items and noise; one condition has no slopes
    return alike(
        correlations(s.sds[which], shared),
        None if s.said is None else correlations(s.found[which], shared),
        label=f"3 {story.items[1]} with each of 2 {story.people[1]}",
        title="Which rows are alike: fit above, truth below",
    )


def _spreads(s: Scene) -> Panel:
    names = (s.story.people[1], "effects", s.story.items[1], "noise")
    sources = [
        (name, role, float(true), float(found))
        for name, role, true, found in zip(names, ROLES, s.sds, s.found, strict=True)
        if np.isfinite(true)
    ]
    return spreads(sources, top=s.story.spread, unit=s.story.unit, digits=s.story.digits)


def _intervals(s: Scene) -> Panel:
    names = ("average", s.story.effect)
    return beside_truth(s.said, names, s.asked, s.story.far, s.story.unit)
