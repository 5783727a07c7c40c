"""Columns of a model: which are independent, a basis of them, and a scale for random ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.covariance import slices
from lmmlab.engine.design import Floats, Ints

DEPENDENT = 1e-10  # a column that adds less than this to those before it, relatively, adds nothing


def independent(R: Floats) -> NDArray[np.bool_]:
    """Tell which columns of R, upper triangular, are no combination of those before them."""
    pivots = np.zeros(R.shape[1])
    pivots[: len(R)] = np.abs(np.diagonal(R))
    new: NDArray[np.bool_] = pivots > DEPENDENT * np.sqrt((R * R).sum(0))
    return new


def basis(columns: Floats) -> tuple[Floats, Floats, Ints]:
    """Give Q and R of the independent columns, and which these are."""
    Q, R = np.linalg.qr(columns.T)
    new = independent(R)
    kept = np.flatnonzero(new)
    if not new.all():
        Q, R = np.linalg.qr(columns[kept].T)
    return Q, R, kept


def scale(Z: Floats, levels: int, blocks: tuple[int, ...]) -> Floats:
    """Give S (q, q), with S'S = Z'Z / levels in each block, for random columns Z (n, q)."""
    q = Z.shape[1]
    R: Floats = np.linalg.qr(Z, mode="r") / np.sqrt(levels)
    if len(blocks) == 1 and independent(R).all():
        return R
    S = np.zeros((q, q))
    for block in slices(blocks):
        own = np.linalg.qr(R[:, block]).R
        reach = np.sqrt((own * own).sum(0))
        lost = np.flatnonzero(~independent(own))
        own[lost, lost] = np.where(reach > 0, reach, 1.0)[lost]  # any scale, to be invertible
        S[block, block] = own
    return S
