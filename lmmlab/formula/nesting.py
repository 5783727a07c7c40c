"""Which grouping factor lies within which: in a formula, and level by level.

Two things of `simulate` depend on it. A table is laid out so that a nested factor has levels of
its own in each level of the outer one. And draws belong to a level by its place, so that it keeps
them when there are more schools, or more classes in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from lmmlab.engine.design import Ints, LMMError
from lmmlab.formula.terms import Model
from lmmlab.study.simulate import visits

if TYPE_CHECKING:
    import pandas as pd

    from lmmlab.formula.residual import Structure

MOST_ROWS = 1_000_000


def factors(model: Model) -> list[frozenset[str]]:
    """List the grouping factors as the columns that make them, in the order of the formula."""
    return list(dict.fromkeys(frozenset(part.group) for part in model.random))


def around(model: Model, residual: Structure | None = None) -> dict[str, frozenset[str]]:
    """Give for each grouping column the columns that it is nested in.

    Columns that group the residuals alone are nested in nothing.

    Examples
    --------
    >>> from lmmlab.formula.terms import parse
    >>> found = around(parse("y ~ 1 + (1 | school/class) + (1 | item)"))
    >>> {name: sorted(outer) for name, outer in found.items()}
    {'class': ['school'], 'school': [], 'item': []}
    """
    known = factors(model)
    columns = dict.fromkeys(name for part in model.random for name in part.group)
    smallest = {name: min((f for f in known if name in f), key=len) for name in columns}
    outer = {
        name: frozenset(other for other in own - {name} if name not in smallest[other])
        for name, own in smallest.items()
    }
    alone = [] if residual is None else residual.groups
    return outer | {name: frozenset() for name in alone if name not in outer}


def laid_out(
    model: Model,
    response: str,
    groups: int | Mapping[str, int] | None,
    per_group: int | None,
    residual: Structure | None = None,
) -> pd.DataFrame:
    """Make the table of a study in which all combinations of groups have as many rows.

    Raises
    ------
    LMMError
        If the numbers, or their names, do not fit the formula.
    """
    import pandas as pd

    outer = around(model, residual)
    used = model.predictors + ([] if residual is None else residual.columns)
    predictors = [column for column in dict.fromkeys(used) if column not in outer]
    if not outer:
        raise LMMError(
            "Neither the formula nor the residuals have groups; give data= a table with the "
            f"columns {', '.join(used)}."
        )
    sizes = _sizes(outer, groups)
    if per_group is None and len(outer) > 1:
        per_group = 1
    if len(predictors) > 1:
        raise LMMError(
            f"The formula has several predictors, {', '.join(predictors)}; give data= a table with "
            f"all of its columns: {', '.join(dict.fromkeys(used))}."
        )
    for count, least, what in (
        *((count, 2, "groups" if len(outer) == 1 else name) for name, count in sizes.items()),
        (per_group, 1, "per_group"),
    ):
        if not is_whole(count) or count < least:
            raise LMMError(f"{what} is {count!r}; give a whole number from {least} on.")
    assert per_group is not None
    if len(outer) > 1 and predictors and per_group == 1:
        raise LMMError(
            f"With one row in each combination of {' and '.join(sizes)}, {predictors[0]} would be "
            "0 in all of them. Give per_group from 2 on, or give data= a table with this column."
        )
    rows = int(per_group) * prod(int(size) for size in sizes.values())
    if rows > MOST_ROWS:
        each = " x ".join(map(str, (*sizes.values(), per_group)))
        raise LMMError(f"{each} rows are too many; {MOST_ROWS} are the most.")
    order = sorted(sizes, key=lambda name: len(outer[name]))  # whole schools first
    codes = np.indices((*(sizes[name] for name in order), per_group)).reshape(len(order) + 1, -1)
    columns: dict[str, Any] = {response: 0.0} | {name: codes[-1] for name in predictors}
    for name in order:
        lie = [k for k, other in enumerate(order) if other in outer[name] or other == name]
        own = np.ravel_multi_index(codes[lie], [sizes[order[k]] for k in lie])
        places = np.indices([sizes[order[k]] for k in lie]).reshape(len(lie), -1).T + 1
        labels = [".".join(map(str, place)) for place in places]
        columns[name] = pd.Categorical.from_codes(own, categories=labels)
    return pd.DataFrame(columns)


def _sizes(
    outer: Mapping[str, frozenset[str]], groups: int | Mapping[str, int] | None
) -> dict[str, Any]:
    """Give the number of levels of each grouping column, within one level of what is around it."""
    if isinstance(groups, Mapping):
        if set(groups) == set(outer):
            return dict(groups)
    elif len(outer) == 1:
        return dict.fromkeys(outer, groups)
    asked = {name: 10 for name in sorted(outer, key=lambda name: len(outer[name]))}
    raise LMMError(
        f"groups is {groups!r}, and the grouping columns of the formula are {', '.join(asked)}. "
        f"Say how many levels each has, those of a nested one within one outer level, such as "
        f"groups={asked!r}; or give data= a table with these columns."
    )


def is_whole(value: Any) -> TypeGuard[int]:
    """Tell whether this is a whole number, and not a truth value."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def finest(known: Sequence[frozenset[str]]) -> int:
    """Say to which factor the rows belong: the one made of most columns, else the first."""
    return max(range(len(known)), key=lambda k: (len(known[k]), -k))


def paths(known: Sequence[frozenset[str]], codes: Sequence[Ints]) -> list[Ints]:
    """Say where each level of each factor lies: a row of numbers, from the outermost factor in.

    Parameters
    ----------
    known : sequence of sets of str
        The columns that make each factor.
    codes : sequence of (n,) integer arrays
        The level of each row, by factor.

    Returns
    -------
    list of (J, d) integer arrays
        See `lmmlab.study.simulate.within`.

    Examples
    --------
    >>> school, child = np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3])
    >>> known = [frozenset(["school"]), frozenset(["school", "child"])]
    >>> [found.tolist() for found in paths(known, [school, child])]
    [[[0], [1]], [[0, 0], [0, 1], [1, 0], [1, 1]]]
    """
    found: dict[int, Ints] = {}
    for k in sorted(range(len(known)), key=lambda k: len(known[k])):
        first = np.unique(codes[k], return_index=True)[1]
        outer = [j for j in found if known[j] < known[k]]
        if not outer:
            found[k] = np.arange(len(first))[:, None]
            continue
        parent = max(outer, key=lambda j: len(known[j]))
        inside = codes[parent][first]
        found[k] = np.column_stack([found[parent][inside], visits(inside)])
    return [found[k] for k in range(len(known))]
