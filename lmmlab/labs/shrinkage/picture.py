"""The picture of the shrinkage lab: lines over time, arrows, weights, and a check."""

from __future__ import annotations

import numpy as np

from lmmlab.labs import _panels
from lmmlab.labs.shrinkage.scene import CURVE_VISITS, Scene, spread_of
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Panel, Picture

_LAST_DAY = 9


def picture(s: Scene) -> Picture:
    """Draw the scene: people over time, the plane of start and change, the weights, and a check."""
    i, c, truth = s.index, s.controls, s.people.truth
    mine = s.people.codes == i
    levels = s.people.levels
    true_average = None if truth is None else np.array([c.beta0, c.beta1])
    end = max(_LAST_DAY, int(s.people.visits.max()) - 1)
    named = [("average", s.average, "population", end, 1)]
    if c.pooling == "partial":
        last = s.visits - 1
        below = -1 if (s.line[i] - s.own[i]) @ [1.0, last] > 0.0 else 1
        named.append((f"{s.who}: own line", s.own[i], "person", last, below))
        named.append((f"{s.who}: pulled line", s.line[i], "person", end, -below))
    over_time = _panels.over_time(
        levels=levels,
        last=s.people.visits - 1,
        own=s.own,
        fitted=s.line,
        average=s.average,
        truth=true_average,
        visits=(s.people.day[mine], s.people.y[mine]),
        end=end,
        names=named,
    )
    plane = _panels.plane(
        levels=levels,
        own=s.own,
        fitted=s.line,
        average=s.average,
        G=s.believed.G,
        truth=None if truth is None else (true_average, s.told.G, truth[i]),
        chosen=(s.who, np.where(np.isfinite(s.own[i]), s.own[i], s.line[i])),
    )
    weight = _panels.weight_by_visits(
        levels=levels,
        visits=s.people.visits.astype(float),
        weight=s.weight,
        curve_visits=CURVE_VISITS,
        curve=s.curve,
        true_curve=s.true_curve,
        chosen=(s.who, np.array([s.visits, s.weight[i, 1]])),
    )
    return Picture((over_time, plane, weight, _check(s)), chosen=s.who)


def _check(s: Scene) -> Panel:
    """Show what pulling does: to the spread of changes, or to one person studied again."""
    if s.again is not None:
        a = s.again
        x = cover((-30.0, 30.0), np.array([a.own_sd, a.sd + a.bias, a.bias - a.sd]), step=15.0)
        return _panels.rows(
            f"{s.name}, studied again and again",
            Axis("error of the level", (min(x[0], -x[1]), max(x[1], -x[0])), "ms"),
            (
                ("own visits alone", "own", 0.0, a.own_sd),
                ("mixed model", "model", a.bias, a.sd),
            ),
            zero=0.0,
        )
    mean = float(s.average[1])
    entries = [("assumed: τ₁", "parameter:tau1", mean, s.believed.tau1)]
    for name, role, line in (("own lines", "own", s.own), ("mixed model", "model", s.pulled)):
        sd = spread_of(line[:, 1])
        if sd is not None:
            entries.append((name, role, mean, sd))
    reach = np.array([[mean - sd, mean + sd] for *_, sd in entries])
    x = cover((0.0, 20.0), reach, step=5.0)
    return _panels.rows("Spread of daily changes", Axis("change a day", x, "ms"), entries, None)
