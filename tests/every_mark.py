"""A mark of every kind, and what a figure looks like."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lmmlab.picture.marks import Axis, Band, Bars, Ellipse, Heatmap, Label, Line, Points, Segments

NOT = np.nan
T = np.linspace(0.0, 9.0, 10)
IDS = ("a", "b", "c", "d")
X = Axis("days of short sleep", (-0.5, 9.5), whole=True)
Y = Axis("reaction time", (-3.0, 3.0), "ms")

LINES = Line(np.tile(T, (4, 1)), np.array([np.sin(T + k) for k in range(4)]), "own", IDS)
POINTS = Points(T[:4], np.array([0.0, 1.0, NOT, -1.0]), "model", IDS)
ARROWS = Segments(
    T[:4], np.zeros(4), T[:4] + np.array([2.0, 0.1, 0.0, NOT]), np.array([2.0, -1.0, 0.0, 1.0]),
    "model", IDS, arrow=True,
)  # fmt: skip
BAND = Band(T, -1.0 - 0.1 * T, np.where(T == 5.0, NOT, 1.0), "parameter:beta")
ELLIPSE = Ellipse(np.array([4.0, 0.5]), np.array([[4.0, 1.5], [1.5, 1.0]]), "parameter:tau0", 1.5)
CELLS = Heatmap(
    np.arange(4.0), np.arange(3.0), np.array([[0.0, 0.5, 1.0], [2.0, NOT, -1.0]]), "truth", (0, 1)
)
BARS = Bars(T[1:5], np.zeros(4), np.array([1.0, 2.0, NOT, -1.0]), 0.8, "parameter:sigma", IDS)
LABEL = Label(4.0, 1.0, "average $ line", "population", "middle")
EVERY = (LINES, POINTS, ARROWS, BAND, ELLIPSE, CELLS, BARS, LABEL)


def pixels(fig, dpi=80):
    fig.set_dpi(dpi)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
