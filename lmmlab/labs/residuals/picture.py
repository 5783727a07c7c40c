"""The picture of the residuals lab: one person's visits, who is alike, noise, and errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs._effects import beside_truth
from lmmlab.labs._lines import over_time
from lmmlab.labs._shares import alike
from lmmlab.labs.residuals.scene import Scene, by_lag
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Label, Line, Mark, Panel, Picture, Points


def picture(s: Scene) -> Picture:
    """Draw the scene: people over time, correlations twice, noise visit by visit, intervals."""
    panels = (_over_time(s), _alike(s), _by_lag(s), _noise(s), _intervals(s))
    return Picture(panels, chosen=s.who)


def _over_time(s: Scene) -> Panel:
    """Show the fitted line of each person, and the visits of the one in colour."""
    i, end = s.index, float(s.times[-1])
    fitted = np.column_stack([s.beta[0] + s.levels, np.full(len(s.levels), s.beta[1])])
    truth = s.average + np.array([s.own[i], 0.0])
    middle = np.array([1.0, 0.5 * end])
    above = 1 if float((truth - fitted[i]) @ middle) > 0.0 else -1
    panel = over_time(
        levels=tuple(str(j + 1) for j in range(len(s.levels))),
        average=s.beta,
        time=Axis(s.story.time, (-0.025 * end, 1.025 * end), whole=True),
        height=Axis(s.story.what, s.story.heights, s.story.unit),
        step=s.story.step,
        span=(0.0, end),
        fitted=fitted,
        truth=(s.average, truth),
        visits=(s.times, s.y[i]),
        names=[
            (f"{s.who}: fitted", fitted[i], "person", 0.0, -above),
            (f"{s.who}: truth", truth, "truth", end, above),
        ],
        title="Each person's line, and the visits of one",
    )
    path = Line(s.times[None], s.y[i : i + 1], "person", dashed=True)
    return replace(panel, marks=(*panel.marks, path))


def _alike(s: Scene) -> Panel:
    edges: Floats = np.append(s.times, s.times[-1] + 1.0) - 0.5
    return alike(
        s.corr,
        s.fitted,
        label=s.story.time,
        title="Which visits are alike: fit above, truth below",
        edges=edges,
        ticked=True,
        lowest=-1.0 if s.controls.phi < 0.0 else 0.0,
    )


def _by_lag(s: Scene) -> Panel:
    """Show how correlation fades with the distance of visits."""
    lag = s.times[1:]
    curves = [by_lag(corr) for corr in (s.corr, s.fitted, s.sample)]
    low, high = cover((-0.2, 1.0), *curves, step=0.2)
    marks: list[Mark] = [
        Line(np.array([[0.5, lag[-1] + 0.5]]), np.zeros((1, 2)), "guide", dashed=True),
        Points(lag, curves[2], "own"),
        Line(lag[None], curves[1][None], "model"),
        Line(lag[None], curves[0][None], "truth", bold=True),
    ]
    far = np.concatenate([curve[len(lag) // 2 :] for curve in curves])
    top = high if high - far.max() > far.min() - low else low + 0.26 * (high - low)  # where free
    for k, (name, role) in enumerate((("truth", "truth"), ("fit", "model"), ("these data", "own"))):
        y = top - (0.04 + 0.09 * k) * (high - low)
        marks.append(Label(float(lag[-1]) + 0.4, y, name, role, "end"))
    return Panel(
        "How correlation fades",
        Axis(f"{s.story.time}s apart", (0.5, float(lag[-1]) + 0.5), whole=True),
        Axis("correlation of two visits", (low, high)),
        tuple(marks),
        aspect=1.6,
    )


def _noise(s: Scene) -> Panel:
    """Show the sd of the residuals, visit by visit."""
    rest = s.y - s.average[0] - s.average[1] * s.times - s.own[:, None]
    counted = np.sqrt((rest**2).mean(0))
    high = cover((0.0, s.story.spread), s.true.sds, s.found.sds, counted, step=s.story.spread)[1]
    end = float(s.times[-1])
    marks: tuple[Mark, ...] = (
        Points(s.times, counted, "own"),
        Line(s.times[None], s.found.sds[None], "model"),
        Line(s.times[None], s.true.sds[None], "truth", bold=True),
    )
    return Panel(
        "Noise, visit by visit",
        Axis(s.story.time, (-0.025 * end, 1.025 * end), whole=True),
        Axis("SD of residuals", (0.0, high), s.story.unit),
        marks,
        aspect=1.6,
    )


def _intervals(s: Scene) -> Panel:
    names = ("level in the middle", "change in all")
    return beside_truth(s.said, names, s.asked, s.story.far, s.story.unit)
