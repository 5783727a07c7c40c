"""Whether one residual structure is a special case of another."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Ints
from lmmlab.residual.exchangeable import Exchangeable
from lmmlab.residual.serial import Serial
from lmmlab.residual.structure import Correlation, Residual
from lmmlab.residual.unequal import Unequal
from lmmlab.residual.unstructured import Unstructured


def nested(small: Residual | None, large: Residual | None) -> bool:
    """Tell whether the smaller structure is the larger one with some parameters held.

    Examples
    --------
    >>> sex = Unequal("sex", np.array([0, 1, 0, 1]), ("f", "m"))
    >>> nested(None, Residual(None, (sex,))), nested(Residual(None, (sex,)), None)
    (True, False)
    """
    if small is None:
        return True
    if large is None:
        return False
    finer = all(any(_coarser(v, w) for w in large.variances) for v in small.variances)
    return finer and _within(small.correlation, large.correlation)


def one_sided(small: Residual | None, large: Residual | None) -> bool:
    """Tell whether the larger one adds a correlation that cannot be negative."""
    if large is None or (small is not None and small.correlation is not None):
        return False
    return isinstance(large.correlation, Serial) and large.correlation.continuous


def _coarser(small: Unequal, large: Unequal) -> bool:
    """Tell whether each level of `large` lies in one level of `small`."""
    return _function_of(large.codes, small.codes)


def _within(small: Correlation | None, large: Correlation | None) -> bool:
    """Tell whether one correlation is the other with some parameters held."""
    if small is None:
        return True
    if large is None or not _same_groups(small.codes, large.codes):
        return False
    match small, large:
        case Exchangeable(), Exchangeable() | Unstructured():
            return True
        case Serial(), Serial():
            return small.continuous == large.continuous and np.array_equal(small.gaps, large.gaps)
        case Serial(), Unstructured():  # each occasion has one time
            return _function_of(large.occasions, np.unique(small.times, return_inverse=True)[1])
        case Unstructured(), Unstructured():
            return _same_groups(small.occasions, large.occasions)
    return False


def _function_of(codes: Ints, other: Ints) -> bool:
    """Tell whether rows with the same code have the same other code."""
    pairs = np.unique(codes * (int(other.max()) + 1) + other)
    return len(pairs) == len(np.unique(codes))


def _same_groups(codes: Ints, other: Ints) -> bool:
    return _function_of(codes, other) and _function_of(other, codes)
