"""The rows of a generalised model, set out so that one Newton step is a few array operations.

The weights of rows change at every step, so there are no cross-products to be made once, as the
linear model has them. What can be made once is the place of everything: which random effects a row
knows, and which of them know of each other. Effects that no chain of rows connects are independent
given y. They fall into components: with one grouping factor one for each level; with nested factors
one for each level of the outermost; with crossed factors usually a single one. The penalised
Hessian is then a stack of small dense matrices, one for each component, with as many rows as the
largest of them needs; one batched Cholesky factor does for all.

Fixed columns are made orthonormal and random ones scaled (`lmmlab.engine.columns`), so that neither
units nor the origin of time matter to the search.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmmlab.engine.columns import basis, scale
from lmmlab.engine.design import Design, Floats, Ints, LMMError
from lmmlab.engine.others import Places
from lmmlab.engine.sorting import require_rows
from lmmlab.generalised.counts import Counts

_SPARSE = 4  # elements for each that is not zero, from which on one large matrix is sparse
_MOST = 2000  # random effects that are connected: a dense matrix of 32 MB, and a few of them


@dataclass(frozen=True, eq=False)
class Working:
    """Conditioned rows with the places of their random effects.

    Attributes
    ----------
    counts : Counts
    X : (n, p) array
        The independent fixed columns, orthonormal but for a factor root(n).
    R : (p, p) array
        The columns `kept` of the design are X R.
    kept : (p,) integer array
    Z : (n, q) array
        The random columns of all terms, scaled.
    S : (q, q) array
        Conditioned random effects are S times the original ones.
    blocks : tuple of int
        Sizes of the blocks of G.
    places : Places
        Where random effects stand when listed term by term.
    slot : (effects,) integer array
        Where each of them stands in the stack u (m, K) of components.
    shape : tuple of int
        m components of up to K random effects.
    effect : (n, q) integer array
        The slots of the random effects of each row.
    constant : float
        The part of the log likelihood that no parameter changes.
    """

    counts: Counts
    X: Floats
    R: Floats
    kept: Ints
    Z: Floats
    S: Floats
    blocks: tuple[int, ...]
    places: Places
    slot: Ints
    shape: tuple[int, int]
    effect: Ints
    constant: float

    @cached_property
    def pair(self) -> Ints:
        """The places (n, q, q) of pairs of effects of a row in the stack (m, K, K) of matrices."""
        K = self.shape[1]
        return self.effect[:, :, None] * K + (self.effect % K)[:, None, :]

    def local(self, u: Floats) -> Floats:
        """Give each row the elements (..., n, q) of u (..., m, K) that it knows."""
        flat = u.reshape(*u.shape[:-2], -1)
        return np.asarray(flat[..., self.effect])

    def sums(self, rows: Floats) -> Floats:
        """Add up columns (n, q) of rows by random effect: (m, K)."""
        m, K = self.shape
        total = np.bincount(self.effect.ravel(), rows.ravel(), m * K)
        return np.asarray(total, dtype=float).reshape(m, K)

    def squares(self, rows: Floats) -> Floats:
        """Add up products (n, q, q) of rows by pairs of random effects: (m, K, K)."""
        m, K = self.shape
        total = np.bincount(self.pair.ravel(), rows.ravel(), m * K * K)
        return np.asarray(total, dtype=float).reshape(m, K, K)

    def against(self, rows: Floats, C: Floats) -> Floats:
        """Multiply symmetric C (m, K, K) by the sums `squares` of rows (n, q, q)."""
        m, K = self.shape
        if m > 1 or K * K < _SPARSE * rows.size:
            return np.asarray(C @ self.squares(rows))
        from scipy.sparse import coo_array

        flat = self.pair.ravel()
        square = coo_array((rows.ravel(), (flat // K, flat % K)), shape=(K, K)).tocsr()
        return np.asarray((square @ C[0]).T)[None]

    def of_term(self, values: Floats, k: int) -> Floats:
        """Take the effects of term k out of (..., m, K): (..., q, J)."""
        part, shape = self.places.spans[k], (self.places.widths[k], self.places.levels[k])
        flat = values.reshape(*values.shape[:-2], -1)
        return np.asarray(flat[..., self.slot[part]]).reshape(*values.shape[:-2], *shape)


def working(counts: Counts) -> Working:
    """Set out the rows.

    Raises
    ------
    LMMError
        If there is no random term, a level has no rows, or too many crossed levels are connected.
    """
    from scipy.linalg import block_diag

    design = counts.design
    if not design.terms:
        raise LMMError("The model has no random term. Add one, such as (1 | Subject).")
    require_rows(design.terms)
    n = len(design.y)
    if design.X.shape[1]:
        Q, R, kept = basis(design.X.T)
    else:
        Q, R, kept = design.X, np.zeros((0, 0)), np.zeros(0, dtype=np.intp)
    roots = [scale(term.Z, n, term.blocks) for term in design.terms]
    Z = np.hstack([t.Z @ np.linalg.inv(S) for t, S in zip(design.terms, roots, strict=True)])
    widths = tuple(len(term.names) for term in design.terms)
    places = Places(widths, tuple(len(term.levels) for term in design.terms))
    slot, shape = _components(design, places)
    effect = [
        part.start + a * levels + term.codes
        for term, part, levels in zip(design.terms, places.spans, places.levels, strict=True)
        for a in range(len(term.names))
    ]
    return Working(
        counts=counts,
        X=Q * np.sqrt(n),
        R=R / np.sqrt(n),
        kept=kept,
        Z=Z,
        S=np.asarray(block_diag(*roots), dtype=float),
        blocks=design.blocks,
        places=places,
        slot=slot,
        shape=shape,
        effect=slot[np.stack(effect, axis=1)],
        constant=float(counts.family.constant(counts.y, counts.trials).sum()),
    )


def _components(design: Design, places: Places) -> tuple[Ints, tuple[int, int]]:
    """Find which random effects are connected; give each a slot, and the shape of the stack."""
    if len(design.terms) == 1:
        (q,), (J,) = places.widths, places.levels
        return np.arange(q)[:, None].repeat(J, 1).ravel() + q * places.level, (J, q)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    total = sum(places.levels)
    starts = [span.start for span in places.of_levels]
    codes = [term.codes + at for term, at in zip(design.terms, starts, strict=True)]
    ends = np.concatenate(codes[1:])
    first = np.tile(codes[0], len(codes) - 1)
    graph = coo_array((np.ones(len(ends)), (first, ends)), shape=(total, total))
    m, label = connected_components(graph, directed=False)
    own = label[places.level]
    sizes = np.bincount(own, minlength=m)
    if m * sizes.max() ** 2 > len(own) ** 2:  # padding would cost more than it saves
        m, own, sizes = 1, np.zeros_like(own), np.array([len(own)])
    K = int(sizes.max())
    if K > _MOST:
        raise LMMError(
            f"{K} random effects are connected by rows that share them; {_MOST} are the most for a "
            "model of counts. Use fewer levels, or leave out a random term."
        )
    order = np.argsort(own, kind="stable")
    starts_of = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    slot = np.empty(len(own), dtype=np.intp)
    slot[order] = np.arange(len(own)) - starts_of[own[order]] + K * own[order]
    return slot, (int(m), K)
