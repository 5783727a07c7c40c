"""The variances estimated anew with each marker, all markers side by side.

With one random effect V is a matrix of known eigenvectors, whatever its size. Rotated by them the
rows are independent, and the criterion is a function of one number, the share h of the random
effect. Its minimum is bracketed on a grid that all markers share, and found as the root of the
exact derivative, each marker in a bracket of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.design import Design, Floats, Ints, LMMError
from lmmlab.kinship.dense import beyond, covariance

_EDGE = 1.0 - np.array([1e-4, 1e-6, 1e-8])
_GRID = np.array([*np.arange(0.0, 0.96, 0.04), 0.975, 0.99, 0.997, 0.999, *_EDGE])
_FALLS = (
    1.0  # by how much a criterion without bound falls at least, from the last but one to the last
)
_AT_ONCE = 512  # markers
_STEPS = 60
_ENOUGH = 1e-12  # of h
_PERFECT = 1e-16  # a share of y's sum of squares that is left by rounding


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rotated rows: sizes of V's eigenvectors, (X, y) as `known` (n, p + 1), markers (m, n)."""

    size: Floats
    known: Floats
    pairs: Floats
    own: Floats
    squares: Floats
    reml: bool

    def of(self, which: Ints | NDArray[np.bool_]) -> _Rows:
        return replace(self, own=self.own[which], squares=self.squares[which])

    def products(self, w: Floats) -> Floats:
        """Give the weighted products (m, p + 2, p + 2) of X, the marker, y; w is (n,) or (m, n)."""
        c = self.known.shape[1]
        out = np.empty((len(self.own), c + 1, c + 1))
        place = np.array([*range(c - 1), c])  # the marker stands before y
        out[:, place[:, None], place] = (w @ self.pairs).reshape(-1, c, c)
        if w.ndim == 1:
            out[:, c - 1, place] = self.own @ (w[:, None] * self.known)
            out[:, c - 1, c - 1] = self.squares @ w
        else:
            out[:, c - 1, place] = (self.own * w) @ self.known
            out[:, c - 1, c - 1] = np.einsum("mn,mn->m", self.squares, w)
        out[:, place, c - 1] = out[:, c - 1, place]
        return out

    def look(self, h: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Give criterion, its derivative in h, beta and se; h is one number, or one each.

        Notes
        -----
        With v = h size + 1 - h, r2 = r'W r, r = y - X beta, W = diag(1 / v): the criterion is
        df log(r2) + sum log v + log|X'WX| (REML) and constants; dW = -W**2 (size - 1).
        """
        h = np.asarray(h)
        slope = self.size - 1.0
        v = 1.0 + h[..., None] * slope
        w = 1.0 / v
        M, dM = self.products(w), self.products(-w * w * slope)
        inner = np.linalg.inv(M[:, :-1, :-1])
        beta = np.einsum("mab,mb->ma", inner, M[:, :-1, -1])
        y2 = M[:, -1, -1]
        r2 = np.maximum(y2 - np.einsum("ma,ma->m", beta, M[:, :-1, -1]), _PERFECT * y2)
        c = np.concatenate([-beta, np.ones((len(beta), 1))], axis=1)
        n, p = self.known.shape[0], self.known.shape[1]  # with the marker p columns
        df = n - p if self.reml else n
        dr2 = np.einsum("ma,mab,mb->m", c, dM, c)
        value = df * (1.0 + np.log(2.0 * np.pi * r2 / df)) + np.log(v).sum(-1)
        derivative = df * dr2 / r2 + (w * slope).sum(-1)
        if self.reml:
            value = value + np.linalg.slogdet(M[:, :-1, :-1])[1]
            derivative = derivative + np.einsum("mab,mba->m", inner, dM[:, :-1, :-1])
        return value, derivative, beta[:, -1], np.sqrt(r2 / df * inner[:, -1, -1])


def reestimated(
    design: Design, columns: Floats, reml: bool
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Estimate the model with each marker alone.

    Parameters
    ----------
    design : Design
        With a single random effect.
    columns : (n, m) array
        Markers.
    reml : bool

    Returns
    -------
    beta, se : (m,) arrays
        Of the markers; NaN where a marker adds nothing, or the likelihood has no maximum.
    deviance : (m,) array
        Of the models with them, of ML if not `reml`; under REML but for a constant of X.
    h2 : (m,) array
        Share of the random effect's variance in all, for one with 1 on the diagonal of K.
    own : (m,) array
        Share of a marker that is no combination of the fixed effects.
    """
    rows, scale, own = _rotated(design, columns, reml)
    good = np.flatnonzero(own > 1e-10)
    out = np.full((4, len(own)), np.nan)
    for start in range(0, len(good), _AT_ONCE):
        which = good[start : start + _AT_ONCE]
        some = rows.of(which)
        h = _best(some)
        which, some, h = which[h >= 0.0], some.of(h >= 0.0), h[h >= 0.0]
        if which.size:
            value, _, beta, se = some.look(h)
            out[:, which] = beta, se, value, (h / scale) / (h / scale + 1.0 - h)
    beta, se, deviance, h2 = out
    return beta, se, deviance - np.log(design.row_weights).sum(), h2, own


def _rotated(design: Design, columns: Floats, reml: bool) -> tuple[_Rows, float, Floats]:
    """Rotate the rows by the eigenvectors of the random effect's part of V."""
    if len(design.terms) != 1 or len(design.terms[0].names) != 1:
        raise LMMError(
            "Variances can be estimated anew with each marker where there is one random effect "
            "alone. Use reestimate=False, which keeps their ratios."
        )
    root = np.sqrt(design.row_weights)
    part = covariance(design, np.ones(1)) - np.diag(1.0 / design.row_weights)
    size, axes = np.linalg.eigh(root[:, None] * part * root)
    size = np.maximum(size, 0.0)
    scale = float(size.mean())
    Q, rest, own = beyond(root[:, None] * design.X, root[:, None] * columns)
    known = np.column_stack([Q, root * design.y])
    known[:, -1] -= Q @ (Q.T @ known[:, -1])
    known, turned = axes.T @ known, rest.T @ axes
    pairs = (known[:, :, None] * known[:, None, :]).reshape(len(known), -1)
    return _Rows(size / scale, known, pairs, turned, turned * turned, reml), scale, own


def _best(rows: _Rows) -> Floats:
    """Find the share h of each marker: the lowest minimum inside, or a boundary.

    Notes
    -----
    Where the likelihood has no bound as h goes to 1 (ML, with a matrix that lacks what the fixed
    effects have), the minimum inside is meant; h is NaN if there is none.
    """
    seen = [rows.look(h)[:2] for h in _GRID]
    value, slope = np.stack([v for v, _ in seen]), np.stack([d for _, d in seen])
    turns = (slope[:-1] < 0.0) & (slope[1:] >= 0.0)  # (grid - 1, m)
    depth = np.where(turns, np.minimum(value[:-1], value[1:]), np.inf)
    depth = np.concatenate([np.where(slope[:1] >= 0.0, value[:1], np.inf), depth])
    choice = depth.argmin(0)
    none = ~np.isfinite(depth.min(0))
    h = np.where(none, _GRID[-1], 0.0)
    h[none & (value[-2] - value[-1] > _FALLS)] = np.nan
    inside = np.flatnonzero((choice > 0) & ~none)
    if inside.size:
        k, some = choice[inside], rows.of(inside)
        at = np.arange(inside.size)
        h[inside] = _root(
            some, _GRID[k - 1], _GRID[k], slope[k - 1, inside[at]], slope[k, inside[at]]
        )
    return h


def _root(rows: _Rows, low: Floats, high: Floats, below: Floats, above: Floats) -> Floats:
    """Find where the slope is zero, between `low`, where it is `below` 0, and `high`.

    Notes
    -----
    False position, the value at an end that stays halved (the Illinois rule), for all markers.
    """
    h, stayed = low, np.zeros(len(low))
    for _ in range(_STEPS):
        new = high - above * (high - low) / (above - below)
        moved, h = np.abs(new - h).max(), new
        if moved < _ENOUGH:
            break
        slope = rows.look(h)[1]
        down = slope < 0.0
        low, high = np.where(down, h, low), np.where(down, high, h)
        above = np.where(down, np.where(stayed == 1, above / 2.0, above), slope)
        below = np.where(down, slope, np.where(stayed == -1, below / 2.0, below))
        stayed = np.where(down, 1, -1)
    return h
