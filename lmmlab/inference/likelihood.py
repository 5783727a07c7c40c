"""The likelihood at one point of the coordinates of a parameter, with exact derivatives.

The deviance is that of maximum likelihood, -2 log likelihood. Here sigma, and where asked for a
fixed effect, are coordinates like theta; in `lmmlab.engine.solve` they are at their best for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lmmlab.engine.covariance import factor, positions
from lmmlab.engine.derivatives import derivatives, in_theta
from lmmlab.engine.design import Floats
from lmmlab.engine.levels import levels
from lmmlab.engine.solve import Solution, solve
from lmmlab.inference.coordinates import Coordinates, inner

_FLAT = 1e-10  # the least curvature in any direction, relatively


@dataclass(frozen=True, eq=False)
class Point:
    """What the deviance is at one point, and what it promises nearby.

    Attributes
    ----------
    x : (d,) array
        The coordinates.
    deviance : float
        Here, and
    gain : float
        how much less it is, to second order, at the best values of the other coordinates.
    move, tangent : (d - 1,) arrays
        How to get to these, and how they change with the parameter's coordinate.
    slope, curvature : float
        First and second derivative of the profile with respect to the coordinate.
    least : float
        The least curvature in the other coordinates, relatively; negative at a saddle.
    way_out : (d - 1,) array
        Its direction.
    """

    x: Floats
    deviance: float
    gain: float
    move: Floats
    tangent: Floats
    slope: float
    curvature: float
    least: float
    way_out: Floats

    @property
    def profile(self) -> float:
        """The deviance with the other coordinates at their best values."""
        return self.deviance - self.gain


def look(here: Coordinates, x: Floats) -> Point:
    """Evaluate the deviance and its derivatives at one point.

    Notes
    -----
    With r2 and V0 as in `lmmlab.engine.solve`, the deviance is

        log|V0| + n log(2 pi sigma**2) + r2 / sigma**2.

    A fixed effect that is held at c adds (c - betahat)**2 / [(X' V0^-1 X)^-1]_kk to r2, since this
    is what least squares loses by one linear restriction; nothing is conditioned anew.
    """
    natural, jacobian, bend = inner(here, x)
    cross, k = here.cross, len(here.start) - 1 - (here.kind == "beta")
    row, column = positions(cross.blocks)
    root = factor(natural[:k], cross.blocks)
    s2 = (here.sigma * np.exp(natural[k])) ** 2
    at = solve(cross, here.axes @ root, reml=False)
    if here.kind == "beta":
        before = at
        at, off, variance = _hold(at, here.held, natural[k + 1])
    df = at.r2 / s2  # for which this sigma would be the best one
    seen = levels(cross, at, here.axes, np.sqrt(s2))
    slope, curvature = derivatives(cross, replace(at, df=df), here.axes, seen=seen)
    fall = seen.squares - slope  # of r2 / sigma**2, in D
    curvature = curvature + fall[:, :, None, None] * (fall / df)  # sigma stays where it is

    gradient, hessian = np.zeros(len(x)), np.zeros((len(x), len(x)))
    gradient[:k], hessian[:k, :k] = in_theta(slope, curvature, root, cross.blocks)
    gradient[k], hessian[k, k] = 2.0 * (cross.n - df), 4.0 * df
    hessian[k, :k] = hessian[:k, k] = 4.0 * (fall @ root)[row, column]
    if here.kind == "beta":
        lost = seen.w[:, 0]  # over sigma
        reach = before.inverse @ here.held / variance
        gained = np.einsum("apn,p->an", levels(cross, before, here.axes).C, reach)
        mixed = 2.0 * ((lost @ gained.T + gained @ lost.T) @ root)[row, column] / np.sqrt(s2)
        gradient[-1], hessian[-1, -1] = 2.0 * off / (variance * s2), 2.0 / (variance * s2)
        hessian[-1, k] = hessian[k, -1] = -2.0 * gradient[-1]
        hessian[-1, :k] = hessian[:k, -1] = mixed
    hessian = jacobian.T @ hessian @ jacobian + np.tensordot(gradient, bend, 1)
    return _point(here, x, float(at.criterion(s2)), jacobian.T @ gradient, hessian)


def _hold(at: Solution, held: Floats, value: float) -> tuple[Solution, float, float]:
    """Hold one combination of the fixed effects at a value, the others at their best.

    Returns
    -------
    at : Solution
        With beta, r2, and the inverse for the fixed effects that are left.
    off : float
        How far the value is from the best one.
    variance : float
        held' (X' V0^-1 X)^-1 held.
    """
    reach = at.inverse @ held
    variance = float(reach @ reach)
    along = reach @ at.inverse / variance
    off = float(value - held @ at.beta)
    return (
        replace(
            at,
            beta=at.beta + off * along,
            r2=at.r2 + off * off / variance,
            inverse=at.inverse - np.outer(reach, along),
        ),
        off,
        variance,
    )


def _point(
    here: Coordinates, x: Floats, deviance: float, gradient: Floats, hessian: Floats
) -> Point:
    place, rest = here.place, here.rest
    size, vectors = np.linalg.eigh(hessian[rest[:, None], rest])
    bound = np.maximum(np.abs(size), _FLAT * np.abs(size).max())
    inverse = (vectors / bound) @ vectors.T
    move, tangent = -inverse @ gradient[rest], -inverse @ hessian[rest, place]
    return Point(
        x=x,
        deviance=deviance,
        gain=-float(gradient[rest] @ move) / 2.0,
        move=move,
        tangent=tangent,
        slope=float(gradient[place] + tangent @ gradient[rest]),
        curvature=float(hessian[place, place] + tangent @ hessian[rest, place]),
        least=float(size[0] / bound[-1]),
        way_out=vectors[:, 0],
    )
