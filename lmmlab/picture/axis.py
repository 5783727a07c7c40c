"""Where an axis ends, and where ticks and labels along it stand, decided once for both renderers.

An axis that rescales while a slider moves hides the very change that the slider makes. So limits
start from a fixed window and grow only in whole steps, when something would lie outside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lmmlab.picture.marks import Axis, Floats


def cover(window: tuple[float, float], *arrays: Floats, step: float) -> tuple[float, float]:
    """Grow a window in whole steps until it holds all numbers; it never shrinks.

    Parameters
    ----------
    window : (low, high)
        The limits that suit the first look.
    *arrays : array
        What must be inside, of any shape; entries that are not finite are ignored.
    step : float
        Each end moves by a whole number of steps.

    Examples
    --------
    >>> cover((200.0, 450.0), np.array([190.0, 300.0, np.nan]), step=50.0)
    (150.0, 450.0)
    """
    low, high = window
    for array in arrays:
        inside = array[np.isfinite(array)]
        if inside.size:
            smallest, largest = float(inside.min()), float(inside.max())
            if smallest < low:  # min and max guard against rounding in the last digit
                low = min(low - step * math.ceil((low - smallest) / step), smallest)
            if largest > high:
                high = max(high + step * math.ceil((largest - high) / step), largest)
    return low, high


def ticks(axis: Axis, room: int = 6) -> Floats:
    """Give the round numbers at which an axis has ticks, at most `room` of them.

    Steps are 1, 2 or 5 times a power of ten; whole numbers where the axis asks for them. An axis
    without ticks gives an empty array.

    Examples
    --------
    >>> ticks(Axis("reaction time", (180.0, 480.0), "ms"))
    array([200., 250., 300., 350., 400., 450.])
    >>> ticks(Axis("visits", (0.5, 3.5), whole=True))
    array([1., 2., 3.])
    """
    if not axis.ticked:
        return np.empty(0)
    low, high = axis.limits
    power = math.floor(math.log10((high - low) / room))
    if axis.whole:
        power = max(power, 0)
    while True:
        for factor in (1, 2, 5):
            step = factor * 10.0**power
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first < room:
                places = np.round(np.arange(first, last + 1) * step, max(0, -power))
                return places + 0.0  # no minus before zero
        power += 1


def tick_labels(places: Floats) -> tuple[str, ...]:
    """Write the numbers of ticks: a real minus sign, no digits that say nothing.

    Examples
    --------
    >>> tick_labels(np.array([-0.5, 0.0, 0.5]))
    ('−0.5', '0', '0.5')
    """
    return tuple(_written(float(place)) for place in places)


def _written(number: float) -> str:
    size = abs(number)
    if number and not 1e-4 <= size < 1e7:
        text = f"{number:.6g}"
    else:
        text = f"{number:{',' if size >= 10_000 else ''}.10f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def caption(axis: Axis) -> str:
    """Give the name of an axis with its unit, ``"reaction time, ms"``.

    Examples
    --------
    >>> caption(Axis("reaction time", (180.0, 480.0), "ms"))
    'reaction time, ms'
    """
    return f"{axis.label}, {axis.unit}" if axis.unit else axis.label


def apart(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move values apart until neighbours differ by `gap`, inside (low, high).

    Examples
    --------
    >>> apart([3.0, 2.9, 9.0], 1.0, 0.0, 10.0)
    [3.9, 2.9, 9.0]
    """
    order = np.argsort(values)
    placed = np.clip(np.asarray(values, dtype=float)[order], low + gap, high - gap)
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    for i in range(len(placed) - 1, -1, -1):
        ceiling = high - gap if i == len(placed) - 1 else placed[i + 1] - gap
        placed[i] = min(placed[i], ceiling)
    out = np.empty(len(placed))
    out[order] = placed
    return [float(v) for v in out]
