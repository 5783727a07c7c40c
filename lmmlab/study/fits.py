"""What is known of many fits on one design: one row for each response."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.design import Floats, Ints


@dataclass(frozen=True, eq=False)
class Batch:
    """The fits of m responses on one design.

    A response that cannot be fitted, because it is constant or the model reproduces it exactly,
    has a row of NaN and is not `converged`; none is left out.

    Parameters
    ----------
    beta, se : (m, p) arrays
        Fixed effects and their standard errors.
    G : (m, q, q) array
        Covariance of the random effects.
    sigma : (m,) array
        Residual sd.
    deviance : (m,) array
        -2 log (restricted) likelihood.
    singular : (m,) array of bool
        Whether G is singular.
    converged : (m,) array of bool
        Whether there is a fit, and it is a minimum of the criterion.
    estimate, estimate_se, df : (m,) arrays
        The contrast that was asked for, its standard error (adjusted under Kenward-Roger) and
        degrees of freedom (infinite under Wald); empty if none was asked for. They have
        no value (NaN) where related levels leave nothing for residual noise: under Kenward-Roger,
        and under Satterthwaite with several variances.
    """

    beta: Floats
    se: Floats
    G: Floats
    sigma: Floats
    deviance: Floats
    singular: NDArray[np.bool_]
    converged: NDArray[np.bool_]
    estimate: Floats = field(default_factory=lambda: np.empty(0))
    estimate_se: Floats = field(default_factory=lambda: np.empty(0))
    df: Floats = field(default_factory=lambda: np.empty(0))


def together(m: int, parts: list[tuple[Ints, Batch]]) -> Batch:
    """Put the fits of some responses in their places among m."""
    whole: dict[str, Any] = {}
    for name in (one.name for one in fields(Batch)):
        like = getattr(parts[0][1], name)
        whole[name] = np.full((m, *like.shape[1:]), False if like.dtype == bool else np.nan)
        for rows, found in parts:
            whole[name][rows] = getattr(found, name)
    for name in ("estimate", "estimate_se", "df"):
        whole[name] = whole[name].reshape(-1)
    return Batch(**whole)
