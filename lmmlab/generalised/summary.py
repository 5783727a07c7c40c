"""The text of a generalised model: that of a linear one, with z, ratios, and what was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lmmlab.meaning.odds import LARGEST
from lmmlab.model.summary import Facts, Grid, as_html, as_text, counted, number, random_effects

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit


def summary(fit: GLMMFit) -> str:
    """Write a fit as plain text."""
    return as_text(_facts(fit))


def html(fit: GLMMFit) -> str:
    """Write a fit as HTML, escaped."""
    return as_html(_facts(fit))


def _facts(fit: GLMMFit) -> Facts:
    counts, family = fit.counts, fit.counts.family
    how = "Laplace's approximation" if fit.nodes == 1 else f"quadrature, {fit.nodes} nodes"
    data = counted(fit.design)
    if counts.event:
        data += f"; the event is {fit.design.response} = {counts.event}"
    elif counts.binomial and not counts.yes_or_no:
        data += f"; {counts.y.sum():.0f} events in {counts.trials.sum():.0f} trials"
    opening = (
        f"Generalised linear mixed model, {family.name} ({family.link} link), by ML ({how})",
        fit.design.formula,
        data,
    )
    closing = [
        f"-2 log likelihood {fit.deviance:.2f}, AIC {fit.aic:.2f}, BIC {fit.bic:.2f}; "
        f"{fit.npar} parameters.",
        fit.message,
    ]
    random = random_effects(fit.design, fit.sd, fit.corr)
    return Facts(opening, (random, *([_fixed(fit)] if fit.names else [])), tuple(closing))


def _fixed(fit: GLMMFit) -> Grid:
    """Tabulate the fixed effects; the ratio of the intercept is the odds or rate itself."""
    ratio = "Odds ratio" if fit.counts.binomial else "Rate ratio"
    rows = []
    for name, b, se in zip(fit.names, fit.beta, fit.se, strict=True):
        beyond = abs(b) > LARGEST  # one unit is so much that there is no ratio
        times = "" if beyond or name == "(Intercept)" else number(np.exp(b), np.exp(b) * se)
        rows.append((name, number(b, se), number(se), f"{b / se:.2f}", times))
    header = ("Effect", "Estimate", "Std. error", "z", ratio)
    return Grid(
        f"Fixed effects: what holds within a group, on the {fit.counts.family.link} scale",
        header,
        tuple(rows),
        1,
    )
