"""Residual sds that differ between the levels of a factor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmmlab.engine.design import Floats, Ints


@dataclass(frozen=True, eq=False)
class Unequal:
    """The residual sd of each level relative to that of the first, which is sigma.

    Parameters
    ----------
    factor : str
        What the factor is called.
    codes : (n,) integer array
        The level of each row.
    levels : tuple of str
        Names of the levels.
    """

    factor: str
    codes: Ints
    levels: tuple[str, ...]

    @cached_property
    def _count(self) -> Floats:
        return np.bincount(self.codes, minlength=len(self.levels)).astype(float)

    @property
    def names(self) -> tuple[str, ...]:
        """What the parameters are called."""
        first, *others = self.levels
        return tuple(f"residual sd of {self.factor} {level}, over {first}" for level in others)

    @property
    def start(self) -> Floats:
        """Where to begin: equal."""
        return np.zeros(len(self.levels) - 1)

    def values(self, phi: Floats) -> Floats:
        """Give the ratios; phi are their logarithms."""
        return np.exp(phi)

    def coordinates(self, values: Floats) -> Floats:
        """Give phi."""
        return np.log(values)

    def edge(self, phi: Floats) -> float:
        """Tell how far the ratios are from 0, or from infinity."""
        return float(np.exp(-np.abs(phi).max()))

    def scaled(self, phi: Floats) -> Floats:
        """Give the ratios on a scale without ends."""
        return phi

    def unscaled(self, scaled: Floats) -> Floats:
        """Undo `scaled`."""
        return self.values(scaled)

    def whiten(self, columns: Floats, phi: Floats) -> tuple[Floats, float]:
        """Give columns (..., n) equal sds; and the logarithm of the product of the variances."""
        log_sd = np.append(0.0, phi)
        return columns * np.exp(-log_sd)[self.codes], 2.0 * float(self._count @ log_sd)

    def colour(self, columns: Floats, phi: Floats) -> Floats:
        """Give columns (..., n) the sds of their rows: undo `whiten`."""
        coloured: Floats = columns * np.exp(np.append(0.0, phi))[self.codes]
        return coloured
