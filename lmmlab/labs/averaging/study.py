"""Trials of patients and controls: half of the people have more of them, half have fewer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.engine.design import Design, Floats, Ints, Term
from lmmlab.labs.averaging.controls import Controls
from lmmlab.study.simulate import WITHIN, normals, response, visits

CONTROLS = 8.0
"""True average of the controls, in µV."""

_MOST = 199  # trials of one person


@dataclass(frozen=True, eq=False)
class Layout:
    """Who has which trials: k controls, then k patients.

    Parameters
    ----------
    sizes : (2k,) array
        Trials of each person.
    codes, number : (N,) arrays
        Whose trial it is, and which of this person's, from 0.
    patient : (2k,) array
        1 for patients, 0 for controls.
    """

    levels: tuple[str, ...]
    sizes: Ints
    codes: Ints
    number: Ints
    patient: Floats


@dataclass(frozen=True, eq=False)
class Study:
    """What was measured: the wave after each tone, and how loud the tone was, in steps.

    `loud` is None where all tones are alike.
    """

    layout: Layout
    y: Floats
    loud: Floats | None

    def design(self) -> Design:
        """Give the design of ``y ~ patient (+ loudness) + (1 | person)``."""
        at, one = self.layout, np.ones_like(self.y)
        columns, names = [one, at.patient[at.codes]], ["(Intercept)", "patient"]
        if self.loud is not None:
            columns.append(self.loud)
            names.append("loudness")
        X = np.stack(columns, axis=1)
        term = Term("person", ("(Intercept)",), X[:, :1], at.codes, at.levels, (1,))
        return Design(self.y, X, tuple(names), (term,))

    def averages(self, values: Floats) -> Floats:
        """Give the average of each person, (2k,)."""
        total: Floats = np.bincount(self.layout.codes, values) / self.layout.sizes
        return total


def few(trials: int, unequal: float) -> int:
    """Give the trials of those who have fewer, at least one."""
    return max(1, round(trials * (1.0 - unequal / 100.0)))


def sizes(trials: int, low: ArrayLike, people: int) -> Ints:
    """Give the trials of each person: every second one has `low`, the others as many more.

    `low` is one number, or several: (..., people).
    """
    fewer = np.asarray(low, dtype=int)
    pair = np.stack([fewer, 2 * trials - fewer], axis=-1)
    each: Ints = pair[..., np.arange(people) % 2]
    return each


@lru_cache(maxsize=16)
def layout(people: int, trials: int, low: int) -> Layout:
    """Lay out a study with so many people in each group."""
    each = sizes(trials, low, 2 * people)
    codes = np.repeat(np.arange(2 * people), each)
    levels = tuple(map(str, range(1, 2 * people + 1)))
    patient = (np.arange(2 * people) >= people).astype(float)
    return Layout(levels, each, codes, visits(codes), patient)


@lru_cache(maxsize=8)
def _draws(seed: int, people: int) -> tuple[Floats, Floats, Floats]:
    """Give draws of people (2k, 1), of their trials, and of the loudness of their tones."""
    drawn = normals(seed, 2 * people, 1 + _MOST)
    return drawn[:, :1], drawn[:, 1:], normals(seed, 2 * people, _MOST, WITHIN)


def made(c: Controls) -> Study:
    """Make the study as the sliders say."""
    at = layout(c.people, c.trials, few(c.trials, c.unequal))
    u, e, tones = _draws(c.seed, c.people)
    one = np.ones((len(at.codes), 1))
    X, beta = np.column_stack([one[:, 0], at.patient[at.codes]]), [CONTROLS, c.difference]
    root = np.array([[c.tau0]])
    noise = e[at.codes, at.number]
    y = response(X, one, at.codes, np.array(beta), root, c.sigma, u, noise)
    if c.tones == "alike":
        return Study(at, y, None)
    loud = tones[at.codes, at.number]
    return Study(at, y + c.louder * loud, loud)
