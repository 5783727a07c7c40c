"""What least squares needs of a design, with any of the standard errors that people use.

The estimates are always the same; what differs is what is believed of the residuals. "naive" takes
all rows as independent and equally noisy, HC0 to HC3 let each row have its own variance, CR0 and
CR2 let the rows of one group depend on each other in any way.

All this follows from the design alone and is made once, so that a thousand responses cost a few
matrix products. No n x n matrix is made: with X = QR, all that a group has to say about the
adjustments is the p x p matrix Q_j'Q_j.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lmmlab.classical.wide import factor
from lmmlab.engine.crossproducts import independent
from lmmlab.engine.design import LARGEST, Floats, Ints, LMMError, require_finite

Errors = Literal["naive", "HC0", "HC1", "HC2", "HC3", "CR0", "CR2"]

_NOTHING = 1e-12  # a share of a row or a group that the fit leaves to it, but for rounding
_PART = 1e-6  # of a coefficient's root sum of squares: less is no part that one row determines


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """A design prepared for least squares with one kind of standard errors.

    Attributes
    ----------
    errors : {"naive", "HC0", "HC1", "HC2", "HC3", "CR0", "CR2"}
    names : tuple of str
        Names of the p coefficients.
    Q, inverse : (n, p) and (p, p) arrays
        X = Q R, rows sorted by group and multiplied by the root of their weights; inv(R).
    order : (n,) integer array or None
        Sorts the rows by group; None if they are sorted.
    root : (n,) array or None
        Roots of the weights, in the order of Q.
    starts : (J,) integer array
        The first row of each group; empty if there are no groups.
    W : (n, p) array
        How far each residual moves the estimates, made up for residuals being smaller than errors.
        HC: vcov is the sum of (e_i W_i)(e_i W_i)' over rows. CR: of e_j'W_j, over groups.
    alone : (p,) array of bool
        Coefficients that depend on what one row (HC) or one group (CR) determines alone. Its
        residual there is 0 whatever the truth, so that their standard errors are too small.
    """

    errors: Errors
    names: tuple[str, ...]
    Q: Floats
    inverse: Floats
    order: Ints | None
    root: Floats | None
    starts: Ints
    W: Floats
    alone: NDArray[np.bool_]


def prepare(
    X: ArrayLike,
    errors: Errors = "naive",
    groups: ArrayLike | None = None,
    *,
    weights: ArrayLike | None = None,
    names: tuple[str, ...] | None = None,
) -> LeastSquares:
    """Do what least squares needs of a design, once for all responses.

    Parameters
    ----------
    X : (n, p) array
        The columns of the regression, that of the intercept included.
    errors : {"naive", "HC0", "HC1", "HC2", "HC3", "CR0", "CR2"}
        - "naive": rows are independent and equally noisy. t with n - p df: exact if they are.
        - "HC0" to "HC3": each row has its own variance (White 1980; MacKinnon & White 1985).
          t with n - p df.
        - "CR0": the sandwich over groups (Liang & Zeger 1986). t with J - 1 df: that is the limit
          for many rows in J similar groups (Hansen 2007), and a normal distribution would make a
          standard error that is too small with few groups look better still.
        - "CR2": CR0 with residuals adjusted so that it is unbiased if rows are independent and
          equally noisy, unless one group determines the coefficient (see `LeastSquares.alone`);
          t with Satterthwaite df, for each contrast (Bell & McCaffrey 2002; Pustejovsky & Tipton
          2018).
    groups : (n,) array, optional
        The group of each row, numbers or strings; needed for CR0 and CR2 and else not looked at.
    weights : (n,) array, optional
        Known relative precisions: row i has variance sigma**2 / weights[i]. This is also what CR2
        is unbiased under.
    names : tuple of str, optional
        ``x0, x1, ...`` by default.

    Returns
    -------
    LeastSquares

    Raises
    ------
    LMMError
        If arrays do not fit together, columns are dependent, there are no more rows than columns,
        or fewer than two groups where groups are needed.

    Notes
    -----
    CR2 multiplies the residuals of group j by A_j = (I - H_jj)^(-1/2), H_jj its block of the hat
    matrix; a group that determines a coefficient alone makes it singular, and then the
    pseudo-inverse is taken (Pustejovsky & Tipton 2018). That leaves out what this group would
    differ by: with a single treated group of five, the variance of the effect is a fifth of
    what it should be. With H_jj = Q_j Q_j' it need not be formed:
    Q_j' A_j = (I - Q_j'Q_j)^(-1/2) Q_j'.
    """
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or 0 in X.shape:
        raise LMMError(f"X must have a row and a column at least; its shape is {X.shape}.")
    n, p = X.shape
    names = names or tuple(f"x{k}" for k in range(p))
    if errors not in get_args(Errors):
        raise LMMError(f"errors must be one of {', '.join(get_args(Errors))}; this is {errors!r}.")
    if len(names) != p:
        raise LMMError(f"X has {p} columns and there are {len(names)} names. Give each its own.")
    require_finite(X, names)
    if n <= p:
        raise LMMError(
            f"{n} rows cannot tell {p} coefficients from residual noise. Use fewer predictors."
        )
    root = None if weights is None else _roots(weights, n)
    order, starts = None, np.empty(0, dtype=np.intp)
    if errors.startswith("CR"):
        order, starts = _sorted(groups, n)
        X, root = X[order], root if root is None else root[order]
        order = None if (order[1:] > order[:-1]).all() else order
    Q, R = np.linalg.qr(X if root is None else root[:, None] * X)
    new = independent(R)
    if not new.all():
        raise LMMError(
            f"{names[int(new.argmin())]} is a combination of the predictors before it, so it has "
            "no coefficient of its own. Leave it out."
        )
    inverse = np.linalg.inv(R)
    stretched, lost = _adjusted(errors, Q, starts)
    size = np.linalg.norm(inverse, axis=-1)
    alone = (np.abs(lost @ inverse.T) > _PART * size).any(0)
    return LeastSquares(
        errors, names, Q, inverse, order, root, starts, stretched @ inverse.T, alone
    )


def degrees(design: LeastSquares, L: Floats) -> Floats:
    """Give the degrees of freedom of combinations L beta.

    Parameters
    ----------
    design : LeastSquares
    L : (r, p) array
        One combination in each row.

    Returns
    -------
    (r,) array
        n - p for naive and HC, J - 1 for CR0, those of Satterthwaite for CR2; NaN where the
        variance of a combination cannot be estimated, since single rows or groups determine it.

    Notes
    -----
    The CR2 variance of l'beta is a sum of squares (g_j'y)^2. If rows are independent and equally
    noisy, the g_j'y have the covariance matrix P = G'G, and df = (tr P)^2 / tr P^2 (Bell &
    McCaffrey 2002). Here g_j = (I - H)a_j with a_j = W_j l in the rows of group j and 0 elsewhere,
    so that P = diag(a_j'a_j) - U U' where row j of U is a_j'Q_j.
    """
    n, p = design.Q.shape
    if design.errors == "naive":
        return np.full(len(L), float(n - p))
    starts = design.starts if design.errors.startswith("CR") else np.arange(n)
    a = L @ design.W.T / np.linalg.norm(L @ design.inverse, axis=-1, keepdims=True)
    alone = np.add.reduceat(a * a, starts, axis=-1)
    U = np.add.reduceat(a[..., None] * design.Q, starts, axis=-2)
    size = np.square(U).sum(-1)
    trace = (alone - size).sum(-1)
    seen = trace > _NOTHING
    if design.errors != "CR2":
        return np.where(seen, len(starts) - (1.0 if design.errors == "CR0" else p), np.nan)
    both = np.swapaxes(U, -1, -2) @ U
    square = (alone * (alone - 2.0 * size)).sum(-1) + np.square(both).sum((-1, -2))
    df: Floats = np.divide(trace**2, square, out=np.full(len(L), np.nan), where=seen)
    return df


def _roots(weights: ArrayLike, n: int) -> Floats:
    w = np.asarray(weights, dtype=float)
    if w.shape != (n,) or not ((w > 0.0) & (w < LARGEST)).all():
        raise LMMError("weights must be positive numbers, one for each row.")
    root: Floats = np.sqrt(w)
    return root


def _sorted(groups: ArrayLike | None, n: int) -> tuple[Ints, Ints]:
    """Sort rows by group: their order, and where each group starts in it."""
    if groups is None:
        raise LMMError("Cluster-robust errors need groups. Say which group each row belongs to.")
    levels, codes = factor("groups", groups, n)
    if len(levels) < 2:
        raise LMMError("All rows are of one group, and cluster-robust errors compare groups.")
    order = np.argsort(codes, kind="stable")
    return order, np.searchsorted(codes[order], np.arange(len(levels)))


def _adjusted(errors: Errors, Q: Floats, starts: Ints) -> tuple[Floats, Floats]:
    """Give the rows of Q, stretched so as to make up for residuals being smaller than errors.

    And the directions (m, p), in terms of Q, that one row or one group determines alone.
    """
    n, p = Q.shape
    if errors == "naive":
        return Q, np.empty((0, p))
    if errors.startswith("CR"):
        grams = np.add.reduceat(Q[:, :, None] * Q[:, None, :], starts, axis=0)
        left, axes = np.linalg.eigh(np.eye(p) - grams)
        lost = np.swapaxes(axes, -1, -2)[left <= _NOTHING]
        if errors == "CR0":
            return Q, lost
        stretch = (axes * _power(left, -0.5)[:, None, :]) @ np.swapaxes(axes, -1, -2)
        rows = np.repeat(stretch, np.diff(starts, append=n), axis=0)
        return np.asarray((Q[:, None, :] @ rows)[:, 0]), lost
    left = 1.0 - np.square(Q).sum(-1)
    exponent = {"HC2": -0.5, "HC3": -1.0}.get(errors)
    factors = np.ones(n) if exponent is None else _power(left, exponent)
    if errors == "HC1":
        factors *= np.sqrt(n / (n - p))
    return Q * factors[:, None], Q[left <= _NOTHING]


def _power(left: Floats, exponent: float) -> Floats:
    """Raise to a power what is left to a row or a group; nothing stays nothing."""
    out = np.zeros_like(left)
    out[left > _NOTHING] = left[left > _NOTHING] ** exponent
    return out
