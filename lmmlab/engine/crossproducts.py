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
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.covariance import slices
from lmmlab.engine.design import Design, Floats, Ints, LMMError

DEPENDENT = 1e-10  # a column that adds less than this to those before it, relatively, adds nothing
_ROUNDING = 1e-12  # a column within groups, relative to the whole, that is rounding
_SAME = 1e-11  # conditioned groups that differ by less have the same pattern


@dataclass(frozen=True, eq=False)
class Crossproducts:
    """One data set, conditioned: J groups of m patterns, p fixed and q random columns.

    Attributes
    ----------
    n : int
        Number of rows.
    F : (q, q, m) array
        The rotated random columns of each pattern, ``F[row, column, pattern]``; F'F = Z'Z.
    fixed : (q, p, m) array
        The fixed columns in the same q rows, times the root of `count`.
    y : (q, 1 + s, m) array
        The response in these rows: its mean over the groups of the pattern times the root of
        `count`, then (s = q; 0 if no two groups share a pattern) a root of its scatter.
    within : (p + 1, p + 1) array
        Cross-products of (X, y) in the rows on which the random effects do not act.
    count : (m,) array
        How many groups have the pattern.
    pattern : (J,) integer array
        The pattern of each group.
    own : (q, J) array
        The rotated response of each group.
    kept : (p,) integer array
        Which columns of the design's X are no combination of those before them.
    R, ols : (p, p) and (p,) arrays
        X[:, kept] = Q R. Fixed effects are ols + inv(R) times the conditioned ones.
    log_R : float
        log|det R|.
    S : (q, q) array
        Conditioned random effects are S times the original ones; block-diagonal like G.
    blocks : tuple of int
        Sizes of the blocks of G.
    log_weights : float
        Sum of the logarithms of the weights.
    scale : float
        Root mean square of y, against which it is judged what counts as nothing.

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
    scale: float


def condition(design: Design) -> Crossproducts:
    """Reduce the rows of a design to what the likelihood needs of them.

    Raises
    ------
    LMMError
        If there is not exactly one random term, or a level has no rows.

    Notes
    -----
    A row of weight w is multiplied by root(w). Dependent columns are accepted here, since a model
    with given theta and sigma can do with them; `lmmlab.engine.fit` refuses to estimate with them.
    """
    if len(design.terms) != 1:
        raise LMMError(
            f"The model has {len(design.terms)} random terms, and this version fits models with "
            "one grouping factor. Keep one, such as (1 | Subject)."
        )
    term, weights = design.terms[0], design.weights
    n, q = term.Z.shape
    sizes = np.bincount(term.codes, minlength=len(term.levels))
    if not sizes.all():
        empty = term.levels[int(np.argmin(sizes))]
        raise LMMError(f"Level {empty!r} of {term.group} has no rows. Take it out of the levels.")

    rows = np.empty((q + design.X.shape[1] + 1, n))
    rows[:q], rows[q:-1], rows[-1] = term.Z.T, design.X.T, design.y
    if (term.codes[1:] < term.codes[:-1]).any():
        order = np.argsort(term.codes, kind="stable")
        weights = None if weights is None else weights[order]
        for row in rows:
            row[:] = row[order]
    if weights is not None:
        rows *= np.sqrt(weights)
    scale = float(np.sqrt(rows[-1] @ rows[-1] / n))

    Q, R, kept = _basis(rows[q:-1])
    p = len(kept)
    fixed = rows[-1] @ Q
    rows[-1] -= Q @ fixed
    rows[q : q + p], rows[q + p] = Q.T, rows[-1]
    rows = rows[: q + p + 1]

    left = float(rows[-1] @ rows[-1])
    rotated = _rotate(rows, q, sizes)
    axes = _separate(rows[q:], rotated[:, q:-1])
    within = rows[q:] @ rows[q:].T
    rounding = within.diagonal() <= _ROUNDING**2 * np.append(np.ones(p), left)
    within[rounding], within[:, rounding] = 0.0, 0.0
    S = _scale(rotated[:, :q], term.blocks)
    rotated[:, :q] = np.linalg.inv(S).T @ rotated[:, :q]
    order, starts = _patterns(rotated[:, :q], rotated[:, q:-1])
    count = np.diff(starts, append=len(sizes))
    pattern = np.empty_like(order)
    pattern[order] = np.repeat(np.arange(len(starts)), count)
    first, root = order[starts], np.sqrt(count)
    own = np.ascontiguousarray(rotated[:, -1])
    return Crossproducts(
        n=n,
        F=rotated[:, :q, first],
        fixed=rotated[:, q:-1, first] * root,
        y=_responses(own[:, order], starts, count),
        within=within,
        count=count.astype(float),
        pattern=pattern,
        own=own,
        kept=kept,
        R=axes.T @ R,
        log_R=float(np.log(np.abs(np.diagonal(R))).sum()),
        ols=np.asarray(np.linalg.solve(R, fixed), dtype=float),
        S=S,
        blocks=term.blocks,
        log_weights=0.0 if weights is None else float(np.log(weights).sum()),
        scale=scale,
    )


def independent(R: Floats) -> NDArray[np.bool_]:
    """Tell which columns of R, upper triangular, are no combination of those before them."""
    pivots = np.zeros(R.shape[1])
    pivots[: len(R)] = np.abs(np.diagonal(R))
    new: NDArray[np.bool_] = pivots > DEPENDENT * np.sqrt((R * R).sum(0))
    return new


def _basis(columns: Floats) -> tuple[Floats, Floats, Ints]:
    """Give Q and R of the independent columns, and which these are."""
    Q, R = np.linalg.qr(columns.T)
    new = independent(R)
    kept = np.flatnonzero(new)
    if not new.all():
        Q, R = np.linalg.qr(columns[kept].T)
    return Q, R, kept


def _rotate(rows: Floats, q: int, sizes: Ints) -> Floats:
    """Rotate each group so that its random columns fill q rows; leave in `rows` what is within.

    Parameters
    ----------
    rows : (c, n) array
        The columns of the model, the q random ones first, sorted by group. Overwritten: of the
        others, the part orthogonal to the group's random columns is left.
    sizes : (J,) integer array
        Rows of each group.

    Returns
    -------
    (q, c, J) array
        The first q rows of the R factor of each group.

    Notes
    -----
    Modified Gram-Schmidt, all groups at once. Where a random column is a combination of others in
    its group (as with a single row) its own part is rounding or zero; whatever unit vector comes of
    it, cross-products are kept, and a row of rotated columns near zero acts like one within.
    """
    starts = np.cumsum(sizes) - sizes
    rotated = np.zeros((q, len(rows), len(sizes)))
    for k in range(q):
        z, rest = rows[k], rows[k + 1 :]
        length = rotated[k, k] = np.sqrt(np.add.reduceat(z * z, starts))
        z *= np.repeat(np.divide(1.0, length, out=np.zeros_like(length), where=length > 0), sizes)
        part = rotated[k, k + 1 :] = np.add.reduceat(rest * z, starts, axis=1)
        rest -= np.repeat(part, sizes, axis=1) * z
    return rotated


def _separate(rows: Floats, fixed: Floats) -> Floats:
    """Turn the fixed columns so that they are orthogonal within groups, too; give the axes (p, p).

    A combination that lives between groups alone then is a column of its own, and exactly zero
    within. Otherwise its rounding would count where groups differ so much that little is known of
    it.

    Parameters
    ----------
    rows : (p + 1, n) array
        Fixed columns and response, what is within groups. Overwritten.
    fixed : (q, p, J) array
        The fixed columns in the rotated rows. Overwritten.
    """
    axes: Floats = np.linalg.eigh(rows[:-1] @ rows[:-1].T)[1]
    rows[:-1] = axes.T @ rows[:-1]
    fixed[:] = axes.T @ fixed
    return axes


def _scale(F: Floats, blocks: tuple[int, ...]) -> Floats:
    """Give S, with S'S = mean Z'Z in each block."""
    q, _, levels = F.shape
    R: Floats = np.linalg.qr(F.transpose(0, 2, 1).reshape(-1, q), mode="r") / np.sqrt(levels)
    if len(blocks) == 1 and independent(R).all():
        return R
    S = np.zeros((q, q))
    for block in slices(blocks):
        own = np.linalg.qr(R[:, block]).R
        reach = np.sqrt((own * own).sum(0))
        lost = np.flatnonzero(~independent(own))
        own[lost, lost] = np.where(reach > 0, reach, 1.0)[lost]  # any scale, to be invertible
        S[block, block] = own
    return S


def _patterns(F: Floats, fixed: Floats) -> tuple[Ints, Ints]:
    """Sort the groups by pattern: their order, and where in it each pattern starts."""
    levels = F.shape[-1]
    both = np.concatenate([F, fixed * np.sqrt(levels)], axis=1).reshape(-1, levels)
    key = np.sqrt(np.arange(2.0, 2.0 + len(both))) @ both  # equal groups have equal keys
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-np.inf) > _SAME)
    if len(starts) < levels:  # and unequal groups have unequal keys, unless by chance
        both = both[:, order]
        count = np.diff(starts, append=levels)
        if np.abs(both - np.repeat(both[:, starts], count, axis=1)).max() > 10 * _SAME:
            return np.arange(levels), np.arange(levels)
    return order, starts


def _responses(y: Floats, starts: Ints, count: Ints) -> Floats:
    """Give what a pattern needs of its groups' responses y (q, J), sorted by pattern."""
    if len(starts) == y.shape[1]:
        return y[:, None]
    mean = np.add.reduceat(y, starts, axis=1) / count
    off = y - np.repeat(mean, count, axis=1)
    scatter = np.add.reduceat(off[:, None] * off, starts, axis=2)
    square, axes = np.linalg.eigh(np.moveaxis(scatter, 2, 0))
    root = np.moveaxis(axes * np.sqrt(np.maximum(square, 0.0))[:, None], 0, 2)
    return np.concatenate([(mean * np.sqrt(count))[:, None], root], axis=1)
