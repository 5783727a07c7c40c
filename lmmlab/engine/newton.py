"""Find the theta at which the criterion is smallest, by Newton's method, and keep the path.

The search goes over all of theta, without bounds: the criterion depends on D = Lambda Lambda' only,
so that the boundary sd = 0 lies in the middle of a valley and is reached like any other point. It
starts at Lambda = I, in columns scaled so that the mean Z'Z is I. Three things make it safe:

- Each step is made in the principal axes of D. Where D is nearly singular the lower triangle of
  Lambda is a crooked coordinate, with long curved valleys; in these axes they are straight.
- The absolute values of the Hessian's eigenvalues are used, a step is limited, and shortened until
  it goes down.
- Where the gradient is zero, D may still have to grow in a direction that Lambda lacks, because a
  variance went to zero too early. Then dcriterion/dD has a negative eigenvalue, and a step along
  its eigenvector leaves the saddle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.covariance import lower, positions, slices, theta_of
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats
from lmmlab.engine.solve import Solution, derivatives, in_theta, solve

_STEPS = 200
_TRIALS = 60
_ENOUGH = 1e-13  # of the criterion; when less is to be gained, one more step ends the search
_SADDLE = 1e-9  # of the criterion; when less is to be gained, it is rounding and no saddle
_ROUNDING = 1e-13  # of the criterion, relatively
_FLAT = 1e-10  # the least curvature in any direction, relatively


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
        For the original columns, diagonal elements of theta not negative. The last point is the
        estimate.
    """
    at = solve(cross, np.eye(len(cross.S)), reml)
    roots, values = [at.Lambda], [at.criterion()]
    searching = True
    while searching and len(values) < _STEPS:
        view = _look(cross, at)
        ahead = _downhill(cross, at, view)
        down = ahead is not None and ahead.criterion() < values[-1]  # not within rounding alone
        searching = down and view.gain > _ENOUGH
        if not searching:
            growth, gain = _growth(view, cross.blocks)
            if gain > _SADDLE:
                searching, ahead = True, _leave_saddle(cross, at, view, growth, gain)
        if ahead is None:
            break
        at = ahead
        roots.append(at.Lambda)
        values.append(at.criterion())
    back = np.asarray(np.linalg.solve(cross.S, np.stack(roots)), dtype=float)
    return Path(theta_of(back, cross.blocks), np.array(values))


def promised(cross: Crossproducts, at: Solution) -> float:
    """Tell from the derivatives at a point how much lower the criterion may become; 0 at its end.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> from lmmlab.engine.crossproducts import condition
    >>> one = np.ones((6, 1))
    >>> cross = condition(grouped([1, 3, 5, 7, 9, 11], one, one, list("aabbcc")))
    >>> path = minimise(cross, reml=True)
    >>> promised(cross, solve(cross, cross.S * path.theta[-1], reml=True)) < 1e-9
    True
    """
    view = _look(cross, at)
    return view.gain + _growth(view, cross.blocks)[1]


@dataclass(frozen=True, eq=False)
class _View:
    """What the derivatives say at one point, in the principal axes of its D.

    `axes` (q, q), the `root` of D in these axes, `slope` (q, q) and `curvature` (q, q, q, q) with
    respect to D, and the Newton step `move` (k,) in the lower triangle of `root`, which should gain
    `gain`.
    """

    axes: Floats
    root: Floats
    slope: Floats
    curvature: Floats
    move: Floats
    gain: float


def _look(cross: Crossproducts, at: Solution) -> _View:
    """Look round at one point."""
    axes, root = _principal(at.Lambda, cross.blocks)
    slope, curvature = derivatives(cross, at, axes)
    gradient, hessian = in_theta(slope, curvature, root, cross.blocks)
    size, vectors = np.linalg.eigh(hessian)
    size = np.abs(size)
    size = np.maximum(size, _FLAT * size.max())
    along = gradient @ vectors
    move = -vectors @ (along / size)
    return _View(axes, root, slope, curvature, move, -float(gradient @ move) / 2.0)


def _principal(Lambda: Floats, blocks: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Give the principal axes of D in each block, and the root of D in these axes."""
    axes, root = np.zeros_like(Lambda), np.zeros_like(Lambda)
    for block in slices(blocks):
        axes[block, block], size, _ = np.linalg.svd(Lambda[block, block])
        root[block, block] = np.diag(size)
    return axes, root


def _growth(view: _View, blocks: tuple[int, ...]) -> tuple[Floats, float]:
    """Find v such that adding vv' to D should gain most, and what; (0, 0) if D need not grow."""
    growth, best = np.zeros(len(view.root)), 0.0
    for block in slices(blocks):
        lowest, vectors = np.linalg.eigh(view.slope[block, block])
        if lowest[0] < 0.0:
            v = np.zeros(len(view.root))
            v[block] = vectors[:, 0]
            bend = float(v @ (v @ (v @ (v @ view.curvature))))
            length = -float(lowest[0]) / bend if bend > 0.0 else 1.0
            if -float(lowest[0]) * length / 2.0 > best:
                growth, best = np.sqrt(length) * v, -float(lowest[0]) * length / 2.0
    return growth, best


def _downhill(cross: Crossproducts, at: Solution, view: _View) -> Solution | None:
    """Make the Newton step, or as much of it as goes down."""
    row, column = positions(cross.blocks)
    value, longest = at.criterion(), 1.0 + float(np.linalg.norm(at.Lambda))
    share = min(1.0, longest / max(float(np.linalg.norm(view.move)), longest))
    for _ in range(_TRIALS):
        root = view.root.copy()
        root[row, column] += share * view.move
        ahead = solve(cross, view.axes @ root, at.reml)
        if ahead.criterion() <= value - 2e-4 * share * view.gain + _ROUNDING * abs(value):
            return ahead
        share *= 0.25  # not a half, which would take theta to -theta by way of the saddle 0
    return None


def _leave_saddle(
    cross: Crossproducts, at: Solution, view: _View, growth: Floats, gain: float
) -> Solution | None:
    """Let D grow where it should, or as much of that as goes down."""
    share = 1.0
    for _ in range(_TRIALS):
        root = lower(np.column_stack([view.root, np.sqrt(share) * growth]))
        ahead = solve(cross, view.axes @ root, at.reml)
        if ahead.criterion() <= at.criterion() - 2e-4 * share * gain:
            return ahead
        share *= 0.25
    return None
