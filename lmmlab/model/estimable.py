"""What cannot be estimated from a design, and the sentence that says so.

A fit that would end in nonsense is refused before it starts. A singular fit is not among these: it
is a fact about the data, and `Fit.message` tells it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.covariance import positions, slices
from lmmlab.engine.crossproducts import DEPENDENT, Crossproducts, independent
from lmmlab.engine.design import Design, Floats, Ints, LMMError, Term
from lmmlab.engine.solve import solve
from lmmlab.model.relatives import noise_may_vanish, require_apart
from lmmlab.model.remarks import at_the_edge, listed

if TYPE_CHECKING:
    from lmmlab.engine.crossed import Eliminated
    from lmmlab.engine.others import Others
    from lmmlab.model.fit import Fit

_CONFOUNDED = 1e-12  # of inner products of products of conditioned columns: nothing but rounding
_PERFECT = 1e-24  # a share of y's sum of squares that is nothing but rounding
_CROSSED = 1e-12  # the same with several factors
_RANK = 1e-10  # an eigenvalue that is nothing but rounding, relatively
_MANY = 500  # random effects, for which it is asked whether they reproduce y exactly
_MOST = 2000  # random effects, whose confounding is looked at
_WITHIN = 1e-13  # the same for the rows within groups, computed as a difference


def is_number(value: object) -> bool:
    """Tell whether this is one real number, Python's or NumPy's; True and False are none."""
    if not isinstance(value, int | float | np.number | np.ndarray):
        return False
    read = np.asarray(value)
    return read.ndim == 0 and read.dtype.kind in "fiu"


def require_reml(reml: object) -> None:
    """Refuse a criterion that is neither of the two."""
    if not isinstance(reml, bool | np.bool_):
        raise LMMError(
            "reml must be True or False: reml=False is maximum likelihood, reml=True is restricted "
            "maximum likelihood."
        )


def require_enough_rows(design: Design) -> None:
    """Refuse as many random effects as rows, before anything of their size is computed."""
    n = len(design.y)
    for term in design.terms:
        groups, q = len(term.levels), len(term.names)
        if n <= groups * q and term.relation is None:
            raise LMMError(
                f"{n} rows cannot tell {groups * q} random effects ({q} for each of the {groups} "
                f"levels of {term.group}) from residual noise. Use fewer random effects, or more "
                "rows for each level."
            )


def require_estimable(design: Design, cross: Crossproducts, reml: bool) -> None:
    """Refuse what has no sensible estimate.

    Raises
    ------
    LMMError
        If the design is refused (`require_identified`, `require_levels`), the response is constant,
        or the model reproduces it exactly.
    """
    groups, y = listed([term.group for term in design.terms]), design.response
    if (design.y == design.y[0]).all():
        raise LMMError(
            f"The response {y} is {design.y[0]:g} in every row, so there is nothing to explain. "
            "Check the column."
        )
    require_identified(design, cross)
    if cross.within[-1, -1] + np.vdot(cross.own, cross.own) <= _nothing(cross):
        raise LMMError(
            f"The fixed effects reproduce {y} exactly, so nothing is left to estimate variances "
            f"from. Take out the fixed effect that {y} was made of."
        )
    if reml:
        require_levels(design, cross)
    if not leaves_noise(cross):
        raise LMMError(
            f"The model reproduces {y} exactly within each level of {groups}, so no residual "
            "noise is left to estimate. Use fewer terms, or more rows for each level."
        )


def require_identified(design: Design, cross: Crossproducts) -> None:
    """Refuse fixed effects that are linearly dependent, and variances that cannot be told apart."""
    if len(cross.kept) < len(design.names):
        raise LMMError(
            f"{_dependence(design.X, design.names, 'fixed effect')} Leave it out of the formula."
        )
    if not design.terms:
        return
    if any(term.relation for term in design.terms):
        require_apart(design, cross)
        return
    if cross.others is not None:
        _require_distinct_factors(design)
        if (mixed := _confounded(cross)).size:
            raise LMMError(_crossed_confusion(design, mixed))
        return
    term = design.terms[0]
    if not _has_a_full_level(cross) and (mixed := _confounded(cross)).size:
        raise LMMError(f"{_confusion(term, mixed)} Make the random term of {term.group} smaller.")


def require_levels(design: Design, cross: Crossproducts) -> None:
    """Refuse fixed effects that leave nothing of the differences between levels.

    That is for REML, which looks only at what fixed effects leave over.
    """
    for term, own in zip(design.terms, _least_own(design, cross), strict=True):
        if own < DEPENDENT:
            raise LMMError(
                f"The fixed effects already give each level of {term.group} its own value, so "
                f"nothing is left to tell how levels vary. Take {term.group}, and what is constant "
                "within its levels, out of the fixed or out of the random part."
            )


def leaves_noise(cross: Crossproducts) -> NDArray[np.bool_]:
    """Tell whether the model leaves residual noise within levels, for each response (...)."""
    rest, products = cross.within[..., -1, -1], cross.within[..., :-1, -1]
    squares = np.einsum("...ii->...i", cross.within)[..., :-1]
    seen = squares > 0.0
    explained = np.divide(products**2, squares, out=np.zeros_like(products), where=seen).sum(-1)
    noise: NDArray[np.bool_] = (rest > _nothing(cross)) & (rest - explained > _WITHIN * rest)
    if cross.others is not None and len(cross.others.within) <= _MANY:
        noise = noise & (rest - _explained(cross, cross.others) > _CROSSED * rest)
    return noise | noise_may_vanish(cross)


def _explained(cross: Crossproducts, others: Others) -> Floats:
    """Give what X and the other factors explain, of the squares within levels of the first."""
    p, lead = cross.within.shape[-1] - 1, cross.scale.shape
    X = cross.within.reshape(-1, p + 1, p + 1)[0, :p, :p]
    size, axes = np.linalg.eigh(np.block([[others.within, others.fixed], [others.fixed.T, X]]))
    products = np.concatenate([others.y, cross.within[..., p, :p]], axis=-1) @ axes
    known = size > _RANK * size.max()
    explained: Floats = (products[..., known] ** 2 / size[known]).sum(-1)
    return explained.reshape(lead)


def _nothing(cross: Crossproducts) -> Floats:
    """Give the sum of squares (...) that is nothing beside that of y."""
    return _PERFECT * cross.n * cross.scale**2


def require_estimates(fit: Fit, what: str) -> None:
    """Refuse what presupposes estimates where there are none."""
    if fit.source == "given":
        raise LMMError(
            f"{what} needs estimates, and theta was given. Use the fitted model that .at() was "
            "called on."
        )
    if not fit.converged:
        raise LMMError(
            f"{what} needs estimates, and the search did not end in a minimum of the criterion. "
            + (at_the_edge(fit) or "Use a simpler random term, or look at fit.path.")
        )


def require_independent_rows(design: Design, what: str) -> None:
    """Refuse what is worked out for random effects and independent residuals only."""
    if design.residual is not None or not design.terms:
        raise LMMError(
            f"{what} worked out here for random effects and independent residuals, and not for "
            f"{'a residual structure' if design.residual is not None else 'fixed effects alone'}."
        )


def require_independent(fit: Fit, what: str) -> None:
    """Refuse what presupposes that each fixed effect has an estimate of its own."""
    if len(fit.cross.kept) < len(fit.names):
        raise LMMError(
            f"Some fixed effects are combinations of others, so {what} not defined. Leave out "
            "those with an infinite standard error."
        )


def _least_own(design: Design, cross: Crossproducts) -> list[float]:
    """Give the least share of a random effect that fixed effects cannot imitate, in each term."""
    if cross.others is None:
        both = np.einsum("kan,kpn->apn", cross.F, cross.fixed)
        own = np.einsum("kan,kbn,n->ab", cross.F, cross.F, cross.count)
    else:
        at = _without_random_effects(cross)
        both = at.places.padded(at.reach[:, :-1])
        own = at.squares
    own = own - np.einsum("apn,bpn->ab", both, both)
    blocks, least = iter(slices(cross.blocks)), []
    for term in design.terms:
        parts = [next(blocks) for _ in term.blocks]
        sizes = [np.linalg.eigvalsh(own[part, part])[0] for part in parts]
        least.append(float(min(sizes) / len(term.levels)))
    return least


def _without_random_effects(cross: Crossproducts) -> Eliminated:
    """Give the random columns of several factors as they are, at Lambda = 0."""
    cross = cross if cross.scale.ndim == 0 else cross.only()
    at: Eliminated = solve(cross, np.zeros_like(cross.S), reml=False).others[()]
    return at


def _has_a_full_level(cross: Crossproducts) -> bool:
    """Tell whether the rows of some level alone tell all of its random effects apart."""
    pivots = np.abs(np.diagonal(cross.F))  # F is upper triangular, its columns of mean square 1
    full = pivots > DEPENDENT * np.sqrt(1.0 + (cross.F * cross.F).sum(0)).T
    return bool(full.all(axis=1).any())


def _confounded(cross: Crossproducts) -> Ints:
    """Find random columns whose variances and covariances cannot be told apart; mostly none.

    Notes
    -----
    The variance of y is linear in the elements of G: each contributes a matrix of products of two
    columns, Z_j E Z_j' in level j. G can be estimated where these matrices are linearly
    independent, that is, where the matrix of their inner products has full rank. In a single level
    of full rank they are; a combination of columns across blocks alone does no harm, since blocks
    have no covariances that it could be mistaken for.
    """
    q, (i, j) = len(cross.S), positions(cross.blocks)
    if cross.others is None:
        squares = np.einsum("ran,rbn->nab", cross.F, cross.F).reshape(-1, q * q)
        inner = ((squares.T * cross.count) @ squares / len(cross.pattern)).reshape(q, q, q, q)
    else:
        at = _without_random_effects(cross)
        if len(at.places.effect) > _MOST:
            return np.empty(0, dtype=np.intp)
        inner = -at.pairs(np.eye(q), np.zeros((q, 0, sum(at.places.levels))))
        inner = inner.transpose(1, 2, 0, 3) / len(cross.pattern)
    inner = inner[i[:, None], i, j[:, None], j] + inner[i[:, None], j, j[:, None], i]
    size, direction = np.linalg.eigh(inner)
    if size[0] > _CONFOUNDED:
        return np.empty(0, dtype=np.intp)
    G = np.zeros((q, q))  # a change of G that changes nothing that can be seen
    G[i, j] = G[j, i] = direction[:, 0]
    back = np.linalg.norm(cross.S, axis=0)[:, None] * np.linalg.inv(cross.S)
    share = np.abs(back @ G @ back.T).max(axis=0)
    return np.flatnonzero(share > 1e-6 * share.max())


def _require_distinct_factors(design: Design) -> None:
    """Refuse two grouping factors that put the rows into the same groups."""
    for k, one in enumerate(design.terms):
        for other in design.terms[:k]:
            pairs = np.unique(one.codes * len(other.levels) + other.codes)
            if len(pairs) == len(one.levels) == len(other.levels):
                raise LMMError(
                    f"{other.group} and {one.group} put the rows into the same groups, so their "
                    "variances cannot be told apart. Keep one of them."
                )


def _crossed_confusion(design: Design, mixed: Ints) -> str:
    """Say which random columns of several factors are confounded."""
    names = [f"{name} by {term.group}" for term in design.terms for name in term.names]
    return (
        f"The variances and covariances of {listed([names[k] for k in mixed])} cannot be told "
        "apart: no rows show them one without the other. Leave out one of these random effects."
    )


def _confusion(term: Term, mixed: Ints) -> str:
    """Say why these random columns are confounded."""
    Z, names = term.Z[:, mixed], [term.names[k] for k in mixed]
    if not independent(np.linalg.qr(Z).R).all():
        return _dependence(Z, names, "random effect")
    return (
        f"The variances and covariances of {listed(names)} cannot be told apart: no level of "
        f"{term.group} has rows that show each of them, as happens where a predictor is constant "
        "within levels."
    )


def _dependence(columns: Floats, names: Sequence[str], what: str) -> str:
    """Say which column is a combination of those before it."""
    R = np.linalg.qr(columns).R
    k = int(np.argmin(independent(R)))
    reach = np.linalg.norm(columns, axis=0)
    if reach[k] == 0.0:
        return f"The {what} {names[k]} is 0 in every row."
    share = np.linalg.lstsq(columns[:, :k], columns[:, k], rcond=None)[0] * reach[:k] / reach[k]
    others = [name for name, part in zip(names, share, strict=False) if abs(part) > 1e-8]
    return f"The {what} {names[k]} is a combination of {listed(others)}, so it adds nothing."
