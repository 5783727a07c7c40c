"""The picture of the averaging lab: trials and averages, what is reported, weights, costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lmmlab.labs import _panels
from lmmlab.labs._numbers import decimal
from lmmlab.labs.averaging.scene import Scene
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Label, Line, Mark, Panel, Picture, Points

MIXED, MEANS, TRIALS = "model", "parameter:between", "own"
_KEPT = 7  # trials of a person that are drawn


def picture(s: Scene) -> Picture:
    """Draw the scene: one half of it depends on whether tones differ."""
    panels: tuple[Panel, ...]
    if s.study.loud is None:
        panels = (_people(s), _reported(s), _weights(s), _costs(s))
    else:
        panels = (_loudness(s), _reported(s), _averages(s))
    return Picture(panels, chosen=s.who)


def _people(s: Scene) -> Panel:
    """Show trials and average of each person, and the averages of the two groups."""
    at, k = s.study.layout, s.controls.people
    kept = at.number < _KEPT
    mine = kept & (at.codes == s.index)
    place = np.arange(1.0, 2 * k + 1.0)
    marks: list[Mark] = [
        Points(place[at.codes[kept]], s.study.y[kept], TRIALS),
        Points(place[at.codes[mine]], s.study.y[mine], "person"),
        Points(place, s.own, MEANS, at.levels),
    ]
    for first in (0, k):
        across = place[[first, first + k - 1]][None] + [[-0.3, 0.3]]
        here = 1.0 if first else 0.0
        mixed, means = (answer.beta[0] + here * answer.beta[1] for answer in (s.mixed, s.means))
        marks += [
            Line(across, np.full((1, 2), mixed), MIXED, bold=True),
            Line(across, np.full((1, 2), means), MEANS, dashed=True),
        ]
    low, high = cover((-10.0, 25.0), s.study.y[kept], s.own, step=5.0)
    top = high - 0.05 * (high - low)
    marks += [
        Label((k + 1.0) / 2, top, "controls", "", "middle"),
        Label((3.0 * k + 1.0) / 2, top, "patients", "", "middle"),
    ]
    return Panel(
        "Some trials, and averages",
        Axis(f"{2 * k} people", (0.0, 2.0 * k + 1.0), ticked=False),
        Axis("wave after a tone", (low, high), "µV"),
        tuple(marks),
        weight=1.3,
    )


def _reported(s: Scene) -> Panel:
    """Show estimate and standard error of both analyses beside the truth."""
    c, k = s.controls, s.asked
    name, truth, window, step = (
        ("patients less controls, one std. error each way", c.difference, (-6.0, 2.0), 2.0)
        if k == 1
        else ("slope, one std. error each way", c.louder, (-4.0, 4.0), 2.0)
    )
    entries = [
        ("mixed model, all trials", MIXED, s.mixed.beta[k], s.mixed.se[k]),
        ("t test on averages" if k == 1 else "averages", MEANS, s.means.beta[k], s.means.se[k]),
    ]
    ends = np.array([b + sign * se for *_, b, se in entries for sign in (-1.0, 1.0)])
    x = cover(window, ends, np.array([truth]), step=step)
    unit = "µV" if k == 1 else "µV per step"
    panel = _panels.rows("What is reported", Axis(name, x, unit), entries)
    low, high = panel.y.limits
    right = truth < sum(x) / 2
    upright = np.full((1, 2), truth)
    marks: list[Mark] = [Line(upright, np.array([[low, high]]), "truth", dashed=True)]
    aside = 0.015 * (x[1] - x[0])
    marks.append(
        Label(truth + (aside if right else -aside), low + 0.12, "truth", "truth",
              "start" if right else "end")
    )  # fmt: skip
    for row, (_, role, value, se) in enumerate(entries):
        text = f"{decimal(value, 2, signed=True)} ± {decimal(se, 2)}"
        marks.append(Label(x[1], len(entries) - row + 0.18, text, role, "end"))
    return replace(panel, marks=(*panel.marks, *marks), aspect=1.5)


def _weights(s: Scene) -> Panel:
    """Show what a person counts for, by the number of trials: three ways to weigh."""
    each = s.study.layout.sizes.astype(float)
    usual, most = each.mean(), 2.4
    end = next(end for end in (40.0, 120.0, 200.0) if each.max() <= end)
    n = np.linspace(1.0, end, 60)
    curves = [s.weights(n, true=True), s.weights(n)]
    true, told = (np.where(curve <= most, curve, np.nan) for curve in curves)
    last = int(np.flatnonzero(np.isfinite(told))[-1])
    rows = np.array([[0.0, min(end, usual * most)]])
    gap = 0.14 if told[last] >= 1.0 else -0.14
    marks: list[Mark] = [
        Line(rows, rows / usual, TRIALS, dashed=True),
        Line(np.array([[0.0, end]]), np.ones((1, 2)), MEANS, bold=True),
        Line(n[None], true[None], "truth", dashed=True),
        Line(n[None], told[None], MIXED, bold=True),
        Points(each, s.weights(each), MIXED, s.study.layout.levels),
        Label(n[last], min(told[last] + gap, most - 0.1), "mixed model", MIXED, "end"),
        Label(end, 1.0 - gap, "averages", MEANS, "end"),
        Label(rows[0, 1] / 2, rows[0, 1] / usual / 2 + 0.1, "trials ", TRIALS, "end"),
    ]
    return Panel(
        "What one person counts for",
        Axis("trials of that person", (0.0, end), whole=True),
        Axis("weight, 1 is average", (0.0, most)),
        tuple(marks),
        aspect=1.5,
    )


def _costs(s: Scene) -> Panel:
    """Show what other weights cost when numbers of trials get more unequal."""
    n, high = s.controls.trials, 4.0
    unequal = 100.0 * (1.0 - np.arange(1.0, n + 1.0) / n)
    curve, now = (np.where(v <= high, v, np.nan) for v in (s.curve, s.costs))
    here = 100.0 * (1.0 - s.study.layout.sizes[:1] / n)
    upper = min(float(s.curve[0].max()) + 0.25, high - 0.15)
    rows, people = (0.75, upper) if s.curve[0, 1] > s.curve[0, 0] else (upper, 0.75)
    marks: list[Mark] = [
        Line(unequal[None], curve[None, :, 0], TRIALS, dashed=True),
        Line(unequal[None], curve[None, :, 1], MEANS, bold=True),
        Points(here, now[:1], TRIALS, bold=True),
        Points(here, now[1:], MEANS, bold=True),
        Label(2.0, rows, "every trial the same", TRIALS),
        Label(100.0, people, "averages", MEANS, "end"),
    ]
    return Panel(
        "Variance, over the smallest possible",
        Axis("how unequal the numbers are", (0.0, 101.0), "%"),
        Axis("times", (0.5, high)),
        tuple(marks),
        aspect=1.5,
    )


def _loudness(s: Scene) -> Panel:
    """Show trials over loudness, with the mixed model's slope within each person."""
    at, loud, y = s.study.layout, s.study.loud, s.study.y
    assert loud is not None
    kept = at.number < _KEPT
    mine = kept & (at.codes == s.index)
    x, own = s.study.averages(loud), s.own
    reach = np.array([-1.0, 1.0])
    lines = x[:, None] + reach, own[:, None] + s.mixed.beta[2] * reach
    marks: list[Mark] = [
        Points(loud[kept], y[kept], TRIALS),
        Line(*lines, "parameter:within", at.levels),
        Points(loud[mine], y[mine], "person"),
        Points(x, own, MEANS, at.levels),
    ]
    across = cover((-3.0, 3.0), loud[kept], lines[0], step=1.0)
    upward = cover((-10.0, 25.0), y[kept], lines[1], step=5.0)
    return Panel(
        "Trials, louder and softer",
        Axis("loudness of the tone", across, "steps"),
        Axis("wave after a tone", upward, "µV"),
        tuple(marks),
        weight=1.3,
    )


def _averages(s: Scene) -> Panel:
    """Show what is left of loudness when each person's trials are averaged."""
    at, loud = s.study.layout, s.study.loud
    assert loud is not None
    x, y = s.study.averages(loud), s.own - s.means.beta[1] * s.study.layout.patient
    ends = np.array([[x.min(), x.max()]])
    line = s.means.beta[0] + s.means.beta[2] * ends
    across = cover((-1.0, 1.0), x, step=0.5)
    upward = cover((0.0, 20.0), y, line, step=5.0)
    return Panel(
        "Averages alone",
        Axis("own average of loudness", across, "steps"),
        Axis("own average, groups aligned", upward, "µV"),
        (Points(x, y, MEANS, at.levels), Line(ends, line, MEANS, bold=True)),
        aspect=1.5,
    )
