"""What the chosen model makes of the data: estimates with intervals, and a line for each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lmmlab.classical.regression import ols
from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.inference.inference import Method, errors
from lmmlab.labs._people import People
from lmmlab.model.estimates import estimates
from lmmlab.model.fit import evaluate, fit

MODELS = {
    "one": "average only",
    "starts": "own starts",
    "uncorrelated": "starts, slopes, ρ = 0",
    "lines": "starts, slopes, ρ",
}
RANDOM = {"starts": (1,), "uncorrelated": (1, 1), "lines": (2,)}
ASKED = ("start", "change", "end")


@dataclass(frozen=True, eq=False)
class Model:
    """What a model says, with time counted from the origin.

    Attributes
    ----------
    beta : (2,) array
        Level at the origin and change of the average person.
    lines : (J, 2) array
        The same of each person.
    G : (2, 2) array
        Estimated covariance of levels and changes; 0 where the model lets nothing vary.
    sigma : float
    singular : bool
    interval : (3, 2) array
        Lower and upper ends for what is `ASKED`; NaN where there is none.
    """

    beta: Floats
    lines: Floats
    G: Floats
    sigma: float
    singular: bool
    interval: Floats


def questions(last: float) -> Floats:
    """Give the three combinations of level and change that are asked for; `last` is the end."""
    return np.array([[1.0, 0.0], [0.0, 1.0], [1.0, last]])


def chosen(design: Design, model: str) -> Design:
    """Keep of the design what the model lets vary between people."""
    if model == "lines":
        return design
    term, blocks = design.terms[0], RANDOM[model]
    q = sum(blocks)
    kept = replace(term, names=term.names[:q], Z=term.Z[:, :q], blocks=blocks)
    return replace(design, terms=(kept,))


def said(
    people: People, origin: float, model: str, reml: bool, method: Method, last: float
) -> Model:
    """Fit a model.

    Raises
    ------
    LMMError
        If the rows do not suffice for it.
    """
    design, L = replace(people, day=people.day - origin).design(), questions(last - origin)
    if np.ptp(people.day) == 0.0:
        raise LMMError("All rows are at one time, and one time makes no line.")
    if model == "one":
        return _average_only(design, L, method)
    fitted = fit(chosen(design, model), reml)
    own = fitted.blups["person"].values
    q = own.shape[1]
    G, lines = np.zeros((2, 2)), np.tile(fitted.beta, (len(own), 1))
    G[:q, :q] = fitted.G["person"].values
    lines[:, :q] += own
    se, df = errors(fitted.cross, fitted.solution, fitted.sigma, L, method)
    interval = _interval(L @ fitted.beta, se, df)
    return Model(fitted.beta, lines, G, fitted.sigma, fitted.singular, interval)


def _average_only(design: Design, L: Floats, method: Method) -> Model:
    """Take all rows as independent."""
    found = ols(design)
    se = np.sqrt(((L @ found.vcov) * L).sum(-1))
    df = np.full(3, np.inf if method == "wald" else found.df[0])
    lines = np.tile(found.beta, (len(design.terms[0].levels), 1))
    interval = _interval(L @ found.beta, se, df)
    return Model(found.beta, lines, np.zeros((2, 2)), float(found.sigma), False, interval)


def _interval(estimate: Floats, se: Floats, df: Floats) -> Floats:
    df = np.where(df > 0.1, df, np.nan)
    values: Floats = estimates(ASKED, estimate, se, df).values
    ends = values[:, -2:]
    return np.where(np.isfinite(ends), ends, np.nan)


def best_errors(people: People, theta: Floats, sigma: float, origin: float, last: float) -> Floats:
    """Give the standard errors (3,) of who knows the variances: what can be had at best.

    Parameters
    ----------
    people : People
    theta : (3,) array
        The true factor of G, with time counted from 0, relative to `sigma`.
    sigma : float
    origin, last : float
        Where time is counted from, and when it ends.
    """
    known = evaluate(people.design(), theta, sigma)
    if len(known.cross.kept) < 2:  # all rows at one time make no line
        return np.full(3, np.nan)
    back = np.array([[1.0, origin], [0.0, 1.0]])  # level at the origin, from time 0
    L = questions(last - origin) @ back
    return errors(known.cross, known.solution, known.sigma, L, "wald")[0]
