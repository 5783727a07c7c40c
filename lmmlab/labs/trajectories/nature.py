"""A truth: the average line, how people differ around it, and the noise of a visit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.study.simulate import root


@dataclass(frozen=True)
class Nature:
    """The average line and the four variance parameters."""

    beta0: float
    beta1: float
    tau0: float
    tau1: float
    rho: float
    sigma: float

    @property
    def average(self) -> Floats:
        """Start and change of the average person."""
        return np.array([self.beta0, self.beta1])

    @cached_property
    def factor(self) -> Floats:
        """Lower-triangular square root of G."""
        return root(np.array([self.tau0, self.tau1]), self.rho)

    @cached_property
    def G(self) -> Floats:
        """Covariance matrix of starts and changes."""
        return self.factor @ self.factor.T
