"""The words of the overconfidence lab: what is now true, with the numbers in it."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._numbers import corr, percent
from lmmlab.labs.overconfidence.scene import STUDIES, Scene


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    return tuple(filter(None, (_of_the_rates(s), _of_the_errors(s), _of_the_means(s))))


def _of_the_rates(s: Scene) -> str:
    """Say how often the two analyses miss, with the Monte-Carlo error."""
    (ols, mixed), (ols_error, mixed_error) = s.missed, s.rates.error
    return (
        "A 95\xa0% interval promises to miss the truth in 5\xa0% of studies. If clusters are "
        f"ignored (OLS) it misses in [{percent(ols)} ± {percent(ols_error)}](bad), with the mixed "
        f"model in [{percent(mixed)} ± {percent(mixed_error)}](model). The ± is there because only "
        f"{STUDIES:,} studies were counted."
    )


def _of_the_errors(s: Scene) -> str:
    """Say how far the believed standard error of OLS is off, and why."""
    ratio = float(np.sqrt(s.effect))
    if abs(ratio - 1.0) < 0.005:
        return "The standard errors of OLS are right here."
    off = f"{max(ratio, 1.0 / ratio):.2f} times too {'small' if ratio > 1.0 else 'large'}"
    if s.icc_x > 0.0:
        why = "x is alike within people, so that their trials tell much the same"
    else:
        why = "x is compared within people, and OLS counts their differences as noise"
    return f"The standard errors of OLS are [{off}](bad): {why}."


def _of_the_means(s: Scene) -> str:
    """Say what unequal numbers of trials cost."""
    if s.controls.sizes == "equal":
        return ""
    rows, groups, best = s.means
    return (
        f"The overall mean has {rows / best:.2f} times the smallest possible variance if every "
        f"trial counts the same (OLS), and {groups / best:.2f} times if every person does."
    )


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders what they make, and how often the spread is estimated as 0."""
    zero = int(s.rates.singular[1])
    said = {"sigma": f"ICC of y: {corr(s.icc, 3)}"}
    if s.controls.sizes == "equal":  # elsewhere it is no correlation, and may exceed 1
        said["share"] = f"ICC of x: {corr(s.icc_x)}"
    if zero:
        said["tau0"] = f"estimated as 0 in {zero:,} of {STUDIES:,} studies"
    if s.rates.failures[1]:
        said["method"] = f"{int(s.rates.failures[1])} studies could not be fitted"
    return said


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"nature": "How nature made the data", "fit": "What we fit"}
