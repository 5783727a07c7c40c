"""The picture of the nesting lab: groups within groups, who is alike, spreads, and errors."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs._effects import beside_truth
from lmmlab.labs._shares import alike, correlations, spreads
from lmmlab.labs.nesting.scene import Scene
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Label, Line, Mark, Panel, Picture, Points, Segments

_STRIPS = 60  # groups that are drawn at most, whole largest groups of them
_DOTS = 10  # rows of a group that are drawn at most


def picture(s: Scene) -> Picture:
    """Draw the scene: the groups, correlations, spreads, and intervals beside the truth."""
    return Picture((_groups(s), _alike(s), _spreads(s), _intervals(s)), chosen=s.who)


def _groups(s: Scene) -> Panel:
    """Show the groups side by side: own means, and where the fit pulls them."""
    c, story, at = s.controls, s.story, s.layout
    (one, many), (_, groups), (_, rows) = story.names
    kept = np.arange(min(c.top, max(2, _STRIPS // c.middle)))
    if s.index not in kept:
        kept[-1] = s.index
    shown = np.flatnonzero(np.isin(at.parent, kept))
    place = np.searchsorted(kept, at.parent[shown])
    x: Floats = np.arange(len(shown)) + 1.0 * place
    ids = tuple(str(j + 1) for j in at.parent[shown])
    mine = at.parent[shown] == s.index
    dots = s.y.reshape(-1, c.rows)[shown[mine], :_DOTS]
    left = np.array([x[place == k].min() - 0.4 for k in range(len(kept))])
    right = np.array([x[place == k].max() + 0.4 for k in range(len(kept))])
    names = tuple(str(j + 1) for j in kept)
    true = s.tops[kept]
    marks: list[Mark] = []
    if s.said is not None:
        whole = np.array([[left[0], right[-1]]])
        marks.append(Line(whole, np.full((1, 2), s.said.estimate[0]), "population", bold=True))
    marks.append(Segments(left, true, right, true, "truth", dashed=True))
    if s.level is not None:
        marks.append(Segments(left, s.level[kept], right, s.level[kept], "model", names))
    marks.append(Points(np.repeat(x[mine], dots.shape[1]), dots.ravel(), "person"))
    if s.fitted is None:
        marks.append(Points(x, s.own[shown], "own", ids))
    else:
        marks += [
            Points(x, s.own[shown], "own"),
            Segments(x, s.own[shown], x, s.fitted[shown], "model", ids, arrow=True),
        ]
    low, high = cover(story.heights, s.own, dots, s.tops, step=story.step)
    end = float(left[kept == s.index][0]), float(right[kept == s.index][0])
    further = end[1] > 0.6 * right[-1]
    said = Label(
        end[0] - 0.3 if further else end[1] + 0.3,
        high - 0.05 * (high - low),
        f"{one} {s.who}",
        "person",
        "end" if further else "start",
    )
    part = f"{c.top}" if len(kept) == c.top else f"{len(kept)} of {c.top}"
    return Panel(
        f"{groups.capitalize()}, {one} by {one}: own means, pulled by the fit",
        Axis(
            f"{part} {many}, with {c.middle} {groups} each, {c.rows} {rows} in each",
            (float(left[0]) - 0.4, float(right[-1]) + 0.4),
            ticked=False,
        ),
        Axis(story.what, (low, high), story.unit),
        (*marks, said),
        weight=1.5,
        aspect=1.9,
    )


def _alike(s: Scene) -> Panel:
    """Show how twelve rows correlate: three in each of two groups in two largest groups."""
    top, middle = np.repeat([0, 1], 6), np.repeat(np.arange(4), 3)
    shared = (top[:, None] == top, middle[:, None] == middle)
    (_, many), (_, groups), (_, rows) = s.story.names
    return alike(
        correlations(s.sds, shared),
        None if s.said is None else correlations(s.found, shared),
        label=f"3 {rows} in each of 2 {groups} of 2 {many}",
        title=f"Which {rows} are alike: fit above, truth below",
    )


def _spreads(s: Scene) -> Panel:
    names = [many for _, many in s.story.names]
    roles = ("parameter:tau2", "parameter:tau0", "parameter:sigma")
    sources = [
        (name, role, float(true), float(found))
        for name, role, true, found in zip(names, roles, s.sds, s.found, strict=True)
    ]
    return spreads(sources, top=s.story.spread, unit=s.story.unit)


def _intervals(s: Scene) -> Panel:
    names = ("average", "effect of the treatment")
    return beside_truth(s.said, names, s.asked, s.story.effect, s.story.unit)
