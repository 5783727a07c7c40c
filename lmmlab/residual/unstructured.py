"""Each two occasions have a correlation of their own.

A group may lack occasions; its correlation matrix is then that of those it has. Groups with the
same occasions share one Cholesky factor, and those with as many are worked out together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmmlab.engine.covariance import lower
from lmmlab.engine.design import Floats, Ints


@dataclass(frozen=True, eq=False)
class Unstructured:
    """A correlation for each pair of T occasions.

    Parameters
    ----------
    group, time : str
        What the groups and occasions are called.
    codes : (n,) integer array
        The group of each row.
    levels : tuple of str
        Names of the groups.
    occasions : (n,) integer array
        The occasion of each row; no two rows of a group at the same.
    when : tuple of str
        Names of the occasions.
    """

    group: str
    time: str
    codes: Ints
    levels: tuple[str, ...]
    occasions: Ints
    when: tuple[str, ...]

    @cached_property
    def rows(self) -> Ints:
        """The row (J, T) of each group and occasion; -1 where there is none."""
        rows = np.full((len(self.levels), len(self.when)), -1, dtype=np.intp)
        rows[self.codes, self.occasions] = np.arange(len(self.codes))
        return rows

    @cached_property
    def patterns(self) -> tuple[tuple[Ints, Ints, Ints], ...]:
        """Of groups with m rows: the sets (u, m) of occasions, which of them, and rows (g, m)."""
        there = self.rows >= 0
        found = []
        for m in np.unique(there.sum(1)).tolist():
            groups = np.flatnonzero(there.sum(1) == m)
            sets, which = np.unique(there[groups], axis=0, return_inverse=True)
            rows = self.rows[groups][there[groups]].reshape(-1, m)
            found.append((np.nonzero(sets)[1].reshape(-1, m), which.ravel(), rows))
        return tuple(found)

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """The earlier and the later occasion of each correlation."""
        return np.triu_indices(len(self.when), 1)

    def labels(self, rows: Ints) -> tuple[str, ...]:
        """Name rows by their occasions."""
        return tuple(self.when[int(k)] for k in self.occasions[rows])

    @property
    def names(self) -> tuple[str, ...]:
        """What the parameters are called."""
        pairs = zip(*self.pairs, strict=True)
        when = self.when
        return tuple(
            f"residual correlation of {self.time} {when[i]} and {when[j]}" for i, j in pairs
        )

    @property
    def start(self) -> Floats:
        """Where to begin: independent."""
        return np.zeros(len(self.pairs[0]))

    def _root(self, phi: Floats) -> Floats:
        """Give the Cholesky factor of the correlation matrix: rows (phi, 1), of length 1."""
        first, second = self.pairs
        root = np.eye(len(self.when))
        root[second, first] = phi
        root /= np.sqrt((root * root).sum(1))[:, None]
        return root

    def matrix(self, phi: Floats) -> Floats:
        """Give the correlation matrix (T, T)."""
        root = self._root(phi)
        return np.asarray(root @ root.T)

    def values(self, phi: Floats) -> Floats:
        """Give the correlations."""
        matrix: Floats = self.matrix(phi)[self.pairs]
        return matrix

    def coordinates(self, values: Floats) -> Floats:
        """Give phi."""
        matrix = np.eye(len(self.when))
        matrix[self.pairs] = values
        root = np.linalg.cholesky(matrix + np.triu(matrix, 1).T)
        phi: Floats = (root / np.diagonal(root)[:, None]).T[self.pairs]
        return phi

    def edge(self, phi: Floats) -> float:
        """Tell how far the correlation matrix is from singular."""
        return float(np.linalg.eigvalsh(self.matrix(phi))[0])

    def scaled(self, phi: Floats) -> Floats:
        """Give the correlations on a scale without ends."""
        return np.arctanh(self.values(phi))

    def unscaled(self, scaled: Floats) -> Floats:
        """Undo `scaled`."""
        return np.tanh(scaled)

    def whiten(self, columns: Floats, phi: Floats) -> tuple[Floats, float]:
        """Make correlated columns (..., n) independent; give log|C| besides."""
        whole, white, logdet = self._root(phi), np.empty_like(columns), 0.0
        for own, which, rows in self.patterns:
            root = lower(whole[own])
            inverse = np.asarray(np.linalg.inv(root), dtype=float)
            white[..., rows] = _turned(columns[..., rows], inverse, which)
            size = np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(-1)
            logdet += 2.0 * float(size[which].sum())
        return white, logdet

    def colour(self, columns: Floats, phi: Floats) -> Floats:
        """Make independent columns (..., n) correlated: undo `whiten`."""
        whole, coloured = self._root(phi), np.empty_like(columns)
        for own, which, rows in self.patterns:
            coloured[..., rows] = _turned(columns[..., rows], lower(whole[own]), which)
        return coloured


def _turned(columns: Floats, turn: Floats, which: Ints) -> Floats:
    """Multiply the rows (..., g, m) of each group by one of the matrices (u, m, m)."""
    if len(turn) == 1:
        return np.asarray(columns @ turn[0].T)
    turned: Floats = np.einsum("...gm,gkm->...gk", columns, turn[which])
    return turned
