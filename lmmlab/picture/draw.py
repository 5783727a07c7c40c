"""Each kind of mark, drawn on matplotlib axes.

Each artist carries the place of its mark as `gid`, ``"panel.mark"``; what belongs to the chosen
person carries ``"panel.mark.chosen"``, arrow heads end in ``".heads"``. So a test, or whoever
edits the SVG, finds what became of a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import Stroke
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, ScaledTranslation
from numpy.typing import NDArray

from lmmlab.picture.marks import (
    Band,
    Bars,
    Ellipse,
    Floats,
    Heatmap,
    Label,
    Line,
    Points,
    Segments,
)
from lmmlab.picture.palette import FILL, colour, text_role

NAME = FontProperties(family="DejaVu Sans", weight="bold", size=8)

Shape = Line | Points | Segments | Band | Ellipse | Heatmap | Bars

HIGH = 0.14  # inches from label to label
THIN, PLAIN, BOLD = 0.75, 1.4, 2.4  # points
DASHES: Any = (0, (4.0, 2.5))


@dataclass(frozen=True, eq=False)
class _Layer:
    """Those things of a mark that look the same: all the others, or the chosen one above them."""

    who: NDArray[np.bool_]
    gid: str
    hue: str
    z: float
    lit: bool

    def weight(self, dashed: bool, bold: bool = False) -> float:
        """Give the width of a line: a crowd is thin, and of two a dashed one is the lighter."""
        width = BOLD if self.lit or bold else THIN if self.who.sum() > 1 else PLAIN
        return min(width, max(0.6 * width, THIN)) if dashed else width


def draw(ax: Axes, gid: str, mark: Shape, chosen: str, theme: str, inches: Floats) -> None:
    """Draw one mark that is not writing.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With its limits set; they stay.
    gid : str
        Name of the mark.
    mark : any mark but a label
    chosen : str
        Id of the person who lights up.
    theme : {"light", "dark"}
    inches : (2,) array
        Inches per unit of x and of y.
    """
    hue = colour(mark.role, theme)
    match mark:
        case Line():
            paths = np.stack([mark.x, mark.y], axis=-1)
            for layer in _layers(mark, len(paths), gid, chosen, theme):
                weight = layer.weight(mark.dashed, mark.bold)
                _lines(ax, layer, paths[layer.who], weight, mark.dashed)
        case Points():
            there = _there(mark.x, mark.y)
            for layer in _layers(mark, len(there), gid, chosen, theme):
                some = layer.who & there
                size = 6.5 if mark.bold else 5.5 if layer.lit else 4.2
                dots = ax.scatter(mark.x[some], mark.y[some], size**2, layer.hue, zorder=layer.z)
                dots.set(gid=layer.gid, linewidths=0.6, edgecolors=colour("card", theme))
        case Segments():
            _segments(ax, gid, mark, chosen, theme, inches)
        case Band():
            there = _there(mark.x, mark.lower, mark.upper)
            area = ax.fill_between(mark.x, mark.lower, mark.upper, where=there.tolist(), zorder=3)
            area.set(facecolor=hue, alpha=FILL, linewidth=0, gid=gid)
        case Ellipse():
            p, q = mark.half_diameters()
            if not (p.any() or q.any()):  # a point is left
                x, y = mark.center
                ax.scatter(x, y, (2 * PLAIN) ** 2, hue, linewidths=0, zorder=3, gid=gid)
            elif np.isfinite([mark.center, p, q]).all():
                bent = Affine2D.from_values(p[0], p[1], q[0], q[1], *mark.center)
                ring = PathPatch(Path.unit_circle().transformed(bent), fill=False, zorder=3)
                ring.set(edgecolor=hue, linestyle=DASHES if mark.dashed else "-", gid=gid)
                ring.set(linewidth=THIN if mark.role == "guide" else PLAIN, capstyle="round")
                ax.add_patch(ring)
        case Heatmap():
            share = mark.strength()[..., None]
            mixed = (1 - share) * to_rgb(colour("card", theme)) + share * to_rgb(hue)
            cells = np.concatenate([np.nan_to_num(mixed), np.isfinite(share)], axis=-1)
            ax.pcolormesh(mark.x, mark.y, cells, zorder=3, gid=gid)
            if chosen and len(sides := mark.outline(chosen)):
                lit = LineCollection(list(sides), colors=colour("person", theme), linewidths=BOLD)
                lit.set(zorder=4, gid=f"{gid}.chosen", capstyle="projecting")
                ax.add_collection(lit, autolim=False)
        case Bars():
            there = _there(mark.x, mark.base, mark.top)
            for layer in _layers(mark, len(there), gid, chosen, theme):
                boxes = [
                    Rectangle((x - mark.width / 2, base), mark.width, top - base)
                    for x, base, top in np.transpose([mark.x, mark.base, mark.top])[
                        layer.who & there
                    ]
                ]
                bars = PatchCollection(boxes, zorder=layer.z, gid=layer.gid, linewidths=THIN)
                bars.set(facecolor=(*to_rgb(layer.hue), 2 * FILL), edgecolor=layer.hue)
                ax.add_collection(bars, autolim=False)


def _there(*arrays: Floats) -> NDArray[np.bool_]:
    """Tell which things have all their coordinates."""
    return np.asarray(np.isfinite(arrays).all(axis=0))


def width(text: str, font: FontProperties) -> float:
    """Measure text, in inches."""
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def _layers(
    mark: Line | Points | Segments | Bars, k: int, gid: str, chosen: str, theme: str
) -> list[_Layer]:
    lit = np.zeros(k, dtype=bool)
    if chosen and mark.ids:
        lit = np.array([name == chosen for name in mark.ids])
    z = 4.0 if mark.role == "person" else 3.0
    layers = [_Layer(~lit, gid, colour(mark.role, theme), z, False)]
    if lit.any():
        layers.append(_Layer(lit, f"{gid}.chosen", colour("person", theme), 4.0, True))
    return layers


def _lines(ax: Axes, layer: _Layer, paths: Floats, weight: float, dashed: bool) -> None:
    drawn = LineCollection(list(paths), colors=layer.hue, linewidths=weight, zorder=layer.z)
    drawn.set(gid=layer.gid, linestyle=DASHES if dashed else "-")
    drawn.set(capstyle="butt" if dashed else "round", joinstyle="round")
    ax.add_collection(drawn, autolim=False)


def _segments(ax: Axes, gid: str, mark: Segments, chosen: str, theme: str, inches: Floats) -> None:
    ends = np.stack([mark.x0, mark.y0, mark.x1, mark.y1], axis=-1).reshape(-1, 2, 2)
    there = _there(mark.x0, mark.y0, mark.x1, mark.y1)
    for layer in _layers(mark, len(ends), gid, chosen, theme):
        shafts = ends[layer.who & there]
        if mark.arrow:
            shafts, heads = _arrows(shafts, inches, 0.11 if layer.lit else 0.075)
            tips = PolyCollection(list(heads), facecolors=layer.hue, linewidths=0)
            tips.set(zorder=layer.z, gid=f"{layer.gid}.heads")
            ax.add_collection(tips, autolim=False)
        _lines(ax, layer, shafts, layer.weight(mark.dashed), mark.dashed)


def _arrows(ends: Floats, inches: Floats, size: float) -> tuple[Floats, Floats]:
    """Give shafts that end inside their heads, and heads of `size` inches with the tips at the end.

    An arrow shorter than its head is all head; one without length has none.
    """
    along = (ends[:, 1] - ends[:, 0]) * inches
    length = np.hypot(along[:, 0], along[:, 1])[:, None]
    unit = np.divide(along, length, out=np.zeros_like(along), where=length > 0)
    back = unit * np.minimum(size, length)
    aside = 0.38 * back @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    tip = ends[:, 1]
    heads = np.stack([tip, tip - (back - aside) / inches, tip - (back + aside) / inches], axis=1)
    return np.stack([ends[:, 0], tip - 0.8 * back / inches], axis=1), heads


def write(ax: Axes, labels: Sequence[tuple[str, Label]], theme: str, inches: Floats) -> None:
    """Write the labels of a panel, each (gid, mark), with a halo.

    One that would run out of the axes moves inwards, one that would cover another moves below it.
    """
    low, bottom = ax.get_xlim()[0], ax.get_ylim()[0]
    room = np.ptp(ax.get_xlim()) * inches[0]
    taken: list[tuple[float, float, float]] = []  # left, right and middle height, in inches
    for gid, mark in labels:
        if not np.isfinite([mark.x, mark.y]).all():
            continue
        long = width(mark.text, NAME)
        before = long * {"start": 0.0, "middle": 0.5, "end": 1.0}[mark.anchor]
        x, y = (mark.x - low) * inches[0], (mark.y - bottom) * inches[1]
        left, up = max(0.0, min(x - before, room - long)), y
        for start, end, height in sorted(taken, key=lambda one: -one[2]):
            if left < end and start < left + long and abs(up - height) < HIGH:
                up = height - HIGH
        taken.append((left, left + long, up))
        aside = ScaledTranslation(left + before - x, up - y, ax.figure.dpi_scale_trans)
        halo, word = (ax.text(mark.x, mark.y, mark.text, parse_math=False) for _ in "12")
        for text in (halo, word):
            text.set(transform=ax.transData + aside, va="center", zorder=5, fontproperties=NAME)
            text.set(ha={"start": "left", "middle": "center", "end": "right"}[mark.anchor])
        halo.set_path_effects([Stroke(linewidth=2.6, foreground=colour("card", theme))])
        word.set(color=colour(text_role(mark.role), theme), gid=gid)
