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

Many responses on one design walk side by side, each in its own steps; one that has arrived leaves,
and the others go on. A single response is the same walk alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from lmmlab.engine.covariance import lower, positions, principal, slices, theta_of
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.derivatives import derivatives, in_theta
from lmmlab.engine.design import Floats, Ints
from lmmlab.engine.solve import Solution, solve

LEFT = 1e-6  # what may be left to gain, of the criterion, for a fit to have converged
_STEPS = 200
_TRIALS = 60
_ENOUGH = 1e-13  # of the criterion; when less is to be gained, one more step ends the search
_SADDLE = 1e-9  # of the criterion; when less is to be gained, it is rounding and no saddle
_ROUNDING = 1e-13  # of the criterion, relatively
_FLAT = 1e-10  # the least curvature in any direction, relatively
_DOWN = 2e-4  # the least share of what was promised that a step must gain


@dataclass(frozen=True, eq=False)
class Path:
    """Where the search has been: theta (steps, k) and criterion (steps,), start and end included.

    With a residual structure also its coordinates, phi (steps, r).

    Examples
    --------
    >>> Path(np.array([[1.0], [0.5]]), np.array([12.0, 10.0])).theta[-1]
    array([0.5])
    """

    theta: Floats
    criterion: Floats
    phi: Floats | None = None


def minimise(cross: Crossproducts, reml: bool, start: Floats | None = None) -> Path:
    """Walk to the smallest criterion.

    Parameters
    ----------
    cross : Crossproducts
        The conditioned data of one response.
    reml : bool
        Which criterion.
    start : (q, q) array, optional
        A Lambda near the minimum, for the conditioned columns, far from a singular one.

    Returns
    -------
    Path
        For the original columns, diagonal elements of theta not negative. The last point is the
        estimate.
    """
    roots, values = [], []
    for _, at in _walk(cross.alone(), reml, start):
        roots.append(at.Lambda[0])
        values.append(at.criterion()[0])
    back = np.asarray(np.linalg.solve(cross.S, np.stack(roots)), dtype=float)
    return Path(theta_of(back, cross.blocks), np.array(values))


def minima(cross: Crossproducts, reml: bool) -> Floats:
    """Find the smallest criterion of each of m responses.

    Returns
    -------
    (m, k) array
        theta, for the original columns, diagonal elements not negative.
    """
    roots = np.empty((len(cross.scale), *cross.S.shape))
    for which, at in _walk(cross, reml):
        roots[which] = at.Lambda
    back = np.asarray(np.linalg.solve(cross.S, roots), dtype=float)
    return theta_of(back, cross.blocks)


def promised(cross: Crossproducts, at: Solution) -> Floats:
    """Tell from the derivatives at a point how much lower the criterion may become; 0 at its end.

    Returns
    -------
    (...) array
        A number for each response.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> from lmmlab.engine.crossproducts import condition
    >>> one = np.ones((6, 1))
    >>> cross = condition(grouped([1, 3, 5, 7, 9, 11], one, one, list("aabbcc")))
    >>> path = minimise(cross, reml=True)
    >>> bool(promised(cross, solve(cross, cross.S * path.theta[-1], reml=True)) < 1e-9)
    True
    """
    view = _look(cross, at)
    return view.gain + _growth(view, cross.blocks)[1]


def _walk(
    cross: Crossproducts, reml: bool, start: Floats | None = None
) -> Iterator[tuple[Ints, Solution]]:
    """Walk downhill with m responses at once, each until it has arrived.

    Yields
    ------
    (r,) integer array, Solution
        The responses that were still under way at this step, and where they are after it; first
        all of them, at the start.
    """
    which, q = np.arange(len(cross.scale)), len(cross.S)
    start = np.eye(q) if start is None else start
    at = solve(cross, np.broadcast_to(start, (len(which), q, q)), reml)
    yield which, at
    for _ in range(_STEPS - 1):
        view = _look(cross, at)
        ahead = _downhill(cross, at, view)
        down = ahead.criterion() < at.criterion()  # not within rounding alone
        searching = down & (view.gain > _ENOUGH)
        if not searching.all():
            ended = np.flatnonzero(~searching)
            saddle = ended[_growth(view.of(ended), cross.blocks)[1] > _SADDLE]
            if saddle.size:
                out = _leave_saddle(cross.of(saddle), at.of(saddle), view.of(saddle))
                ahead = ahead.put(saddle, out)
                searching[saddle] = out.criterion() < at.criterion()[saddle]
        yield which, ahead
        left = np.flatnonzero(searching)
        if not left.size:
            return
        which, cross, at = which[left], cross.of(left), ahead.of(left)


@dataclass(frozen=True, eq=False)
class _View:
    """What the derivatives say at one point of each response, in the principal axes of its D.

    `axes` (..., q, q), the `root` of D in these axes, `slope` (..., q, q) and `curvature`
    (..., q, q, q, q) with respect to D, and the Newton step `move` (..., k) in the lower triangle
    of `root`, which should gain `gain`.
    """

    axes: Floats
    root: Floats
    slope: Floats
    curvature: Floats
    move: Floats
    gain: Floats

    def of(self, which: Ints) -> _View:
        """Give the same for some of the responses, in ascending order."""
        if len(which) == len(self.gain):
            return self
        return _View(*(getattr(self, field.name)[which] for field in fields(self)))


def _look(cross: Crossproducts, at: Solution) -> _View:
    """Look round at one point."""
    axes, root = principal(at.Lambda, cross.blocks)
    slope, curvature = derivatives(cross, at, axes, rough=True)
    gradient, hessian = in_theta(slope, curvature, root, cross.blocks)
    size, vectors = np.linalg.eigh(hessian)
    size = np.abs(size)
    size = np.maximum(size, _FLAT * size.max(-1, keepdims=True))
    along = np.einsum("...i,...ij->...j", gradient, vectors)
    move = -np.einsum("...ij,...j->...i", vectors, along / size)
    return _View(axes, root, slope, curvature, move, -(gradient * move).sum(-1) / 2.0)


def _growth(view: _View, blocks: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Find v (..., q) such that adding vv' to D gains most, and what; 0 if D need not grow."""
    growth, best = np.zeros(view.slope.shape[:-1]), np.zeros(view.slope.shape[:-2])
    for block in slices(blocks):
        lowest, vectors = np.linalg.eigh(view.slope[..., block, block])
        v, fall = np.zeros_like(growth), np.maximum(-lowest[..., 0], 0.0)
        v[..., block] = vectors[..., 0]
        vv = v[..., :, None] * v[..., None, :]
        bend = np.einsum("...ab,...abcd,...cd->...", vv, view.curvature, vv)
        length = np.divide(fall, bend, out=np.ones_like(best), where=bend > 0.0)
        gain = fall * length / 2.0
        growth = np.where((gain > best)[..., None], np.sqrt(length)[..., None] * v, growth)
        best = np.maximum(gain, best)
    return growth, best


def _downhill(cross: Crossproducts, at: Solution, view: _View) -> Solution:
    """Make the Newton step, or as much of it as goes down."""
    row, column = positions(cross.blocks)
    longest = 1.0 + np.sqrt((at.Lambda * at.Lambda).sum((-2, -1)))
    length = np.sqrt((view.move * view.move).sum(-1))

    def step(which: Ints, share: Floats) -> Floats:
        here = view.of(which)
        root = here.root.copy()
        root[:, row, column] += share[:, None] * here.move
        return here.axes @ root

    share = longest / np.maximum(length, longest)
    return _shorten(cross, at, step, share, view.gain, _ROUNDING * np.abs(at.criterion()))


def _leave_saddle(cross: Crossproducts, at: Solution, view: _View) -> Solution:
    """Let D grow where it should, or as much of that as goes down."""
    growth, gain = _growth(view, cross.blocks)

    def step(which: Ints, share: Floats) -> Floats:
        here = view.of(which)
        added = np.sqrt(share)[:, None] * growth[which]
        return here.axes @ lower(np.concatenate([here.root, added[:, :, None]], axis=2))

    return _shorten(cross, at, step, np.ones_like(gain), gain, np.zeros_like(gain))


def _shorten(
    cross: Crossproducts,
    at: Solution,
    step: Callable[[Ints, Floats], Floats],
    share: Floats,
    gain: Floats,
    slack: Floats,
) -> Solution:
    """Make a share of a step, or less until it goes down; stay where nothing does.

    Parameters
    ----------
    step : callable
        From some of the responses, and the share of the step that each of them is to make, to
        Lambda.
    share : (m,) array
        To be tried first.
    gain : (m,) array
        What the whole step should gain.
    slack : (m,) array
        By how much a step may go up, as rounding does.
    """
    ahead, value, left = at, at.criterion(), np.arange(len(gain))
    for _ in range(_TRIALS):
        trial = solve(cross.of(left), step(left, share[left]), at.reml)
        down = trial.criterion() <= (value - _DOWN * share * gain + slack)[left]
        if down.all():
            return ahead.put(left, trial)
        ahead = ahead.put(left[down], trial.of(np.flatnonzero(down)))
        left = left[~down]
        share = 0.25 * share  # not a half, which would take theta to -theta via the saddle 0
    return ahead
