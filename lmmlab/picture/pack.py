"""A picture as the browser gets it: a structure that rarely changes, and one small buffer.

While a slider moves, only coordinates change. They travel as 16-bit whole numbers over the range
of their axis: two axis lengths to either side beside the axis itself, in steps of 1/13100 of its
length, which is less than a tenth of a pixel on any axis up to 2,600 pixels long. All that is not
a coordinate (kinds of marks, roles, names, ids) is the structure; limits and ticks are kept apart
from it, so that an axis may grow without anything being made anew.

The order of the buffer: panel by panel, all x of its marks, then all y, then cells of heat maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.picture.axis import caption, tick_labels, ticks
from lmmlab.picture.marks import (
    Axis,
    Band,
    Bars,
    Ellipse,
    Floats,
    Heatmap,
    Label,
    Line,
    Mark,
    Picture,
    Points,
    Segments,
)

SCALE = 13100
"""Codes per length of an axis."""

START = 2 * SCALE
"""The code of the low end of an axis."""

NOT_THERE = 65535
"""The code of a coordinate that is not a number."""


def structure(picture: Picture) -> list[dict[str, Any]]:
    """Describe all that stays while a slider moves: panels, names of axes, kinds of marks.

    Returns
    -------
    list of dict
        One entry per panel, ready for JSON. A mark is told by its kind, role and flags, the
        number of its things (``k``), and the numbers of its x, y and cell values (``n``).
    """
    return [
        {
            "title": panel.title,
            "weight": panel.weight,
            "aspect": panel.aspect,
            "x": caption(panel.x),
            "y": caption(panel.y),
            "marks": [_kind(mark) for mark in panel.marks],
        }
        for panel in picture.panels
    ]


def axes(picture: Picture) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Give limits and ticks of each panel's two axes; ticks as (code, text)."""
    return [(_axis(panel.x), _axis(panel.y)) for panel in picture.panels]


def labels(picture: Picture) -> list[str]:
    """Give the texts of all `Label` marks in their order."""
    return [mark.text for panel in picture.panels for mark in panel.marks if type(mark) is Label]


def pack(picture: Picture) -> bytes:
    """Pack all coordinates into one little-endian buffer of unsigned 16-bit numbers."""
    numbers: list[Floats] = []
    ranges: list[tuple[float, float]] = []
    for panel in picture.panels:
        places = [_places(mark) for mark in panel.marks]
        cells = [mark for mark in panel.marks if type(mark) is Heatmap]
        parts = [(panel.x.limits, array) for x, _ in places for array in x]
        parts += [(panel.y.limits, array) for _, y in places for array in y]
        parts += [((0.0, 1.0), mark.strength()) for mark in cells]
        for limits, array in parts:
            numbers.append(np.ravel(array))
            ranges.append(limits)
    if not numbers:
        return b""
    low, high = np.array(ranges).T
    sizes = [len(array) for array in numbers]
    codes = np.concatenate(numbers) - np.repeat(low, sizes)
    codes *= np.repeat(SCALE / (high - low), sizes)
    codes += START + 0.5
    np.clip(codes, 0, NOT_THERE - 1, out=codes)
    codes[np.isnan(codes)] = NOT_THERE
    packed: bytes = codes.astype("<u2").tobytes()
    return packed


def _kind(mark: Mark) -> dict[str, Any]:
    """Tell what a mark is, without where it is."""
    told: dict[str, Any] = {"kind": type(mark).__name__, "role": mark.role}
    match mark:
        case Line(x):
            told |= {"k": len(x), "n": (x.size, x.size, 0), "ids": mark.ids}
            told |= {"dashed": mark.dashed, "bold": mark.bold}
        case Points(x):
            told |= {"k": len(x), "n": (len(x), len(x), 0), "ids": mark.ids, "bold": mark.bold}
        case Segments(x):
            k = len(x)
            told |= {"k": k, "n": (2 * k, 2 * k, 0), "ids": mark.ids}
            told |= {"arrow": mark.arrow, "dashed": mark.dashed}
        case Band(x):
            told |= {"k": 1, "n": (len(x), 2 * len(x), 0)}
        case Ellipse():
            told |= {"k": 1, "n": (3, 3, 0), "dashed": mark.dashed}
        case Heatmap(x, y):
            cells = mark.values.size
            told |= {"k": cells, "n": (len(x), len(y), cells), "ids": mark.ids}
        case Bars(x):
            told |= {"k": len(x), "n": (2 * len(x), 2 * len(x), 0), "ids": mark.ids}
        case Label():
            told |= {"k": 1, "n": (1, 1, 0), "anchor": mark.anchor}
    return told


def _places(mark: Mark) -> tuple[Sequence[ArrayLike], Sequence[ArrayLike]]:
    """Give the x arrays and the y arrays of a mark, in the order of the buffer."""
    match mark:
        case Line(x, y) | Points(x, y):
            return (x,), (y,)
        case Segments(x0, y0, x1, y1):
            return (x0, x1), (y0, y1)
        case Band(x, lower, upper):
            return (x,), (lower, upper)
        case Ellipse():
            # the centre and the ends of two conjugate radii: enough to draw it all
            p, q = mark.half_diameters()
            (x, y), (px, py), (qx, qy) = mark.center, p, q
            return ((x, x + px, x + qx),), ((y, y + py, y + qy),)
        case Heatmap(x, y):
            return (x,), (y,)
        case Bars(x, base, top, width):
            return (x - width / 2, x + width / 2), (base, top)
        case Label(x, y):
            return ((x,),), ((y,),)


@lru_cache(maxsize=256)
def _axis(axis: Axis) -> dict[str, Any]:
    """Give limits and ticks of one axis; most axes stand still, so most answers are known."""
    low, high = axis.limits
    places = ticks(axis)
    codes = np.rint((places - low) / (high - low) * SCALE) + START
    return {
        "limits": [low, high],
        "ticks": list(zip(codes.astype(int).tolist(), tick_labels(places), strict=True)),
    }
