"""Related levels: what can be told of their variance, and what not.

With a relationship matrix one row per person is enough: relatives tell genes from noise. So what is
asked of the rows of each level elsewhere is asked of the matrix here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.covariance import factor, positions
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Design, LMMError
from lmmlab.engine.newton import LEFT, Path, minimise, promised
from lmmlab.engine.solve import solve
from lmmlab.inference.information import information
from lmmlab.model.remarks import listed, without_noise

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit

_APART = 1e-9  # the least share of the information on variances that is no rounding
_RANK = 1e-10  # an eigenvalue that is rounding, relatively
_AWAY = 1e4  # theta of a search that runs away, in columns of mean square 1


def require_apart(design: Design, cross: Crossproducts) -> None:
    """Refuse variances that cannot be told apart, or not from residual noise.

    Notes
    -----
    They can where the expected information is not singular; at which G does not matter, so it is
    asked without random effects.
    """
    cross = cross if cross.scale.ndim == 0 else cross.only()
    known = information(cross, solve(cross, np.zeros_like(cross.S)))
    size = np.sqrt(np.diagonal(known.of_H))
    if not (size > 0.0).all():
        return  # of what fixed effects leave nothing of; that is said elsewhere
    share, direction = np.linalg.eigh(known.without_s / np.outer(size, size))
    if share[0] > _APART:
        return
    column = positions(cross.blocks)[1][np.abs(direction[:, 0]) > 1e-4]
    names = [f"{name} by {term.group}" for term in design.terms for name in term.names]
    mixed = listed([names[k] for k in sorted({*column.tolist()})])
    beside = [term.group for term in design.terms if term.relation is None]
    only = f"and not just those that share {listed(beside)}" if beside else ""
    raise LMMError(
        f"The variance of {mixed} cannot be told apart from residual noise or from each other. "
        "Where all levels have one row, a relationship matrix tells them apart only if some levels "
        f"are more alike than others, {only or 'so that it is no multiple of the identity'}."
    )


def noise_may_vanish(cross: Crossproducts) -> bool:
    """Tell whether related levels can account for all rows, so that sigma = 0 is an estimate.

    It is where random and fixed effects leave no row that knows of residual noise alone.
    """
    if all(M is None for M in cross.mixing):
        return False
    (q, J), p = cross.own.shape[-2:], len(cross.kept)
    square = cross.within.reshape(-1, p + 1, p + 1)[0, :p, :p]
    if cross.others is not None:
        beside = cross.others
        square = np.block([[beside.within, beside.fixed], [beside.fixed.T, square]])
    size = np.linalg.eigvalsh(square)
    rank = int((size > _RANK * size.max(initial=1.0)).sum())
    return bool(cross.n - q * J <= rank)


def minimum(cross: Crossproducts, reml: bool) -> Path:
    """Search for the smallest criterion; see `lmmlab.engine.newton.minimise`.

    Raises
    ------
    LMMError
        If there is none, as can be under maximum likelihood: where all that the relationship matrix
        lacks is in the fixed effects (of centred genotypes, the mean), the likelihood grows without
        bound as residual noise vanishes. Often it has a maximum inside nevertheless, which is found
        then. Or if, on the way to no residual noise, numbers lose their digits.
    """
    if all(M is None for M in cross.mixing):
        return minimise(cross, reml)
    try:
        path = minimise(cross, reml)
        at = solve(cross, cross.S @ factor(path.theta[-1], cross.blocks), reml)
        if reml or np.abs(at.Lambda).max() < _AWAY or promised(cross, at) < LEFT:
            return path
    except LMMError:
        if reml:
            raise LMMError(
                "Residual noise is estimated to be so close to zero that numbers lose their "
                "digits. Use fewer random terms."
            ) from None
    raise LMMError(
        "The likelihood grows without bound as residual noise vanishes, and has no maximum before: "
        "the relationship matrix lacks what all levels have in common (it was made of centred "
        "genotypes, say), and the fixed effects have just that. Use reml=True."
    )


def require_noise(fit: Fit, what: str, instead: str) -> None:
    """Refuse what asks how uncertain sigma is where it is estimated to be zero."""
    if without_noise(fit):
        raise LMMError(
            f"{what} asks how uncertain each variance is, and nothing tells that of residual noise "
            f"where it is estimated to be zero. Use {instead}."
        )
