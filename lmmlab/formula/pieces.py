"""The pieces of a formula: plain records, their columns, and how R would write them.

`lmmlab.formula.grammar` reads text into these; everything after it works with these alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lmmlab.engine.design import LMMError

#: The functions that may stand in a formula, and the range of each of their options.
FUNCTIONS: dict[str, dict[str, tuple[int, int]]] = {
    "log": {},
    "exp": {},
    "sqrt": {},
    "I": {},
    "C": {},
    "center": {},
    "scale": {},
    "poly": {"degree": (1, 20), "raw": (0, 1)},
    "bs": {"df": (1, 100), "degree": (1, 20)},
}

_SEVERAL_COLUMNS = ("C", "poly", "bs")
BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, ":": 3, "^": 5}
UNARY = 4
NAME = re.compile(r"[^\W\d][\w.]*")


@dataclass(frozen=True)
class Name:
    """A column of the table."""

    name: str


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True)
class Sign:
    """Two pieces of a formula with a sign between them; a leading minus has no left piece."""

    sign: str
    left: Node | None
    right: Node


@dataclass(frozen=True)
class Call:
    """A function of columns, ``poly(x, 2)``; options are whole numbers, TRUE is 1."""

    function: str
    argument: Node
    options: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Bar:
    """A random term: which columns vary between the levels of which group."""

    columns: Node
    group: Node
    correlated: bool


Node = Name | Number | Sign | Call | Bar


def columns(node: Node | None) -> list[str]:
    """List the columns that a piece of a formula uses, in the order in which they stand there."""
    match node:
        case Name(name):
            return [name]
        case Sign(_, left, right):
            return columns(left) + columns(right)
        case Call(_, argument):
            return columns(argument)
    return []


def text(node: Node | None, least: int = 0) -> str:
    """Write a piece of a formula as R would: ``I(x^2)``, ``log(x + 1)``, ``poly(x, 2)``.

    Examples
    --------
    >>> from lmmlab.formula.grammar import read
    >>> text(read("y ~ I( (x+1)^2 )")[1])
    'I((x + 1)^2)'
    """
    match node:
        case Name(name):
            return name if NAME.fullmatch(name) else f"`{name}`"
        case Number(value):
            return short if float(short := f"{value:g}") == value else repr(value)
        case Sign(sign, None, right):
            binds = UNARY
            written = sign + text(right, binds)
        case Sign(sign, left, right):
            binds = BINDS[sign]
            space = "" if sign in "^:" else " "
            first, second = (binds + 1, binds) if sign == "^" else (binds, binds + 1)
            written = f"{text(left, first)}{space}{sign}{space}{text(right, second)}"
        case Call(function, argument, options):
            ranges = list(FUNCTIONS[function])
            extra = [str(v) if k == ranges[0] else f"{k} = {_written(k, v)}" for k, v in options]
            return f"{function}({', '.join([text(argument), *extra])})"
        case Bar(inner, group, correlated):
            return f"({text(inner)} {'|' if correlated else '||'} {text(group)})"
        case None:
            return ""
    return f"({written})" if binds < least else written


def _written(option: str, value: int) -> str:
    return ("FALSE", "TRUE")[value] if option == "raw" else str(value)


def check_arithmetic(node: Node | None, where: str) -> None:
    """Refuse what has no meaning where numbers are computed: crossings, bars, several columns."""
    match node:
        case Sign(":", _, _) | Bar():
            raise LMMError(f"In {where}, {text(node)} is not arithmetic; use + - * / ^ there.")
        case Call(function, _) if function in _SEVERAL_COLUMNS:
            raise LMMError(
                f"{text(node)} cannot stand in {where}: it is more than one column of numbers."
            )
        case Sign(_, left, right):
            check_arithmetic(left, where)
            check_arithmetic(right, where)
