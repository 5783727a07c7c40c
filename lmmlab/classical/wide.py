"""The wide table: a row for each person, a column for each occasion.

The classical analyses need it, mixed models do not. Where a person has no value the table says NaN,
and each analysis decides what that means to it: `rm_anova` refuses, `missing` has its answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lmmlab.engine.design import LARGEST, Floats, Ints, LMMError

ROUNDING = 1e-24  # a share of a response's (mean) square that is nothing but rounding


class Factor(NamedTuple):
    """Labels of rows: their distinct `levels`, in order, and the place of each row's among them."""

    levels: tuple[str, ...]
    codes: Ints


def factor(name: str, labels: ArrayLike, rows: int) -> Factor:
    """Read the labels of one factor.

    Levels have the order of a Categorical if the labels are one. Otherwise they are sorted, numbers
    by size and texts by the alphabet.

    Raises
    ------
    LMMError
        If there is not one label for each row, or a label is missing.

    Examples
    --------
    >>> factor("day", [3, 0, 3], 3)
    Factor(levels=('0', '3'), codes=array([1, 0, 1]))
    """
    values = _array(labels)
    if values.shape != (rows,):
        raise LMMError(
            f"{name} must be a vector with one label for each of the {rows} values of y; its "
            f"shape is {values.shape}."
        )
    plain = values.dtype != object
    missing = values != values if plain else np.array([_absent(label) for label in values])
    if missing.any():
        raise LMMError(
            f"{name} is missing in row {missing.argmax() + 1}. Say where that row belongs, or drop "
            "it."
        )
    categories = getattr(getattr(labels, "dtype", None), "categories", None)
    if categories is not None:
        known: Any = labels
        used, codes = np.unique(getattr(known, "cat", known).codes, return_inverse=True)
        return Factor(tuple(str(categories[k]) for k in used), codes)
    try:
        levels, codes = np.unique(values, return_inverse=True)
    except TypeError:  # numbers and texts have no common order
        levels, codes = np.unique(values.astype(str), return_inverse=True)
    return Factor(tuple(map(str, levels.tolist())), codes)


def factors(side: str, labels: Mapping[str, ArrayLike], rows: int) -> dict[str, Factor]:
    """Read the labels of several factors, by name; `side` is what the argument is called."""
    if not isinstance(labels, Mapping):
        raise LMMError(
            f"{side} must give each factor a name, for instance {side}={{'day': day}}; this is a "
            f"{type(labels).__name__}."
        )
    return {name: factor(name, own, rows) for name, own in labels.items()}


def _array(labels: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(labels)
    except ValueError:  # ragged
        return np.empty((0, 0))


def _absent(label: Any) -> bool:
    try:
        return label is None or bool(label != label)
    except TypeError:  # pandas' NA is not even known to differ from itself
        return True


def crossed(factors: Mapping[str, Factor], rows: int) -> Factor:
    """Make one factor of several: its levels are their cells, the last factor varying fastest.

    Examples
    --------
    >>> one = factor("day", [0, 1, 0, 1], 4), factor("arm", list("aabb"), 4)
    >>> crossed({"day": one[0], "arm": one[1]}, 4).levels[1]
    'day = 0, arm = b'
    """
    named = ([f"{name} = {level}" for level in one.levels] for name, one in factors.items())
    codes = np.zeros(rows, dtype=np.intp)
    for one in factors.values():
        codes = codes * len(one.levels) + one.codes
    return Factor(tuple(map(", ".join, product(*named))), codes)


def of_person(person: Factor, group: Factor) -> Ints:
    """Give the group (N,) of each person.

    Raises
    ------
    LMMError
        If a person is in two groups.
    """
    own = np.empty(len(person.levels), dtype=np.intp)
    own[person.codes] = group.codes
    moved = np.flatnonzero(own[person.codes] != group.codes)
    if len(moved):
        who, other = person.codes[moved[0]], group.codes[moved[0]]
        raise LMMError(
            f"Person {person.levels[who]} is in two groups, {group.levels[own[who]]} and "
            f"{group.levels[other]}. A factor that changes within a person belongs to within, "
            "not to between; if these are two persons, give each person an id of its own."
        )
    return own


def wide(y: ArrayLike, person: ArrayLike, time: ArrayLike) -> Floats:
    """Put long data, a row for each value, into a table of persons by occasions.

    Parameters
    ----------
    y : (..., n) array
        The response, NaN where it was not measured; leading axes are repetitions of the study.
    person, time : (n,) arrays
        Whose value it is, and at which occasion: numbers, dates, or an ordered Categorical.

    Returns
    -------
    (..., N, T) array
        Persons and occasions in the order of `factor`. NaN where a person has no value, be it that
        y is NaN there or that there is no such row.

    Raises
    ------
    LMMError
        If a person has two rows at one occasion, times are text, whose order nobody can tell,
        labels do not fit y, or y is infinite.

    Examples
    --------
    >>> wide([5.0, 7.0, 6.0], ["b", "a", "b"], [0, 2, 2]).tolist()
    [[nan, 7.0], [5.0, 6.0]]
    """
    y = values(y)
    rows = y.shape[-1]
    times = factor("time", time, rows)
    ordered = getattr(getattr(time, "dtype", None), "ordered", False)
    if not ordered and any(isinstance(label, str) for label in _array(time)):
        raise LMMError(
            f"The occasions are text, {' before '.join(times.levels[:2])} by the alphabet, which "
            "need not be their order in time. Give numbers, or an ordered Categorical."
        )
    return table(y, factor("person", person, rows), crossed({"time": times}, rows))


def values(y: ArrayLike) -> Floats:
    """Give y as an array of floats whose last axis runs over rows; NaN stands for "not measured".

    Raises
    ------
    LMMError
        If y is empty, a single number, or infinite somewhere.
    """
    y = numbers(y)
    if y.ndim == 0 or y.size == 0:
        raise LMMError("y must have at least one row. Check how the data were selected.")
    if (np.abs(y) >= LARGEST).any():
        raise LMMError(
            f"y is {y[np.abs(y) >= LARGEST][0]:g} in a row. Every number must be finite and below "
            "1e100; where nothing was measured write NaN."
        )
    return y


def numbers(y: ArrayLike) -> Floats:
    """Give y as an array of floats, or say that it is none."""
    try:
        return np.asarray(y, dtype=float)
    except (TypeError, ValueError):
        raise LMMError(
            "y must be numbers, equally many in each row of a table. Check for text and for rows "
            "that are too short; where nothing was measured write NaN."
        ) from None


def table(y: Floats, person: Factor, cell: Factor) -> Floats:
    """Arrange y (..., n) as persons by cells (..., N, C); see `wide`."""
    shape = len(person.levels), len(cell.levels)
    place = np.ravel_multi_index((person.codes, cell.codes), shape)
    rows = np.bincount(place)
    if rows.max() > 1:
        who, where = np.unravel_index(rows.argmax(), shape)
        raise LMMError(
            f"Person {person.levels[who]} has {rows.max()} rows at {cell.levels[where]}, and only "
            "one can stand there. Average them first, or fit a mixed model, which takes all rows."
        )
    out = np.full((*y.shape[:-1], shape[0] * shape[1]), np.nan)
    out[..., place] = y
    return out.reshape(*y.shape[:-1], *shape)


def require_complete(Y: Floats, people: Factor, cells: Factor) -> None:
    """Refuse a table with a gap, by name."""
    empty = np.isnan(Y).any(tuple(range(Y.ndim - 2)))
    if not empty.any():
        return
    who, where = np.argwhere(empty)[0]
    more = empty.sum() - 1
    others = f", and {more} other cell{'s are' if more > 1 else ' is'} empty" if more else ""
    raise LMMError(
        f"Person {people.levels[who]} has no value at {cells.levels[where]}{others}. This analysis "
        "needs every person in every cell: leave out the persons who are not complete and say so, "
        "or fit a mixed model, which takes the rows there are."
    )


def by_occasion(Y: ArrayLike) -> Floats:
    """Give a table of persons by occasions as floats, (..., N, T) with T at least 2.

    Raises
    ------
    LMMError
        If it is no such table.
    """
    Y = values(Y)
    if Y.ndim < 2 or Y.shape[-1] < 2:
        raise LMMError(
            f"Y must be a table of persons by occasions, at least two; its shape is {Y.shape}. "
            "`wide` makes it from long data."
        )
    return Y
