"""What variances mean: how alike rows are, and how far a person's estimate can be trusted.

Everything here is a function of G and sigma, whether they are true, assumed or estimated. The
average (the fixed effects) is taken as known, so that the textbook identities hold exactly. What
they imply for the rows of one person stands in `lmmlab.meaning.implied`, what they do to a whole
study in `lmmlab.meaning.precision`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.engine.design import LARGEST, Floats, LMMError


def sds(name: str, value: ArrayLike) -> Floats:
    """Read standard deviations: an array of numbers from 0 on.

    Raises
    ------
    LMMError
        If one is negative or not finite.
    """
    sd = np.asarray(value, dtype=float)
    if not ((sd >= 0.0) & (sd < LARGEST)).all():
        raise LMMError(
            f"{name} is a standard deviation, a number from 0 to 1e100; this is {sd.tolist()}."
        )
    return sd


def shares(sd: ArrayLike) -> Floats:
    """Split the variance of a row into the shares of its sources.

    Parameters
    ----------
    sd : (..., k) array
        Standard deviations of independent sources: class, child, wave.

    Returns
    -------
    (..., k) array
        Variances over their sum.

    Raises
    ------
    LMMError
        If an sd is negative, or all are 0.

    Notes
    -----
    The shares of the sources that two rows have in common add up to their correlation.

    Examples
    --------
    Reading in classes (sd 8) of children (20) measured with noise (8): two rows of the same class
    correlate .121, two of the same child, who is in one class, .879.

    >>> shares([8.0, 20.0, 8.0]).cumsum().round(3).tolist()
    [0.121, 0.879, 1.0]
    """
    variance = np.square(sds("sd", sd))
    total = variance.sum(-1, keepdims=True)
    if not (total > 0.0).all():
        raise LMMError("All standard deviations are 0, so there is no variance to share out.")
    share: Floats = variance / total
    return share


def icc(tau: ArrayLike, sigma: ArrayLike) -> Floats:
    """Give the correlation of two rows of one group, which is also a share of variance.

    Parameters
    ----------
    tau, sigma : arrays that fit together
        Sds between groups (a random intercept) and within them.

    Returns
    -------
    array
        tau**2 / (tau**2 + sigma**2).

    Raises
    ------
    LMMError
        If an sd is negative, or both are 0.

    Examples
    --------
    >>> icc(4.0, [4.9, 8.0]).round(2).tolist()
    [0.4, 0.2]
    """
    both = np.broadcast_arrays(sds("tau", tau), sds("sigma", sigma))
    return shares(np.stack(both, axis=-1))[..., 0]


def anova_icc(between: ArrayLike, within: ArrayLike, n: ArrayLike) -> Floats:
    """Estimate the ICC from the mean squares of a one-way analysis of variance.

    Parameters
    ----------
    between, within : arrays
        Mean squares MSB, between groups, and MSW, within them.
    n : array
        Rows of each group, the same for all, at least 2.

    Returns
    -------
    array
        (MSB - MSW) / (MSB + (n - 1) MSW), from -1 / (n - 1) to 1. A negative value says that rows
        of one group differ more than rows of different groups; a random intercept cannot.

    Raises
    ------
    LMMError
        If a mean square is negative, both are 0, or n is below 2.

    Notes
    -----
    The estimate of Fisher (1925); where it is positive, REML gives the same.

    Examples
    --------
    Dyestuff, six batches of five (Davies & Goldsmith 1972):

    >>> float(anova_icc(11271.5, 2451.25, 5).round(3))
    0.418
    """
    between, within, n = (np.asarray(value, dtype=float) for value in (between, within, n))
    total = between + (n - 1.0) * within
    if not ((between >= 0.0) & (within >= 0.0) & (n >= 2.0) & (total > 0.0)).all():
        raise LMMError(
            "An ICC needs mean squares from 0 on, not both 0, and at least two rows in each group; "
            f"these are {between.tolist()} and {within.tolist()}, with n = {n.tolist()}."
        )
    estimate: Floats = (between - within) / total
    return estimate


def reliability(G: Floats, sigma: float | Floats, contrast: Floats, precision: Floats) -> Floats:
    """Give the share of true differences in what differs between people's own estimates.

    Parameters
    ----------
    G : (q, q) array
        Covariance of the random effects.
    sigma : float or (m,) array
        Residual sd.
    contrast : (q,) or (m, q) array
        c: which combination c'b of a person's random effects is estimated.
    precision : (m,) array
        The person's own rows estimate c'b with variance sigma**2 / precision; 0 if not at all.

    Returns
    -------
    (m,) array
        c'Gc / (c'Gc + sigma**2 / precision), between 0 and 1; 0 where nothing differs and nothing
        is measured.

    Notes
    -----
    With a random intercept alone (c = 1, precision = n) this is the factor by which a BLUP is
    shrunk, tau**2 / (tau**2 + sigma**2 / n) (Laird & Ware 1982). With several random effects the
    BLUP shrinks them together, through G; this is then the weight of each taken by itself.
    """
    true = np.maximum(np.einsum("...i,ij,...j->...", contrast, G, contrast), 0.0) * precision
    both = true + np.square(sigma)
    share: Floats = np.divide(true, both, out=np.zeros_like(both), where=~(both <= 0.0))
    return share


class Repeated(NamedTuple):
    """Where an estimate of the same person falls when the study is repeated (same b, new noise).

    `own_sd` is the sd of the person's own estimate, which is unbiased; `bias` and `sd` are those
    of the BLUP.
    """

    own_sd: float
    bias: float
    sd: float


def repeated(Z: Floats, G: Floats, sigma: float, b: Floats, contrast: Floats) -> Repeated:
    """Follow one person through repeated studies: own estimate and BLUP of c'b.

    Parameters
    ----------
    Z : (n, q) array
        The person's random columns; c must lie in the span of its rows.
    G : (q, q) array
        Covariance of the random effects, may be singular.
    sigma : float
        Residual sd, above 0.
    b : (q,) array
        The person's true random effects.
    contrast : (q,) array
        c.

    Raises
    ------
    LMMError
        If the person's rows say nothing about c'b, or sigma is not above 0.

    Notes
    -----
    For given b the BLUP K(y - X beta), K = GZ'V^-1, has mean KZb and covariance sigma^2 KK'
    (Robinson 1991, section 7): it is biased towards 0 for this person, and less variable. Over
    people, b ~ N(0, G), it has the smaller mean squared error.
    """
    own = np.linalg.pinv(Z).T @ contrast
    if not (sigma > 0.0 and np.allclose(own @ Z, contrast, rtol=0.0, atol=1e-9)):
        raise LMMError(
            "A repeated study needs noise, sigma above 0, and rows of the person that tell what is "
            "estimated: one visit does not make a line."
        )
    V = Z @ G @ Z.T + sigma**2 * np.eye(len(Z))
    k = np.linalg.solve(V, Z @ G @ contrast)
    return Repeated(
        own_sd=sigma * float(np.linalg.norm(own)),
        bias=float(k @ Z @ b - contrast @ b),
        sd=sigma * float(np.linalg.norm(k)),
    )


def expected_errors(Z: Floats, G: Floats, sigma: float) -> tuple[Floats, Floats]:
    """Give the mean squared errors, over people, of own estimates and of BLUPs.

    Parameters
    ----------
    Z : (n, q) array
        The random columns of one person, of full column rank.
    G : (q, q) array
        Covariance of the random effects, may be singular.
    sigma : float
        Residual sd, above 0.

    Returns
    -------
    own, pulled : (q, q) arrays
        Mean of (estimate - b)(estimate - b)' over b ~ N(0, G) and over the noise.

    Raises
    ------
    LMMError
        If the person's rows do not tell the random effects apart, or sigma is not above 0.

    Notes
    -----
    sigma^2 (Z'Z)^-1 for the person's own least squares; G - G Z'V^-1 Z G for the BLUP, which with
    G regular is (G^-1 + Z'Z / sigma^2)^-1 (Laird & Ware 1982). With a random intercept alone their
    ratio is the weight lambda.
    """
    if not (sigma > 0.0 and np.linalg.matrix_rank(Z) == Z.shape[1]):
        raise LMMError(
            "Errors of own estimates need noise, sigma above 0, and rows that tell the random "
            "effects apart: one visit does not make a line."
        )
    V = Z @ G @ Z.T + sigma**2 * np.eye(len(Z))
    own = np.asarray(sigma**2 * np.linalg.inv(Z.T @ Z), dtype=np.float64)
    pulled: Floats = G - G @ Z.T @ np.linalg.solve(V, Z @ G)
    return own, pulled
