"""The other grouping factors: what is needed of them beside the first, made once per data set.

With several grouping factors the first one, that with most levels, is dealt with group by group, as
if it were alone (`lmmlab.engine.crossproducts`). The random columns of all others, one for each
effect and level, stand beside X and y in the same rotated rows. They are many and mostly zero; so
they are kept as a sparse matrix where that pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lmmlab.engine.columns import scale
from lmmlab.engine.design import Floats, Ints, Term, consecutive
from lmmlab.engine.relation import Relation
from lmmlab.engine.sorting import Sorted

Matrix = Any  # (rows, columns), an array or a sparse matrix of SciPy

_DENSE = 250_000  # elements, up to which a matrix is not sparse
_ROUNDING = 1e-12  # of a square, that is left within groups, relatively


@dataclass(frozen=True, eq=False)
class Places:
    """Where the random effects of several terms stand: term by term, effect by effect, by level.

    Attributes
    ----------
    widths, levels : tuple of int
        How many random columns and levels each term has.

    Examples
    --------
    >>> places = Places((1, 2), (3, 2))
    >>> places.effect.tolist(), places.level.tolist()
    ([0, 0, 0, 1, 1, 2, 2], [0, 1, 2, 3, 4, 3, 4])
    """

    widths: tuple[int, ...]
    levels: tuple[int, ...]

    @cached_property
    def effects(self) -> tuple[slice, ...]:
        """The random columns of each term, among those of all."""
        return consecutive(self.widths)

    @cached_property
    def of_levels(self) -> tuple[slice, ...]:
        """The levels of each term, among those of all."""
        return consecutive(self.levels)

    @cached_property
    def spans(self) -> tuple[slice, ...]:
        """The random effects of each term, among those of all."""
        return consecutive([w * J for w, J in zip(self.widths, self.levels, strict=True)])

    @cached_property
    def effect(self) -> Ints:
        """The random column of each random effect."""
        return np.repeat(np.arange(sum(self.widths)), np.repeat(self.levels, self.widths))

    @cached_property
    def level(self) -> Ints:
        """The level of each random effect, counted through all terms."""
        parts = zip(self.widths, self.of_levels, strict=True)
        return np.concatenate([np.tile(np.arange(s.start, s.stop), w) for w, s in parts])

    def turn(self, M: Floats, columns: Floats) -> Floats:
        """Multiply the effects of each level by M (q, q), block-diagonal over terms."""
        if max(self.widths) == 1:
            return columns * M.diagonal()[self.effect, None]
        out = np.empty(columns.shape)
        parts = zip(self.spans, self.effects, self.widths, self.levels, strict=True)
        for part, own, width, J in parts:
            flat = np.ascontiguousarray(columns[part]).reshape(width, J * columns.shape[1])
            out[part] = (M[own, own] @ flat).reshape(out[part].shape)
        return out

    def around(self, M: Floats, square: Floats) -> Floats:
        """Give M square M' for a symmetric matrix of all effects."""
        if max(self.widths) == 1:
            each = M.diagonal()[self.effect]
            return square * (each[:, None] * each)
        return self.turn(M, self.turn(M, square).T)

    def padded(self, columns: Floats) -> Floats:
        """Spread (Q, c) out to (q, c, levels of all terms), zero beyond the term's own levels."""
        out = np.zeros((sum(self.widths), columns.shape[1], sum(self.levels)))
        out[self.effect, :, self.level] = columns
        return out

    def stacked(self, padded: Floats) -> Floats:
        """Undo `padded`."""
        columns: Floats = padded[self.effect, :, self.level]
        return columns


@dataclass(frozen=True, eq=False)
class Others:
    """The conditioned random columns of all factors but the first: Q, in the order of `Places`.

    Attributes
    ----------
    places : Places
        Of all terms, the first one included.
    rows : (q J, Q) matrix
        The columns in the rotated rows, row by row, group by group, of the first factor.
    within : (Q, Q) array
        Their cross-products in all other rows, and
    fixed : (Q, p) array
        there with X, and
    y : (..., Q) array
        with y.
    """

    places: Places
    rows: Matrix
    within: Floats
    fixed: Floats
    y: Floats

    @cached_property
    def own(self) -> Places:
        """Where the effects stand, without those of the first term."""
        return Places(self.places.widths[1:], self.places.levels[1:])

    def of(self, which: Ints) -> Others:
        """Give the same for some of the responses."""
        return replace(self, y=self.y[which])


def others(
    terms: Sequence[Term],
    first: Sorted,
    unit: Floats,
    X: Floats,
    Y: Floats,
    S: Floats,
    turn: Floats | None,
) -> tuple[Others, Floats]:
    """Reduce the other factors to what is needed of them.

    Parameters
    ----------
    terms : sequence of Term
        All but the first.
    first : Sorted
        The rows by the groups of the first.
    unit : (q, n) array
        The rotated rows of all groups: orthonormal columns in each group.
    X, Y : (p, n) and (m, n) arrays
        Fixed columns and responses, what is within groups.
    S : (q, q) array
        Conditioned random effects of the first term are S times the original ones.
    turn : (J, J) array or None
        What the rotated rows of all groups were multiplied by (`lmmlab.engine.relation`).

    Returns
    -------
    Others
    S : array
        The same for all terms.
    """
    from scipy.linalg import block_diag

    roots, parts = [S], []
    for term in terms:
        columns = term.Z[first.order]
        if first.weights is not None:
            columns = columns * np.sqrt(first.weights)[:, None]
        roots.append(scale(columns, len(term.levels), term.blocks))
        for z in np.linalg.solve(roots[-1].T, columns.T):
            parts.append((z, term.codes[first.order], len(term.levels), term.relation))
    Z, rows = _spread(parts, unit, first.sizes)
    if turn is not None:
        rows = np.concatenate([turn.T @ part for part in np.split(dense(rows), len(unit))])
    squares = dense(Z.T @ Z)
    within = squares - dense(rows.T @ rows)
    nothing = np.diagonal(within) <= _ROUNDING * np.diagonal(squares)
    within[nothing], within[:, nothing] = 0.0, 0.0
    fixed, y = Z.T @ X.T, Z.T @ Y.T
    fixed[nothing], y[nothing] = 0.0, 0.0
    places = Places(
        (len(unit), *(len(term.names) for term in terms)),
        (len(first.sizes) if len(unit) else 0, *(len(term.levels) for term in terms)),
    )
    whole: Floats = block_diag(*roots)
    return Others(places, rows, within, fixed, y.T), whole


def _spread(
    parts: Sequence[tuple[Floats, Ints, int, Relation | None]], unit: Floats, sizes: Ints
) -> tuple[Matrix, Matrix]:
    """Spread columns out by level: in all rows, (n, Q), and in the rotated ones, (q J, Q)."""
    ends = np.cumsum([levels for _, _, levels, _ in parts])
    J, n, Q = len(sizes), unit.shape[1], int(ends[-1])
    starts, each = np.concatenate([[0], np.cumsum(sizes)]), np.arange(n + 1)
    if n * Q <= _DENSE or any(known for *_, known in parts):
        Z = np.zeros((n, Q))
        for (z, codes, levels, known), end in zip(parts, ends, strict=True):
            if known is None:
                Z[each[:-1], codes + end - levels] = z
            else:
                Z[:, end - levels : end] = z[:, None] * known.root[codes]
        parted = (np.add.reduceat(z[:, None] * Z, starts[:-1]) for z in unit)
        return Z, np.concatenate([np.empty((0, Q)), *parted])
    from scipy.sparse import csr_array, hstack, vstack

    whole = [csr_array((z, codes, each), shape=(n, J)) for z, codes, J, _ in parts]
    Z = hstack(whole, format="csr")
    rows = vstack([csr_array((z, each[:-1], starts), shape=(J, n)) @ Z for z in unit], format="csr")
    return Z, rows.toarray() if rows.shape[0] * Q <= _DENSE else rows


def by_group(M: Floats, rows: Matrix) -> Matrix:
    """Multiply the rows (c J, Q) of each group by its own matrix, M (r, c, J): (r J, Q)."""
    r, c, J = M.shape
    if isinstance(rows, np.ndarray):
        Q = rows.shape[1]
        return np.einsum("rcj,cjq->rjq", M, rows.reshape(c, J, Q)).reshape(r * J, Q)
    from scipy.sparse import csr_array

    place = np.arange(J)[:, None] + J * np.arange(c)
    pointer = c * np.arange(r * J + 1)
    blocks = csr_array((M.transpose(0, 2, 1).ravel(), np.tile(place, (r, 1)).ravel(), pointer))
    return blocks @ rows


def dense(matrix: Matrix) -> Floats:
    """Write a matrix out as an array."""
    full: Floats = matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
    return full
