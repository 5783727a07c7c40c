"""The numbers of the averaging lab: one question, asked of all trials and of averages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lmmlab.classical.means import on_means
from lmmlab.engine.design import Floats, Ints
from lmmlab.labs.averaging.controls import Controls
from lmmlab.labs.averaging.study import Study, few, made, sizes
from lmmlab.meaning.precision import Weighting, mean_variance
from lmmlab.model.fit import fit

_WEIGHTINGS: tuple[Weighting, ...] = ("rows", "groups", "best")


class Answer(NamedTuple):
    """What an analysis says: each coefficient's estimate and its standard error, (p,)."""

    beta: Floats
    se: Floats


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    study : Study
    mixed, means : Answer
        Of the mixed model of all trials, and of least squares on averages: intercept, patients
        less controls, and the slope of loudness where it varies.
    asked : int
        Which of them is in question: 1, the difference, or 2, the slope.
    tau, sigma : float
        REML estimates of the mixed model.
    own : (J,) array
        Averages of people.
    costs : (2,) array
        True variance of the difference, over that of the best weighting, if every trial counts
        the same and if every person does.
    curve : (n, 2) array
        The same if every second person had 1, 2, ... n trials, and the others as many more.
    """

    controls: Controls
    who: str
    index: int
    study: Study
    mixed: Answer
    means: Answer
    asked: int
    tau: float
    sigma: float
    own: Floats
    costs: Floats
    curve: Floats
    message: str

    @property
    def balanced(self) -> bool:
        """Whether all people have the same number of trials."""
        each = self.study.layout.sizes
        return bool((each == each[0]).all())

    def weights(self, n: Floats, *, true: bool = False) -> Floats:
        """Say what people with `n` trials count for in the mixed model; 1 is an average person.

        With its own estimates of tau and sigma, or with the true ones.
        """
        tau, sigma = (self.controls.tau0, self.controls.sigma) if true else (self.tau, self.sigma)
        usual = (1.0 / (tau**2 + sigma**2 / self.study.layout.sizes)).mean()
        weights: Floats = 1.0 / (tau**2 + sigma**2 / n) / usual
        return weights


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    study = made(c)
    design = study.design()
    model, averages = fit(design), on_means(design)
    levels = study.layout.levels
    index = levels.index(c.person) if c.person in levels else 0
    curve = _costs(c, np.arange(1, c.trials + 1))
    tau = float(model.sd["person"].values[0])
    return Scene(
        controls=c,
        who=levels[index],
        index=index,
        study=study,
        mixed=Answer(model.beta, model.se),
        means=Answer(averages.beta, averages.se),
        asked=1 if study.loud is None else 2,
        tau=tau,
        sigma=model.sigma,
        own=study.averages(study.y),
        costs=curve[few(c.trials, c.unequal) - 1],
        curve=curve,
        message=_corner(c, tau),
    )


def _costs(c: Controls, low: Ints) -> Floats:
    """Compare variances of the difference between groups with that of the best weighting."""
    each = sizes(c.trials, low, 2 * c.people).reshape(len(low), 2, -1)
    of_groups = (mean_variance(c.tau0, c.sigma, each, weighting) for weighting in _WEIGHTINGS)
    rows, people, best = (variance.sum(-1) for variance in of_groups)
    return np.stack([rows / best, people / best], axis=1)


def _corner(c: Controls, tau: float) -> str:
    """Say what is special about a state at the edge of the sliders."""
    if c.tau0 == 0.0:
        return "With τ₀ = 0 people are alike: trials are all that counts."
    if tau == 0.0:
        return "From these trials τ₀ is estimated as 0, and the mixed model takes people as alike."
    return ""
