"""The data sets of the lessons: small tables, each with its source.

Every set is a CSV file beside this one. `index.json` names its source and its factors, with their
levels where these do not stand in the order of the file. `load` gives a pandas table; `arrays`
gives the same columns without pandas, which takes a quarter of a second to import and which a
page that is being dragged does not need.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import LMMError

if TYPE_CHECKING:
    import pandas as pd


def names() -> list[str]:
    """List the data sets that `load` knows.

    Examples
    --------
    >>> names()[:3]
    ['sleepstudy', 'orthodont', 'cake']
    """
    return list(_index())


def load(name: str) -> pd.DataFrame:
    """Load a data set of the lessons as a table.

    Parameters
    ----------
    name : str
        One of `names`, such as ``"sleepstudy"``.

    Returns
    -------
    DataFrame
        One row per measurement. Factors are categoricals with their levels in order, the first
        is the reference; where the data come from is in ``.attrs["source"]``.

    Raises
    ------
    LMMError
        If there is no such data set; lists those there are.

    Examples
    --------
    >>> load("sleepstudy").head(2)
       Reaction  Days Subject
    0  249.5600     0     308
    1  258.7047     1     308
    """
    import pandas as pd

    columns: dict[str, Any] = dict(arrays(name))
    for factor, levels in _index()[name]["factors"].items():
        values = columns[factor]
        columns[factor] = pd.Categorical(values, levels or list(dict.fromkeys(values)))
    table = pd.DataFrame(columns)
    table.attrs["source"] = _index()[name]["source"]
    return table


def arrays(name: str) -> dict[str, np.ndarray]:
    """Load a data set of the lessons as arrays: numbers, and factors as text.

    Raises
    ------
    LMMError
        If there is no such data set; lists those there are.

    Examples
    --------
    >>> sleep = arrays("sleepstudy")
    >>> sleep["Days"][:3], sleep["Subject"][0]
    (array([0, 1, 2]), np.str_('308'))
    """
    if name not in _index():
        raise LMMError(f"There is no data set {name!r}. These are there: {', '.join(names())}.")
    with (files(__name__) / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    factors = _index()[name]["factors"]
    return {
        column: np.array(values) if column in factors else _numbers(values)
        for column, values in zip(header, zip(*rows, strict=True), strict=True)
    }


def _numbers(values: tuple[str, ...]) -> np.ndarray:
    try:
        return np.array([int(value) for value in values])
    except ValueError:
        return np.array([float(value) for value in values])


@cache
def _index() -> dict[str, dict[str, Any]]:
    return json.loads((files(__name__) / "index.json").read_text(encoding="utf-8"))
