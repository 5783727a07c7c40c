"""Several grouping factors at one Lambda: the first is gone, the others are eliminated together.

Once the rows of each group of the first factor are white, the columns of all others have an
ordinary cross-product matrix A. With the penalty of their random effects it is I + Lambda'A Lambda;
one dense Cholesky factor of it takes them out of X and y and gives their part of the determinant.
This is the block elimination of Bates, Maechler, Bolker & Walker (2015), Section 3.4, the first
block without being formed.

With Z the random columns of all factors, V0 = I + Z Lambda Lambda' Z' and V1 the same for the first
factor alone, everything follows from A = Z' V1^-1 Z and K = Lambda (I + Lambda'A Lambda)^-1 Lambda'
of the others: Z' V0^-1 Z = A - A K A.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.others import Matrix, Others, Places, by_group, dense

_WIDE = 400  # random effects, from which on second derivatives cost much more than first ones
_INVERTIBLE = 1e-4  # a least singular value of Lambda, relatively, by which can be divided


@dataclass(frozen=True, eq=False)
class Eliminated:
    """The other factors at one Lambda, for one response.

    Attributes
    ----------
    others : Others
    Lambda : (q, q) array
        For all terms.
    first : (q1, q1, J) array
        A of the first factor, for each of its groups.
    both : (q1 J, Q) matrix
        A between the first factor and the others.
    A : (Q, Q) array
        A of the others.
    known, unknown : (q1 J, p + 1) and (Q, p + 1) arrays
        Z' V1^-1 (X, y) of the first and of the others.
    root : (Q, Q) array
        The Cholesky factor of I + Lambda'A Lambda, lower triangular.
    """

    others: Others
    Lambda: Floats
    first: Floats
    both: Matrix
    A: Floats
    known: Floats
    unknown: Floats
    root: Floats

    @property
    def places(self) -> Places:
        """Where the random effects of all terms stand."""
        return self.others.places

    @property
    def wide(self) -> bool:
        """Whether second derivatives cost much more than first ones."""
        return len(self.places.effect) > _WIDE

    def below(self, columns: Floats) -> Floats:
        """Solve with the Cholesky factor."""
        from scipy.linalg.lapack import dtrtrs

        solved: Floats = dtrtrs(self.root, columns, lower=1)[0]
        return solved

    @cached_property
    def inverse(self) -> Floats:
        """The inverse of I + Lambda'A Lambda."""
        from scipy.linalg.lapack import dpotri

        half = dpotri(self.root, lower=1)[0]  # above its diagonal it is zero, as the root is
        inverse: Floats = half + half.T
        inverse[np.diag_indices(len(half))] /= 2.0
        return inverse

    @cached_property
    def K(self) -> Floats:
        """Lambda (I + Lambda'A Lambda)^-1 Lambda' of the others."""
        return self.others.own.around(_rest(self.others, self.Lambda), self.inverse)

    @cached_property
    def left(self) -> Floats:
        """I - A K, by which Z' V0^-1 of the others differs from Z' V1^-1.

        Notes
        -----
        Lambda' (I - A K) = (I + Lambda'A Lambda)^-1 Lambda'. Where Lambda of a term can be divided
        by, this takes no difference, and keeps its digits where the variance is large.
        """
        places, rest = self.others.own, _rest(self.others, self.Lambda)
        left: Floats = np.ascontiguousarray(places.turn(rest, self.inverse).T)
        for own, part, width in zip(places.effects, places.spans, places.widths, strict=True):
            root = rest[own, own]
            size = np.abs(root[0]) if width == 1 else np.linalg.svd(root, compute_uv=False)
            if size[-1] > _INVERTIBLE * size[0]:
                flat = np.linalg.inv(root).T @ left[part].reshape(width, -1)
                left[part] = flat.reshape(left[part].shape)
            else:
                left[part] = -self.A[part] @ self.K
                each = np.arange(part.start, part.stop)
                left[each, each] += 1.0
        return left

    @cached_property
    def reach(self) -> Floats:
        """Z' V0^-1 (X, y), (all random effects, p + 1)."""
        first = self.known - self.both @ (self.K @ self.unknown)
        return np.concatenate([first, self.left @ self.unknown])

    @cached_property
    def squares(self) -> Floats:
        """The sum over levels of their own Z_j' V0^-1 Z_j, (q, q)."""
        if not self.wide:
            whole: Floats = self.own.sum(-1)
            return whole
        places, q1, J = self.others.own, len(self.first), self.first.shape[-1]
        out = np.zeros_like(self.Lambda)
        out[:q1, :q1] = self.first.sum(-1)
        rows = [self.both[k * J : (k + 1) * J] for k in range(q1)]
        for a in range(q1):
            for b in range(a + 1):
                out[a, b] -= _inner(rows[a].T @ rows[b], self.K)
                out[b, a] = out[a, b]
        for own, part, width in zip(places.effects, places.spans, places.widths, strict=True):
            square = self.left[part].reshape(width, -1) @ self.A[part].reshape(width, -1).T
            place = slice(q1 + own.start, q1 + own.stop)
            out[place, place] = (square + square.T) / 2.0
        return out

    def times(self, V: Floats) -> Floats:
        """Multiply Z' V0^-1 Z by columns (all random effects, c)."""
        edge = self.both.shape[0]
        one, rest = V[:edge], V[edge:]
        across = self.both.T @ one
        first = by_group(self.first, one) + self.both @ (self.left.T @ rest - self.K @ across)
        return np.concatenate([first, self.left @ (across + self.A @ rest)])

    @cached_property
    def full(self) -> Floats:
        """Z' V0^-1 Z itself, for all pairs of random effects."""
        return self.times(np.eye(len(self.places.effect)))

    @cached_property
    def own(self) -> Floats:
        """Z_j' V0^-1 Z_j of each level (q, q, levels of all terms), zero where other terms act."""
        places, q = self.places, len(self.Lambda)
        own = np.zeros((q, q, sum(places.levels)))
        parts = zip(places.effects, places.of_levels, places.spans, strict=True)
        for (effects, levels, span), shape in zip(
            parts, zip(places.widths, places.levels, strict=True), strict=True
        ):
            square = self.full[span, span].reshape(*shape, *shape)
            own[effects, effects, levels] = np.einsum("ajbj->abj", square)
        return own

    def pairs(self, axes: Floats, used: Floats) -> Floats:
        """Sum over pairs of levels what `Levels.pairs` sums over levels."""
        places = self.places
        P = places.around(axes.T, self.full)
        U = places.stacked(used)
        N = 2.0 * U @ U.T - P
        parts = [*zip(places.effects, places.spans, places.widths, places.levels, strict=True)]
        out = np.zeros(4 * (len(axes),))
        for one, rows, r, J in parts:
            for two, columns, c, L in parts:
                shape = (r, J, c, L)
                left = P[rows, columns].reshape(shape).transpose(0, 2, 1, 3).reshape(r * c, J * L)
                right = N[rows, columns].reshape(shape).transpose(0, 2, 1, 3).reshape(r * c, J * L)
                sums = (left @ right.T).reshape(r, c, r, c)  # b c, a d
                out[one, one, two, two] = sums.transpose(2, 0, 1, 3)
        return out

    def moved(self, axes: Floats, columns: Floats) -> tuple[Floats, Floats]:
        """Give E C for each matrix E with a single one, and P E C, both (effects, q, q, c).

        Parameters
        ----------
        columns : (q, c, levels) array
            C, in these axes.
        """
        places, q = self.places, len(axes)
        each = columns[:, :, places.level].transpose(2, 0, 1)  # effects, a, c
        moved = np.zeros((len(each), q, q, columns.shape[1]))
        moved[np.arange(len(each)), :, places.effect] = each
        flat = places.turn(axes, moved.reshape(len(each), -1))
        return moved, places.turn(axes.T, self.times(flat)).reshape(moved.shape)


def eliminate(
    others: Others, Lambda: Floats, L: Floats, F: Floats, columns: Floats
) -> tuple[Any, Floats, Floats]:
    """Take the other factors out of X and y, for each response (...).

    Parameters
    ----------
    others : Others
    Lambda : (..., q, q) array
        For all terms.
    L : (..., q1, q1, J) array
        Makes the rotated rows of the first factor white.
    F, columns : (..., q1, q1, J) and (..., q1, p + 1, J) arrays
        The random columns of the first factor, and (X, y), in white rows.

    Returns
    -------
    (...) array of Eliminated
    explained : (..., p + 1, p + 1) array
        What the other factors take of the cross-products of (X, y).
    logdet : (...) array
        Their part of log|V0|.
    """
    lead, c = Lambda.shape[:-2], columns.shape[-2]
    found = np.empty(lead, dtype=object)
    explained, logdet = np.empty((*lead, c, c)), np.empty(lead)
    for k in np.ndindex(lead):
        y = np.broadcast_to(others.y, (*lead, others.y.shape[-1]))[k]
        found[k] = at = _eliminated(others, y, Lambda[k], L[k], F[k], columns[k])
        turned = others.own.turn(_rest(others, Lambda[k]).T, at.unknown)
        part = at.below(turned)
        explained[k], logdet[k] = part.T @ part, 2.0 * np.log(np.diagonal(at.root)).sum()
    return found, explained, logdet


def _eliminated(
    others: Others, y: Floats, Lambda: Floats, L: Floats, F: Floats, columns: Floats
) -> Eliminated:
    q1, c, J = columns.shape
    rows = by_group(L, others.rows)
    flat = columns.swapaxes(1, 2).reshape(q1 * J, c)
    A = others.within + dense(rows.T @ rows)
    penalised = others.own.around(_rest(others, Lambda).T, A)
    penalised[np.diag_indices(len(A))] += 1.0
    try:
        root = np.asarray(np.linalg.cholesky(penalised), dtype=float)
    except np.linalg.LinAlgError:
        raise LMMError(
            "At this theta the random effects are so large that they cannot be told apart. Take a "
            "smaller theta."
        ) from None
    return Eliminated(
        others=others,
        Lambda=Lambda,
        first=np.einsum("kaj,kbj->abj", F, F),
        both=by_group(F.swapaxes(0, 1), rows),
        A=A,
        known=np.einsum("kaj,kcj->ajc", F, columns).reshape(q1 * J, c),
        unknown=rows.T @ flat + np.column_stack([others.fixed, y]),
        root=root,
    )


def _rest(others: Others, Lambda: Floats) -> Floats:
    """Give Lambda of the others."""
    q1 = others.places.widths[0]
    return Lambda[q1:, q1:]


def _inner(matrix: Matrix, K: Floats) -> float:
    """Give the sum of products of the elements of two matrices."""
    if isinstance(matrix, np.ndarray):
        return float(np.vdot(matrix, K))
    entries = matrix.tocoo()
    return float(entries.data @ K[entries.row, entries.col])
