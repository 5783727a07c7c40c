"""Comparing models of counts: which of their likelihoods may be compared.

The comparison itself is that of linear models (`lmmlab.inference.compare`), by maximum likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.design import Floats, LMMError
from lmmlab.generalised.pirls import mode
from lmmlab.generalised.search import deviance
from lmmlab.generalised.separation import start
from lmmlab.inference.boundary import new_directions, one_new, wedge
from lmmlab.inference.candidate import Likelihood, fixed_alone, of_design

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit


def likelihoods(fits: Sequence[GLMMFit]) -> tuple[list[str], list[Likelihood]]:
    """Give what is compared of models of the same rows, and say by which criterion.

    Raises
    ------
    LMMError
        If the models count different things, or their likelihoods are computed differently.
    """
    first = fits[0]
    for fit in fits:
        _require_alike(first, fit)
        if not fit.converged:
            raise LMMError(
                f"The search for {fit.design.formula or 'a model from arrays'} did not end in a "
                "minimum, so there is nothing to compare. Use a simpler random term."
            )
    models = [
        of_design(
            fit.design,
            fit.design.formula or f"model {k}",
            fit.npar,
            fit.deviance,
            fit.theta,
            fit.singular,
            partial(_shares, fit),
        )
        for k, fit in enumerate(fits, start=1)
    ]
    how = "Laplace's approximation" if first.nodes == 1 else f"quadrature with {first.nodes} nodes"
    said = [f"All models were fitted by maximum likelihood ({how})."]
    return said, models if len(fits) > 1 else [*models, _without(first)]


def _shares(fit: GLMMFit, place: Floats, Lambda: Floats) -> tuple[float, ...] | None:
    """Give the reference of a test of one new variance, or of two where there was none before.

    Notes
    -----
    Without random effects the scores of the variances are those of Lin (1997, Biometrika 84,
    309-326): their covariance follows from the second to fourth cumulants of the responses, which
    are W and its derivatives, since the links are canonical.
    """
    new = new_directions(place, fit.design.blocks)
    if len(new) != 2 or place.shape[1] or max(v.shape[1] for v in new) > 1:
        return one_new(place, fit.design.blocks)
    data = fit.data
    at = mode(data, np.zeros_like(data.S), start(data))
    _, W, third, fourth = at.slopes
    parts = []
    for v in new:
        k = next(k for k, own in enumerate(fit.design.effects) if v[own].any())
        term = fit.design.terms[k]
        parts.append((term.Z @ v[fit.design.effects[k], 0], term.codes))
    square = np.stack([g * g for g, _ in parts])
    C = np.einsum("an,n,bn->ab", square, fourth, square) / 4.0
    for a, (g, codes) in enumerate(parts):
        for b, (h, others) in enumerate(parts):
            cell = np.unique(codes * (others.max() + 1) + others, return_inverse=True)[1]
            C[a, b] += float((np.bincount(cell, W * g * h) ** 2).sum()) / 2.0
    B = (square * third) @ data.X / 2.0
    C -= B @ np.linalg.solve((data.X * W[:, None]).T @ data.X, B.T)
    return wedge(np.linalg.inv(C))


def _require_alike(first: GLMMFit, fit: GLMMFit) -> None:
    one, other = first.counts, fit.counts
    if one.family != other.family:
        raise LMMError(
            f"The models have different families, {one.family.name} and {other.family.name}: "
            "their likelihoods are those of different data. Compare models of one family."
        )
    if not (np.array_equal(one.y, other.y) and np.array_equal(one.trials, other.trials)):
        raise LMMError("The models count different events or trials. Give both the same response.")
    if first.nodes != fit.nodes:
        raise LMMError(
            f"One likelihood is computed with {first.nodes} nodes, another with {fit.nodes}, and "
            "the approximations differ by more than chance might. Fit both with the same nodes."
        )
    if not np.array_equal(one.offset, other.offset):
        raise LMMError("The models have different offsets; give both the same.")


def _without(fit: GLMMFit) -> Likelihood:
    """Give the model without random effects: ordinary logistic or Poisson regression."""
    at = mode(fit.data, np.zeros_like(fit.data.S), start(fit.data))
    return fixed_alone(fit.design, len(fit.names), deviance(fit.data, at, 1))
