"""The design of a mixed model: what was measured, on whom, and what may vary between them.

A `Design` is all that the engine knows of the data. It holds plain arrays, in the order of the
rows of the table, and nothing that depends on a parameter. Formulas and tables end in
`lmmlab.formula`, which makes a `Design`; the labs make theirs from arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from lmmlab.engine.relation import Relation
    from lmmlab.engine.rows import Rows
    from lmmlab.residual.structure import Residual

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LARGEST = 1e100


class LMMError(ValueError):
    """What is wrong with a model or its data, where, and what to do about it."""


@dataclass(frozen=True, eq=False)
class Term:
    """What may vary between the levels of one grouping factor.

    Parameters
    ----------
    group : str
        Name of the grouping factor, ``"Subject"``.
    names : tuple of str
        Names of the q random columns, ``("(Intercept)", "Days")``.
    Z : (n, q) array
        The random columns themselves, one row per observation (not spread out by level).
    codes : (n,) integer array
        Index into `levels` of each row.
    levels : tuple of str
        Names of the J levels.
    blocks : tuple of int
        Sizes of the diagonal blocks of G, in column order. ``(2,)`` is an unstructured 2 x 2
        matrix, ``(x | g)``; ``(1, 1)`` has no covariance, ``(x || g)``.
    relation : Relation, optional
        How the levels are related; None means that they know nothing of each other.

    Raises
    ------
    LMMError
        If the shapes do not match, Z is not finite, there are fewer than two levels, or two of
        them have the same name.
    """

    group: str
    names: tuple[str, ...]
    Z: Floats
    codes: Ints
    levels: tuple[str, ...]
    blocks: tuple[int, ...]
    relation: Relation | None = None

    def __post_init__(self) -> None:
        shape, q = self.Z.shape, len(self.names)
        if shape != (len(self.codes), q) or q == 0 or sum(self.blocks) != q:
            raise LMMError(
                f"The random term of {self.group} does not fit together: Z is {shape}, with "
                f"{len(self.codes)} codes, {q} names and blocks of sizes {self.blocks}. Z needs a "
                "row for each code and a column for each name, and the blocks must add up to these."
            )
        if len(self.levels) < 2:
            raise LMMError(
                f"The grouping factor {self.group} has only one level, {''.join(self.levels)}, so "
                "nothing can vary between levels. Choose a factor with more levels."
            )
        require_distinct(self.levels, self.group)
        if len(self.codes) and not 0 <= self.codes.min() <= self.codes.max() < len(self.levels):
            raise LMMError(
                f"The codes of {self.group} must lie between 0 and {len(self.levels) - 1}, the "
                f"places of its levels; these go from {self.codes.min()} to {self.codes.max()}."
            )
        require_finite(self.Z, self.names)


@dataclass(frozen=True, eq=False)
class Design:
    """The data of a mixed model as arrays: y = X beta + Z b + e.

    Parameters
    ----------
    y : (n,) array
        The response.
    X : (n, p) array
        The columns of the fixed effects; p may be 0.
    names : tuple of str
        Names of the p fixed effects, as lme4 writes them.
    terms : tuple of Term
        The random terms, one per grouping factor; the one with most levels first, which makes the
        fastest search.
    weights : (n,) array, optional
        Known relative precisions: row i has residual variance sigma**2 / weights[i]. None means
        that all rows are equally precise.
    dropped : int
        How many rows of the table were left out because a value was missing.
    rows : (n,) integer array, optional
        Which rows of the table were used, counted from 0; None for a design from arrays.
    formula, response : str
        What the user wrote, for the summary.
    hypotheses : tuple of (str, array)
        For each term of the fixed part its name and the (r, p) matrix L of the hypothesis
        L beta = 0 that an analysis of variance of type III tests; () for a design from arrays.
    read : callable, optional
        Turns another table with the same columns into `Rows` of this model, their groups and their
        response if asked for (`groups`, `response`); None for a design from arrays.
    residual : Residual, optional
        How residuals are related; None means that they are independent and equally precise.

    Raises
    ------
    LMMError
        If there are no rows, shapes do not match, or a number is not finite.
    """

    y: Floats
    X: Floats
    names: tuple[str, ...]
    terms: tuple[Term, ...]
    weights: Floats | None = None
    dropped: int = 0
    rows: Ints | None = None
    formula: str = ""
    response: str = "y"
    hypotheses: tuple[tuple[str, Floats], ...] = ()
    read: Callable[..., Rows] | None = None
    residual: Residual | None = None

    @property
    def row_weights(self) -> Floats:
        """The weights (n,), 1 where none were given."""
        return np.ones(len(self.y)) if self.weights is None else self.weights

    @property
    def effects(self) -> tuple[slice, ...]:
        """The random columns of each term, among those of all."""
        return consecutive([len(term.names) for term in self.terms])

    @property
    def levels(self) -> tuple[slice, ...]:
        """The levels of each term, among those of all."""
        return consecutive([len(term.levels) for term in self.terms])

    @property
    def blocks(self) -> tuple[int, ...]:
        """Sizes of the diagonal blocks of G, of all terms."""
        return tuple(width for term in self.terms for width in term.blocks)

    def __post_init__(self) -> None:
        n = len(self.y)
        if n == 0:
            raise LMMError("The data have no rows. Check how they were selected.")
        shapes = [self.y.shape, self.X.shape]
        if shapes != [(n,), (n, len(self.names))]:
            raise LMMError(
                f"y must be a vector, and X have a row for each of its elements and a column for "
                f"each of {len(self.names)} names; their shapes are {shapes[0]} and {shapes[1]}."
            )
        for term in self.terms:
            if len(term.codes) != n:
                raise LMMError(
                    f"The random term of {term.group} has {len(term.codes)} rows, and y has {n}. "
                    "Both must come from the same rows of the data."
                )
        groups = [term.group for term in self.terms]
        if len(set(groups)) < len(groups):
            raise LMMError(
                f"Two random terms have the grouping factor {max(groups, key=groups.count)}. Put "
                "their columns into one term with several blocks."
            )
        if self.residual is not None and self.weights is not None:
            raise LMMError("A design has weights or a residual structure, and not both.")
        require_finite(self.y[:, None], (self.response,))
        require_finite(self.X, self.names)
        if self.weights is not None:
            if self.weights.shape != (n,) or not (self.weights > 0).all():
                raise LMMError("weights must be positive numbers, one for each row.")
            require_finite(self.weights[:, None], ("weights",))


def consecutive(sizes: Sequence[int]) -> tuple[slice, ...]:
    """Give the places of parts of these sizes, one after the other."""
    ends = np.cumsum(sizes).tolist()
    return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))


def require_finite(columns: Floats, names: tuple[str, ...]) -> None:
    """Raise an `LMMError` that names the column if a number is missing, or not below 1e100."""
    finite = np.abs(columns) < LARGEST  # so that squares are finite too; false for NaN
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise LMMError(
            f"{names[column]} is {columns[row, column]:g} in row {row + 1}. Every number must be "
            "finite and below 1e100: drop the row, or check how the column was computed."
        )


def read_numbers(what: str, values: ArrayLike, ndim: int) -> Floats:
    """Make an array of numbers, or say that these are none."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        array = np.empty(0)
    if array.dtype.kind not in "biuf" or array.ndim != ndim:
        shape = ("one dimension", "two dimensions")[ndim - 1]
        raise LMMError(f"{what} must be an array of numbers in {shape}, a row per measurement.")
    return array.astype(float, copy=False)


def require_distinct(levels: tuple[str, ...], group: str) -> None:
    """Refuse two levels of the same name, since new rows are told by the name of their level."""
    if len(set(levels)) < len(levels):
        twice = next(level for level in levels if levels.count(level) > 1)
        raise LMMError(
            f"{group} has two levels called {twice}, which cannot be told apart by their name. "
            "Rename one of them."
        )


def grouped(
    y: ArrayLike,
    X: ArrayLike,
    Z: ArrayLike,
    groups: ArrayLike,
    *,
    blocks: tuple[int, ...] | None = None,
    names: tuple[str, ...] | None = None,
    random_names: tuple[str, ...] | None = None,
    group: str = "group",
    weights: ArrayLike | None = None,
) -> Design:
    """Make a design with one grouping factor from arrays.

    Parameters
    ----------
    y : (n,) array
        The response.
    X : (n, p) array
        The columns of the fixed effects, that of the intercept included.
    Z : (n, q) array
        The columns of the random effects.
    groups : (n,) array
        Which level each row belongs to: numbers or strings. Levels are sorted.
    blocks : tuple of int, optional
        Sizes of the blocks of G; one unstructured block by default.
    names, random_names : tuple of str, optional
        Names of the columns of X and Z; ``x0, x1, ...`` and ``z0, z1, ...`` by default.
    group : str
        Name of the grouping factor.
    weights : (n,) array, optional
        Known relative precisions.

    Returns
    -------
    Design

    Raises
    ------
    LMMError
        If the arrays do not fit together or hold a number that is not finite.

    Examples
    --------
    >>> made = grouped([1.0, 2.0, 4.0], np.ones((3, 1)), np.ones((3, 1)), ["b", "a", "b"])
    >>> made.terms[0].levels, made.terms[0].codes.tolist(), made.names
    (('a', 'b'), [1, 0, 1], ('x0',))
    """
    y, X, Z = read_numbers("y", y, 1), read_numbers("X", X, 2), read_numbers("Z", Z, 2)
    p, q = X.shape[1], Z.shape[1]
    levels, codes = np.unique(np.asarray(groups), return_inverse=True)
    term = Term(
        group,
        random_names or tuple(f"z{k}" for k in range(q)),
        Z,
        codes,
        tuple(map(str, levels.tolist())),
        blocks or (q,),
    )
    return Design(
        y,
        X,
        names or tuple(f"x{k}" for k in range(p)),
        (term,),
        None if weights is None else np.asarray(weights, dtype=float),
    )
