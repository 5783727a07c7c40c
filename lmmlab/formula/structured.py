"""What a table says of residuals: which rows belong together, when each was measured, which sd.

The columns that a `lmmlab.formula.residual.Structure` names are looked up and checked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.formula.random import crossed
from lmmlab.formula.residual import Structure, quoted
from lmmlab.formula.table import levels
from lmmlab.model.remarks import listed
from lmmlab.residual.exchangeable import Exchangeable
from lmmlab.residual.serial import Serial
from lmmlab.residual.structure import Correlation, Residual
from lmmlab.residual.unequal import Unequal
from lmmlab.residual.unstructured import Unstructured

if TYPE_CHECKING:
    import pandas as pd

_MOST_OCCASIONS = 12  # 66 correlations
_EXACT = 2.0**53  # whole numbers above this are not all numbers of a computer


def read(structure: Structure, rows: pd.DataFrame) -> Residual:
    """Look up the columns of a structure in the rows that are used.

    Raises
    ------
    LMMError
        If they do not hold what the structure needs: what is wrong, where, and what to do.
    """
    correlation = _correlation(structure, rows) if structure.correlation else None
    return Residual(
        correlation, tuple(_unequal(name, rows) for name in structure.variances), repr(structure)
    )


def _unequal(name: str, rows: pd.DataFrame) -> Unequal:
    codes, found = levels(rows[name])
    if len(found) < 2:
        raise LMMError(
            f"variances({quoted(name)}): {name} is {found[0]} in all {len(rows)} rows that are "
            "used, so there is one residual sd only. Leave it out."
        )
    few = [level for level, n in zip(found, np.bincount(codes), strict=True) if n < 2]
    if few:
        raise LMMError(
            f"variances({quoted(name)}): {listed(few)} of {name} has a single row, which tells "
            "no sd. Join it with another level."
        )
    return Unequal(name, codes, found)


def _correlation(structure: Structure, rows: pd.DataFrame) -> Correlation:
    """Make the correlation from the columns that it names."""
    kind, *times, group = structure.correlation
    codes, found = crossed(tuple(group.split(":")), rows)
    if np.bincount(codes).max() < 2:
        raise LMMError(
            f"Each {group} has one row only, so nothing tells how residuals within {group} "
            "correlate. Name the column that says which rows belong together."
        )
    if kind == "compound_symmetry":
        return Exchangeable(group, codes, found)
    [time] = times
    if kind == "unstructured":
        return _unstructured(time, group, codes, found, rows)
    when = _times(kind, time, rows)
    _require_distinct(time, group, codes, found, when, when.tolist())
    return Serial(group, time, codes, found, when, continuous=kind == "car1")


def _times(kind: str, time: str, rows: pd.DataFrame) -> Floats:
    """Read times: numbers, of AR(1) whole ones."""
    from pandas.api.types import is_any_real_numeric_dtype

    column = rows[time]
    if not is_any_real_numeric_dtype(column):
        raise LMMError(
            f"{kind}({quoted(time)}, ...): {time} does not hold numbers (its first value is "
            f"{str(column.iloc[0])!r}). Make it numbers, such as days since the start."
        )
    when: Floats = column.to_numpy(dtype=float)
    if not (np.abs(when) < _EXACT).all():
        raise LMMError(f"{time} holds times that are infinite, or beyond 9e15. Correct them.")
    if kind == "ar1" and (odd := np.flatnonzero(when != np.round(when))).size:
        raise LMMError(
            f"ar1 counts occasions, but {time} is {when[odd[0]]:g} in row "
            f"{rows.index[odd[0]]}, which is no whole number. Number the occasions 0, 1, 2, ..., "
            f"or use car1({quoted(time)}, ...), which takes any times."
        )
    return when


def _unstructured(
    time: str, group: str, codes: Ints, found: tuple[str, ...], rows: pd.DataFrame
) -> Unstructured:
    """Read occasions, and refuse those whose correlation nothing tells."""
    occasions, labels = levels(rows[time])
    if not 2 <= len(labels) <= _MOST_OCCASIONS:
        more = f"; {_MOST_OCCASIONS} are the most. For so many use car1 or ar1."
        raise LMMError(
            f"unstructured({quoted(time)}, ...): {time} has {len(labels)} different values"
            + (more if len(labels) > 2 else ", so there is nothing to correlate.")
        )
    _require_distinct(time, group, codes, found, occasions, labels)
    there = np.zeros((len(found), len(labels)))
    there[codes, occasions] = 1.0
    together = there.T @ there
    if not together.all():
        first, second = np.argwhere(together == 0.0)[0]
        raise LMMError(
            f"No {group} has rows at both {time} {labels[first]} and {labels[second]}, so nothing "
            f"tells their correlation. Leave out one of them, or use ar1 or car1."
        )
    return Unstructured(group, time, codes, found, occasions, labels)


def _require_distinct(
    time: str, group: str, codes: Ints, found: tuple[str, ...], when: Any, labels: Any
) -> None:
    """Refuse two rows of a group at one time."""
    order = np.lexsort((when, codes))
    same = (np.diff(codes[order]) == 0) & (np.diff(when[order]) == 0)
    if same.any():
        row = order[int(np.argmax(same))]
        shown = labels[when[row]] if when.dtype == np.intp else f"{when[row]:g}"
        raise LMMError(
            f"{group} {found[codes[row]]} has two rows at {time} {shown}, and residuals can only "
            f"be told apart by their {time}. Correct {time}, or keep one row for each."
        )
