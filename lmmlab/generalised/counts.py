"""The data of a generalised linear mixed model: counts, of how many trials, at what exposure.

`Counts` puts to a design, which knows rows, predictors and groups, what a design does not know. Its
y are numbers of events, whatever the table holds (proportions, yes and no): `lmmlab.formula` turns
those into these. What can be no such data is refused here, once, so that no evaluation need ask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.design import Design, Floats, LMMError, require_finite
from lmmlab.generalised.family import BINOMIAL, Family

if TYPE_CHECKING:
    from lmmlab.engine.rows import Rows

_WHOLE = 1e-6  # how far from a whole number a count may be, as a proportion times trials is
_MOST = 1e9  # a count, beyond which the likelihood has no digits left


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts with a design.

    Parameters
    ----------
    design : Design
        Predictors and groups. Its y is what the formula calls the response, its weights are None.
    family : Family
    y : (n,) array
        Numbers of events.
    trials : (n,) array
        Out of how many, for the binomial family; ones for the other.
    offset : (n,) array
        A known part of the linear predictor, such as log exposure.
    event : str
        What is counted, where the response has two categories: the second of them.
    read : callable, optional
        Turns another table into `Rows` of this model and their offset.

    Raises
    ------
    LMMError
        If y are no counts, are more than trials, or never vary.
    """

    design: Design
    family: Family
    y: Floats
    trials: Floats
    offset: Floats
    event: str = ""
    read: Callable[..., tuple[Rows, Floats]] | None = None

    def __post_init__(self) -> None:
        name, n = self.design.response, len(self.design.y)
        for values in (self.y, self.trials, self.offset):
            if values.shape != (n,):
                raise LMMError("y, trials and offset must have a number for each row.")
        require_finite(self.offset[:, None], ("offset",))
        if self.design.weights is not None:
            raise LMMError("A model of counts has no weights; the trials say how much a row knows.")
        related = any(term.relation is not None for term in self.design.terms)
        if self.design.residual is not None or related:
            raise LMMError(
                "Residual structures and relationship matrices are there for normal responses "
                "alone. Take them out, or use lmm()."
            )
        _require_counts(self.y, name)
        if self.binomial:
            _require_counts(self.trials, "the number of trials")
            _require_trials(self.y, self.trials, name)
        _require_variation(self)

    @property
    def binomial(self) -> bool:
        """Whether events are counted out of trials."""
        return self.family == BINOMIAL

    @property
    def yes_or_no(self) -> bool:
        """Whether each row is one yes or no."""
        return self.binomial and bool((self.trials == 1.0).all())


def whole(values: Floats) -> Floats:
    """Round what is a whole number but for rounding, as proportion times trials is."""
    near = np.round(values)
    return np.where(np.abs(values - near) <= _WHOLE * np.maximum(1.0, near), near, values)


def _require_counts(y: Floats, name: str) -> None:
    require_finite(y[:, None], (name,))
    for bad, why in (
        (y < 0.0, "a count cannot be negative"),
        (y != np.round(y), "a count must be a whole number"),
        (y > _MOST, "counts above a billion are beyond this model"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            raise LMMError(
                f"{name} makes {y[row]:.6g} events in row {row + 1}, and {why}. Check the column"
                + (
                    "; of a proportion, say out of how many, as in incidence / size ~ ... or "
                    'trials="size".'
                    if 0.0 < y[row] < 1.0
                    else "."
                )
            )


def _require_trials(y: Floats, trials: Floats, name: str) -> None:
    if (trials < 1.0).any():
        row = int(np.argmax(trials < 1.0))
        raise LMMError(
            f"Row {row + 1} has {trials[row]:g} trials, so it says nothing. Leave it out."
        )
    if (y > trials).any():
        row = int(np.argmax(y > trials))
        ones = bool((trials == 1.0).all())
        raise LMMError(
            f"{name} makes {y[row]:g} events of {trials[row]:g} in row {row + 1}. "
            + (
                "A yes or no is 0 or 1; for counts of trials write incidence / size ~ ..., for "
                'counts without a limit take family="poisson".'
                if ones
                else "There cannot be more events than trials; check both columns."
            )
        )


def _require_variation(data: Counts) -> None:
    name, y = data.design.response, data.y
    if not y.any():
        raise LMMError(
            f"{name} counts no event in any of {len(y)} rows, so nothing can be said but that "
            "events are rare. Check which category is the event."
        )
    if data.binomial and (y == data.trials).all():
        raise LMMError(
            f"{name} is an event in every trial of all {len(y)} rows, so there is nothing to "
            "explain. Check which category is the event."
        )
