"""How starts and changes vary together: G, read as one speaks of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs.fan.controls import Controls
from lmmlab.meaning.implied import line_variance, moved, narrowest
from lmmlab.study.simulate import root

_NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Spread:
    """A symmetric matrix G that is meant to say how starts and changes vary."""

    G: Floats

    @cached_property
    def sd(self) -> Floats:
        """Standard deviations of starts and changes."""
        return np.sqrt(np.maximum(np.diag(self.G), 0.0))

    @cached_property
    def rho(self) -> float | None:
        """Correlation, beyond -1 or 1 if G is no covariance matrix; None beside an sd of 0."""
        both = float(self.sd[0] * self.sd[1])
        if both <= _NOTHING:
            return None
        rho = float(self.G[0, 1]) / both
        return float(np.clip(rho, -1.0, 1.0)) if abs(rho) < 1.0 + 1e-9 else rho

    @cached_property
    def possible(self) -> bool:
        """Whether any people can differ like this: no eigenvalue is negative."""
        return bool(self.scaled_eigenvalues()[0] >= -1e-9)

    def scaled_eigenvalues(self) -> Floats:
        """Give the eigenvalues of G when starts and changes are each measured in their sd."""
        sd = np.where(self.sd > 0.0, self.sd, 1.0)
        values: Floats = np.linalg.eigvalsh(self.G / np.outer(sd, sd))
        return values

    def at(self, origin: float) -> Spread:
        """Count time from another point."""
        return Spread(moved(self.G, origin))

    @property
    def turning(self) -> tuple[float, float] | None:
        """When the lines are closest together, and the sd of people then; None if parallel."""
        if not (self.possible and self.G[1, 1] > _NOTHING):
            return None
        time, sd = narrowest(self.G)
        return float(time), float(sd)

    def lowest(self, end: float) -> tuple[float, float]:
        """Give the time from 0 to `end` at which the variance is smallest, and this variance."""
        slope = float(self.G[1, 1])
        ends = [0.0, end]
        if slope > 0.0:
            ends.append(min(max(-float(self.G[0, 1]) / slope, 0.0), end))
        at = np.array(ends)
        variance = line_variance(self.G, np.stack([np.ones_like(at), at], axis=-1))
        k = int(variance.argmin())
        return float(at[k]), float(variance[k])


class Estimate(NamedTuple):
    """What REML makes of the visits, with time counted from the origin."""

    spread: Spread
    beta: Floats
    sigma: float
    deviance: float
    singular: bool


def entries_of(c: Controls) -> Spread:
    """Read G from the sliders: from sds and a correlation, or entry by entry."""
    if c.entries == "free":
        return Spread(np.array([[c.g00, c.g01], [c.g01, c.g11]]))
    T = root(np.array([c.tau0, c.tau1]), c.rho)
    return Spread(T @ T.T)
