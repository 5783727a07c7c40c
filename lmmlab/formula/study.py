"""A study from a truth: the table that a model would give if its parameters were these.

The draws are those of `lmmlab.study.simulate`: they belong to a seed and a person, so the same
seed gives the same people whatever the parameters, the number of groups or the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Design, LMMError
from lmmlab.formula.nesting import is_whole, laid_out
from lmmlab.formula.pieces import Name
from lmmlab.formula.residual import Structure, require_structure
from lmmlab.formula.sources import innermost, sources
from lmmlab.formula.terms import parse
from lmmlab.formula.truth import correlations, record, related, spreads, vector
from lmmlab.study.simulate import OTHERS, add_effects, response, root

if TYPE_CHECKING:
    import pandas as pd

    from lmmlab.study.missingness import Dropout
    from lmmlab.study.shape import Shape


def simulate(
    formula: str,
    *,
    beta: Sequence[float],
    sigma: float | None = None,
    sd: Sequence[float] | Mapping[str, float | Sequence[float]] = (),
    corr: float | Sequence[Sequence[float]] = 0.0,
    groups: int | Mapping[str, int] | None = None,
    per_group: int | None = None,
    data: pd.DataFrame | None = None,
    seed: int = 1,
    shape: str | tuple[str, float] | Shape = "normal",
    noise: str | tuple[str, float] | Shape = "normal",
    missing: tuple[str, float] | tuple[str, float, float] | Dropout | None = None,
    residual: Structure | None = None,
    values: float | Sequence[float] | None = None,
    relationship: dict[str, Any] | None = None,
    family: str = "normal",
    trials: int | str | None = None,
) -> pd.DataFrame:
    """Make data from a truth: the same seed gives the same people, deformed by the parameters.

    Parameters
    ----------
    formula : str
        The model that is true, in lme4's notation.
    beta : sequence of p numbers
        Fixed effects, in the order of the columns: ``(Intercept)`` first.
    sigma : float
        Residual standard deviation of a normal response; of the first level, where `residual` says
        that levels differ.
    sd : sequence of q numbers, or mapping of group to one or more numbers
        Standard deviations tau of the random effects. With several grouping factors say whose they
        are, ``{"school": 3, "class:school": 2}``; a plain sequence has those of the factor with
        most levels first.
    corr : float or (q, q) matrix
        Correlations rho of the random effects; a number stands for all pairs.
    groups, per_group : int
        How many groups, and rows of each, where there is no `data`. With several grouping columns
        `groups` names them, ``{"school": 10, "class": 4}``: classes in each school if the formula
        nests them, ``(1 | school/class)``, and every combination otherwise; `per_group` rows in
        each class or combination (1 if not given). The formula may then have one predictor, which
        counts 0, 1, 2, ... there, like days.
    data : DataFrame, optional
        A table with the predictors and the groups; its response, if it has one, is replaced.
    seed : int
        Another seed gives other people.
    shape, noise : str or (str, number)
        How the random effects and the residuals are distributed: "normal", "t", "skewed" or
        "bimodal", each with the stated sd; ``("t", 3)`` has 3 degrees of freedom (see
        `lmmlab.study.shape.Shape`).
    missing : (str, share), optional
        Who leaves, and which share of the people before the last visit: "coin", "last value",
        "unseen value" or "own slope" (that of the last random effect); a third number is the
        strength of the rule (see `lmmlab.study.missingness.Dropout`). Rows of a person stand in
        the order of the visits. Where factors are nested, the innermost are the people; crossed
        ones have no visits.
    residual : Structure, optional
        How residuals are related, as in `lmm`: `ar1`, `car1`, `compound_symmetry`, `unstructured`,
        `variances`, or a correlation ``*`` variances. The formula then needs no random term.
    values : float or sequence of float, optional
        The true correlations and ratios of residual sds, in the order of ``lmm(...).residual``.
    relationship : dict of str to matrix, optional
        How the levels of grouping factors are related, see `lmm`; `sd` is that of a level with 1 on
        the diagonal.
    family : {"normal", "binomial", "poisson"}
        The others are yes or no (1 or 0; events out of `trials`) and counts: beta and sd are then
        on the scale of log odds, or of log means, and there is no sigma.
    trials : int or str, optional
        Out of how many events are counted, or the column of `data` that says it.

    Returns
    -------
    DataFrame
        One row per measurement; the response is missing (NaN) after a person has left.

    Raises
    ------
    LMMError
        If the parameters do not fit the formula, or there are no such random effects.

    Examples
    --------
    >>> simulate(
    ...     "ms ~ day + (day | driver)", groups=2, per_group=2,
    ...     beta=[250, 10], sd=[25, 6], corr=0.1, sigma=25, seed=5,
    ... ).round(1)
          ms  day driver
    0  223.7    0      1
    1  242.1    1      1
    2  222.9    0      2
    3  247.3    1      2

    Pupils in classes in schools; a class belongs to one school, and its name says to which:

    >>> made = simulate(
    ...     "score ~ 1 + (1 | school/class)", groups={"school": 2, "class": 3}, per_group=20,
    ...     beta=[100], sd={"school": 5, "class:school": 8}, sigma=10,
    ... )
    >>> len(made), list(made["class"].cat.categories)
    (120, ['1.1', '1.2', '1.3', '2.1', '2.2', '2.3'])

    Who has stopped smoking, in 24 villages that differ:

    >>> made = simulate(
    ...     "quit ~ 1 + (1 | village)", groups=24, per_group=15, beta=[-0.5], sd=[1],
    ...     family="binomial",
    ... )
    >>> round(float(made["quit"].mean()), 2), set(made["quit"]) == {0, 1}
    (0.36, True)

    A diary in which neighbouring weeks are alike, as if a mood lasted:

    >>> from lmmlab import ar1
    >>> made = simulate(
    ...     "mood ~ week + (1 | id)", groups=20, per_group=30, beta=[5, 0], sd=[1], sigma=1,
    ...     residual=ar1("week", "id"), values=0.4,
    ... )
    """
    from lmmlab.formula.events import read_events
    from lmmlab.study.missingness import Dropout
    from lmmlab.study.shape import Shape

    model = parse(formula, grouped=residual is None)
    if not isinstance(model.response, Name):
        raise LMMError(
            "simulate() makes the response itself, so a plain name must stand before the ~, "
            "such as y."
        )
    name = model.response.name
    require_structure(residual)
    if data is not None and (groups is not None or per_group is not None):
        raise LMMError("Give either data, or groups and per_group; the data say how many rows.")
    table = laid_out(model, name, groups, per_group, residual) if data is None else data
    made = _complete(formula, name, table, residual, relationship)
    given = {"residual": residual is not None, "noise": noise != "normal"}
    counted = read_events(family, trials, sigma, given, table)
    if not is_whole(seed):
        raise LMMError(f"The seed is {seed!r}; give a whole number.")
    T = root(spreads(sd, made), correlations(corr, made))
    people, residuals = record("shape", Shape, shape), record("noise", Shape, noise)
    dropout = None if missing is None else record("missing", Dropout, missing)
    phi = related(made, values)
    known = sources(model, made, T)
    main = innermost(known, leaving=dropout is not None)
    u, e = main.visited(seed, people, residuals)
    if made.residual is not None:
        e = made.residual.colour(e, phi)
    fixed = vector("beta", beta, made.names, "fixed")
    y = response(made.X, main.Z, main.codes, fixed, main.root, float(sigma or 0.0), u, e)
    for k, one in enumerate(known):
        if one is not main:
            more = one.effects(seed, people, OTHERS + k)
            add_effects(y, one.Z, one.codes, one.root, more)
    if counted is not None:
        y = counted.of(y, e)
    if dropout is not None:
        y[~main.stayed(seed, dropout, y, u)] = np.nan
    whole = counted is not None and dropout is None
    return table.assign(**{name: y.astype(int) if whole else y})


def _complete(
    formula: str,
    response: str,
    table: pd.DataFrame,
    residual: Structure | None,
    relationship: dict[str, Any] | None,
) -> Design:
    """Make the design of a table whose response is not there yet, and nothing else is missing."""
    from lmmlab.formula import design

    blank = table.assign(**{response: 0.0}) if hasattr(table, "assign") else table
    made = design(formula, blank, residual, relationship)
    if made.dropped:
        one = made.dropped == 1
        rows, them = ("row of the data has", "it") if one else ("rows of the data have", "them")
        raise LMMError(f"{made.dropped} {rows} a missing value; leave {them} out first.")
    return made
