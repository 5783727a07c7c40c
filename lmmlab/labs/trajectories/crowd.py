"""The people of the lab: made from a truth with exact moments, or the drivers of the sleep study.

The people who are made have exactly the average, the spreads and the correlation of the sliders.
So what the picture shows of them is the truth, and only their visits are noisy.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lmmlab.engine.design import Floats, Ints
from lmmlab.labs import _people
from lmmlab.labs._people import People
from lmmlab.labs.trajectories.nature import Nature
from lmmlab.study.simulate import exact_moments, normals, response

_QUIET = 1e-3  # points; a noise of zero is taken as this limit, so that models can be fitted
_FIRST_LOOK = np.array([-0.4, np.sqrt(1.0 - 0.4**2)])  # the slopes at the first look, from draws


@lru_cache(maxsize=64)
def _draws(seed: int, people: int) -> tuple[Floats, Floats]:
    """Give the draws of the people, with exact moments, and those of their visits."""
    drawn = normals(seed, people, 2 + _people.MOST_VISITS)
    return exact_moments(drawn[:, :2]), drawn[:, 2:]


@lru_cache(maxsize=64)
def _layout(people: int, visits: int, length: float) -> tuple[Ints, Ints, Floats, Floats]:
    """Give codes, number of the visit, time, and the columns 1 and time, of each row."""
    codes, visit = np.divmod(np.arange(people * visits), visits)
    time = np.linspace(0.0, length, visits)[visit]
    return codes, visit, time, np.stack([np.ones_like(time), time], axis=1)


@lru_cache(maxsize=64)
def upmost(seed: int, people: int) -> str:
    """Name the person whose slope rises most at the first look, whatever the sliders say."""
    return str(int(np.argmax(_draws(seed, people)[0] @ _FIRST_LOOK)) + 1)


def simulated(seed: int, people: int, visits: int, length: float, nature: Nature) -> People:
    """Make people whose visits are evenly spread over the study."""
    codes, visit, time, lines = _layout(people, visits, length)
    u, e = _draws(seed, people)
    sigma = max(nature.sigma, _QUIET)
    y = response(lines, lines, codes, nature.average, nature.factor, sigma, u, e[codes, visit])
    levels = tuple(map(str, range(1, people + 1)))
    truth = nature.average + u @ nature.factor.T
    return People(levels, codes, time, y, np.full(people, visits), truth)


def drivers() -> People:
    """Give the eighteen drivers of the sleep study with all their days."""
    return _people.sleepstudy(10, _people.sleepers()[0], 10)
