"""Levels that are related: random effects whose covariance between levels is known.

Relatives share genes, so what is special about one of them tells something of the others. b has
covariance G x K then (Kronecker), where K says how much any two levels have in common. With
K = L L' it is b = L u, and u are levels that know nothing of each other. So the only question is in
which rows they act: the rows of all levels are rotated until each has one u of its own, and after
that the model is an ordinary one. Several random effects of each level (lines of relatives) have no
such rotation; their columns Z L stand beside those of all other factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lmmlab.engine.design import Floats, LMMError, Term

_SAME = 1e-11  # random columns that differ by less, relatively, are the same
_NOTHING = 1e-12  # an eigenvalue that is rounding, relatively
_NEGATIVE = 1e-5  # how far below zero one may be, of the largest: K of six digits, or float32

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
    others : tuple of M str
        People beyond the levels whom the matrix knows, too,
    between : (M, J) array
        how they are related to the levels,
    alone : (M,) array
        and their own diagonal elements.
    """

    axes: Floats
    sizes: Floats
    others: tuple[str, ...] = ()
    between: Floats = field(default_factory=lambda: np.empty((0, 0)))
    alone: Floats = field(default_factory=lambda: np.empty(0))

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


def leading(terms: tuple[Term, ...]) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Split terms into the first, whose rows are rotated level by level, and the others.

    Several random effects of related levels cannot be rotated apart; then nobody leads.
    """
    if terms and terms[0].relation is not None and len(terms[0].names) > 1:
        return (), terms
    return terms[:1], terms[1:]


def unrelate(rotated: Floats, known: Relation) -> tuple[Floats, Floats, Floats]:
    """Rotate the rows of all levels so that each has a random effect of its own.

    Parameters
    ----------
    rotated : (1, c, J) array
        The rotated row of each level, its random column first (`lmmlab.engine.patterns.rotate`).
    known : Relation

    Returns
    -------
    rotated : (1, c, J) array
    axes : (J, J) array
        What the rows were multiplied by.
    mixing : (J, J) array
        The levels as combinations of the unrelated ones: b = mixing u.

    Notes
    -----
    The rows are diag(f) b + noise. With diag(f) L = U diag(s) W' the rows U' have the random column
    s, and b = L W u. Where f is the same for all levels, U are the axes of K.
    """
    f = rotated[0, 0]
    if np.abs(f - f[0]).max() <= _SAME * np.abs(f).max():
        axes, column, mixing = known.axes, f[0] * known.sizes, known.root
    else:
        axes, column, back = np.linalg.svd(f[:, None] * known.root)
        mixing = known.root @ back.T
    return np.concatenate([column[None, None], rotated[:, 1:] @ axes], axis=1), axes, mixing
