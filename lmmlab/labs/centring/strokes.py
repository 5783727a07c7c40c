"""Small marks of the centring lab: the zero, the spread read there, a point."""

from __future__ import annotations

import numpy as np

from lmmlab.picture.marks import Line, Points, Segments


def upright(x: float, low: float, high: float, *, dashed: bool = False) -> Line:
    """Draw an upright help line."""
    return Line(np.full((1, 2), x), np.array([[low, high]]), "guide", dashed=dashed)


def piece(x0: float, y0: float, x1: float, y1: float, role: str) -> Segments:
    """Draw one straight piece."""
    return Segments(np.array([x0]), np.array([y0]), np.array([x1]), np.array([y1]), role)


def spread(x: float, centre: float, sd: float) -> Line:
    """Draw the spread of intercepts on the upright axis where they are read."""
    up = np.array([[centre - sd, centre + sd]])
    return Line(np.full((1, 2), x), up, "parameter:tau0", bold=True)


def dot(x: float, y: float, role: str) -> Points:
    """Draw one large point."""
    return Points(np.array([x]), np.array([y]), role, bold=True)
