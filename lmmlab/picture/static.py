"""A picture as a page of matplotlib: for print, slides, and notebooks seen without a kernel.

The page is laid out in inches, by measuring its texts, in fonts that come with matplotlib; so it
comes out the same on every machine and in every format, whatever a user's own settings say. It is
a plain `Figure`: pyplot keeps a list of all its figures, and in a server that list is a leak.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch

from lmmlab.picture.axis import caption, tick_labels, ticks
from lmmlab.picture.draw import draw, write
from lmmlab.picture.draw import width as measured
from lmmlab.picture.marks import Axis, Floats, Label, Panel, Picture
from lmmlab.picture.palette import colour
from lmmlab.picture.words import plain, spans

# The second family lends the letters that the first lacks.
TITLE = FontProperties(family=("STIXGeneral", "DejaVu Serif"), weight="bold", size=18)
SENTENCE = FontProperties(family=("STIXGeneral", "DejaVu Serif"), size=14)
HEADING = FontProperties(family="DejaVu Sans", weight="bold", size=9.5)
SMALL = FontProperties(family="DejaVu Sans", size=8)

EDGE, GAP, PAD = 0.28, 0.14, 0.14  # inches: page to card, card to card, card to its content
HEAD, LEADING = 0.45, 0.28  # inches: height of the title, from line to line of the words
ABOVE, BELOW = 0.52, 0.46  # inches: from a card's top and bottom to its axes
NARROW = 2.7  # inches that a panel needs to stand beside another

Box = tuple[float, float, float, float]


class _Page(Figure):
    """A figure whose texts keep their measured width, and which a notebook shows without pyplot."""

    def draw(self, renderer: RendererBase) -> None:
        with rc_context({"text.hinting": "none"}):  # fitted to pixels, letters would run wide
            super().draw(renderer)

    def _repr_svg_(self) -> str:
        file = io.StringIO()
        self.savefig(file, format="svg")
        return file.getvalue()


def figure(
    picture: Picture,
    *,
    theme: str = "light",
    title: str = "",
    words: Sequence[str] = (),
    width: float = 10.0,
) -> Figure:
    """Draw a picture as a figure that can be saved as PNG, SVG or PDF.

    Parameters
    ----------
    picture : Picture
    theme : {"light", "dark"}
    title : str
        Heading above the panels.
    words : sequence of str
        Sentences below them; a piece marked as in `lmmlab.picture.words` is underlined in its
        colour.
    width : float
        Width in inches. The height follows from what there is to show: panels stand beside each
        other where each gets about three inches, in rows as equal as can be.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the theme, or the role of a mark, is unknown.
    """
    text = " ".join(words)
    room = width - 2 * EDGE
    lines = _wrapped(plain(text), SENTENCE, room)
    head = HEAD if title else 0.0
    boxes, depth = _arranged(picture.panels, room)
    height = 2 * EDGE + head + depth + LEADING * len(lines) + (0.1 if lines else 0.0)

    fig = _Page(figsize=(width, height), facecolor=colour("paper", theme))
    if title:
        _text(fig, EDGE, height - EDGE, title, TITLE, colour("ink", theme), fit=room, va="top")
    for number, (panel, (x, top, w, h)) in enumerate(zip(picture.panels, boxes, strict=True)):
        box = (EDGE + x, height - EDGE - head - top - h, w, h)
        _card(fig, box, theme)
        ax, inches = _axes(fig, panel, box, theme)
        named = [(f"{number}.{place}", mark) for place, mark in enumerate(panel.marks)]
        for gid, mark in named:
            if not isinstance(mark, Label):
                draw(ax, gid, mark, picture.chosen, theme, inches)
        write(ax, [(gid, mark) for gid, mark in named if isinstance(mark, Label)], theme, inches)
    for number, (start, line) in enumerate(reversed(lines)):
        base = EDGE + 0.04 + LEADING * number
        _text(fig, EDGE, base, line, SENTENCE, colour("ink", theme))
        _underline(fig, base - 0.05, start, line, text, theme)
    return fig


def _arranged(panels: Sequence[Panel], room: float) -> tuple[list[Box], float]:
    """Give each panel its (left, top, width, height), and the height of all together."""
    rows = max(1, math.ceil(len(panels) / max(1, int(room / NARROW))))
    beside = max(1, math.ceil(len(panels) / rows))
    boxes: list[Box] = []
    top = 0.0
    for start in range(0, len(panels), beside):
        row = panels[start : start + beside]
        share = (room - GAP * (len(row) - 1)) / sum(panel.weight for panel in row)
        high = min(max(share * panel.weight / panel.aspect for panel in row), room / beside)
        left = 0.0
        for panel in row:
            boxes.append((left, top, share * panel.weight, high))
            left += share * panel.weight + GAP
        top += high + GAP
    return boxes, max(top - GAP, 0.0)


def _card(fig: Figure, box: Box, theme: str) -> None:
    """Lay a card with round corners on the page."""
    fig.add_artist(
        FancyBboxPatch(
            box[:2],
            *box[2:],
            boxstyle="round,pad=0,rounding_size=0.09",
            transform=fig.dpi_scale_trans,
            facecolor=colour("card", theme),
            edgecolor=colour("rule", theme),
            zorder=-1,
            linewidth=0.8,
        )
    )


def _axes(fig: Figure, panel: Panel, box: Box, theme: str) -> tuple[Axes, Floats]:
    """Set up a panel without its marks; give its axes and the inches per unit of x and of y."""
    x, y, w, h = box
    ink, soft = colour("ink", theme), colour("soft", theme)
    tall = h - ABOVE - BELOW
    at_y, names_y = _ticks(panel.y, tall, upright=True)
    left = PAD + (max(measured(name, SMALL) for name in names_y) + 0.07 if names_y else 0.0)
    at_x, names_x = _ticks(panel.x, w - left - PAD)
    beyond = _beyond(panel.x, at_x, names_x, w - left - PAD)
    left, right = max(left, beyond[0] + 0.06), max(PAD, beyond[1] + 0.06)
    wide = w - left - right

    _text(fig, x + PAD, y + h - PAD, panel.title, HEADING, ink, fit=w - 2 * PAD, va="top")
    _text(fig, x + w - PAD, y + h - ABOVE + 0.06, caption(panel.y), SMALL, soft, ha="right")
    _text(fig, x + left + wide / 2, y + 0.11, caption(panel.x), SMALL, soft, ha="center")

    across, up = fig.get_size_inches()
    place = ((x + left) / across, (y + BELOW) / up, wide / across, tall / up)
    ax = fig.add_axes(place, facecolor="none")
    ax.set(xlim=panel.x.limits, ylim=panel.y.limits, autoscale_on=False, axisbelow=True)
    ax.set_xticks(at_x, names_x, fontproperties=SMALL)
    ax.set_yticks(at_y, names_y, fontproperties=SMALL)
    ax.tick_params(length=0, labelcolor=soft, pad=4)
    ax.grid(True, color=colour("grid", theme), linewidth=0.8, linestyle="-")
    ax.spines[:].set_visible(False)
    return ax, np.array([wide / np.ptp(panel.x.limits), tall / np.ptp(panel.y.limits)])


def _ticks(axis: Axis, length: float, *, upright: bool = False) -> tuple[Floats, tuple[str, ...]]:
    """Give as many ticks as fit on so many inches."""
    for room in (8, 7, 6, 5, 4, 3, 2):
        places = ticks(axis, room)
        names = tick_labels(places)
        if sum(0.3 if upright else measured(name, SMALL) + 0.2 for name in names) <= length:
            break
    return places, names


def _beyond(
    axis: Axis, places: Floats, names: tuple[str, ...], length: float
) -> tuple[float, float]:
    """Tell how many inches the first and the last label stick out of a horizontal axis."""
    if not names:
        return 0.0, 0.0
    low, high = axis.limits
    scale = length / (high - low)
    return (
        measured(names[0], SMALL) / 2 - (places[0] - low) * scale,
        measured(names[-1], SMALL) / 2 - (high - places[-1]) * scale,
    )


def _wrapped(text: str, font: FontProperties, room: float) -> list[tuple[int, str]]:
    """Break text into lines of at most `room` inches: (index of the first letter, line)."""
    lines: list[tuple[int, str]] = []
    at = 0
    for word in text.split(" "):
        longer = f"{lines[-1][1]} {word}" if lines else ""
        if lines and measured(longer, font) <= room:
            lines[-1] = (lines[-1][0], longer)
        elif word:
            lines.append((at, word))
        at += len(word) + 1
    return lines


def _underline(fig: Figure, y: float, start: int, line: str, text: str, theme: str) -> None:
    """Underline the marked pieces of `text` that fall into a line beginning at letter `start`."""
    at = -start
    for piece, role in spans(text):
        first, at = max(at, 0), at + len(piece)
        last = min(at, len(line))
        if role and first < last:
            # a stop is measured with each part, and taken off, because blanks measure as nothing
            stop = measured(".", SENTENCE)
            ends = [EDGE + measured(line[:end] + ".", SENTENCE) - stop for end in (first, last)]
            rule = Line2D(ends, [y, y], color=colour(role, theme), linewidth=1.5)
            rule.set_transform(fig.dpi_scale_trans)
            fig.add_artist(rule)


def _text(
    fig: Figure,
    x: float,
    y: float,
    text: str,
    font: FontProperties,
    hue: str,
    *,
    fit: float = np.inf,
    ha: str = "left",
    va: str = "baseline",
) -> None:
    """Write text at a place in inches, smaller where it is wider than `fit`."""
    font = font.copy()
    font.set_size(font.get_size_in_points() * min(1.0, fit / max(measured(text, font), 1e-9)))
    written = fig.text(x, y, text, ha=ha, va=va, color=hue, fontproperties=font, parse_math=False)
    written.set_transform(fig.dpi_scale_trans)
