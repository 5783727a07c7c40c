"""Comparing models of the same data: likelihood-ratio tests, AIC and BIC.

Three things are decided here. Which criterion: REML compares models with one and the same fixed
part only, so others are fitted again by ML. Whether a model is nested in another: by the spaces
that its columns span, not by its name. And which null distribution holds: a variance cannot be
negative, so a model without it lies on the boundary of the model with it, and chi-square with as
many degrees of freedom as there are parameters is too strict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from lmmlab.engine.covariance import factor, slices
from lmmlab.engine.crossproducts import independent
from lmmlab.engine.design import Floats, Ints, LMMError, Term
from lmmlab.inference.boundary import mixture, shares
from lmmlab.model.estimable import require_estimates
from lmmlab.model.table import Table
from lmmlab.residual.nesting import nested, one_sided

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit
    from lmmlab.residual.structure import Residual

_COLUMNS = ("npar", "deviance", "AIC", "BIC", "chi2", "df", "p", "p boundary")
_NONE = "without random effects"
_ROUNDING = 1e-9  # of a deviance, or of log|det R| for bases of the same columns
_ONLY = ", so there is no test between them; compare AIC and BIC, of which less is better."


@dataclass(frozen=True, eq=False)
class _Model:
    """What is compared: a likelihood, and what the model is made of."""

    name: str
    npar: int
    deviance: float
    X: Floats
    Z: Floats
    blocks: tuple[int, ...]
    groups: tuple[Ints, ...]
    Lambda: Floats
    fit: Fit | None = None
    relations: tuple[Floats | None, ...] = ()

    @property
    def residual(self) -> Residual | None:
        """The residual structure."""
        return None if self.fit is None else self.fit.design.residual


def compare(*fits: Fit) -> Table:
    """Compare models of the same rows by likelihood-ratio tests, AIC and BIC.

    Parameters
    ----------
    *fits : Fit
        Two models or more, in any order. A single one is compared with the same model without
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
    _require_comparable(fits)
    said, fits = _same_criterion(fits)
    models = [_model(fit, f"model {k}") for k, fit in enumerate(fits, start=1)]
    if len(fits) == 1:
        models.append(_without(fits[0]))
    models.sort(key=lambda model: model.npar)
    values = np.full((len(models), len(_COLUMNS)), np.nan)
    for row, model in zip(values, models, strict=True):
        row[:2] = model.npar, model.deviance
        row[2:4] = model.deviance + np.array([2.0, np.log(fits[0].nobs)]) * model.npar
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


def _require_comparable(fits: tuple[Fit, ...]) -> None:
    from lmmlab.model.fit import Fit

    if not fits or not all(isinstance(fit, Fit) for fit in fits):
        raise LMMError(
            "compare() takes fitted models one after the other, such as compare(fit0, fit1)."
        )
    _require_estimates(fits)
    first = fits[0].design
    for other in (fit.design for fit in fits[1:]):
        if len(other.y) != len(first.y):
            raise LMMError(
                f"The models were fitted to different rows: {len(first.y)} and {len(other.y)}. "
                "Their likelihoods are those of different data. First leave out the rows in which "
                "any column of either model is missing."
            )
        moved = (  # where responses are tied, they do not tell which rows of a table are used
            first.rows is not None
            and other.rows is not None
            and first.dropped == other.dropped
            and not np.array_equal(first.rows, other.rows)
        )
        if moved or not np.array_equal(other.y, first.y):
            what = f"The models have different rows, or different values of {first.response}"
            if first.response != other.response:
                what = f"The models explain different things, {first.response} and {other.response}"
            raise LMMError(
                f"{what}, so their likelihoods are those of different data. Fit both to the same "
                "response in the same table, after leaving out the rows in which any column of "
                "either model is missing."
            )
        if not np.array_equal(first.row_weights, other.row_weights):
            raise LMMError("The rows have different weights in the models; give both the same.")


def _require_estimates(fits: Sequence[Fit]) -> None:
    for fit in fits:
        require_estimates(fit, f"A comparison with {fit.design.formula or 'a model from arrays'}")


def _same_criterion(fits: tuple[Fit, ...]) -> tuple[list[str], tuple[Fit, ...]]:
    """Give fits whose deviances may be compared, and say what was done for it."""
    from lmmlab.model.fit import fit as estimate

    if not any(fit.reml for fit in fits):
        return ["All models were fitted by ML."], fits
    equal = all(_same_fixed(fits[0], fit) for fit in fits[1:])
    if equal and all(fit.reml for fit in fits):
        return ["All models were fitted by REML, since their fixed parts are the same."], fits
    why = "some were fitted by REML, some by ML" if equal else "their fixed parts differ"
    again = tuple(estimate(fit.design, reml=False) if fit.reml else fit for fit in fits)
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


def _model(fit: Fit, otherwise: str) -> _Model:
    terms, blocks = fit.design.terms, fit.design.blocks
    return _Model(
        fit.design.formula or otherwise,
        fit.npar,
        fit.deviance,
        fit.design.X,
        np.hstack([np.zeros((fit.nobs, 0)), *(term.Z for term in terms)]),
        blocks,
        tuple(grouping for term in terms for grouping in [_grouping(term)] * len(term.blocks)),
        factor(fit.theta, blocks),
        fit,
        tuple(_relation(term) for term in terms for _ in term.blocks),
    )


def _without(fit: Fit) -> _Model:
    """Give the model without random effects, or of independent rows where there are none."""
    if (residual := fit.design.residual) is not None:
        from lmmlab.model.fit import fit as estimate

        kept = residual if fit.design.terms else None
        name = _NONE if fit.design.terms else "independent rows"
        alone = replace(fit.design, terms=(), residual=kept, formula=name)
        return _model(estimate(alone, fit.reml), name)
    deviance = fit.at(np.zeros_like(fit.theta)).deviance
    X, nothing = fit.design.X, np.zeros((len(fit.design.y), 0))
    return _Model(_NONE, X.shape[1] + 1, deviance, X, nothing, (), (), np.zeros((0, 0)))


def _grouping(term: Term) -> Ints:
    """Give each row the first row of its group, so that equal groups have equal numbers."""
    _, first, codes = np.unique(term.codes, return_index=True, return_inverse=True)
    return np.asarray(first[codes], dtype=np.intp)


def _relation(term: Term) -> Floats | None:
    """Give the matrix of relationship, its levels in the order of their first rows."""
    if term.relation is None:
        return None
    order = np.argsort(np.unique(term.codes, return_index=True)[1])
    root = term.relation.root[order]
    return np.asarray(root @ root.T, dtype=float)


def _same_relation(one: Floats | None, other: Floats | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.abs(one - other).max() <= _ROUNDING * np.abs(other).max())


def _spans(outer: Floats, inner: Floats) -> bool:
    """Tell whether each column of `inner` is a combination of those of `outer`."""
    new = independent(np.linalg.qr(np.hstack([outer, inner])).R)[outer.shape[1] :]
    return not bool(new.any())


def _place(small: _Model, large: _Model) -> Floats | None:
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


def _test(small: _Model, large: _Model, place: Floats) -> tuple[tuple[float, ...], str]:
    """Give chi2, df, p and p boundary, and say what the last is."""
    chi2, df = small.deviance - large.deviance, large.npar - small.npar
    if chi2 < _ROUNDING * max(1.0, abs(large.deviance)):
        chi2 = 0.0  # of a variance that is 0; but for rounding, p boundary is 1 and not 1/2
    p = float(chdtrc(df, chi2))
    assert large.fit is not None  # only the smallest model can be without random effects
    if one_sided(small.residual, large.residual):
        return (chi2, df, p, np.nan), (
            f"p of {large.name} is too large, since the correlation of car1 cannot be negative."
        )
    mixed = shares(large.fit.cross, place, small.Lambda) if large.blocks else (1.0,)
    if mixed is None or (len(mixed) > 2 and large.residual is not None):
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
    if small.fit is not None and small.fit.singular:
        said += f", but only roughly here, since {small.name} is singular itself"
    return (chi2, df, p, mixture(chi2, parts, mixed)), said + "."
