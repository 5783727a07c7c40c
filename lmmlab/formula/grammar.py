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
from typing import NoReturn

from lmmlab.engine.design import LMMError
from lmmlab.formula.pieces import (
    BINDS,
    FUNCTIONS,
    NAME,
    UNARY,
    Bar,
    Call,
    Name,
    Node,
    Number,
    Sign,
    check_arithmetic,
)

_MOST_TOKENS = 300  # also keeps the recursion far from its limit
_TRUTH = {"TRUE": 1, "True": 1, "FALSE": 0, "False": 0}
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    rf"|(?P<name>{NAME.pattern})"
    r"|`(?P<quoted>[^`\\\n]+)`"
    r"|(?P<sign>\|\||\*\*|[-+*/:^()|~,=])"
)


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
        while BINDS.get(sign := self.peek(), 0) >= least:
            self.take()
            left = Sign(sign, left, self.expression(BINDS[sign] + (sign != "^")))
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
            return Sign(token, None, self.expression(UNARY))
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
            elif function == "cbind":
                advice = "for events out of trials write events / trials ~ ..., in glmm()"
            elif function == "offset":
                advice = 'name the column outside, as in glmm(..., offset="x")'
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


def _whole(token: str) -> int:
    return int(token) if re.fullmatch(r"[0-9]{1,9}", token) else -1
