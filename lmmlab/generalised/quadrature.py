"""Adaptive Gauss-Hermite quadrature: the likelihood of a model with one scalar random effect.

Where each level has a single random effect the integral over it is one-dimensional, and a sum over
a few nodes makes it as exact as one likes. The nodes are put where the integrand is: round the best
u of each level, as far apart as its curvature says (Naylor & Smith 1982; Pinheiro & Bates 1995).
One node is Laplace's approximation. The nodes move with the parameters, and the derivatives take
that into account, so that a criterion with few nodes is minimised exactly, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.generalised.laplace import Moves, moves
from lmmlab.generalised.pirls import Mode
from lmmlab.generalised.working import Working

_MOST = 101


def require_nodes(design: Design, nodes: object) -> int:
    """Refuse a number of nodes that cannot be, or more than one where there is no such integral."""
    if not isinstance(nodes, int | np.integer) or isinstance(nodes, bool) or nodes < 1:
        raise LMMError(f"nodes must be a whole number from 1 to {_MOST}; this is {nodes!r}.")
    if nodes > _MOST:
        raise LMMError(f"{_MOST} nodes are the most; {nodes} would add nothing.")
    effects = sum(len(term.names) for term in design.terms)
    if nodes > 1 and effects > 1:
        raise LMMError(
            f"Adaptive quadrature is for one random effect per level of one grouping factor, such "
            f"as (1 | Subject); this model has {effects} random columns. Take nodes=1, Laplace's "
            "approximation."
        )
    return int(nodes)


@lru_cache(maxsize=16)
def hermite(nodes: int) -> tuple[Floats, Floats]:
    """Give nodes x and log weights for the standard normal density, times exp(x**2 / 2).

    Notes
    -----
    Nodes are eigenvalues of the three-term recurrence (Golub & Welsch 1969). Weights are one over
    the sums of squares of the orthonormal polynomials there: the outermost are far below the
    rounding of the eigenvectors, and the quadrature multiplies them by exp(x**2 / 2).

    Examples
    --------
    >>> x, log_weight = hermite(3)
    >>> bool(np.isclose((np.exp(log_weight - x**2 / 2) * x**4).sum(), 3.0))
    True
    """
    beside = np.sqrt(np.arange(1.0, nodes))
    x = np.linalg.eigvalsh(np.diag(beside, 1) + np.diag(beside, -1))
    x = (x - x[::-1]) / 2.0
    before, now, squares = np.zeros(nodes), np.ones(nodes), np.ones(nodes)
    for k in range(1, nodes):
        before, now = now, (x * now - np.sqrt(k - 1) * before) / np.sqrt(k)
        squares += now * now
    return x, x * x / 2.0 - np.log(squares)


@dataclass(frozen=True, eq=False)
class _Nodes:
    """The nodes u (J, k) of each level, the linear predictor (n, k) there, and log weights."""

    x: Floats
    u: Floats
    eta: Floats
    log_weight: Floats


def _nodes(data: Working, at: Mode, nodes: int) -> _Nodes:
    x, log_weight = hermite(nodes)
    u = at.u + x / np.sqrt(at.H[:, :, 0])
    codes = data.effect[:, 0]
    eta = at.eta[:, None] + at.A * (u - at.u)[codes]
    return _Nodes(x, u, eta, log_weight)


def _log_integrand(data: Working, at: Mode, sums: _Nodes) -> Floats:
    """Give the log of what is summed over the nodes, (J, k)."""
    counts = data.counts
    rows = counts.family.loglik(counts.y[:, None], counts.trials[:, None], sums.eta)
    each = _by_level(data, rows) - sums.u**2 / 2.0
    return each + sums.log_weight - np.log(at.H[:, :, 0]) / 2.0


def _by_level(data: Working, rows: Floats) -> Floats:
    """Add up (n, ...) over the rows of each level: (J, ...)."""
    J = data.shape[0]
    flat = rows.reshape(len(rows), -1)
    c = flat.shape[1]
    place = data.effect[:, :1] * c + np.arange(c)
    total = np.bincount(place.ravel(), flat.ravel(), J * c)
    return np.asarray(total, dtype=float).reshape(J, *rows.shape[1:])


def deviance(data: Working, at: Mode, nodes: int) -> float:
    """Give -2 log likelihood by quadrature, all constants included."""
    each = _log_integrand(data, at, _nodes(data, at, nodes))
    largest = each.max(1)
    total = largest + np.log(np.exp(each - largest[:, None]).sum(1))
    return float(-2.0 * (total.sum() + data.constant))


def derivatives(data: Working, at: Mode, nodes: int) -> tuple[Floats, Floats, Moves]:
    """Differentiate the deviance, once and twice, with respect to theta and beta.

    Returns
    -------
    gradient : (P,) array
    hessian : (P, P) array
    Moves

    Notes
    -----
    Each level adds log sum_k exp(g_k), whose derivatives are means of those of g_k, and the
    covariance of the first ones, with weights proportional to exp(g_k). g_k depends on the
    parameters through eta and u_k = u + x_k / root(H), which moves with the best u and with H.
    """
    counts, z, theta = data.counts, data.Z[:, 0], float(at.Lambda[0, 0])
    by = moves(data, at, np.eye(1))
    P = len(by.eta)
    first = np.eye(P)[0]
    peak = _peaks(data, at, by, first)
    sums = _nodes(data, at, nodes)
    each = _log_integrand(data, at, sums)
    p = np.exp(each - each.max(1)[:, None])
    p /= p.sum(1)[:, None]

    X = np.column_stack([np.zeros(len(z)), data.X])
    r, W = counts.family.slopes(counts.y[:, None], counts.trials[:, None], sums.eta)[:2]
    Rz, Wz2 = _by_level(data, r * z[:, None]), _by_level(data, W * (z * z)[:, None])
    Rx = np.stack([_by_level(data, r * x[:, None]) for x in X.T], axis=-1)
    Wzx = np.stack([_by_level(data, W * (z * x)[:, None]) for x in X.T], axis=-1)
    du = peak.du[:, None] + sums.x[:, None] * peak.ds[:, None]  # (J, k, P)
    t = first * sums.u[..., None] + theta * du  # of eta, over z
    g = Rx + t * Rz[..., None] - sums.u[..., None] * du
    mean = np.einsum("jk,jka->ja", p, g)
    gradient = (mean + peak.log1).sum(0)

    pulled = p * (theta * Rz - sums.u)
    hessian = np.einsum("j,jab->ab", pulled.sum(1), peak.ddu)
    hessian += np.einsum("j,jab->ab", pulled @ sums.x, peak.dds) + peak.log2.sum(0)
    once = np.outer(first, np.einsum("jk,jka->a", p * Rz, du))
    once -= np.einsum("jk,jka,jkb->ab", p, t, Wzx)
    hessian += once + once.T - mean.T @ mean
    flat, by_node = p.reshape(-1, 1), (t, du, g)
    for values, weight in zip(by_node, (-Wz2.reshape(-1, 1), -1.0, 1.0), strict=True):
        rows = values.reshape(-1, P)
        hessian += (flat * weight * rows).T @ rows
    hessian -= (X * np.einsum("nk,nk->n", p[data.effect[:, 0]], W)[:, None]).T @ X
    return -2.0 * gradient, -2.0 * hessian, by


@dataclass(frozen=True, eq=False)
class _Peaks:
    """Derivatives of the best u, of s = 1 / root(H) and of its log: (J, P) and (J, P, P)."""

    du: Floats
    ddu: Floats
    ds: Floats
    dds: Floats
    log1: Floats
    log2: Floats


def _peaks(data: Working, at: Mode, by: Moves, first: Floats) -> _Peaks:
    """Differentiate the place and the width of each level's peak, twice.

    Notes
    -----
    The second derivative of eta is z (first_a u_b + first_b u_a + theta u_ab).
    """
    z, theta, H = data.Z[:, 0], float(at.Lambda[0, 0]), at.H[:, 0]
    _, W, W1, W2 = at.slopes
    du, N = by.u[:, :, 0].T, by.eta.T
    both = N[:, :, None] * N[:, None, :]

    def symmetric(values: Floats) -> Floats:
        outer = first[:, None] * values[:, None, :]
        return np.asarray(outer + outer.swapaxes(1, 2))

    square = _by_level(data, W * z * z)[:, None]
    along = _by_level(data, (W1 * z * z)[:, None] * N)
    pull = symmetric(_by_level(data, (W * z)[:, None] * N))
    pull += theta * _by_level(data, (W1 * z)[:, None, None] * both)
    crossed = symmetric(du)
    ddu = -(pull + theta * square[..., None] * crossed) / H[..., None]
    dH = 2.0 * theta * square * first + theta**2 * along
    ddH = symmetric(2.0 * theta * along + square * first)
    ddH += theta**2 * _by_level(data, (W2 * z * z)[:, None, None] * both)
    ddH += theta**2 * _by_level(data, W1 * z**3)[:, None, None] * (crossed + theta * ddu)
    log1 = -dH / (2.0 * H)
    product = log1[:, :, None] * log1[:, None, :]
    log2 = -ddH / (2.0 * H[..., None]) + 2.0 * product
    s = 1.0 / np.sqrt(H)
    return _Peaks(du, ddu, s * log1, s[..., None] * (log2 + product), log1, log2)
