"""The numbers of the residuals lab: related residuals, a fit that may not know, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs._effects import Stated
from lmmlab.labs._people import columns, numbered
from lmmlab.labs.residuals.controls import MOST, Controls
from lmmlab.labs.residuals.panel import Variances, estimate
from lmmlab.labs.residuals.stories import STORIES, Story
from lmmlab.study.simulate import exact_moments, normals

_QUANTILE = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    times : (T,) when everybody is measured.
    y : (J, T) visits of each person.
    own : (J,) true levels of people, around the average.
    true, found : Variances, in truth and as fitted.
    corr, fitted, sample : (T, T) correlations of a person's visits, in truth, as fitted, and as
        counted in these data.
    beta : (2,) fitted start and change of the average.
    levels : (J,) fitted levels of people, around the average.
    said : what the fit states of the level in the middle of the study, and of the change over it.
    asked : (2,) their true values.
    """

    controls: Controls
    story: Story
    who: str
    index: int
    times: Floats
    y: Floats
    own: Floats
    true: Variances
    found: Variances
    corr: Floats
    fitted: Floats
    sample: Floats
    beta: Floats
    levels: Floats
    said: Stated
    asked: Floats
    message: str

    @property
    def average(self) -> Floats:
        """The true start and change of the average."""
        return np.array([self.controls.beta0, self.controls.beta1])


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    J, T = c.people, c.visits
    times = np.arange(float(T))
    X = columns(times)
    u, z = draws(c.seed, J, T, c.moments == "exact")
    true = Variances(c.tau0, c.sigma * (1.0 + (c.ratio - 1.0) * times / (T - 1.0)), c.phi)
    own = c.tau0 * u
    average = np.array([c.beta0, c.beta1])
    y = X @ average + own[:, None] + echoed(z, c.phi) * true.sds
    found = estimate(y, X, c.fit == "starts", c.errors)
    mean = y.mean(0)
    A = np.linalg.inv(found.V)
    precision = X.T @ A @ X
    weights = np.linalg.solve(precision, X.T @ A)  # of the visits of the average person
    beta = weights @ mean
    L = np.array([[1.0, float(times.mean())], [0.0, T - 1.0]])
    value = L @ beta
    se = np.sqrt((L @ np.linalg.solve(precision, L.T)).diagonal() / J)
    real = np.sqrt((L @ weights @ true.V @ weights.T @ L.T).diagonal() / J)
    ends = value[:, None] + _QUANTILE * se[:, None] * np.array([-1.0, 1.0])
    asked = numbered(c.person, J)
    index = int(np.argmax(np.abs(u))) if asked is None else asked
    message = "In truth residuals are independent, with one sd." * (c.phi == 0.0 and c.ratio == 1.0)
    return Scene(
        controls=c,
        story=STORIES[c.story],
        who=str(index + 1),
        index=index,
        times=times,
        y=y,
        own=own,
        true=true,
        found=found,
        corr=_correlation(true.V),
        fitted=_correlation(found.V),
        sample=_correlation((y - mean).T @ (y - mean)),
        beta=beta,
        levels=found.tau0**2 * (y - X @ beta) @ A.sum(0),
        said=Stated(value, se, ends, real),
        asked=L @ average,
        message=message,
    )


@lru_cache(maxsize=64)
def draws(seed: int, people: int, visits: int, exact: bool) -> tuple[Floats, Floats]:
    """Give the standard normals of people (J,) and of their visits (J, T)."""
    drawn = normals(seed, people, 1 + MOST[1])
    u = drawn[:, :1]
    return (exact_moments(u) if exact else u)[:, 0], drawn[:, 1 : 1 + visits]


def echoed(z: Floats, phi: float) -> Floats:
    """Make independent columns (J, T) follow each other: each is phi times the last, and news."""
    e = z.copy()
    new = np.sqrt(1.0 - phi**2)
    for k in range(1, e.shape[1]):
        e[:, k] = phi * e[:, k - 1] + new * z[:, k]
    return e


def by_lag(corr: Floats) -> Floats:
    """Average the correlations (T, T) of visits that are 1, 2, ... apart: (T - 1,)."""
    return np.array([corr.diagonal(lag).mean() for lag in range(1, len(corr))])


def _correlation(V: Floats) -> Floats:
    sd = np.sqrt(V.diagonal())
    corr: Floats = V / (sd[:, None] * sd)
    return corr
