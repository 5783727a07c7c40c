"""Profile likelihood: how much worse the fit becomes when one parameter is held at a value.

An interval is the set of values at which the deviance is within a quantile of chi-square(1) of its
minimum. Its ends are found directly, by Newton's method on the parameter and all others together
with exact derivatives, as Venzon & Moolgavkar (1988), "A method for computing profile-likelihood-
based confidence intervals", Applied Statistics 37(1), 87-94, propose. Two things make it safe: the
others go to their best before the parameter moves on, and the parameter stays between values that
are known to be inside and outside.

The likelihood is the full one, as in lme4: the restricted likelihood says nothing of fixed effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from lmmlab.engine.design import Floats, LMMError
from lmmlab.inference.coordinates import Coordinates, coordinates, parameters
from lmmlab.inference.likelihood import Point, look
from lmmlab.model.estimable import require_estimates, require_independent_rows
from lmmlab.model.estimates import require_confidence
from lmmlab.model.relatives import require_noise
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit

_STEPS = 100
_TRIALS = 10
_ENOUGH = 1e-7  # of the deviance, still to be gained; after it comes what is of third order
_ROUGH = 1e-2  # the same, while zeta is not yet
_NEAR = 0.1  # to the one that is looked for
_SADDLE = -1e-7  # a least curvature, relatively, that is not rounding
_CLOSE = 1e-5  # of zeta; one more step of Newton is exact
_JUMP = 1e-8  # a gap between inside and outside, relatively, in which nothing lies
_FLAT = 1e-6  # the least curvature from which a first step is judged
_LITTLE = 1e-6  # of what a step promises, is enough
_BEYOND = 0.25  # how far a curve goes beyond the interval, of the way to its end
_LOST = (
    "The profile likelihood of this model could not be followed. Use a simpler random term, or "
    "fit.bootstrap()."
)


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """Profile likelihood intervals of all parameters, and the curves behind them.

    Parameters
    ----------
    fit : Fit
        The model at its maximum likelihood estimates.
    confidence : float
        Level of the intervals.
    table : Table
        A row for each parameter: estimate, lower and upper end of its interval.
    reach : dict of str to (Coordinates, float, float)
        Of each parameter whose estimate is defined, the coordinates that were used, and the lower
        and upper end in them.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> from lmmlab.model.fit import fit
    >>> one = np.ones((6, 1))
    >>> model = fit(grouped([1, 3, 5, 7, 9, 11], one, one, list("aabbcc")), reml=False)
    >>> model.profile().table.frame().round(2)
                 estimate  lower  upper
    sd_z0|group      3.11   0.00   9.59
    sigma            1.41   0.75   4.18
    x0               6.00   0.74  11.26
    """

    fit: Fit
    confidence: float
    table: Table
    reach: dict[str, tuple[Coordinates, float, float]]

    def curve(self, name: str, points: int = 41) -> tuple[Floats, Floats]:
        """Give the profile of one parameter, to be drawn.

        Parameters
        ----------
        name : str
            A row of `table`.
        points : int
            At how many values, from a little below the interval to a little above.

        Returns
        -------
        values, zeta : (points,) arrays
            Values of the parameter, and the signed root of what the deviance is above its minimum:
            a straight line where the likelihood is normal. The interval is where zeta lies
            between the quantiles of the normal distribution, -1.96 and 1.96 for 95 per cent.

        Raises
        ------
        LMMError
            If there is no such parameter, or fewer than two points are asked for.
        """
        if name not in self.table.rows:
            raise LMMError(
                f"The model has no parameter {name!r}. Its parameters are "
                f"{', '.join(self.table.rows)}."
            )
        if name not in self.reach:
            raise LMMError(
                f"{name} has no profile: beside an sd that is estimated to be zero, a correlation "
                "has no value."
            )
        if points < 2:
            raise LMMError(f"A curve needs at least 2 points; points is {points}.")
        here, lower, upper = self.reach[name]
        best = look(here, here.start)
        centre = float(best.x[here.place])
        low, high = (1.0 + _BEYOND) * np.array([lower, upper]) - _BEYOND * centre
        grid = np.linspace(max(low, here.ends[0]), min(high, here.ends[1]), points)
        above = grid > centre
        up, down = _follow(here, best, grid[above]), _follow(here, best, grid[~above][::-1])
        return here.value(grid), np.concatenate([-down[::-1], up])

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def profile(fit: Fit, confidence: float = 0.95) -> Profile:
    """Give profile likelihood intervals of sds, correlations, sigma and fixed effects.

    Parameters
    ----------
    fit : Fit
        A fitted model. One fitted by REML is refitted by maximum likelihood.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Profile

    Raises
    ------
    LMMError
        If theta was given or the search has not converged, or the level is not between 0 and 1.

    Notes
    -----
    Where the deviance does not reach the cut-off before an sd is 0 or a correlation is 1 or -1, the
    interval ends there, and the table says so; with related levels also where sigma is 0. Close to
    a boundary chi-square(1) is too wide a reference, so that the interval errs on the safe side.

    The other parameters are followed from their estimates. Where, with very few groups, the
    likelihood has a second maximum, the interval is that of the first.
    """
    require_confidence(confidence)
    require_independent_rows(fit.design, "Profiles are")
    require_estimates(fit, "A profile")
    said = []
    if fit.reml:
        from lmmlab.model.fit import fit as estimate

        fit = estimate(fit.design, reml=False)
        require_estimates(fit, "A profile")
        said.append(
            "The model was fitted by REML; estimates and intervals are those of maximum likelihood."
        )
    require_noise(fit, "A profile", "fit.bootstrap()")
    z = float(ndtri((1.0 + confidence) / 2.0))
    reach, undefined, bounded = {}, [], []
    values: list[Sequence[float] | Floats] = []
    named = parameters(fit.design)
    sd = np.concatenate([table.values for table in fit.sd.values()])
    for name, kind, which in named:
        if kind == "cor" and not sd[list(which)].all():
            values.append((np.nan, -1.0, 1.0))
            undefined.append(name)
            continue
        here = coordinates(kind, which, fit.cross, fit.solution)
        best = look(here, here.start)
        ends = _end(here, best, z, -1), _end(here, best, z, 1)
        reach[name] = here, *ends
        values.append(here.value(np.array([best.x[here.place], *ends])))
        if not {*ends}.isdisjoint(here.ends):
            bounded.append(name)
    if bounded:
        one = len(bounded) == 1
        said.append(
            f"The likelihood does not rule out the boundary for {listed(bounded)}: the "
            f"interval{'' if one else 's'} end{'s' if one else ''} there."
        )
    if undefined:
        said.append(
            f"The data say nothing of {listed(undefined)}, since one of the sds is estimated to be "
            "zero."
        )
    rows = tuple(name for name, _, _ in named)
    table = Table(rows, ("estimate", "lower", "upper"), np.array(values), " ".join(said))
    return Profile(fit, confidence, table, reach)


def _end(here: Coordinates, best: Point, z: float, sign: int) -> float:
    """Find the end of the interval on one side; the boundary if zeta does not reach z before it.

    Notes
    -----
    Newton's method on zeta, which is nearly linear, as a function of the distance from the
    estimate; bisection where it leads astray.
    """
    centre, limit = float(best.x[here.place]), here.ends[(sign + 1) // 2]
    room = sign * (limit - centre)
    if room == 0.0:
        return limit
    inside, outside, near = 0.0, np.inf, False
    point = within = best
    distance = min(room, z * float(np.sqrt(2.0 / max(best.curvature, _FLAT))))
    for _ in range(_STEPS):
        coordinate = limit if distance == room else centre + sign * distance
        point = _hold(here, point, coordinate, _ENOUGH if near or distance == room else _ROUGH)
        zeta = _zeta(best, point)
        near = abs(zeta - z) < _NEAR
        if distance == room and zeta < z:
            return limit
        if not near or point.gain < _ENOUGH:  # otherwise on which side it is may be wrong
            if zeta < z:
                inside, within = distance, point
            else:
                outside = distance
        slope = sign * point.slope / 2.0
        ahead = distance + (z - zeta) * zeta / slope if slope > 0.0 else np.inf
        if abs(zeta - z) < _CLOSE and point.gain < _ENOUGH and ahead < room:
            return centre + sign * ahead
        if outside - inside < _JUMP * outside:  # to another minimum of the others
            return limit if outside == room else centre + sign * outside
        if not inside < ahead < outside:
            ahead = (inside + outside) / 2.0 if outside < np.inf else room
            point = within  # outside, an sd may have become zero and stay so
        distance = min(ahead, 4.0 * distance, room)
    raise LMMError(_LOST)


def _follow(here: Coordinates, best: Point, grid: Floats) -> Floats:
    """Give zeta, without its sign, at coordinates that lead away from the estimate."""
    zeta, point = np.empty(len(grid)), best
    for i, coordinate in enumerate(grid):
        point = _hold(here, point, float(coordinate))
        zeta[i] = _zeta(best, point)
    return zeta


def _zeta(best: Point, point: Point) -> float:
    return float(np.sqrt(max(point.profile - best.profile, 0.0)))


def _hold(here: Coordinates, point: Point, coordinate: float, enough: float = _ENOUGH) -> Point:
    """Hold the parameter at another coordinate, and bring all others to their best."""
    change = coordinate - float(point.x[here.place])
    move = _short(point, point.move + change * point.tangent)
    x = point.x.copy()
    x[here.place], x[here.rest] = coordinate, x[here.rest] + move
    point = look(here, x)
    for _ in range(_STEPS):
        ahead = None
        if point.gain > enough:
            ahead = _downhill(here, point, _short(point, point.move), _LITTLE * point.gain)
        if ahead is None and point.least < _SADDLE:
            ahead = _downhill(here, point, point.way_out, _ENOUGH)
        if ahead is None:
            if point.gain < _ROUGH:
                return point
            break
        point = ahead
    raise LMMError(_LOST)


def _short(point: Point, move: Floats) -> Floats:
    """Shorten a move that goes farther than the derivatives can be trusted."""
    longest = 1.0 + float(np.linalg.norm(point.x))
    return move * (longest / max(float(np.linalg.norm(move)), longest))


def _downhill(here: Coordinates, point: Point, move: Floats, gain: float) -> Point | None:
    """Make a move of the other coordinates, or a part of it that gains enough; None if none."""
    for _ in range(_TRIALS):
        x = point.x.copy()
        x[here.rest] += move
        ahead = look(here, x)
        if ahead.deviance < point.deviance - gain:
            return ahead
        move = 0.25 * move
    return None
