"""What one should know about a generalised model before believing it, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lmmlab.model.remarks import still

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit

_WIDE = 2.5  # an sd, with which Laplace's approximation is rough
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
        said.append(still(fit, fit.found.at.Lambda, np.linalg.norm(fit.data.S, axis=0)))
    scalar = sum(len(term.names) for term in fit.design.terms) == 1
    if fit.nodes == 1 and _little(fit) > 0.5 and _spread(fit) > _WIDE:
        advice = "compare nodes=25" if scalar else "take the sds with caution"
        rows = "single yes and no" if fit.counts.yes_or_no else "rows most of which are all or none"
        rows = rows if fit.counts.binomial else "rows most of which count nothing"
        said.append(
            f"With sds of {_spread(fit):.1f} on the scale of the link Laplace's approximation is "
            f"rough for {rows}; {advice}."
        )
    few = [group for group, count in fit.ngroups.items() if count < _FEW]
    if few:
        said.append(
            f"There are few levels of {' and '.join(few)}: maximum likelihood takes their variance "
            "as too small on average, and Wald tests are too sure."
        )
    return " ".join(said)


def _little(fit: GLMMFit) -> float:
    """Give the share of rows without events or, of trials, without anything else."""
    counts = fit.counts
    every = counts.binomial & (counts.y == counts.trials)
    return float(((counts.y == 0.0) | every).mean())


def _spread(fit: GLMMFit) -> float:
    """Give the root mean square of what random effects do to a row."""
    return float(np.sqrt((fit.found.at.A**2).sum(1).mean()))
