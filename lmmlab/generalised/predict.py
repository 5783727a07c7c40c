"""Predicting a probability or a mean count: in a typical group, in one's own, on average over all.

With a link these are three different things. A typical group is one whose random effects are 0; the
average over groups is that of their curves, and not the curve of the average group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from scipy.special import ndtri

from lmmlab.engine.design import Floats, LMMError
from lmmlab.generalised.lines import Lines, lines, require_within
from lmmlab.generalised.marginal import averaged
from lmmlab.model.estimates import require_confidence
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table

if TYPE_CHECKING:
    from lmmlab.generalised.model import GLMMFit

Level = Literal["typical", "average", "group"]
Scale = Literal["response", "link"]

_COLUMNS = ("estimate", "se", "lower", "upper")


def predict(
    fit: GLMMFit,
    new: Any = None,
    level: Level = "typical",
    scale: Scale = "response",
    *,
    confidence: float = 0.95,
    offset: Any = None,
) -> Table:
    """Predict what is expected of rows, with its standard error and an interval.

    Parameters
    ----------
    fit : GLMMFit
    new : DataFrame or Rows, optional
        The rows to predict; those that were fitted by default. A table needs the predictors (and
        the offset or exposure, if the model has one), and under "group" the grouping columns.
    level : {"typical", "average", "group"}
        A group whose random effects are 0; the average over all groups; or the row's own group. A
        group that was not fitted is a typical one, about which less is known.
    scale : {"response", "link"}
        A probability or a mean count; or the linear predictor (of an average: the link of it).
    confidence : float
        Level of the intervals.
    offset : number or (m,) array, optional
        Instead of what the rows say.

    Returns
    -------
    Table
        A row for each row of `new`, numbered from 1: the prediction, its standard error and an
        interval, which is made on the scale of the link.

    Raises
    ------
    LMMError
        If the rows do not fit the model, or what was asked for is not known.

    Notes
    -----
    Standard errors are those of the delta method, with the covariance of theta and beta. For a
    row's own group the best u moves with them, and is uncertain itself, by 1 / H (Booth & Hobert
    1998).

    Examples
    --------
    >>> from lmmlab import glmm, load
    >>> model = glmm("incidence / size ~ period + (1 | herd)", load("cbpp"))
    >>> [round(float(model.predict(level=level).values[0, 0]), 3) for level in
    ...  ("typical", "average", "group")]
    [0.198, 0.216, 0.308]
    """
    for what, given, known in (("level", level, Level), ("scale", scale, Scale)):
        if not isinstance(given, str) or given not in get_args(known):
            names = '", "'.join(get_args(known))
            raise LMMError(f'{what} must be one of "{names}"; this is {given!r}.')
    require_confidence(confidence)
    rows = lines(fit, new, offset, groups=level == "group")
    note = ""
    if level == "group":
        eta, moves, more, note = _own(fit, rows)
    else:
        eta, moves, more = rows.eta, np.concatenate([0.0 * rows.z, rows.X.T]), np.zeros(1)
    if level == "average":
        eta, moves = averaged(fit, rows)
    se = np.sqrt(np.einsum("am,ab,bm->m", moves, fit.joint, moves) + more)
    reach = ndtri((1.0 + confidence) / 2.0) * se
    values = np.column_stack([eta, se, eta - reach, eta + reach])
    if scale == "response":
        family = fit.counts.family
        if not fit.counts.binomial:
            require_within(values)
        values[:, 1] *= family.slopes(eta, np.ones_like(eta), eta)[1]
        values[:, [0, 2, 3]] = family.inverse(values[:, [0, 2, 3]])
    return Table(tuple(str(k + 1) for k in range(len(values))), _COLUMNS, values, note)


def _own(fit: GLMMFit, rows: Lines) -> tuple[Floats, Floats, Floats, str]:
    """Predict rows of their own groups: eta, how it moves, what y leaves open, and a note."""
    data, at, by = fit.data, fit.found.at, fit.found.by
    m, K = len(rows.eta), data.shape[1]
    slots, seen, said = [], [], []
    parts = zip(fit.design.terms, data.places.spans, data.places.levels, strict=True)
    for k, (term, span, J) in enumerate(parts):
        if k >= len(rows.groups) or len(rows.groups[k]) < m:
            raise LMMError(
                f"The rows do not say which {term.group} they belong to. Give the table this "
                'column, or ask for level="typical" or "average".'
            )
        place = {name: j for j, name in enumerate(term.levels)}
        code = np.array([place.get(name, -1) for name in rows.groups[k]], dtype=np.intp)
        if (code < 0).any():
            new = {name for name, j in zip(rows.groups[k], code, strict=True) if j < 0}
            said.append(
                f"Nothing was seen of {term.group} {listed(sorted(new))}, so a typical "
                f"{term.group} is expected there, and se counts how much they differ."
            )
        for a in range(len(term.names)):
            slots.append(data.slot[span.start + a * J + np.maximum(code, 0)])
            seen.append(code >= 0)
    slot, old = np.stack(slots, axis=1), np.stack(seen, axis=1)
    both = (slot[:, :, None] // K == slot[:, None, :] // K) & old[:, :, None] & old[:, None, :]
    C = np.where(both, at.C.reshape(-1)[slot[:, :, None] * K + (slot % K)[:, None, :]], 0.0)
    C += np.eye(slot.shape[1]) * ~old[:, :, None]
    u = at.u.reshape(-1)[slot] * old
    du = by.u.reshape(len(by.u), -1)[:, slot] * old
    direct = np.concatenate([rows.z * u[:, rows.column].T, rows.X.T])
    moves = direct + np.einsum("mq,amq->am", rows.A, du)
    more = np.einsum("mq,mqr,mr->m", rows.A, C, rows.A)
    return rows.eta + np.einsum("mq,mq->m", rows.A, u), moves, more, " ".join(said)
