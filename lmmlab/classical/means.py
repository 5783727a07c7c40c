"""Averaging first: one number for each person, then an ordinary analysis of these numbers.

What varies within persons is gone after that. For a question between persons nothing is lost if
all have the same number of rows; if not, it has to be said whether persons or rows count equally.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.classical.regression import Regression, regress
from lmmlab.classical.sandwich import Errors, prepare
from lmmlab.classical.wide import factor, values
from lmmlab.engine.crossproducts import independent
from lmmlab.engine.design import Design, Floats, Ints, LMMError


def on_means(
    design: Design, weighted: bool = False, errors: Errors = "naive", Y: ArrayLike | None = None
) -> Regression:
    """Regress the means of groups on the means of their predictors.

    Parameters
    ----------
    design : Design
        With one random term, whose levels are the groups. Rows with weights are averaged with
        them.
    weighted : bool
        False: each group counts the same, however many rows it has. True: each counts as much as
        it has rows (the sum of their weights).
    errors : {"naive", "HC0", "HC1", "HC2", "HC3"}
        The kind of standard errors; a group is one row now.
    Y : (..., n) array, optional
        Responses to take instead of the design's own.

    Returns
    -------
    Regression
        Its slopes are those between groups.

    Raises
    ------
    LMMError
        If a predictor has no variation between groups, errors need groups of groups; and as
        `prepare` and `regress`.

    Notes
    -----
    For predictors that are constant within groups, the unweighted regression is right if tau is
    large beside sigma / sqrt(n), the weighted one if it is 0; the mixed model stands between them
    and finds where. A predictor that varies within groups, too, has in the mixed model a slope
    that also looks within groups, and here one between groups only.
    """
    if not design.terms:
        raise LMMError("The design has no groups, so there are no group means.")
    if errors.startswith("CR"):
        raise LMMError(
            f"After averaging each group is one row, so there is nothing to cluster. Use naive or "
            f"HC0 to HC3 instead of {errors}, or `ols` on all rows."
        )
    y = values(design.y if Y is None else Y)
    if y.shape[-1:] != design.y.shape:
        raise LMMError(
            f"Y must have {len(design.y)} values in its last axis, one for each row; its shape is "
            f"{y.shape}."
        )
    codes = design.terms[0].codes
    w = design.row_weights
    size = np.bincount(codes, w)
    X = _means(design.X.T, codes, w).T
    if len(X) <= X.shape[1]:
        raise LMMError(
            f"{len(X)} groups cannot tell {X.shape[1]} coefficients from differences by chance. "
            "Use fewer predictors."
        )
    new = independent(np.linalg.qr(X).R)
    if not new.all():
        raise LMMError(
            f"After averaging, {design.names[int(new.argmin())]} tells groups apart no more than "
            "the predictors before it: what varies within groups alone is gone. Leave it out, or "
            "fit a mixed model to all rows."
        )
    weights = size[size > 0.0] if weighted else None
    prepared = prepare(X, errors, weights=weights, names=design.names)
    return regress(prepared, _means(y, codes, w), np.square(y).mean(-1))


def paired(y: ArrayLike, person: ArrayLike, condition: ArrayLike) -> Regression:
    """Compare two conditions within persons: the paired t test.

    Parameters
    ----------
    y : (..., n) array
        The response; leading axes are replicates. Several rows of one person in one condition are
        averaged.
    person : (n,) array
        Whose row it is.
    condition : (n,) array
        Two different values; the difference is the second, in the order of `factor`, minus the
        first.

    Returns
    -------
    Regression
        With one coefficient, the mean difference, on J - 1 degrees of freedom.

    Raises
    ------
    LMMError
        If there are not two conditions, a person lacks one of them, or there is one person only.

    Notes
    -----
    Student (1908). Differences remove the persons' levels, but not differences between persons in
    the effect itself: these are in the standard error.

    Examples
    --------
    >>> paired([5.0, 7.0, 4.0, 8.0], [1, 1, 2, 2], list("abab")).table().frame().round(3)
           estimate   se   df  statistic      p  lower   upper
    b - a       3.0  1.0  1.0        3.0  0.205 -9.706  15.706
    """
    y = values(y)
    n = y.shape[-1]
    who, what = factor("person", person, n), factor("condition", condition, n)
    if len(what.levels) != 2:
        raise LMMError(
            f"Paired differences need two conditions, and there are {len(what.levels)}. Select the "
            "rows of two of them."
        )
    if len(who.levels) < 2:
        raise LMMError(
            "One person is no sample: nothing tells an effect from chance. Take more persons."
        )
    cell = 2 * who.codes + what.codes
    filled = np.bincount(cell, minlength=2 * len(who.levels)) > 0
    if not filled.all():
        missing = int(filled.argmin())
        raise LMMError(
            f"Person {who.levels[missing // 2]} has no row in condition "
            f"{what.levels[missing % 2]}, so there is no difference. Drop persons without both, or "
            "fit a mixed model, which uses them."
        )
    mean = _means(y, cell, np.ones(n))
    name = " - ".join(reversed(what.levels))
    design = prepare(np.ones((len(who.levels), 1)), names=(name,))
    return regress(design, mean[..., 1::2] - mean[..., ::2], np.square(y).mean(-1))


def _means(columns: Floats, codes: Ints, w: Floats) -> Floats:
    """Average the last axis (..., n) over the rows of each group that has some: (..., J)."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    total = np.add.reduceat(columns[..., order] * w[order], starts, axis=-1)
    mean: Floats = total / np.add.reduceat(w[order], starts)
    return mean
