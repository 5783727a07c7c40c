"""Estimating a generalised linear mixed model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmmlab.engine.crossproducts import condition
from lmmlab.engine.design import LMMError
from lmmlab.generalised.counts import Counts
from lmmlab.generalised.model import GLMMFit
from lmmlab.generalised.quadrature import require_nodes
from lmmlab.generalised.search import minimise
from lmmlab.generalised.working import Working, working
from lmmlab.model.estimable import require_identified

if TYPE_CHECKING:
    from lmmlab.engine.design import Term


def fit(counts: Counts, nodes: int = 1) -> GLMMFit:
    """Estimate a generalised linear mixed model by maximum likelihood.

    Parameters
    ----------
    counts : Counts
        The data.
    nodes : int
        1 takes Laplace's approximation of the likelihood, which serves any random terms; more take
        adaptive quadrature with as many nodes, for one random effect per level of one factor.

    Returns
    -------
    GLMMFit

    Raises
    ------
    LMMError
        If the model cannot be estimated: what is wrong and what to do.
    """
    nodes = require_nodes(counts.design, nodes)
    data = working(counts)
    require_identified(counts.design, condition(counts.design))
    _require_repeats(data)
    found = minimise(data, nodes)
    return GLMMFit(counts, nodes, found.path.theta[-1], data, found)


def _require_repeats(data: Working) -> None:
    """Refuse a random effect for each single yes or no: it cannot be told from chance."""
    counts = data.counts
    for term in counts.design.terms:
        if counts.yes_or_no and len(term.levels) == len(counts.y):
            raise LMMError(_alone(term))


def _alone(term: Term) -> str:
    return (
        f"Each level of {term.group} has one row, a single yes or no, so how much levels differ "
        "cannot be told from chance. Use a grouping factor with several rows in a level."
    )
