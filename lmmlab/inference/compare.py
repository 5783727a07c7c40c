"""Comparing models of the same data: likelihood-ratio tests, AIC and BIC.

Three things are decided here. Which criterion: REML compares models with one and the same fixed
part only, so others are fitted again by ML. Whether a model is nested in another: by the spaces
that its columns span, not by its name. And which null distribution holds: a variance cannot be
negative, so a model without it lies on the boundary of the model with it, and chi-square with as
many degrees of freedom as there are parameters is too strict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from lmmlab.engine.covariance import slices
from lmmlab.engine.crossproducts import independent
from lmmlab.engine.design import Floats, LMMError
from lmmlab.generalised.comparison import likelihoods
from lmmlab.inference.boundary import mixture, shares
from lmmlab.inference.candidate import (
    NONE,
    Likelihood,
    fixed_alone,
    of_design,
    require_same_rows,
)
from lmmlab.model.estimable import require_estimates
from lmmlab.model.table import Table
from lmmlab.residual.nesting import nested, one_sided

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit
    from lmmlab.model.fit import Fit

_COLUMNS = ("npar", "deviance", "AIC", "BIC", "chi2", "df", "p", "p boundary")
_ROUNDING = 1e-9  # of a deviance, or of log|det R| for bases of the same columns
_ONLY = ", so there is no test between them; compare AIC and BIC, of which less is better."


def compare(*fits: Fit | GLMMFit) -> Table:
    """Compare models of the same rows by likelihood-ratio tests, AIC and BIC.

    Parameters
    ----------
    *fits : Fit or GLMMFit
        Two models or more of one kind, in any order. A single one is compared with the same without
        random effects; one that has none, with independent rows.

    Returns
    -------
    Table
        A row for each model, smallest first: number of parameters, deviance, AIC and BIC. Where the
        model above is nested in it also chi2, the difference of their deviances; df, the difference
        of their numbers of parameters; p, from chi-square with df; and, where the test is for a
        variance, p boundary, which takes into account that a variance cannot be negative. The note
        says which criterion was used and when the p-values hold.

    Raises
    ------
    LMMError
        If the models have different rows or responses, as far as their number, the missing ones
        and the values of y tell, or one is not at its estimates.

    Notes
    -----
    Models whose fixed parts differ are fitted again by ML, since restricted likelihoods of
    different fixed parts are those of different data.

    A variance cannot be negative, so where the larger model lets groups vary in one more direction
    (a random intercept where there was none, a random slope with its covariances), chi2 is
    asymptotically 1/2 chi2(df - 1) + 1/2 chi2(df); see `lmmlab.inference.boundary.shares`, also for
    two new variances. For more at once there is no simple formula, and only p is given, which is
    too large. All this holds where the smaller model is not singular itself.

    For fixed effects and few groups p is too small, and the F tests of `Fit.anova` are better.

    Examples
    --------
    >>> from lmmlab import lmm, load
    >>> start = lmm("Reaction ~ Days + (1 | Subject)", load("sleepstudy"))
    >>> change = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))
    >>> table = compare(change, start)
    >>> table.rows == (start.design.formula, change.design.formula)
    True
    >>> round(float(table.loc["Reaction ~ Days + (Days | Subject)", "chi2"]), 2)
    42.84
    """
    said, models = _likelihoods(fits)
    models.sort(key=lambda model: model.npar)
    values = np.full((len(models), len(_COLUMNS)), np.nan)
    for row, model in zip(values, models, strict=True):
        row[:2] = model.npar, model.deviance
        row[2:4] = model.deviance + np.array([2.0, np.log(len(models[0].X))]) * model.npar
    for row, (small, large) in zip(values[1:], pairwise(models), strict=True):
        place = _place(small, large)
        if large.npar == small.npar and place is not None:
            said.append(
                f"{small.name} and {large.name} are the same model, so there is nothing to test "
                "between them."
            )
        elif large.npar == small.npar:
            said.append(f"{large.name} has as many parameters as {small.name}{_ONLY}")
        elif place is None:
            seen = "is no" if large.residual is None else "is not seen to be a"
            said.append(f"{small.name} {seen} special case of {large.name}{_ONLY}")
        else:
            test, sentence = _test(small, large, place)
            row[4:] = test
            said.append(sentence)
    note = " ".join(dict.fromkeys(filter(None, said)))
    return Table(tuple(model.name for model in models), _COLUMNS, values, note, blank="")


def _likelihoods(fits: Sequence[Fit | GLMMFit]) -> tuple[list[str], list[Likelihood]]:
    """Give what is compared, and say by which criterion."""
    from lmmlab.generalised.model import GLMMFit
    from lmmlab.model.fit import Fit

    if not fits or not all(isinstance(fit, Fit | GLMMFit) for fit in fits):
        raise LMMError(
            "compare() takes fitted models one after the other, such as compare(fit0, fit1)."
        )
    linear = [fit for fit in fits if isinstance(fit, Fit)]
    counts = [fit for fit in fits if isinstance(fit, GLMMFit)]
    if linear and counts:
        raise LMMError(
            "A linear model and one of counts have likelihoods of different kinds: a density, and "
            "a probability. Compare models of one kind."
        )
    _require_estimates(linear)
    require_same_rows([fit.design for fit in fits])
    if counts:
        return likelihoods(counts)
    said, linear = _same_criterion(linear)
    models = [_model(fit, f"model {k}") for k, fit in enumerate(linear, start=1)]
    return said, models if len(linear) > 1 else [*models, _without(linear[0])]


def _model(fit: Fit, otherwise: str) -> Likelihood:
    def mixed(place: Floats, Lambda: Floats) -> tuple[float, ...] | None:
        found = shares(fit.cross, place, Lambda) if fit.design.terms else (1.0,)
        simple = found is None or len(found) < 3 or fit.design.residual is None
        return found if simple else None

    name = fit.design.formula or otherwise
    return of_design(fit.design, name, fit.npar, fit.deviance, fit.theta, fit.singular, mixed)


def _require_estimates(fits: Sequence[Fit]) -> None:
    for fit in fits:
        require_estimates(fit, f"A comparison with {fit.design.formula or 'a model from arrays'}")


def _same_criterion(fits: list[Fit]) -> tuple[list[str], list[Fit]]:
    """Give fits whose deviances may be compared, and say what was done for it."""
    from lmmlab.model.fit import fit as estimate

    if not any(fit.reml for fit in fits):
        return ["All models were fitted by ML."], fits
    equal = all(_same_fixed(fits[0], fit) for fit in fits[1:])
    if equal and all(fit.reml for fit in fits):
        return ["All models were fitted by REML, since their fixed parts are the same."], fits
    why = "some were fitted by REML, some by ML" if equal else "their fixed parts differ"
    again = [estimate(fit.design, reml=False) if fit.reml else fit for fit in fits]
    _require_estimates(again)
    return [f"The models were fitted again by ML, since {why}."], again


def _same_fixed(first: Fit, second: Fit) -> bool:
    """Tell whether restricted likelihoods are those of the same contrasts, on the same scale.

    They depend on the columns of X by their space and by log|det R|, with X = Q R.
    """
    X, other = first.design.X, second.design.X
    size, other_size = _log_R(X), _log_R(other)
    scale = abs(size - other_size) <= _ROUNDING * max(1.0, abs(size))
    return scale and _spans(X, other) and _spans(other, X)


def _log_R(X: Floats) -> float:
    """Give log|det R|, X = Q R."""
    return float(np.log(np.abs(np.diagonal(np.linalg.qr(X, mode="r")))).sum())


def _without(fit: Fit) -> Likelihood:
    """Give the model without random effects, or of independent rows where there are none."""
    if (residual := fit.design.residual) is not None:
        from lmmlab.model.fit import fit as estimate

        kept = residual if fit.design.terms else None
        name = NONE if fit.design.terms else "independent rows"
        alone = replace(fit.design, terms=(), residual=kept, formula=name)
        return _model(estimate(alone, fit.reml), name)
    deviance = fit.at(np.zeros_like(fit.theta)).deviance
    return fixed_alone(fit.design, fit.npar - len(fit.theta), deviance)


def _same_relation(one: Floats | None, other: Floats | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.abs(one - other).max() <= _ROUNDING * np.abs(other).max())


def _spans(outer: Floats, inner: Floats) -> bool:
    """Tell whether each column of `inner` is a combination of those of `outer`."""
    new = independent(np.linalg.qr(np.hstack([outer, inner])).R)[outer.shape[1] :]
    return not bool(new.any())


def _place(small: Likelihood, large: Likelihood) -> Floats | None:
    """Write the random columns of the smaller model in those of the larger one; None if not nested.

    Returns
    -------
    (q, q0) array or None
        All covariances of the smaller model are among those of the larger one if each of its blocks
        lies in the space of one block there, of the same groups, related in the same way.
    """
    if not (_spans(large.X, small.X) and nested(small.residual, large.residual)):
        return None
    place = np.zeros((large.Z.shape[1], small.Z.shape[1]))
    homes = [*zip(slices(large.blocks), large.groups, large.relations, strict=True)]
    inner = zip(slices(small.blocks), small.groups, small.relations, strict=True)
    for own, groups, relation in inner:
        columns = small.Z[:, own]
        alike = (
            block
            for block, other, known in homes
            if np.array_equal(other, groups) and _same_relation(relation, known)
        )
        home = next((block for block in alike if _spans(large.Z[:, block], columns)), None)
        if home is None:
            return None
        place[home, own] = np.linalg.lstsq(large.Z[:, home], columns, rcond=None)[0]
    return place


def _test(small: Likelihood, large: Likelihood, place: Floats) -> tuple[tuple[float, ...], str]:
    """Give chi2, df, p and p boundary, and say what the last is."""
    chi2, df = small.deviance - large.deviance, large.npar - small.npar
    if chi2 < _ROUNDING * max(1.0, abs(large.deviance)):
        chi2 = 0.0  # of a variance that is 0; but for rounding, p boundary is 1 and not 1/2
    p = float(chdtrc(df, chi2))
    assert large.shares is not None  # only the smallest model can be without random effects
    if one_sided(small.residual, large.residual):
        return (chi2, df, p, np.nan), (
            f"p of {large.name} is too large, since the correlation of car1 cannot be negative."
        )
    mixed = large.shares(place, small.Lambda)
    if mixed is None:
        return (chi2, df, p, np.nan), (
            f"p of {large.name} is too large, since variances cannot be negative; for so many new "
            "ones there is no simple formula. Add random effects one at a time."
        )
    if len(mixed) == 1:
        return (chi2, df, p, np.nan), ""
    parts = range(df + 1 - len(mixed), df + 1)
    names = " + ".join(f"{w:.3g} chi2({part})" for part, w in zip(parts, mixed, strict=True))
    said = (
        f"p boundary of {large.name} is that of {names}, since a variance cannot be negative; "
        "it holds for many groups"
    )
    if small.singular:
        said += f", but only roughly here, since {small.name} is singular itself"
    return (chi2, df, p, mixture(chi2, parts, mixed)), said + "."
