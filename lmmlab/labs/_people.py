"""People who are measured on several days: real drivers, or people made from a truth.

Both sources end in the same record, so that a lab need not ask where its people come from.
Simulated people keep their standard normal draws when a slider moves: the same people are
deformed, they are not replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from lmmlab.data import arrays
from lmmlab.engine.design import Design, Floats, Ints, Term
from lmmlab.engine.simulate import normals, response

MOST_VISITS = 20


@dataclass(frozen=True, eq=False)
class People:
    """J people with a start, a change a day, and noisy visits on days 0, 1, 2, ...

    Parameters
    ----------
    levels : tuple of str
        Names of the J people.
    codes, day, y : (n,) arrays
        Whose visit, on which day, and the reaction time in ms.
    visits : (J,) integer array
        How many visits each one has.
    truth : (J, 2) array or None
        True start (ms) and change (ms a day) of each one; None for real people.
    """

    levels: tuple[str, ...]
    codes: Ints
    day: Floats
    y: Floats
    visits: Ints
    truth: Floats | None = None

    def design(self, weights: Floats | None = None) -> Design:
        """Give the design of ``y ~ day + (day | person)``."""
        lines, names = _columns(self.day), ("(Intercept)", "day")
        term = Term("person", names, lines, self.codes, self.levels, (2,))
        return Design(self.y, lines, names, (term,), weights)

    def weights(self, who: str, noise: float) -> Floats | None:
        """Give relative precisions when one person's visits are `noise` times as noisy."""
        if noise == 1.0:
            return None
        return np.where(self.codes == self.levels.index(who), noise**-2, 1.0)


def _columns(day: Floats) -> Floats:
    columns = np.ones((len(day), 2))
    columns[:, 1] = day
    return columns


@cache
def sleepers() -> tuple[str, ...]:
    """Name the eighteen drivers of the sleep study."""
    return tuple(dict.fromkeys(arrays("sleepstudy")["Subject"].tolist()))


@lru_cache(maxsize=64)
def sleepstudy(days: int, who: str, own_days: int) -> People:
    """Keep the first `days` days of every driver, and the first `own_days` of one."""
    table, levels = arrays("sleepstudy"), sleepers()
    codes = np.repeat(np.arange(len(levels)), 10)
    visits = np.full(len(levels), days)
    visits[levels.index(who)] = own_days
    kept = table["Days"] < visits[codes]
    return People(levels, codes[kept], table["Days"][kept], table["Reaction"][kept], visits)


@lru_cache(maxsize=64)
def _layout(people: int, visits: int, who: int, own_visits: int) -> tuple[Ints, Floats, Ints]:
    """Give codes, days and visits of simulated people; only these three depend on the counts."""
    each = np.full(people, visits)
    each[who] = own_visits
    codes = np.repeat(np.arange(people), each)
    day = np.arange(len(codes)) - np.repeat(np.cumsum(each) - each, each)
    return codes, day.astype(float), each


@lru_cache(maxsize=64)
def _draws(seed: int, people: int) -> tuple[Floats, Floats]:
    """Give the (J, 2) draws of the people and the (J, MOST_VISITS) draws of their visits."""
    drawn = normals(seed, people, 2 + MOST_VISITS)
    return drawn[:, :2], drawn[:, 2:]


@lru_cache(maxsize=64)
def farthest(seed: int, people: int) -> str:
    """Name the simulated person who is farthest from the average, whatever the sliders say."""
    return str(int(np.argmax((_draws(seed, people)[0] ** 2).sum(1))) + 1)


def simulated(
    seed: int,
    people: int,
    visits: int,
    who: str,
    own_visits: int,
    *,
    beta: Floats,
    factor: Floats,
    sigma: float,
    own_noise: float,
) -> People:
    """Make people from a truth.

    Parameters
    ----------
    seed, people, visits : int
        Which draws, how many people, how many visits of each.
    who : str
        The person who has `own_visits` visits, each `own_noise` times as noisy.
    beta : (2,) array
        Average start and average change.
    factor : (2, 2) array
        Lower-triangular square root of G.
    sigma : float
        Residual sd of a visit.
    """
    index = int(who) - 1
    codes, day, each = _layout(people, visits, index, own_visits)
    u, e = _draws(seed, people)
    truth = beta + u @ factor.T
    noise = np.where(codes == index, sigma * own_noise, sigma)
    lines = _columns(day)
    y = response(lines, lines, codes, beta, factor, noise, u, e[codes, day.astype(int)])
    levels = tuple(map(str, range(1, people + 1)))
    return People(levels, codes, day, y, each, truth)
