"""People who are measured several times: real drivers, or people made from a truth.

Both sources end in the same record, so that a lab need not ask where its people come from.
Simulated people keep their standard normal draws when a slider moves: the same people are
deformed, they are not replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy.special import ndtr

from lmmlab.data import arrays
from lmmlab.engine.design import Design, Floats, Ints, Term
from lmmlab.study.simulate import LEAVING, exact_moments, normals, response

MOST_VISITS = 20


@dataclass(frozen=True, eq=False)
class People:
    """J people with a start, a change, and noisy visits at equal distances from time 0 on.

    Parameters
    ----------
    levels : tuple of str
        Names of the J people.
    codes, day, y : (n,) arrays
        Whose visit, at what time (a day, for drivers), and what was measured.
    visits : (J,) integer array
        How many visits each one has.
    truth : (J, 2) array or None
        True start and change of each one; None for real people.
    """

    levels: tuple[str, ...]
    codes: Ints
    day: Floats
    y: Floats
    visits: Ints
    truth: Floats | None = None

    def design(self, weights: Floats | None = None) -> Design:
        """Give the design of ``y ~ day + (day | person)``."""
        lines, names = columns(self.day), ("(Intercept)", "day")
        term = Term("person", names, lines, self.codes, self.levels, (2,))
        return Design(self.y, lines, names, (term,), weights)

    def weights(self, who: str, noise: float) -> Floats | None:
        """Give relative precisions when one person's visits are `noise` times as noisy."""
        if noise == 1.0:
            return None
        return np.where(self.codes == self.levels.index(who), noise**-2, 1.0)


def columns(times: Floats) -> Floats:
    """Give the columns of a line, (..., 2): 1 and time."""
    lines = np.ones((*times.shape, 2))
    lines[..., 1] = times
    return lines


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
def _layout(people: int, visits: int, who: int, own_visits: int) -> tuple[Ints, Ints, Ints]:
    """Give codes, numbers of visits from 0, and how many each has; only counts enter."""
    each = np.full(people, visits)
    each[who] = own_visits
    codes = np.repeat(np.arange(people), each)
    number = np.arange(len(codes)) - np.repeat(np.cumsum(each) - each, each)
    return codes, number, each


@lru_cache(maxsize=64)
def _draws(
    seed: int, people: int, exact: bool = False, most: int = MOST_VISITS
) -> tuple[Floats, Floats]:
    """Give the (J, 2) draws of the people and the (J, most) draws of their visits."""
    drawn = normals(seed, people, 2 + most)
    u = drawn[:, :2]
    return exact_moments(u) if exact else u, drawn[:, 2:]


@lru_cache(maxsize=8)
def _chances(seed: int, people: int, most: int) -> Floats:
    """Give each visit (J, most) a number between 0 and 1 that decides whether it is missing."""
    chance: Floats = ndtr(normals(seed, people, most, LEAVING))
    chance[:, 0] = 1.0  # everybody came once
    return chance


@lru_cache(maxsize=64)
def farthest(seed: int, people: int) -> str:
    """Name the simulated person who is farthest from the average, whatever the sliders say."""
    return str(int(np.argmax((_draws(seed, people)[0] ** 2).sum(1))) + 1)


def numbered(name: str, most: int) -> int | None:
    """Read which of `most` people a name from a link is, from 0; None if it is none of them.

    Examples
    --------
    >>> numbered("3", 10), numbered("11", 10), numbered("nobody", 10)
    (2, None, None)
    """
    number = int(name) if name.isdecimal() and len(name) < 10 else 0
    return number - 1 if 1 <= number <= most else None


def in_colour(name: str, seed: int, people: int) -> str:
    """Name the simulated person in colour: who is asked for, else who is `farthest`."""
    index = numbered(name, people)
    return farthest(seed, people) if index is None else str(index + 1)


def simulated(
    seed: int,
    people: int,
    visits: int,
    who: str = "1",
    own_visits: int | None = None,
    *,
    beta: Floats,
    factor: Floats,
    sigma: float,
    own_noise: float = 1.0,
    gap: float = 1.0,
    exact: bool = False,
    missing: float = 0.0,
) -> People:
    """Make people from a truth.

    Parameters
    ----------
    seed, people, visits : int
        Which draws, how many people, how many visits of each.
    who : str
        The person who has `own_visits` visits, each `own_noise` times as noisy; without these two
        all people have the same.
    beta : (2,) array
        Average start and average change.
    factor : (2, 2) array
        Lower-triangular square root of G.
    sigma : float
        Residual sd of a visit.
    gap : float
        Time from one visit to the next; the first one is at 0.
    exact : bool
        Give these people exactly the average and the G that are asked for (three or more people).
    missing : float
        Probability that a visit after the first one is missing, whatever it would have shown.
    """
    index = int(who) - 1
    own_visits = visits if own_visits is None else own_visits
    codes, number, each = _layout(people, visits, index, own_visits)
    most = max(MOST_VISITS, visits, own_visits)
    u, e = _draws(seed, people, exact, most)
    if missing > 0.0:
        kept = _chances(seed, people, most)[codes, number] >= missing
        codes, number = codes[kept], number[kept]
        each = np.bincount(codes, minlength=people)
    truth = beta + u @ factor.T
    noise = np.where(codes == index, sigma * own_noise, sigma)
    time = np.asarray(gap * number, dtype=float)
    lines = columns(time)
    y = response(lines, lines, codes, beta, factor, noise, u, e[codes, number])
    levels = tuple(map(str, range(1, people + 1)))
    return People(levels, codes, time, y, each, truth)
