"""Many responses on one design at once: what makes coverage, size and power move with a slider.

A balanced design is prepared once, and then all responses go through the same few matrix
products. Any other design is fitted response by response: the same numbers, only slower.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.balanced import Balanced, balance, estimate, halves
from lmmlab.engine.covariance import SINGULAR
from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.engine.fit import Fit, fit


@dataclass(frozen=True, eq=False)
class Batch:
    """The fits of m responses on one design.

    Parameters
    ----------
    beta, se : (m, p) arrays
        Fixed effects and their standard errors.
    G : (m, q, q) array
        Covariance of the random effects.
    sigma : (m,) array
        Residual sd.
    deviance : (m,) array
        -2 log (restricted) likelihood.
    singular : (m,) array of bool
        Whether G is singular.
    """

    beta: Floats
    se: Floats
    G: Floats
    sigma: Floats
    deviance: Floats
    singular: NDArray[np.bool_]


def batch(design: Design, Y: Floats, reml: bool = True) -> Batch:
    """Fit the same model to many responses.

    Parameters
    ----------
    design : Design
        Everything but the response; its own `y` is not looked at.
    Y : (m, n) array
        One response in each row.
    reml : bool
        Restricted maximum likelihood (the default) or maximum likelihood.

    Returns
    -------
    Batch
        What `fit` would give for each of them.

    Raises
    ------
    LMMError
        If Y does not fit the design, or one of the responses cannot be fitted.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> design = grouped(np.zeros(6), np.ones((6, 1)), np.ones((6, 1)), list("aabbcc"))
    >>> fits = batch(design, np.array([[1.0, 3, 5, 7, 9, 11], [9.0, 1, 7, 5, 3, 11]]))
    >>> fits.G[:, 0, 0].round(12).tolist(), fits.singular.tolist()
    ([15.0, 0.0], [False, True])
    """
    Y = np.asarray(Y, dtype=float)
    if Y.ndim != 2 or Y.shape[1] != len(design.y):
        raise LMMError(
            f"Y must have one response in each row, of {len(design.y)} numbers like the design; "
            f"its shape is {Y.shape}."
        )
    if not np.isfinite(Y).all():
        row, column = np.argwhere(~np.isfinite(Y))[0]
        raise LMMError(
            f"Response {row + 1} is {Y[row, column]} in row {column + 1}. Every number must be "
            "finite: check how it was made."
        )
    balanced = balance(design)
    if balanced is not None and balanced.has_df(reml):
        ols, within, between = halves(balanced, Y)
        if within.all():
            return _closed(balanced, ols, within, between, reml)
    return _collect(design, [_one(design, Y, i, reml) for i in range(len(Y))])


def _closed(design: Balanced, ols: Floats, within: Floats, between: Floats, reml: bool) -> Batch:
    """Turn sums of squares into fits.

    Notes
    -----
    beta is that of least squares, for every G. So its covariance is R^-1 Q'VQ R^-T for X = QR,
    which is linear in sigma**2 and in the covariance S = G + sigma**2 I of the groups' own
    coefficients: se**2 costs one product of matrices for all responses together.
    """
    sigma2, variances, vectors = estimate(design, within, between, reml)
    levels = sigma2[:, None] + variances
    S = (vectors * levels[:, None]) @ vectors.transpose(0, 2, 1)
    m, q = levels.shape

    back = np.linalg.inv(design.fixed_back)
    C = design.between @ back.T
    by_S = np.einsum("jka,jla->kla", C, C)
    by_sigma2 = (back * back).sum(1) - np.einsum("kka->a", by_S)
    variance = sigma2[:, None] * by_sigma2 + S.reshape(m, q * q) @ by_S.reshape(q * q, -1)

    df_within, df_between = design.df(reml)
    df = df_within + int(df_between.sum())
    deviance: Floats = df_within * np.log(sigma2) + np.log(levels) @ df_between
    deviance += df * (1.0 + np.log(2.0 * np.pi)) - 2.0 * len(design.order) * np.log(design.root)
    if reml:
        deviance += 2.0 * np.log(np.abs(design.fixed_back.diagonal())).sum()

    root = np.linalg.inv(design.random_back) @ (vectors * np.sqrt(variances)[:, None])
    return Batch(
        beta=ols @ back.T,
        se=np.sqrt(variance),
        G=root @ root.transpose(0, 2, 1),
        sigma=np.sqrt(sigma2),
        deviance=deviance,
        singular=np.sqrt(variances.min(axis=1) / sigma2) < SINGULAR,
    )


def _one(design: Design, Y: Floats, i: int, reml: bool) -> Fit:
    try:
        return fit(replace(design, y=Y[i]), reml)
    except LMMError as error:
        raise LMMError(f"Response {i + 1} of {len(Y)}: {error}") from None


def _collect(design: Design, fits: list[Fit]) -> Batch:
    m, p, group = len(fits), len(design.names), design.terms[0].group
    q = len(design.terms[0].names)
    return Batch(
        beta=np.array([one.beta for one in fits]).reshape(m, p),
        se=np.array([one.se for one in fits]).reshape(m, p),
        G=np.array([one.G[group].values for one in fits]).reshape(m, q, q),
        sigma=np.array([one.sigma for one in fits]),
        deviance=np.array([one.deviance for one in fits]),
        singular=np.array([one.singular for one in fits], dtype=bool),
    )
