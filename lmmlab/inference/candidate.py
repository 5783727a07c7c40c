"""What is compared: the likelihoods of models of the same data, and what each model is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.covariance import factor
from lmmlab.engine.design import Design, Floats, Ints, LMMError, Term

if TYPE_CHECKING:
    from lmmlab.residual.structure import Residual

NONE = "without random effects"

Shares = Callable[[Floats, Floats], tuple[float, ...] | None]


@dataclass(frozen=True, eq=False)
class Likelihood:
    """What is compared: a deviance, and what the model is made of.

    `shares` tells what a smaller model's place and Lambda make of the reference distribution; None
    for a model without random effects, which is the smallest.
    """

    name: str
    npar: int
    deviance: float
    X: Floats
    Z: Floats
    blocks: tuple[int, ...]
    groups: tuple[Ints, ...]
    Lambda: Floats
    singular: bool = False
    shares: Shares | None = None
    relations: tuple[Floats | None, ...] = ()
    residual: Residual | None = None


def of_design(
    design: Design,
    name: str,
    npar: int,
    deviance: float,
    theta: Floats,
    singular: bool,
    shares: Shares,
) -> Likelihood:
    """Give the likelihood of a fitted model."""
    terms, blocks = design.terms, design.blocks
    return Likelihood(
        name,
        npar,
        deviance,
        design.X,
        np.hstack([np.zeros((len(design.y), 0)), *(term.Z for term in terms)]),
        blocks,
        tuple(grouping for term in terms for grouping in [_grouping(term)] * len(term.blocks)),
        factor(theta, blocks),
        singular,
        shares,
        tuple(_relation(term) for term in terms for _ in term.blocks),
        design.residual,
    )


def fixed_alone(design: Design, npar: int, deviance: float) -> Likelihood:
    """Give the likelihood of a model without random effects."""
    nothing = np.zeros((len(design.y), 0))
    return Likelihood(NONE, npar, deviance, design.X, nothing, (), (), np.zeros((0, 0)))


def require_same_rows(designs: Sequence[Design]) -> None:
    """Refuse models of different data, as far as their rows and responses tell."""
    first, *others = designs
    for other in others:
        if len(other.y) != len(first.y):
            raise LMMError(
                f"The models were fitted to different rows: {len(first.y)} and {len(other.y)}. "
                "Their likelihoods are those of different data. First leave out the rows in which "
                "any column of either model is missing."
            )
        moved = (  # where responses are tied, they do not tell which rows of a table are used
            first.rows is not None
            and other.rows is not None
            and first.dropped == other.dropped
            and not np.array_equal(first.rows, other.rows)
        )
        if moved or not np.array_equal(other.y, first.y):
            what = f"The models have different rows, or different values of {first.response}"
            if first.response != other.response:
                what = f"The models explain different things, {first.response} and {other.response}"
            raise LMMError(
                f"{what}, so their likelihoods are those of different data. Fit both to the same "
                "response in the same table, after leaving out the rows in which any column of "
                "either model is missing."
            )
        if not np.array_equal(first.row_weights, other.row_weights):
            raise LMMError("The rows have different weights in the models; give both the same.")


def _grouping(term: Term) -> Ints:
    """Give each row the first row of its group, so that equal groups have equal numbers."""
    _, first, codes = np.unique(term.codes, return_index=True, return_inverse=True)
    return np.asarray(first[codes], dtype=np.intp)


def _relation(term: Term) -> Floats | None:
    """Give the matrix of relationship, its levels in the order of their first rows."""
    if term.relation is None:
        return None
    order = np.argsort(np.unique(term.codes, return_index=True)[1])
    root = term.relation.root[order]
    return np.asarray(root @ root.T, dtype=float)
