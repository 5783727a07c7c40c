"""Formulas and tables: the way from what a user writes to what the engine needs.

This folder is the only place that knows formulas and pandas. `grammar` reads the text, `terms`
writes out its shorthand, `table` finds rows and values, `matrices` codes them as columns, and the
verbs below put these together. pandas and formulaic are imported when a model is asked for and
not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.design import Design, LMMError, Term
from lmmlab.formula.grammar import columns, text
from lmmlab.formula.study import simulate
from lmmlab.formula.terms import Model, parse

__all__ = ["design", "lmm", "simulate"]

if TYPE_CHECKING:
    import pandas as pd

    from lmmlab.engine.fit import Fit
    from lmmlab.formula.matrices import Matrix


def lmm(formula: str, data: pd.DataFrame, reml: bool = True) -> Fit:
    """Fit a linear mixed model: what is true on average, and how much groups differ from it.

    Parameters
    ----------
    formula : str
        The model in lme4's notation, such as ``"Reaction ~ Days + (Days | Subject)"``.
    data : DataFrame
        One row per measurement. Rows with a missing value in a column of the formula are dropped.
    reml : bool
        Restricted maximum likelihood (the default) or maximum likelihood.

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
    from lmmlab.engine.fit import fit

    return fit(design(formula, data), reml=reml)


def design(formula: str, data: pd.DataFrame) -> Design:
    """Turn a formula and a table into the arrays that the engine needs.

    Parameters
    ----------
    formula : str
        The model in lme4's notation; see Notes.
    data : DataFrame
        One row per measurement. Rows with a missing value in a column of the formula are dropped.

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
    independent of each other, so ``(1 | g) + (0 + x | g)`` is ``(x || g)``.

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
    from lmmlab.formula.coding import hypotheses
    from lmmlab.formula.matrices import matrices, variable
    from lmmlab.formula.reading import Reading
    from lmmlab.formula.table import Memory, complete_rows, numbers

    model = parse(formula)
    rows, used = complete_rows(data, columns(model.response) + model.predictors)
    memory: Memory = {}
    y = np.full(len(rows), numbers(model.response, rows, memory))
    known = {factor: variable(factor, rows, memory) for factor in model.factors}
    parts = {"fixed": model.fixed}
    parts |= {f"random{k}": part.terms for k, part in enumerate(model.random)}
    made = matrices(parts, known, len(rows))
    fixed = made.pop("fixed")
    random = tuple(made.values())
    coded = tuple(column for part in random for column in part.columns)
    L = hypotheses(fixed.columns, tuple(known.values()))
    return Design(
        y=y,
        X=fixed.values,
        names=fixed.names,
        terms=(_random_term(model, rows, random),),
        dropped=len(data) - len(used),
        rows=used,
        formula=" ".join(formula.split()),
        response=text(model.response),
        hypotheses=tuple((name, L[own]) for name, own in fixed.terms),
        read=Reading(model, memory, fixed.columns, coded),
    )


def _random_term(model: Model, rows: pd.DataFrame, made: tuple[Matrix, ...]) -> Term:
    """Merge the random terms, which share one grouping factor, into one `Term` with blocks."""
    from lmmlab.formula.table import levels

    crossed: dict[frozenset[str], str] = {}  # a:b and b:a are the same
    for part in model.random:
        crossed.setdefault(frozenset(part.group), ":".join(part.group))
    group, *others = crossed.values()
    if others:
        raise LMMError(
            f"The formula has {len(crossed)} grouping factors, {' and '.join([group, *others])}; "
            "this version fits one ((1 | a/b) stands for two, a and a:b). Keep the one that "
            "matters most."
        )
    codes, found = levels(rows[model.random[0].group[0]])
    for name in model.random[0].group[1:]:
        inner, labels = levels(rows[name])
        used, codes = np.unique(codes * len(labels) + inner, return_inverse=True)
        found = tuple(f"{found[k // len(labels)]}:{labels[k % len(labels)]}" for k in used)
    if len(found) < 2:
        raise LMMError(
            f"The grouping factor {group} has only one level, {found[0]}, in the {len(rows)} "
            "rows that are used. How much groups differ can only be seen from several; use a "
            "column that tells them apart."
        )
    names = [name for part in made for name in part.names]
    for name in names:
        if names.count(name) > 1:
            raise LMMError(
                f"{name} varies between the levels of {group} in two random terms, which "
                "cannot be told apart; name it in one of them. (x | g) already contains (1 | g); "
                "write (0 + x | g) for the slope alone."
            )
    blocks = [
        block
        for part, Z in zip(model.random, made, strict=True)
        for block in ([len(Z.names)] if part.correlated else [1] * len(Z.names))
    ]
    return Term(
        group=group,
        names=tuple(names),
        Z=np.hstack([part.values for part in made]),
        codes=np.asarray(codes, dtype=np.intp),
        levels=found,
        blocks=tuple(blocks),
    )
