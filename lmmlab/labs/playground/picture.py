"""The picture of the playground: six views of one truth and one fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs import _panels
from lmmlab.labs._lines import over_time, sd_over_time
from lmmlab.labs._numbers import decimal
from lmmlab.labs._plane import plane
from lmmlab.labs.playground.scene import Scene
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Heatmap, Label, Mark, Panel, Picture, Segments


def picture(s: Scene) -> Picture:
    """Draw the scene."""
    panels = (_over_time(s), _plane(s), _sd(s), _correlations(s), _weight(s), _intervals(s))
    return Picture(panels, chosen=s.who)


def _time(s: Scene) -> Axis:
    story = s.story
    end = cover((0.0, story.last), s.people.day, np.array([s.end]), step=story.last / 2.0)[1]
    return Axis(story.time, (-0.025 * end, 1.025 * end), whole=True)


def _over_time(s: Scene) -> Panel:
    """Show own lines, the lines of the model, the truth of the average and of the one in colour."""
    i, story = s.index, s.story
    back = np.array([[1.0, 0.0], [-s.controls.origin, 1.0]])  # from the origin to time 0
    own, true, average = s.own @ back, s.lines[i] @ back, s.average @ back
    mine = s.people.codes == i
    last = np.zeros(len(s.people.levels))
    np.maximum.at(last, s.people.codes, s.people.day)
    names, fitted, mean, middle = [], None, np.full(2, np.nan), 0.5 * s.end
    above = 1 if (true - average) @ [1.0, middle] > 0.0 else -1
    if s.model is not None:
        fitted, mean = s.model.lines @ back, s.model.beta @ back
        above = 1 if (true - fitted[i]) @ [1.0, middle] > 0.0 else -1
        below = 1 if (fitted[i] - own[i]) @ [1.0, last[i]] > 0.0 else -1
        names += [
            ("average", mean, "population", s.end, 1),
            (f"{s.who}: own line", own[i], "person", float(last[i]), -below),
            (f"{s.who}: fitted", fitted[i], "person", 0.0, -above),
        ]
    names.append((f"{s.who}: truth", true, "truth", middle, above))
    return over_time(
        levels=s.people.levels,
        average=mean,
        time=_time(s),
        height=Axis(story.what, story.heights, story.unit),
        step=story.steps[0],
        span=(0.0, s.end),
        own=own,
        last=last,
        fitted=fitted,
        truth=(average, true),
        visits=(s.people.day[mine], s.people.y[mine]),
        names=names,
        title=f"Each {story.one}, {story.row} by {story.row}",
    )


def _plane(s: Scene) -> Panel:
    """Show each person as a point of level and change, fitted and in truth, and both ellipses."""
    story, model, true, at = s.story, s.model, s.lines[s.index], s.controls.origin
    level = "start" if at == 0.0 else f"level at {story.time} {at:g}"
    return plane(
        levels=s.people.levels,
        average=s.average if model is None else model.beta,
        start=Axis(level, story.heights, story.unit),
        change=Axis(f"change a {story.time}", story.changes, story.unit),
        steps=story.steps,
        fitted=None if model is None else model.lines,
        true=s.lines,
        G=None if model is None else model.G,
        truth=(s.average, s.true.G),
        true_person=None if model is None else true,
        measured=None if model is None else (model.beta, model.G),
        chosen=(s.who, true if model is None else model.lines[s.index]),
        title=f"{level.capitalize()} and change of each {story.one}",
    )


def _sd(s: Scene) -> Panel:
    """Show how far people are apart, also after the study."""
    end = s.end
    panel = sd_over_time(
        times=s.at.times,
        true=s.true.sd,
        estimated=None if s.fitted is None else s.fitted.sd,
        turning=s.turning,
        time=Axis(s.story.time, (-0.05 * end, 2.05 * end), whole=True),
        top=s.story.spread,
        unit=s.story.unit,
        digits=s.story.digits,
    )
    high = panel.y.limits[1]
    at, foot, top = np.array([end]), np.zeros(1), np.array([high])
    last = Segments(at, foot, at, top, "guide", dashed=True)
    said = Label(1.02 * end, 0.05 * high, "the study is over", "guide")
    return replace(panel, marks=(last, *panel.marks, said))


def _correlations(s: Scene) -> Panel:
    """Show how rows of one person correlate: the fit above the diagonal, the truth below."""
    at = s.at.occasions
    half = 0.5 * (at[1] - at[0] if len(at) > 1 else s.controls.gap)
    edges: Floats = np.append(at - half, at[-1] + half)
    above = np.triu(np.ones((len(at), len(at)), dtype=bool), 1).T  # rows of cells go upwards
    marks: list[Mark] = []
    for told, kept, role in ((s.true, above.T, "truth"), (s.fitted, above, "model")):
        if told is not None:
            shown = np.where(kept, told.corr, np.nan)
            marks.append(Heatmap(edges, edges, shown, role, (0.0, 1.0)))
    axis = Axis(s.story.time, (float(edges[0]), float(edges[-1])), whole=True)
    title = "How rows correlate: fit above, truth below"
    return Panel(title, axis, axis, tuple(marks), aspect=1.6)


def _weight(s: Scene) -> Panel:
    n = s.people.visits.astype(float)
    weight = s.true.weight if s.fitted is None else s.fitted.weight
    return _panels.weight_by_visits(
        levels=s.people.levels,
        visits=n,
        weight=weight,
        curve_visits=s.at.rows,
        curve=None if s.fitted is None else s.fitted.curve,
        true_curve=s.true.curve,
        chosen=(s.who, float(n[s.index]), float(weight[s.index, 0])),
        change=f"change a {s.story.time}",
        across=f"{s.story.row}s of that {s.story.one}",
        title=f"What own {s.story.row}s are worth",
    )


def _intervals(s: Scene) -> Panel:
    """Show estimates and intervals beside the truth, which is 0."""
    entries, title = [], "95\xa0% intervals beside the truth"
    reach = np.zeros(1)
    if s.model is not None and np.isfinite(s.best).all() and (s.best > 0.0).all():
        lower, upper = ((ends - s.asked) / s.best for ends in s.model.interval.T)
        centre, half = (lower + upper) / 2.0, (upper - lower) / 2.0
        beta = s.answers(s.model.beta)
        centre = np.where(np.isfinite(centre), centre, (beta - s.asked) / s.best)
        reach = np.concatenate([centre, lower, upper])
        digits = (2, s.story.fine, 2)
        for k, (name, at, away) in enumerate(zip(_names(s), centre, half, strict=True)):
            found, true = (decimal(values[k], digits[k]) for values in (beta, s.asked))
            known = away if np.isfinite(away) else 0.0
            entries.append((f"{name}: {found}, truth {true}", "model", at, known))
    x = cover((-5.0, 5.0), reach, step=5.0)
    axis = Axis("distance from the truth, in best standard errors", x)
    return _panels.rows(title, axis, entries, zero="truth")


def _names(s: Scene) -> tuple[str, str, str]:
    time, origin = s.story.time, s.controls.origin
    return (f"level at {time} {origin:g}", f"change a {time}", f"level at {time} {s.end:g}")
