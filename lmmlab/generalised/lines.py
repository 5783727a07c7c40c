"""Rows that a generalised model is asked about, written in the terms in which it was searched for.

All that is said of a row, its own prediction, its average over groups, and their standard errors,
follows from its columns and from how they move with theta and beta.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.covariance import positions
from lmmlab.engine.design import Floats, Ints, LMMError, read_numbers, require_finite
from lmmlab.engine.rows import Rows
from lmmlab.meaning.odds import LARGEST
from lmmlab.model.asked import fitting, own_rows, reader

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit


@dataclass(frozen=True, eq=False)
class Lines:
    """Rows of a model.

    Attributes
    ----------
    eta : (m,) array
        The linear predictor in a group whose random effects are 0, offset included.
    X : (m, p) array
        The conditioned fixed columns.
    A : (m, q) array
        The conditioned random columns times Lambda.
    z : (k, m) array
        The random column that each element of theta multiplies.
    column : (k,) integer array
        And the column of Lambda's root in which it stands.
    groups : tuple of tuple of str
        The levels of each grouping factor; () if the rows do not say.
    """

    eta: Floats
    X: Floats
    A: Floats
    z: Floats
    column: Ints
    groups: tuple[tuple[str, ...], ...]

    @property
    def variance(self) -> Floats:
        """How much the linear predictor varies over groups (m,)."""
        return np.asarray(np.einsum("mq,mq->m", self.A, self.A))

    @property
    def even(self) -> bool:
        """Whether it varies as much in all rows, as it does with random intercepts alone."""
        return bool(np.ptp(self.variance) < 1e-9 * max(1.0, float(self.variance.max())))

    @property
    def variance_moves(self) -> Floats:
        """Derivatives (k, m) of the variance with respect to theta."""
        return np.asarray(2.0 * self.z * self.A[:, self.column].T)


def lines(fit: GLMMFit, new: Any = None, offset: Any = None, groups: bool = False) -> Lines:
    """Read rows of the model, or take those that were fitted.

    Raises
    ------
    LMMError
        If the rows or the offset do not fit the model, or are beyond all numbers.
    """
    if isinstance(new, Rows) and offset is None and fit.counts.offset.any():
        raise LMMError(
            "The model has an offset, and rows that are arrays do not say theirs. Give offset=, a "
            "number or one for each row."
        )
    rows, known = _read(fit, new, groups, offset is None)
    m = len(rows.X)
    if offset is not None:
        given = np.asarray(offset)
        known = read_numbers("offset", np.full(m, offset) if given.ndim == 0 else given, 1)
        if len(known) != m:
            raise LMMError(f"offset must be a number, or {m} of them, one for each row.")
        require_finite(known[:, None], ("offset",))
    data, found = fit.data, fit.found
    row, column = positions(data.blocks)
    X = np.asarray(np.linalg.solve(data.R.T, rows.X.T).T, dtype=float)
    Z = np.asarray(np.linalg.solve(data.S.T, rows.Z.T).T, dtype=float)
    eta = known + rows.X @ fit.beta
    require_within(eta)
    return Lines(
        eta=eta,
        X=X,
        A=Z @ found.at.Lambda,
        z=(Z @ found.axes).T[row],
        column=column,
        groups=(rows.groups, *rows.others),
    )


def require_within(eta: Floats, largest: float = LARGEST) -> None:
    """Refuse rows (m, ...) whose linear predictor is beyond what odds and counts can be."""
    beyond = ~(np.abs(eta.reshape(len(eta), -1)) <= largest).all(1)  # true for NaN
    if beyond.any():
        raise LMMError(
            f"The odds or the mean count of row {int(np.argmax(beyond)) + 1}, or an end of its "
            "interval, are beyond all numbers. Check the units of its predictors, and whether the "
            "sds of the model can be believed."
        )


def _read(fit: GLMMFit, new: Any, groups: bool, offset: bool) -> tuple[Rows, Floats]:
    """Give rows and their offset, as far as it is asked for."""
    if new is None:
        return own_rows(fit.design), fit.counts.offset
    if isinstance(new, Rows):
        return fitting(fit.design, new), np.zeros(len(new.X))
    return reader(fit.counts.read, "X, Z, groups")(new, groups=groups, offset=offset)
