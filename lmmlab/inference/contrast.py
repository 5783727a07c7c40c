"""What a test is about: a combination of fixed effects, or several of them together.

A hypothesis is L beta = 0. People write L as the name of an effect, as a list of names or as
weights; here it becomes weights, and gets a name to stand in a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.model.remarks import listed

Contrast = str | Sequence[str] | ArrayLike


def read_contrast(L: Contrast, names: Sequence[str]) -> tuple[Floats, str]:
    """Read L as weights of the fixed effects, (p,) for one combination or (r, p) for several.

    Parameters
    ----------
    L : str, sequence of str, or array
        The name of an effect, names of several (also as an array or Index), or weights.
    names : sequence of str
        Names of the p fixed effects.

    Returns
    -------
    (p,) or (r, p) array
    str
        What to call it.

    Raises
    ------
    LMMError
        If a name is not known, or the weights have another width, are not real and finite, or are
        all zero.

    Examples
    --------
    >>> read_contrast([0, 2, -1], ["(Intercept)", "x", "z"])
    (array([ 0.,  2., -1.]), '2 x - z')
    >>> read_contrast(["x", "z"], ["(Intercept)", "x", "z"])[0].tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    p = len(names)
    if isinstance(L, str):
        return np.eye(p)[_place(names, L)], L
    try:
        given = np.asarray(L, dtype=object)
        named = given.ndim == 1 and given.size and all(isinstance(name, str) for name in given)
        numbers = np.empty(0) if named else given.astype(float)
    except (TypeError, ValueError):
        raise LMMError(
            "L must be the name of a fixed effect, a list of names, or weights: a number for each "
            f"of {p} fixed effects ({listed(names)}), in one row or in several."
        ) from None
    if named:
        chosen = [str(name) for name in given]
        return np.eye(p)[[_place(names, name) for name in chosen]], listed(chosen)
    if numbers.ndim not in (1, 2) or numbers.shape[-1] != p or numbers.size == 0:
        raise LMMError(
            f"L must have a weight for each of {p} fixed effects ({listed(names)}), in one row or "
            f"in several; its shape is {numbers.shape}."
        )
    if not np.isfinite(numbers).all():
        raise LMMError("L has a weight that is not finite. Check how it was computed.")
    if not numbers.any(axis=-1).all():
        raise LMMError(
            "L has a row of zeros, which tests nothing. Give an effect a weight other than zero."
        )
    return numbers, _written(numbers, names)


def require_effects(names: Sequence[str]) -> None:
    """Refuse a model without fixed effects."""
    if not names:
        raise LMMError("The model has no fixed effects, so there is nothing to test.")


def terms_of(design: Design) -> Sequence[tuple[str, Floats]]:
    """Give a hypothesis L beta = 0 for each term of the fixed part; refuse if there is none."""
    if not design.hypotheses:
        raise LMMError(
            "There is no term to test: the fixed part is an intercept alone, or the model was made "
            "from arrays, where columns have no terms. fit.test() tests each fixed effect."
        )
    return design.hypotheses


def _place(names: Sequence[str], name: str) -> int:
    require_effects(names)
    if name not in names:
        near = get_close_matches(name, names, 1, 0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise LMMError(f"The model has no fixed effect {name!r}.{hint} It has {listed(names)}.")
    return list(names).index(name)


def _written(numbers: Floats, names: Sequence[str]) -> str:
    """Write a combination of a few effects out; a longer one, or several, are just L beta."""
    used = np.flatnonzero(numbers).tolist()
    if numbers.ndim == 2 or len(used) > 4:
        return "L beta"
    said = ""
    for k in used:
        size = "" if abs(numbers[k]) == 1.0 else f"{abs(numbers[k]):g} "
        said += f" {'-' if numbers[k] < 0 else '+'} {size}{names[k]}"
    return said[3:] if numbers[used[0]] > 0 else "-" + said[3:]
