"""The columns of a design, with its rows sorted by the groups of one factor, and weighted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lmmlab.engine.design import Design, Floats, Ints, LMMError, Term


@dataclass(frozen=True, eq=False)
class Sorted:
    """Columns that lie side by side, as the rows of one array.

    Attributes
    ----------
    columns : (q + p + m, n) array
        Random columns of the factor, fixed columns, responses; times the root of the weights. Who
        asks for them may overwrite them.
    sizes : (J,) integer array
        Rows of each group.
    order : (n,) integer array
        Which row of the design stands in each place.
    weights : (n,) array or None
        In the same order.
    """

    columns: Floats
    sizes: Ints
    order: Ints
    weights: Floats | None


def by_group(design: Design, first: Term | None, Y: Floats) -> Sorted:
    """Sort rows by the levels of `first`, with responses Y (m, n); None: all are one group."""
    n, p = design.X.shape
    Z = np.empty((n, 0)) if first is None else first.Z
    codes = np.zeros(n, dtype=np.intp) if first is None else first.codes
    q, order, weights = Z.shape[1], np.arange(n), design.weights
    columns = np.empty((q + p + len(Y), n))
    columns[:q], columns[q : q + p], columns[q + p :] = Z.T, design.X.T, Y
    if (codes[1:] < codes[:-1]).any():
        order = np.argsort(codes, kind="stable")
        weights = None if weights is None else weights[order]
        for column in columns:
            column[:] = column[order]
    if weights is not None:
        columns *= np.sqrt(weights)
    return Sorted(columns, np.bincount(codes), order, weights)


def require_rows(terms: Sequence[Term]) -> None:
    """Refuse a level that has no rows."""
    for term in terms:
        sizes = np.bincount(term.codes, minlength=len(term.levels))
        if not sizes.all():
            empty = term.levels[int(np.argmin(sizes))]
            raise LMMError(
                f"Level {empty!r} of {term.group} has no rows. Take it out of the levels."
            )
