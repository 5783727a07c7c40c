"""What one should know about a fit before believing it, in sentences.

A singular fit is a fact about the data and no error; this file says which sd or correlation makes
it singular, so that a student need not read it off a matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.covariance import SINGULAR
from lmmlab.model import between
from lmmlab.residual.structure import EDGE

if TYPE_CHECKING:
    from lmmlab.engine.design import Design, Floats, Term
    from lmmlab.generalised.model import GLMMFit
    from lmmlab.model.fit import Fit

_ALL = 1e-6  # sigma**2 over all variance, when it is estimated to be nothing


def remarks(fit: Fit) -> str:
    """Say where theta comes from if it is no minimum, and what makes the fit singular."""
    said, edge = [], at_the_edge(fit)
    if fit.source == "given":
        said.append("theta was given, not estimated.")
    elif not (edge or fit.converged):
        said.append(
            "The search did not end in a minimum of the criterion, so better estimates may exist. "
            "Use a simpler random term, or look at fit.path."
        )
    if nothing_left := without_noise(fit):
        said.append(nothing_left)
    if fit.singular:
        size = np.linalg.norm(fit.cross.S, axis=0) / fit.sigma
        said.append(still(fit, fit.solution.Lambda, size, fit.source != "given"))
    said.append(edge)
    return " ".join(filter(None, said))


def listed(names: Sequence[str]) -> str:
    """Write names as part of a sentence, three at most and the number of the others.

    Examples
    --------
    >>> listed(["a", "b"]), listed(list("abcde"))
    ('a and b', 'a, b, c and 2 others')
    """
    left = len(names) - 3
    shown = [*names[:3], f"{left} other{'s' * (left > 1)}"] if left > 0 else list(names)
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def noiseless(design: Design, Lambda: Floats) -> NDArray[np.bool_]:
    """Tell whether related levels leave nothing for residual noise.

    At Lambda (..., q, q) of conditioned columns, so that units, and the size of K, do not matter.
    """
    effects = zip(design.terms, design.effects, strict=True)
    own = [part for term, part in effects if term.relation is not None]
    whole = np.ones(Lambda.shape[:-2])
    for part in own:
        whole += np.square(Lambda[..., part, :]).sum((-2, -1))
    return np.asarray(_ALL * whole >= 1.0)


def without_noise(fit: Fit) -> str:
    """Say so if related levels leave nothing for residual noise; empty if they do not."""
    related = [t.group for t in fit.design.terms if t.relation is not None]
    if not related or fit.source == "given":
        return ""
    if not noiseless(fit.design, fit.solution.Lambda):
        return ""
    return (
        f"Nothing is left for residual noise: all variance is estimated to be that of "
        f"{listed(related)}."
    )


def still(fit: Fit | GLMMFit, Lambda: Floats, size: Floats, found: bool = True) -> str:
    """Say what does not vary in a singular fit.

    Parameters
    ----------
    fit : Fit or GLMMFit
    Lambda : (q, q) array
        Of conditioned random effects.
    size : (q,) array
        How much one unit of each does to a whole group, in units of what chance does.
    found : bool
        Whether theta was estimated.
    """
    said, estimated = [], "estimated to be " if found else ""
    for term, own in zip(fit.design.terms, fit.design.effects, strict=True):
        if between.singular(Lambda[own, own]):
            sd, corr = fit.sd[term.group].values, fit.corr[term.group].values
            said.append(_still_in(term, sd, corr, size[own] * sd, estimated))
    more = " That is no error; a simpler random term may do as well." if found else ""
    return f"The fit is singular: {', and '.join(said)}.{more}"


def _still_in(term: Term, sd: Floats, corr: Floats, size: Floats, estimated: str) -> str:
    """Say what does not vary in one term, whose random effects do so much to a whole group."""
    none = [name for name, value in zip(term.names, size, strict=True) if value < SINGULAR]
    is_or_are = "are" if len(none) > 1 else "is"
    if none:
        return (
            f"the sd of {listed(none)} between levels of {term.group} {is_or_are} {estimated}zero"
        )
    if len(sd) == 2:
        return (
            f"the correlation of {term.names[0]} and {term.names[1]} between levels of "
            f"{term.group} is {estimated}{corr[1, 0]:+.0f}"
        )
    return f"some combination of the random effects of {term.group} is {estimated}without variance"


def at_the_edge(fit: Fit) -> str:
    """Say which part of the structure lies at the edge of what can be; empty if none does."""
    residual = fit.design.residual
    if residual is None:
        return ""
    parts = zip(residual.parts, residual.edges(fit.phi), residual.places, strict=True)
    said = []
    for part, edge, own in parts:
        if edge >= EDGE:
            continue
        found = [*zip(part.names, residual.values(fit.phi)[own], strict=True)]
        if part is not residual.correlation:
            found = [(name, value) for name, value in found if min(value, 1 / value) < EDGE]
        names = [f"{name} ({round(value, 9):.4g})" for name, value in found]
        them = "The residual correlations are" if len(names) > 3 else f"The {listed(names)}"
        them += "" if len(names) > 3 else " is" if len(names) == 1 else " are"
        said.append(
            f"{them} estimated at the edge of what can be, so nothing is known of how well. A "
            "simpler structure, or fewer random effects, may do as well."
        )
    return " ".join(said)
