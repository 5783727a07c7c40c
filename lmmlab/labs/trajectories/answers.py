"""What three models say of the same visits: one line, own starts, own starts and slopes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lmmlab.classical.regression import ols
from lmmlab.engine.design import Design, Floats, LMMError, Term
from lmmlab.labs._people import People
from lmmlab.model.fit import Fit, fit

MODELS = {"one": "one line", "starts": "own starts", "lines": "own starts and slopes"}


@dataclass(frozen=True, eq=False)
class Answer:
    """What one model says.

    Attributes
    ----------
    average : (2,) array
        Start and change of the average line.
    se : float
        The standard error that the model states for the average change.
    lines : (J, 2) array
        The line that it gives each person.
    sigma : float
    G : (2, 2) array or None
        Estimated covariance of starts and changes; None if the model has no own slopes.
    """

    average: Floats
    se: float
    lines: Floats
    sigma: float
    G: Floats | None = None


@lru_cache(maxsize=8)
def answers(people: People) -> dict[str, Answer | None]:
    """Fit the three models; None where the visits do not suffice for one."""
    whole = people.design()
    term = whole.terms[0]
    starts = Term(term.group, term.names[:1], term.Z[:, :1], term.codes, term.levels, (1,))
    own_starts = Design(whole.y, whole.X, whole.names, (starts,))
    return {
        "one": _one(whole),
        "starts": _mixed(own_starts),
        "lines": _mixed(whole),
    }


def _one(design: Design) -> Answer | None:
    try:
        model = ols(design)
    except LMMError:
        return None
    lines = np.tile(model.beta, (len(design.terms[0].levels), 1))
    return Answer(model.beta, float(model.se[1]), lines, float(model.sigma))


def _mixed(design: Design) -> Answer | None:
    try:
        model: Fit = fit(design)
        own = model.blups["person"].values
        se = float(model.se[1])
    except LMMError:
        return None
    lines = np.tile(model.beta, (len(own), 1))
    lines[:, : own.shape[1]] += own
    G = model.G["person"].values if own.shape[1] == 2 else None
    return Answer(model.beta, se, lines, model.sigma, G)
