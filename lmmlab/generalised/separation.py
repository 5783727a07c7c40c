"""Where the search starts, and data for which no estimate exists.

The search starts from the model without random effects. Some data have no estimate even there: a
combination of predictors tells all rows with events from all without, so that the likelihood grows
for ever as its coefficient does (Albert & Anderson 1984). Random effects do not change that, since
it holds whatever they are. The usual case is a cell in which nobody, or everybody, has the event.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats, LMMError
from lmmlab.generalised.working import Working
from lmmlab.model.remarks import listed

_STEPS = 60
_ENOUGH = 1e-6  # a change of eta that ends the search for a start
_LARGE = 12.0  # of eta, from which on it is asked whether an estimate exists
_SEPARATED = 1e-7  # what a direction must gain, of at most 1 per row
_SPREAD = 40.0  # an sd on the scale of the link, in a usual row, that is beyond sense


def start(data: Working) -> Floats:
    """Fit the model without random effects: beta (p,) for the conditioned columns.

    Raises
    ------
    LMMError
        If no estimate exists; it names the predictors.
    """
    counts, X = data.counts, data.X
    guess = counts.family.forward((counts.y + 0.5) / (counts.trials + 1.0 * counts.binomial))
    beta, s = X.T @ (guess - counts.offset) / len(X), np.inf  # the columns are orthonormal
    eta = counts.offset + X @ beta
    for _ in range(_STEPS):
        if not len(beta) or s < _ENOUGH:
            break
        r, W = counts.family.slopes(counts.y, counts.trials, eta)[:2]
        step, *_ = np.linalg.lstsq((X * W[:, None]).T @ X, X.T @ r, rcond=1e-14)
        change = X @ step
        s = float(np.abs(change).max())
        share = _share(data, eta, change, s)
        beta, eta = beta + share * step, eta + share * change
    if s >= _ENOUGH or np.abs(eta - eta.mean()).max() > _LARGE or abs(eta.mean()) > _LARGE:
        require_estimates_exist(data)
    return beta


def _share(data: Working, eta: Floats, change: Floats, s: float) -> float:
    """Tell how much of a step to make: what cannot overshoot, or more of it while that is better.

    A single row far from all others would else shorten every step.
    """
    if s <= 0.5:
        return 1.0
    counts, share, best = data.counts, float(np.log1p(s) / s), -np.inf
    with np.errstate(over="ignore"):
        while share < 1.0:
            there = counts.family.loglik(counts.y, counts.trials, eta + share * change).sum()
            if there <= best:
                return share / 2.0
            share, best = 2.0 * share, there
    return 1.0


def require_estimates_exist(data: Working) -> None:
    """Refuse data in which predictors tell rows with events from rows without.

    Notes
    -----
    That is a question of linear programming: is there a direction delta other than 0 with
    x'delta >= 0 in all rows where every trial is an event, <= 0 where none is, and 0 elsewhere
    (Konis 2007)? A mean count has no upper limit, so there only rows without events leave a choice.
    """
    names, kept = data.counts.design.names, list(range(data.X.shape[1]))
    X = data.counts.design.X[:, data.kept]
    if not kept or not _separates(data, data.X):
        return
    for k in reversed(range(len(kept))):  # leave out what is not needed for it
        fewer = [other for other in kept if other != k]
        if fewer and _separates(data, np.linalg.qr(X[:, fewer])[0] * np.sqrt(len(X))):
            kept = fewer
    used = [names[data.kept[k]] for k in kept]
    others = [name for name in used if name != "(Intercept)"] or used
    cell = _cell(data) or f"{listed(others)} can tell rows with events from rows without"
    raise LMMError(
        f"No estimate exists: {cell}, so a coefficient would grow without end (separation). "
        "Join levels, leave the predictor out, or collect rows that overlap."
    )


def _separates(data: Working, X: Floats) -> bool:
    """Tell whether some combination of these columns separates the rows."""
    from scipy.optimize import linprog

    counts = data.counts
    none = counts.y == 0.0
    every = (counts.y == counts.trials) if counts.binomial else np.zeros_like(none)
    free = none | every
    signed, held = np.where(none, 1.0, -1.0)[free, None] * X[free], X[~free]
    found = linprog(
        signed.sum(0),
        A_ub=signed,
        b_ub=np.zeros(len(signed)),
        A_eq=held if len(held) else None,
        b_eq=np.zeros(len(held)) if len(held) else None,
        bounds=(-1.0, 1.0),
    )
    return bool(found.success and found.fun < -_SEPARATED * len(signed))


def _cell(data: Working) -> str:
    """Find a value of a two-valued predictor with which there are no events, or nothing else."""
    counts, design = data.counts, data.counts.design
    for name, x in zip(design.names, design.X.T, strict=True):
        values = np.unique(x)
        if len(values) != 2:
            continue
        for value in values[::-1]:
            here = x == value
            for what, alike in (("no", counts.y == 0.0), ("every", counts.y == counts.trials)):
                if alike[here].all() and (what == "no" or counts.binomial):
                    rows = f"the {here.sum()} rows" if here.sum() > 1 else "the one row"
                    said = "no trial is an event" if what == "no" else "every trial is an event"
                    said = said if counts.binomial else "nothing was counted"
                    return f"in {rows} where {name} is {value:g} {said}"
    return ""


def require_sense(data: Working, Lambda: Floats) -> None:
    """Refuse a search in which an sd runs away, as it does where levels have one answer only."""
    usual = np.array([np.median(np.abs(z[z != 0.0])) for z in data.Z.T])
    sizes = usual * np.linalg.norm(Lambda, axis=1)
    if sizes.max() <= _SPREAD:
        return
    design, counts = data.counts.design, data.counts
    term = design.terms[int(np.argmax([sizes[own].max() for own in design.effects]))]
    alone = [
        len({(y == 0, y == n) for y, n in zip(counts.y[own], counts.trials[own], strict=True)}) == 1
        for own in (term.codes == j for j in range(len(term.levels)))
    ]
    raise LMMError(
        f"No estimate was found: how much levels of {term.group} differ grows without end. "
        f"{sum(alone)} of its {len(alone)} levels have rows of one kind only, all events or none, "
        "as infinitely different levels would have. If these are few, look for a row that is far "
        "from all others; else use a grouping factor with more rows in each level, or a simpler "
        "random term."
    )
