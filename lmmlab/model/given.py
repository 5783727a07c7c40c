"""Rows of groups: those that were fitted, and what rows that are given besides add to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.crossproducts import Crossproducts
from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.engine.rows import Rows
from lmmlab.study.simulate import visits

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit


def rows_of(fit: Fit, known: Ints) -> Crossproducts:
    """Take the conditioned rows of some groups, nothing for those that are new (-1)."""
    cross = fit.cross
    old, pattern = known >= 0, cross.pattern[known]
    return replace(
        cross,
        F=cross.F[:, :, pattern] * old,
        fixed=cross.fixed[:, :, pattern] / np.sqrt(cross.count[pattern]) * old,
        own=cross.own[:, known] * old,
        count=np.ones(len(known)),
        pattern=np.arange(len(known)),
    )


def updated(fit: Fit, seen: Crossproducts, names: list[str], given: Rows) -> Crossproducts:
    """Add rows that are given to those of their groups; rows of other groups are of no use here."""
    if given.y is None or not np.isfinite(given.y).all():
        raise LMMError(
            f"The rows that are given lack a value of {fit.design.response}, which is what they "
            "could tell about their group. Fill it in, or leave these rows out."
        )
    place = {name: u for u, name in enumerate(names)}
    use = [k for k, group in enumerate(given.groups) if group in place]
    group = np.array([place[given.groups[k]] for k in use], dtype=np.intp)
    row = len(seen.F) + visits(group)
    more = np.bincount(group, minlength=1).max()
    F, fixed, own = (
        np.concatenate([part, np.zeros((more, *part.shape[1:]))])
        for part in (seen.F, seen.fixed, seen.own)
    )
    F[row, :, group] = np.linalg.solve(seen.S.T, given.Z[use].T).T
    fixed[row, :, group] = np.linalg.solve(seen.R.T, given.X[use].T).T
    own[row, group] = given.y[use] - given.X[use] @ seen.ols
    return replace(seen, F=F, fixed=fixed, own=own)


def again(fit: Fit, given: Rows) -> str:
    """Say how many of the rows that are given were fitted already."""
    design, [term] = fit.design, fit.design.terms
    old = np.isin(term.levels, given.groups)[term.codes]
    groups = [term.levels[code] for code in term.codes[old]]
    fitted = set(_keys(groups, np.column_stack([design.y, design.X, term.Z])[old]))
    assert given.y is not None  # it was used
    asked = _keys(given.groups, np.column_stack([given.y, given.X, given.Z]))
    if not (twice := sum(key in fitted for key in asked)):
        return ""
    were = "was fitted already and counts" if twice == 1 else "were fitted already and count"
    return (
        f"By all that the model knows of them, {twice} of the rows given {were} twice. Give only "
        "measurements that are new."
    )


def _keys(groups: Sequence[str], numbers: Floats) -> list[tuple[Any, ...]]:
    """Make keys of rows, in which numbers that are equal but for rounding are equal."""
    with np.errstate(over="ignore"):
        rounded = numbers.astype(np.float32).tolist()
    return [(group, *row) for group, row in zip(groups, rounded, strict=True)]
