"""The numbers of the clustering lab: from controls to measurements, pairs, shares and worth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lmmlab.engine.design import Floats, Ints
from lmmlab.labs._people import numbered
from lmmlab.labs.clustering.controls import Controls
from lmmlab.meaning.precision import design_effect
from lmmlab.meaning.predictor import pair_icc
from lmmlab.meaning.variance import anova_icc, icc
from lmmlab.study.simulate import WITHIN, exact_moments, normals, response

MEAN = 150.0  # mmHg
MOST_VISITS = 60
VISITS = np.arange(1.0, MOST_VISITS + 1.0)


class Estimate(NamedTuple):
    """What an analysis of variance makes of the measurements, under the names that it is told.

    `icc` is below 0 where measurements under one name differ more than others; tau0 is 0 then.
    """

    tau0: float
    sigma: float
    icc: float


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    y : (J, n) array
        Measurements (mmHg), one row for each name. Shuffled names tear people apart.
    own : (J,) array
        Mean of the measurements under each name.
    icc : float or None
        True correlation of two measurements of one person; None if nothing varies at all.
    same, strangers : float or None
        Correlation over all pairs of measurements under one name, and under two; None if there
        are no such pairs or nothing varies.
    estimate : Estimate or None
    worth : float or None
        Independent measurements that would tell as much about the mean.
    limit : float
        What more and more visits of these people would be worth; infinite if people are alike.
    curve, believed : (60,) array or None
        The worth over `VISITS`, as it is and as an analysis with these names believes it is.
    """

    controls: Controls
    who: str
    index: int
    levels: tuple[str, ...]
    y: Floats
    own: Floats
    icc: float | None
    same: float | None
    strangers: float | None
    estimate: Estimate | None
    worth: float | None
    limit: float
    curve: Floats | None
    believed: Floats | None
    message: str

    @property
    def rows(self) -> int:
        """How many measurements there are."""
        return self.y.size

    @property
    def believed_worth(self) -> float | None:
        """Give what these rows are worth to an analysis that is told these names."""
        return None if self.believed is None else float(self.believed[self.controls.visits - 1])


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    J, n = c.people, c.visits
    exact = c.sample == "exact" and n + 1 < J
    u, e = _draws(c.seed, J, n, exact)
    ones, codes = _layout(J, n)
    y = response(ones, ones, codes, np.array([MEAN]), np.array([[c.tau0]]), c.sigma, u, e.ravel())
    if c.names == "shuffled":
        y = y[_shuffled(c.seed, J, n)]
    table = y.reshape(J, n)
    asked = numbered(c.person, J)
    index = int(np.argmax(u[:, 0])) if asked is None else asked

    varies = c.tau0 > 0.0 or c.sigma > 0.0
    true = float(icc(c.tau0, c.sigma)) if varies else None
    curve = None if true is None else worth(true, J)
    estimate = _estimate(table) if varies and n > 1 else None
    same = pair_icc(y, codes) if varies and n > 1 else None
    return Scene(
        controls=c,
        who=str(index + 1),
        index=index,
        levels=_levels(J),
        y=table,
        own=table.mean(1),
        icc=true,
        same=same,
        # all deviations add up to 0, so that what pairs under one name have, the others lack
        strangers=None if same is None else -(1.0 + (n - 1.0) * same) / (n * (J - 1.0)),
        estimate=estimate,
        worth=None if curve is None else float(curve[n - 1]),
        limit=J / true if true else np.inf,
        curve=curve,
        believed=None if estimate is None else worth(max(estimate.icc, 0.0), J),
        message=" ".join(_corners(c, exact)),
    )


def worth(icc: float, people: int) -> Floats:
    """Count the independent measurements that so many people are worth, over `VISITS`."""
    size: Floats = people * VISITS / design_effect(icc, VISITS[:, None])
    return size


@lru_cache(maxsize=32)
def _draws(seed: int, people: int, visits: int, exact: bool) -> tuple[Floats, Floats]:
    """Give the (J, 1) draws of people and the (J, n) draws of their measurements."""
    drawn = normals(seed, people, 1 + visits)
    if exact:
        drawn = exact_moments(drawn)
    return drawn[:, :1], drawn[:, 1:]


@lru_cache(maxsize=32)
def _shuffled(seed: int, people: int, visits: int) -> Ints:
    """Give an order of all measurements that has nothing to do with people."""
    return np.argsort(normals(seed, people, visits, WITHIN).ravel())


@lru_cache(maxsize=32)
def _layout(people: int, visits: int) -> tuple[Floats, Ints]:
    return np.ones((people * visits, 1)), np.repeat(np.arange(people), visits)


@lru_cache(maxsize=32)
def _levels(people: int) -> tuple[str, ...]:
    return tuple(map(str, range(1, people + 1)))


def _estimate(y: Floats) -> Estimate:
    """Estimate tau0, sigma and the ICC from the mean squares between and within names."""
    J, n = y.shape
    own = y.mean(1)
    between = n * float(own.var(ddof=1))
    within = float(np.square(y - own[:, None]).sum()) / (J * (n - 1))
    tau0 = np.sqrt(max(between - within, 0.0) / n)
    return Estimate(float(tau0), float(np.sqrt(within)), float(anova_icc(between, within, n)))


def _corners(c: Controls, exact: bool) -> list[str]:
    """Say what is special about a state at the edge of the sliders."""
    notes = []
    if c.tau0 == 0.0 and c.sigma == 0.0:
        notes.append("With τ₀ = σ = 0 all measurements are equal, and no correlation is defined.")
    elif c.tau0 == 0.0:
        notes.append("With τ₀ = 0 people are alike, and every measurement is a new fact.")
    elif c.sigma == 0.0:
        notes.append("With σ = 0 a second measurement of a person repeats the first.")
    if c.visits == 1:
        notes.append("One measurement of each makes no pairs: the ICC cannot be seen in the data.")
    if c.people == 2:
        notes.append("Two people say next to nothing about how much people differ.")
    if c.sample == "exact" and not exact:
        notes.append(
            f"{c.people} people are too few to match τ₀ and σ exactly with n = {c.visits}; "
            "these are drawn by chance."
        )
    return notes
