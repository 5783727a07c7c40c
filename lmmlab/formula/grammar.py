"""What may be written in a formula: lme4's notation, read by a grammar of our own.

Pages are shown to strangers, and libraries for formulas evaluate Python. So a formula is first
read here, character by character, into a few plain records, and only what this file can name goes
further: columns, numbers, ``+ - * / : ^ ( ) |`` and the functions in `FUNCTIONS`. The text that a
user wrote is never handed on to anything that could run it.

Notes
-----
The notation is that of Wilkinson and Rogers (1973) for the ordinary terms, and that of Bates,
Maechler, Bolker and Walker (2015, section 2.1 and table 2) for the terms with a bar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

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
_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, ":": 3, "^": 5}
_UNARY = 4
_MOST_TOKENS = 300  # also keeps the recursion far from its limit
_TRUTH = {"TRUE": 1, "True": 1, "FALSE": 0, "False": 0}
_NAME = re.compile(r"[^\W\d][\w.]*")
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    rf"|(?P<name>{_NAME.pattern})"
    r"|`(?P<quoted>[^`\\\n]+)`"
    r"|(?P<sign>\|\||\*\*|[-+*/:^()|~,=])"
)


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


def read(formula: str) -> tuple[Node, Node]:
    """Read a formula into its response and its right-hand side.

    Raises
    ------
    LMMError
        If a piece cannot be read, naming it.

    Examples
    --------
    >>> read("y ~ x")
    (Name(name='y'), Name(name='x'))
    """
    if not isinstance(formula, str):
        raise LMMError(
            f"The formula is a {type(formula).__name__}, but must be text, such as "
            '"Reaction ~ Days + (Days | Subject)".'
        )
    response, right = _Reader(formula).sides()
    check_arithmetic(response, "the response")
    return response, right


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
    >>> text(read("y ~ I( (x+1)^2 )")[1])
    'I((x + 1)^2)'
    """
    match node:
        case Name(name):
            return name if _NAME.fullmatch(name) else f"`{name}`"
        case Number(value):
            return short if float(short := f"{value:g}") == value else repr(value)
        case Sign(sign, None, right):
            binds = _UNARY
            written = sign + text(right, binds)
        case Sign(sign, left, right):
            binds = _BINDS[sign]
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


class _Reader:
    """Reads a formula from left to right, by precedence climbing."""

    def __init__(self, formula: str):
        self.formula = formula
        self.tokens: list[tuple[str, str, int]] = []
        at, end = 0, len(formula.rstrip())
        while at < end:
            if formula[at].isspace():
                at += 1
                continue
            match = _TOKEN.match(formula, at)
            if match is None:
                allowed = ", ".join(FUNCTIONS)
                self.fail(
                    at,
                    "only column names (odd ones in backticks), numbers, + - * / : ^ ( ) | "
                    f"and the functions {allowed} may stand in a formula",
                )
            kind = str(match.lastgroup)
            token = "^" if match[0] == "**" else match[kind]
            self.tokens.append((kind, token, at))
            at = match.end()
        self.tokens.append(("end", "", end))
        if len(self.tokens) > _MOST_TOKENS:
            raise LMMError(
                f"The formula has more than {_MOST_TOKENS} names and signs; write it shorter."
            )
        self.at = 0

    def fail(self, at: int, why: str) -> NoReturn:
        piece = self.formula[at : at + 20].split("\n")[0].strip()
        where = f'at "{piece}"' if piece else "at its end"
        raise LMMError(f"The formula cannot be read {where}: {why}.")

    def peek(self) -> str:
        kind, token, _ = self.tokens[self.at]
        return token if kind == "sign" else ""

    def take(self) -> tuple[str, str, int]:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def sides(self) -> tuple[Node, Node]:
        """Read ``response ~ terms``."""
        if ("sign", "~") not in [token[:2] for token in self.tokens]:
            self.fail(0, "there is no ~; write response ~ predictors + (1 | group)")
        if self.peek() == "~":
            self.fail(0, "there is no response before the ~")
        left = self.expression()
        if self.peek() != "~":
            self.stop()
        self.take()
        right = self.expression()
        if self.tokens[self.at][0] != "end":
            self.stop()
        return left, right

    def stop(self) -> NoReturn:
        """Say what is wrong with a token that should not come here."""
        kind, token, at = self.tokens[self.at]
        if token in ("|", "||"):
            after = self.tokens[self.at + 1]
            group = after[1] if after[0] == "name" else "Subject"
            self.fail(at, f"put parentheses round the random term, such as (1 | {group})")
        if token == ")":
            self.fail(at, "this parenthesis was never opened")
        if token == "~":
            self.fail(at, "a formula has one ~, between the response and what explains it")
        if kind == "end":
            self.fail(at, "a parenthesis is open")
        self.fail(at, "a sign such as + is missing before it, or it does not belong here")

    def close(self) -> None:
        if self.peek() != ")":
            at = self.tokens[self.at][2]
            if self.peek() in ("|", "||"):
                self.fail(at, "a random term has one bar and one group, such as (1 | Subject)")
            self.stop()
        self.take()

    def expression(self, least: int = 1) -> Node:
        left = self.operand()
        while _BINDS.get(sign := self.peek(), 0) >= least:
            self.take()
            left = Sign(sign, left, self.expression(_BINDS[sign] + (sign != "^")))
        return left

    def operand(self) -> Node:
        kind, token, at = self.take()
        if kind == "number":
            return Number(float(token))
        if kind == "quoted":
            return Name(token)
        if kind == "name":
            return self.call(token, at) if self.peek() == "(" else Name(token)
        if token in ("+", "-"):
            return Sign(token, None, self.expression(_UNARY))
        if token == "(":
            inner = self.expression()
            if self.peek() in ("|", "||"):
                bar = self.take()[1]
                inner = Bar(inner, self.expression(), bar == "|")
            self.close()
            return inner
        if token in ("|", "||"):
            self.fail(at, "something must stand on both sides of the bar, such as (1 | Subject)")
        self.fail(at, "a column, a number or a term is missing here")

    def call(self, function: str, at: int) -> Node:
        if function not in FUNCTIONS:
            advice = f"these may: {', '.join(FUNCTIONS)}"
            if function in ("factor", "as.factor"):
                advice = "write C(x) to make categories of a column x of numbers"
            self.fail(at, f"{function} is not a function that may stand in a formula; {advice}")
        self.take()
        argument = self.expression()
        check_arithmetic(argument, f"{function}()")
        if function == "C" and not isinstance(argument, Name):
            self.fail(at, "C() takes one column, C(x)")
        ranges = FUNCTIONS[function]
        options: dict[str, int] = {}
        while self.peek() == ",":
            place = self.take()[2]
            name = next(iter(ranges), "")
            if self.tokens[self.at][0] == "name" and self.tokens[self.at + 1][1] == "=":
                name = self.take()[1]
                self.take()
            if name not in ranges or name in options:
                known = " and ".join(ranges) or "no options"
                self.fail(place, f"{function}() takes one column and {known}")
            token = self.take()[1]
            low, high = ranges[name]
            value = _TRUTH.get(token, -1) if (low, high) == (0, 1) else _whole(token)
            if not low <= value <= high:
                wanted = "TRUE or FALSE" if high == 1 else f"a whole number from {low} to {high}"
                self.fail(place, f"{name} must be {wanted}")
            options[name] = value
        self.close()
        if function == "bs" and options.get("df", 99) < options.get("degree", 3):
            self.fail(at, "bs() needs df of at least its degree, which is 3 unless given")
        return Call(function, argument, tuple((k, options[k]) for k in ranges if k in options))


def _written(option: str, value: int) -> str:
    return ("FALSE", "TRUE")[value] if option == "raw" else str(value)


def _whole(token: str) -> int:
    return int(token) if re.fullmatch(r"[0-9]{1,9}", token) else -1


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
