"""Many responses on one design at once: what makes coverage, size and power move with a slider.

A balanced design is prepared once, and then all responses go through the same few matrix
products (`lmmlab.study.sums`). On any other design the responses are searched side by side
(`lmmlab.engine.newton`), in chunks that fit the processor's cache.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.covariance import SINGULAR, placed, positions, settle
from lmmlab.engine.crossproducts import Crossproducts, condition
from lmmlab.engine.design import Design, Floats, Ints, LMMError
from lmmlab.engine.newton import LEFT, minima, promised
from lmmlab.engine.relation import leading
from lmmlab.engine.solve import solve
from lmmlab.inference.account import needs_noise
from lmmlab.inference.contrast import Contrast, read_contrast
from lmmlab.inference.inference import Method, errors, require_method
from lmmlab.inference.satterthwaite import white
from lmmlab.model.balanced import balance
from lmmlab.model.closed import halves
from lmmlab.model.estimable import (
    leaves_noise,
    require_enough_rows,
    require_identified,
    require_independent_rows,
    require_levels,
    require_reml,
)
from lmmlab.model.fit import fit
from lmmlab.model.remarks import noiseless
from lmmlab.study.fits import Batch, together
from lmmlab.study.sums import closed

_CHUNK = 2**15  # groups times responses that are searched at once
_FAR = 1e12  # theta, in columns of mean square 1, that is no estimate
_MEMORY = 2**22  # rows times responses that are conditioned at once


def batch(
    design: Design,
    Y: Floats,
    reml: bool = True,
    contrast: Contrast | None = None,
    method: Method = "satterthwaite",
) -> Batch:
    """Fit the same model to many responses.

    Parameters
    ----------
    design : Design
        Everything but the response; its own `y` is not looked at.
    Y : (m, n) array
        One response in each row.
    reml : bool
        Restricted maximum likelihood (the default) or maximum likelihood.
    contrast : str or (p,) array, optional
        A combination of the fixed effects whose standard error and degrees of freedom are wanted:
        the name of one, or weights.
    method : {"satterthwaite", "kenward-roger", "wald"}
        How it is accounted for, in these, that the variances are estimated.

    Returns
    -------
    Batch
        What `fit` would give for each of them.

    Raises
    ------
    LMMError
        If Y or the contrast does not fit the design, the method does not fit the criterion, or none
        of the responses can be fitted.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> design = grouped(np.zeros(6), np.ones((6, 1)), np.ones((6, 1)), list("aabbcc"))
    >>> Y = np.array([[1.0, 3, 5, 7, 9, 11], [9.0, 1, 7, 5, 3, 11]])
    >>> fits = batch(design, Y, contrast=[1.0])
    >>> fits.G[:, 0, 0].round(12).tolist(), fits.singular.tolist(), fits.df.round(12).tolist()
    ([15.0, 0.0], [False, True], [2.0, 5.0])
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
    require_reml(reml)
    require_independent_rows(design, "Many responses at once are")
    fits = _fits(design, Y, reml, _combination(design, reml, contrast, method), method)
    if len(Y) and np.isnan(fits.sigma).all():
        try:
            fit(replace(design, y=Y[0]), reml)
        except LMMError as error:
            raise LMMError(
                f"None of the {len(Y)} responses can be fitted. The first of them: {error}"
            ) from None
    return fits


def _combination(design: Design, reml: bool, contrast: Contrast | None, method: Method) -> Floats:
    """Give the weights of the contrast (1, p), or (0, p) where none is asked for."""
    if contrast is None:
        return np.empty((0, len(design.names)))
    require_method(method, reml)
    L = read_contrast(contrast, design.names)[0]
    if L.ndim != 1:
        raise LMMError("contrast must be one combination of the fixed effects, not several.")
    return L[None]


def _fits(design: Design, Y: Floats, reml: bool, L: Floats, method: Method) -> Batch:
    """Fit in closed form what can be fitted so, and search for the others."""
    left, parts = np.arange(len(Y)), []
    balanced = balance(design)
    if balanced is not None and balanced.has_df(reml):
        ols, within, between = halves(balanced, Y)
        noisy = (within > 0.0) & ~_constant(Y)
        sums = ols[noisy], within[noisy], between[noisy]
        found, root = closed(balanced, *sums, reml, L, method)
        if len(L) and method == "kenward-roger":
            # knows the response by G and sigma alone
            cross, sigma = condition(design), found.sigma
            at = solve(cross, cross.S @ (root / sigma[:, None, None]), reml)
            error, df = errors(cross, at, sigma, L, method)
            found = replace(found, estimate_se=error, df=df)
        parts.append((left[noisy], found))
        left = left[~noisy]
    if len(left) or not parts:
        size = max(16, min(_CHUNK // len(design.terms[0].levels), _MEMORY // len(design.y)))
        _, more = leading(design.terms)
        if others := sum(len(term.levels) * len(term.names) for term in more):
            size = max(1, min(size, _MEMORY // others**2))
        for start in range(0, max(len(left), 1), size):
            chunk = left[start : start + size]
            rows, found = _searched(design, Y[chunk], reml, L, method)
            parts.append((chunk[rows], found))
    return together(len(Y), parts)


def _constant(Y: Floats) -> NDArray[np.bool_]:
    constant: NDArray[np.bool_] = (Y == Y[:, :1]).all(axis=1)
    return constant


def _searched(
    design: Design, Y: Floats, reml: bool, L: Floats, method: Method
) -> tuple[Ints, Batch]:
    """Search for the fits of some responses; tell also which of them have one."""
    require_enough_rows(design)
    cross = condition(design, Y)
    require_identified(design, cross)
    if reml:
        require_levels(design, cross)
    rows = np.flatnonzero(leaves_noise(cross) & ~_constant(Y))
    theta = _minima(cross.of(rows), reml)
    size = np.abs(cross.S @ placed(theta, cross.blocks)).max(axis=(1, 2))
    found = size < _FAR  # not NaN, nor on the way to a likelihood without bound
    rows, cross = rows[found], cross.of(rows[found])

    Lambda = placed(settle(theta[found], cross.S, cross.blocks), cross.blocks)
    at = solve(cross, cross.S @ Lambda, reml)
    sigma = np.sqrt(at.variance)
    beta = cross.ols + at.beta @ np.linalg.inv(cross.R).T
    root = white(cross, at, sigma)
    error, df = np.full((2, len(rows), len(L)), np.nan)
    known = np.arange(len(rows))
    if needs_noise(method, design.blocks):
        known = np.flatnonzero(~noiseless(design, at.Lambda))
    if len(known) and len(L):
        error[known], df[known] = errors(cross.of(known), at.of(known), sigma[known], L, method)
    smallest = np.linalg.svd(at.Lambda, compute_uv=False)[:, -1]
    return rows, Batch(
        beta=beta,
        se=np.sqrt((root * root).sum(-1)),
        G=(sigma * sigma)[:, None, None] * (Lambda @ Lambda.transpose(0, 2, 1)),
        sigma=sigma,
        deviance=at.criterion(),
        singular=smallest < SINGULAR,
        converged=promised(cross, at) < LEFT,
        estimate=beta @ L.T,
        estimate_se=error,
        df=df,
    )


def _minima(cross: Crossproducts, reml: bool) -> Floats:
    """Find theta (m, k) of each response; NaN where the search breaks down."""
    try:
        return minima(cross, reml)
    except LMMError:
        m = len(cross.scale)
        if m == 1:
            return np.full((1, len(positions(cross.blocks)[0])), np.nan)
        return np.concatenate([_minima(cross.of(np.array([i])), reml) for i in range(m)])
