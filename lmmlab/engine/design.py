"""The design of a mixed model: what was measured, on whom, and what may vary between them.

A `Design` is all that the engine knows of the data. It holds plain arrays, in the order of the
rows of the table, and nothing that depends on a parameter. Formulas and tables end in
`lmmlab.formula`, which makes a `Design`; the labs make theirs from arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class LMMError(ValueError):
    """What is wrong with a model or its data, where, and what to do about it."""


@dataclass(frozen=True, eq=False)
class Term:
    """What may vary between the levels of one grouping factor.

    Parameters
    ----------
    group : str
        Name of the grouping factor, ``"Subject"``.
    names : tuple of str
        Names of the q random columns, ``("(Intercept)", "Days")``.
    Z : (n, q) array
        The random columns themselves, one row per observation (not spread out by level).
    codes : (n,) integer array
        Index into `levels` of each row.
    levels : tuple of str
        Names of the J levels.
    blocks : tuple of int
        Sizes of the diagonal blocks of G, in column order. ``(2,)`` is an unstructured 2 x 2
        matrix, ``(x | g)``; ``(1, 1)`` has no covariance, ``(x || g)``.
    """

    group: str
    names: tuple[str, ...]
    Z: Floats
    codes: Ints
    levels: tuple[str, ...]
    blocks: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Design:
    """The data of a mixed model as arrays: y = X beta + Z b + e.

    Parameters
    ----------
    y : (n,) array
        The response.
    X : (n, p) array
        The columns of the fixed effects; p may be 0.
    names : tuple of str
        Names of the p fixed effects, as lme4 writes them.
    terms : tuple of Term
        The random terms, one per grouping factor.
    weights : (n,) array, optional
        Known relative precisions: row i has residual variance sigma**2 / weights[i]. None means
        that all rows are equally precise.
    dropped : int
        How many rows of the table were left out because a value was missing.
    formula, response : str
        What the user wrote, for the summary.
    """

    y: Floats
    X: Floats
    names: tuple[str, ...]
    terms: tuple[Term, ...]
    weights: Floats | None = None
    dropped: int = 0
    formula: str = ""
    response: str = "y"
