"""The columns of a model: from terms and rows to matrices with names.

What a user can name has been computed before formulaic is called. It gets variables called
``v0``, ``v1``, ... and formulas of these alone, and does what it does best: it codes categories so
that no column is redundant (treatment coding, the first level is the reference).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.engine.remarks import listed
from lmmlab.formula.grammar import Call, Name, Node, text
from lmmlab.formula.table import check_finite, is_numeric, levels, numbers
from lmmlab.formula.terms import Term

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


def variable(node: Node, rows: pd.DataFrame) -> Variable:
    """Find out what one factor of a term stands for in the rows that are used."""
    label = text(node)
    match node:
        case Call("C", Name(name)):
            return _factor(label, name, rows)
        case Name(name) if not is_numeric(name, rows):
            return _factor(label, name, rows)
        case Call("poly" | "bs", argument):
            x = np.broadcast_to(numbers(argument, rows), len(rows))
            values = _basis(node, x)
            values = check_finite(values, node, rows)
            if values.shape[1] > 1:
                return Variable(label, values, tuple(str(k + 1) for k in range(values.shape[1])))
            return Variable(label, values[:, 0])  # R numbers the columns where there are several
    return Variable(label, np.broadcast_to(numbers(node, rows), len(rows)))


def _factor(label: str, name: str, rows: pd.DataFrame) -> Variable:
    codes, found = levels(rows[name])
    if len(found) < 2:
        raise LMMError(
            f"{name} has only one level, {found[0]}, in the {len(rows)} rows that are used, so it "
            "explains nothing; take it out of the formula."
        )
    return Variable(label, codes, found, categorical=True)


def _basis(node: Call, x: Floats) -> Floats:
    """Compute the columns of poly() or bs(), by formulaic's own functions."""
    from formulaic.transforms import basis_spline, poly

    options = dict(node.options)
    degree = options.get("degree", 1 if node.function == "poly" else 3)
    if degree >= (distinct := len(np.unique(x))):
        raise LMMError(
            f"{text(node)} has degree {degree}, but {text(node.argument)} has only {distinct} "
            "different values; the degree must be smaller."
        )
    with np.errstate(all="ignore"):
        if node.function == "poly":
            return np.array(poly(x, degree=degree, raw=bool(options.get("raw"))))
        basis = basis_spline(x, df=options.get("df", degree), degree=degree)
    return np.column_stack(list(basis.values()))


def matrices(
    parts: dict[str, tuple[Term, ...]], rows: pd.DataFrame
) -> dict[str, tuple[Floats, tuple[str, ...]]]:
    """Turn lists of terms into matrices with named columns, all in one call of formulaic.

    Parameters
    ----------
    parts : dict
        The terms of each part of the model, ``"fixed"`` and the random ones; () is the intercept.
    rows : DataFrame
        The complete rows.

    Returns
    -------
    dict
        For each part an (n, k) array and the k names, as lme4 writes them.
    """
    import pandas as pd
    from formulaic import model_matrix

    factors = list(dict.fromkeys(f for terms in parts.values() for term in terms for f in term))
    known = [variable(factor, rows) for factor in factors]
    index = {factor: k for k, factor in enumerate(factors)}
    by_factor = dict(zip(factors, known, strict=True))
    _require_few(parts, by_factor)
    for term in {term: None for terms in parts.values() for term in terms}:
        _require_rows(term, by_factor)
    context: dict[str, Any] = {}
    for k, v in enumerate(known):
        if v.categorical:
            context[f"v{k}"] = pd.Categorical.from_codes(v.values, categories=range(len(v.parts)))
        else:
            context[f"v{k}"] = dict(enumerate(v.values.T)) if v.parts else v.values
    spec = {
        part: "+".join(["1" if () in terms else "0"] + [_keys(t, index) for t in terms if t])
        for part, terms in parts.items()
    }
    made = model_matrix(
        spec,
        pd.DataFrame(index=range(len(rows))),
        context=context,
        output="numpy",
        na_action="ignore",
    )

    def name(column: str) -> str:
        if column == "Intercept":
            return "(Intercept)"
        return re.sub(r"v([0-9]+)(?:\[(?:T\.)?([0-9]+)\])?", _lme4_name, column)

    def _lme4_name(match: re.Match[str]) -> str:
        v = known[int(match[1])]
        return v.label + (v.parts[int(match[2])] if match[2] else "")

    return {
        part: (
            np.asarray(made[part], dtype=np.float64),
            tuple(map(name, made[part].model_spec.column_names)),
        )
        for part in parts
    }


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
