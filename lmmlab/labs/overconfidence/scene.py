"""The numbers of the overconfidence lab: a thousand studies, analysed with and without clusters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lmmlab.engine.design import Floats, Ints
from lmmlab.inference.inference import Method
from lmmlab.labs._people import numbered
from lmmlab.labs.overconfidence.controls import Controls
from lmmlab.meaning.precision import Weighting, design_effect, mean_variance, naive_size
from lmmlab.meaning.predictor import pair_icc
from lmmlab.meaning.variance import icc
from lmmlab.study.analysis import Analysis, Answers, answers
from lmmlab.study.layout import Layout, covariate, members
from lmmlab.study.rates import Rates, rates
from lmmlab.study.simulate import normals, response, visits

STUDIES = 1_000
SHOWN = 60  # of them are drawn one by one
SHARES = np.linspace(0.0, 1.0, 51)
_MOST = 30  # people
_BETA = np.zeros(2)  # the truth: no effect of x, so that every miss is a false alarm


@dataclass(frozen=True, eq=False)
class Intervals:
    """Estimates of the slope (µV per sd of x) and their 95 % intervals, (m,) each."""

    estimate: Floats
    low: Floats
    high: Floats

    @property
    def miss(self) -> NDArray[np.bool_]:
        """Which intervals do not hold the truth, 0."""
        return (self.low > 0.0) | (self.high < 0.0)


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    who, index : the study in colour, by its name and its number from 0.
    ols, mixed : intervals of the same 1,000 studies.
    rates : how often they hold the truth, first OLS, then the mixed model.
    icc : correlation of two trials of one person.
    icc_x : how alike x is within people, from -1 / (n - 1) to 1.
    effect : true over believed variance of the slope by OLS.
    expected : (51,) array
        What OLS should miss over `SHARES`, by the formula.
    means : (3,) array
        Variance of the overall mean: every trial counts the same (OLS), every person does, best.
    """

    controls: Controls
    who: str
    index: int
    ols: Intervals
    mixed: Intervals
    rates: Rates
    icc: float
    icc_x: float
    effect: float
    expected: Floats
    means: Floats
    message: str

    @property
    def missed(self) -> Floats:
        """How often OLS and the mixed model miss the truth, (2,)."""
        return 1.0 - self.rates.coverage


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    few = c.few if c.sizes == "unequal" else c.rows
    layout, sizes, ends = _layout(c.groups, c.rows, few, c.share)
    u, e = _draws(c.seed, c.groups, c.rows, few)
    X = layout.matrix(("1", "x"))
    root = np.array([[c.tau0]])
    Y = response(X, X[:, :1], layout.codes, _BETA, root, c.sigma, u, e)
    fixed, method = ("1", "x"), cast(Method, c.method)
    analyses = Analysis(fixed, (), "x", "naive"), Analysis(fixed, ("1",), "x", method)
    both = [answers(analysis, layout, Y) for analysis in analyses]
    ols, mixed = map(_intervals, both)

    alike = icc(c.tau0, c.sigma)
    # group means carry the share of x, so that its ICC is a straight line over the share
    icc_x = ends[0] + (ends[1] - ends[0]) * np.append(SHARES, c.share)
    effects = design_effect(alike, sizes, icc_x)
    weightings: tuple[Weighting, ...] = ("rows", "groups", "best")
    index = _study(c.person, ols.miss & ~mixed.miss)
    return Scene(
        controls=c,
        who=str(index + 1),
        index=index,
        ols=ols,
        mixed=mixed,
        rates=_rates(both, (ols, mixed)),
        icc=float(alike),
        icc_x=float(icc_x[-1]),
        effect=float(effects[-1]),
        expected=naive_size(effects[:-1]),
        means=np.array([float(mean_variance(c.tau0, c.sigma, sizes, w)) for w in weightings]),
        message=" ".join(_corners(c)),
    )


@lru_cache(maxsize=8)
def _ends(groups: int, rows: int, few: int) -> tuple[Ints, Floats, Floats]:
    """Give codes, sizes, and the ICC of x when it varies only within and only between people."""
    sizes = np.where(np.arange(groups) % 2 == 1, few, rows)
    codes = members(sizes)
    ends = [pair_icc(covariate(codes, share, exact=True), codes) for share in (0.0, 1.0)]
    return codes, sizes.astype(float), np.array(ends)


@lru_cache(maxsize=32)
def _layout(groups: int, rows: int, few: int, share: float) -> tuple[Layout, Floats, Floats]:
    codes, sizes, ends = _ends(groups, rows, few)
    return Layout(codes, {"x": covariate(codes, share, exact=True)}), sizes, ends


@lru_cache(maxsize=2)
def _draws(seed: int, groups: int, rows: int, few: int) -> tuple[Floats, Floats]:
    """Give the (m, J, 1) draws of people and the (m, N) draws of trials.

    A study keeps its people and their trials when others are added.
    """
    codes, _, _ = _ends(groups, rows, few)
    drawn = normals(seed, STUDIES, _MOST * (1 + max(rows, few)))
    place = _MOST * (1 + visits(codes)) + codes
    return np.ascontiguousarray(drawn[:, :groups, None]), drawn[:, place]


def _intervals(said: Answers) -> Intervals:
    half = stdtrit(said.df, 0.975) * said.se
    return Intervals(said.estimate, said.estimate - half, said.estimate + half)


def _rates(both: list[Answers], intervals: tuple[Intervals, Intervals]) -> Rates:
    """Count what the analyses did; studies that could not be fitted count as failures."""
    sums = []
    for said, seen in zip(both, intervals, strict=True):
        columns = (
            np.ones(STUDIES), ~seen.miss, said.estimate, said.estimate**2, said.se, said.df,
            said.singular,
        )  # fmt: skip
        sums.append(np.stack(columns)[:, said.fitted].sum(1))
    return rates(("OLS", "mixed model"), 0.95, np.zeros(2), STUDIES, np.array(sums))


def _study(name: str, telling: NDArray[np.bool_]) -> int:
    """Find the study in colour: the one asked for, or one that OLS alone gets wrong."""
    asked = numbered(name, SHOWN)
    return int(np.argmax(telling[:SHOWN])) if asked is None else asked


def _corners(c: Controls) -> list[str]:
    """Say what is special about a state at the edge of the sliders."""
    notes = []
    if c.tau0 == 0.0:
        notes.append("With τ₀ = 0 people are alike: all trials are independent, as OLS believes.")
    if c.groups < 8:
        notes.append(f"With {c.groups} people the spread τ₀ is poorly known in every study.")
    return notes
