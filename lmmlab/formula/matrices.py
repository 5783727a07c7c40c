"""The columns of a model: from terms and rows to matrices with names.

What a user can name has been computed before formulaic is called. It gets variables called
``v0``, ``v1``, ... and formulas of these alone, and does what it does best: it codes categories so
that no column is redundant (treatment coding, the first level is the reference).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.formula.coding import Column, column, written
from lmmlab.formula.pieces import Call, Name, Node, text
from lmmlab.formula.table import NUMBERS, Memory, check_finite, is_numeric, levels, numbers
from lmmlab.formula.terms import Term
from lmmlab.model.remarks import listed

if TYPE_CHECKING:
    import pandas as pd

_MOST_FIXED = 2000
_MOST_RANDOM = 30  # a search over all their covariances takes seconds; with 50 half a minute


@dataclass(frozen=True, eq=False)
class Variable:
    """What one factor of a term stands for: numbers, one or more columns of them, or categories.

    Parameters
    ----------
    label : str
        How lme4 would write it, ``"poly(x, 2)"``.
    values : (n,) or (n, k) array
        Numbers, or the index of the category of each row.
    parts : tuple of str
        What lme4 appends for each of the k columns or categories; empty for plain numbers.
    categorical : bool
        Whether `values` are categories.
    """

    label: str
    values: Floats | Ints
    parts: tuple[str, ...] = ()
    categorical: bool = False


def variable(node: Node, rows: pd.DataFrame, memory: Memory) -> Variable:
    """Find out what one factor of a term stands for in some rows.

    What `memory` does not know of it yet is learnt from these rows, and added.
    """
    label = text(node)
    match node:
        case Call("C", Name(name)):
            return _factor(node, name, rows, memory)
        case Name(name):
            if node not in memory and is_numeric(name, rows):
                memory[node] = NUMBERS
            if memory.get(node) != NUMBERS:
                return _factor(node, name, rows, memory)
        case Call("poly" | "bs", argument):
            x = np.broadcast_to(numbers(argument, rows, memory), len(rows))
            values = check_finite(_basis(node, x, memory), node, rows)
            if values.shape[1] > 1:
                return Variable(label, values, tuple(str(k + 1) for k in range(values.shape[1])))
            return Variable(label, values[:, 0])  # R numbers the columns where there are several
    return Variable(label, np.broadcast_to(numbers(node, rows, memory), len(rows)))


def _factor(node: Node, name: str, rows: pd.DataFrame, memory: Memory) -> Variable:
    codes, found = levels(rows[name])
    if node not in memory:
        if len(found) < 2:
            raise LMMError(
                f"{name} has only one level, {found[0]}, in the {len(rows)} rows that are used, so "
                "it explains nothing; take it out of the formula."
            )
        memory[node] = found
    known = memory[node]
    for level in found:
        if level not in known:
            raise LMMError(
                f"The model knows no level {level} of {name}, so nothing can be said of it; the "
                f"levels in the rows that were fitted are {listed(known)}."
            )
    places = np.array([known.index(level) for level in found], dtype=np.intp)
    return Variable(text(node), places[codes], known, categorical=True)


def _basis(node: Call, x: Floats, memory: Memory) -> Floats:
    """Compute the columns of poly() or bs(), by formulaic's own functions."""
    from formulaic.transforms import basis_spline, poly

    options = dict(node.options)
    degree = options.get("degree", 1 if node.function == "poly" else 3)
    if node not in memory and degree >= (distinct := len(np.unique(x))):
        raise LMMError(
            f"{text(node)} has degree {degree}, but {text(node.argument)} has only {distinct} "
            "different values; the degree must be smaller."
        )
    state = memory.setdefault(node, {})
    with np.errstate(all="ignore"):
        if node.function == "poly":
            return np.array(poly(x, degree=degree, raw=bool(options.get("raw")), _state=state))
        low, high = state.get("lower_bound", -np.inf), state.get("upper_bound", np.inf)
        if not ((low <= x) & (x <= high)).all():
            raise LMMError(
                f"{text(node)} is only known where {text(node.argument)} lies between {low:g} and "
                f"{high:g}, as in the rows that were fitted; leave out the rows beyond."
            )
        basis = basis_spline(x, df=options.get("df", degree), degree=degree, _state=state)
    return np.column_stack(list(basis.values()))


@dataclass(frozen=True, eq=False)
class Matrix:
    """The columns of one part of a model.

    Parameters
    ----------
    values : (n, k) array
        The columns.
    names : tuple of str
        Their names, as lme4 writes them.
    columns : tuple of Column
        What each is a product of.
    terms : tuple of (str, slice)
        The name of each term but the intercept, and which columns are its own.
    """

    values: Floats
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    terms: tuple[tuple[str, slice], ...]


def matrices(
    parts: dict[str, tuple[Term, ...]], known: dict[Node, Variable], n: int
) -> dict[str, Matrix]:
    """Turn lists of terms into matrices with named columns, all in one call of formulaic.

    Parameters
    ----------
    parts : dict
        The terms of each part of the model, ``"fixed"`` and the random ones; () is the intercept.
    known : dict
        What each factor of the terms stands for.
    n : int
        Number of rows.

    Returns
    -------
    dict
        The columns of each part.
    """
    import pandas as pd
    from formulaic import model_matrix

    index = {factor: k for k, factor in enumerate(known)}
    variables = tuple(known.values())
    _require_few(parts, known)
    for term in {term: None for terms in parts.values() for term in terms}:
        _require_rows(term, known)
    context: dict[str, Any] = {}
    for k, v in enumerate(variables):
        if v.categorical:
            context[f"v{k}"] = pd.Categorical.from_codes(v.values, categories=range(len(v.parts)))
        else:
            context[f"v{k}"] = dict(enumerate(v.values.T)) if v.parts else v.values
    spec = {
        part: "+".join(["1" if () in terms else "0"] + [_keys(t, index) for t in terms if t])
        for part, terms in parts.items()
    }
    made = model_matrix(
        spec, pd.DataFrame(index=range(n)), context=context, output="numpy", na_action="ignore"
    )
    out = {}
    for part, terms in parts.items():
        name = {_keys(term, index): _written(term) for term in terms if term}
        own = made[part].model_spec
        columns = tuple(map(column, own.column_names))
        out[part] = Matrix(
            np.asarray(made[part], dtype=np.float64),
            tuple(written(pieces, variables) for pieces in columns),
            columns,
            tuple((name[str(t)], at) for t, at in own.term_slices.items() if str(t) in name),
        )
    return out


def _require_few(parts: dict[str, tuple[Term, ...]], known: dict[Node, Variable]) -> None:
    """Refuse a formula that makes more columns than can be of use, before they are made."""
    random = [term for part, terms in parts.items() if part != "fixed" for term in terms]
    for terms, kind, most, advice in (
        (parts["fixed"], "fixed", _MOST_FIXED, "a factor with many levels as (1 | factor)"),
        (random, "random", _MOST_RANDOM, "fewer or simpler terms before the bar"),
    ):
        width = sum(np.prod([len(known[f].parts) or 1.0 for f in term]) for term in terms)
        if width > most:
            names = listed(list(dict.fromkeys(map(_written, terms))))
            raise LMMError(
                f"The {kind} terms {names} would make {width:.0f} columns; {most} are the most. "
                f"Write {advice}."
            )


def _require_rows(term: Term, known: dict[Node, Variable]) -> None:
    """Refuse to cross categories of which some combination has no row, and so no effect."""
    crossed = [known[f] for f in term if known[f].categorical]
    seen = np.zeros([len(v.parts) for v in crossed], dtype=bool)
    seen[tuple(v.values for v in crossed)] = True
    if seen.all():
        return
    empty = np.argwhere(~seen)
    cell = " and ".join(f"{v.label} = {v.parts[k]}" for v, k in zip(crossed, empty[0], strict=True))
    more = f" ({len(empty)} combinations have none)" if len(empty) > 1 else ""
    raise LMMError(
        f"No row has {cell}{more}, so {_written(term)} cannot be estimated. Make one column of "
        f"{listed([v.label for v in crossed])} that names the combination of each row, and use it "
        "as a factor in their place; or leave out the interaction."
    )


def _keys(term: Term, index: dict[Node, int]) -> str:
    return ":".join(f"v{index[factor]}" for factor in term)


def _written(term: Term) -> str:
    return ":".join(map(text, term)) or "1"
