"""A plain array that knows the names of its rows and columns.

Estimates that come one per level or per random effect (BLUPs, sds, correlations) are kept as such
tables: arrays to calculate with, and a DataFrame for those who ask for one. pandas is imported only
then.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import DTypeLike, NDArray

from lmmlab.engine.design import Floats

if TYPE_CHECKING:
    import pandas as pd

_WIDTH = 88


@dataclass(frozen=True, eq=False, repr=False)
class Table(NDArrayOperatorsMixin):
    """Numbers with names, which calculates like its array `values`.

    Parameters
    ----------
    rows : tuple of str
        Names of the rows: levels, or random effects.
    columns : tuple of str
        Names of the columns; a single one if `values` is a vector.
    values : (r, c) or (r,) array
        The numbers. NaN stands for "undefined" (the correlation with something that does not vary).
    note : str
        What one should know about the numbers, in sentences; stands below the table.
    blank : str
        What is shown for NaN: nothing, where a cell does not apply.

    Examples
    --------
    >>> table = Table(("308", "309"), ("start", "Days"), np.array([[2.3, 9.2], [-40.4, -8.6]]))
    >>> float(table.loc["308", "Days"])
    9.2
    >>> (table * 2)[1]
    array([-80.8, -17.2])
    >>> table.frame().columns.tolist()
    ['start', 'Days']
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Floats
    note: str = ""
    blank: str = "undefined"

    def frame(self) -> pd.DataFrame:
        """Give the table as a DataFrame, in which an undefined number reads "undefined"."""
        import pandas as pd

        frame = pd.DataFrame(
            self.values.reshape(len(self.rows), -1), list(self.rows), list(self.columns)
        )
        undefined = frame.isna()
        return (
            frame.astype(object).mask(undefined, self.blank) if undefined.any(axis=None) else frame
        )

    @property
    def loc(self) -> Any:
        """Access by name, as in pandas: ``table.loc["308"]``, ``table.loc["308", "Days"]``."""
        return self.frame().loc

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = (x.values if isinstance(x, Table) else x for x in inputs)
        return getattr(ufunc, method)(*arrays, **options)

    def __getitem__(self, index: Any) -> Any:
        return self.values[index]

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        note = "\n\n" + textwrap.fill(self.note, _WIDTH) if self.note else ""
        return self._shown().to_string() + note

    def _repr_html_(self) -> str:
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        return self._shown().to_html() + note

    def _shown(self) -> pd.DataFrame:
        """Write numbers to five digits each: a p of 1e-17 beside one of 0.03 is not 0."""
        return self.frame().map(lambda x: x if isinstance(x, str) else f"{x:.5g}")
