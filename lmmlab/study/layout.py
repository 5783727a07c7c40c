"""The layout of a study: who is measured when, and with which x.

A `Layout` is a table of plain arrays, one row for each measurement, and knows nothing of what is
true. The functions beside it make its columns. Their draws belong to a seed and to a person, as
everywhere: moving a control deforms the same layout, and more groups are added to those there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtr

from lmmlab.engine.design import Floats, Ints, LMMError, require_finite
from lmmlab.study.simulate import BETWEEN, SIZES, TIMES, WITHIN, normals, visits


@dataclass(frozen=True, eq=False)
class Layout:
    """Who is measured, and with which x: n rows of J groups.

    Parameters
    ----------
    codes : (n,) integer array
        The group of each row, from 0 to J - 1; each group has rows.
    columns : mapping of str to (n,) array
        The predictors by name. The column ``"1"`` of ones is always there.

    Raises
    ------
    LMMError
        If the columns do not fit the codes, a number is not finite, or a group has no rows.

    Examples
    --------
    >>> codes = members([3, 2])
    >>> study = Layout(codes, {"day": occasions(codes, [0, 1, 4]), "treated": treatment(codes)})
    >>> study.matrix(["1", "day", "treated"]).tolist()[2:4]
    [[1.0, 4.0, 0.0], [1.0, 0.0, 1.0]]
    """

    codes: Ints
    columns: Mapping[str, Floats]

    def __post_init__(self) -> None:
        codes = self.codes
        if codes.ndim != 1 or not np.issubdtype(codes.dtype, np.integer) or not len(codes):
            raise LMMError("The codes of a layout must be whole numbers, one for each row.")
        if codes.min() < 0 or not np.bincount(codes).all():
            raise LMMError("Every group from 0 to the largest code needs at least one row.")
        for name, x in self.columns.items():
            if x.shape != codes.shape:
                raise LMMError(
                    f"The column {name} has shape {x.shape}, and there are {len(codes)} rows. "
                    "Give it one number for each row."
                )
            require_finite(x[:, None], (name,))

    @property
    def groups(self) -> int:
        """Number of groups J."""
        return int(self.codes.max()) + 1

    def matrix(self, names: Sequence[str]) -> Floats:
        """Put columns side by side, as an (n, k) array."""
        matrix = np.ones((len(self.codes), len(names)))
        for column, name in zip(matrix.T, names, strict=True):
            if name in self.columns:
                column[:] = self.columns[name]
            elif name != "1":
                raise LMMError(
                    f"The layout has no column {name!r}; it has {', '.join(['1', *self.columns])}."
                )
        return matrix

    def at(self, rows: NDArray[np.bool_]) -> Layout:
        """Keep some of the rows; each group must keep one."""
        return Layout(self.codes[rows], {name: x[rows] for name, x in self.columns.items()})


def members(sizes: ArrayLike) -> Ints:
    """Give the codes of groups with these numbers of rows.

    Examples
    --------
    >>> members([2, 1, 3]).tolist()
    [0, 0, 1, 2, 2, 2]
    """
    counts = np.asarray(sizes)
    if counts.ndim != 1 or not np.issubdtype(counts.dtype, np.integer) or (counts < 1).any():
        raise LMMError(f"The sizes of groups are whole numbers from 1 on, not {sizes!r}.")
    return np.repeat(np.arange(len(counts)), counts)


def unequal(groups: int, mean: float, spread: float, seed: int = 1) -> Ints:
    """Give groups unequal sizes with a mean and a spread.

    Parameters
    ----------
    groups : int
        Number of groups J.
    mean, spread : float
        Mean and sd of the sizes, before rounding; a spread of 0 gives equal sizes.
    seed : int

    Returns
    -------
    (J,) integer array
        Sizes, at least 1. The first groups stay as they are when more are added.

    Notes
    -----
    Rounded quantiles of a gamma distribution, so that sizes are positive and a few groups are
    large. Rounding up to 1 raises the mean where the spread is as large as the mean or larger: to
    1.35 for mean 1 and spread 1.

    Examples
    --------
    >>> unequal(6, mean=20, spread=8).tolist(), unequal(3, mean=20, spread=0).tolist()
    ([45, 11, 23, 14, 26, 17], [20, 20, 20])
    """
    if groups < 1:
        raise LMMError(f"There are {groups} groups. Take at least one.")
    if not (1.0 <= mean < np.inf and 0.0 <= spread < np.inf):
        raise LMMError(
            f"Groups cannot have {mean:g} rows on average with a spread of {spread:g}. Take a mean "
            "of at least 1 and a spread of at least 0."
        )
    if spread == 0.0:
        return np.full(groups, round(mean))
    k = (mean / spread) ** 2
    size = gammaincinv(k, ndtr(normals(seed, groups, 1, SIZES)[:, 0])) * mean / k
    sizes: Ints = np.maximum(np.rint(size), 1.0).astype(np.intp)
    return sizes


def occasions(codes: Ints, times: ArrayLike | None = None) -> Floats:
    """Measure everybody at the same times: a group with k rows at the first k of them.

    Parameters
    ----------
    codes : (n,) integer array
    times : (k,) array, optional
        In order; 0, 1, 2, ... by default, the number of the trial or visit.
    """
    number = visits(codes)
    if times is None:
        return number.astype(float)
    common = np.asarray(times, dtype=float)
    if common.ndim != 1 or number.max(initial=-1) >= len(common):
        raise LMMError(
            f"A group has {number.max() + 1} rows, and there are {common.size} common times. Give "
            "a time for each row of the largest group."
        )
    return common[number]


def own_times(codes: Ints, first: float, last: float, seed: int = 1) -> Floats:
    """Measure everybody at times of their own, spread evenly by chance from `first` to `last`.

    Parameters
    ----------
    codes : (n,) integer array
    first, last : float
    seed : int

    Returns
    -------
    (n,) array
        In order within each group.
    """
    if not first < last:
        raise LMMError(f"The first time, {first:g}, must be before the last, {last:g}.")
    times: Floats = first + (last - first) * ndtr(_each(seed, codes, TIMES))
    order = np.argsort(codes, kind="stable")
    times[order] = times[np.lexsort((times, codes))]
    return times


def treatment(codes: Ints) -> Floats:
    """Treat every other group: 0 and 1 in turn, so that arms stay balanced as groups are added."""
    return (np.asarray(codes) % 2).astype(float)


def condition(codes: Ints) -> Floats:
    """Vary a condition within each group: 0 and 1 in turn, row by row."""
    return (visits(codes) % 2).astype(float)


def covariate(codes: Ints, share: float, seed: int = 1, exact: bool = False) -> Floats:
    """Draw an x that varies between groups, within groups, or both.

    Parameters
    ----------
    codes : (n,) integer array
    share : float
        Share of the variance of x that is between groups, 0 to 1: the ICC of x.
    seed : int
        Another covariate of the same study needs another seed.
    exact : bool
        False: the share holds in the population, and groups that are added change no one else's x.
        True: it holds in these rows. Group means (weighted by size) carry exactly this share of
        the sum of squares, the mean is 0 and the sd (divisor n) is 1.

    Returns
    -------
    (n,) array
        With mean 0 and sd 1, in the population or exactly.

    Raises
    ------
    LMMError
        If the share is not between 0 and 1, or cannot be had exactly with these groups.

    Notes
    -----
    x = sqrt(share) g_j + sqrt(1 - share) w_ij. With a share of 0 and exact moments x is purely
    within: all group means are 0. In J groups of n rows the correlation of two x of one group is
    then (n share - 1) / (n - 1), which is what the variance of a slope depends on, and not the
    share itself.

    Examples
    --------
    >>> codes = members([4] * 5)
    >>> x = covariate(codes, 0.3, exact=True)
    >>> mean = np.bincount(codes, x) / 4
    >>> round(float(mean @ mean / 5), 12), round(float(x @ x / 20), 12)
    (0.3, 1.0)
    """
    if not 0.0 <= share <= 1.0:
        raise LMMError(f"The share of x between groups is {share:g}; it lies between 0 and 1.")
    between = normals(seed, int(codes.max()) + 1, 1, BETWEEN)[codes, 0]
    within = _each(seed, codes, WITHIN)
    if exact:
        between = between - between.mean()
        within = within - (np.bincount(codes, within) / np.bincount(codes))[codes]
        for part, varies, where in ((between, share, "between"), (within, 1 - share, "within")):
            size = np.sqrt(part @ part / len(part))
            if varies and size < 1e-10:
                raise LMMError(
                    f"These groups leave no room for x to vary {where} them. Take at least two "
                    "groups, and two rows in one of them."
                )
            part /= size or 1.0
    x: Floats = np.sqrt(share) * between + np.sqrt(1.0 - share) * within
    return x


def _each(seed: int, codes: Ints, stream: int) -> Floats:
    """Draw one standard normal for each row, which belongs to its person."""
    number = visits(codes)
    people, width = int(codes.max(initial=-1)) + 1, int(number.max(initial=-1)) + 1
    return normals(seed, people, width, stream)[codes, number]
