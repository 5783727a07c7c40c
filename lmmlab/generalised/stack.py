"""Stacks of symmetric positive definite matrices: many small ones, or a few large ones.

NumPy works on many small matrices at once, but without knowing that they are symmetric. Large ones
are dealt with one by one, by their Cholesky factor, which costs a third.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats

_LARGE = 100  # rows, from which on a matrix is dealt with by itself


def solve(H: Floats, v: Floats) -> Floats:
    """Give H^-1 v for a stack H (m, K, K) and v (m, K).

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite.
    """
    if H.shape[-1] < _LARGE:
        return np.asarray(np.linalg.solve(H, v[..., None])[..., 0], dtype=float)
    from scipy.linalg import cho_factor, cho_solve

    each = zip(H, v, strict=True)
    solved = [cho_solve(cho_factor(one, lower=True, check_finite=False), b) for one, b in each]
    return np.asarray(np.stack(solved), dtype=float)


def inverse(H: Floats) -> Floats:
    """Give H^-1 (m, K, K)."""
    if H.shape[-1] < _LARGE:
        return np.asarray(np.linalg.inv(H), dtype=float)
    from scipy.linalg.lapack import dpotrf, dpotri

    out = np.empty_like(H)
    for one, room in zip(H, out, strict=True):
        half = np.tril(dpotri(dpotrf(one, lower=1)[0], lower=1)[0])
        room[:] = half + half.T
        room[np.diag_indices(len(room))] /= 2.0
    return out


def logdet(H: Floats) -> float:
    """Give the sum of log|H| over the stack."""
    root = np.linalg.cholesky(H)
    return 2.0 * float(np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum())
