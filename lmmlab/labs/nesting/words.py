"""The words of the nesting lab: who is alike, what the fit says, and whether it may be believed."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._effects import answer, verdict
from lmmlab.labs._numbers import corr, decimal, number
from lmmlab.labs.nesting.scene import LEVELS, Scene


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    return tuple(filter(None, (_of_the_rows(s), _of_the_effect(s), _of_the_error(s), _of_it(s))))


def _of_the_rows(s: Scene) -> str:
    """Say how alike rows are, and what they are worth."""
    (one, _), (group, groups), (_, rows) = s.story.names
    return (
        f"Two {rows} of one {group} correlate [{corr(s.same[1])}](truth), two of different "
        f"{groups} of one {one} [{corr(s.same[0])}](truth): about the average these "
        f"{number(len(s.y))} {rows} say as much as [{number(s.worth)} independent ones](truth)."
    )


def _of_the_effect(s: Scene) -> str:
    """Say what the effect is estimated to be, and what it is."""
    return answer(s.said, s.asked, "effect of the treatment", s.story.unit, 1)


def _of_the_error(s: Scene) -> str:
    """Say whether the stated error can be believed."""
    return "" if s.said is None else verdict(s.said, 1)


def _of_it(s: Scene) -> str:
    """Say where the spread of a level has gone that the fit does not know, or that it is at 0."""
    if s.said is None:
        return ""
    names = [many for _, many in s.story.names]
    left = [k for k, level in enumerate(("top", "middle")) if level not in LEVELS[s.controls.fit]]
    if left:
        gone = " and ".join(names[k] for k in left)
        seen = " and ".join(
            f"[{decimal(float(s.found[k]), 1)}](model) for {names[k]} (truth "
            f"[{decimal(float(s.sds[k]), 1)}](truth))"
            for k in range(3)
            if k not in left
        )
        return f"The fit does not know the {gone}. It takes their spread for another: {seen}."
    if s.singular:
        zero = [
            name for name, sd in zip(names, s.found[:2], strict=False) if sd < 1e-4 * s.found[2]
        ]
        return f"The fit is singular: the spread of {' and '.join(zero)} is estimated as 0."
    return ""


def equation(s: Scene) -> str:
    """Write the model out in the words of the story."""
    (_, many), (_, groups), _ = s.story.names
    return (
        "row = [β₀](parameter:beta) + [β₁](parameter:beta)·treated + "
        f"[{many}, sd τ₂](parameter:tau2) + [{groups} in them, sd τ₀](parameter:tau0) + "
        "[noise, sd σ](parameter:sigma)"
    )


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders what a level is called, and the estimate."""
    names = [many for _, many in s.story.names]
    told = dict(zip(("top", "middle", "rows"), names, strict=True))
    told |= {"beta0": s.story.unit, "beta1": s.story.unit}
    for name, many, found in zip(("tau2", "tau0", "sigma"), names, s.found, strict=True):
        estimate = f"estimate: {decimal(float(found), 2)}" if np.isfinite(found) else "left out"
        told[name] = f"{many}, {s.story.unit}; {estimate}"
    return told


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {
        "study": "The study",
        "nature": "How nature made the data",
        "fit": "What we fit",
    }
