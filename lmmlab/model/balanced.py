"""Balanced designs: where the estimates are a formula and nothing has to be searched for.

When every group has the same random columns, up to a rotation, the data fall apart into two
independent halves: what happens within the groups, which knows sigma, and the groups' own
coefficients, which know G. If moreover each fixed effect lives wholly in one of the halves, both
can be estimated by analysis of variance, zero variances included (`lmmlab.model.closed`).
`balance` decides exactly whether a design is of that kind and does all that does not depend on the
response.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.covariance import slices
from lmmlab.engine.design import Design, Floats, Ints

_ROUNDING = 1e-10  # what still counts as equal, for quantities that are scaled to 1


@dataclass(frozen=True, eq=False)
class Balanced:
    """A balanced design, with all that does not depend on the response.

    Parameters
    ----------
    order : (n,) integer array
        The rows, group by group.
    root : float
        Square root of the weight that all rows share.
    fixed : (n, p) array
        Orthonormal columns with ``X[order] * root = fixed @ fixed_back``.
    fixed_back : (p, p) array
        Upper triangular.
    random : (J, rows, q) array
        Columns that are orthonormal within each group, ``Z_j * root = random[j] @ random_back``.
    random_back : (q, q) array
        Upper triangular, with a diagonal block for each of `blocks`.
    between : (J, q, p) array
        The groups' own coefficients of the columns of `fixed`.
    blocks : tuple of slice
        The random columns of each block of G.
    rank_within : int
        How many fixed effects live within the groups.
    rank_between : tuple of int
        How many values between the groups the fixed effects take up, for each block.
    """

    order: Ints
    root: float
    fixed: Floats
    fixed_back: Floats
    random: Floats
    random_back: Floats
    between: Floats
    blocks: tuple[slice, ...]
    rank_within: int
    rank_between: tuple[int, ...]

    def df(self, reml: bool) -> tuple[int, Ints]:
        """Give the degrees of freedom within groups, and between groups for each random column."""
        groups, rows, q = self.random.shape
        within = groups * (rows - q) - reml * self.rank_within
        between = np.empty(q, dtype=np.intp)
        for block, rank in zip(self.blocks, self.rank_between, strict=True):
            between[block] = groups - reml * rank
        return within, between

    def has_df(self, reml: bool) -> bool:
        """Tell whether degrees of freedom are left in both halves."""
        within, between = self.df(reml)
        return within > 0 and bool((between > 0).all())


def balance(design: Design) -> Balanced | None:
    """Prepare the closed form of a design, or give None when it has none.

    Parameters
    ----------
    design : Design
        Its response is not looked at.

    Returns
    -------
    Balanced or None
        None means that the general optimiser is needed: several random terms, residuals that are
        not independent, unequal weights,
        groups of different sizes or different Z_j'Z_j, a fixed effect that lives partly within
        and partly between groups, dependent columns, or no more rows than random columns in a
        group.

    Notes
    -----
    Let X have orthonormal columns, as it has after X = QR, and let all Z_j'Z_j = I, as they have
    after Z_j = Q_j A^(1/2). With C_j = Z_j'X_j, the information between groups is
    M_B = sum_j C_j'C_j, and that within groups is I - M_B.

    Each fixed effect lives wholly in one half iff M_B is a projection (rank M_B + rank M_W = p).
    Between groups, weighted least squares is least squares whatever G is iff the columns of the
    stacked C_j span all combinations of some r vectors over groups with q unit vectors (rank
    M_B = q r, r the rank of the J x qp matrix K of vec C_j). As the stacked C_j then project onto
    their own span, that says that K'K / q is a projection, and r is its trace. So both rank
    conditions are asked as "is this symmetric matrix its own square?", which needs no delicate
    threshold. With G in diagonal blocks (``||``) and Z_j'Z_j in the same blocks, the second
    condition holds for each block by itself.

    See Lange & Laird (1989, J. Am. Stat. Assoc. 84, 241-247) for the balanced case.
    """
    term = design.terms[0] if len(design.terms) == 1 else None
    if term is None or term.relation is not None or design.residual is not None:
        return None
    groups, q = len(term.levels), term.Z.shape[1]
    size = np.bincount(term.codes, minlength=groups)
    rows = int(size[0])
    if (size != rows).any() or rows <= q:
        return None
    root = 1.0
    if design.weights is not None:
        root = float(np.sqrt(design.weights[0]))
        if (design.weights != design.weights[0]).any():
            return None
    order = np.argsort(term.codes, kind="stable")
    blocks = slices(term.blocks)

    random, random_back = (root * term.Z[order]).reshape(groups, rows, q), np.eye(q)
    for _ in range(2):  # once more removes the rounding of the first time
        R = _square_root(random[0], blocks)
        if R is None:
            return None
        random, random_back = random @ np.linalg.inv(R), R @ random_back
    if not _equal(random.transpose(0, 2, 1) @ random, np.eye(q)):
        return None

    fixed, fixed_back = np.linalg.qr(root * design.X[order])
    if _rank_deficient(fixed_back):
        return None
    p = fixed.shape[1]
    between = random.transpose(0, 2, 1) @ fixed.reshape(groups, rows, p)
    stacked = between.reshape(groups * q, p)
    information = stacked.T @ stacked
    if not _equal(information @ information, information):
        return None
    ranks = []
    for block in blocks:
        K = between[:, block].reshape(groups, -1)
        projection = K.T @ K / (block.stop - block.start)
        if not _equal(projection @ projection, projection):
            return None
        ranks.append(round(float(projection.trace())))
    rank_within = p - round(float(information.trace()))
    return Balanced(
        order,
        root,
        fixed,
        fixed_back,
        random,
        random_back,
        between,
        blocks,
        rank_within,
        tuple(ranks),
    )


def _square_root(Z: Floats, blocks: tuple[slice, ...]) -> Floats | None:
    """Give the triangular R with R'R = Z'Z if it has the blocks of G and full rank."""
    R = np.linalg.qr(Z).R
    if _rank_deficient(R):
        return None
    blocked = np.zeros_like(R)
    for block in blocks:
        blocked[block, block] = R[block, block]
    return blocked if _equal(blocked, R, np.linalg.norm(R, axis=0)) else None


def _rank_deficient(R: Floats) -> bool:
    """Tell whether a column, each by its own scale, depends on those before it."""
    return bool((np.abs(R.diagonal()) <= _ROUNDING * np.linalg.norm(R, axis=0)).any())


def _equal(left: Floats, right: Floats, scale: Floats | float = 1.0) -> bool:
    return bool((np.abs(left - right) <= _ROUNDING * scale).all())
