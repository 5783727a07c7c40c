"""The text of a fit: what was fitted to what, how much levels differ, what holds on average.

The facts are put together once, as sentences and small tables of text; `summary` sets them in
columns for a terminal and `html` as tables for a notebook. Numbers that come with a standard
error are shown to four digits of it, since the data do not carry more.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lmmlab.engine.design import Design
    from lmmlab.model.fit import Fit
    from lmmlab.model.table import Table

_WIDTH = 88


@dataclass(frozen=True)
class Grid:
    """A table of text: the first `labels` columns are names, the others numbers."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int


@dataclass(frozen=True)
class Facts:
    """What is told of a fit: opening lines, tables, closing sentences; empty ones are left out."""

    opening: tuple[str, ...]
    grids: tuple[Grid, ...]
    closing: tuple[str, ...]


def summary(fit: Fit) -> str:
    """Write a fit as plain text.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> from lmmlab.model.fit import fit
    >>> one = np.ones((6, 1))
    >>> text = summary(fit(grouped([1.0, 3, 5, 7, 9, 11], one, one, list("aabbcc"))))
    >>> print(text[text.index("Random") : text.index("Fixed")].strip())
    Random effects: how much levels differ
      Group     Effect     SD
      group     z0      3.873
      Residual          1.414
    """
    return as_text(_facts(fit))


def html(fit: Fit) -> str:
    """Write a fit as HTML: the facts of `summary`, escaped, in tables without colours of their own.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> from lmmlab.model.fit import fit
    >>> one = np.ones((6, 1))
    >>> text = html(fit(grouped([1.0, 3, 5, 7, 9, 11], one, one, list("aabbcc"))))
    >>> '<tr><th scope="row">Residual</th><td></td><td>1.414</td></tr>' in text
    True
    """
    return as_html(_facts(fit))


def as_text(facts: Facts) -> str:
    """Set facts in columns for a terminal."""
    wrapped = ["\n".join(textwrap.wrap(line, _WIDTH)) for line in facts.closing if line]
    opening = "\n".join(line for line in facts.opening if line)
    return "\n\n".join([opening, *map(_columns, facts.grids), *wrapped])


def as_html(facts: Facts) -> str:
    """Set facts as tables for a notebook, escaped."""
    parts = [
        "<p>" + "<br>".join(escape(line) for line in facts.opening if line) + "</p>",
        *map(_table, facts.grids),
        *(f"<p>{escape(line)}</p>" for line in facts.closing if line),
    ]
    return "\n".join(['<div class="lmmlab-fit">', *parts, "</div>"])


def _facts(fit: Fit) -> Facts:
    """Put together the opening lines, the tables and the closing sentences."""
    method = "REML" if fit.reml else "ML"
    model = "Linear mixed model" if fit.design.terms else "Linear model"
    how = {
        "closed form": f"{model}, fitted by {method} (in closed form)",
        "search": f"{model}, fitted by {method}",
        "given": f"{model} at a theta that was given, {method} criterion",
    }[fit.source]
    data = counted(fit.design)
    if fit.design.weights is not None:
        data += "; rows have known relative precisions (weights)"
    criterion = f"-2 log {'restricted ' if fit.reml else ''}likelihood"
    closing = (
        f"{criterion} {fit.deviance:.2f}, AIC {fit.aic:.2f}, BIC {fit.bic:.2f}; "
        f"{fit.npar} parameters."
    )
    rest = () if fit.design.residual is not None else (("Residual", "", number(fit.sigma)),)
    grids = [random_effects(fit.design, fit.sd, fit.corr, *rest)] if fit.design.terms else []
    grids += [_residual(fit)] if fit.design.residual is not None or not grids else []
    grids += [_fixed(fit)] if fit.names else []
    return Facts((how, fit.design.formula, data), tuple(grids), (closing, fit.message))


def counted(design: Design) -> str:
    """Say how many rows and levels there are, and how many rows were left out."""
    levels = [
        f"{len(term.levels)} {'levels' if term.relation is None else 'related levels'} of "
        f"{term.group}"
        for term in design.terms
    ]
    said = ", ".join([f"{len(design.y)} rows", *levels])
    if dropped := design.dropped:
        are = "row was" if dropped == 1 else "rows were"
        said += f"; {dropped} {are} left out because a value is missing"
    return said


def random_effects(
    design: Design, sds: dict[str, Table], corrs: dict[str, Table], *more: tuple[str, ...]
) -> Grid:
    """Tabulate the sds and correlations of the random effects, and what else varies."""
    rows: list[tuple[str, ...]] = []
    for term in design.terms:
        block = np.repeat(np.arange(len(term.blocks)), term.blocks)
        sd, corr = sds[term.group].values, corrs[term.group].values
        for k, name in enumerate(term.names):
            pairs = [
                number(corr[k, i], 1.0) if block[i] == block[k] else "0 by formula"
                for i in range(k)
            ]
            rows.append((term.group, name, number(sd[k]), *pairs))
    rows += more
    widest = max(design.terms, key=lambda term: len(term.names))
    same = all(term.names == widest.names[: len(term.names)] for term in design.terms)
    others = [
        f"Correlation with {name if same else f'effect {k}'}"
        for k, name in enumerate(widest.names[:-1], start=1)
    ]
    return Grid(
        "Random effects: how much levels differ",
        ("Group", "Effect", "SD", *others),
        tuple(rows),
        2,
    )


def _residual(fit: Fit) -> Grid:
    """Tabulate the residual sd and the structure of residuals."""
    sd = "residual sd"
    if fit.design.residual is not None and (parts := fit.design.residual.variances):
        sd += " of " + " and ".join(f"{part.factor} {part.levels[0]}" for part in parts)
    rows = [(sd, number(fit.sigma))]
    if fit.design.residual is not None:
        estimates = zip(fit.residual.rows, fit.residual.values, strict=True)
        rows += [(name, number(value, 1.0)) for name, value in estimates]
    caption = "Residuals: how much rows vary, and how they are related"
    return Grid(caption, ("", "Estimate"), tuple(rows), 1)


def _fixed(fit: Fit) -> Grid:
    """Tabulate the fixed effects."""
    rows = tuple(
        (name, number(b, se), number(se), f"{b / se:.2f}")
        if np.isfinite(se)
        else (name, "undefined", "undefined", "undefined")
        for name, b, se in zip(fit.names, fit.beta, fit.se, strict=True)
    )
    header = ("Effect", "Estimate", "Std. error", "t")
    return Grid("Fixed effects: what holds on average", header, rows, 1)


def number(x: float, scale: float | None = None) -> str:
    """Write x to four digits of `scale` (of itself, if there is none).

    Examples
    --------
    >>> number(251.405104848, 6.82), number(0.000123456), number(0.0), number(np.nan)
    ('251.405', '0.0001235', '0', 'undefined')
    """
    if not np.isfinite(x):
        return "undefined"
    size = abs(x if scale is None else scale)
    if size == 0.0:
        return f"{x:.4g}"
    decimals = 3 - int(np.floor(np.log10(size)))
    return f"{x:.{max(decimals, 0)}f}" if decimals < 9 else f"{x:.6g}"


def _columns(grid: Grid) -> str:
    """Set a table in columns, numbers with their decimal points below each other."""
    table = [list(row) + [""] * (len(grid.header) - len(row)) for row in grid.rows]
    for k in range(grid.labels, len(grid.header)):
        after = [len(row[k]) - row[k].find(".") if "." in row[k] else 0 for row in table]
        for row, digits in zip(table, after, strict=True):
            if row[k][-1:].isdigit():
                row[k] += " " * (max(after) - digits)
    table.insert(0, list(grid.header))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if k < grid.labels else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    return "\n".join([grid.caption, *("  " + line for line in lines)])


def _table(grid: Grid) -> str:
    """Write a table as HTML."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in grid.header)
    body = ""
    for row in grid.rows:
        cells = list(row) + [""] * (len(grid.header) - len(row))
        marked = [
            f'<th scope="row">{escape(cell)}</th>'
            if cell and k < grid.labels
            else f"<td>{escape(cell)}</td>"
            for k, cell in enumerate(cells)
        ]
        body += f"<tr>{''.join(marked)}</tr>\n"
    return (
        f"<table>\n<caption>{escape(grid.caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
    )
