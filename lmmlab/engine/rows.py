"""Other rows of a model as arrays: those that are predicted, and those that are given besides.

Formulas make them of a table (`Design.read`); who has arrays makes them himself, so lists and
numbers of groups are welcome here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.design import Floats, LMMError, read_numbers


@dataclass(frozen=True, eq=False)
class Rows:
    """Other rows of the same model, for instance those that are to be predicted.

    Parameters
    ----------
    X : (m, p) array
        The fixed columns.
    Z : (m, q) array
        The random columns; those of several grouping factors side by side.
    groups : tuple of str
        Which group each row belongs to: a level of the design, or a new one; () if the rows do
        not say, as they need not where an average group is meant.
    y : (m,) array, optional
        The response, where it is known; NaN where it is not.
    others : tuple of tuple of str
        The same as `groups` for each other grouping factor of the model, in the order of its terms.

    Raises
    ------
    LMMError
        If there are no rows, or X, Z, groups and y do not have one for each.

    Examples
    --------
    >>> rows = Rows([[1, 9]], [[1, 9]], [308])
    >>> rows.X, rows.groups
    (array([[1., 9.]]), ('308',))
    """

    X: Floats
    Z: Floats
    groups: tuple[str, ...] = ()
    y: Floats | None = None
    others: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        X, Z = read_numbers("X", self.X, 2), read_numbers("Z", self.Z, 2)
        y = None if self.y is None else read_numbers("y", self.y, 1)
        groups = () if self.groups is None else tuple(map(str, np.atleast_1d(self.groups)))
        others = tuple(tuple(map(str, np.atleast_1d(other))) for other in self.others)
        m = len(X)
        named = all(len(some) in (0, m) for some in (groups, *others))
        if m == 0 or len(Z) != m or not named or (y is not None and len(y) != m):
            told = "" if y is None else f" and {len(y)} values of y"
            raise LMMError(
                f"The rows do not fit together: X has {m} rows and Z {len(Z)}, with {len(groups)} "
                f"groups{told}. Give at least one row, and a group and a y for each or for none."
            )
        for name, value in (("X", X), ("Z", Z), ("groups", groups), ("y", y), ("others", others)):
            object.__setattr__(self, name, value)
