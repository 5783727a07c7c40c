"""Many fits of a balanced design, from its sums of squares and not its rows.

A balanced design has its estimates in closed form; all that they need of a response are its least
squares and two sums of squares (`lmmlab.model.closed.halves`). A study that draws these sums, and
no rows, is fitted thousands of times while a slider moves.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.covariance import SINGULAR
from lmmlab.engine.design import Floats, LMMError
from lmmlab.inference.inference import Method
from lmmlab.model.balanced import Balanced
from lmmlab.model.closed import estimate
from lmmlab.study.fits import Batch, together
from lmmlab.study.mean_squares import composition, degrees


def from_sums(
    balanced: Balanced,
    ols: Floats,
    within: Floats,
    between: Floats,
    reml: bool = True,
    weights: Floats | None = None,
) -> Batch:
    """Fit a balanced design to its sums of squares alone.

    Parameters
    ----------
    balanced : Balanced
    ols, within, between : (m, p), (m,) and (m, q, q) arrays
        What `lmmlab.model.closed.halves` makes of responses; sums within groups above 0.
    reml : bool
    weights : (p,) array, optional
        A combination of the fixed effects; its degrees of freedom are Satterthwaite's.

    Returns
    -------
    Batch
        What `batch` gives for the rows.

    Raises
    ------
    LMMError
        If no degrees of freedom are left, or some response has no noise within groups.

    Examples
    --------
    >>> from lmmlab.model.balanced import balance
    >>> from lmmlab.model.closed import halves
    >>> from lmmlab.engine.design import grouped
    >>> design = grouped(np.zeros(6), np.ones((6, 1)), np.ones((6, 1)), list("aabbcc"))
    >>> balanced = balance(design)
    >>> fits = from_sums(balanced, *halves(balanced, np.array([[1.0, 3, 5, 7, 9, 11]])))
    >>> fits.G[:, 0, 0].round(12).tolist()
    [15.0]
    """
    if not (balanced.has_df(reml) and (within > 0.0).all()):
        raise LMMError(
            "Sums of squares alone tell a fit only if there are degrees of freedom and noise, both "
            "within and between groups. Fit the rows with batch instead."
        )
    L = np.empty((0, len(balanced.fixed_back))) if weights is None else weights[None]
    found, _ = closed(balanced, ols, within, between, reml, L, "satterthwaite")
    return together(len(ols), [(np.arange(len(ols)), found)])


def closed(
    balanced: Balanced,
    ols: Floats,
    within: Floats,
    between: Floats,
    reml: bool,
    L: Floats,
    method: Method,
) -> tuple[Batch, Floats]:
    """Turn sums of squares into fits, with Wald's or Satterthwaite's df; give roots of G, too."""
    sigma2, variances, vectors = estimate(balanced, within, between, reml)
    levels = sigma2[:, None] + variances
    m, p = ols.shape

    by_sigma2, by_S = composition(balanced, np.concatenate([np.eye(p), L]))
    S = (vectors * levels[:, None]) @ vectors.transpose(0, 2, 1)
    variance = sigma2[:, None] * by_sigma2 + np.tensordot(S, by_S, ((1, 2), (1, 2)))
    beta = ols @ np.linalg.inv(balanced.fixed_back).T

    df_within, df_between = balanced.df(reml)
    df = df_within + int(df_between.sum())
    deviance: Floats = df_within * np.log(sigma2) + np.log(levels) @ df_between
    deviance += df * (1.0 + np.log(2.0 * np.pi)) - 2.0 * len(balanced.order) * np.log(balanced.root)
    if reml:
        deviance += 2.0 * np.log(np.abs(balanced.fixed_back.diagonal())).sum()

    root = np.linalg.inv(balanced.random_back) @ (vectors * np.sqrt(variances)[:, None])
    sigma, se = np.sqrt(sigma2), np.sqrt(variance)
    freedom = np.full((m, len(L)), np.inf)
    if len(L) and method == "satterthwaite":
        turned = vectors.transpose(0, 2, 1)
        squares = np.einsum("mkk->mk", turned @ between @ vectors)
        share = float(by_sigma2[p]), turned @ by_S[p] @ vectors
        freedom = degrees(balanced, reml, sigma2, variances, squares, share)[:, None]
    fits = Batch(
        beta=beta,
        se=se[:, :p],
        G=root @ root.transpose(0, 2, 1),
        sigma=sigma,
        deviance=deviance,
        singular=np.sqrt(variances.min(axis=1) / sigma2) < SINGULAR,
        converged=np.ones(m, dtype=bool),
        estimate=beta @ L.T,
        estimate_se=se[:, p:],
        df=freedom,
    )
    return fits, root
