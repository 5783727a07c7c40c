"""The random terms of a model: one for each grouping factor, the one with most levels first.

Bars that share a grouping factor are independent blocks of one term: ``(1 | g) + (0 + x | g)`` is
``(x || g)``. The factor of ``a:b`` is the combinations of both; its levels are named as lme4 names
them, ``"Golden Rain:I"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Ints, LMMError, Term
from lmmlab.formula.coding import Column
from lmmlab.formula.relationship import rank, related_terms
from lmmlab.formula.table import levels
from lmmlab.formula.terms import Model

if TYPE_CHECKING:
    import pandas as pd

    from lmmlab.formula.matrices import Matrix

Group = tuple[str, ...]  #: the columns whose combinations are the levels of a grouping factor


def random_terms(
    model: Model, rows: pd.DataFrame, made: tuple[Matrix, ...], relationship: Any = None
) -> tuple[tuple[Term, ...], tuple[Group, ...], tuple[Column, ...]]:
    """Make the random terms from the columns of each bar.

    Parameters
    ----------
    model : Model
    rows : DataFrame
    made : tuple of Matrix
        The columns of each bar.
    relationship : dict of str to matrix, optional
        How the levels of some grouping factors are related.

    Returns
    -------
    terms : tuple of Term
    groups : tuple of tuple of str
        The columns of the table that make the grouping factor of each term.
    columns : tuple of Column
        How the columns of all terms are coded, in their order.
    """
    bars: dict[frozenset[str], list[int]] = {}  # a:b and b:a are the same
    for k, part in enumerate(model.random):
        bars.setdefault(frozenset(part.group), []).append(k)
    found = []
    for own in bars.values():
        group = model.random[own[0]].group
        correlated = [model.random[k].correlated for k in own]
        matrices = [made[k] for k in own]
        columns = [column for matrix in matrices for column in matrix.columns]
        found.append((_term(group, rows, matrices, correlated), group, columns))
    related = related_terms(tuple(term for term, *_ in found), relationship)
    found = [(term, *rest) for term, (_, *rest) in zip(related, found, strict=True)]
    found.sort(key=lambda one: rank(one[0]))  # those with as many levels stay in order
    terms, groups, coded = zip(*found, strict=True) if found else ((), (), ())
    return terms, groups, tuple(column for columns in coded for column in columns)


def crossed(group: Group, rows: pd.DataFrame) -> tuple[Ints, tuple[str, ...]]:
    """Give the index of the level of each row, and the names of the levels that have rows."""
    codes, found = levels(rows[group[0]])
    for name in group[1:]:
        inner, labels = levels(rows[name])
        used, codes = np.unique(codes * len(labels) + inner, return_inverse=True)
        found = tuple(f"{found[k // len(labels)]}:{labels[k % len(labels)]}" for k in used)
    return np.asarray(codes, dtype=np.intp), found


def _term(group: Group, rows: pd.DataFrame, made: list[Matrix], correlated: list[bool]) -> Term:
    """Merge the bars of one grouping factor into one term with blocks."""
    codes, found = crossed(group, rows)
    factor = ":".join(group)
    if len(found) < 2:
        raise LMMError(
            f"The grouping factor {factor} has only one level, {found[0]}, in the {len(rows)} "
            "rows that are used. How much groups differ can only be seen from several; use a "
            "column that tells them apart."
        )
    names = [name for part in made for name in part.names]
    for name in names:
        if names.count(name) > 1:
            raise LMMError(
                f"{name} varies between the levels of {factor} in two random terms, which "
                "cannot be told apart; name it in one of them. (x | g) already contains (1 | g); "
                "write (0 + x | g) for the slope alone."
            )
    blocks = [
        block
        for part, together in zip(made, correlated, strict=True)
        for block in ([len(part.names)] if together else [1] * len(part.names))
    ]
    return Term(
        group=factor,
        names=tuple(names),
        Z=np.hstack([part.values for part in made]),
        codes=codes,
        levels=found,
        blocks=tuple(blocks),
    )
