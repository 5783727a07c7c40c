"""How levels differ: the covariances of random effects, and what is known of each level."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.covariance import SINGULAR, covariance, spread
from lmmlab.engine.design import Design, Floats
from lmmlab.model.table import Table


def covariances(design: Design, theta: Floats, sigma: float) -> dict[str, Table]:
    """Give G = sigma**2 Lambda Lambda' (q, q), by grouping factor."""
    G = covariance(theta, sigma, design.blocks)
    return {
        term.group: Table(term.names, term.names, G[own, own])
        for term, own in zip(design.terms, design.effects, strict=True)
    }


def sds(G: dict[str, Table]) -> dict[str, Table]:
    """Give the sds (q,) of such covariances."""
    return {group: Table(one.rows, ("sd",), spread(one.values)[0]) for group, one in G.items()}


def correlations(G: dict[str, Table]) -> dict[str, Table]:
    """Give their correlations (q, q); NaN, shown as undefined, beside a zero sd."""
    return {group: Table(one.rows, one.columns, spread(one.values)[1]) for group, one in G.items()}


def singular(Lambda: Floats) -> bool:
    """Tell whether some combination of the random effects does not vary at Lambda (q, q)."""
    return bool((np.linalg.svd(Lambda, compute_uv=False)[-1:] < SINGULAR).any())


def by_level(design: Design, values: Floats) -> dict[str, Table]:
    """Make tables (J, q) of random effects (q, J) of all terms, by grouping factor."""
    parts = zip(design.terms, design.effects, design.levels, strict=True)
    return {
        term.group: Table(term.levels, term.names, values[own, where].T)
        for term, own, where in parts
    }


def random_part(design: Design, effects: dict[str, Table]) -> Floats:
    """Give Z b (n,), the random effects by level being known."""
    total: Floats = np.zeros(len(design.y))
    for term in design.terms:
        b = effects[term.group].values[term.codes]
        total += np.einsum("nq,nq->n", term.Z, b)
    return total
