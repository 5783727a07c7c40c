"""Kenward & Roger's account of small samples: a wider covariance matrix, df, and a scaled F.

Unlike Satterthwaite's it asks what the design could tell about the variances, not what these data
happened to tell (expected, not observed information); and it corrects the covariance matrix of the
fixed effects for the variances being estimated. Both come from small matrices of each group.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.covariance import directions
from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats
from lmmlab.engine.solve import Solution
from lmmlab.inference.information import information
from lmmlab.inference.satterthwaite import Uncertainty, along, degrees, inverted

_MEAN = 0.05  # F expects more than 20 times too much: that is a mean no better than none


def kenward_roger(cross: Crossproducts, at: Solution) -> tuple[Uncertainty, Floats]:
    """Work out the uncertainty of G and sigma from the design, and the covariance adjusted for it.

    Parameters
    ----------
    cross : Crossproducts
        The conditioned data.
    at : Solution
        The REML solution at the estimates.

    Returns
    -------
    Uncertainty
    (..., p, p) array
        The adjusted covariance matrix of the white fixed effects, over sigma**2: I if nothing is
        to be adjusted.

    Notes
    -----
    Kenward & Roger (1997, Biometrics 53, 983-997), with V linear in its parameters, which are the
    free elements of G and sigma**2. Their result does not change if these are replaced by linear
    combinations, so it is written here for V = s V0 + Z H Z', at s = sigma**2 and H = 0. In white
    effects, over sigma**2 and with B(E) = sum_j C_j' E C_j, the change of their covariance along a
    symmetric E; with S(E1, E2) the expected information, s estimated, too
    (`lmmlab.inference.information`); and with W = 2 S^-1,

        adjusted = I + 2 sum_rs W_rs (sum_j C_j' E_r P_j E_s C_j - B(E_r) B(E_s)).

    The direction s contributes nothing to the adjustment, since V0 is what all is measured by, and
    1 / (n - p) to the uncertainty of every variance; that of E is measured with it held fixed.
    All elements of G count, on the boundary, too.
    """
    known, q = information(cross, at), len(cross.S)
    inverse, E = inverted(known.without_s), directions(cross.blocks).reshape(-1, q * q)
    lead, p = known.t.shape[:-1], known.B.shape[-1]

    middle = (E.T @ inverse @ E).reshape(*lead, q, q, q, q)
    added = known.seen.between(middle)
    turned = np.einsum("...rs,...sij->...rij", inverse, known.B)
    added -= (known.B @ turned).sum(-3)
    adjusted = np.eye(p) + 4.0 * added
    return Uncertainty(at.df, along(cross.blocks, known.T, known.squares, at.df), inverse), adjusted


def scaled(known: Uncertainty, rows: Floats) -> tuple[float, float]:
    """Give the denominator degrees of freedom and the scale of a joint F.

    Parameters
    ----------
    known : Uncertainty
        From `kenward_roger`, of one response.
    rows : (r, p) array
        Orthonormal white directions, which span the hypothesis.

    Returns
    -------
    df, scale : float
        NaN where no F distribution has the moments that the statistic has.

    Notes
    -----
    Kenward & Roger (1997), Section 3, with their choice of constants, which makes the result exact
    for Hotelling's T**2 and for the F of an analysis of variance. It matches the mean of the
    statistic, which is 1 / (1 - A2 / r). As the degrees of freedom fall to 2 this grows without
    bound, and the scale tends to 0 / 0: one row more or less changes it from 0.0001 to 0.4. So
    there is no result near 2 degrees of freedom or below, though in balanced designs there could
    be (pbkrtest takes 1 as the scale; Halekoh & Hojsgaard 2014, J. Stat. Soft. 59(9), 1-32). A
    single row needs no scale: its t has 2 / A1 degrees of freedom, whatever they are.
    """
    r = len(rows)
    if r == 1:
        return float(degrees(known, rows)[0]), 1.0
    inside = rows @ known.slope @ rows.T
    trace = np.einsum("kii->k", inside)
    A1 = 2.0 * (r * r / known.df + float(trace @ known.inverse @ trace))
    A2 = 2.0 * (r / known.df + float(np.einsum("kij,kl,lij->", inside, known.inverse, inside)))
    B = (A1 + 6.0 * A2) / (2.0 * r)
    g = ((r + 1.0) * A1 - (r + 4.0) * A2) / ((r + 2.0) * A2)
    below = 3.0 * r + 2.0 * (1.0 - g)
    c1, c2, c3 = g / below, (r - g) / below, (r + 2.0 - g) / below
    mean = 1.0 - A2 / r  # 1 / E*
    low = (1.0 - c2 * B) ** 2 * (1.0 - c3 * B)  # V* is 2 / r times (1 + c1 B) over this
    rest = mean**2 * (1.0 + c1 * B) - low  # of r rho - 1, which is this over low
    df = 4.0 + (r + 2.0) * low / rest if rest else np.inf
    if mean < _MEAN or not 2.0 < df < np.inf:
        return np.nan, np.nan
    return df, df * mean / (df - 2.0)
