"""What a design can tell of the variances: the expected information, before any response is seen.

Kenward and Roger's degrees of freedom, the standard error of a heritability, and the question
whether variances can be told apart at all stand on the same matrix. V is linear in the elements of
G and in sigma**2. It is written as V = s V0 + Z H Z', at s = sigma**2 and H = 0, which makes every
trace a sum over levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.covariance import directions
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats
from lmmlab.engine.levels import Levels, levels
from lmmlab.engine.solve import Solution


@dataclass(frozen=True, eq=False)
class Information:
    """Twice the expected information about H, over s**2, and what it is made of.

    Attributes
    ----------
    df : int
        n - p under REML, n under ML.
    of_H : (..., k, k) array
        About the free elements of H, s known.
    t : (..., k) array
        Between s and these; that about s itself is `df`.
    seen : Levels
        What each level knows.
    T, squares, B : arrays
        Sums of products of Z'V0^-1 X, the falls of the residual sum of squares, and the change of
        the covariance of white fixed effects along each free element.
    """

    df: int
    of_H: Floats
    t: Floats
    seen: Levels
    T: Floats
    squares: Floats
    B: Floats

    @property
    def without_s(self) -> Floats:
        """About H where s has to be estimated, too."""
        lost: Floats = self.of_H - self.t[..., :, None] * self.t[..., None, :] / self.df
        return lost


def information(cross: Crossproducts, at: Solution) -> Information:
    """Work out the expected information at one solution, under its criterion.

    Notes
    -----
    With P_j = Z_j' V0^-1 Z_j, C_j = Z_j' V0^-1 X (white fixed effects), B(E) = sum_j C_j' E C_j,

        of_H(E1, E2) = sum_j tr(E1 P_j E2 (P_j - 2 C_j C_j')) + tr(B(E1) B(E2))
        t(E)         = sum_j tr(P_j E) - tr B(E),

    without the terms in C and B under ML, where beta costs nothing.
    """
    q = len(cross.S)
    seen = levels(cross, at, np.broadcast_to(np.eye(q), at.Lambda.shape))
    T = products(seen.C)
    squares = seen.squares - np.einsum("...abii->...ab", T)
    E = directions(cross.blocks).reshape(-1, q * q)
    lead, p = squares.shape[:-2], T.shape[-1]
    B = (E @ T.reshape(*lead, q * q, p * p)).reshape(*lead, -1, p, p)
    each = -seen.pairs(seen.C if at.reml else np.zeros_like(seen.C))
    of_H = E @ each.reshape(*lead, q * q, q * q) @ E.T  # a b, c d
    t = squares if at.reml else seen.squares
    if at.reml:
        flat_B = B.reshape(*lead, -1, p * p)
        of_H = of_H + flat_B @ np.swapaxes(flat_B, -1, -2)
    return Information(at.df, of_H, t.reshape(*lead, q * q) @ E.T, seen, T, squares, B)


def products(C: Floats) -> Floats:
    """Give the sums (..., q, q, p, p) over groups of the products of two elements of C."""
    q, p = C.shape[-3:-1]
    flat = C.reshape(*C.shape[:-3], q * p, C.shape[-1])
    both: Floats = flat @ np.swapaxes(flat, -1, -2)
    return np.swapaxes(both.reshape(*C.shape[:-3], q, p, q, p), -3, -2)
