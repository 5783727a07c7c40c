"""Markers: counts of an allele, 0, 1 or 2, made ready; and the relationship that they show.

A count that is missing is replaced by the marker's mean, which says nothing of the person; how many
were is counted and said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lmmlab.engine.design import Floats, Ints, LMMError

_VARIES = 1e-10  # of a marker's size, less than which is rounding


@dataclass(frozen=True, eq=False)
class Markers:
    """Allele counts of N people at m markers, missing ones filled in with the mean.

    Attributes
    ----------
    counts : (N, m) array
    frequency : (m,) array
        Half the mean count: how frequent the allele is.
    missing : (m,) integer array
        How many counts were filled in.
    varies : (m,) array of bool
        Whether people differ at the marker.
    """

    counts: Floats
    frequency: Floats
    missing: Ints
    varies: NDArray[np.bool_]

    @property
    def standardised(self) -> Floats:
        """Each marker that varies, less its mean, over its sd (divisor N - 1): (N, m or fewer)."""
        off = self.counts[:, self.varies] - 2.0 * self.frequency[self.varies]
        scaled: Floats = off / np.sqrt((off * off).sum(0) / (len(off) - 1))
        return scaled


def markers(counts: ArrayLike) -> Markers:
    """Read allele counts.

    Parameters
    ----------
    counts : (N, m) array
        A row per person, a column per marker; NaN where a count is missing. Any numbers will do,
        such as expected counts of an imputation; `frequency` is half their mean.

    Raises
    ------
    LMMError
        If this is no table of numbers, one is infinite, or a marker has no count at all.

    Examples
    --------
    >>> read = markers([[0, 2, 1], [1, np.nan, 1], [2, 0, 1]])
    >>> read.counts[1].tolist(), read.missing.tolist(), read.varies.tolist()
    ([1.0, 1.0, 1.0], [0, 1, 0], [True, True, False])
    """
    try:
        read = np.asarray(counts)
    except ValueError:  # rows of different lengths
        read = np.empty(0)
    if read.ndim != 2 or 0 in read.shape or read.dtype.kind not in "biuf":
        raise LMMError(
            "Markers must be a table of allele counts, a row for each person and a column for each "
            f"marker; this has the shape {read.shape} and holds {read.dtype}."
        )
    read = read.astype(float)
    gone = np.isnan(read)
    if np.isinf(read).any():
        raise LMMError("A marker has an infinite count. Counts are 0, 1 or 2, NaN if missing.")
    missing = gone.sum(0)
    if (missing == len(read)).any():
        raise LMMError(
            f"Marker {int(np.argmax(missing == len(read))) + 1} has no count at all. Leave it out."
        )
    mean = np.where(gone, 0.0, read).sum(0) / (len(read) - missing)
    read = np.where(gone, mean, read)
    off = np.abs(read - mean).max(0)
    varies = off > _VARIES * np.maximum(np.abs(read).max(0), 1e-300)
    return Markers(read, mean / 2.0, missing, varies)


def relationship(counts: ArrayLike) -> Floats:
    """Make the matrix of relationship that markers show: K = W W' / m.

    Parameters
    ----------
    counts : (N, m) array
        Allele counts, a row per person; see `markers`. What does not vary is left out.

    Returns
    -------
    (N, N) array
        W are the columns less their mean over their sd (divisor N - 1). So K has mean 1 - 1 / N on
        its diagonal, and rows that add up to 0: it compares people with the average of these
        people, and pairs that are less alike than average have negative elements.

    Raises
    ------
    LMMError
        If nothing varies, or see `markers`.

    References
    ----------
    VanRaden (2008), J. Dairy Sci. 91, 4414-4423; Yang and colleagues (2010), Nat. Genet. 42,
    565-569, who divide by 2 f (1 - f), the variance expected at random mating.

    Examples
    --------
    >>> relationship([[0, 2], [1, 1], [2, 0]]).tolist()
    [[1.0, 0.0, -1.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]]
    """
    read = markers(counts)
    if not read.varies.any():
        raise LMMError("No marker varies between these people, so they show no relationship.")
    W = read.standardised
    K: Floats = W @ W.T / W.shape[1]
    return K
