"""Other tables for a model: their rows, coded as those that were fitted.

A new table is read with what the fitted rows have left behind: the levels of factors, the mean that
``center(x)`` took, the basis of ``poly(x, 2)``. It need not have the response, nor the groups where
these do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.rows import Rows
from lmmlab.formula.coding import Column, product
from lmmlab.formula.matrices import variable
from lmmlab.formula.pieces import columns
from lmmlab.formula.table import Memory, complete_rows, levels, numbers
from lmmlab.formula.terms import Model


@dataclass(frozen=True, eq=False)
class Reading:
    """How a model reads a table; call it with one.

    Parameters
    ----------
    model : Model
        The formula.
    memory : dict
        What is remembered of the rows that were fitted.
    groups : tuple of tuple of str
        The columns of the table that make each grouping factor.
    fixed, random : tuple of Column
        How the columns of X and Z are coded.
    """

    model: Model
    memory: Memory
    groups: tuple[tuple[str, ...], ...]
    fixed: tuple[Column, ...]
    random: tuple[Column, ...]

    def __call__(self, data: Any, *, groups: bool = True, response: bool = True) -> Rows:
        """Turn a table into rows of the model.

        Parameters
        ----------
        data : DataFrame
            The table.
        groups, response : bool
            Whether to read these, if the table has them. What is not asked for may hold anything.

        Raises
        ------
        LMMError
            If a predictor is not there, is missing in a row, or has a level that the model does
            not know.
        """
        model, present = self.model, list(getattr(data, "columns", ()))
        used = [name for factor in model.factors for name in columns(factor)]
        told = [set(group) <= set(present) and groups for group in self.groups]
        all_named = zip(self.groups, told, strict=True)
        needed = [name for group, there in all_named if there for name in group]
        rows, complete = complete_rows(data, used + needed)
        if len(complete) < len(data):
            raise LMMError(_incomplete(data, list(dict.fromkeys(used + needed))))
        known = [variable(factor, rows, self.memory) for factor in model.factors]
        names = {name: _names(rows[name]) for name in needed}
        first, *others = [
            tuple(map(":".join, zip(*map(names.__getitem__, group), strict=True))) if there else ()
            for group, there in zip(self.groups, told, strict=True)
        ] or [()]
        return Rows(
            X=product(self.fixed, known, len(rows)),
            Z=product(self.random, known, len(rows)),
            groups=first,
            y=self._response(data) if response else None,
            others=tuple(others),
        )

    def _response(self, data: Any) -> Floats | None:
        """Compute the response where it is known; None if the table does not have it, or twice."""
        response = self.model.response
        used = list(dict.fromkeys(columns(response)))
        if any(list(data.columns).count(name) != 1 for name in used):
            return None
        y = np.full(len(data), np.nan)
        known = data[used].notna().all(axis=1).to_numpy()
        if known.any():
            y[known] = numbers(response, data.loc[known, used].infer_objects(), self.memory)
        return y


def _names(column: Any) -> list[str]:
    """Give the name of the level of each row."""
    codes, found = levels(column)
    return [found[code] for code in codes]


def _incomplete(data: Any, names: list[str]) -> str:
    """Say which predictor is missing in which row."""
    missing = data[names].isna().to_numpy()
    row, place = np.argwhere(missing)[0]
    others = missing.any(axis=1).sum() - 1
    more = f" (and something in {others} more)" if others else ""
    return (
        f"{names[place]} is missing in row {data.index[row]} of the new table{more}, so nothing "
        "can be said of that row. Fill it in, or leave out the row."
    )
