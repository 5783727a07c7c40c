"""A study from a truth: the table that a model would give if its parameters were these.

The draws are those of `lmmlab.study.simulate`: they belong to a seed and a person, so the same
seed gives the same people whatever the parameters, the number of groups or the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import numpy as np

from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.formula.pieces import Name
from lmmlab.formula.terms import Model, parse

if TYPE_CHECKING:
    import pandas as pd

    from lmmlab.study.missingness import Dropout
    from lmmlab.study.shape import Shape

_Record = TypeVar("_Record", "Shape", "Dropout")
_MOST_ROWS = 1_000_000
_FIRST_VISIT = 2  # people with and without a random slope share the draws of their visits


def simulate(
    formula: str,
    *,
    beta: Sequence[float],
    sd: Sequence[float],
    sigma: float,
    corr: float | Sequence[Sequence[float]] = 0.0,
    groups: int | None = None,
    per_group: int | None = None,
    data: pd.DataFrame | None = None,
    seed: int = 1,
    shape: str | tuple[str, float] | Shape = "normal",
    noise: str | tuple[str, float] | Shape = "normal",
    missing: tuple[str, float] | tuple[str, float, float] | Dropout | None = None,
) -> pd.DataFrame:
    """Make data from a truth: the same seed gives the same people, deformed by the parameters.

    Parameters
    ----------
    formula : str
        The model that is true, in lme4's notation.
    beta : sequence of p numbers
        Fixed effects, in the order of the columns: ``(Intercept)`` first.
    sd : sequence of q numbers
        Standard deviations tau of the random effects; with several grouping factors, in the order
        of the terms: those of the factor with most levels first.
    sigma : float
        Residual standard deviation.
    corr : float or (q, q) matrix
        Correlations rho of the random effects; a number stands for all pairs.
    groups, per_group : int
        How many groups, and rows of each, where there is no `data`. The formula may then have one
        predictor, which counts 0, 1, 2, ... in each group, like days.
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
        the order of the visits.

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
    """
    from lmmlab.formula import design
    from lmmlab.model.estimable import is_number
    from lmmlab.study.missingness import Dropout, observed
    from lmmlab.study.shape import Shape
    from lmmlab.study.simulate import LEAVING, OTHERS, add_effects, normals, response, root, visits

    model = parse(formula)
    if not isinstance(model.response, Name):
        raise LMMError(
            "simulate() makes the response itself, so a plain name must stand before the ~, "
            "such as y."
        )
    name = model.response.name
    if data is None:
        table = _layout(model, name, groups, per_group)
    elif groups is not None or per_group is not None:
        raise LMMError("Give either data, or groups and per_group; the data say how many rows.")
    else:
        table = data
    made = design(formula, table.assign(**{name: 0.0}) if hasattr(table, "assign") else table)
    if made.dropped:
        raise LMMError(
            f"{made.dropped} rows of the data have a missing value; leave them out first."
        )
    if not is_number(sigma) or not 0 <= sigma < np.inf:
        raise LMMError(f"sigma is {sigma!r}; the residual sd is a number, 0 or more.")
    if not _whole(seed):
        raise LMMError(f"The seed is {seed!r}; give a whole number.")
    term, *others = made.terms
    T = root(_vector("sd", sd, _effects(made), "random"), _correlations(corr, made))
    T_of = [T[own, own] for own in made.effects]
    people, residuals = _record("shape", Shape, shape), _record("noise", Shape, noise)
    dropout = None if missing is None else _record("missing", Dropout, missing)
    number = visits(term.codes)
    q, last = len(term.names), int(number.max())
    drawn = normals(seed, len(term.levels), max(q, _FIRST_VISIT) + last + 1)
    u = people.bend(drawn[:, :q])
    y = response(
        made.X,
        term.Z,
        term.codes,
        _vector("beta", beta, made.names, "fixed"),
        T_of[0],
        float(sigma),
        u,
        residuals.bend(drawn[term.codes, max(q, _FIRST_VISIT) + number]),
    )
    for k, other in enumerate(others):
        more = normals(seed, len(other.levels), len(other.names), OTHERS + k)
        add_effects(y, other.Z, other.codes, T_of[k + 1], people.bend(more))
    if dropout is not None:
        chance = normals(seed, len(term.levels), last + 1, LEAVING)[term.codes, number]
        slope = u @ T_of[0][-1] if q > 1 else None
        y[~observed(dropout, term.codes, y, chance, slope)] = np.nan
    return table.assign(**{name: y})


def _record(what: str, kind: type[_Record], given: Any) -> _Record:
    """Make a record of its fields, or of the first alone; or take one that is made already."""
    if isinstance(given, kind):
        return given
    try:
        return kind(*([given] if isinstance(given, str) else given))
    except TypeError:
        raise LMMError(
            f"{what} is {given!r}; give a name, or a name and a number in parentheses."
        ) from None


def _layout(model: Model, name: str, groups: int | None, per_group: int | None) -> pd.DataFrame:
    import pandas as pd

    group = model.random[0].group[0]
    predictors = [column for column in model.predictors if column != group]
    several = any(part.group != (group,) for part in model.random)
    if several or len(predictors) > 1:
        raise LMMError(
            f"The formula has several predictors or groups, {', '.join(model.predictors)}; give "
            "data= a table with these columns."
        )
    for count, least, what in ((groups, 2, "groups"), (per_group, 1, "per_group")):
        if not _whole(count) or count < least:
            raise LMMError(f"{what} is {count!r}; give a whole number from {least} on.")
    if groups * per_group > _MOST_ROWS:
        raise LMMError(f"{groups} x {per_group} rows are too many; {_MOST_ROWS} are the most.")
    people = pd.Categorical.from_codes(
        np.repeat(np.arange(groups), per_group), categories=[str(j + 1) for j in range(groups)]
    )
    columns: dict[str, Any] = {name: 0.0}
    columns |= {column: np.tile(np.arange(per_group), groups) for column in predictors}
    return pd.DataFrame(columns | {group: people})


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _numbers(values: Any) -> Floats:
    """Make an array of what consists of real numbers; NaN of anything else."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        return np.array(np.nan)
    return array.astype(np.float64) if array.dtype.kind in "iuf" else np.array(np.nan)


def _vector(what: str, values: Any, names: tuple[str, ...], kind: str) -> Floats:
    vector = _numbers(values)
    if vector.shape != (len(names),) or not np.isfinite(vector).all():
        raise LMMError(
            f"{what} is {values!r}, but the model has {len(names)} {kind} effects, "
            f"{', '.join(names)}; give one number for each, in this order."
        )
    return vector


def _effects(made: Design) -> tuple[str, ...]:
    """Name all random effects, with their group where there are several."""
    if len(made.terms) == 1:
        return made.terms[0].names
    return tuple(f"{name} by {term.group}" for term in made.terms for name in term.names)


def _correlations(corr: Any, made: Design) -> Floats:
    """Spread a correlation over the blocks of G; between blocks the formula says zero."""
    names, blocks, term = _effects(made), made.blocks, made.terms[0]
    q = len(names)
    block = np.repeat(np.arange(len(blocks)), blocks)
    inside = block[:, None] == block
    given = _numbers(corr)
    if given.shape not in ((), (q, q)) or not np.isfinite(given).all():
        raise LMMError(
            f"corr must be a number or a {q} x {q} matrix, for {', '.join(names)}; this is "
            f"{corr!r}."
        )
    matrix = np.broadcast_to(given, (q, q))
    between = matrix[~inside] if given.shape else matrix[:1, 0] * (max(blocks) == 1)
    if between.any() and q == 1:
        raise LMMError(
            f"corr is {corr!r}, but only {term.names[0]} varies between levels of {term.group}, so "
            "there is nothing to correlate; leave corr out."
        )
    if between.any():
        raise LMMError(
            f"corr is {corr!r}, but by the formula some of the random effects "
            f"{', '.join(names)} are not correlated; make that correlation 0, or write "
            f"(x | {term.group}) with one bar."
        )
    return matrix * inside
