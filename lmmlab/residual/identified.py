"""Whether the data can tell the parameters of a residual structure from random effects."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.columns import scale
from lmmlab.engine.covariance import positions, slices
from lmmlab.engine.design import Design, Floats, LMMError, Term
from lmmlab.model.remarks import listed
from lmmlab.residual.structure import structure
from lmmlab.residual.whitening import require_nested, whitened

_NEAR = 1e-4  # the step of differences
_CONFOUNDED = 1e-6  # a singular value, relatively, that is nothing but rounding
_SHARE = 1e-3  # of a combination, that is nothing


def require_structure(design: Design, reml: bool) -> None:
    """Refuse a residual structure of which the data cannot tell something.

    Raises
    ------
    LMMError
        If its groups reach over levels of a random term, or parameters are confounded.

    Notes
    -----
    The covariance of y changes by R, dR / dphi and Z E Z' with sigma**2, phi and the elements of
    G. If these matrices are linearly dependent, so are the numbers w' M w for any vectors w; and
    if they are not, a few random w show it. This is asked at a phi of no special kind.
    """
    require_nested(design)
    names = ["the residual sd", *(f"the {name}" for name in structure(design).names)]
    for term in design.terms:
        names += _covariances(term)
    forms = _forms(design, reml, len(names))
    length = np.linalg.norm(forms, axis=0)
    if not length.all():
        mixed = np.flatnonzero(length == 0.0)
    else:
        _, size, axes = np.linalg.svd(forms / length)
        if size[-1] > _CONFOUNDED * size[0]:
            return
        mixed = np.flatnonzero(np.abs(axes[-1]) > _SHARE * np.abs(axes[-1]).max())
    told = listed(list(dict.fromkeys(names[k] for k in mixed[::-1])))  # random effects first
    raise LMMError(
        f"These data cannot tell apart {told}: they say the same of how rows vary together. Leave "
        "out a random effect, or take a simpler residual structure."
    )


def _forms(design: Design, reml: bool, k: int) -> Floats:
    """Give w' M w for random vectors w and the k matrices M."""
    rng, residual = np.random.default_rng(1), structure(design)
    phi = residual.start + 0.3 + 0.2 * rng.random(len(residual.start))
    white, _ = whitened(design, phi)
    own = rng.standard_normal((2 * k + 5, len(design.y)))
    if reml:
        basis = np.linalg.qr(white.X).Q
        own -= own @ basis @ basis.T
    w = residual.colour(own, phi)
    columns = [(own * own).sum(-1)]
    for step in _NEAR * np.eye(len(phi)):
        up, down = residual.whiten(w, phi + step)[0], residual.whiten(w, phi - step)[0]
        columns.append(((down - up) * (down + up)).sum(-1) / (2.0 * _NEAR))
    for term in white.terms:
        order = np.argsort(term.codes, kind="stable")
        starts = np.searchsorted(term.codes[order], np.arange(len(term.levels)))
        S = scale(term.Z, len(term.levels), term.blocks)  # so that elements of G differ well
        Z = np.linalg.solve(S.T, term.Z.T)
        reach = [np.add.reduceat((own * z)[:, order], starts, axis=-1) for z in Z]
        if term.relation is not None:
            reach = [each @ term.relation.root for each in reach]
        pairs = zip(*positions(term.blocks), strict=True)
        columns += [(reach[i] * reach[j]).sum(-1) for i, j in pairs]
    return np.column_stack(columns)


def _covariances(term: Term) -> list[str]:
    """Name the block of G in which each of its free elements lies."""
    names = []
    for block, width in zip(slices(term.blocks), term.blocks, strict=True):
        what = f"the random effects of {listed(term.names[block])} by {term.group}"
        names += [what] * (width * (width + 1) // 2)
    return names
