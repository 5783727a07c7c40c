"""What people do about missing values before they meet a mixed model, and what that estimates.

Each remedy turns a wide table, see `wide`, into another: `complete_cases` takes persons out,
`last_observation_carried_forward` puts values in. What is then computed is the same for all of
them: the `occasion_means`, or the `change` from the first to the last
(`lmmlab.classical.change`). So two remedies differ by what they do to the table and by
nothing else. The rules by which people leave are in
`lmmlab.study.missingness`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.classical.wide import by_occasion
from lmmlab.engine.design import Floats, Ints, LMMError


def complete_cases(Y: ArrayLike) -> Floats:
    """Leave out everybody who misses a single occasion.

    Parameters
    ----------
    Y : (..., N, T) array
        Persons by occasions, NaN where a value is missing.

    Returns
    -------
    (..., N, T) array
        NaN in all occasions of persons who are not complete.

    Notes
    -----
    Its means are those of people who would stay. They are the means of all if leaving has nothing
    to do with y (MCAR, Rubin 1976), and else are not. For two occasions with variances 1 and
    correlation rho, where the share s with the lowest values leaves, the mean of the second is too
    high by rho phi(z) / (1 - s) if the first value decides who leaves (MAR), and by
    phi(z) / (1 - s) if the unseen second decides (MNAR), with z the normal quantile of s.

    Examples
    --------
    >>> complete_cases([[1.0, 2.0], [3.0, np.nan]]).tolist()
    [[1.0, 2.0], [nan, nan]]
    """
    Y = by_occasion(Y)
    return np.where(np.isnan(Y).any(-1, keepdims=True), np.nan, Y)


def last_observation_carried_forward(Y: ArrayLike) -> Floats:
    """Fill each gap with the person's last value before it, as if nobody changed after leaving.

    Parameters
    ----------
    Y : (..., N, T) array
        Persons by occasions in the order of time, NaN where a value is missing.

    Returns
    -------
    (..., N, T) array
        NaN only before a person's first value: there is nothing to carry.

    Notes
    -----
    Its mean is that of the last value before leaving. Even if leaving is decided by a coin it is
    off by what the people who left have changed since, and its standard error takes carried values
    for measured ones. It is neither the cautious choice it is often said to be nor safe under any
    common rule of leaving (Molenberghs and others 2004).

    Examples
    --------
    >>> last_observation_carried_forward([[1.0, np.nan, 3.0], [5.0, 4.0, np.nan]]).tolist()
    [[1.0, 1.0, 3.0], [5.0, 4.0, 4.0]]
    """
    Y = by_occasion(Y)
    last = np.maximum.accumulate(np.where(np.isnan(Y), 0, np.arange(Y.shape[-1])), axis=-1)
    return np.take_along_axis(Y, last, axis=-1)


class Means(NamedTuple):
    """Mean of each occasion (..., T), its standard error, and the number of persons in it."""

    mean: Floats
    se: Floats
    persons: Ints


def occasion_means(Y: ArrayLike) -> Means:
    """Average what is there at each occasion, over those who are there.

    Parameters
    ----------
    Y : (..., N, T) array
        Persons by occasions, NaN where a value is missing.

    Returns
    -------
    Means
        Of many studies, one that has fewer than two persons at an occasion has NaN there.

    Raises
    ------
    LMMError
        If fewer than two persons are left at an occasion in all studies.

    Notes
    -----
    Of a table with gaps these are "available cases": each mean is about other people, and the
    curve through them is the course of nobody. Standard errors are those of one sample at a time.

    Examples
    --------
    >>> occasion_means([[1.0, 4.0], [5.0, 6.0], [3.0, np.nan]]).mean.tolist()
    [3.0, 5.0]
    """
    Y = by_occasion(Y)
    there = ~np.isnan(Y)
    count = there.sum(-2)
    few = count < 2
    empty = few.reshape(-1, Y.shape[-1]).all(0)
    if empty.any():
        raise LMMError(
            f"At occasion {empty.argmax() + 1} fewer than two persons are left, so there is no "
            "mean with an error. Take more persons, or let fewer leave."
        )
    n = np.where(few, np.nan, count)
    mean = np.where(there, Y, 0.0).sum(-2) / n
    off = np.where(there, Y - mean[..., None, :], 0.0)
    se = np.sqrt((off**2).sum(-2) / (n * (n - 1.0)))
    return Means(mean, se, count)
