"""Find theta and beta at which the deviance is smallest, by Newton's method, and keep the path.

As in the linear model the search goes over all of theta, without bounds, in the principal axes of
each block of G; absolute eigenvalues, a limit to each step, and shortening make it safe
(`lmmlab.engine.newton`). Unlike there beta is searched for too: it has no closed form, and the
curvature of the integrand depends on it. A step predicts how the best u will move, so that the next
evaluation starts next to its end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.covariance import placed, positions, settle, slices, theta_of
from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.newton import Path
from lmmlab.generalised import laplace, quadrature
from lmmlab.generalised.laplace import Moves
from lmmlab.generalised.pirls import Mode, mode
from lmmlab.generalised.separation import require_sense, start
from lmmlab.generalised.working import Working

Steps = list[tuple[Floats, float]]  #: Lambda and deviance

_STEPS = 100
_TRIALS = 40
_ENOUGH = 1e-11  # of the deviance; when less is to be gained, one more step ends the search
_ROUNDING = 1e-13  # of the deviance, relatively
_FLAT = 1e-10  # the least curvature in any direction, relatively
_SADDLE = 1e-6  # a negative curvature, relatively, that is none by rounding
_DOWN = 2e-4  # the least share of what was promised that a step must gain
_FAR = 3.0  # the largest change of eta in one step, as a root mean square


@dataclass(frozen=True, eq=False)
class Found:
    """Where the search ended.

    Attributes
    ----------
    at : Mode
        Its Lambda is `axes` times a lower triangular root of D.
    axes : (q, q) array
    deviance : float
    gradient, hessian : (P,) and (P, P) arrays
        With respect to the elements of this root, and the conditioned beta.
    by : Moves
    path : Path
        Theta and deviance at every step, for the original columns.
    """

    at: Mode
    axes: Floats
    deviance: float
    gradient: Floats
    hessian: Floats
    by: Moves
    path: Path

    @property
    def left(self) -> float:
        """How much lower the deviance may become, by its derivatives."""
        move, _ = _newton(self.gradient, self.hessian)
        return float(-self.gradient @ move / 2.0)


def deviance(data: Working, at: Mode, nodes: int) -> float:
    """Give -2 log likelihood: Laplace's approximation, or with more nodes by quadrature."""
    return laplace.deviance(data, at) if nodes == 1 else quadrature.deviance(data, at, nodes)


def look(data: Working, at: Mode, nodes: int) -> tuple[Mode, Floats, Floats, Floats, Moves]:
    """Turn to principal axes; give the same point, the axes, gradient, Hessian and moves."""
    if nodes > 1:
        axes = np.eye(1)
        return at, axes, *quadrature.derivatives(data, at, nodes)
    at, axes = turned(data, at)
    return at, axes, *laplace.derivatives(data, at, axes)


def turned(data: Working, at: Mode) -> tuple[Mode, Floats]:
    """Write Lambda as axes times a diagonal root, and turn u accordingly."""
    q = len(at.Lambda)
    axes, turn = np.eye(q), np.eye(q)
    if max(data.blocks) == 1:
        return at, axes
    for block in slices(data.blocks):
        left, _, right = np.linalg.svd(at.Lambda[block, block])
        axes[block, block], turn[block, block] = left, right
    return mode(data, at.Lambda @ turn.T, at.beta, _carried(data, at.u, turn)), axes


def _carried(data: Working, u: Floats, turn: Floats) -> Floats:
    """Multiply the u of each level by a matrix (q, q)."""
    new = np.zeros(u.size)
    for k, own in enumerate(data.counts.design.effects):
        new[data.slot[data.places.spans[k]]] = (turn[own, own] @ data.of_term(u, k)).ravel()
    return new.reshape(u.shape)


def minimise(data: Working, nodes: int) -> Found:
    """Walk to the smallest deviance.

    Raises
    ------
    LMMError
        If no estimate exists.
    """
    at = mode(data, np.eye(len(data.S)), start(data))
    path, at = _walk(data, at, 1)
    if nodes > 1:
        path, at = _walk(data, at, nodes)
    return ended(data, at, nodes, path)


def ended(data: Working, at: Mode, nodes: int, path: Steps) -> Found:
    """Set what does not vary to zero exactly, and look round there for the last time."""
    theta = settle(theta_of(at.Lambda, data.blocks), np.eye(len(data.S)), data.blocks)
    Lambda = placed(theta, data.blocks)
    u = _carried(data, at.u, np.linalg.pinv(Lambda) @ at.Lambda)
    at = mode(data, Lambda, at.beta, u)
    value = deviance(data, at, nodes)
    at, axes, gradient, hessian, by = look(data, at, nodes)
    roots = np.stack([root for root, _ in path] + [at.Lambda])
    values = np.array([size for _, size in path] + [value])
    back = np.asarray(np.linalg.solve(data.S, roots), dtype=float)
    return Found(at, axes, value, gradient, hessian, by, Path(theta_of(back, data.blocks), values))


def _walk(data: Working, at: Mode, nodes: int) -> tuple[Steps, Mode]:
    """Walk downhill until nothing is to be gained."""
    value = deviance(data, at, nodes)
    path: Steps = []
    for _ in range(_STEPS):
        path.append((at.Lambda, value))
        require_sense(data, at.Lambda)
        at, axes, gradient, hessian, by = look(data, at, nodes)
        move, lowest = _newton(gradient, hessian)
        gain = float(-gradient @ move / 2.0)
        last = gain <= _ENOUGH
        if last and lowest is not None:
            move, gain, last = lowest, 0.0, False
        ahead = _downhill(data, at, axes, by, move, gain, value, nodes)
        if ahead is None or (last and ahead[1] >= value):
            return path, at if ahead is None else ahead[0]
        at, value = ahead
        if last:
            return path, at
    return path, at


def _newton(gradient: Floats, hessian: Floats) -> tuple[Floats, Floats | None]:
    """Give the Newton step, and a direction in which the deviance curves down, if there is one."""
    size, vectors = np.linalg.eigh(hessian)
    largest = np.abs(size).max()
    bounded = np.maximum(np.abs(size), _FLAT * largest)
    move = -vectors @ ((gradient @ vectors) / bounded)
    return move, vectors[:, 0] if size[0] < -_SADDLE * largest else None


def _downhill(
    data: Working,
    at: Mode,
    axes: Floats,
    by: Moves,
    move: Floats,
    gain: float,
    value: float,
    nodes: int,
) -> tuple[Mode, float] | None:
    """Make a step, or as much of it as goes down; None if nothing does."""
    k, (row, column) = len(by.z), positions(data.blocks)
    longest = 1.0 + float(np.sqrt((at.Lambda**2).sum()))
    far = max(
        float(np.sqrt((move[:k] ** 2).sum())) / longest,
        float(np.sqrt((move[k:] ** 2).sum())) / _FAR,  # the columns have mean square 1
    )
    share = 1.0 / max(1.0, far)
    root = np.zeros_like(at.Lambda)
    for _ in range(_TRIALS):
        root[row, column] = share * move[:k]
        try:
            there = mode(
                data,
                at.Lambda + axes @ root,
                at.beta + share * move[k:],
                at.u + share * np.einsum("a,amj->mj", move, by.u),
            )
            size = deviance(data, there, nodes)
        except LMMError:
            size = np.inf
        if size <= value - _DOWN * share * gain + _ROUNDING * abs(value):
            return (there, size) if gain > 0.0 or size < value else None
        share *= 0.25
    return None
