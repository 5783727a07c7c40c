"""How precisely a balanced design knows its effects: Satterthwaite's own case.

The variance of an estimate is a sum of expected mean squares there, so that standard errors and
degrees of freedom are formulas in the mean squares that were found.
`lmmlab.inference.satterthwaite` gives the same numbers from the curvature of the criterion; this is
for thousands of responses.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.model.balanced import Balanced


def composition(design: Balanced, L: Floats) -> tuple[Floats, Floats]:
    """Tell how the variance of L beta is made up of sigma**2 and S = G + sigma**2 I.

    Parameters
    ----------
    design : Balanced
    L : (r, p) array
        A combination of the fixed effects in each row.

    Returns
    -------
    within : (r,) array
        The share of sigma**2.
    between : (r, q, q) array
        The shares of the elements of S, the covariance of the groups' own coefficients.

    Notes
    -----
    beta is that of least squares, for every G. So its covariance is R^-1 Q'VQ R^-T for X = QR,
    which is linear in sigma**2 and S.
    """
    back = np.linalg.solve(design.fixed_back.T, L.T).T
    C = design.between @ back.T
    between = np.einsum("jkr,jlr->rkl", C, C)
    return (back * back).sum(1) - np.einsum("rkk->r", between), between


def degrees(
    design: Balanced,
    reml: bool,
    sigma2: Floats,
    variances: Floats,
    squares: Floats,
    share: tuple[float, Floats],
) -> Floats:
    """Give Satterthwaite's degrees of freedom of one combination of the fixed effects.

    Parameters
    ----------
    design : Balanced
    reml : bool
    sigma2 : (m,) array
    variances : (m, q) array
        The eigenvalues of G, exactly 0 on the boundary; see `lmmlab.model.closed.estimate`.
    squares : (m, q) array
        The sums of squares between groups along the eigenvectors.
    share : float and (m, q, q) array
        The shares of sigma**2 and S, from `composition`, the latter along the eigenvectors.

    Returns
    -------
    (m,) array

    Notes
    -----
    df = 2 v**2 / var(v) for the variance v of the estimate (Satterthwaite 1946, Biometrics Bull. 2,
    110-114). Let S have eigenvalues s, and W, the sums of squares and products between groups,
    eigenvalues w along the same vectors. A mean square s of f degrees of freedom has variance
    2 s**2 / f. An element of S off the diagonal has s_k s_l / f, and that is

        s_k s_l (s_k - s_l) / (w_k - w_l),

    which also holds where s_l is on the boundary: then S can only turn, and this comes of the
    curvature of tr(S^-1 W). All mean squares on the boundary are one with that within groups.
    """
    df_within, df_between = design.df(reml)
    null = variances == 0.0
    s = sigma2[:, None] + variances
    one_null = null[:, :, None] != null[:, None, :]
    known = np.zeros_like(share[1])
    for block in design.blocks:
        known[:, block, block] = 1.0 / df_between[block.start]
    gap_s, gap_w = s[:, :, None] - s[:, None, :], squares[:, :, None] - squares[:, None, :]
    np.divide(gap_s, gap_w, out=known, where=one_null & (known > 0.0))
    known[null[:, :, None] & null[:, None, :]] = 0.0

    own = np.einsum("mkk->mk", share[1])
    total = share[0] * sigma2 + (own * s).sum(1)
    pooled = (share[0] + (own * null).sum(1)) * sigma2
    lost = pooled * pooled / (df_within + null @ df_between)
    lost += (share[1] ** 2 * known * s[:, :, None] * s[:, None, :]).sum((1, 2))
    df: Floats = total * total / lost
    return df
