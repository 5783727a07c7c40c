"""Levels that are related: random effects whose covariance between levels is known.

Relatives share genes, so what is special about one of them tells something of the others. b has
covariance G x K then (Kronecker), where K says how much any two levels have in common. With
K = L L' it is b = L u, and u are levels that know nothing of each other. So the only question is in
which rows they act: the rows of all levels are rotated until each has one u of its own, and after
that the model is an ordinary one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmmlab.engine.design import Floats, LMMError

_SAME = 1e-11  # levels whose random columns differ by less have the same
_NOTHING = 1e-12  # an eigenvalue that is rounding, relatively
_NEGATIVE = 1e-8  # how far below zero one may be, of the largest

Mixing = Sequence[Floats | None]  # of each term: its levels as combinations of unrelated ones


@dataclass(frozen=True, eq=False)
class Relation:
    """How J levels are related: K = axes diag(sizes**2) axes'.

    Parameters
    ----------
    axes : (J, J) array
        Eigenvectors of K, in columns.
    sizes : (J,) array
        Roots of its eigenvalues.
    """

    axes: Floats
    sizes: Floats

    @cached_property
    def root(self) -> Floats:
        """L (J, J) with K = L L'."""
        return self.axes * self.sizes

    @cached_property
    def own(self) -> Floats:
        """The diagonal (J,) of K."""
        own: Floats = (self.root * self.root).sum(1)
        return own


def relation(K: Floats, group: str = "the levels") -> Relation:
    """Find the axes of a symmetric matrix without negative eigenvalues (but for rounding).

    Raises
    ------
    LMMError
        If there is a negative eigenvalue, or none that is positive.

    Examples
    --------
    >>> found = relation(np.array([[1.0, 0.5], [0.5, 1.0]]))
    >>> (found.root @ found.root.T).round(12).tolist(), found.own.round(12).tolist()
    ([[1.0, 0.5], [0.5, 1.0]], [1.0, 1.0])
    """
    square, axes = np.linalg.eigh(K)
    if square[-1] <= 0.0 or square[0] < -_NEGATIVE * square[-1]:
        raise LMMError(
            f"The relationship matrix of {group} is no matrix of covariances: its smallest "
            f"eigenvalue is {square[0]:.3g}, its largest {square[-1]:.3g}, and none may be "
            "negative. Where it was put together pair by pair, take the nearest such matrix, or "
            "make it of markers."
        )
    return Relation(axes, np.sqrt(np.where(square > _NOTHING * square[-1], square, 0.0)))


def unrelate(rotated: Floats, q: int, known: Relation) -> tuple[Floats, Floats, Floats]:
    """Rotate the rows of all levels so that each has a random effect of its own.

    Parameters
    ----------
    rotated : (q, c, J) array
        The rotated rows of each level, its random columns first (`lmmlab.engine.patterns.rotate`).
    q : int
        Number of random columns.
    known : Relation

    Returns
    -------
    rotated : (q, c, J) array
    axes : (J, J) array
        What the rows were multiplied by.
    mixing : (J, J) array
        The levels as combinations of the unrelated ones: b = mixing u.

    Raises
    ------
    LMMError
        With several random columns that differ between levels; these have no common axes.

    Notes
    -----
    The rows are F_j b_j + noise. With F_j = F for all levels, the axes of K do. With one random
    column, diag(F) L = U diag(s) W' gives the rows U, the random column s and b = L W u.
    """
    F = rotated[:, :q]
    if np.abs(F - F[..., :1]).max() <= _SAME * np.abs(F).max():
        axes, column, mixing = known.axes, F[..., :1] * known.sizes, known.root
    elif q == 1:
        axes, sizes, back = np.linalg.svd(F[0, 0][:, None] * known.root)
        column, mixing = sizes[None, None], known.root @ back.T
    else:
        raise LMMError(
            "With a relationship matrix, several random effects of one factor need the same "
            "predictors in the rows of each of its levels, such as the same visits. Keep the "
            "intercept alone, or add a random term of another factor."
        )
    return np.concatenate([column, rotated[:, q:] @ axes], axis=1), axes, mixing
