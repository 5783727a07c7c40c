"""The picture of the shrinkage lab: lines over time, arrows, weights, and what pulling does."""

from __future__ import annotations

import numpy as np

from lmmlab.labs import _panels
from lmmlab.labs._lines import last_day, over_time
from lmmlab.labs._plane import plane
from lmmlab.labs.shrinkage.scene import CURVE_VISITS, Scene, spread_of
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Panel, Picture


def picture(s: Scene) -> Picture:
    """Draw the scene: people over time, arrows from own to pulled lines, weights, spreads."""
    panels = (_over_time(s), _plane(s), _weight(s), _spread(s))
    return Picture(panels if s.again is None else (*panels, _again(s)), chosen=s.who)


def _over_time(s: Scene) -> Panel:
    i, truth, mixed = s.index, s.people.truth, s.controls.pooling == "partial"
    mine = s.people.codes == i
    end = last_day(int(s.people.visits.max()) - 1)
    names = [("average", s.average, "population", end, 1)]
    if mixed:
        last = s.visits - 1
        below = -1 if (s.line[i] - s.own[i]) @ [1.0, last] > 0.0 else 1
        names.append((f"{s.who}: own line", s.own[i], "person", last, below))
        names.append((f"{s.who}: pulled line", s.line[i], "person", end, -below))
    if truth is not None:
        names.append((f"{s.who}: truth", truth[i], "truth", end, 1))
        names.append(("true average", s.true_average, "truth", end // 2, -1))
    return over_time(
        levels=s.people.levels,
        time=Axis("day of the study", (-0.3, end + 0.3), whole=True),
        height=Axis("reaction time", (180.0, 480.0) if truth is None else (150.0, 550.0), "ms"),
        step=50.0,
        span=(0.0, float(end)),
        last=s.people.visits - 1,
        own=s.own,
        fitted=s.line if mixed else None,
        average=s.average,
        truth=None if truth is None else (s.true_average, truth[i]),
        visits=(s.people.day[mine], s.people.y[mine]),
        names=names,
    )


def _plane(s: Scene) -> Panel:
    i, truth = s.index, s.people.truth
    real = truth is None
    G = s.believed.G if s.controls.pooling == "partial" else None
    return plane(
        levels=s.people.levels,
        own=s.own,
        fitted=s.line,
        average=s.average,
        G=G,
        truth=None if truth is None else (s.true_average, s.told.G),
        true_person=None if truth is None else truth[i],
        measured=None if G is None else (s.average, G),
        chosen=(s.who, s.own[i] if np.isfinite(s.own[i]).all() else s.line[i]),
        start=Axis("start", (180.0, 320.0) if real else (140.0, 360.0), "ms"),
        change=Axis("change a day", (-8.0, 28.0) if real else (-20.0, 40.0), "ms"),
        steps=(40.0, 12.0),
        title="From own lines to the model's",
    )


def _weight(s: Scene) -> Panel:
    mixed = s.controls.pooling == "partial"
    return _panels.weight_by_visits(
        levels=s.people.levels,
        visits=s.people.visits.astype(float),
        weight=s.weight,
        curve_visits=CURVE_VISITS,
        curve=s.curve if mixed else None,
        true_curve=s.true_curve,
        chosen=(s.who, float(s.visits), float(s.weight[s.index, 1])),
    )


def _spread(s: Scene) -> Panel:
    """Compare the spread of changes among people, own lines and pulled lines."""
    name = "assumed: τ₁" if s.people.truth is None else "truth: τ₁"
    entries = [(name, "parameter:tau1", 0.0, s.told.tau1)]
    for name, role, line in (("own lines", "own", s.own), ("mixed model", "model", s.pulled)):
        sd = spread_of(line[:, 1])
        if sd is not None:
            entries.append((name, role, 0.0, sd))
    widest = max(sd for *_, sd in entries)
    x = cover((-15.0, 15.0), np.array([-widest, widest]), step=15.0)
    return _panels.rows(
        "Spread of daily changes", Axis("one sd to each side of the average", x, "ms"), entries
    )


def _again(s: Scene) -> Panel:
    """Show where estimates of the person in colour fall when only the noise is drawn anew."""
    assert s.again is not None
    own_sd, bias, sd = s.again
    reach = max(own_sd, abs(bias) + sd)
    x = cover((-40.0, 40.0), np.array([-reach, reach]), step=40.0)
    return _panels.rows(
        f"{s.name}, studied again and again",
        Axis("error of the level (one sd; true τ and σ known)", x, "ms"),
        (("own visits alone", "own", 0.0, own_sd), ("mixed model", "model", bias, sd)),
        zero="truth",
    )
