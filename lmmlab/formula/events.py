"""Simulated responses that are yes or no, or counts: what a truth with a family needs besides.

The linear predictor is made as a normal response is, without noise; the row's own standard normal
then says how lucky it is (`lmmlab.generalised.simulate`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Floats, LMMError
from lmmlab.formula.pieces import Name
from lmmlab.formula.table import complete_rows, numbers
from lmmlab.generalised.family import BINOMIAL, FAMILIES, Family
from lmmlab.generalised.simulate import events
from lmmlab.model.estimable import is_number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Events:
    """A family, and out of how many trials (n,) each row counts events."""

    family: Family
    trials: Floats

    def of(self, eta: Floats, luck: Floats) -> Floats:
        """Turn linear predictors and standard normals into numbers of events."""
        return events(self.family, eta, luck, self.trials)


def read_events(
    family: Any, trials: Any, sigma: Any, others: dict[str, bool], table: pd.DataFrame
) -> Events | None:
    """Read what is counted; None for a normal response, of which sigma is checked.

    Parameters
    ----------
    others : dict of str to bool
        Which options that belong to normal responses were given.
    """
    if family == "normal":
        if trials is not None:
            raise LMMError('trials belong to family="binomial"; leave them out.')
        if not is_number(sigma) or not 0 <= sigma < np.inf:
            raise LMMError(f"sigma is {sigma!r}; the residual sd is a number, 0 or more.")
        return None
    if not isinstance(family, str) or family not in FAMILIES:
        raise LMMError(f'family must be "normal", "binomial" or "poisson"; this is {family!r}.')
    for name, given in ({"sigma": sigma is not None} | others).items():
        if given:
            raise LMMError(
                f"{name} is about normal responses; with family={family!r} chance follows from "
                "the mean. Leave it out."
            )
    kind = FAMILIES[family]
    if trials is not None and kind != BINOMIAL:
        raise LMMError('trials belong to family="binomial"; counts of a Poisson have no limit.')
    if isinstance(trials, str):
        complete_rows(table, [trials])  # that there is such a column
        size = np.full(len(table), numbers(Name(trials), table, {}))
    elif trials is None or is_number(trials):
        size = np.full(len(table), 1.0 if trials is None else float(trials))
    else:
        raise LMMError(f"trials must be a number, or the name of a column; this is {trials!r}.")
    if not ((size >= 1.0) & (size == np.round(size)) & (size < 1e9)).all():
        raise LMMError("trials must be whole numbers from 1 to a billion.")
    return Events(kind, size)
