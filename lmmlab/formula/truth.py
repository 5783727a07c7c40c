"""Reading the truth of a study: fixed effects, spreads and correlations, shapes.

What a user gives is numbers or names; what comes out are arrays that fit the model, or a sentence
that says which numbers are missing, and in which order they belong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lmmlab.engine.design import Design, Floats, LMMError

if TYPE_CHECKING:
    from lmmlab.study.missingness import Dropout
    from lmmlab.study.shape import Shape

_Record = TypeVar("_Record", "Shape", "Dropout")


def record(what: str, kind: type[_Record], given: Any) -> _Record:
    """Make a record of its fields, or of the first alone; or take one that is made already."""
    if isinstance(given, kind):
        return given
    try:
        return kind(*([given] if isinstance(given, str) else given))
    except TypeError:
        raise LMMError(
            f"{what} is {given!r}; give a name, or a name and a number in parentheses."
        ) from None


def _numbers(values: Any) -> Floats:
    """Make an array of what consists of real numbers; NaN of anything else."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        return np.array(np.nan)
    return array.astype(np.float64) if array.dtype.kind in "iuf" else np.array(np.nan)


def _listed(value: Any) -> Any:
    """Put one number, or what stands in its place, into a list."""
    return value if np.iterable(value) and not isinstance(value, str) else [value]


def vector(what: str, values: Any, names: tuple[str, ...], kind: str) -> Floats:
    """Read one number for each effect."""
    read = _numbers(values)
    if read.shape != (len(names),) or not np.isfinite(read).all():
        has = f"{what} is {values!r}, but the model has"
        if not names:
            raise LMMError(f"{has} no {kind} effects; leave {what} out.")
        many = "s" * (len(names) > 1)
        raise LMMError(
            f"{has} {len(names)} {kind} effect{many}, {', '.join(names)}; give a list of one "
            f"number{' for each, in this order' * bool(many)}."
        )
    return read


def spreads(sd: Any, made: Design) -> Floats:
    """Read the standard deviations of all random effects, in order or by the name of their group.

    `made` has the model's terms, the one with most levels first, but lines of relatives last.
    """
    if not isinstance(sd, Mapping):
        levels = [len(term.levels) for term in made.terms]
        if levels != sorted(levels, reverse=True):  # lines of relatives stand last
            groups = ", ".join(f'"{term.group}": ...' for term in made.terms)
            raise LMMError(f"Say whose the standard deviations are: sd={{{groups}}}.")
        return vector("sd", sd, effects(made), "random")
    given = {frozenset(str(group).split(":")): value for group, value in sd.items()}
    own = [frozenset(term.group.split(":")) for term in made.terms]
    if len(given) < len(sd) or set(given) != set(own):
        raise LMMError(
            f"sd is {sd!r}, and the groups of the model are "
            f"{', '.join(term.group for term in made.terms)}; give the standard deviations of each."
        )
    return np.concatenate(
        [
            vector(f"sd of {term.group}", _listed(given[key]), term.names, "random")
            for key, term in zip(own, made.terms, strict=True)
        ]
    )


def effects(made: Design) -> tuple[str, ...]:
    """Name all random effects, with their group where there are several."""
    if len(made.terms) == 1:
        return made.terms[0].names
    return tuple(f"{name} by {term.group}" for term in made.terms for name in term.names)


def correlations(corr: Any, made: Design) -> Floats:
    """Spread a correlation over the blocks of G; between blocks the formula says zero."""
    if not made.terms:
        if np.any(_numbers(corr) != 0.0):
            raise LMMError(f"corr is {corr!r}, but the model has no random effects; leave it out.")
        return np.empty((0, 0))
    names, blocks, term = effects(made), made.blocks, made.terms[0]
    q = len(names)
    block = np.repeat(np.arange(len(blocks)), blocks)
    inside = block[:, None] == block
    given = _numbers(corr)
    if given.shape not in ((), (q, q)) or not np.isfinite(given).all():
        raise LMMError(
            f"corr must be a number or a {q} x {q} matrix, for {', '.join(names)}; this is "
            f"{corr!r}."
        )
    matrix = np.broadcast_to(given, (q, q))
    between = matrix[~inside] if given.shape else matrix[:1, 0] * (max(blocks) == 1)
    if between.any() and all(len(term.names) == 1 for term in made.terms):
        raise LMMError(
            f"corr is {corr!r}, but only one effect varies between levels of "
            f"{' and of '.join(term.group for term in made.terms)}, so there is nothing to "
            "correlate; leave corr out."
        )
    if between.any():
        raise LMMError(
            f"corr is {corr!r}, but by the formula some of the random effects "
            f"{', '.join(names)} are not correlated; make that correlation 0, or write "
            f"(x | {term.group}) with one bar."
        )
    return matrix * inside


def related(made: Design, values: Any) -> Floats:
    """Read the true parameters of the residual structure, and give their coordinates."""
    if made.residual is None:
        if values is not None:
            raise LMMError(
                f"values is {values!r}, but the residuals are independent; say how they are "
                'related, such as residual=ar1("t", "id").'
            )
        return np.empty(0)
    if values is None:
        raise LMMError(
            f"Give values= the true parameters of {made.residual.formula}: "
            f"{'; '.join(made.residual.names)}."
        )
    read = np.atleast_1d(_numbers(values))
    if not np.isfinite(read).all():
        raise LMMError(
            f"values is {values!r}; give one number for each of: {'; '.join(made.residual.names)}."
        )
    return made.residual.coordinates(read)
