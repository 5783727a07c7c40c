"""What a mark touches, in data coordinates."""

from __future__ import annotations

import numpy as np

from lmmlab.picture.marks import (
    Band,
    Bars,
    Ellipse,
    Floats,
    Heatmap,
    Label,
    Line,
    Mark,
    Points,
    Segments,
)


def reach(mark: Mark) -> tuple[Floats, Floats]:
    """Give all finite x and all finite y that a mark touches, as two flat arrays.

    What `axis.cover` needs to hold a mark, and what a test needs to see that nothing is drawn
    outside its axes. A label counts with the point where it stands.

    Examples
    --------
    >>> x, y = reach(Ellipse(np.zeros(2), np.diag([1.0, 4.0]), "model", scale=2.0))
    >>> x.tolist(), y.tolist()
    ([-2.0, 2.0], [-4.0, 4.0])
    """
    match mark:
        case Line() | Points():
            x, y = [mark.x], [mark.y]
        case Segments():
            x, y = [mark.x0, mark.x1], [mark.y0, mark.y1]
        case Band():
            x, y = [mark.x], [mark.lower, mark.upper]
        case Ellipse():
            out = mark.scale * np.sqrt(np.maximum(np.diag(mark.cov), 0.0))
            low, high = mark.center - out, mark.center + out
            x, y = [low[:1], high[:1]], [low[1:], high[1:]]
        case Heatmap():
            x, y = [mark.x], [mark.y]
        case Bars():
            x, y = [mark.x - mark.width / 2, mark.x + mark.width / 2], [mark.base, mark.top]
        case Label():
            x, y = [np.array([mark.x])], [np.array([mark.y])]
    return _finite(x), _finite(y)


def _finite(arrays: list[Floats]) -> Floats:
    flat: Floats = np.concatenate([array.ravel() for array in arrays])
    finite: Floats = flat[np.isfinite(flat)]
    return finite
