"""The table behind a formula: which rows are used, and what the names in it stand for.

Rows with a missing value in any column of the formula are dropped together and before anything
is computed, so that all parts of a model have the same rows and ``center(x)`` is centred on the
rows that are fitted. What such a transform has found is remembered for the rows of other tables.
Arithmetic is done here, by NumPy on columns, and never by evaluating text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Floats, Ints, LMMError, require_distinct
from lmmlab.formula.pieces import Call, Name, Node, Number, Sign, columns, text

if TYPE_CHECKING:
    import pandas as pd

#: What is remembered of the rows that are fitted, so that others are read in the same way: whether
#: a column is one of numbers or which levels it has, the mean and sd of center() and scale(), the
#: basis of poly() and bs().
Memory = dict[Node, Any]
NUMBERS = "numbers"

_ARITHMETIC = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "log": np.log,
    "exp": np.exp,
    "sqrt": np.sqrt,
}


def complete_rows(data: Any, names: list[str]) -> tuple[pd.DataFrame, Ints]:
    """Take the rows in which nothing is missing, and say which they are, counted from 0.

    Raises
    ------
    LMMError
        If `data` is no table, has no rows, lacks a column, or no row is complete.
    """
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        raise LMMError(
            f"The data are a {type(data).__name__}, but must be a table: a pandas DataFrame with "
            "one row per measurement, such as load('sleepstudy') or pandas.read_csv(file)."
        )
    for name in names:
        if (count := list(data.columns).count(name)) != 1:
            raise LMMError(
                _no_column(name, [str(column) for column in data.columns])
                if count == 0
                else f"The table has {count} columns called {name}; rename all but one."
            )
    if len(data) == 0:
        raise LMMError("The table has no rows; a model needs data.")
    rows = data[list(dict.fromkeys(names))]
    missing = rows.isna().to_numpy()
    keep = ~missing.any(axis=1)
    if not keep.any():
        counts = ", ".join(f"{n} ({k})" for n, k in zip(rows, missing.sum(axis=0), strict=True))
        raise LMMError(
            f"Each of the {len(data)} rows has a missing value in a column that the formula uses. "
            f"Missing values by column: {counts}. Leave out the column that is mostly missing."
        )
    if not keep.all():
        rows = rows[keep]
    return rows.infer_objects(), np.flatnonzero(keep)


def _no_column(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    if name in names:  # as text; the table's own is something else
        return (
            f"The table has a column {name} whose name is no text, but a formula can only name "
            "text. Rename it, or all with data.columns = data.columns.astype(str)."
        )
    lower = {column.lower(): column for column in names}
    near = [lower[match] for match in get_close_matches(name.lower(), lower, 3)]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"The table has no column {name}.{hint} Its columns are: {shown or 'none'}."


def levels(column: pd.Series) -> tuple[Ints, tuple[str, ...]]:
    """Give the index of the category of each row, and the names of the categories.

    They stand in the order of a categorical column and are sorted otherwise; categories without a
    row are left out.

    Raises
    ------
    LMMError
        If two categories have the same name, as the number 1 and the text "1" have.
    """
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories().cat
        codes, found = used.codes.to_numpy(), used.categories
    else:
        codes, found = pd.factorize(
            column.astype(str) if column.dtype == object else column, sort=True
        )
    whole = [int(v) if isinstance(v, float) and v.is_integer() else v for v in found]
    names = tuple(map(str, whole))
    require_distinct(names, str(column.name))
    return codes.astype(np.intp), names


def numbers(node: Node | None, rows: pd.DataFrame, memory: Memory) -> Any:
    """Compute a piece of a formula that is arithmetic: one number for each row.

    Parameters
    ----------
    node : Node
        The piece.
    rows : DataFrame
        The rows.
    memory : dict
        Means and sds that are known; those that are not are those of these rows, and added.

    Raises
    ------
    LMMError
        If a column does not hold numbers, or a result is not finite, naming it.
    """
    match node:
        case Number(value):
            return np.float64(value)
        case Name(name):
            return check_finite(_column(name, rows), node, rows)
    with np.errstate(all="ignore"):
        match node:
            case Sign("+" | "-" as sign, None, right):
                return numbers(right, rows, memory) * (1.0 if sign == "+" else -1.0)
            case Sign(sign, left, right):
                values = _ARITHMETIC[sign](
                    numbers(left, rows, memory), numbers(right, rows, memory)
                )
            case Call("I", argument):
                values = numbers(argument, rows, memory)
            case Call("center" | "scale" as function, argument):
                values = numbers(argument, rows, memory)
                if node not in memory:
                    off = values - values.mean()
                    memory[node] = values.mean(), np.sqrt((off**2).sum() / (len(rows) - 1))
                mean, sd = memory[node]
                values = (values - mean) / (sd if function == "scale" else 1.0)
            case Call(function, argument):
                values = _ARITHMETIC[function](numbers(argument, rows, memory))
    return check_finite(values, node, rows)


def _column(name: str, rows: pd.DataFrame) -> Floats:
    from pandas.api.types import is_bool_dtype, is_complex_dtype, is_numeric_dtype

    column = rows[name]
    if not is_numeric_dtype(column) or is_bool_dtype(column) or is_complex_dtype(column):
        raise LMMError(
            f"{name} does not hold numbers (its first value is {str(column.iloc[0])!r}), but the "
            "formula computes with it. Turn it into numbers first, for example with "
            "pandas.to_numeric."
        )
    return column.to_numpy(dtype=np.float64)


def check_finite(values: Any, node: Node | None, rows: pd.DataFrame) -> Any:
    """Give the values back, or say in which rows they are infinite or undefined."""
    bad = ~np.isfinite(values)
    if not bad.any():
        return values
    if np.ndim(values) == 0:
        raise LMMError(f"{text(node)} is not a finite number; change the formula.")
    bad = bad if bad.ndim == 1 else bad.any(axis=1)
    first = int(np.argmax(bad))
    seen = ", ".join(f"{name} = {rows[name].iloc[first]}" for name in dict.fromkeys(columns(node)))
    raise LMMError(
        f"{text(node)} is not a finite number in {bad.sum()} of {len(rows)} rows, first in row "
        f"{rows.index[first]}, where {seen}. Correct or leave out these rows, or transform "
        "otherwise."
    )


def is_numeric(name: str, rows: pd.DataFrame) -> bool:
    """Tell numbers from categories; dates are neither, nor is any object but text."""
    from pandas.api.types import is_any_real_numeric_dtype, is_bool_dtype, is_string_dtype

    column, kind = rows[name], rows[name].dtype.name
    if is_any_real_numeric_dtype(column):
        return True
    if column.dtype == object:
        other = [v for v in column if not isinstance(v, str | bool | np.bool_)]
        if not other:
            return False
        kind = f"{type(other[0]).__name__}, such as {str(other[0])[:40]!r}"
    elif is_bool_dtype(column) or is_string_dtype(column) or kind == "category":
        return False
    raise LMMError(
        f"{name} holds neither numbers nor categories, but {kind}. Turn it into numbers "
        "first, for example into days since the start, or into text to make it categories."
    )
