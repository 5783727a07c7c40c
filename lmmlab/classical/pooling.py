"""No pooling and complete pooling: a fit of its own for each level, or one for all.

The two extremes between which a mixed model stands. `no_pooling` believes each level's own rows
and nothing else; `complete_pooling` forgets that there are levels.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.crossproducts import independent
from lmmlab.engine.design import Design, Floats, LMMError

_LOST = 1e-10  # a level whose rows determine a direction less than this, relatively, does not


def no_pooling(design: Design) -> Floats:
    """Give each level its own least-squares coefficients, from its own rows alone.

    Parameters
    ----------
    design : Design
        With one random term; its columns Z are the regressors.

    Returns
    -------
    (J, q) array
        One row per level; a level whose rows do not determine all q coefficients (one visit does
        not make a line) has NaN.

    Raises
    ------
    LMMError
        If the design has no random term.

    Notes
    -----
    (Z_j'W Z_j)^-1 Z_j'W y_j per level j. Z is made orthonormal over all rows first, so that time
    in calendar years loses no digits.
    """
    if not design.terms:
        raise LMMError("The design has no groups, so there is nobody to fit alone.")
    term = design.terms[0]
    basis, back = np.linalg.qr(term.Z)
    q, levels = basis.shape[1], len(term.levels)
    w = design.row_weights
    gram = np.empty((levels, q, q))
    moment = np.empty((levels, q, 1))
    for i in range(q):
        weighted = w * basis[:, i]
        moment[:, i, 0] = np.bincount(term.codes, weighted * design.y, levels)
        for j in range(i + 1):
            gram[:, i, j] = gram[:, j, i] = np.bincount(term.codes, weighted * basis[:, j], levels)
    size = np.linalg.eigvalsh(gram)
    known = (size[:, 0] > _LOST * size[:, -1]) & independent(back).all()
    own = np.full((levels, q), np.nan)
    own[known] = np.linalg.solve(gram[known], moment[known])[..., 0]
    return own @ np.linalg.pinv(back).T


def complete_pooling(design: Design) -> Floats:
    """Fit one set of fixed effects to all rows, as if nobody had been measured twice.

    Returns
    -------
    (p,) array
        The (weighted) least-squares coefficients of y on X. Where X does not determine all, the
        shortest of them: people who are all seen once, on day 0, get a flat line. `ols` refuses
        such an X by name.
    """
    root = np.sqrt(design.row_weights)
    fixed: Floats = (design.X.T * root).T
    response: Floats = design.y * root
    return np.asarray(np.linalg.lstsq(fixed, response, rcond=None)[0], dtype=np.float64)
