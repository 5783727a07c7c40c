"""The picture of the playground: six views of one truth and one fit."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs import _panels
from lmmlab.labs._numbers import decimal
from lmmlab.labs.playground.scene import Scene
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Heatmap, Label, Mark, Panel, Picture


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
    own, true, average = s.own @ back, s.true_lines[i] @ back, s.average @ back
    mine = s.people.codes == i
    last = np.zeros(len(s.people.levels))
    np.maximum.at(last, s.people.codes, s.people.day)
    names = [("truth", true, "truth", s.end, 1 if (true - average) @ [1.0, s.end] > 0.0 else -1)]
    fitted, mean = None, np.full(2, np.nan)
    if s.model is not None:
        fitted, mean = s.model.lines @ back, s.model.beta @ back
        above = 1 if (fitted[i] - own[i]) @ [1.0, last[i]] > 0.0 else -1
        names += [
            ("average", mean, "population", s.end, 1),
            (f"{s.who}: own line", own[i], "person", float(last[i]), -above),
            (f"{s.who}: fitted", fitted[i], "person", 0.0, above),
        ]
    return _panels.over_time(
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
        title=f"Each {story.one} over time",
    )


def _plane(s: Scene) -> Panel:
    """Show each person as a point of level and change, own and fitted, and both ellipses."""
    story, model, i = s.story, s.model, s.index
    at = s.controls.origin
    fitted = None if model is None else model.lines
    place = s.own[i] if fitted is None or np.isfinite(s.own[i]).all() else fitted[i]
    return _panels.plane(
        levels=s.people.levels,
        average=s.average if model is None else model.beta,
        start=Axis(
            "start" if at == 0.0 else f"level at {story.time} {at:g}", story.heights, story.unit
        ),
        change=Axis(f"change a {story.time}", story.changes, story.unit),
        steps=story.steps,
        own=s.own,
        fitted=fitted,
        G=None if model is None else model.G,
        truth=(s.average, s.G),
        true_person=s.true_lines[i],
        chosen=(s.who, place),
        title=f"Start and change of each {story.one}",
    )


def _sd(s: Scene) -> Panel:
    return _panels.sd_over_time(
        times=s.times,
        true=s.sd,
        estimated=s.sd_fitted,
        turning=s.turning,
        time=_time(s),
        top=s.story.spread,
        unit=s.story.unit,
        digits=s.story.digits,
    )


def _correlations(s: Scene) -> Panel:
    """Show how rows of one person correlate: the fit above the diagonal, the truth below."""
    at = s.occasions
    half = 0.5 * (at[1] - at[0] if len(at) > 1 else s.controls.gap)
    edges: Floats = np.append(at - half, at[-1] + half)
    above = np.triu(np.ones((len(at), len(at)), dtype=bool), 1).T  # rows of cells go upwards
    marks: list[Mark] = []
    for values, kept, role in ((s.corr, above.T, "truth"), (s.corr_fitted, above, "model")):
        if values is not None:
            shown = np.where(kept, values, np.nan)
            marks.append(Heatmap(edges, edges, shown, role, (0.0, 1.0)))
    axis = Axis(s.story.time, (float(edges[0]), float(edges[-1])), whole=True)
    title = "How rows correlate: fit above, truth below"
    return Panel(title, axis, axis, tuple(marks), aspect=1.25)


def _weight(s: Scene) -> Panel:
    n = s.people.visits.astype(float)
    return _panels.weight_by_visits(
        levels=s.people.levels,
        visits=n,
        weight=s.weight,
        curve_visits=s.curve_rows,
        curve=s.curve_fitted,
        true_curve=s.curve,
        chosen=(s.who, float(n[s.index]), float(s.weight[s.index, 0])),
        change=f"change a {s.story.time}",
        across=f"{s.story.row}s of that {s.story.one}",
    )


def _intervals(s: Scene) -> Panel:
    """Show estimates and intervals beside the truth, which is 0."""
    entries, title = [], "95 % intervals beside the truth"
    reach = np.zeros(1)
    if s.model is not None and np.isfinite(s.best).all() and (s.best > 0.0).all():
        lower, upper = ((ends - s.asked) / s.best for ends in s.model.interval.T)
        centre, half = (lower + upper) / 2.0, (upper - lower) / 2.0
        beta = s.answers(s.model.beta)
        centre = np.where(np.isfinite(centre), centre, (beta - s.asked) / s.best)
        reach = np.concatenate([centre, lower, upper])
        for name, at, away, value in zip(_names(s), centre, half, beta, strict=True):
            known = np.isfinite(away)
            entries.append((f"{name}: {value_of(s, value)}", "model", at, away if known else 0.0))
    x = cover((-5.0, 5.0), reach, step=5.0)
    axis = Axis("away from the truth, in standard errors at best", x)
    panel = _panels.rows(title, axis, entries, zero="truth")
    return panel if entries else Panel(title, axis, panel.y, (Label(0.0, 0.5, "", "guide"),))


def _names(s: Scene) -> tuple[str, str, str]:
    time, origin = s.story.time, s.controls.origin
    return (f"level at {time} {origin:g}", f"change a {time}", f"level at {time} {s.end:g}")


def value_of(s: Scene, value: float) -> str:
    """Write an estimate with the digits that its story needs."""
    return decimal(value, 3 if s.story.spread < 2.0 else 2)
