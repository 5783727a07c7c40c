"""The words of the levels lab: what is now true, with the numbers in it."""

from __future__ import annotations

from lmmlab.labs import _numbers
from lmmlab.labs.levels.picture import ROLES
from lmmlab.labs.levels.scene import Scene, Slope


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    return tuple(filter(None, (_of_the_data(s), _of_the_fit(s), _of_the_variances(s))))


def _of_the_data(s: Scene) -> str:
    """Say how the two slopes of the data differ."""
    one, many, x = s.story.one, s.story.many, s.story.x
    if s.within is None and s.between is None:
        return "x is the same in every row: there is nothing to compare."
    if s.within is None:
        return (
            f"Each {one} has one value of {x} only, so there is one slope, between {many}: "
            f"{_said(s, s.between)}."
        )
    if s.between is None:
        return (
            f"All {many} have the same average, so there is one slope, within a {one}: "
            f"{_said(s, s.within)}."
        )
    unit = s.story.x_unit.removesuffix("s") or "unit"
    return (
        f"Within a {one}, one {unit} more of {x} goes with {_said(s, s.within)}; between {many}, "
        f"one {unit} more on average goes with {_said(s, s.between)}."
    )


def _of_the_fit(s: Scene) -> str:
    """Say what the fit reports."""
    if not s.slopes:
        return "The fit has no slope to report."
    fit, first = s.controls.fit, s.slopes[0]
    if s.averages_only:
        return (
            f"Only averages are left, and their slope is {_said(s, first)}: what happens within a "
            f"{s.story.one} can no longer be seen."
        )
    if s.within is None or s.between is None:
        if s.within is None and fit != "ols":
            assert first.se is not None
            return (
                "Here nothing is lost by averaging first: the mixed model's slope is that of the "
                f"averages, {_said(s, first)}, with a standard error of {_plain(first.se)}."
            )
        return f"The fit reports {_said(s, first)}."
    if fit == "split":
        return "Each part of x has its own coefficient, so each slope stands for itself."
    if fit == "context":
        return (
            "It is the same fit as with x − own average, but the coefficient of the own average "
            f"now says what it adds at the same x: {_said(s, s.slopes[1])}, "
            f"{_numbers.slope(s.between.value)} less {_numbers.slope(s.within.value)}."
        )
    share = s.weight or 0.0
    kind = "One line through all rows" if fit == "ols" else "The mixed model with raw x"
    return (
        f"{kind} reports {_said(s, first)}: a blend, with {_numbers.percent(share, 0)} of the "
        f"slope between and {_numbers.percent(1.0 - share, 0)} of the slope within."
    )


def _of_the_variances(s: Scene) -> str:
    """Say what estimating does to a model that lacks one of the slopes."""
    c = s.controls
    if c.source == "data" or not s.estimated or c.fit == "ols":
        return ""
    unit = f"\N{NO-BREAK SPACE}{s.story.unit}"
    if c.fit == "raw" and s.within is not None and s.between is not None:
        return (
            f"It finds [τ = {s.tau:.1f}{unit}](parameter:tau0) where the truth is {c.tau:.1f}: "
            "what one slope cannot explain between averages counts as spread of levels."
        )
    return f"It finds [τ = {s.tau:.1f}{unit}](parameter:tau0); the truth is {c.tau:.1f}."


def _said(s: Scene, slope: Slope | None) -> str:
    """Write a slope with its unit in the colour of its kind."""
    assert slope is not None
    unit = f"\N{NO-BREAK SPACE}{s.story.unit}" if s.story.unit else ""
    return f"[{_numbers.slope(slope.value)}{unit}]({ROLES.get(slope.kind, 'model')})"


def _plain(value: float) -> str:
    return _numbers.slope(value).lstrip("+")


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders what the chosen fit finds."""
    c = s.controls
    if c.source == "data":
        return {}
    per = f"in {s.story.unit} per {s.story.x_unit.removesuffix('s')}"
    said = {
        "beta_within": per,
        "beta_between": per,
        "spread_within": f"in {s.story.x_unit}",
        "spread_between": f"in {s.story.x_unit}",
        "tau": f"in {s.story.unit}",
        "sigma": f"in {s.story.unit}",
    }
    if s.estimated and c.fit != "ols":
        said |= {
            "tau": f"in {s.story.unit}; estimate {s.tau:.1f}",
            "sigma": f"in {s.story.unit}; estimate {s.sigma:.1f}",
        }
    return said


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"people": "The study", "nature": "How nature made the data", "fit": "What we fit"}
