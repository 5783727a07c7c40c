"""What a picture is made of: panels, axes, and eight kinds of mark.

A `Picture` draws nothing. It says where things are, in data coordinates, and what they mean, by
a role; `static` (matplotlib) and `live` (the browser) draw it. So a test can look at a picture
without looking at pixels, and a new mark is added here and in both renderers.

Roles give colour and meaning: ``own`` (a person's own data), ``model`` (what the mixed model
says), ``population`` (the average), ``person`` (the one who is followed), ``truth``, ``guide``
(quiet help lines) and ``parameter:tau0``, ``parameter:tau1``, ``parameter:rho``,
``parameter:sigma``, ``parameter:beta``.

Marks with `ids` hold one thing per person (a line, a point, an arrow). The one whose id is the
picture's `chosen` lights up in the colour of ``person`` in every panel. A coordinate that is
not a number means "not there": that thing is not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Line:
    """k lines of m points each: `x` and `y` are (k, m); `ids` has k entries or none."""

    x: Floats
    y: Floats
    role: str
    ids: Ids = ()
    dashed: bool = False
    bold: bool = False


@dataclass(frozen=True, eq=False)
class Points:
    """k points: `x` and `y` are (k,); `ids` has k entries or none."""

    x: Floats
    y: Floats
    role: str
    ids: Ids = ()
    bold: bool = False


@dataclass(frozen=True, eq=False)
class Segments:
    """k straight pieces from (x0, y0) to (x1, y1), each (k,); arrows if `arrow`."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    role: str
    ids: Ids = ()
    arrow: bool = False
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Band:
    """The area between `lower` and `upper` over `x`, each (m,)."""

    x: Floats
    lower: Floats
    upper: Floats
    role: str


@dataclass(frozen=True, eq=False)
class Ellipse:
    """All points at `scale` standard deviations from `center` (2,) under `cov` (2, 2).

    A singular `cov` gives the line or the point that is left.
    """

    center: Floats
    cov: Floats
    role: str
    scale: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Cells of `values` (r, c) between the edges `x` (c + 1,) and `y` (r + 1,).

    `limits` are the values of the lightest and the strongest colour.
    """

    x: Floats
    y: Floats
    values: Floats
    role: str
    limits: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Bars:
    """k upright bars from `base` to `top`, each (k,), centred at `x`, `width` wide."""

    x: Floats
    base: Floats
    top: Floats
    width: float
    role: str
    ids: Ids = ()


@dataclass(frozen=True, eq=False)
class Label:
    """A word in the picture at (x, y); `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    role: str
    anchor: str = "start"


Mark = Line | Points | Segments | Band | Ellipse | Heatmap | Bars | Label


@dataclass(frozen=True)
class Axis:
    """One axis: its name in plain words, its unit and the range that is shown.

    `whole` where only whole numbers make sense (visits, people); `ticked` is False where the
    numbers mean nothing (rows of names), so that neither ticks nor grid lines are drawn.
    """

    label: str
    limits: tuple[float, float]
    unit: str = ""
    whole: bool = False
    ticked: bool = True


@dataclass(frozen=True, eq=False)
class Panel:
    """One coordinate system with its marks, drawn in their order.

    `weight` is its share of the width beside its neighbours; `aspect` is width over height.
    """

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    weight: float = 1.0
    aspect: float = 1.25


@dataclass(frozen=True, eq=False)
class Picture:
    """Panels that show one model, and the person who is chosen in all of them."""

    panels: tuple[Panel, ...]
    chosen: str = ""
