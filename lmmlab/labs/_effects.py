"""What a fit states of fixed effects, and how far such estimates really are from the truth.

Estimates are sums k'y of the responses, with weights k that follow from the variances which the
fit believes in. Their true standard error follows from k and the true variances alone, so a lab
can say at each state how often an interval as wide as the stated one would hold the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array
from scipy.special import ndtr

from lmmlab.classical.regression import ols
from lmmlab.engine.design import Design, Floats, Term
from lmmlab.inference.inference import Method, errors
from lmmlab.labs import _panels
from lmmlab.labs._numbers import decimal, error, percent
from lmmlab.labs._people import columns
from lmmlab.model.estimates import estimates
from lmmlab.model.model import Fit
from lmmlab.picture.axis import cover
from lmmlab.picture.marks import Axis, Panel

_QUANTILE = 1.959964


@dataclass(frozen=True, eq=False)
class Stated:
    """What a fit says of some combinations of fixed effects.

    Attributes
    ----------
    estimate, se : (c,) arrays
    interval : (c, 2) array
        Ends of the 95 % interval; NaN where there is none.
    real : (c,) array
        The true standard error of such an estimate.
    """

    estimate: Floats
    se: Floats
    interval: Floats
    real: Floats

    @property
    def held(self) -> Floats:
        """How often an interval so wide, round estimates that scatter by `real`, holds the truth.

        NaN where there is no interval.
        """
        half = (self.interval[:, 1] - self.interval[:, 0]) / 2.0
        share: Floats = 2.0 * ndtr(half / self.real) - 1.0
        return share


def stated(
    fitted: Fit | None, design: Design, L: Floats, real: Floats, method: Method = "satterthwaite"
) -> Stated:
    """Read the combinations L beta off a fit; without one, off least squares."""
    if fitted is None:
        found = ols(design)
        value, se = L @ found.beta, np.sqrt(((L @ found.vcov) * L).sum(-1))
        df = np.full(len(L), np.inf if method == "wald" else found.df[0])
    else:
        value = L @ fitted.beta
        se, df = errors(fitted.cross, fitted.solution, fitted.sigma, L, method)
    df = np.where(df > 0.1, df, np.nan)
    names = tuple(map(str, range(len(L))))
    ends = estimates(names, value, se, df).values[:, -2:]
    return Stated(value, se, np.where(np.isfinite(ends), ends, np.nan), real)


def spread_out(terms: Sequence[Term], roots: Sequence[Floats]) -> csr_array:
    """Give Z T of all terms side by side, spread out by level: (n, levels times columns)."""
    values, places, start = [], [], 0
    for term, root in zip(terms, roots, strict=True):
        q = root.shape[1]
        values.append(term.Z @ root)
        places.append(start + term.codes[:, None] * q + np.arange(q))
        start += q * len(term.levels)
    data, columns = np.hstack(values), np.hstack(places)
    rows = np.arange(len(data) + 1) * data.shape[1]
    return csr_array((data.ravel(), columns.ravel(), rows), shape=(len(data), start))


def weights(X: Floats, W: csr_array, sigma: float, L: Floats) -> Floats:
    """Give the weights k (n, c) of the responses in L beta, where V = W W' + sigma^2 I.

    Notes
    -----
    k = V^-1 X (X'V^-1 X)^-1 L', and sigma^2 V^-1 = I - W (sigma^2 I + W'W)^-1 W' (Woodbury).
    """
    middle = (W.T @ W).toarray()
    middle[np.diag_indices(len(middle))] += sigma**2
    known = X - W @ cho_solve(cho_factor(middle, lower=True), W.T @ X)
    k: Floats = known @ np.linalg.solve(X.T @ known, L.T)
    return k


def scatter(k: Floats, W: csr_array, sigma: float) -> Floats:
    """Give the standard errors (c,) of k'y where V = W W' + sigma^2 I in truth."""
    found: Floats = np.sqrt(((W.T @ k) ** 2).sum(0) + sigma**2 * (k**2).sum(0))
    return found


def without(z: Floats, conditions: bool) -> Floats:
    """Take means out of columns, and differences of odd and even rows if these are conditions."""
    arm = columns((np.arange(len(z)) % 2).astype(float))[:, : 2 if conditions else 1]
    rest: Floats = z - arm @ np.linalg.lstsq(arm, z, rcond=None)[0]
    return rest


def beside_truth(
    said: Stated | None,
    names: Sequence[str],
    truth: Floats,
    window: float,
    unit: str,
) -> Panel:
    """Show stated intervals, and below each how far such estimates really scatter."""
    entries: list[tuple[str, str, float, float]] = []
    reach = np.zeros(1)
    if said is not None:
        off = said.estimate - truth
        half = (said.interval[:, 1] - said.interval[:, 0]) / 2.0
        half, real = np.where(np.isfinite(half), half, 0.0), _QUANTILE * said.real
        reach = np.concatenate([off - half, off + half, -real, real])
        for k, name in enumerate(names):
            states = f"{name}: stated SE {error(said.se[k])}"
            entries.append((states, "model", float(off[k]), float(half[k])))
            scatters = f"real scatter: SE {error(said.real[k])}"
            entries.append((scatters, "truth", 0.0, float(real[k])))
    x = cover((-window, window), reach, step=window)
    x = (-max(-x[0], x[1]), max(-x[0], x[1]))
    title = "95\N{NO-BREAK SPACE}% intervals, stated and real"
    return _panels.rows(title, Axis("distance from the truth", x, unit), entries, zero="truth")


def answer(said: Stated | None, truth: Floats, what: str, unit: str, digits: int) -> str:
    """Say what the second of the combinations is estimated to be, and what it is."""
    unit = f"\N{NO-BREAK SPACE}{unit}"
    true = f"the truth is [{decimal(float(truth[1]), digits, signed=True)}{unit}](truth)"
    if said is None:
        return f"The {what} is not estimated; {true}."
    found = decimal(float(said.estimate[1]), digits, signed=True)
    ends = " to ".join(decimal(float(end), digits) for end in said.interval[1])
    given = f"95\N{NO-BREAK SPACE}% interval {ends}" if np.isfinite(said.held[1]) else "no interval"
    return f"The {what} is estimated as [{found}{unit}](model) ({given}); {true}."


def verdict(said: Stated, k: int) -> str:
    """Say how well a stated standard error describes the real scatter."""
    held = said.held[k]
    text = (
        f"The fit states a standard error of [{error(said.se[k])}](model); such estimates really "
        f"scatter by [{error(said.real[k])}](truth)"
    )
    if np.isfinite(held):
        often = "nearly all" if held > 0.99 else percent(held, 0) + " of"
        text += f", so intervals this wide hold the truth in {often} studies"
    return f"{text}."
