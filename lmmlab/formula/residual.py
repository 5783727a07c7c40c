"""What a user says of residuals: `ar1`, `car1`, `compound_symmetry`, `unstructured`, `variances`.

These name columns and nothing else; `read` looks them up in a table. A correlation and variances
are combined by ``*``, since the covariance of two residuals is their correlation times their sds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.formula.random import crossed
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


@dataclass(frozen=True)
class Structure:
    """How residuals are related, by names of columns; made by `ar1` and the other verbs.

    Parameters
    ----------
    correlation : tuple of str
        A kind and its columns, ``("ar1", "t", "id")``; () for none.
    variances : tuple of str
        The factors whose levels have their own residual sds.
    """

    correlation: tuple[str, ...] = ()
    variances: tuple[str, ...] = ()

    def __mul__(self, other: object) -> Structure:
        if not isinstance(other, Structure):
            return NotImplemented
        if self.correlation and other.correlation:
            raise LMMError(
                f"{self!r} * {other!r} has two correlations, and residuals have one. A correlation "
                "can be multiplied by variances(...)."
            )
        factors = self.variances + other.variances
        if len(set(factors)) < len(factors):
            raise LMMError(f"{self!r} * {other!r} names a factor of the variances twice.")
        return Structure(self.correlation or other.correlation, factors)

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are named."""
        named = [*self.correlation[1:-1], *self.groups, *self.variances]
        return list(dict.fromkeys(named))

    @property
    def groups(self) -> list[str]:
        """The columns whose combinations are the groups of the correlation."""
        return self.correlation[-1].split(":") if self.correlation else []

    def __repr__(self) -> str:
        calls = [self.correlation] if self.correlation else []
        calls += [("variances", factor) for factor in self.variances]
        return " * ".join(f"{kind}({', '.join(map(_quoted, names))})" for kind, *names in calls)


def ar1(time: str, group: str) -> Structure:
    """Let neighbouring residuals of a group correlate: rho between neighbours, rho**k k steps on.

    Parameters
    ----------
    time : str
        Column of whole numbers that count the occasions; some may be missing. If all gaps are
        multiples of 2, as in ages 8, 10, 12, a step is 2.
    group : str
        Column of the groups within which residuals correlate, such as ``"person"``; ``"a:b"`` are
        the combinations of two.

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``.

    Examples
    --------
    >>> ar1("t", "id") * variances("arm")
    ar1("t", "id") * variances("arm")
    """
    return _structure("ar1", time, group)


def car1(time: str, group: str) -> Structure:
    """Let residuals of a group correlate by rho**(time between them), at any times.

    Parameters
    ----------
    time : str
        Column of times, which need not be equally spaced. rho, between 0 and 1, is the correlation
        one unit of it apart.
    group : str
        Column of the groups within which residuals correlate.

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``.
    """
    return _structure("car1", time, group)


def compound_symmetry(group: str) -> Structure:
    """Let any two residuals of a group correlate equally, negatively too.

    Parameters
    ----------
    group : str
        Column of the groups within which residuals correlate. With m rows at most in a group the
        correlation lies above -1 / (m - 1).

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``.

    Notes
    -----
    A random intercept says the same of positive correlations, so the two cannot be told apart.
    """
    return _structure("compound_symmetry", group)


def unstructured(occasion: str, group: str) -> Structure:
    """Let any two occasions have a correlation of their own.

    Parameters
    ----------
    occasion : str
        Column of the occasions, numbers or categories, which groups share.
    group : str
        Column of the groups within which residuals correlate.

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``.

    Notes
    -----
    These are correlations only (nlme's corSymm): all residuals have the same sd. For a covariance
    matrix without any structure write ``unstructured("age", "child") * variances("age")``.
    """
    return _structure("unstructured", occasion, group)


def variances(factor: str) -> Structure:
    """Let each level of a factor have a residual sd of its own.

    Parameters
    ----------
    factor : str
        Column of categories or numbers. sigma is the sd of the first level; the others are told as
        ratios to it.

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``, alone or multiplied by a correlation.
    """
    return Structure(variances=_names("variances", factor))


def _structure(kind: str, *names: str) -> Structure:
    return Structure(correlation=(kind, *_names(kind, *names)))


def _names(kind: str, *names: object) -> tuple[str, ...]:
    told = tuple(name for name in names if isinstance(name, str) and name)
    if len(told) < len(names):
        raise LMMError(
            f"{kind}() takes names of columns, in quotes; this is {kind}"
            f"({', '.join(map(_quoted, names))})."
        )
    return told


def _quoted(name: object) -> str:
    return f'"{name}"' if isinstance(name, str) else repr(name)


def require_structure(structure: object) -> None:
    """Refuse what is no residual structure."""
    if structure is not None and not isinstance(structure, Structure):
        raise LMMError(
            'residual must be a structure such as ar1("t", "id"), car1("time", "id"), '
            'compound_symmetry("dyad"), unstructured("age", "child") or variances("arm"), or a '
            f"product of a correlation and variances; this is {structure!r}."
        )


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
            f"variances({_quoted(name)}): {name} is {found[0]} in all {len(rows)} rows that are "
            "used, so there is one residual sd only. Leave it out."
        )
    few = [level for level, n in zip(found, np.bincount(codes), strict=True) if n < 2]
    if few:
        raise LMMError(
            f"variances({_quoted(name)}): {listed(few)} of {name} has a single row, which tells "
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
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    column = rows[time]
    if not is_numeric_dtype(column) or is_bool_dtype(column):
        raise LMMError(
            f"{kind}({_quoted(time)}, ...): {time} does not hold numbers (its first value is "
            f"{str(column.iloc[0])!r}). Make it numbers, such as days since the start."
        )
    when: Floats = column.to_numpy(dtype=float)
    if not (np.abs(when) < _EXACT).all():
        raise LMMError(f"{time} holds times that are infinite, or beyond 9e15. Correct them.")
    if kind == "ar1" and (odd := np.flatnonzero(when != np.round(when))).size:
        raise LMMError(
            f"ar1 counts occasions, but {time} is {when[odd[0]]:g} in row "
            f"{rows.index[odd[0]]}, which is no whole number. Number the occasions 0, 1, 2, ..., "
            f"or use car1({_quoted(time)}, ...), which takes any times."
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
            f"unstructured({_quoted(time)}, ...): {time} has {len(labels)} different values"
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
