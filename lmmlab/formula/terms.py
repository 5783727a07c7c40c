"""The terms of a model: what a formula means once its shorthand is written out.

``a * b`` is ``a + b + a:b``, ``(a + b)^2`` crosses two at a time, ``a - b`` takes away, and every
side has an intercept until it is removed. This file turns what the grammar has read into a list
of terms for the fixed part and one for each random term, in R's order.
"""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.engine.design import LMMError
from lmmlab.formula.grammar import read
from lmmlab.formula.pieces import Bar, Call, Name, Node, Number, Sign, columns, text

Term = tuple[Node, ...]  #: the factors whose product is one term; () is the intercept
_Terms = dict[frozenset[Node], Term]
_MOST_TERMS = 200


@dataclass(frozen=True)
class Random:
    """One random term: `terms` vary between the levels of the columns in `group`, crossed."""

    terms: tuple[Term, ...]
    group: tuple[str, ...]
    correlated: bool


@dataclass(frozen=True)
class Model:
    """A formula that has been read: what is explained, by what, and what varies between groups."""

    response: Node
    fixed: tuple[Term, ...]
    random: tuple[Random, ...]

    @property
    def factors(self) -> list[Node]:
        """The factors of all terms on the right-hand side."""
        sides = (self.fixed, *(part.terms for part in self.random))
        return list(dict.fromkeys(f for terms in sides for term in terms for f in term))

    @property
    def predictors(self) -> list[str]:
        """The columns on the right-hand side, the grouping columns last."""
        used = [name for factor in self.factors for name in columns(factor)]
        return list(dict.fromkeys(used + [name for part in self.random for name in part.group]))


def parse(formula: str, grouped: bool = True) -> Model:
    """Read a formula in lme4's notation; it must have a random term if it is to be `grouped`.

    Raises
    ------
    LMMError
        If a piece cannot be read, naming it.

    Examples
    --------
    >>> model = parse("Reaction ~ Days + (Days | Subject)")
    >>> model.response, model.fixed
    (Name(name='Reaction'), ((), (Name(name='Days'),)))
    >>> model.random
    (Random(terms=((), (Name(name='Days'),)), group=('Subject',), correlated=True),)
    >>> [":".join(map(text, term)) for term in parse("y ~ a:b + c * a + (1 | g)").fixed]
    ['', 'c', 'a', 'a:b', 'a:c']
    """
    response, right = read(formula)
    bars: list[Bar] = []
    fixed = _terms(right, bars)
    random = tuple(part for bar in bars for part in _random(bar))
    if grouped and not random:
        raise LMMError(
            f'The formula "{formula.strip()}" has no grouping term. Say what is grouped by what: '
            "put a random term in parentheses, such as (1 | Subject). Without one, say how "
            'residuals are related: lmm(..., residual=ar1("t", "id")).'
        )
    model = Model(response, fixed, random)
    explained = columns(response) if isinstance(response, Name) else []
    if response in model.factors or set(explained) & set(model.predictors):
        raise LMMError(
            f"The response {text(response)} also stands on the right-hand side, but it cannot "
            "explain itself; take it out there."
        )
    return model


def _terms(node: Node, bars: list[Bar] | None) -> tuple[Term, ...]:
    """List the terms of one side in R's order: the intercept, main effects, interactions.

    The factors of an interaction stand in the order in which they first appear on this side, be it
    in a term that is taken away (R's rule).
    """
    found: _Terms = {frozenset(): ()}
    _collect(node, found, True, bars)
    order = list(dict.fromkeys(_factors(node)))
    return tuple(tuple(sorted(t, key=order.index)) for t in sorted(found.values(), key=len))


def _factors(node: Node | None) -> list[Node]:
    """List the factors of one side from left to right; those of random terms are not of it."""
    match node:
        case Name() | Call():
            return [node]
        case Sign(_, left, right):
            return _factors(left) + _factors(right)
    return []


def _collect(node: Node, found: _Terms, add: bool, bars: list[Bar] | None = None) -> None:
    """Add the terms of `node` to those found, or take them away; random terms go to `bars`."""
    match node:
        case Sign("+" | "-" as sign, left, right):
            if left is not None:
                _collect(left, found, add, bars)
            _collect(right, found, add == (sign == "+"), bars if sign == "+" else None)
        case Number(value) if value in (0, 1):
            if add == (value == 1):
                found[frozenset()] = ()
            else:
                found.pop(frozenset(), None)
        case Number():
            raise LMMError(
                f"The number {text(node)} cannot be a term, only 0 and 1 can. For arithmetic "
                "write I(), such as I(2 * x)."
            )
        case Bar():
            if bars is None:
                raise LMMError(
                    f"The random term {text(node)} can only be added: + {text(node)} at the end "
                    "of the formula."
                )
            bars.append(node)
        case Name() | Call():
            _update(found, {frozenset([node]): (node,)}, add)
        case Sign(sign, left, right):
            _update(found, _product(sign, left, right), add)


def _update(found: _Terms, terms: _Terms, add: bool) -> None:
    for key, term in terms.items():
        if add:
            found.setdefault(key, term)
        else:
            found.pop(key, None)
    if len(found) > _MOST_TERMS:
        raise LMMError(
            f"The formula makes more than {_MOST_TERMS} terms; leave out the interactions that "
            "are of no interest."
        )


def _product(sign: str, left: Node | None, right: Node) -> _Terms:
    """Expand ``a:b``, ``a * b``, ``a / b`` and ``(a + b)^2``."""
    a: _Terms = {}
    b: _Terms = {}
    assert left is not None  # only + and - have a form without a left piece
    _collect(left, a, True)
    if sign == "^":
        if not (isinstance(right, Number) and right.value in range(1, 11)):
            raise LMMError(
                f"In {text(Sign(sign, left, right))} the power must be a whole number from 1 to "
                "10, the largest number of columns to cross. For arithmetic write I(x^2)."
            )
        if len(a) == 1:
            raise LMMError(
                f"In a formula {text(Sign(sign, left, right))} would cross {text(left)} with "
                f"itself, which is {text(left)} again. For the power itself write "
                f"I({text(Sign(sign, left, right))})."
            )
        out = dict(a)
        for _ in range(int(right.value) - 1):
            out = _crossed(out, a)
        return out
    _collect(right, b, True)
    if sign == ":":
        return _crossed(a, b)
    if sign == "*":
        return a | b | _crossed(a, b)
    whole = tuple(dict.fromkeys(factor for term in a.values() for factor in term))
    return a | _crossed({frozenset(whole): whole}, b)


def _crossed(a: _Terms, b: _Terms) -> _Terms:
    out: _Terms = {}
    for s in a.values():
        for t in b.values():
            _update(out, {frozenset(s + t): tuple(dict.fromkeys(s + t))}, True)
    return out


def _random(bar: Bar) -> list[Random]:
    """Give the random terms of one bar; ``a/b`` stands for two, b:a and a."""
    terms = _terms(bar.columns, None)
    if not terms:
        raise LMMError(
            f"In {text(bar)} nothing is left before the bar; write (1 | group) for an intercept "
            "for every group, (x | group) for a slope too."
        )
    return [Random(terms, group, bar.correlated) for group in _groups(bar, bar.group)]


def _groups(bar: Bar, node: Node | None) -> list[tuple[str, ...]]:
    """List the grouping factors of a bar, each as its columns, the finest first (lme4's names)."""
    match node:
        case Name(name):
            return [(name,)]
        case Sign(":" | "/" as sign, left, right):
            (inner, *odd), (outer, *rest) = _groups(bar, right), _groups(bar, left)
            if odd or (rest and sign == ":"):
                raise LMMError(f"{text(bar)} cannot be read. Write a bar for each of its groups.")
            group = (*outer, *inner) if sign == ":" else (*inner, *outer)
            if len(set(group)) < len(group):
                raise LMMError(
                    f"In {text(bar)} a group is combined with itself, which makes no new groups. "
                    "Name each column once."
                )
            return [group] if sign == ":" else [group, outer, *rest]
    raise LMMError(
        f"In {text(bar)} the group after the bar must be a column, a:b for the combinations of "
        "two, or a/b for a and, within it, b."
    )
