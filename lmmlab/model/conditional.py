"""The random effects given y: what is known of each level, and how well.

beta is taken as known, and columns are conditioned ones. BLUPs are the means. Levels that are
related are combinations of unrelated ones, and so is what is known of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.crossed import Eliminated
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats, Ints
from lmmlab.engine.others import Places
from lmmlab.engine.relation import Mixing
from lmmlab.engine.solve import Solution, whiten


@dataclass(frozen=True, eq=False)
class Conditional:
    """The random effects of each level given y; of several terms one after the other.

    Attributes
    ----------
    mean : (q, J) array
        Zero where another term acts.
    find : callable
        Gives `covariance`; with several grouping factors it costs much more than the mean.
    """

    mean: Floats
    find: Callable[[], Floats]

    @cached_property
    def covariance(self) -> Floats:
        """Covariance (q, q, J) over sigma**2."""
        return self.find()


def posterior(cross: Crossproducts, at: Solution) -> Conditional:
    """Give the random effects of each level given y.

    Notes
    -----
    Given y, b_j has covariance sigma**2 C with C = Lambda (Lambda' Z'Z Lambda + I)^-1 Lambda' and
    mean C Z' (y_j - X_j beta).
    """
    if at.others is not None:
        return _of_several(at.others[()], at.beta, cross.mixing)
    spread = at.Lambda.T @ cross.F
    V = np.einsum("kcn,kdn->cdn", spread, spread)
    white = np.repeat(at.Lambda.T[:, :, None], V.shape[-1], axis=-1)
    whiten(V, white)
    C = np.einsum("kan,kbn->abn", white, white)
    left = (
        cross.own
        - np.einsum("kpn,p->kn", cross.fixed / np.sqrt(cross.count), at.beta)[:, cross.pattern]
    )
    weight = np.einsum("abn,kbn->akn", C, cross.F)
    mean = np.einsum("akj,kj->aj", weight[:, :, cross.pattern], left)
    if (mixing := cross.mixing[0]) is not None:
        mixed = mixing * mixing
        return Conditional(mean @ mixing.T, lambda: C[:, :, cross.pattern] @ mixed.T)
    return Conditional(mean, lambda: C[:, :, cross.pattern])


def _of_several(at: Eliminated, beta: Floats, mixing: Mixing) -> Conditional:
    """Give the same for the levels of several factors.

    Notes
    -----
    The mean is D w, the covariance D - D P D, with D = Lambda Lambda', P = Z' V0^-1 Z and
    w = Z' V0^-1 (y - X beta).
    """
    places, D = at.places, at.Lambda @ at.Lambda.T
    w = at.reach[:, -1] - at.reach[:, :-1] @ beta
    mean = places.padded(_mixed(places, mixing, places.turn(D, w[:, None])))[:, 0]

    def covariance() -> Floats:
        acts = np.zeros((len(D), sum(places.levels)))
        acts[places.effect, places.level] = 1.0
        C: Floats = D[:, :, None] * acts[:, None] * acts
        C -= np.einsum("ab,bcj,cd->adj", D, at.own, D)
        parts = zip(places.effects, places.of_levels, places.spans, mixing, strict=True)
        for own, levels, span, M in parts:
            if M is not None:
                J, pairs = len(M), places.around(D, at.full)[span, span]
                known = pairs.reshape(-1, J, own.stop - own.start, J).swapaxes(1, 2)
                C[own, own, levels] = D[own, own, None] * (M * M).sum(1)
                C[own, own, levels] -= np.einsum("ij,abjk,ik->abi", M, known, M, optimize=True)
        return C

    return Conditional(mean, covariance)


def of_rows(
    at: Eliminated,
    z: Floats,
    which: Ints,
    old: NDArray[np.bool_],
    beta: Floats,
    mixing: Mixing,
    left: Sequence[Floats],
) -> tuple[Floats, Floats, Floats]:
    """Tell what is known of the random part z'b of m rows, given y.

    Parameters
    ----------
    at : Eliminated
    z : (q, m) array
        Random columns of each row.
    which : (q, m) integer array
        The random effect that each of them multiplies,
    old : (q, m) array of bool
        if its level, or relatives of it, have been seen; a new one varies by D.
    beta : (p,) array
    mixing, left : sequences of (J, J0) arrays (or None) and of (J,) arrays
        See `lmmlab.model.unseen.Reach`; for each of `at.places`.

    Returns
    -------
    mean, variance : (m,) arrays
        The variance takes beta as known, over sigma**2.
    pull : (m, p) array
        By how much the mean falls with beta.
    """
    D = at.Lambda @ at.Lambda.T
    places = at.places
    told = _mixed(places, mixing, _mixed(places, mixing, places.around(D, at.full)).T)
    w = _mixed(places, mixing, places.turn(D, at.reach))
    b, seen, new = w[:, -1] - w[:, :-1] @ beta, z * old, z * ~old
    own = [
        1.0 + rest if M is None else (M * M).sum(1) + rest
        for M, rest in zip(mixing, left, strict=True)
    ]
    parts = zip(own, places.widths, strict=True)
    size = np.sqrt(np.concatenate([np.tile(one, width) for one, width in parts]))
    wide = seen * size[which]
    variance = np.einsum("an,ab,bn->n", wide, D, wide) + np.einsum("an,ab,bn->n", new, D, new)
    for one, first in zip(seen, which, strict=True):
        for other, second in zip(seen, which, strict=True):
            variance -= one * other * told[first, second]
    return (seen * b[which]).sum(0), variance, np.einsum("an,anp->np", seen, w[which, :-1])


def of_relatives(
    cross: Crossproducts,
    at: Solution,
    z: Floats,
    which: Ints,
    old: NDArray[np.bool_],
    mixing: Floats,
    left: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Tell the same as `of_rows` where the only grouping factor has related levels.

    Parameters
    ----------
    cross : Crossproducts
    at : Solution
    z : (q, m) array
        Random columns of each row.
    which : (m,) integer array
        Its level,
    old : (m,) array of bool
        if that, or relatives of it, have been seen; a new one is related to nobody and varies by D.
    mixing, left : (J, J0) and (J,) arrays
        See `lmmlab.model.unseen.Reach`.

    Returns
    -------
    mean, variance, pull : (m,), (m,) and (m, p) arrays
    """
    unrelated = replace(cross, mixing=(None,))
    seen, D = posterior(unrelated, at), at.Lambda @ at.Lambda.T
    of = np.where(old[:, None], mixing[which], 0.0)
    X = np.einsum("kan,kpn->apn", cross.F, cross.fixed / np.sqrt(cross.count))[..., cross.pattern]
    fall = np.einsum("abj,bpj->apj", seen.covariance, X)
    mean = np.einsum("an,aj,nj->n", z, seen.mean, of, optimize=True)
    variance = np.einsum("an,bn,abj,nj->n", z, z, seen.covariance, of * of, optimize=True)
    variance += np.einsum("an,ab,bn->n", z, D, z) * np.where(old, left[which], 1.0)
    return mean, variance, np.einsum("an,apj,nj->np", z, fall, of, optimize=True)


def _mixed(places: Places, mixing: Mixing, columns: Floats) -> Floats:
    """Turn effects (Q, c) of unrelated levels into those of the levels themselves."""
    if all(M is None for M in mixing):
        return columns
    parts = [columns[span] for span in places.spans]
    for k, M in enumerate(mixing):
        if M is not None:
            c = columns.shape[1]
            parts[k] = (M @ parts[k].reshape(-1, M.shape[1], c)).reshape(-1, c)
    return np.concatenate(parts)
