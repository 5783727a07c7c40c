"""Predicting: what is expected of an average group, of a group that was seen, and of a new one.

One formula serves all groups, since each is a set of rows: those that were fitted, none for a group
that nobody has seen, and those that are given besides. More rows of its own move a group from what
is expected of all towards its own mean, and leave less doubt about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from scipy.special import ndtri

from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.others import Places
from lmmlab.engine.rows import Rows
from lmmlab.model.asked import fitting, own_rows, reader
from lmmlab.model.conditional import of_relatives, of_rows, posterior
from lmmlab.model.estimable import require_independent
from lmmlab.model.estimates import require_confidence
from lmmlab.model.given import again, rows_of, updated
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table
from lmmlab.model.unseen import reach

if TYPE_CHECKING:
    from lmmlab.model.fit import Fit

Level = Literal["population", "group"]

_COLUMNS = ("estimate", "se", "lower", "upper")
_EXPECTED = (
    "These are expectations, X beta + Z b: what a group's last residuals tell of its next one is "
    "left out."
)


def predict(
    fit: Fit,
    new: Any = None,
    level: Level = "population",
    *,
    given: Any = None,
    confidence: float = 0.95,
    observation: bool = False,
) -> Table:
    """Predict what is expected of rows, with its standard error and an interval.

    Parameters
    ----------
    fit : Fit
        The model.
    new : DataFrame or Rows, optional
        The rows to predict; those that were fitted by default. A table needs the predictors, and
        under "group" the grouping column, but not the response.
    level : {"population", "group"}
        Whether to predict X beta, the expectation in an average group, or X beta + Z b, that of the
        row's own group. A group that was not fitted is an average one, about which less is known;
        but of someone whom the relationship matrix knows, relatives tell. Where residuals are
        correlated, that of a next row is taken as 0 in both, whatever the group's last one was.
    given : DataFrame or Rows, optional
        Measurements beyond those that were fitted, with their response: of new groups, or of known
        ones; of weight 1. They tell about b of their group, and leave beta and the variances as
        they are.
    confidence : float
        Level of the intervals.
    observation : bool
        Predict a measurement instead of its expectation, and so add residual noise. It belongs to a
        group; of an average one there are no measurements.

    Returns
    -------
    Table
        A row for each row of `new`, numbered from 1: the prediction, the standard deviation of its
        error ("se"), and the ends of a normal interval.

    Raises
    ------
    LMMError
        If the rows do not fit the model, or what was asked for is not defined.

    Notes
    -----
    For a group with rows X_j, Z_j, y_j, possibly none, in units of sigma**2,

        C     = Lambda (Lambda' Z_j'Z_j Lambda + I)^-1 Lambda'
        b     = C Z_j' (y_j - X_j beta)
        error = z' C z + (x - X_j'Z_j C z)' vcov (x - X_j'Z_j C z)

    The first part of the error is what y_j leaves open of b if beta is known, the second what comes
    of beta being estimated; they are uncorrelated (Henderson 1975, Biometrics 31, 423-447). This is
    exact for rows that are given later, too: beta is then still that of the rows that were fitted.
    Without rows, C = G / sigma**2 and the error is z' G z + x' vcov x; with relatives who have
    rows, b is K_new,old K_old^-1 times theirs (`lmmlab.model.unseen`). Variances are taken as
    known and intervals are normal, as is usual for predictions; with few groups they are too short.

    Examples
    --------
    Where will a new driver be on day 9, and after two days of knowing him?

    >>> import pandas as pd
    >>> from lmmlab import lmm, load
    >>> model = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))
    >>> new = pd.DataFrame({"Days": [9], "Subject": ["new"]})
    >>> model.predict(new, "group").values[0, :2].round(1).tolist()
    [345.6, 62.0]
    >>> seen = pd.DataFrame({"Days": [0, 1], "Subject": ["new"] * 2, "Reaction": [220, 225]})
    >>> model.predict(new, "group", given=seen).values[0, :2].round(1).tolist()
    [313.9, 54.3]
    """
    if not isinstance(level, str) or level not in get_args(Level):
        raise LMMError(f'level must be "population" or "group"; this is {level!r}.')
    require_independent(fit, "predictions are")
    require_confidence(confidence)
    _require_defined(fit, level, given is not None, observation)
    rows = _rows(fit, new, groups=level == "group")
    related = any(term.relation is not None for term in fit.design.terms)
    several = len(fit.design.terms) > 1
    if given is not None and (several or related):
        what = "related levels" if related else f"{len(fit.design.terms)} of them"
        raise LMMError(
            "Rows that are given besides tell about one grouping factor of unrelated levels, and "
            f"this model has {what}. Fit the model to all rows, or leave out given."
        )
    if level == "population":
        if given is not None or observation:
            raise LMMError(
                f"{'given' if given is not None else 'observation'} is about one group, and the "
                'population is all of them. Ask for level="group"; a group with a name of its own '
                "is a new one."
            )
        estimate, note = rows.X @ fit.beta, ""
        variance = np.einsum("np,pr,nr->n", rows.X, fit.vcov, rows.X)
    else:
        nothing = given is None or getattr(given, "empty", False)  # a table without rows
        extra = None if nothing else _rows(fit, given, response=True)
        estimate, variance, note = (
            _of_several(fit, rows) if several or related else _of_groups(fit, rows, extra)
        )
        if fit.design.residual is not None and fit.design.residual.correlation is not None:
            note = f"{note} {_EXPECTED}".strip()
    if observation:
        variance = variance + fit.sigma**2 / (fit.design.row_weights if new is None else 1.0)
        note = f"{note} se and interval are those of one more measurement.".strip()
    se = np.sqrt(variance)
    reach = ndtri((1.0 + confidence) / 2.0) * se
    values = np.column_stack([estimate, se, estimate - reach, estimate + reach])
    return Table(tuple(str(k + 1) for k in range(len(values))), _COLUMNS, values, note)


def _require_defined(fit: Fit, level: str, given: bool, observation: bool) -> None:
    """Refuse what depends on the residual structure of rows that the model has not seen."""
    if level == "group" and not fit.design.terms:
        raise LMMError(
            "The model has no random effects, so a group has no expectation of its own. Ask for "
            'level="population".'
        )
    if fit.design.residual is not None and (given or observation):
        raise LMMError(
            "What a new measurement would be depends on how its residual is related to others, "
            "which is not known of new rows. Predict expectations, without "
            f"{'given' if given else 'observation'}."
        )


def _rows(fit: Fit, what: Any, groups: bool = True, response: bool = False) -> Rows:
    """Make rows of the model from what was given, or take those that were fitted."""
    if what is None:
        return own_rows(fit.design)
    if isinstance(what, Rows):
        return fitting(fit.design, what)
    return reader(fit.design.read, "X, Z, groups, y")(what, groups=groups, response=response)


def _of_groups(fit: Fit, rows: Rows, given: Rows | None) -> tuple[Floats, Floats, str]:
    """Predict rows of groups: the expectation, the variance of its error, and what to know."""
    at, [term] = fit.solution, fit.design.terms
    for some in filter(None, (rows, given)):
        if len(some.groups) < len(some.X):
            raise LMMError(_unnamed(term.group))
    names, place = np.unique(np.array(rows.groups, dtype=str), return_inverse=True)
    index = {level: j for j, level in enumerate(term.levels)}
    known = np.array([index.get(name, -1) for name in names.tolist()], dtype=np.intp)
    seen = rows_of(fit, known)
    if given is not None:
        seen = updated(fit, seen, names.tolist(), given)
    given_y = posterior(seen, at)
    b, C = given_y.mean, given_y.covariance
    z = np.linalg.solve(fit.cross.S.T, rows.Z.T)
    x = np.linalg.solve(fit.cross.R.T, rows.X.T)
    Cz = np.einsum("abn,bn->an", C[:, :, place], z)
    pull = np.einsum("kpu,kau->pau", seen.fixed, seen.F)
    error = at.inverse @ (x - np.einsum("pan,an->pn", pull[:, :, place], Cz))
    variance = fit.sigma**2 * ((z * Cz).sum(0) + (error * error).sum(0))
    estimate = rows.X @ fit.beta + (z * b[:, place]).sum(0)
    told = set() if given is None else set(given.groups)
    note = _note(
        term.group, set(names[known < 0].tolist()) - told, told - set(names.tolist()), set()
    )
    return estimate, variance, note if given is None else f"{note} {again(fit, given)}".strip()


def _of_several(fit: Fit, rows: Rows) -> tuple[Floats, Floats, str]:
    """Predict rows of levels of several factors, with D itself as C where levels are new."""
    cross, at, terms = fit.cross, fit.solution, fit.design.terms
    groups, empty = (rows.groups, *rows.others), len(cross.mixing) - len(terms)
    for k, term in enumerate(terms):
        if k >= len(groups) or len(groups[k]) < len(rows.X):
            raise LMMError(_unnamed(term.group))
    parts = zip(terms, cross.mixing[empty:], groups, strict=False)
    told = [reach(term, mixing, names) for term, mixing, names in parts]
    places = Places(tuple(len(term.names) for term in terms), tuple(len(one.place) for one in told))
    known, index, said = [], [], []
    for k, (term, one, span) in enumerate(zip(terms, told, places.spans, strict=True)):
        level = np.array([one.place.get(name, -1) for name in groups[k]], dtype=np.intp)
        names = np.array(groups[k], dtype=str)
        relatives = set(names[level >= len(term.levels)].tolist())
        said.append(_note(term.group, set(names[level < 0].tolist()), set(), relatives))
        width = len(term.names)
        known.append(np.tile(level >= 0, (width, 1)))
        place = len(one.place) * np.arange(width)[:, None]
        index.append(span.start + place + np.maximum(level, 0))
    old, which = np.concatenate(known), np.concatenate(index)
    z = np.linalg.solve(cross.S.T, rows.Z.T)
    x = np.linalg.solve(cross.R.T, rows.X.T)
    if at.others is None:
        [one] = told
        assert one.mixing is not None  # otherwise each group is predicted from its own rows
        mean, variance, pull = of_relatives(
            cross, at, np.asarray(z), which[0], old[0], one.mixing, one.left
        )
    else:
        mixing = [*cross.mixing[:empty], *(one.mixing for one in told)]
        left = [*[np.empty(0)] * empty, *(one.left for one in told)]
        mean, variance, pull = of_rows(
            at.others[()], np.asarray(z), which, old, at.beta, mixing, left
        )
    error = at.inverse @ (x - pull.T)
    estimate = rows.X @ fit.beta + mean
    variance = fit.sigma**2 * (variance + (error * error).sum(0))
    return estimate, variance, " ".join(filter(None, said))


def _unnamed(group: str) -> str:
    return (
        f"The rows do not say which {group} they belong to. Give the table this column, or ask for "
        'level="population".'
    )


def _note(group: str, unknown: set[str], unused: set[str], relatives: set[str]) -> str:
    """Say of which groups nothing was seen, and of which rows were given for nothing."""
    said = []
    if relatives:
        said.append(
            f"{group} {listed(sorted(relatives))} {'has' if len(relatives) == 1 else 'have'} no "
            "rows, so what is expected there is what relatives tell."
        )
    if unknown:
        said.append(
            f"Nothing was seen of {group} {listed(sorted(unknown))}, so an average {group} is "
            "expected there, and se counts how much they differ."
        )
    if unused:
        said.append(
            f"No row of {group} {listed(sorted(unused))} is predicted, so the rows given of "
            f"{'it' if len(unused) == 1 else 'them'} are of no use here."
        )
    return " ".join(said)
