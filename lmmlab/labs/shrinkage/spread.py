"""How people differ, as one speaks of it: two sds, a correlation, and the noise of a visit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmmlab.engine.covariance import theta_of
from lmmlab.engine.design import Floats
from lmmlab.study.simulate import root


@dataclass(frozen=True)
class Spread:
    """The four variance parameters, as one speaks of them: sds and a correlation."""

    tau0: float
    tau1: float
    rho: float
    sigma: float

    @cached_property
    def factor(self) -> Floats:
        """Lower-triangular square root of G; continuous in all sliders, also at rho = +-1."""
        return root(np.array([self.tau0, self.tau1]), self.rho)

    @cached_property
    def G(self) -> Floats:
        """Covariance matrix of starts and changes."""
        return self.factor @ self.factor.T

    @property
    def theta(self) -> Floats:
        """The factor relative to sigma, as the engine takes it."""
        return theta_of(self.factor / self.sigma, (2,))
