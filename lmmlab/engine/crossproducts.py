"""What the likelihood needs of the data: a few small matrices per group, made once per data set.

No parameter enters here. Afterwards one evaluation of the criterion is a few operations on q x q
matrices, whatever the number of rows. Three decisions keep all digits:

- y becomes its least-squares residual and X an orthonormal basis, so that neither a mean of a
  million nor time in calendar years is carried along. The basis is orthogonal within groups, too.
- The rows of a group are rotated, not multiplied out: the QR decomposition of (Z_j X_j y_j) leaves
  q rows on which the random effects act and others, *within* the group, on which they do not.
  All that follows is sums of squares, and nothing cancels when groups differ a lot.
- The random columns of a block are scaled by their pooled QR, so that the mean Z_j'Z_j is I, and
  Lambda = I is a sensible place to start whatever the units of x.

Groups with the same Z_j and X_j (up to rotation) differ in y only and collapse into one *pattern*:
by one more rotation, over these groups, the first of them carries their mean response and the
others, without fixed effects, its scatter.

Many responses on one design are conditioned together: what depends on the response has a leading
axis of responses then, which varies fastest in memory, and all else is shared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lmmlab.engine.columns import DEPENDENT as DEPENDENT
from lmmlab.engine.columns import basis, scale
from lmmlab.engine.columns import independent as independent
from lmmlab.engine.design import Design, Floats, Ints, LMMError
from lmmlab.engine.others import Others, others
from lmmlab.engine.patterns import by_pattern, patterns, rotate
from lmmlab.engine.relation import Mixing, leading, unrelate
from lmmlab.engine.sorting import by_group, require_rows

_ROUNDING = 1e-12  # a column within groups, relative to the whole, that is rounding


@dataclass(frozen=True, eq=False)
class Crossproducts:
    """One data set, conditioned: J groups of m patterns, p fixed and q random columns.

    With several grouping factors the groups are those of the first, and so are F, y and `within`:
    only its random effects act on the rotated rows. S and `blocks` are for all terms.

    Leading axes (...) are responses: none for the response of the design itself.

    Attributes
    ----------
    n : int
        Number of rows.
    F : (q, q, m) array
        The rotated random columns of each pattern, ``F[row, column, pattern]``; F'F = Z'Z.
    fixed : (q, p, m) array
        The fixed columns in the same q rows, times the root of `count`.
    y : (..., q, 1 + s, m) array
        The response in these rows: its mean over the groups of the pattern times the root of
        `count`, then (s = q; 0 if no two groups share a pattern) a root of its scatter.
    within : (..., p + 1, p + 1) array
        Cross-products of (X, y) in the rows on which the random effects do not act.
    count : (m,) array
        How many groups have the pattern.
    pattern : (J,) integer array
        The pattern of each group.
    own : (..., q, J) array
        The rotated response of each group.
    kept : (p,) integer array
        Which columns of the design's X are no combination of those before them.
    R, ols : (p, p) and (..., p) arrays
        X[:, kept] = Q R. Fixed effects are ols + inv(R) times the conditioned ones.
    log_R : float
        log|det R|.
    S : (q, q) array
        Conditioned random effects are S times the original ones; block-diagonal like G.
    blocks : tuple of int
        Sizes of the blocks of G.
    log_weights : float
        Sum of the logarithms of the weights.
    scale : (...) array
        Root mean square of y, against which it is judged what counts as nothing.
    others : Others or None
        The random columns of the other grouping factors, where there are any.
    mixing : tuple of (J, J) array or None
        Of each term: None, or its related levels as combinations of the unrelated ones that stand
        for them in all the above (`lmmlab.engine.relation`).

    Notes
    -----
    All but R, ols, S and kept are about conditioned columns. Patterns stand on the last axis, so
    that one NumPy operation works on all of them.
    """

    n: int
    F: Floats
    fixed: Floats
    y: Floats
    within: Floats
    count: Floats
    pattern: Ints
    own: Floats
    kept: Ints
    R: Floats
    log_R: float
    ols: Floats
    S: Floats
    blocks: tuple[int, ...]
    log_weights: float
    scale: Floats
    others: Others | None = None
    mixing: Mixing = (None,)

    def of(self, which: Ints) -> Crossproducts:
        """Give the same for some of the responses, in ascending order."""
        if len(which) == len(self.scale):
            return self
        some: dict[str, Any] = {name: take(getattr(self, name), which) for name in _EACH}
        if self.others is not None:
            some["others"] = self.others.of(which)
        return replace(self, **some)

    def only(self) -> Crossproducts:
        """Give the first of many responses as the one response."""
        return self._at(0)

    def alone(self) -> Crossproducts:
        """Give the one response as the first of many."""
        return self._at(None)

    def _at(self, index: int | None) -> Crossproducts:
        some: dict[str, Any] = {name: getattr(self, name)[index] for name in _EACH}
        if self.others is not None:
            some["others"] = replace(self.others, y=self.others.y[index])
        return replace(self, **some)


_EACH = ("y", "within", "own", "ols", "scale")


def take(array: Floats, which: Ints) -> Floats:
    """Take some elements of the first axis, which varies fastest in memory and still does then."""
    last = range(1, array.ndim)
    taken: Floats = array.transpose(*last, 0).take(which, axis=-1)
    return taken.transpose(-1, *range(array.ndim - 1))


def condition(design: Design, Y: Floats | None = None) -> Crossproducts:
    """Reduce the rows of a design to what the likelihood needs of them.

    Parameters
    ----------
    design : Design
    Y : (m, n) array, optional
        Responses to put in the place of the design's own, one in each row.

    Returns
    -------
    Crossproducts

    Raises
    ------
    LMMError
        If a level has no rows, or residuals are not independent.

    Notes
    -----
    A row of weight w is multiplied by root(w). Dependent columns are accepted here, since a model
    with given theta and sigma can do with them; `lmmlab.model.fit` refuses to estimate with them.
    """
    if design.residual is not None:
        raise LMMError(
            "These residuals are not independent, and this is only for independent ones. Fit the "
            "model with lmm(..., residual=...)."
        )
    require_rows(design.terms)
    (n, p), many = design.X.shape, Y is not None
    lead, more = leading(design.terms)
    first = lead[0] if lead else None
    at = by_group(design, first, design.y[None] if Y is None else Y)
    rows, sizes = at.columns, at.sizes
    q = len(first.names) if first else 0
    Y = rows[q + p :]
    size = np.sqrt(np.einsum("rn,rn->r", Y, Y) / n)

    Q, R, kept = basis(rows[q : q + p])
    ols = Y @ Q
    Y -= ols @ Q.T
    dropped, p = p - len(kept), len(kept)
    rows[dropped : dropped + q] = rows[:q]
    rows = rows[dropped:]
    rows[q : q + p] = Q.T
    X, Y = rows[q : q + p], rows[q + p :]

    left = np.einsum("rn,rn->r", Y, Y)
    rotated, turn, mixing = rotate(rows, q, sizes), None, None
    if first and first.relation:
        rotated, turn, mixing = unrelate(rotated, first.relation)
    axes = _separate(X, rotated[:, q : q + p])
    within = _within(X, Y, left)
    F = rotated[:, :q].transpose(0, 2, 1).reshape(q * len(sizes), q)
    S = scale(F, len(sizes), first.blocks if first else ())
    rotated[:, :q] = np.linalg.inv(S).T @ rotated[:, :q]
    beside = None
    order, starts = patterns(rotated[:, :q], rotated[:, q : q + p])
    if more:
        beside, S = others(more, at, rows[:q], X, Y, S, turn)
        order = starts = np.arange(len(sizes))
    count = np.diff(starts, append=len(sizes))
    pattern = np.empty_like(order)
    pattern[order] = np.repeat(np.arange(len(starts)), count)
    leader, root = order[starts], np.sqrt(count)
    own = np.ascontiguousarray(rotated[:, q + p :])
    every = Crossproducts(
        n=n,
        F=rotated[:, :q, leader],
        fixed=rotated[:, q : q + p, leader] * root,
        y=_first(by_pattern(own[..., order], starts, count)),
        within=within,
        count=count.astype(float),
        pattern=pattern,
        own=_first(own),
        kept=kept,
        R=axes.T @ R,
        log_R=float(np.log(np.abs(np.diagonal(R))).sum()),
        ols=np.asarray(np.linalg.solve(R, ols.T).T, dtype=float),
        S=S,
        blocks=design.blocks,
        log_weights=0.0 if at.weights is None else float(np.log(at.weights).sum()),
        scale=size,
        others=beside,
        mixing=(mixing, *(one.relation.root if one.relation else None for one in more)),
    )
    if many:
        return every
    return every.only()


def _separate(X: Floats, fixed: Floats) -> Floats:
    """Turn the fixed columns so that they are orthogonal within groups, too; give the axes (p, p).

    A combination that lives between groups alone then is a column of its own, and exactly zero
    within. Otherwise its rounding would count where groups differ so much that little is known of
    it.

    Parameters
    ----------
    X : (p, n) array
        Fixed columns, what is within groups. Overwritten.
    fixed : (q, p, J) array
        The fixed columns in the rotated rows. Overwritten.
    """
    axes: Floats = np.linalg.eigh(X @ X.T)[1]
    X[:] = axes.T @ X
    fixed[:] = axes.T @ fixed
    return axes


def _within(X: Floats, Y: Floats, total: Floats) -> Floats:
    """Give the cross-products (m, p + 1, p + 1) within groups of X (p, n) and each y of Y (m, n).

    `total` (m,) is the sum of squares of each y, between groups included: what is nothing beside
    it, or beside the 1 of the columns of X, is rounding.
    """
    p = len(X)
    within = np.empty((len(Y), p + 1, p + 1))
    within[:, :p, :p] = X @ X.T
    within[:, p, :p] = within[:, :p, p] = Y @ X.T
    within[:, p, p] = np.einsum("rn,rn->r", Y, Y)
    whole = np.ones((len(Y), p + 1))
    whole[:, p] = total
    rounding = np.einsum("rii->ri", within) <= _ROUNDING**2 * whole
    within[rounding[:, :, None] | rounding[:, None, :]] = 0.0
    return within


def _first(columns: Floats) -> Floats:
    """Make the responses of (..., m, n) the first axis, which varies fastest in memory."""
    return np.moveaxis(np.ascontiguousarray(np.swapaxes(columns, -1, -2)), -1, 0)
