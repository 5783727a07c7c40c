"""How the criterion changes with phi.

Where theta is at its best for phi, the slope of the criterion is that at a fixed theta, which needs
no new fit. And where the random effects of one level know nothing of another's, it needs no new
solution either: what is known of beta and b given y is a few columns, and the slope is that of

    log|R| + trace(R^-1 E[ee' | y]) / sigma**2,

with E[ee' | y] held (Fisher's identity: the score is the expected score of the complete data;
Dempster, Laird & Rubin 1977, J. R. Stat. Soc. B 39, 1-38). Slopes are taken by differences.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lmmlab.engine.design import Design, Floats
from lmmlab.model.conditional import posterior
from lmmlab.residual.place import Place, criterion
from lmmlab.residual.structure import structure
from lmmlab.residual.whitening import whitened

NEAR = 3e-5  # the step of differences: slopes to 1e-9 of the curvature
_WIDE = 1e-3  # the same for second ones


def slopes(design: Design, here: Place) -> Floats:
    """Give the first derivatives of the criterion in phi, at this theta."""
    alone = len(design.terms) < 2 and all(term.relation is None for term in design.terms)
    value = expected(design, here) if alone else _itself(design, here)
    steps = NEAR * np.eye(len(here.phi))
    return np.array([value(here.phi + step) - value(here.phi - step) for step in steps]) / (
        2 * NEAR
    )


def bends(design: Design, here: Place) -> Floats:
    """Give the second derivatives in each element of phi alone, roughly, at this theta."""
    value = _itself(design, here)
    steps = _WIDE * np.eye(len(here.phi))
    both = np.array([value(here.phi + step) + value(here.phi - step) for step in steps])
    return np.asarray((both - 2.0 * here.value) / _WIDE**2)


def _itself(design: Design, here: Place) -> Callable[[Floats], float]:
    """Give the criterion as a function of phi."""
    return lambda phi: criterion(design, here.theta, phi, here.at.reml)


def expected(design: Design, here: Place) -> Callable[[Floats], float]:
    """Give a function of phi that has the slopes of the criterion, for one random term or none.

    Notes
    -----
    In whitened rows E[ee' | y] / sigma**2 is U U', the columns of U being the residuals over sigma;
    Z C^(1/2) of each level, C as in `lmmlab.model.conditional`; and under REML
    (X - Z C Z'X) M^(-1/2), M = X' V0^-1 X, what is not known of beta.
    """
    residual, cross, at = structure(design), here.cross, here.at
    white, _ = whitened(design, here.phi)
    beta = cross.ols + np.linalg.solve(cross.R, at.beta)
    left = white.y - white.X[:, cross.kept] @ beta
    x = np.linalg.solve(cross.R.T, white.X[:, cross.kept].T)
    columns = []
    for term in white.terms:
        known, level = posterior(cross, at), term.codes
        z = np.linalg.solve(cross.S.T, term.Z.T)
        left = left - np.einsum("an,an->n", z, known.mean[:, level])
        size, axes = np.linalg.eigh(known.covariance.transpose(2, 0, 1))
        root = axes * np.sqrt(np.maximum(size, 0.0))[:, None]
        columns.append(np.einsum("an,nak->kn", z, root[level]))
        both = np.einsum("kpm,kam->mpa", cross.fixed / np.sqrt(cross.count), cross.F)
        pull = both[cross.pattern] @ root @ root.transpose(0, 2, 1)
        x = x - np.einsum("npa,an->pn", pull[level], z)
    columns.append(left[None] / np.sqrt(at.variance))
    if at.reml:
        columns.append(at.inverse @ x)
    U = residual.colour(np.concatenate(columns), here.phi)

    def value(phi: Floats) -> float:
        rows, logdet = residual.whiten(U, phi)
        return logdet + float(np.vdot(rows, rows))

    return value
