"""A matrix of relationship, read and checked, and given to the random term that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.engine.design import Floats, LMMError, Term
from lmmlab.engine.relation import relation
from lmmlab.model.remarks import listed

_SYMMETRIC = 1e-8  # what may differ between K and K', of its largest element


def related(term: Term, K: ArrayLike, names: Sequence[str] | None = None) -> Term:
    """Say how the levels of a random term are related: b has covariance G x K (Kronecker).

    Parameters
    ----------
    term : Term
    K : (m, m) array
        Symmetric, without negative eigenvalues: the relationship of any two people, about 1 on the
        diagonal, 1/2 for parent and child. G is the variance of one with 1 on the diagonal.
    names : sequence of m str, optional
        Whom its rows and columns are about; those that are no levels of the term are of use in
        predictions only. By default the levels of the term, in their order.

    Returns
    -------
    Term

    Raises
    ------
    LMMError
        If K is no such matrix, or has no row for one of the levels.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> term = grouped([1.0, 2, 4], np.ones((3, 1)), np.ones((3, 1)), list("bca")).terms[0]
    >>> pairs = related(term, [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]], names=["b", "a", "c"])
    >>> pairs.levels, (pairs.relation.root @ pairs.relation.root.T).round(6).tolist()[0]
    (('a', 'b', 'c'), [1.0, 0.5, 0.0])
    """
    group, whole = term.group, _checked(_square(K, term.group), term.group)
    if names is None:
        if len(whole) != len(term.levels):
            raise LMMError(
                f"The relationship matrix of {group} is {len(whole)} x {len(whole)}, and {group} "
                f"has {len(term.levels)} levels. A matrix without names must have a row and a "
                f"column for each, in the order of the levels: {listed(term.levels)}."
            )
        return replace(term, relation=relation(whole, group))
    if len(names) != len(whole):
        raise LMMError(
            f"The relationship matrix of {group} is {len(whole)} x {len(whole)}, but has "
            f"{len(names)} names. Give one for each row."
        )
    place = {name: k for k, name in enumerate(names)}
    if len(place) < len(names):
        twice = next(name for k, name in enumerate(names) if place[name] != k)
        raise LMMError(f"The relationship matrix of {group} has two rows called {twice}.")
    if missing := [level for level in term.levels if level not in place]:
        raise LMMError(
            f"The relationship matrix of {group} has no row for {listed(missing)}. It needs one, "
            "of the same name, for each level in the data; leave these out of the data, or add "
            "them."
        )
    order = [place[level] for level in term.levels]
    more = sorted(set(place.values()).difference(order))
    known = replace(
        relation(whole[np.ix_(order, order)], group),
        others=tuple(names[k] for k in more),
        between=whole[np.ix_(more, order)],
        alone=whole[more, more],
    )
    return replace(term, relation=known)


def _square(K: ArrayLike, group: str) -> Floats:
    try:
        whole = np.asarray(K)
    except ValueError:  # rows of different lengths
        whole = np.empty(0)
    if (
        whole.ndim != 2
        or not whole.shape[0] == whole.shape[1] > 0
        or whole.dtype.kind not in "biuf"
    ):
        shape = " x ".join(map(str, whole.shape)) or f"a {type(K).__name__}"
        raise LMMError(
            f"The relationship matrix of {group} must be a square matrix of numbers, a row and a "
            f"column for each level; this is {shape}{' of ' * (whole.ndim > 0)}"
            f"{whole.dtype if whole.ndim else ''}."
        )
    return whole.astype(float)


def _checked(K: Floats, group: str) -> Floats:
    """Give K, symmetric to the last digit, or say what is wrong with it."""
    if not np.isfinite(K).all():
        row, column = np.argwhere(~np.isfinite(K))[0]
        raise LMMError(
            f"The relationship matrix of {group} holds {K[row, column]} in row {row + 1}, column "
            f"{column + 1}. Every number must be finite."
        )
    size, off = float(np.abs(K).max()), np.abs(K - K.T)
    if off.max() > _SYMMETRIC * size:
        row, column = np.unravel_index(int(off.argmax()), off.shape)
        raise LMMError(
            f"The relationship matrix of {group} is not symmetric: {K[row, column]:g} in row "
            f"{row + 1}, column {column + 1}, but {K[column, row]:g} in row {column + 1}, column "
            f"{row + 1}."
        )
    return (K + K.T) / 2.0
