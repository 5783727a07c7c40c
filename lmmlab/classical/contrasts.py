"""Orthonormal contrasts: the questions that a design of crossed factors can be asked.

The space of all cells falls apart into the mean, the main effects and the interactions. Cells
within persons and groups of persons are taken apart in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np

from lmmlab.engine.design import Floats


def contrasts(sizes: Sequence[int]) -> dict[tuple[bool, ...], Floats]:
    """Part the space of cells into main effects and interactions, by orthonormal contrasts.

    Parameters
    ----------
    sizes : sequence of int
        How many levels each factor has; the last factor varies fastest over the C cells.

    Returns
    -------
    dict of tuple of bool to (C, d) array
        For each choice of factors, the orthonormal columns that span their interaction: of one
        factor its main effect, of none the mean. Side by side they are an orthogonal matrix.

    Examples
    --------
    >>> [(effect, M.shape[1]) for effect, M in contrasts((2, 4)).items()]
    [((False, False), 1), ((True, False), 1), ((False, True), 3), ((True, True), 3)]
    """
    pairs = [(np.full((k, 1), k**-0.5), differences(k)) for k in sizes]
    backwards = product((False, True), repeat=len(pairs))
    effects = sorted((chosen[::-1] for chosen in backwards), key=sum)
    return {
        effect: _product(pair[on] for pair, on in zip(pairs, effect, strict=True))
        for effect in effects
    }


def _product(factors: Iterable[Floats]) -> Floats:
    whole: Floats = np.eye(1)
    for columns in factors:
        whole = np.asarray(np.kron(whole, columns), dtype=np.float64)
    return whole


def differences(cells: int) -> Floats:
    """Give orthonormal columns (C, C - 1) that span all differences between C cells.

    Examples
    --------
    >>> np.abs(differences(2)).round(4).ravel().tolist()
    [0.7071, 0.7071]
    """
    start = np.column_stack([np.ones(cells), np.eye(cells, cells - 1)])
    return np.asarray(np.linalg.qr(start).Q[:, 1:], dtype=np.float64)
