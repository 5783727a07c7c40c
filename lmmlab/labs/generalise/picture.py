"""The picture of the generalise lab: one study, the pile of all, and how wide such piles are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.design import Floats
from lmmlab.labs import _panels
from lmmlab.labs._numbers import corr, decimal, percent
from lmmlab.labs.generalise.scene import SHOWN, TRIALS, Scene, Spread
from lmmlab.picture.axis import apart, cover
from lmmlab.picture.marks import Axis, Label, Line, Mark, Panel, Picture, Points, Segments
from lmmlab.study.simulate import visits

_IDS = tuple(str(k + 1) for k in range(SHOWN))
_MOST = 60  # people that are drawn one by one
_TALL = 30.0  # dots on top of each other, at the first look


def picture(s: Scene) -> Picture:
    """Draw the scene."""
    more = (_errors(s), _trials(s)) if s.controls.look == "average" else (_sizes(s),)
    return Picture((_pile(s), _one(s), *more), chosen=s.who)


def said(s: Scene, value: float) -> str:
    """Write what is looked at: a correlation, or a value with its unit."""
    if s.controls.look == "rho":
        return corr(value)
    return f"{decimal(value, 1)}\N{NO-BREAK SPACE}{s.story.unit}"


def _one(s: Scene) -> Panel:
    """Show the study in colour: own effects, true ones, and where the analysis puts them."""
    c, story, one = s.controls, s.story, s.one
    kept = slice(0, min(c.J, _MOST))
    own, pulled, true = (effects[kept] for effects in (one.own, one.pulled, one.true))
    x = np.arange(1.0, len(own) + 1.0)
    low, high, step = story.effects
    y = cover((low, high), own, pulled, true, step=step)
    last, gap = len(own) + 0.7, 0.06 * (y[1] - y[0])
    right = last + 0.5 * len(own)  # room for the names of lines
    across = np.array([[0.3, last]])
    marks: list[Mark] = [
        Line(across, np.full((1, 2), story.beta[1]), "truth", dashed=True),
        Line(across, np.full((1, 2), one.average), "population"),
        Points(x, true, "truth"),
    ]
    pulls = not np.array_equal(own, pulled)
    if pulls:
        marks.append(Segments(x, own, x, pulled, "model", arrow=True))
    marks.append(Points(x, own, "own"))
    if pulls:
        marks.append(Points(x, pulled, "model"))
    marks.append(Points(x[:1], own[:1], "person"))
    first = c.again == "same" or s.index == 0
    ends = own[0], pulled[0], true[0]
    sides = max(ends) + gap, min(ends) - gap  # on that side where no line is near
    lines = np.array([one.average, story.beta[1]])
    beside = max(sides, key=lambda at: float(np.abs(lines - at).min()))
    beside = float(np.clip(beside, y[0] + 0.5 * gap, y[1] - 0.5 * gap))
    places = apart([one.average, story.beta[1]], 1.3 * gap, *y)
    names = (
        (f"found: {decimal(one.average, 1)}", "population"),
        (f"all {story.many}: {decimal(story.beta[1], 1)}", "truth"),
    )
    aside = last + 0.02 * right
    marks.append(Label(0.6, beside, story.first if first else story.other, "person"))
    marks += [Label(aside, at, *name) for at, name in zip(places, names, strict=True)]
    many = f"{_MOST} of {c.J}" if c.J > _MOST else str(c.J)
    ours = "the same" if c.again == "same" else "our"
    who = f"{ours} {many} {story.many}" if first else f"{many} new {story.many}"
    told = "true (violet), own (grey)" + (", pulled (blue)" if pulls else "")
    return Panel(
        f"Study {s.who}: {who}",
        Axis(told, (0.3, right), ticked=False),
        Axis(story.effect, y, story.unit),
        tuple(marks),
        weight=1.3,
    )


def _pile(s: Scene) -> Panel:
    """Pile up the estimates of the first studies; those that go wrong stand out."""
    c, story = s.controls, s.story
    shown, bad = s.pile[:SHOWN], s.bad[:SHOWN]
    place, height = _stacked(shown, bad if c.look == "rho" else np.zeros_like(bad))
    if c.look == "rho":
        place = np.clip(place, -1.0, 1.0)
        x = (-1.08, 1.08)
    else:
        low, high, step = story.means if c.look == "average" else story.spreads
        known = [at for at in (s.everybody, s.target) if at is not None]
        x = cover((low, high), place, np.array(known), step=step)
        if c.look == "tau1":
            place = np.maximum(place, 0.0)
    top = cover((0.0, _TALL), height + 6.0, step=_TALL / 2.0)[1]
    marks: list[Mark] = []
    for which, role in ((~bad, "model"), (bad, "bad")):
        marks.append(Points(np.where(which, place, np.nan), height, role, _IDS))
    upright = np.array([[0.0, top - 0.13 * top]])
    lines: list[tuple[str, str, float]] = []
    if s.everybody is not None:
        lines.append(("truth", f"all {story.many}", s.everybody))
    if s.target is not None and c.again == "same":
        lines.append(("population", f"these {story.many}", s.target))
    wide = x[1] - x[0]
    left = len(lines) < 2 or lines[0][2] <= lines[1][2]
    for k, (role, name, at) in enumerate(lines):
        marks.append(Line(np.full((1, 2), at), upright, role, dashed=role == "truth", bold=k == 1))
        anchor = "end" if (left == (k == 0)) and len(lines) == 2 else "start"
        aside = -0.012 * wide if anchor == "end" else 0.012 * wide
        if anchor == "start" and at > x[1] - 0.3 * wide:
            anchor, aside = "end", -aside
        marks.append(Label(float(np.clip(at + aside, *x)), 0.91 * top, name, role, anchor))
    if c.look == "average":
        k = 0 if c.fit == "fixed" else 1
        missed = percent(1.0 - float(s.rates.coverage[k]))
        marks.append(Label(x[0] + 0.02 * wide, 0.97 * top, f"{missed} miss", "bad"))
    elif s.now is not None:
        share = percent(s.now.rate[0])
        marks.append(Label(x[0] + 0.02 * wide, 0.97 * top, f"{share} singular", "bad"))
    names = {"average": f"average {story.effect}", "tau1": "τ₁ estimated", "rho": "ρ estimated"}
    who = "new" if c.again == "new" else "the same"
    return Panel(
        f"The study rerun with {who} {story.many}",
        Axis(names[c.look], x, "" if c.look == "rho" else story.unit),
        Axis(f"{SHOWN} of 1,000 studies", (0.0, top), ticked=False),
        tuple(marks),
        weight=1.3,
    )


def _stacked(values: Floats, apart: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Give each value the middle of its column, and its height there; NaN stays out.

    Columns are a fifth of the sd wide, so that a pile keeps its shape while it widens. Values that
    stand `apart` keep a column of their own.
    """
    inside = np.isfinite(values) & ~apart
    place, height = np.array(values), np.full(len(values), np.nan)
    width = float(values[inside].std()) / 5.0 if inside.any() else 0.0
    if width > 0.0:
        middle = float(np.median(values[inside]))
        place[inside] = middle + width * np.round((values[inside] - middle) / width)
    there = np.isfinite(place)
    _, column = np.unique(np.round(place[there], 9), return_inverse=True)
    height[there] = visits(column) + 1.0
    return place, height


def _errors(s: Scene) -> Panel:
    """Show how far reruns are apart, and what two analyses believe."""
    c, story = s.controls, s.story
    who = "new" if c.again == "new" else "the same"
    reach = cover((0.0, story.error), np.array([s.honest]), s.rates.se, step=story.error)[1]
    entries = [
        (f"reruns with {who} {story.many}", "truth", s.honest),
        (f"{story.many} as fixed effects say", "own", float(s.rates.se[0])),
        (f"{story.many} as random effects say", "model", float(s.rates.se[1])),
    ]
    named = [
        (f"{name}: {decimal(sd, 1 if sd >= 0.95 else 2)}", role, 0.0, sd)
        for name, role, sd in entries
    ]
    axis = Axis("error of the average (one sd)", (-reach, reach), story.unit)
    return _panels.rows("How far from the target?", axis, named)


def _trials(s: Scene) -> Panel:
    """Show what more measurements of each one buy, with the same people and with new ones."""
    c, story = s.controls, s.story
    same, new = s.curves
    floor = float(np.sqrt(s.between))
    now = np.sqrt([s.within, s.within + s.between])
    top = cover((0.0, 2.0 * story.error), now, step=story.error)[1]
    marks: list[Mark] = [
        Line(np.array([[2.0, 100.0]]), np.full((1, 2), floor), "parameter:tau1", dashed=True)
    ]
    rows = (("new", new, "truth"), ("the same", same, "parameter:sigma"))
    foot = -0.06 * top
    beside = [new[-1] + 0.08 * top, floor - 0.07 * top, same[-1] - 0.09 * top]
    places = apart(beside, 0.075 * top, foot - 0.04 * top, top)
    for k, (name, curve, role) in enumerate(rows):
        inside = np.where(curve <= top, curve, np.nan)
        active = name.startswith(c.again) or name.endswith(c.again)
        marks += [
            Line(TRIALS[None], inside[None], role, bold=active),
            Points(np.array([float(c.n)]), now[1 - k : 2 - k], role, bold=True),
        ]
        marks.append(Label(100.0, places[2 * k], f"{name} {story.many}", role, "end"))
    if 0.12 * top < floor < top:
        text = f"τ₁/√J = {decimal(floor, 1 if floor >= 0.95 else 2)}"
        marks.append(Label(100.0, places[1], text, "parameter:tau1", "end"))
    return Panel(
        "What more measurements buy",
        Axis("measurements of each kind, n", (0.0, 102.0), whole=True),
        Axis("standard error", (foot, top), story.unit),
        tuple(marks),
        aspect=1.6,
    )


def _sizes(s: Scene) -> Panel:
    """Show where nine in ten estimates lie, for studies of four sizes."""
    story, rho = s.story, s.controls.look == "rho"
    found = [
        v for one in s.sizes for v in (one.low, one.high, one.target, s.everybody) if v is not None
    ]
    if rho:
        x = (-1.08, 1.08)
    else:
        low, high, step = story.spreads
        x = cover((low, high), np.array(found), step=step)
    marks: list[Mark] = []
    if s.everybody is not None:
        at = np.full((1, 2), s.everybody)
        marks.append(Line(at, np.array([[0.3, 4.7]]), "truth", dashed=True))
    for row, one in enumerate(s.sizes):
        y = 4.0 - row - 0.15
        marks += _range(one, y)
        if s.controls.again == "same" and one.target is not None:
            height = np.array([[y - 0.18, y + 0.18]])
            marks.append(Line(np.full((1, 2), one.target), height, "population", bold=True))
        text = f"{one.people} {story.many}: {percent(one.rate[0])} singular"
        marks.append(Label(x[0] + 0.01 * (x[1] - x[0]), y + 0.33, text, "population"))
    symbol = "ρ" if rho else "τ₁"
    return Panel(
        f"How well is {symbol} known?",
        Axis(f"{symbol} estimated, the middle 90\N{NO-BREAK SPACE}%", x, "" if rho else story.unit),
        Axis("", (0.3, 4.7), ticked=False),
        tuple(marks),
        weight=1.3,
    )


def _range(one: Spread, y: float) -> list[Mark]:
    if one.low is None or one.middle is None or one.high is None:
        return []
    at = np.array([y])
    return [
        Segments(np.array([one.low]), at, np.array([one.high]), at, "model"),
        Points(np.array([one.middle]), at, "model", bold=True),
    ]
