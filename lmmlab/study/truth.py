"""What is true in a simulated study: averages, people, noise, and what hides part of them.

A `Truth` says how nature makes the data; a `Layout` says who is measured when. Together with
standard normals they give responses. What is fitted to them is another matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.design import Floats, LMMError
from lmmlab.study.layout import Layout
from lmmlab.study.missingness import Dropout, observed
from lmmlab.study.shape import NORMAL, Shape
from lmmlab.study.simulate import response


@dataclass(frozen=True, eq=False)
class Truth:
    """How nature makes the data: y = X beta + Z b + e, between a floor and a ceiling.

    Parameters
    ----------
    beta : mapping of str to float
        Fixed effects, by the name of the column of the layout; ``"1"`` is the intercept.
    random : tuple of str
        The columns whose effects vary between groups; () if none.
    root : (q, q) array
        T with G = TT', from `lmmlab.study.simulate.root`.
    sigma : float
        Residual sd.
    people, noise : Shape
        Distributions of the random effects (before T mixes them) and of the residuals.
    dropout : Dropout, optional
        Who leaves, by what was measured.
    floor, ceiling : float
        What the instrument can show: a value beyond is recorded as this.

    Raises
    ------
    LMMError
        If these numbers cannot be true of anything.
    """

    beta: Mapping[str, float]
    random: tuple[str, ...]
    root: Floats
    sigma: float
    people: Shape = NORMAL
    noise: Shape = NORMAL
    dropout: Dropout | None = None
    floor: float = -np.inf
    ceiling: float = np.inf

    def __post_init__(self) -> None:
        q = len(self.random)
        if self.root.shape != (q, q) or not np.isfinite(self.root).all():
            raise LMMError(
                f"The root of G has shape {self.root.shape}, and {q} effects vary. Give finite "
                "numbers, a row and a column for each of them."
            )
        for name, size in self.beta.items():
            if not np.isfinite(size):
                raise LMMError(f"The true effect of {name} is {size}. Give a finite number.")
        if not 0.0 <= self.sigma < np.inf:
            raise LMMError(f"sigma is {self.sigma}; the residual sd is a number, 0 or more.")
        if not self.floor < self.ceiling:
            raise LMMError(
                f"The floor, {self.floor:g}, must be below the ceiling, {self.ceiling:g}."
            )

    def responses(self, layout: Layout, u: Floats, e: Floats) -> Floats:
        """Make responses from standard normals, those that will be lost included.

        Parameters
        ----------
        layout : Layout
        u : (..., J, q) array
            Standard normals of the people; leading axes are repetitions of the study.
        e : (..., n) array
            Standard normals of the rows.

        Returns
        -------
        (..., n) array
        """
        beta = np.array(list(self.beta.values()), dtype=float)
        X, Z = layout.matrix(tuple(self.beta)), layout.matrix(self.random)
        u, e = self.people.bend(u), self.noise.bend(e)
        y = response(X, Z, layout.codes, beta, self.root, self.sigma, u, e)
        bounded = self.floor > -np.inf or self.ceiling < np.inf
        return np.clip(y, self.floor, self.ceiling) if bounded else y

    def observed(self, layout: Layout, y: Floats, u: Floats, chance: Floats) -> NDArray[np.bool_]:
        """Tell which of these responses are observed, (..., n); `chance` is the coin of each row.

        The slope that a person may leave for is the last random effect but the intercept.
        """
        if self.dropout is None:
            return np.ones(y.shape, dtype=bool)
        slopes = [k for k, name in enumerate(self.random) if name != "1"]
        slope = self.people.bend(u) @ self.root[slopes[-1]] if slopes else None
        return observed(self.dropout, layout.codes, y, chance, slope)
