"""The numbers of the generalise lab: the piles, their widths, and what the analyses believe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lmmlab.engine.design import Floats
from lmmlab.labs._people import numbered
from lmmlab.labs.generalise.controls import Controls
from lmmlab.labs.generalise.stories import STORIES, Story
from lmmlab.labs.generalise.studies import (
    STUDIES,
    Studies,
    average_variance,
    own_root,
    people_of,
    studies,
)
from lmmlab.meaning.variance import reliability
from lmmlab.study.rates import Rates, rates

SHOWN = 200  # studies of the pile that are drawn one by one
SIZES = (5, 20, 50, 200)  # people, where the spread of estimates is compared
TRIALS = np.arange(2.0, 101.0)
PROMISED = 0.95


class Spread(NamedTuple):
    """What a thousand studies of `people` say of tau1 or rho.

    `target` is what is true of those whom the reruns are about, None if it is not defined. `low`,
    `middle`, `high` are the 5th, 50th and 95th percentile of the estimates, None if there are
    none. `plus` and `minus` fits are singular with an estimated rho of +1 and -1; in `none` an
    estimated spread is 0, so that there is no rho.
    """

    people: int
    target: float | None
    low: float | None
    middle: float | None
    high: float | None
    plus: int
    minus: int
    none: int

    @property
    def singular(self) -> int:
        """How many fits are singular."""
        return self.plus + self.minus + self.none

    @property
    def rate(self) -> tuple[float, float]:
        """Give the share of singular fits and its Monte-Carlo error (Jeffreys)."""
        p = (self.singular + 0.5) / (STUDIES + 1.0)
        return self.singular / STUDIES, float(np.sqrt(p * (1.0 - p) / (STUDIES + 2.0)))


class One(NamedTuple):
    """The study in colour: true, own and pulled effect of each one (J,), average and tau1 found."""

    true: Floats
    own: Floats
    pulled: Floats
    average: float
    tau1: float


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    who, index : the study in colour, by its name and its number from 0.
    pile : (1000,) array
        What the studies estimate of what is looked at; NaN where there is no rho.
    bad : (1000,) array of bool
        Intervals that miss the target; for tau1 and rho, singular fits.
    everybody, target : float or None
        What is looked at, in the population, and in those of whom a rerun speaks: the same unless
        the people stay. None where it is not defined (rho without a spread).
    within, between : float
        The parts of the squared standard error: 2 sigma**2 / (nJ) and tau1**2 / J.
    rates : of the intervals of fixed and of random effects.
    weight : float
        True weight of one's own effect, each alone.
    curves : (2, 99) array
        Standard error over `TRIALS`, with the same people and with new ones.
    sizes : tuple of Spread
        For each of `SIZES`; empty if the average is looked at.
    now : Spread or None
        For the number of people of the controls.
    """

    controls: Controls
    story: Story
    who: str
    index: int
    pile: Floats
    bad: NDArray[np.bool_]
    everybody: float | None
    target: float | None
    within: float
    between: float
    rates: Rates
    weight: float
    one: One
    curves: Floats
    sizes: tuple[Spread, ...]
    now: Spread | None
    message: str

    @property
    def honest(self) -> float:
        """The standard error that is true for what is rerun."""
        new = self.controls.again == "new"
        return float(np.sqrt(self.within + (self.between if new else 0.0)))


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    story = STORIES[c.story]
    run = studies(c, c.J)
    estimates = run.fits.estimate
    ours = people_of(c, 0)[0]
    truth = float(ours[:, 1].mean()) if c.again == "same" else story.beta[1]
    ses, dfs, misses = _intervals(run, truth)
    average = c.look == "average"
    fixed = c.fit == "fixed" and average
    bad = misses[0 if fixed else 1] if average else run.fits.singular
    everybody, target = (story.beta[1], truth) if average else _of_people(c, ours)
    asked = numbered(c.person, SHOWN)
    index = _telling(c.story, c.seed) if asked is None else asked
    n = np.append(TRIALS, c.n)
    within, whole = (average_variance(tau, c.sigma, n, c.J) for tau in (0.0, c.tau1))
    return Scene(
        controls=c,
        story=story,
        who=str(index + 1),
        index=index,
        pile={"average": estimates, "tau1": run.sd[:, 1], "rho": run.rho}[c.look],
        bad=bad,
        everybody=everybody,
        target=target,
        within=float(within[-1]),
        between=float(whole[-1] - within[-1]),
        rates=_rates(run, truth, misses, ses, dfs),
        weight=float(
            reliability(np.array([[c.tau1**2]]), c.sigma, np.ones(1), np.array([c.n / 2.0]))[0]
        ),
        one=_one(c, run, index, fixed),
        curves=np.sqrt(np.stack([within, whole])[:, :-1]),
        sizes=()
        if average
        else tuple(_spread(c, run if J == c.J else studies(c, J), J) for J in SIZES),
        now=None if average else _spread(c, run, c.J),
        message=" ".join(_corners(c)),
    )


def _intervals(run: Studies, truth: float) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Give standard errors and df by fixed and by random effects (2, m), and who misses."""
    ses = np.stack([run.fixed_se, run.fits.estimate_se])
    dfs = np.stack([np.full(STUDIES, run.fixed_df), run.fits.df])
    away = np.abs(run.fits.estimate - truth)
    return ses, dfs, away > stdtrit(dfs, 0.5 + PROMISED / 2.0) * ses


@lru_cache(maxsize=8)
def _telling(story: str, seed: int) -> int:
    """Find a study that fixed effects get wrong and random effects do not, as the story begins.

    It stays in colour wherever the sliders go, so that one sees the same people.
    """
    start = Controls(story=story, seed=seed, **cast(dict[str, Any], STORIES[story].values))
    misses = _intervals(studies(start, start.J), STORIES[story].beta[1])[2]
    return int(np.argmax((misses[0] & ~misses[1])[:SHOWN]))


def _of_people(c: Controls, ours: Floats) -> tuple[float | None, float | None]:
    """Give tau1 or rho of the population, and of the people whom a rerun is about."""
    defined = c.tau0 > 0.0 and c.tau1 > 0.0
    everybody = c.tau1 if c.look == "tau1" else c.rho if defined else None
    if c.again == "new" or everybody is None:
        return everybody, everybody
    if c.look == "tau1":
        return everybody, float(ours[:, 1].std(ddof=1))
    return everybody, float(np.atleast_2d(np.corrcoef(ours.T))[0, 1])


def _rates(
    run: Studies, truth: float, misses: NDArray[np.bool_], ses: Floats, dfs: Floats
) -> Rates:
    """Count how often the two analyses hold the target."""
    off = np.broadcast_to(run.fits.estimate - truth, ses.shape)
    singular = np.stack([np.zeros(STUDIES), run.fits.singular])
    columns = (np.ones(ses.shape), ~misses, off, off**2, ses, dfs, singular)
    sums = np.stack([column.sum(1) for column in columns], axis=1)
    return rates(("fixed", "random"), PROMISED, np.full(2, truth), STUDIES, sums)


def _one(c: Controls, run: Studies, index: int, fixed: bool) -> One:
    """Look at one study: its people, and where the analysis puts them."""
    true, own = people_of(c, index)
    average, tau1 = own.mean(0), float(run.sd[index, 1])
    if fixed:
        return One(true[:, 1], own[:, 1], own[:, 1], float(average[1]), tau1)
    G, noise = run.fits.G[index], run.fits.sigma[index] * own_root(c.J, c.n)
    pulled = average + (own - average) @ np.linalg.solve(G + noise @ noise.T, G)
    return One(true[:, 1], own[:, 1], pulled[:, 1], float(average[1]), tau1)


def _spread(c: Controls, run: Studies, people: int) -> Spread:
    """Count what a thousand studies say of tau1 or rho."""
    rho, singular = run.rho, run.fits.singular
    seen = run.sd[:, 1] if c.look == "tau1" else rho[np.isfinite(rho)]
    low, middle, high = np.quantile(seen, [0.05, 0.5, 0.95]).tolist() if len(seen) else [None] * 3
    none = int(np.isnan(rho).sum())
    plus, minus = (int((singular & (rho == sign)).sum()) for sign in (1.0, -1.0))
    target = _of_people(c, people_of(replace(c, J=people), 0)[0])[1]
    return Spread(people, target, low, middle, high, plus, minus, none)


def _corners(c: Controls) -> list[str]:
    """Say what is special about a state at the edge of the sliders."""
    many, notes = STORIES[c.story].many, []
    if c.tau1 == 0.0:
        notes.append(
            f"With τ₁ = 0 all {many} have the same effect: λ is 0 (complete pooling), and it "
            "does not matter who takes part."
        )
    if c.look == "rho" and (c.tau0 == 0.0 or c.tau1 == 0.0):
        notes.append("Without both spreads there is no true ρ; what is estimated is chance.")
    elif c.look == "rho" and abs(c.rho) == 1.0:
        notes.append("The true ρ is at its limit here; in populations that hardly happens.")
    if c.J < 5:
        notes.append(f"{c.J} {many} say next to nothing about how {many} differ.")
    return notes
