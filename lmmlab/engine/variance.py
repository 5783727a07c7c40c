"""What variances mean: how far an estimate can be trusted, given how people differ.

Everything here is a function of G and sigma, whether they are true, assumed or estimated. The
average (the fixed effects) is taken as known, so that the textbook identities hold exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lmmlab.engine.design import Floats


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
    share: Floats = np.divide(true, both, out=np.zeros_like(both), where=both > 0.0)
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

    Notes
    -----
    For given b the BLUP K(y - X beta), K = GZ'V^-1, has mean KZb and covariance sigma^2 KK'
    (Robinson 1991, section 7): it is biased towards 0 for this person, and less variable. Over
    people, b ~ N(0, G), it has the smaller mean squared error.
    """
    V = Z @ G @ Z.T + sigma**2 * np.eye(len(Z))
    k = np.linalg.solve(V, Z @ G @ contrast)
    own = np.linalg.pinv(Z).T @ contrast
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

    Notes
    -----
    sigma^2 (Z'Z)^-1 for the person's own least squares; G - G Z'V^-1 Z G for the BLUP, which with
    G regular is (G^-1 + Z'Z / sigma^2)^-1 (Laird & Ware 1982). With a random intercept alone their
    ratio is the weight lambda.
    """
    V = Z @ G @ Z.T + sigma**2 * np.eye(len(Z))
    own = np.asarray(sigma**2 * np.linalg.inv(Z.T @ Z), dtype=np.float64)
    pulled: Floats = G - G @ Z.T @ np.linalg.solve(V, Z @ G)
    return own, pulled
