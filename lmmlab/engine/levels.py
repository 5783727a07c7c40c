"""What each level of the grouping factors knows: Z' V0^-1 times Z, X and y.

All derivatives of the criterion with respect to G are sums over levels of products of these. With
one grouping factor the levels know nothing of each other, so the sums are over single levels, or
over patterns of them. With several, each level overlaps with those of the other factors, and the
sums are over pairs. `Levels` and `Crossed` are the two accounts of this; what is made of the sums
does not depend on which (`derivatives`, `lmmlab.inference.satterthwaite`, `kenward_roger`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats

if TYPE_CHECKING:
    from lmmlab.engine.crossed import Eliminated
    from lmmlab.engine.solve import Solution


@dataclass(frozen=True, eq=False)
class Levels:
    """The levels of one grouping factor, or their patterns.

    Attributes
    ----------
    p : int
        Number of fixed effects.
    moved : (..., q, p + 1 + s, m) array
        Z' V0^-1 X, X for white fixed effects, times the root of `count`; and
        Z' V0^-1 (y - X beta), as many columns as the pattern has of y.
    P : (..., q, q, m) array
        Z' V0^-1 Z of one level.
    count : (m,) array
        How many levels have the pattern.
    """

    p: int
    moved: Floats
    P: Floats
    count: Floats

    @property
    def average(self) -> Floats | None:
        """The average information (..., q, q, q, q), where the exact one costs much more."""
        return None

    @property
    def C(self) -> Floats:
        """Z' V0^-1 X (..., q, p, m)."""
        return self.moved[..., : self.p, :]

    @property
    def w(self) -> Floats:
        """Z' V0^-1 (y - X beta) (..., q, 1 + s, m), in units that were asked for."""
        return self.moved[..., self.p :, :]

    @property
    def squares(self) -> Floats:
        """The sum (..., q, q) of Z' V0^-1 Z over levels."""
        squares: Floats = np.einsum("n,...abn->...ab", self.count, self.P)
        return squares

    def pairs(self, used: Floats) -> Floats:
        """Sum P[b, c] (2 U U' - P)[a, d] over levels, or pairs of them; U is `used` (q, c, m)."""
        K = np.einsum("...acn,...bcn->...abn", used, used)
        N = 2.0 * K - self.P * self.count
        pairs: Floats = np.einsum("...bcn,...adn->...abcd", self.P, N)
        return pairs

    def between(self, middle: Floats) -> Floats:
        """Sum middle[a, b, c, d] C[a]' P[b, c] C[d] (..., p, p) over levels, or pairs of them."""
        inner = np.einsum("...abcd,...bcn->...adn", middle, self.P)
        sums: Floats = np.einsum("...ain,...adn,...djn->...ij", self.C, inner, self.C)
        return sums


@dataclass(frozen=True, eq=False)
class Crossed(Levels):
    """The levels of several grouping factors, one after the other, zero where another term acts.

    `P` is empty: it is not a matter of one level. `each` are the other factors, for each response.
    """

    axes: Floats
    each: tuple[Eliminated, ...]

    @property
    def squares(self) -> Floats:
        """The sum (..., q, q) of Z' V0^-1 Z over levels."""
        return self._over(lambda one, axes, _: axes.T @ one.squares @ axes, self.moved)

    def pairs(self, used: Floats) -> Floats:
        """Sum P[b, c] (2 U U' - P)[a, d] over pairs of levels; U is `used` (q, c, m)."""
        return self._over(lambda one, axes, own: one.pairs(axes, own), used)

    def between(self, middle: Floats) -> Floats:
        """Sum middle[a, b, c, d] C[a]' P[b, c] C[d] (..., p, p) over pairs of levels."""
        sums = self._over(lambda one, axes, own: _products(*one.moved(axes, own)), self.C)
        total: Floats = np.einsum("...abcd,...abicdj->...ij", middle, sums)
        return total

    @property
    def average(self) -> Floats | None:
        """Sum w[a]' (P - C C')[b, c] w[d] over pairs of levels, where there are very many."""
        if not self.each[0].wide:
            return None

        def one(at: Eliminated, axes: Floats, own: Floats) -> Floats:
            moved, reach = at.moved(axes, own[:, self.p :])
            C = at.places.stacked(own[:, : self.p])
            met = np.einsum("rabx,rp->abxp", moved, C)
            known: Floats = _products(moved, reach) - np.einsum("abxp,cdyp->abxcdy", met, met)
            return known[:, :, 0, :, :, 0]

        return self._over(one, self.moved)

    def _over(self, do: Callable[[Eliminated, Floats, Floats], Floats], arrays: Floats) -> Floats:
        """Do something for each response."""
        lead = self.axes.shape[:-2]
        axes = self.axes.reshape(-1, *self.axes.shape[-2:])
        own = arrays.reshape(-1, *arrays.shape[-3:])
        done = np.stack([do(*each) for each in zip(self.each, axes, own, strict=True)])
        return done.reshape(*lead, *done.shape[1:])


def levels(cross: Crossproducts, at: Solution, axes: Floats, unit: Floats | float = 1.0) -> Levels:
    """Give what each level knows at one solution.

    Parameters
    ----------
    cross : Crossproducts
    at : Solution
    axes : (..., q, q) array
        Orthonormal directions, in columns, in which the random effects are written; the identity
        for the conditioned ones as they are.
    unit : (...) array
        In which y is measured.
    """
    p = len(cross.kept)
    if at.others is not None:
        return _crossed(at, axes, np.broadcast_to(unit, at.r2.shape))
    F = np.einsum("...ca,...kcn->...kan", np.asfortranarray(axes), at.F)
    fixed = np.einsum("...ab,...kbn->...kan", at.inverse, at.fixed)
    unit = np.asarray(unit)
    y = at.y / unit[..., None, None, None]
    y[..., 0, :] -= np.einsum("...kpn,...p->...kn", at.fixed, at.beta / unit[..., None])
    moved = np.einsum("...kan,...kcn->...acn", F, np.concatenate([fixed, y], axis=-2))
    return Levels(p, moved, np.einsum("...kan,...kbn->...abn", F, F), cross.count)


def _crossed(at: Solution, axes: Floats, unit: Floats) -> Crossed:
    lead, p = at.r2.shape, at.beta.shape[-1]
    each = tuple(at.others.reshape(-1))
    whole = (
        axes.reshape(-1, *axes.shape[-2:]),
        at.inverse.reshape(-1, p, p),
        at.beta.reshape(-1, p),
        unit.reshape(-1),
    )
    moved = []
    for one, own, inverse, beta, scale in zip(each, *whole, strict=True):
        X, y = one.reach[:, :p], one.reach[:, p:]
        known = np.column_stack([X @ inverse.T, (y - (X @ beta)[:, None]) / scale])
        moved.append(one.places.padded(one.places.turn(own.T, known)))
    stacked = np.stack(moved)
    count = np.ones(stacked.shape[-1])
    return Crossed(p, stacked.reshape(*lead, *stacked.shape[1:]), np.empty(0), count, axes, each)


def _products(left: Floats, right: Floats) -> Floats:
    """Sum over effects the products (q, q, c, q, q, c) of two arrays (effects, q, q, c)."""
    return np.tensordot(left, right, (0, 0))
