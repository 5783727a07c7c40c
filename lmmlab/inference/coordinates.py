"""The likelihood in coordinates of which one is the parameter that is asked about.

A profile holds one parameter at a value and lets all others be at their best. That is simplest
where the parameter *is* a coordinate: then holding it needs no side condition, and boundaries (an
sd of 0, a correlation of 1 or -1) are ordinary points. So each parameter has coordinates of its
own, which differ from (theta, log sigma) in at most three places:

- The random effects are turned so that the one in question comes first, (b_k, ...) or
  (b_k, b_l, ...). The first row of Lambda is then (sd_k / sigma, 0, ...).
- An sd: theta_1 is replaced by sigma theta_1.
- A correlation: the first two rows of Lambda, (r_k, 0) and r_l (sin phi, cos phi), are written
  with phi, whose sine is the correlation, and the roots of r_k and r_l, so that neither sd can
  become negative.
- sigma: log sigma is there already. Where it may be 0, since related levels can account for all
  rows, theta is replaced by sigma theta, which stays finite.
- A fixed effect: it is added as a last coordinate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from lmmlab.engine.covariance import positions, settle, slices, theta_of
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Design, Floats, Ints
from lmmlab.engine.solve import Solution
from lmmlab.model.relatives import noise_may_vanish

Kind = Literal["sd", "cor", "sigma", "beta"]

_MOST = 1e5  # Lambda, in columns of mean square 1, beside which noise is nothing


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Coordinates of the likelihood, one of which tells the value of one parameter.

    Attributes
    ----------
    kind : {"sd", "cor", "sigma", "beta"}
        What the parameter is.
    cross : Crossproducts
        The conditioned data.
    axes : (q, q) array
        Conditioned random effects are these, times the turned ones.
    held : (p,) array
        The coordinate of a fixed effect is held' beta, beta the conditioned ones.
    turned : (3, 3) array
        The first three elements of a correlated block of theta are `turned` times the elements of
        the rows of the two random effects.
    start : (d,) array
        The estimates.
    place : int
        Which coordinate tells the parameter.
    changed : (c,) integer array
        Which elements of theta are replaced.
    origin, scale, sigma : float
        What `value` needs to know, and the estimate of sigma.
    nothing : float
        Up to where the coordinate of sigma means 0.
    """

    kind: Kind
    cross: Crossproducts
    axes: Floats
    held: Floats
    turned: Floats
    start: Floats
    place: int
    changed: Ints
    origin: float
    scale: float
    sigma: float
    nothing: float = -np.inf

    @property
    def ends(self) -> tuple[float, float]:
        """Between which values the coordinate may lie."""
        half = np.pi / 2.0
        ends = {"sd": (0.0, np.inf), "cor": (-half, half), "sigma": (self.nothing, np.inf)}
        return ends.get(self.kind, (-np.inf, np.inf))

    @cached_property
    def rest(self) -> Ints:
        """The other coordinates."""
        return np.delete(np.arange(len(self.start)), self.place)

    def value(self, coordinate: Floats) -> Floats:
        """Turn values of the coordinate into values of the parameter."""
        scaled = {"sigma": np.exp, "cor": np.sin}.get(self.kind, np.asarray)(coordinate)
        if self.kind == "sigma":
            scaled = np.where(coordinate <= self.nothing, 0.0, scaled)
        return self.origin + self.scale * np.asarray(scaled)


def parameters(design: Design) -> list[tuple[str, Kind, tuple[int, ...]]]:
    """Name all parameters of a model, as lme4 does.

    Returns
    -------
    list of (str, str, tuple of int)
        Name, kind and columns (see `coordinates`) of the sds and correlations in the order of
        theta, of sigma, and of the fixed effects.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> line = np.column_stack([np.ones(4), [0, 1, 0, 1]])
    >>> [name for name, _, _ in parameters(grouped(np.ones(4), line, line, list("aabb")))]
    ['sd_z0|group', 'cor_z1.z0|group', 'sd_z1|group', 'sigma', 'x0', 'x1']
    """
    effects = [(name, term.group) for term in design.terms for name in term.names]
    found: list[tuple[str, Kind, tuple[int, ...]]] = []
    for i, k in zip(*positions(design.blocks), strict=True):
        (name, group), other = effects[k], effects[i][0]
        if i == k:
            found.append((f"sd_{name}|{group}", "sd", (k,)))
        else:
            found.append((f"cor_{other}.{name}|{group}", "cor", (k, i)))
    found.append(("sigma", "sigma", ()))
    return [*found, *((name, "beta", (k,)) for k, name in enumerate(design.names))]


def coordinates(
    kind: Kind, which: tuple[int, ...], cross: Crossproducts, at: Solution
) -> Coordinates:
    """Choose coordinates for one parameter.

    Parameters
    ----------
    kind : {"sd", "cor", "sigma", "beta"}
    which : tuple of int
        The random column of an sd among those of all terms, the two of a correlation (the first one
        first), the fixed column of a fixed effect, () for sigma.
    cross : Crossproducts
        The conditioned data.
    at : Solution
        The maximum likelihood estimates.

    Returns
    -------
    Coordinates
    """
    blocks, sigma = cross.blocks, float(np.sqrt(at.variance))
    row, column = positions(blocks)
    random = which if kind in ("sd", "cor") else ()
    reach = np.linalg.inv(cross.S)[list(random)]  # original random effects of the conditioned
    length = np.linalg.norm(reach, axis=1)
    axes, R = _turn(at.Lambda, blocks, (reach / length[:, None]).T)
    theta = settle(theta_of(axes.T @ at.Lambda, blocks), np.eye(len(axes)), blocks)
    start = np.append(theta, 0.0)
    place, origin, scale = len(theta), 0.0, sigma
    held, turned, changed = np.zeros(len(cross.kept)), np.eye(3), np.empty(0, dtype=np.intp)
    nothing = -np.inf
    if random:
        first = next(block.start for block in slices(blocks) if random[0] < block.stop)
        place = int(np.flatnonzero((row == first) & (column == first))[0])
        changed, scale = np.array([place]), sigma * float(length[0])
    if kind == "cor":
        inside = np.flatnonzero((row >= first) & (column >= first) & (row < first + 2))[:3]
        changed, place, scale = inside, int(inside[1]), 1.0
        turned[1:, 1:] /= R[1, 1]
        turned[1, 0] = -R[0, 1] / R[1, 1]
        one, two, three = np.linalg.solve(turned, theta[inside])
        start[inside] = np.sqrt(one), np.arctan2(two, three), np.sqrt(np.hypot(two, three))
    if kind == "sigma" and noise_may_vanish(cross):
        changed = np.arange(place)
        nothing = float(np.log(max(1.0, np.abs(at.Lambda).max()) / _MOST))
    if kind == "beta":
        held = np.linalg.inv(cross.R)[which[0]]
        place, origin = len(start), float(cross.ols[which[0]])
        scale = sigma * float(np.linalg.norm(held))
        held = held / scale
        start = np.append(start, held @ at.beta)
    return Coordinates(
        kind, cross, axes, held, turned, start, place, changed, origin, scale, sigma, nothing
    )


def _turn(Lambda: Floats, blocks: tuple[int, ...], first: Floats) -> tuple[Floats, Floats]:
    """Give axes (q, q) that begin with these directions (q, r) in their block, and R of the latter.

    The other axes, and those of other blocks, are principal axes of D, where its root is no crooked
    coordinate (see `lmmlab.engine.newton`).
    """
    axes, R = np.zeros_like(Lambda), np.eye(first.shape[1])
    for block in slices(blocks):
        principal = np.linalg.svd(Lambda[block, block])[0]
        axes[block, block] = principal
        if first[block].any():
            Q, R = np.linalg.qr(np.column_stack([first[block], principal]))
            signs = np.ones(len(Q))
            signs[: first.shape[1]] = np.copysign(1.0, np.diagonal(R)[: first.shape[1]])
            axes[block, block], R = Q * signs, signs[:, None] * R
    return axes, R


def inner(here: Coordinates, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Give (theta, log sigma, beta), and how they change with x: first and second derivatives."""
    d = len(x)
    inner, jacobian, bend = x.copy(), np.eye(d), np.zeros((d, d, d))
    if here.kind in ("sd", "sigma"):
        i, last = here.changed, d - 1
        shrink = np.exp(-x[last])
        inner[i] = x[i] * shrink
        jacobian[i, i], jacobian[i, last] = shrink, -inner[i]
        bend[i, i, last] = bend[i, last, i] = -shrink
        bend[i, last, last] = inner[i]
    if here.kind == "cor":
        own, phi, other = x[here.changed]
        sine, cosine, square = np.sin(phi), np.cos(phi), other * other
        rows = np.array([own * own, square * sine, square * cosine])
        first = np.zeros((3, 3))
        first[0, 0] = 2.0 * own
        first[1, 1:] = square * cosine, 2.0 * other * sine
        first[2, 1:] = -square * sine, 2.0 * other * cosine
        second = np.zeros((3, 3, 3))
        second[0, 0, 0] = 2.0
        second[1, 1:, 1:] = [-square * sine, 2 * other * cosine], [2 * other * cosine, 2 * sine]
        second[2, 1:, 1:] = [-square * cosine, -2 * other * sine], [-2 * other * sine, 2 * cosine]
        inner[here.changed] = here.turned @ rows
        jacobian[np.ix_(here.changed, here.changed)] = here.turned @ first
        bend[np.ix_(*3 * (here.changed,))] = np.tensordot(here.turned, second, 1)
    return inner, jacobian, bend
