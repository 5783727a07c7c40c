"""What a G and a sigma say of a study, whether they are true or estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs._people import People, columns
from lmmlab.labs.playground.controls import Controls
from lmmlab.meaning.implied import correlation, implied, line_variance, vpc
from lmmlab.meaning.variance import reliability

_CELLS = 10


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the views look: points of time, occasions, and numbers of rows.

    Attributes
    ----------
    times : (m,) points of time, from 0 to twice the length of the study.
    occasions : (k,) times of rows, each one or so many that they can be told apart.
    ends : (2,) the first and the last time.
    rows : (r,) numbers of rows that a person might have.
    """

    times: Floats
    occasions: Floats
    ends: Floats
    rows: Floats


def grid(c: Controls) -> Grid:
    """Choose where the views look."""
    end = c.gap * max(c.visits - 1, 1)
    number = np.arange(0.0, c.visits, -(-c.visits // _CELLS))
    return Grid(
        times=np.linspace(0.0, 2.0 * end, 97),
        occasions=np.asarray(c.gap * number, dtype=np.float64),
        ends=np.array([0.0, end]),
        rows=np.arange(1.0, max(20, c.visits, c.own_visits) + 1.0),
    )


@dataclass(frozen=True, eq=False)
class Account:
    """What follows from a G, with time counted from the origin, and a sigma.

    Attributes
    ----------
    sd : (m,) how far people are apart at the grid's times.
    corr : (k, k) how rows of one person correlate.
    share : (2,) share of the variance that is between people, at both ends.
    curve : (r, 2) weight of so many own rows for the level at their mean time, and for the change.
    weight : (J, 2) the same for each person's own rows.
    """

    G: Floats
    sigma: float
    sd: Floats
    corr: Floats
    share: Floats
    curve: Floats
    weight: Floats


def account(G: Floats, sigma: float, c: Controls, at: Grid, people: People) -> Account:
    """Draw the conclusions."""
    n: Floats = people.visits.astype(float)
    middle = np.bincount(people.codes, people.day) / n
    away = np.square(people.day - middle[people.codes])
    squares = np.asarray(np.bincount(people.codes, away), dtype=np.float64)
    planned = c.gap**2 * at.rows * (at.rows**2 - 1.0) / 12.0
    return Account(
        G=G,
        sigma=sigma,
        sd=np.sqrt(np.maximum(line_variance(G, columns(at.times - c.origin)), 0.0)),
        corr=correlation(implied(G, sigma, columns(at.occasions - c.origin))),
        share=vpc(G, sigma, columns(at.ends - c.origin)),
        curve=_weights(G, sigma, at.rows, c.gap * (at.rows - 1.0) / 2.0 - c.origin, planned),
        weight=_weights(G, sigma, n, np.asarray(middle - c.origin), squares),
    )


def _weights(G: Floats, sigma: float, rows: Floats, middle: Floats, squares: Floats) -> Floats:
    level = reliability(G, sigma, columns(middle), rows)
    return np.stack([level, reliability(G, sigma, np.array([0.0, 1.0]), squares)], axis=-1)
