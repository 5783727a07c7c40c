"""Panels of variances that labs with several sources of them share: spreads, and correlations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.design import Floats
from lmmlab.labs._numbers import decimal
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Bars, Heatmap, Label, Mark, Panel


def spreads(
    sources: Sequence[tuple[str, str, float, float]],
    *,
    top: float,
    unit: str,
    digits: int = 1,
    title: str = "Where the spread is",
) -> Panel:
    """Show the sd of each source of variance, in truth and as fitted.

    Parameters
    ----------
    sources : sequence of (name, role, truth, fitted)
        Fitted is NaN, and a dash is drawn, where the fit does not know the source.
    top : float
        Upper end of the axis at the first look; it grows by fifths.
    unit, digits : str, int
        How an sd is written.
    title : str
    """
    values = np.array([value for *_, true, found in sources for value in (true, found)])
    high = cover((0.0, top), 1.12 * values, step=top / 5.0)[1]
    marks: list[Mark] = []
    for k, (name, role, true, found) in enumerate(sources):
        for x, value, who in ((k - 0.2, true, "truth"), (k + 0.2, found, "model")):
            if np.isfinite(value):
                marks.append(Bars(np.array([x]), np.zeros(1), np.array([value]), 0.36, who))
                said = decimal(value, digits)
            else:
                said = "–"
            marks.append(
                Label(x, (value if np.isfinite(value) else 0.0) + 0.05 * high, said, who, "middle")
            )
        marks.append(Label(float(k), -0.08 * high, name, role, "middle"))
    across = Axis("truth left, fit right", (-0.6, len(sources) - 0.4), ticked=False)
    return Panel(title, across, Axis("SD", (-0.16 * high, high), unit), tuple(marks), aspect=1.6)


def correlations(sds: Floats, shared: Sequence[NDArray[np.bool_]]) -> Floats:
    """Give the correlations (n, n) of rows that share some sources of variance.

    Parameters
    ----------
    sds : (s + 1,) array
        Of each source, noise last; an unknown one counts as 0.
    shared : s (n, n) arrays of bool
        Which rows share it.
    """
    *variances, noise = np.where(np.isfinite(sds), sds, 0.0) ** 2
    V = sum(variance * same for variance, same in zip(variances, shared, strict=True))
    V = V + noise * np.eye(len(shared[0]))
    return np.asarray(V / V[0, 0])


def alike(
    true: Floats,
    fitted: Floats | None,
    *,
    label: str,
    title: str,
    edges: Floats | None = None,
    ticked: bool = False,
    lowest: float = 0.0,
) -> Panel:
    """Show how rows correlate: the fit above the diagonal, the truth below.

    Parameters
    ----------
    true, fitted : (n, n) arrays
        Correlations.
    label, title : str
        Names of both axes, and of the panel.
    edges : (n + 1,) array, optional
        Where cells end; 0.5, 1.5, ... by default.
    ticked : bool
        Whether the places of rows mean something.
    lowest : float
        The correlation of the lightest cell, 0 or -1.
    """
    n = len(true)
    at: Floats = np.arange(n + 1.0) + 0.5 if edges is None else edges
    above = np.triu(np.ones((n, n), dtype=bool), 1).T  # rows of cells go upwards
    marks: list[Mark] = []
    for told, kept, role in ((true, above.T, "truth"), (fitted, above, "model")):
        if told is not None:
            marks.append(Heatmap(at, at, np.where(kept, told, np.nan), role, (lowest, 1.0)))
    ends = (float(at[0]), float(at[-1]))
    across = Axis(label, ends, whole=True, ticked=ticked)
    upward = Axis(label if ticked else "", ends, whole=True, ticked=ticked)
    return Panel(title, across, upward, tuple(marks), aspect=1.6)
