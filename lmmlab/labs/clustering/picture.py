"""The picture of the clustering lab: strips, pairs of two kinds, shares of variance, worth."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._numbers import corr, number
from lmmlab.labs.clustering.scene import MEAN, VISITS, Scene
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import (
    Axis,
    Bars,
    Ellipse,
    Label,
    Line,
    Mark,
    Panel,
    Picture,
    Points,
    Segments,
)

_STRIPS, _DOTS = 60, 10  # what is drawn at most: names, and measurements of each
_WINDOW = (100.0, 200.0)
_STEP = 50.0


def picture(s: Scene) -> Picture:
    """Draw the scene: measurements by person, pairs, shares, and the worth of the rows."""
    return Picture((_strips(s), _pairs(s), _shares(s), _worth(s)), chosen=s.who)


def _strips(s: Scene) -> Panel:
    """Show the measurements under each name, names in the order of their means."""
    order = np.argsort(s.own, kind="stable")
    kept = order[np.linspace(0, len(order) - 1, min(len(order), _STRIPS)).round().astype(int)]
    if s.index not in kept:  # the one in colour takes the place of the nearest neighbour
        place = int(np.flatnonzero(order == s.index)[0]) * (len(kept) - 1) / (len(order) - 1)
        kept[round(place)] = s.index
    shown = s.y[kept, :_DOTS]
    ids = tuple(s.levels[j] for j in kept)
    x = np.arange(1.0, len(kept) + 1.0)
    mine = x[kept == s.index]
    height = cover(_WINDOW, shown, s.own[kept], step=_STEP)
    true = s.controls.names == "true"
    own = s.y[s.index, :_DOTS]
    right = mine[0] > 0.5 * len(kept)
    aside = (-0.02 if right else 0.02) * len(kept)
    marks: tuple[Mark, ...] = (
        Line(np.array([[0.3, len(kept) + 0.7]]), np.full((1, 2), MEAN), "guide", dashed=True),
        Segments(x, shown.min(1), x, shown.max(1), "own", ids),
        Points(np.repeat(x, shown.shape[1]), shown.ravel(), "own"),
        Points(x, s.own[kept], "model", ids),
        Points(np.repeat(mine, len(own)), own, "person"),
        Label(
            float(mine[0]) + aside,
            float(own.max() if right else own.min()),
            f"{'person' if true else 'name'} {s.who}",
            "person",
            "end" if right else "start",
        ),
    )
    label = f"{_part(len(kept), len(order))} {'people' if true else 'names'}, sorted by mean"
    if s.controls.visits > _DOTS:
        label += f"; {_part(_DOTS, s.controls.visits)} visits"
    return Panel(
        f"The measurements, {'person by person' if true else 'name by name'}",
        Axis(label, (0.3, len(kept) + 0.7), ticked=False),
        Axis("blood pressure", height, "mmHg"),
        marks,
        weight=1.5,
        aspect=1.9,
    )


def _part(some: int, of: int) -> str:
    return str(of) if some == of else f"{some} of {of}"


def _pairs(s: Scene) -> Panel:
    """Show pairs of measurements side by side: twice the same person, and two strangers."""
    true, n = s.controls.names == "true", s.controls.visits
    low, high = limits = cover(_WINDOW, s.y[:, :2], step=_STEP)
    wide = high - low
    right = 1.08 * wide
    total = s.controls.tau0**2 + s.controls.sigma**2
    shared = s.controls.tau0**2 if true else 0.0
    first, second = s.y[:_STRIPS, 0], s.y[:, min(1, n - 1)]
    divide = np.full((1, 2), low + 1.04 * wide)
    marks: list[Mark] = [Line(divide, np.array([limits]), "guide", dashed=True)]
    for shift, name, r, other, alike, role in (
        (0.0, "one person" if true else "one name", s.same, second, shared, "model"),
        (right, "two strangers", s.strangers, np.roll(second, -1), 0.0, "own"),
    ):
        if r is not None:
            scale = float(min(2.0, (high - MEAN) / np.sqrt(total), (MEAN - low) / np.sqrt(total)))
            cov = np.array([[total, alike], [alike, total]])
            marks += [
                Ellipse(np.array([MEAN + shift, MEAN]), cov, "truth", scale, dashed=True),
                Points(first + shift, other[:_STRIPS], role, s.levels[:_STRIPS]),
            ]
        said = f"{name}: {'no pairs' if n == 1 else 'undefined' if r is None else corr(r)}"
        marks.append(Label(low + shift + 0.03 * wide, high - 0.06 * wide, said, role))
    return Panel(
        "Pairs of measurements",
        Axis("one measurement, the same scale twice", (low, high + right), ticked=False),
        Axis("the other", limits, "mmHg"),
        tuple(marks),
        weight=1.5,
        aspect=1.9,
    )


def _shares(s: Scene) -> Panel:
    """Show the ICC as a share: what lies between people, what within them."""
    bars = [] if s.icc is None else [(1.0, s.icc, "truth", "truth")]
    if s.estimate is not None:
        bars.append((2.0, float(np.clip(s.estimate.icc, 0.0, 1.0)), "data", "model"))
    marks: list[Mark] = []
    for x, share, name, role in bars:
        at, cut = np.array([x]), np.array([share])
        marks += [
            Bars(at, np.zeros(1), cut, 0.6, "parameter:tau0"),
            Bars(at, cut, np.ones(1), 0.6, "parameter:sigma"),
            Label(x, -0.08, name, role, "middle"),
        ]
        for middle, value, what in (
            (share / 2.0, share, "parameter:tau0"),
            ((1.0 + share) / 2.0, 1.0 - share, "parameter:sigma"),
        ):
            if value >= 0.08:
                marks.append(Label(x, middle, corr(value), what, "middle"))
    if not bars:
        marks.append(Label(1.5, 0.5, "nothing varies", "own", "middle"))
    marks += [
        Label(2.42, 0.06, "between people", "parameter:tau0"),
        Label(2.42, 0.94, "within people", "parameter:sigma"),
    ]
    return Panel(
        "The ICC is a share of the variance",
        Axis("", (0.5, 4.3), ticked=False),
        Axis("share of the variance", (-0.15, 1.05)),
        tuple(marks),
        aspect=1.25,
    )


def _worth(s: Scene) -> Panel:
    """Show how many independent measurements the rows are worth, as visits are added."""
    n, J = s.controls.visits, s.controls.people
    now = [value for value in (s.worth, s.believed_worth) if value is not None]
    top = cover((0.0, 150.0), np.array(now), step=150.0)[1]
    marks: list[Mark] = []
    counted = np.array([[0.0, min(60.0, top / J)]])
    marks.append(Line(counted, J * counted, "own", dashed=True))
    end = float(counted[0, 1])
    marks.append(Label(min(end + 1.0, 40.0), 0.95 * min(J * end, top), "rows counted", "own"))
    if np.isfinite(s.limit) and s.limit < top:
        marks += [
            Line(np.array([[1.0, 60.0]]), np.full((1, 2), s.limit), "guide", dashed=True),
            Label(
                60.0,
                min(s.limit + 0.06 * top, top),
                f"limit: people / ICC = {number(s.limit)}",
                "guide",
                "end",
            ),
        ]
    for curve, role, dashed in ((s.believed, "model", False), (s.curve, "truth", True)):
        if curve is None:
            continue
        inside = np.where(curve <= top, curve, np.nan)
        marks.append(Line(VISITS[None], inside[None], role, dashed=dashed, bold=not dashed))
        marks.append(Points(np.array([float(n)]), curve[n - 1 : n], role, bold=True))
    if s.worth is not None:
        right = n > 30
        marks.append(
            Label(
                n + (-1.0 if right else 1.0),
                max(s.worth - 0.08 * top, 0.03 * top),
                f"n = {n}: worth {number(s.worth)}",
                "truth",
                "end" if right else "start",
            )
        )
    return Panel(
        "What the rows are worth",
        Axis("visits of each person, n", (0.0, 61.0), whole=True),
        Axis("independent measurements", (0.0, top)),
        tuple(marks),
        aspect=1.6,
    )
