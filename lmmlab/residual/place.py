"""The ordinary fit at one phi: in closed form where there is one, else by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.covariance import factor, settle
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Design, Floats
from lmmlab.engine.newton import minimise
from lmmlab.engine.solve import Solution, solve
from lmmlab.model.closed import closed_theta
from lmmlab.residual.whitening import conditioned, whitened

_SINGULAR = 0.1  # where Lambda is nearer to a singular one, no search begins


@dataclass(frozen=True, eq=False)
class Place:
    """The ordinary fit at one phi."""

    phi: Floats
    theta: Floats
    cross: Crossproducts
    at: Solution

    @property
    def value(self) -> float:
        """The criterion."""
        return float(self.at.criterion())


def place(design: Design, phi: Floats, reml: bool, near: Floats | None = None) -> Place:
    """Fit at one phi; a search begins at a theta that is `near`, if there is one."""
    white, _ = whitened(design, phi)
    cross = conditioned(design, phi)
    theta = closed_theta(white, reml) if design.terms else np.empty(0)
    if theta is None:
        root = np.zeros((1, 1)) if near is None else cross.S @ factor(near, cross.blocks)
        far = np.linalg.svd(root, compute_uv=False)[-1] > _SINGULAR
        theta = minimise(cross, reml, root if far else None).theta[-1]
    theta = settle(theta, cross.S, cross.blocks)
    return Place(phi, theta, cross, solve(cross, cross.S @ factor(theta, cross.blocks), reml))


def criterion(design: Design, theta: Floats, phi: Floats, reml: bool) -> float:
    """Give the criterion at one theta and phi."""
    cross = conditioned(design, phi)
    return float(solve(cross, cross.S @ factor(theta, cross.blocks), reml).criterion())
