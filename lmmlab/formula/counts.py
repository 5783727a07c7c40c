"""Models of yes and no and of counts, from a formula and a table.

What is counted is told by the response itself: a column of 0 and 1, or of two categories, of which
the second is the event; ``events / trials``; or a plain count. The rest of the formula means what
it means in `lmm`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.rows import Rows
from lmmlab.formula.pieces import Name, Node, Sign, columns, text
from lmmlab.formula.reading import Reading
from lmmlab.formula.table import Memory, complete_rows, is_numeric, levels, numbers
from lmmlab.formula.terms import parse
from lmmlab.generalised.counts import Counts, whole
from lmmlab.generalised.family import FAMILIES
from lmmlab.model.remarks import listed

if TYPE_CHECKING:
    import pandas as pd

    from lmmlab.generalised.model import GLMMFit


def glmm(
    formula: str,
    data: pd.DataFrame,
    family: str = "binomial",
    *,
    trials: str | None = None,
    offset: str | None = None,
    exposure: str | None = None,
    nodes: int = 1,
) -> GLMMFit:
    """Fit a generalised linear mixed model: yes or no, events out of trials, or counts.

    Parameters
    ----------
    formula : str
        The model in lme4's notation. With the binomial family the response is a column of 0 and 1
        or of two categories (the second is the event), or ``events / trials``, as in
        ``"incidence / size ~ period + (1 | herd)"``.
    data : DataFrame
        One row per measurement. Rows with a missing value in a column that is used are dropped.
    family : {"binomial", "poisson"}
        Log odds of events (logit link), or log mean counts (log link).
    trials : str, optional
        The column with the numbers of trials, where the response is a proportion.
    offset : str, optional
        A column that is added to the linear predictor as it is.
    exposure : str, optional
        A column of positive numbers, such as hours watched, to which the mean count is
        proportional: its logarithm is the offset.
    nodes : int
        1 takes Laplace's approximation of the likelihood, for any random terms; more take adaptive
        Gauss-Hermite quadrature, for a single random intercept or slope. With few rows in a group
        and a large sd it is worth comparing.

    Returns
    -------
    GLMMFit
        The estimates; its repr is the summary.

    Raises
    ------
    LMMError
        If the formula or the data cannot be used, or no estimate exists: what is wrong, where, and
        what to do.

    Examples
    --------
    >>> from lmmlab import glmm, load
    >>> model = glmm("incidence / size ~ period + (1 | herd)", load("cbpp"))
    >>> model.beta.round(2).tolist()
    [-1.4, -0.99, -1.13, -1.58]
    >>> ticks = glmm("ticks ~ year + cheight + (1 | brood)", load("grouseticks"), family="poisson")
    >>> ticks.sd["brood"].values.round(3).tolist()
    [0.95]
    """
    from lmmlab.generalised.fit import fit

    return fit(counts(formula, data, family, trials, offset, exposure), nodes)


def counts(
    formula: str,
    data: pd.DataFrame,
    family: str = "binomial",
    trials: str | None = None,
    offset: str | None = None,
    exposure: str | None = None,
) -> Counts:
    """Turn a formula and a table into the arrays of a generalised model; see `glmm`."""
    from lmmlab.formula import arrays

    if not isinstance(family, str) or family not in FAMILIES:
        raise LMMError(
            f'family must be "binomial" or "poisson"; this is {family!r}. For normal responses '
            "use lmm()."
        )
    model, extra = parse(formula), _named(trials=trials, offset=offset, exposure=exposure)
    if offset is not None and exposure is not None:
        raise LMMError("Give either offset or exposure, whose logarithm is an offset.")
    if exposure is not None and family != "poisson":
        raise LMMError(
            'An exposure belongs to family="poisson", whose mean count is proportional to it; odds '
            "are not. Out of how many events are counted is said by trials."
        )
    rows, used = complete_rows(data, columns(model.response) + model.predictors + extra)
    memory: Memory = {}
    if family == "poisson":
        y, n, event = _plain(model.response, rows, memory, trials)
    else:
        y, n, event = _binomial(model.response, rows, memory, trials)
    design, read = arrays(model, rows, memory, y / n)
    design = replace(
        design, dropped=len(data) - len(used), rows=used, formula=" ".join(formula.split())
    )
    known = Offset(read, offset, exposure)
    return Counts(design, FAMILIES[family], y, n, known.of(rows, memory), event, known)


@dataclass(frozen=True, eq=False)
class Offset:
    """How a model of counts reads a table: its rows, and the part of the predictor that is known.

    Parameters
    ----------
    reading : Reading
        The rows.
    offset, exposure : str or None
        Columns of the table.
    """

    reading: Reading
    offset: str | None
    exposure: str | None

    def __call__(
        self, data: Any, *, groups: bool = True, offset: bool = True
    ) -> tuple[Rows, Floats]:
        """Turn a table into rows of the model, and their offset, if it is asked for."""
        rows = self.reading(data, groups=groups, response=False)
        if not offset or (self.offset is None and self.exposure is None):
            return rows, np.zeros(len(rows.X))
        name = str(self.offset or self.exposure)
        table, complete = complete_rows(data, [name])
        if len(complete) < len(data):
            raise LMMError(f"{name} is missing in a row of the new table. Fill it in.")
        return rows, self.of(table, {})

    def of(self, rows: pd.DataFrame, memory: Memory) -> Floats:
        """Compute the offset of complete rows."""
        if self.offset is not None:
            return np.full(len(rows), numbers(Name(self.offset), rows, memory))
        if self.exposure is None:
            return np.zeros(len(rows))
        length = np.full(len(rows), numbers(Name(self.exposure), rows, memory))
        if (length <= 0.0).any():
            row = int(np.argmax(length <= 0.0))
            raise LMMError(
                f"The exposure {self.exposure} is {length[row]:g} in row {rows.index[row]}, but "
                "must be positive: nothing can be counted in no time. Leave the row out."
            )
        return np.asarray(np.log(length), dtype=float)


def _named(**given: Any) -> list[str]:
    for what, name in given.items():
        if name is not None and not isinstance(name, str):
            raise LMMError(f"{what} must be the name of a column of the table; this is {name!r}.")
    return [name for name in given.values() if name is not None]


def _plain(
    response: Node, rows: pd.DataFrame, memory: Memory, trials: str | None
) -> tuple[Floats, Floats, str]:
    """Read counts without a limit."""
    if trials is not None:
        raise LMMError(
            'Trials belong to family="binomial". Counts without a limit have an exposure, such as '
            'exposure="hours".'
        )
    y = np.full(len(rows), numbers(response, rows, memory))
    return y, np.ones(len(y)), ""


def _binomial(
    response: Node, rows: pd.DataFrame, memory: Memory, trials: str | None
) -> tuple[Floats, Floats, str]:
    """Read numbers of events, numbers of trials, and what an event is called."""
    size = len(rows)
    if trials is not None:
        n = np.full(size, numbers(Name(trials), rows, memory))
        _require_trials(n, Name(trials), rows)
        share = np.full(size, numbers(response, rows, memory))
        if (share > 1.0).any():
            row = int(np.argmax(share > 1.0))
            raise LMMError(
                f"With trials= the response is a proportion, from 0 to 1, and {text(response)} is "
                f"{share[row]:g} in row {rows.index[row]}. For numbers of events write "
                f"{text(response)} / {trials} ~ ..., without trials=."
            )
        return whole(share * n), n, ""
    if isinstance(response, Sign) and response.sign == "/":
        y = np.full(size, numbers(response.left, rows, memory))
        n = np.full(size, numbers(response.right, rows, memory))
        _require_trials(n, response.right, rows)
        return whole(y), n, ""
    if isinstance(response, Name) and not is_numeric(response.name, rows):
        codes, found = levels(rows[response.name])
        if len(found) != 2:
            raise LMMError(
                f"{text(response)} has {len(found)} categories ({listed(found)}), and a yes or no "
                "has two. Choose rows, or make a column that is 1 for the category in question "
                "and 0 for all others."
            )
        return codes.astype(float), np.ones(size), found[1]
    return np.full(size, numbers(response, rows, memory)), np.ones(size), ""


def _require_trials(n: Floats, trials: Node, rows: pd.DataFrame) -> None:
    if (n <= 0.0).any():
        row = int(np.argmax(n <= 0.0))
        raise LMMError(
            f"{text(trials)} is {n[row]:g} in row {rows.index[row]}, and without trials there are "
            "no events. Leave the row out."
        )
