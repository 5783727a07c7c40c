"""The rows that a model is asked about: those that were fitted, or others, which must fit it."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from lmmlab.engine.design import Design, LMMError, require_finite
from lmmlab.engine.rows import Rows

Reader = TypeVar("Reader")


def own_rows(design: Design) -> Rows:
    """Give the rows that were fitted, with the groups they belong to."""
    groups = [tuple(term.levels[code] for code in term.codes) for term in design.terms]
    own, *others = groups or [()]
    Z = np.hstack([np.empty((len(design.y), 0)), *(term.Z for term in design.terms)])
    return Rows(design.X, Z, own, design.y, tuple(others))


def fitting(design: Design, rows: Rows) -> Rows:
    """Refuse rows that have other columns than the model, or numbers that are not finite."""
    names = tuple(name for term in design.terms for name in term.names)
    p, q = len(design.names), len(names)
    if rows.X.shape[1] != p or rows.Z.shape[1] != q:
        raise LMMError(
            f"The rows do not fit the model: X is {rows.X.shape} and Z {rows.Z.shape}. X needs {p} "
            f"columns and Z {q}."
        )
    require_finite(rows.X, design.names)
    require_finite(rows.Z, names)
    return rows


def reader(read: Reader | None, arrays: str) -> Reader:
    """Give what reads other tables; refuse a model that has none, and say which `arrays` it takes.

    A model made from arrays does not know which columns they came from.
    """
    if read is None:
        raise LMMError(
            "The model was made from arrays, so it cannot read a table. Give the rows as "
            f"lmmlab.engine.rows.Rows({arrays})."
        )
    return read
