"""The random effects given y: the likeliest ones, and how well they are known.

beta and theta are taken as known, and the density of each level's effects as normal about its peak.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.model.table import Table

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit


def means(fit: GLMMFit, k: int) -> Floats:
    """Give the likeliest effects (J, q) of the levels of term k: b = Lambda u at the best u."""
    return np.asarray(fit.data.of_term(fit.found.at.u, k).T @ _root(fit, k).T, dtype=float)


def sds(fit: GLMMFit, k: int) -> Floats:
    """Give their sds (J, q), from the inverse of the penalised Hessian."""
    data, at = fit.data, fit.found.at
    term, K = fit.design.terms[k], data.shape[1]
    slots = data.slot[data.places.spans[k]].reshape(len(term.names), -1)
    C = at.C.reshape(-1)[slots[:, None] * K + slots[None] % K]
    root = _root(fit, k)
    variance = np.einsum("ab,bcj,ac->ja", root, C, root)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)), dtype=float)


def by_level(fit: GLMMFit, values: Callable[[GLMMFit, int], Floats]) -> dict[str, Table]:
    """Make tables of something of each level, by grouping factor."""
    return {
        term.group: Table(term.levels, term.names, values(fit, k))
        for k, term in enumerate(fit.design.terms)
    }


def _root(fit: GLMMFit, k: int) -> Floats:
    """Give the root of G of term k with which u was found, for the original columns."""
    own = fit.design.effects[k]
    root = np.linalg.solve(fit.data.S[own, own], fit.found.at.Lambda[own, own])
    return np.asarray(root, dtype=float)
