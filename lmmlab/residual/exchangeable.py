"""Compound symmetry: all rows of a group are equally correlated.

The mean of a group and the deviations from it are independent, with variances 1 - rho for the
deviations and 1 - rho + m rho, m the number of rows, for the mean times m. So whitening scales them
differently. rho may be negative, down to -1 / (m - 1), where the sum of a group is constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, logit

from lmmlab.engine.design import Floats, Ints


@dataclass(frozen=True, eq=False)
class Exchangeable:
    """The same correlation rho between any two rows of a group.

    Parameters
    ----------
    group : str
        What the groups are called.
    codes : (n,) integer array
        The group of each row.
    levels : tuple of str
        Names of the groups.
    """

    group: str
    codes: Ints
    levels: tuple[str, ...]

    @cached_property
    def sizes(self) -> Ints:
        """Rows of each group."""
        return np.bincount(self.codes, minlength=len(self.levels))

    @property
    def lowest(self) -> float:
        """The least correlation that so many rows can have in common, -1 / (m - 1)."""
        return -1.0 / float(self.sizes.max() - 1)

    def labels(self, rows: Ints) -> tuple[str, ...]:
        """Rows have no names."""
        return ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the parameter is called."""
        return (f"residual correlation within {self.group}",)

    @property
    def start(self) -> Floats:
        """Where to begin: independent."""
        return self.coordinates(np.zeros(1))

    def values(self, phi: Floats) -> Floats:
        """Give rho; phi is the logit of its place between the lowest and 1."""
        rho: Floats = self.lowest + (1.0 - self.lowest) * expit(phi)
        return rho

    def coordinates(self, values: Floats) -> Floats:
        """Give phi."""
        phi: Floats = logit((np.asarray(values, dtype=float) - self.lowest) / (1.0 - self.lowest))
        return phi

    def edge(self, phi: Floats) -> float:
        """Tell how far rho is from the ends of its range."""
        return float((1.0 - self.lowest) * expit(-np.abs(phi[0])))

    def scaled(self, phi: Floats) -> Floats:
        """Give rho on a scale without ends."""
        return phi

    def unscaled(self, scaled: Floats) -> Floats:
        """Undo `scaled`."""
        return self.values(scaled)

    def _variances(self, phi: Floats) -> tuple[float, Floats]:
        """Give the variances of a deviation and of a mean, times its rows, in each group."""
        wide = 1.0 - self.lowest
        low, high = wide * expit(phi[0]), wide * expit(-phi[0])
        return float(high), high + self.sizes * (self.lowest + low)

    def whiten(self, columns: Floats, phi: Floats) -> tuple[Floats, float]:
        """Make correlated columns (..., n) independent; give log|C| besides."""
        off, mean = self._variances(phi)
        logdet = ((self.sizes - 1) * np.log(off) + np.log(mean)).sum()
        return self._scaled(columns, off**-0.5, mean**-0.5), float(logdet)

    def colour(self, columns: Floats, phi: Floats) -> Floats:
        """Make independent columns (..., n) correlated: undo `whiten`."""
        off, mean = self._variances(phi)
        return self._scaled(columns, off**0.5, mean**0.5)

    def _scaled(self, columns: Floats, off: float, mean: Floats) -> Floats:
        """Multiply the deviations from the group's mean, and the mean."""
        order = np.argsort(self.codes, kind="stable")
        starts = np.cumsum(self.sizes) - self.sizes
        means = np.add.reduceat(columns[..., order], starts, axis=-1) / self.sizes
        scaled: Floats = off * columns + ((mean - off) * means)[..., self.codes]
        return scaled
