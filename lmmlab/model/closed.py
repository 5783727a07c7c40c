"""The estimates of a balanced design by formula, an analysis of variance of many responses at once.

`halves` splits responses into what happens within groups and between them, `estimate` reads the
variances off the two sums of squares, and `closed_theta` is both for the response of a design.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.covariance import theta_of
from lmmlab.engine.design import Design, Floats
from lmmlab.model.balanced import Balanced, balance

_AT_ONCE = 65_536  # numbers worked on together; a processor keeps a few times as many at hand
_PERFECT = 1e-24  # a share of the response's sum of squares that is nothing but rounding


def halves(design: Balanced, Y: Floats) -> tuple[Floats, Floats, Floats]:
    """Split responses into what happens within groups and between groups.

    Parameters
    ----------
    design : Balanced
    Y : (m, n) array
        One response in each row.

    Returns
    -------
    (m, p) array
        Coefficients of the orthonormal fixed columns; they are the same whatever G is.
    (m,) array
        Sum of squares within groups; 0 when nothing but rounding is left.
    (m, q, q) array
        Sums of squares and products between groups, of the groups' own coefficients.
    """
    size = max(1, _AT_ONCE // Y.shape[1])
    parts = [_halves(design, Y[i : i + size]) for i in range(0, max(len(Y), 1), size)]
    coefficients, within, between = map(np.concatenate, zip(*parts, strict=True))
    return coefficients, within, between


def _halves(design: Balanced, Y: Floats) -> tuple[Floats, Floats, Floats]:
    groups, rows = design.random.shape[:2]
    Y = np.take(Y, design.order, axis=1)
    Y *= design.root
    size = np.einsum("mi,mi->m", Y, Y)
    coefficients = Y @ design.fixed
    Y -= coefficients @ design.fixed.T
    by_group = Y.reshape(-1, groups, rows).transpose(1, 0, 2)
    own = by_group @ design.random
    by_group -= own @ design.random.transpose(0, 2, 1)
    within = np.einsum("jmi,jmi->m", by_group, by_group)
    within[within <= _PERFECT * size] = 0.0
    own = own.transpose(1, 2, 0)
    return coefficients, within, own @ own.transpose(0, 2, 1)


def estimate(
    design: Balanced, within: Floats, between: Floats, reml: bool
) -> tuple[Floats, Floats, Floats]:
    """Estimate sigma**2 and, in orthonormal columns, G from the two sums of squares.

    Parameters
    ----------
    design : Balanced
    within : (m,) array
    between : (m, q, q) array
        See `halves`.
    reml : bool

    Returns
    -------
    (m,) array
        sigma**2.
    (m, q) array
        The eigenvalues of G; exactly 0 on the boundary.
    (m, q, q) array
        Their eigenvectors, in columns.

    Notes
    -----
    The groups' own coefficients have covariance G + sigma**2 I, whose eigenvalues are at least
    sigma**2. So the mean squares between groups, in ascending order, are compared with that
    within groups: one that is smaller joins it, sums of squares and degrees of freedom added, and
    the pooled mean square is what the next one is compared with (Amemiya 1985, Am. Stat. 39,
    112-117, for one block). Pooling all smaller ones at once would be wrong: the first that joins
    lowers the bar for the second.
    """
    df_within, df_between = design.df(reml)
    sums = np.empty(between.shape[:2])
    vectors = np.zeros_like(between)
    for block in design.blocks:
        sums[:, block], vectors[:, block, block] = np.linalg.eigh(between[:, block, block])
    squares = sums / df_between
    every = np.arange(len(sums))
    total, df = within.copy(), np.full(len(sums), df_within)
    for column in np.argsort(squares, axis=1).T:
        joins = squares[every, column] * df < total
        total += joins * sums[every, column]
        df += joins * df_between[column]
    sigma2 = total / df
    return sigma2, np.maximum(squares - sigma2[:, None], 0.0), vectors


def closed_theta(design: Design, reml: bool = True) -> Floats | None:
    """Give the estimate of theta by formula, or None when the design has none.

    Parameters
    ----------
    design : Design
    reml : bool

    Returns
    -------
    array or None
        The lower triangles of the relative Cholesky factor, block by block and column by column,
        with a diagonal that is not negative. None also when the fit is perfect.

    Examples
    --------
    Two measurements on each of three people, who differ more than their measurements do:

    >>> import numpy as np
    >>> from lmmlab.engine.design import Design, Term
    >>> ones = np.ones((6, 1))
    >>> person = Term("person", ("(Intercept)",), ones, np.arange(6) // 2, ("a", "b", "c"), (1,))
    >>> y = np.array([1.0, 3.0, 5.0, 7.0, 9.0, 11.0])
    >>> closed_theta(Design(y, ones, ("(Intercept)",), (person,)))  # sqrt(((32 - 2) / 2) / 2)
    array([2.73861279])
    """
    balanced = balance(design)
    if balanced is None or not balanced.has_df(reml):
        return None
    _, within, between = halves(balanced, design.y[None])
    if within[0] == 0.0:
        return None
    sigma2, variances, vectors = estimate(balanced, within, between, reml)
    root = np.linalg.solve(balanced.random_back, vectors[0] * np.sqrt(variances[0] / sigma2))
    return theta_of(root, design.terms[0].blocks)
