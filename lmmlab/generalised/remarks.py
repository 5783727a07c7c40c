"""What one should know about a generalised model before believing it, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.covariance import SINGULAR
from lmmlab.model.remarks import still

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit

_FEW = 10  # levels, with which Wald's tests are too sure


def remarks(fit: GLMMFit) -> str:
    """Say whether the search ended in a minimum, what does not vary, and what is too sure."""
    said = []
    if not fit.converged:
        said.append(
            "The search did not end in a minimum of the deviance, so better estimates may exist. "
            "Use a simpler random term, or look at fit.path."
        )
    if fit.singular:
        parts = []
        for term, own in zip(fit.design.terms, fit.design.effects, strict=True):
            root = fit.found.at.Lambda[own, own]
            if np.linalg.svd(root, compute_uv=False)[-1] < SINGULAR:
                sd, corr = fit.sd[term.group].values, fit.corr[term.group].values
                size = np.linalg.norm(fit.data.S[own, own], axis=0) * sd
                parts.append(still(term, sd, corr, size, "estimated to be "))
        said.append(f"The fit is singular: {', and '.join(parts)}.")
        said.append("That is no error; a simpler random term may do as well.")
    few = [group for group, count in fit.ngroups.items() if count < _FEW]
    if few:
        said.append(
            f"There are few levels of {' and '.join(few)}: maximum likelihood takes their variance "
            "as too small on average, and Wald tests are too sure."
        )
    return " ".join(said)
