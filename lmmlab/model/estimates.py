"""Estimates with what they cost: one table for everything that has a standard error and df.

Mixed models, least squares and differences of means all end in the same seven columns, so that a
student can lay one beside another.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr, stdtrit

from lmmlab.engine.design import Floats, LMMError
from lmmlab.model.estimable import is_number
from lmmlab.model.table import Table


def estimates(
    names: tuple[str, ...],
    estimate: Floats,
    se: Floats,
    df: Floats,
    confidence: float = 0.95,
    note: str = "",
) -> Table:
    """Put estimates into a table with t tests and intervals.

    Parameters
    ----------
    names : tuple of str
        What is estimated, r of them.
    estimate, se, df : (r,) arrays
        Estimates, their standard errors and degrees of freedom. Infinite df give z; NaN in se or
        df leaves an estimate without a test.
    confidence : float
        Level of the intervals.
    note : str
        What stands below the table.

    Returns
    -------
    Table
        With columns estimate, se, df, statistic, two-sided p, lower and upper.

    Raises
    ------
    LMMError
        If the confidence is not between 0 and 1.

    Examples
    --------
    >>> two = np.array([2.0])
    >>> estimates(("mean",), two, two, np.array([4.0])).frame().round(3).loc["mean"].tolist()
    [2.0, 2.0, 4.0, 1.0, 0.374, -3.553, 7.553]
    """
    require_confidence(confidence)
    t, reach = estimate / se, se * stdtrit(df, (1.0 + confidence) / 2.0)
    p = 2.0 * stdtr(df, -np.abs(t))
    columns = ("estimate", "se", "df", "statistic", "p", "lower", "upper")
    values = np.column_stack([estimate, se, df, t, p, estimate - reach, estimate + reach])
    return Table(names, columns, values, note)


def require_confidence(confidence: float) -> None:
    """Refuse a level of confidence that is not between 0 and 1."""
    if not (is_number(confidence) and 0.0 < confidence and (1.0 + confidence) / 2.0 < 1.0):
        raise LMMError(f"confidence must lie between 0 and 1, like 0.95; this is {confidence!r}.")
