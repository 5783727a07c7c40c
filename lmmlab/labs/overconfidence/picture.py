"""The picture of the overconfidence lab: two piles of intervals, rates of misses, and the mean."""

from __future__ import annotations

import numpy as np

from lmmlab.labs import _panels
from lmmlab.labs._numbers import percent
from lmmlab.labs.overconfidence.scene import SHARES, SHOWN, Intervals, Scene
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Label, Line, Mark, Panel, Picture, Points, Segments

_IDS = tuple(str(k + 1) for k in range(SHOWN))


def picture(s: Scene) -> Picture:
    """Draw the scene: intervals of both analyses, rates of misses, and precision of the mean."""
    ends = [np.abs(pile.low[:SHOWN]) for pile in (s.ols, s.mixed)]
    ends += [np.abs(pile.high[:SHOWN]) for pile in (s.ols, s.mixed)]
    reach = cover((0.0, 4.0), *ends, step=4.0)[1]
    panels = (
        _pile("Clusters ignored (OLS)", s.ols, float(s.missed[0]), reach, "own"),
        _pile("Mixed model", s.mixed, float(s.missed[1]), reach, "model"),
        _misses(s),
        _means(s),
    )
    return Picture(panels, chosen=s.who)


def _pile(title: str, pile: Intervals, missed: float, reach: float, role: str) -> Panel:
    """Pile up the intervals of the first studies; those that miss the truth stand out."""
    y = np.arange(SHOWN, 0.0, -1.0)
    low, high, miss = pile.low[:SHOWN], pile.high[:SHOWN], pile.miss[:SHOWN]
    marks: list[Mark] = []
    for which, colour in ((~miss, role), (miss, "bad")):
        x0, x1 = np.where(which, low, np.nan), np.where(which, high, np.nan)
        marks.append(Segments(x0, y, x1, y, colour, _IDS))
    marks += [
        Points(np.where(miss, pile.estimate[:SHOWN], np.nan), y, "bad", _IDS),
        Line(np.zeros((1, 2)), np.array([[0.0, SHOWN + 1.0]]), "truth", dashed=True),
        Label(-0.97 * reach, SHOWN + 3.5, f"{percent(missed)} miss", "bad"),
        Label(0.03 * reach, SHOWN + 3.5, "truth: no effect", "truth"),
    ]
    return Panel(
        title,
        Axis("slope of x, 95\xa0% interval", (-reach, reach), "µV"),
        Axis(f"{SHOWN} of 1,000 studies", (0.0, SHOWN + 7.0), ticked=False),
        tuple(marks),
        aspect=1.1,
    )


def _misses(s: Scene) -> Panel:
    """Show how often intervals miss, over the share of x between people."""
    at, rate, error = np.array([s.controls.share]), s.missed, s.rates.error
    top = cover((0.0, 0.6), s.expected, rate + 2.0 * error, step=0.2)[1]
    marks: list[Mark] = [
        Line(np.array([[0.0, 1.0]]), np.full((1, 2), 0.05), "guide", dashed=True),
        Label(1.0, 0.05 + 0.05 * top, "promised: 5\xa0%", "guide", "end"),
        Line(SHARES[None], s.expected[None], "truth", dashed=True),
    ]
    right = s.controls.share > 0.5
    for k, (name, role) in enumerate((("OLS", "bad"), ("mixed model", "model"))):
        low, high = max(rate[k] - 2.0 * error[k], 0.0), rate[k] + 2.0 * error[k]
        side = 1.0 if rate[k] >= rate[1 - k] else -1.0
        marks += [
            Segments(at, np.array([low]), at, np.array([high]), role),
            Points(at, rate[k : k + 1], role, bold=True),
            Label(
                float(at[0]) + (-0.03 if right else 0.03),
                float(np.clip(rate[k] + side * 0.055 * top, -0.06 * top, 0.97 * top)),
                name,
                role,
                "end" if right else "start",
            ),
        ]
    return Panel(
        "How often the truth is missed",
        Axis("share of x between people", (-0.03, 1.03)),
        Axis("misses; bars: ± 2 Monte-Carlo errors", (-0.08 * top, top)),
        tuple(marks),
        aspect=1.5,
    )


def _means(s: Scene) -> Panel:
    """Show how precisely three ways of weighing give the overall mean."""
    sds = np.sqrt(s.means)
    names = ("every trial the same (OLS)", "every person the same", "mixed model")
    entries = [
        (name, role, 0.0, float(sd))
        for name, role, sd in zip(names, ("own", "population", "model"), sds, strict=True)
    ]
    reach = cover((0.0, 1.5), sds, step=1.5)[1]
    return _panels.rows(
        "The overall mean, in repeated studies",
        Axis("error of the mean (one sd)", (-reach, reach), "µV"),
        entries,
        zero="truth",
    )
