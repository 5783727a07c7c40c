"""The words of the implied covariance lab: what is now true, with the numbers in it."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._numbers import corr, decimal
from lmmlab.labs.implied_covariance.picture import ROLES, told_by
from lmmlab.labs.implied_covariance.scene import Scene, extremes


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    return tuple(filter(None, (_of_the_cell(s), _of_the_pairs(s), _of_the_fit(s), _of_shares(s))))


def _pair(s: Scene, j: int, k: int) -> str:
    return f"{s.story.time}s {s.times[j]:g} and {s.times[k]:g}"


def _of_the_cell(s: Scene) -> str:
    """Take the chosen cell apart, as far as V is built."""
    j, k = s.pair
    names = ("own starts", "how starts and slopes go together", "own slopes", "noise")
    within = {0} if s.alike else {0, 1, 2}
    within |= {3} if j == k else set()
    parts = [
        f"[{decimal(value, s.story.digits)}]({role}) from {name}"
        for i, (value, role, name) in enumerate(zip(s.parts.tolist(), ROLES, names, strict=True))
        if i in within and np.isfinite(value)
    ]
    said = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    total = f"[{decimal(float(s.shown[j, k]), s.story.digits)}]({told_by(s)})"
    so_far = "" if s.controls.layers == "noise" else "so far "
    if s.controls.layers == "starts":
        return f"With own starts alone, every two visits share the same {total}: {said}."
    if j == k:
        return f"The variance at {s.story.time} {s.times[j]:g} is {so_far}{total}: {said}."
    return f"The visits at {_pair(s, j, k)} have {so_far}a covariance of {total}: {said}."


def _of_the_pairs(s: Scene) -> str:
    """Say how pairs of visits correlate: the chosen one, and from which to which."""
    j, k = s.pair
    table = s.truth.correlation
    found = extremes(table)
    if found is None:
        return "No correlation is defined here, because nothing varies."
    (low, least), (high, most) = found
    if s.alike:
        return (
            f"Every pair correlates [{corr(most)}]({told_by(s)}): beside its diagonal V has one "
            "colour. This is called compound symmetry."
        )
    span = f"from {corr(least)} ({_pair(s, *low)}) to {corr(most)} ({_pair(s, *high)})"
    if j == k:
        return f"Over all pairs, correlations go {span}."
    if np.isnan(table[j, k]):
        return f"Their correlation is not defined; over the other pairs it goes {span}."
    return f"They correlate [{corr(table[j, k])}]({told_by(s)}); over all pairs that goes {span}."


def _of_the_fit(s: Scene) -> str:
    """Say what the fit, or the people, make of the chosen pair."""
    if s.fitted is None:
        return ""
    j, k = s.pair
    many = f"{len(s.people.levels)} {s.story.people}"
    kind, value = s.controls.fit, s.fitted.correlation[j, k]
    if kind == "starts":
        most = extremes(s.fitted.correlation)
        every = corr(most[1][1]) if most else "nothing"
        return (
            f"A model with own starts only, fitted to the {many}, says [{every}](model) for every "
            "pair."
        )
    if j == k or np.isnan(value):
        return ""
    if kind == "pairs":
        return f"Without any model, this pair correlates {corr(value)} in the {many}."
    return f"The model fitted to the {many} says [{corr(value)}](model) for this pair."


def _of_shares(s: Scene) -> str:
    """Say which share of the variance lies between people, and whether that is one number."""
    share = s.truth.share
    assert share is not None
    first, last = float(share[0]), float(share[-1])
    if not np.isfinite([first, last]).all():
        return ""
    if s.alike:
        return (
            f"The share of variance between people is {corr(first)} at every {s.story.time}: the "
            "ICC."
        )
    return (
        f"The share of variance between people is {corr(first)} at {s.story.time} 0 and "
        f"{corr(last)} at {s.story.time} {s.times[-1]:g}: there is no single ICC."
    )


def notes(s: Scene) -> dict[str, str]:
    """Say under some sliders what they amount to."""
    c, last = s.controls, float(s.times[-1])
    both = decimal(c.rho * c.tau0 * c.tau1, 2, signed=True)
    told = {
        "tau0": f"τ₀² = {decimal(c.tau0**2, 1)}",
        "tau1": f"{decimal(c.tau1 * last, 1)} {s.story.unit} in {last:g} {s.story.time}s; "
        f"τ₁² = {decimal(c.tau1**2, 2)}",
        "rho": f"τ₀₁ = {both}",
        "sigma": f"σ² = {decimal(c.sigma**2, 1)}",
    }
    return told


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    nature = "What the model assumes" if s.story.real else "How nature made the data"
    return {"people": "The people", "nature": nature}
