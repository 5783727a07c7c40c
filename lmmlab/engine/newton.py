"""Find the theta at which the criterion is smallest, by Newton's method, and keep the path.

The search goes over all of theta, without bounds: the criterion depends on Lambda Lambda' only, so
that the boundary sd = 0 lies in the middle of the valley and is reached like any other point. It
starts at Lambda = I in columns scaled so that the mean Z'Z is I, and never at a zero diagonal,
which is a saddle. Steps use the absolute values of the Hessian's eigenvalues, which keeps them away
from saddles, are limited, and are shortened until they go down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.covariance import positions, theta_of
from lmmlab.engine.design import Floats
from lmmlab.engine.solve import Crossproducts, derivatives, in_theta, solve

_STEPS = 100
_ENOUGH = 1e-13  # the criterion that is still to be gained when the last step is taken
_ROUNDING = 1e-13  # of the criterion, relatively


@dataclass(frozen=True, eq=False)
class Path:
    """Where the search has been: theta (steps, k) and criterion (steps,), start and end included.

    Examples
    --------
    >>> Path(np.array([[1.0], [0.5]]), np.array([12.0, 10.0])).theta[-1]
    array([0.5])
    """

    theta: Floats
    criterion: Floats


def minimise(cross: Crossproducts, reml: bool) -> Path:
    """Walk to the smallest criterion.

    Returns
    -------
    Path
        In the units of the original columns, diagonal elements of theta not negative. The last
        point is the estimate.
    """
    row, column = positions(cross.blocks)
    Lambda = np.eye(len(cross.S))
    at = solve(cross, Lambda, reml)
    roots, values = [Lambda], [at.criterion()]
    near = False
    while not near and len(values) < _STEPS:
        gradient, hessian = in_theta(*derivatives(cross, at), at.Lambda, cross.blocks)
        size, axes = np.linalg.eigh(hessian)
        size = np.abs(size)
        move = -axes @ (gradient @ axes / np.maximum(size, 1e-10 * size.max()))
        gain = -float(gradient @ move) / 2.0
        near = gain < _ENOUGH
        longest = 1.0 + float(np.linalg.norm(at.Lambda))
        move *= min(1.0, longest / max(float(np.linalg.norm(move)), longest))
        for _ in range(_STEPS):
            Lambda = at.Lambda.copy()
            Lambda[row, column] += move
            trial = solve(cross, Lambda, reml)
            value = trial.criterion()
            if value <= values[-1] + 1e-4 * float(gradient @ move) + _ROUNDING * abs(values[-1]):
                break
            move *= 0.4  # not a half, which would take theta to -theta by way of the saddle 0
        else:
            break
        at = trial
        roots.append(Lambda)
        values.append(value)
    back = np.asarray(np.linalg.solve(cross.S, np.stack(roots)), dtype=float)
    return Path(theta_of(back, cross.blocks), np.array(values))
