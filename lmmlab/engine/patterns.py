"""Groups that are alike: the rotation of a group's rows, and the patterns of what is left.

Rotating the rows of a group changes no sum of squares. So each group is turned until its random
columns fill q rows only, and groups that look the same then are treated as one.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats, Ints

_SAME = 1e-11  # conditioned groups that differ by less have the same pattern


def rotate(rows: Floats, q: int, sizes: Ints) -> Floats:
    """Rotate each group so that its random columns fill q rows; leave in `rows` what is within.

    Parameters
    ----------
    rows : (c, ..., n) array
        The columns of the model, the q random ones first, sorted by group. Overwritten: of the
        others, the part orthogonal to the group's random columns is left.
    sizes : (J,) integer array
        Rows of each group.

    Returns
    -------
    (q, c, ..., J) array
        The first q rows of the R factor of each group.

    Notes
    -----
    Modified Gram-Schmidt, all groups at once. Where a random column is a combination of others in
    its group (as with a single row) its own part is rounding or zero; whatever unit vector comes of
    it, cross-products are kept, and a row of rotated columns near zero acts like one within.
    """
    starts = np.cumsum(sizes) - sizes
    rotated = np.zeros((q, *rows.shape[:-1], len(sizes)))
    for k in range(q):
        z, rest = rows[k], rows[k + 1 :]
        length = rotated[k, k] = np.sqrt(np.add.reduceat(z * z, starts, axis=-1))
        unit = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
        z *= np.repeat(unit, sizes, axis=-1)
        part = rotated[k, k + 1 :] = np.add.reduceat(rest * z, starts, axis=-1)
        rest -= np.repeat(part, sizes, axis=-1) * z
    return rotated


def patterns(F: Floats, fixed: Floats) -> tuple[Ints, Ints]:
    """Sort the groups by pattern: their order, and where in it each pattern starts."""
    levels = F.shape[-1]
    both = np.concatenate([F, fixed * np.sqrt(levels)], axis=1).reshape(-1, levels)
    key = np.sqrt(np.arange(2.0, 2.0 + len(both))) @ both  # equal groups have equal keys
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-np.inf) > _SAME)
    if len(starts) < levels:  # and unequal groups have unequal keys, unless by chance
        both = both[:, order]
        count = np.diff(starts, append=levels)
        if np.abs(both - np.repeat(both[:, starts], count, axis=1)).max() > 10 * _SAME:
            return np.arange(levels), np.arange(levels)
    return order, starts


def by_pattern(own: Floats, starts: Ints, count: Ints) -> Floats:
    """Give what a pattern needs of its groups' responses (q, m, J), sorted: (q, 1 + s, m, n)."""
    if len(starts) == own.shape[-1]:
        return own[:, None]
    mean = np.add.reduceat(own, starts, axis=-1) / count
    off = own - np.repeat(mean, count, axis=-1)
    root = rotate(off, len(own), count).swapaxes(0, 1)
    return np.concatenate([(mean * np.sqrt(count))[:, None], root], axis=1)
