"""What chance makes of a likelihood ratio when variances are tested: they cannot be negative.

A model without a random effect lies on the boundary of the model with it. Half of the time its
estimate would be negative if it could, and is zero; so the ratio is smaller than chi-square with as
many degrees of freedom as there are parameters, and follows a mixture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtrc

from lmmlab.engine.covariance import directions, lower, slices
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats
from lmmlab.engine.solve import solve
from lmmlab.inference.kenward_roger import kenward_roger

_RANK = 1e-8  # what a direction may add to the others, relatively, and be rounding


def mixture(chi2: float, df: Sequence[int], shares: Sequence[float]) -> float:
    """Give the chance that a mixture of chi-square distributions reaches a value.

    Parameters
    ----------
    chi2 : float
        The value.
    df : sequence of int
        Degrees of freedom of the parts; chi-square with 0 is zero itself.
    shares : sequence of float
        How much there is of each part.

    Examples
    --------
    What a random slope and its covariance reach five times in a hundred by chance:

    >>> round(mixture(5.138, [1, 2], [0.5, 0.5]), 4)
    0.05
    """
    if chi2 <= 0.0:
        return 1.0
    parts = zip(df, shares, strict=True)
    return float(sum(share * chdtrc(part, chi2) for part, share in parts if part > 0))


def shares(cross: Crossproducts, place: Floats, Lambda: Floats) -> tuple[float, ...] | None:
    """Give the shares of the chi-square distributions with df - k, ..., df degrees of freedom.

    Parameters
    ----------
    cross : Crossproducts
        The conditioned data of the larger model.
    place : (q, q0) array
        The random columns of the smaller model as combinations of the q original ones.
    Lambda : (q0, q0) array
        The relative factor of the smaller model, at its estimates.

    Returns
    -------
    tuple of k + 1 floats, or None
        k is the number of new variances: ``(1.0,)`` if there are none. None where there is no
        simple formula, since there are more than two, or two that may covary.

    Notes
    -----
    Near a G of lower rank the covariance matrices form a cone: what is new, seen from the null
    space of G, must be positive semi-definite, and all else is free. With one new direction v that
    is a half-space, v' G v >= 0, and the shares are 1/2, 1/2 (Stram & Lee 1994, cases 1 to 3).
    With one in each of two blocks it is a wedge; the shares are 1/2 - w, 1/2 and w, where
    w = 1/4 + arcsin(r) / (2 pi), and r is the correlation of the two estimates (Self & Liang 1987,
    case 7), here from the expected information at the smaller model. That model is taken not to be
    singular itself.

    References
    ----------
    Self, S. G. & Liang, K.-Y. (1987), J. Am. Stat. Assoc. 82, 605-610. Stram, D. O. & Lee, J. W.
    (1994), Biometrics 50, 1171-1177.
    """
    place = cross.S @ place
    new = new_directions(place, cross.blocks)
    if sum(v.shape[1] for v in new) < 2:
        return one_new(place, cross.blocks)
    if len(new) > 2 or max(v.shape[1] for v in new) > 1:
        return None
    root, q = np.zeros((len(place), len(place))), place.shape[1]
    for block in slices(cross.blocks):
        wide = np.zeros((block.stop - block.start, len(place)))
        wide[:, :q] = place[block] @ Lambda
        root[block, block] = lower(wide)
    known, _ = kenward_roger(cross, solve(cross, root))
    v = np.hstack(new)
    J = np.einsum("ak,rab,bk->kr", v, directions(cross.blocks), v)
    return wedge(J @ known.inverse @ J.T)


def wedge(V: Floats) -> tuple[float, float, float]:
    """Give the shares for two new variances whose estimates have covariance V (2, 2)."""
    both = 0.25 + float(np.arcsin(V[0, 1] / np.sqrt(V[0, 0] * V[1, 1]))) / (2.0 * np.pi)
    return 0.5 - both, 0.5, both


def one_new(place: Floats, blocks: tuple[int, ...]) -> tuple[float, ...] | None:
    """Give the same for any likelihood, where no more than one variance is new; None for more."""
    k = sum(v.shape[1] for v in new_directions(place, blocks))
    return ((1.0,), (0.5, 0.5))[k] if k < 2 else None


def new_directions(place: Floats, blocks: tuple[int, ...]) -> list[Floats]:
    """Give the directions (q, k) in which only the larger model varies, block by block, if any."""
    found = [_beyond(place[block], block, len(place)) for block in slices(blocks)]
    return [v for v in found if v.shape[1]]


def _beyond(place: Floats, block: slice, q: int) -> Floats:
    """Give the directions (q, k) in which only the larger model varies, in one of its blocks."""
    axes, size, _ = np.linalg.svd(place)
    rank = int((size > _RANK * size.max(initial=0.0)).sum())
    new = np.zeros((q, len(place) - rank))
    new[block] = axes[:, rank:]
    return new
