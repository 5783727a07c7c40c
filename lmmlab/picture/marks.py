"""What a picture is made of: panels, axes, and eight kinds of mark.

A `Picture` draws nothing. It says where things are, in data coordinates, and what they mean, by
a role; `static` (matplotlib) and `live` (the browser) draw it. So a test can look at a picture
without looking at pixels, and a new mark is added here and in both renderers.

Roles give colour and meaning: ``own`` (a person's own data), ``model`` (what the mixed model
says), ``population`` (the average), ``person`` (the one who is followed), ``truth``, ``guide``
(quiet help lines) and ``parameter:tau0``, ``parameter:tau1``, ``parameter:rho``,
``parameter:sigma``, ``parameter:beta``, for a second grouping ``parameter:tau2``, and for the two
slopes of one predictor ``parameter:within`` and ``parameter:between``.

Marks with `ids` hold one thing per person (a line, a point, an arrow). The one whose id is the
picture's `chosen` lights up in the colour of ``person`` in every panel, above all the others; a
cell of a heat map keeps its colour and gets an outline. A coordinate that is not a number means
"not there": that thing is not drawn, a line has a gap.

What both renderers must compute from a mark stands here too, so that they cannot disagree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = tuple[str, ...]


def _alike(mark: object, ids: Ids, *arrays: Floats) -> None:
    """Refuse a mark whose arrays, or whose ids, do not belong together."""
    shape = arrays[0].shape
    if any(array.shape != shape for array in arrays):
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(f"The arrays of a {type(mark).__name__} differ in shape: {shapes}.")
    if ids and len(ids) != shape[0]:
        raise ValueError(f"A {type(mark).__name__} of {shape[0]} things has {len(ids)} ids.")


@dataclass(frozen=True, eq=False)
class Line:
    """k lines of m points each: `x` and `y` are (k, m); `ids` has k entries or none."""

    x: Floats
    y: Floats
    role: str
    ids: Ids = ()
    dashed: bool = False
    bold: bool = False

    def __post_init__(self) -> None:
        _alike(self, self.ids, self.x, self.y)


@dataclass(frozen=True, eq=False)
class Points:
    """k points: `x` and `y` are (k,); `ids` has k entries or none."""

    x: Floats
    y: Floats
    role: str
    ids: Ids = ()
    bold: bool = False

    def __post_init__(self) -> None:
        _alike(self, self.ids, self.x, self.y)


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

    def __post_init__(self) -> None:
        _alike(self, self.ids, self.x0, self.y0, self.x1, self.y1)


@dataclass(frozen=True, eq=False)
class Band:
    """The area between `lower` and `upper` over `x`, each (m,)."""

    x: Floats
    lower: Floats
    upper: Floats
    role: str

    def __post_init__(self) -> None:
        _alike(self, (), self.x, self.lower, self.upper)


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

    def half_diameters(self) -> tuple[Floats, Floats]:
        """Give two half-diameters p and q: the ellipse is center + p cos t + q sin t.

        Notes
        -----
        With sds s0, s1 and correlation cos d, the ellipse is s0 cos(t - d/2), s1 cos(t + d/2), so
        that p = (s0, s1) cos(d/2) and q = (s0, -s1) sin(d/2): q is zero at a correlation of +1,
        p at -1, and nothing is divided by an sd. NaN in, NaN out.

        Examples
        --------
        >>> cov = np.array([[4.0, 6.0], [6.0, 9.0]])
        >>> Ellipse(np.zeros(2), cov, "model").half_diameters()
        (array([2., 3.]), array([ 0., -0.]))
        """
        sd = self.scale * np.sqrt(np.maximum(np.diag(self.cov), 0.0))
        product = float(sd[0] * sd[1])
        rho = float(self.cov[0, 1]) * self.scale**2 / product if product != 0.0 else 0.0
        # near +-1 the last digits of rho would show as their square root
        rho = min(max(round(rho, 12), -1.0), 1.0) if math.isfinite(rho) else math.nan
        return (
            sd * math.sqrt((1.0 + rho) / 2.0),
            sd * math.sqrt((1.0 - rho) / 2.0) * np.array([1.0, -1.0]),
        )


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Cells of `values` (r, c) between the edges `x` (c + 1,) and `y` (r + 1,).

    `limits` are the values of the lightest and the strongest colour. `ids` has r * c entries, row
    by row, or none; cells that share an id (those of one row, say) are chosen together.
    """

    x: Floats
    y: Floats
    values: Floats
    role: str
    limits: tuple[float, float]
    ids: Ids = ()

    def __post_init__(self) -> None:
        _alike(self, self.ids, self.values.reshape(-1))
        rows, columns = self.values.shape
        if self.x.shape != (columns + 1,) or self.y.shape != (rows + 1,):
            raise ValueError(
                f"A Heatmap of {rows} x {columns} cells has {self.x.size} edges across "
                f"and {self.y.size} upwards; it needs {columns + 1} and {rows + 1}."
            )

    def strength(self) -> Floats:
        """Give each cell's share of the strongest colour, from 0 to 1; NaN stays NaN."""
        low, high = self.limits
        if high <= low:
            return np.where(np.isnan(self.values), np.nan, 0.0)
        return np.clip((self.values - low) / (high - low), 0.0, 1.0)

    def outline(self, who: str) -> Floats:
        """Give the sides, (k, 2, 2), that divide the cells of `who` from all the others.

        Examples
        --------
        A row of two cells is one box: its top and bottom have two pieces each.

        >>> edges = np.arange(3.0), np.arange(2.0)
        >>> cells = Heatmap(*edges, np.ones((1, 2)), "own", (0, 1), ("a", "a"))
        >>> cells.outline("a").shape, cells.outline("b").shape
        ((6, 2, 2), (0, 2, 2))
        """
        mine = np.zeros(np.add(self.values.shape, 2), dtype=np.int8)
        if self.ids:
            mine[1:-1, 1:-1] = np.reshape([name == who for name in self.ids], self.values.shape)
        level = np.argwhere(np.diff(mine[:, 1:-1], axis=0))  # edge of y, column
        upright = np.argwhere(np.diff(mine[1:-1], axis=1))  # row, edge of x
        x, y = self.x, self.y
        ends = [((x[c], y[e]), (x[c + 1], y[e])) for e, c in level]
        ends += [((x[e], y[r]), (x[e], y[r + 1])) for r, e in upright]
        return np.array(ends, dtype=float).reshape(-1, 2, 2)


@dataclass(frozen=True, eq=False)
class Bars:
    """k upright bars from `base` to `top`, each (k,), centred at `x`, `width` wide."""

    x: Floats
    base: Floats
    top: Floats
    width: float
    role: str
    ids: Ids = ()

    def __post_init__(self) -> None:
        _alike(self, self.ids, self.x, self.base, self.top)


@dataclass(frozen=True, eq=False)
class Label:
    """A word at (x, y): there is the middle of its height and its `anchor`.

    `anchor` is start, middle or end.
    """

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

    def __post_init__(self) -> None:
        low, high = self.limits
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"The axis {self.label!r} cannot go from {low} to {high}.")


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
    """Panels that show one model, and the person who is chosen in all of them.

    With `hover`, who is pointed at is chosen for as long as one points, so that the lab shows what
    belongs to it; otherwise pointing only lights up, and a click chooses.
    """

    panels: tuple[Panel, ...]
    chosen: str = ""
    hover: bool = False
