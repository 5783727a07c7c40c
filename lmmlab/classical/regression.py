"""Ordinary least squares for one response or for many, with naive or robust standard errors.

The part that needs no response is `lmmlab.classical.sandwich`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.classical.sandwich import Errors, LeastSquares, degrees, prepare
from lmmlab.classical.wide import ROUNDING, numbers
from lmmlab.engine.design import LARGEST, Design, Floats, LMMError
from lmmlab.model.estimates import estimates
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table


class Estimate(NamedTuple):
    """A combination of coefficients, its standard error and degrees of freedom.

    Where there are many responses, `estimate` and `se` have one for each; `df` is one number,
    since it follows from the design.
    """

    estimate: Floats
    se: Floats
    df: float


@dataclass(frozen=True, eq=False, repr=False)
class Regression:
    """Least squares of one response, or of many, on one design.

    Attributes
    ----------
    design : LeastSquares
    beta : (..., p) array
        Coefficients; leading axes are responses.
    vcov : (..., p, p) array
        Their estimated covariance matrix.
    sigma : (...) array
        Residual sd (of a row of weight 1), divisor n - p.
    floor : (...) array
        A residual variance that is nothing but rounding of the response.

    Examples
    --------
    >>> X = np.column_stack([np.ones(6), [0, 1, 2, 0, 1, 2]])
    >>> design = prepare(X, "CR2", list("aaabbb"), names=("start", "slope"))
    >>> regress(design, [1.0, 2.0, 4.0, 3.0, 4.0, 7.0]).table().frame().round(3)
           estimate     se   df  statistic      p  lower   upper
    start      1.75  0.917  1.0      1.909  0.307 -9.897  13.397
    slope      1.75  0.250  1.0      7.000  0.090 -1.427   4.927
    """

    design: LeastSquares
    beta: Floats
    vcov: Floats
    sigma: Floats
    floor: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the p coefficients."""
        return self.design.names

    @property
    def se(self) -> Floats:
        """Standard errors (..., p); 0 if there are no residuals but for rounding."""
        return self._error(np.eye(len(self.names)))

    @cached_property
    def df(self) -> Floats:
        """Degrees of freedom (p,); NaN where the design leaves none, and `table` says so."""
        return degrees(self.design, np.eye(len(self.names)))

    def _error(self, L: Floats) -> Floats:
        """Give standard errors (..., r) of combinations (r, p)."""
        variance = (L @ self.vcov * L).sum(-1)
        rounding = self.floor[..., None] * np.square(L @ self.design.W.T).sum(-1)
        se: Floats = np.sqrt(np.where(variance > rounding, variance, 0.0))
        return se

    def contrast(self, c: ArrayLike) -> Estimate:
        """Estimate a combination of the coefficients.

        Parameters
        ----------
        c : (p,) array

        Raises
        ------
        LMMError
            If c has another length, the design leaves no degrees of freedom for it, or a single
            response leaves no residuals.
        """
        c = numbers(c)
        if c.shape != self.beta.shape[-1:] or not np.isfinite(c).all() or not c.any():
            raise LMMError(
                f"A contrast needs a finite weight for each of {listed(self.names)}, not all 0; "
                f"this is {c.tolist()}."
            )
        df, se = float(degrees(self.design, c[None])[0]), self._error(c[None])[..., 0][()]
        if not df > 0.0 or (se.ndim == 0 and se == 0.0):
            why = _silent(self.design, not df > 0.0)
            raise LMMError(f"There is no test of this contrast. {why}")
        return Estimate(self.beta @ c, se, df)

    def table(self, confidence: float = 0.95) -> Table:
        """Give estimates, standard errors, t tests and intervals of one response.

        Parameters
        ----------
        confidence : float
            Level of the intervals.

        Raises
        ------
        LMMError
            If there are many responses, or the confidence is not between 0 and 1.
        """
        if self.beta.ndim > 1:
            raise LMMError(
                f"There are {self.sigma.size} responses, and a table shows one. Take them one by "
                "one, or use beta, se and df."
            )
        known = (self.se > 0.0) & (self.df > 0.0)
        se, df = (np.where(known, value, np.nan) for value in (self.se, self.df))
        note = _account(self.design)
        for determined in (True, False):
            blind = [*compress(self.names, ~known & (np.isnan(self.df) == determined))]
            if blind:
                note += f" No test of {listed(blind)}. {_silent(self.design, determined)}"
        small = [*compress(self.names, known & self.design.alone)]
        if small:
            note += (
                f" One {_unit(self.design)} alone determines a part of {listed(small)}. It has no "
                "residual there, so the standard error is too small, and nobody knows by how much."
            )
        return estimates(self.names, self.beta, se, df, confidence, note)

    def __repr__(self) -> str:
        if self.beta.ndim > 1:
            return f"Regression of {self.sigma.size} responses on {listed(self.names)}"
        return repr(self.table())

    def _repr_html_(self) -> str | None:
        return self.table()._repr_html_() if self.beta.ndim == 1 else None


def ols(design: Design, errors: Errors = "naive", Y: ArrayLike | None = None) -> Regression:
    """Fit ordinary least squares to a design, as if nobody had been measured twice.

    Parameters
    ----------
    design : Design
        Its X, its weights, and the levels of its first grouping factor as groups.
    errors : {"naive", "HC0", "HC1", "HC2", "HC3", "CR0", "CR2"}
        The kind of standard errors, see `prepare`.
    Y : (..., n) array, optional
        Responses to take instead of the design's own.

    Returns
    -------
    Regression

    Raises
    ------
    LMMError
        As `prepare` and `regress`.
    """
    groups = design.terms[0].codes if design.terms else None
    prepared = prepare(design.X, errors, groups, weights=design.weights, names=design.names)
    return regress(prepared, design.y if Y is None else Y)


def regress(design: LeastSquares, y: ArrayLike, size: ArrayLike | None = None) -> Regression:
    """Fit one response, or many, to a prepared design.

    Parameters
    ----------
    design : LeastSquares
    y : (..., n) array
        The response; leading axes are replicates.
    size : (...) array, optional
        The mean square of the numbers from which y was computed, if it is differences of others:
        rounding is judged by it.

    Returns
    -------
    Regression

    Raises
    ------
    LMMError
        If y has another number of rows, or a value that is missing or infinite.
    """
    Q, inverse, W = design.Q, design.inverse, design.W
    response = numbers(y)
    n, p = Q.shape
    if response.shape[-1:] != (n,):
        raise LMMError(f"y must have {n} values in its last axis; its shape is {response.shape}.")
    if not np.abs(response).max(initial=0.0) < LARGEST:
        raise LMMError(
            "y has a value that is missing or not below 1e100. Drop the row, or check the column."
        )
    if design.order is not None:
        response = response[..., design.order]
    if design.root is not None:
        response = design.root * response
    if size is None:
        size = np.einsum("...n,...n->...", response, response) / n
    floor = ROUNDING * np.asarray(size)
    fixed = response @ Q
    e = fixed @ Q.T
    np.subtract(response, e, out=e)
    variance = np.einsum("...n,...n->...", e, e) / (n - p)
    sigma = np.sqrt(np.where(variance > floor, variance, 0.0))
    if design.errors == "naive":
        vcov = np.square(sigma)[..., None, None] * (inverse @ inverse.T)
    elif design.errors.startswith("HC"):
        each = (W[:, :, None] * W[:, None, :]).reshape(n, p * p)
        vcov = (np.square(e, out=e) @ each).reshape(*e.shape[:-1], p, p)
    else:
        moves = np.empty((*e.shape[:-1], len(design.starts), p))  # of beta, by each group
        for k in range(p):
            moves[..., k] = np.add.reduceat(e * W[:, k], design.starts, axis=-1)
        vcov = np.swapaxes(moves, -1, -2) @ moves
    return Regression(design, fixed @ inverse.T, vcov, sigma, floor)


def _account(design: LeastSquares) -> str:
    """Say in a sentence what the standard errors believe."""
    if design.errors == "naive":
        return "Least squares; rows taken as independent and equally noisy, t with n - p df."
    if design.errors.startswith("HC"):
        return f"Least squares; {design.errors}, a variance for each row, t with n - p df."
    df = "Satterthwaite" if design.errors == "CR2" else "J - 1"
    groups = len(design.starts)
    return f"Least squares; {design.errors}, cluster-robust over {groups} groups, t with {df} df."


def _unit(design: LeastSquares) -> str:
    return "group" if design.errors.startswith("CR") else "row"


def _silent(design: LeastSquares, determined: bool) -> str:
    """Say why there is no standard error that means something."""
    if not determined:
        return "The response leaves no residuals by which it could be judged."
    units = f"{_unit(design)}s"
    return f"Single {units} determine it, so differences between {units} say nothing about it."
