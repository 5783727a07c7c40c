"""Matrices of relationship as tables: names on both axes, given by grouping factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from lmmlab.engine.design import LMMError, Term
from lmmlab.kinship.related import related
from lmmlab.model.remarks import listed


def related_terms(terms: tuple[Term, ...], relationship: Any) -> tuple[Term, ...]:
    """Give the random terms their matrices of relationship.

    Raises
    ------
    LMMError
        If a matrix is about no grouping factor of the model, or cannot be (`related`).
    """
    if relationship is None:
        return terms
    groups = [term.group for term in terms]
    if not isinstance(relationship, dict) or not relationship:
        raise LMMError(
            "relationship must name the grouping factor that a matrix is about, such as "
            'relationship={"id": K}.'
        )
    if unknown := [str(group) for group in relationship if group not in groups]:
        raise LMMError(
            f"relationship has a matrix for {listed(unknown)}, but the formula groups by "
            f"{listed(groups)}. Write (1 | {unknown[0]}) in the formula, or correct the name."
        )
    return tuple(
        related(term, *_named(relationship[term.group], term))
        if term.group in relationship
        else term
        for term in terms
    )


def rank(term: Term) -> tuple[bool, int]:
    """Give a key by which to sort terms: that with most levels leads.

    Several random effects of relatives cannot be rotated apart, so they stand last
    (`lmmlab.engine.relation.leading`).
    """
    return term.relation is not None and len(term.names) > 1, -len(term.levels)


def person_names(labels: Any) -> list[str]:
    """Write the names of people as levels are written: 1.0 and 1 are the same."""
    labels = labels.tolist()
    return [
        str(int(name) if isinstance(name, float) and name.is_integer() else name) for name in labels
    ]


def _named(K: Any, term: Term) -> tuple[Any, list[str] | None]:
    """Give the matrix, and the names of its rows if it is a table."""
    import pandas as pd

    if not isinstance(K, pd.DataFrame):
        return K, None
    rows, columns = person_names(K.index), person_names(K.columns)
    if sorted(rows) != sorted(columns) or len(set(rows)) < len(rows):
        lone = [name for name in columns if name not in rows] or [
            name for name in rows if name not in columns or rows.count(name) > 1
        ]
        raise LMMError(
            f"The relationship matrix of {term.group} must have the same names on both axes, each "
            f"once; {listed(lone or columns)} is not so. If a column holds the names of the rows, "
            "use table.set_index(column)."
        )
    place = {name: k for k, name in enumerate(columns)}
    numbers = all(pd.api.types.is_numeric_dtype(kind) for kind in K.dtypes)
    values = K.to_numpy(dtype=float, na_value=np.nan) if numbers else K.to_numpy()
    return values[:, [place[name] for name in rows]], rows
