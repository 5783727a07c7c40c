"""How columns are coded: each is a product of numbers and of indicators of categories.

formulaic decides which products a model needs, so that none is redundant. What it has decided is
kept here as plain records. They code other rows in the same way, without formulaic, and they say
which hypotheses an analysis of variance tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.design import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmmlab.formula.matrices import Variable

_PIECE = re.compile(r"v([0-9]+)(?:\[(T\.)?([0-9]+)\])?")


@dataclass(frozen=True)
class Piece:
    """One factor of the product that makes a column.

    Parameters
    ----------
    variable : int
        Which variable.
    part : int or None
        Which of its columns or categories; None for plain numbers.
    contrast : bool
        Whether the category is compared with the first one, which then has no column of its own.
    """

    variable: int
    part: int | None = None
    contrast: bool = False


Column = tuple[Piece, ...]  #: the pieces whose product is one column; () is the intercept


def column(name: str) -> Column:
    """Read formulaic's name of a column.

    Examples
    --------
    >>> column("v0[T.2]:v1")
    (Piece(variable=0, part=2, contrast=True), Piece(variable=1, part=None, contrast=False))
    >>> column("Intercept")
    ()
    """
    return tuple(
        Piece(int(variable), int(part) if part else None, bool(contrast))
        for variable, contrast, part in _PIECE.findall(name)
    )


def written(pieces: Column, variables: Sequence[Variable]) -> str:
    """Write the name of a column as lme4 does."""
    if not pieces:
        return "(Intercept)"
    return ":".join(
        variables[piece.variable].label
        + ("" if piece.part is None else variables[piece.variable].parts[piece.part])
        for piece in pieces
    )


def product(columns: Sequence[Column], variables: Sequence[Variable], n: int) -> Floats:
    """Compute columns (n, k) from the values of their variables."""
    made = np.ones((n, len(columns)))
    for k, pieces in enumerate(columns):
        for piece in pieces:
            variable = variables[piece.variable]
            if variable.categorical:
                made[:, k] *= variable.values == piece.part
            else:
                made[:, k] *= (
                    variable.values if piece.part is None else variable.values[:, piece.part]
                )
    return made


def hypotheses(columns: Sequence[Column], variables: Sequence[Variable]) -> Floats:
    """Give the effects (p, p) of sum-to-zero coding as combinations of those of these columns.

    Parameters
    ----------
    columns : sequence of p columns
        As formulaic codes them: a category is compared with the first one.
    variables : sequence of Variable
        What they are products of.

    Returns
    -------
    (p, p) array
        Row k times beta is the effect that column k would have, if each category were compared
        with the mean of all, and everything else taken at the mean over the categories of its
        factors. Covariates stay as they are.

    Notes
    -----
    A combination of categories is a vector of the tensor product of its factors. The effect of
    column c in sum-to-zero coding is a product of functionals, one for each factor: the value at a
    category less the mean where c has a contrast, the value itself where c has an indicator, and
    the mean where c does not have the factor. These are dual to the columns of that coding, since
    no two columns that are not redundant have an interaction of factors in common. Applied to the
    indicators at hand they give the weights, without any row of data.
    """

    def categorical(piece: Piece) -> bool:
        return variables[piece.variable].categorical

    numbers = [frozenset(piece for piece in c if not categorical(piece)) for c in columns]
    places = {covariates: k for k, covariates in enumerate(dict.fromkeys(numbers))}
    kind = np.array([places[covariates] for covariates in numbers], dtype=np.intp)
    L = np.equal.outer(kind, kind).astype(float)
    for v in {piece.variable for c in columns for piece in c if categorical(piece)}:
        found = [next((piece for piece in c if piece.variable == v), None) for c in columns]
        part = np.array([-1 if piece is None else piece.part for piece in found])
        contrast = np.array([piece is not None and piece.contrast for piece in found])
        there = part >= 0
        value = np.where(there, np.equal.outer(part, part), 1.0)
        mean = np.where(there, 1.0 / len(variables[v].parts), 1.0)
        L *= np.where(there[:, None], value - contrast[:, None] * mean, mean)
    return L
