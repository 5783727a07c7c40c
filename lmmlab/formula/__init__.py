"""Formulas and tables: the way from what a user writes to what the engine needs.

This folder is the only place that knows formulas and pandas. `grammar` reads the text into
`pieces`, `terms` writes out its shorthand, `table` finds rows and values, `matrices` codes them as
columns, and the verbs below put these together. pandas and formulaic are imported when a model is
asked for and not before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Design
from lmmlab.formula.pieces import columns, text
from lmmlab.formula.residual import (
    Structure,
    ar1,
    car1,
    compound_symmetry,
    require_structure,
    unstructured,
    variances,
)
from lmmlab.formula.study import simulate
from lmmlab.formula.terms import Model, parse
from lmmlab.model.remarks import listed

__all__ = [
    "ar1",
    "car1",
    "compound_symmetry",
    "design",
    "lmm",
    "simulate",
    "unstructured",
    "variances",
]

if TYPE_CHECKING:
    import pandas as pd

    from lmmlab.engine.design import Floats
    from lmmlab.formula.reading import Reading
    from lmmlab.formula.table import Memory
    from lmmlab.model.fit import Fit


def lmm(
    formula: str,
    data: pd.DataFrame,
    reml: bool = True,
    residual: Structure | None = None,
    relationship: dict[str, Any] | None = None,
) -> Fit:
    """Fit a linear mixed model: what is true on average, and how much groups differ from it.

    Parameters
    ----------
    formula : str
        The model in lme4's notation, such as ``"Reaction ~ Days + (Days | Subject)"``.
    data : DataFrame
        One row per measurement. Rows with a missing value in a column of the formula are dropped.
    reml : bool
        Restricted maximum likelihood (the default) or maximum likelihood.
    residual : Structure, optional
        How residuals are related: `ar1`, `car1`, `compound_symmetry`, `unstructured`, `variances`,
        or a correlation ``*`` variances. With it the formula needs no random term (generalised
        least squares).
    relationship : dict of str to matrix, optional
        For a grouping factor, how its levels are related: ``{"id": K}``. K is a DataFrame with the
        names of the levels on both axes, or an array in their order; see `design`.

    Returns
    -------
    Fit
        The estimates; its repr is the summary.

    Raises
    ------
    LMMError
        If the formula or the data cannot be used: what is wrong, where, and what to do.

    Examples
    --------
    >>> from lmmlab import lmm, load
    >>> fit = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))
    >>> fit.beta.round(2).tolist()
    [251.41, 10.47]
    """
    from lmmlab.model.fit import fit

    return fit(design(formula, data, residual, relationship), reml=reml)


def design(
    formula: str,
    data: pd.DataFrame,
    residual: Structure | None = None,
    relationship: dict[str, Any] | None = None,
) -> Design:
    """Turn a formula and a table into the arrays that the engine needs.

    Parameters
    ----------
    formula : str
        The model in lme4's notation; see Notes.
    data : DataFrame
        One row per measurement. Rows with a missing value in a column of the formula are dropped.
    residual : Structure, optional
        How residuals are related, as in `lmm`; rows with a missing value in its columns are
        dropped, too.
    relationship : dict of str to matrix, optional
        How the levels of grouping factors are related; see Notes.

    Returns
    -------
    Design
        y, X and Z with their names as lme4 writes them.

    Raises
    ------
    LMMError
        If the formula or the data cannot be used: what is wrong, where, and what to do.

    Notes
    -----
    ``(x | g)`` lets intercept and slope vary and be correlated, ``(x || g)`` takes all covariances
    between its columns as zero (also between those of a factor, where lme4 keeps them), ``(1 | g)``
    is the intercept alone, ``(0 + x | g)`` the slope alone. Several terms with the same g are
    independent of each other, so ``(1 | g) + (0 + x | g)`` is ``(x || g)``. ``(1 | a:b)`` groups by
    the combinations of a and b, and ``(1 | a/b)`` is ``(1 | a) + (1 | b:a)``: b is nested in a.
    Several grouping factors may be nested or crossed. Their terms stand in lme4's order, the one
    with most levels first; but lines of relatives, (x | g) with a relationship matrix, stand last.

    With ``relationship={"id": K}`` the random effects of id have covariance G x K (Kronecker), K
    symmetric and without negative eigenvalues. One row per person is enough then. A DataFrame needs
    a row and a column for each level in the data, and may have more; an array must be in the order
    of the levels, which is that of a categorical column and sorted otherwise.

    Categories get treatment contrasts, the first level is the reference; ordered ones too, where R
    takes polynomials. No column is redundant: ``a:b`` alone has no column for its first cell beside
    the intercept, where lme4 makes all and drops the last. The model is the same, its columns are
    not.

    Examples
    --------
    >>> from lmmlab import load
    >>> made = design("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))
    >>> made.X.shape, made.names, made.terms[0].levels[:3]
    ((180, 2), ('(Intercept)', 'Days'), ('308', '309', '310'))
    """
    from lmmlab.formula.structured import read
    from lmmlab.formula.table import complete_rows, numbers

    require_structure(residual)
    model, written = parse(formula, grouped=residual is None), " ".join(formula.split())
    if residual is not None:
        written += f", residual = {residual}"
    named = [] if residual is None else residual.columns
    rows, used = complete_rows(data, columns(model.response) + model.predictors + named)
    memory: Memory = {}
    y = np.full(len(rows), numbers(model.response, rows, memory))
    made, _ = arrays(model, rows, memory, y, relationship)
    if related := [term.group for term in made.terms if term.relation is not None]:
        written += f", relationship of {listed(related)}"
    return replace(
        made,
        dropped=len(data) - len(used),
        rows=used,
        formula=written,
        residual=None if residual is None else read(residual, rows),
    )


def arrays(
    model: Model,
    rows: pd.DataFrame,
    memory: Memory,
    y: Floats,
    relationship: dict[str, Any] | None = None,
) -> tuple[Design, Reading]:
    """Code complete rows of a table, whose response has been read, as a design.

    Returns
    -------
    Design
        Without the formula, and what was left out.
    Reading
        How other tables are read.
    """
    from lmmlab.formula.coding import hypotheses
    from lmmlab.formula.matrices import matrices, variable
    from lmmlab.formula.random import random_terms
    from lmmlab.formula.reading import Reading

    known = {factor: variable(factor, rows, memory) for factor in model.factors}
    parts = {"fixed": model.fixed}
    parts |= {f"random{k}": part.terms for k, part in enumerate(model.random)}
    made = matrices(parts, known, len(rows))
    fixed = made.pop("fixed")
    terms, groups, coded = random_terms(model, rows, tuple(made.values()), relationship)
    L = hypotheses(fixed.columns, tuple(known.values()))
    reading = Reading(model, memory, groups, fixed.columns, coded)
    design = Design(
        y=y,
        X=fixed.values,
        names=fixed.names,
        terms=terms,
        response=text(model.response),
        hypotheses=tuple((name, L[own]) for name, own in fixed.terms),
        read=reading,
    )
    return design, reading
