"""Correlation that fades with time: AR(1) over occasions, CAR(1) over any times.

A row knows of the past through the row before it alone. So what is new in it is independent of all
rows before, and takes one subtraction and one division.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmmlab.engine.design import Floats, Ints


@dataclass(frozen=True, eq=False)
class Serial:
    """Correlation r of a row with the one before it in its group: rho**gap.

    Parameters
    ----------
    group, time : str
        What the groups and times are called.
    codes : (n,) integer array
        The group of each row.
    levels : tuple of str
        Names of the groups.
    times : (n,) array
        When each row was measured; no two rows of a group at once.
    continuous : bool
        False is AR(1): times are whole numbers of steps, rho lies between -1 and 1 and is that of
        neighbours, one `step` apart. True is CAR(1): rho, between 0 and 1, is that of rows one
        `step` apart, which is a unit of time.
    """

    group: str
    time: str
    codes: Ints
    levels: tuple[str, ...]
    times: Floats
    continuous: bool

    @cached_property
    def _order(self) -> Ints:
        """The rows by group and time."""
        return np.lexsort((self.times, self.codes))

    @cached_property
    def before(self) -> Ints:
        """The row before each row in its group; the first has itself."""
        order, before = self._order, np.arange(len(self.codes))
        same = self.codes[order[1:]] == self.codes[order[:-1]]
        before[order[1:][same]] = order[:-1][same]
        return before

    @cached_property
    def step(self) -> float:
        """The largest number of which all gaps are multiples.

        Of CAR(1) it is 1, or a power of ten if gaps are below 1/100 or from 1000 on, as of days in
        years or in seconds: a correlation one unit apart would be 0 or 1.
        """
        gaps = self.gaps[np.isfinite(self.gaps)]
        if not self.continuous:
            return float(np.gcd.reduce(gaps.astype(np.int64)))
        size = float(np.floor(np.log10(np.median(gaps))))
        return 1.0 if -2.0 <= size <= 2.0 else 10.0**size

    @cached_property
    def gaps(self) -> Floats:
        """Time since the row before; infinite for the first."""
        gaps = self.times - self.times[self.before]
        gaps[self.before == np.arange(len(gaps))] = np.inf
        return gaps

    @cached_property
    def _odd(self) -> Ints:
        """The rows an odd number of steps after the one before."""
        later = np.flatnonzero(np.isfinite(self.gaps))
        odd: Ints = later[self.gaps[later] / self.step % 2.0 == 1.0]
        return odd

    @cached_property
    def visits(self) -> tuple[Ints, ...]:
        """The rows that are first in their group, those that are second, and so on."""
        codes = self.codes[self._order]
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        number = np.arange(len(codes)) - np.repeat(starts, np.diff(starts, append=len(codes)))
        return tuple(self._order[number == k] for k in range(int(number.max()) + 1))

    def labels(self, rows: Ints) -> tuple[str, ...]:
        """Name rows by their times."""
        return tuple(f"{time:g}" for time in self.times[rows])

    @property
    def names(self) -> tuple[str, ...]:
        """What the parameter is called."""
        return (f"residual correlation, {self.time} {self.step:g} apart",)

    @property
    def start(self) -> Floats:
        """Where to begin: independent, or (CAR(1)) a correlation of 1/2 at the median gap."""
        if not self.continuous:
            return np.zeros(1)
        gap = np.median(self.gaps[np.isfinite(self.gaps)])
        return np.log([gap / np.log(2.0)])

    @property
    def short(self) -> Floats:
        """Another place to begin, of CAR(1): a correlation of 1/100 at the smallest gap."""
        return np.log([self.gaps.min() / np.log(100.0)])

    def values(self, phi: Floats) -> Floats:
        """Give rho; phi is its inverse hyperbolic tangent or (CAR(1)) log -step / log(rho)."""
        return np.exp(-self.step * np.exp(-phi)) if self.continuous else np.tanh(phi)

    def coordinates(self, values: Floats) -> Floats:
        """Give phi."""
        values = np.asarray(values, dtype=float)
        return -np.log(-np.log(values) / self.step) if self.continuous else np.arctanh(values)

    def edge(self, phi: Floats) -> float:
        """Tell how far rho is from 1 or -1; of CAR(1), from 1 or 0 at the smallest gap."""
        if not self.continuous:
            return float(1.0 - np.tanh(np.abs(phi[0])))
        log_r = -float(self.gaps.min() * np.exp(-phi[0]))
        return float(min(np.exp(log_r), -np.expm1(log_r)))

    def scaled(self, phi: Floats) -> Floats:
        """Give rho on a scale without ends."""
        return phi

    def unscaled(self, scaled: Floats) -> Floats:
        """Undo `scaled`."""
        return self.values(scaled)

    def _memory(self, phi: Floats) -> tuple[Floats, Floats]:
        """Give the correlation r of each row with that before, and 1 - r**2."""
        if self.continuous:
            log_r = -self.gaps * np.exp(-phi[0])
            return np.exp(log_r), -np.expm1(2.0 * log_r)
        steps = self.gaps / self.step
        with np.errstate(divide="ignore"):  # log|rho| is -inf where rho is 0
            log_r = steps * np.log1p(-2.0 / (np.exp(2.0 * np.abs(phi[0])) + 1.0))
        r = np.exp(log_r)
        if phi[0] < 0.0:
            r[self._odd] *= -1.0
        return r, -np.expm1(2.0 * log_r)

    def whiten(self, columns: Floats, phi: Floats) -> tuple[Floats, float]:
        """Make correlated columns (..., n) independent; give log|C| besides."""
        r, new = self._memory(phi)
        white = (columns - r * columns[..., self.before]) / np.sqrt(new)
        return white, float(np.log(new).sum())

    def colour(self, columns: Floats, phi: Floats) -> Floats:
        """Make independent columns (..., n) correlated: undo `whiten`."""
        r, new = self._memory(phi)
        coloured: Floats = columns * np.sqrt(new)
        for rows in self.visits[1:]:
            coloured[..., rows] += r[rows] * coloured[..., self.before[rows]]
        return coloured
