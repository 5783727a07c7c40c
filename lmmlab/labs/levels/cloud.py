"""Rows of many groups: a predictor with a part within and a part between, and a response."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lmmlab.data import arrays
from lmmlab.engine.design import Floats, Ints
from lmmlab.labs.levels.controls import Controls
from lmmlab.labs.levels.stories import STORIES
from lmmlab.study.simulate import BETWEEN, WITHIN, exact_moments, normals, response


@dataclass(frozen=True, eq=False)
class Cloud:
    """J groups with n rows each; x and y are (J, n)."""

    levels: tuple[str, ...]
    codes: Ints
    x: Floats
    y: Floats

    @property
    def means(self) -> Floats:
        """Own averages of x and y, (2, J)."""
        return np.stack([self.x.mean(1), self.y.mean(1)])

    def drawn(self, share: float) -> Cloud:
        """Draw each row this share of its way to the own average: 1 leaves averages only."""
        if share == 0.0:
            return self
        mx, my = self.means[:, :, None]
        x, y = mx + (1.0 - share) * (self.x - mx), my + (1.0 - share) * (self.y - my)
        return Cloud(self.levels, self.codes, x, y)


@lru_cache(maxsize=1)
def fixed() -> Cloud:
    """Give the data set within_between."""
    table = arrays("within_between")
    levels = tuple(dict.fromkeys(table["group"].tolist()))
    x, y = (table[name].reshape(len(levels), -1) for name in ("x", "y"))
    return Cloud(levels, np.repeat(np.arange(len(levels)), x.shape[1]), x, y)


def made(c: Controls) -> Cloud:
    """Make people as the sliders say."""
    means, within, u, e = _draws(c.seed, c.people, c.visits, c.sample == "exact")
    levels, codes, ones = _layout(c.people, c.visits)
    center = STORIES[c.story].center
    own = (c.spread_between * means + c.spread_within * within.mean(1))[:, None]
    away = c.spread_within * (within - within.mean(1, keepdims=True))
    X = np.stack([np.broadcast_to(own, away.shape).ravel(), away.ravel()], axis=1)
    beta = np.array([c.beta_between, c.beta_within])
    T = np.array([[c.tau]])
    y = center[1] + response(X, ones, codes, beta, T, c.sigma, u, e.ravel())
    return Cloud(levels, codes, center[0] + own + away, y.reshape(away.shape))


@lru_cache(maxsize=64)
def _layout(people: int, visits: int) -> tuple[tuple[str, ...], Ints, Floats]:
    levels = tuple(map(str, range(1, people + 1)))
    return levels, np.repeat(np.arange(people), visits), np.ones((people * visits, 1))


@lru_cache(maxsize=64)
def _draws(seed: int, J: int, n: int, exact: bool) -> tuple[Floats, Floats, Floats, Floats]:
    """Give draws of averages of x, of deviations, of levels (J, 1), and of noise (J, n).

    Exact ones have no chance in them: x has spread 1 within and between, levels and noise have
    nothing to do with x, and REML finds tau and sigma as they are if both slopes are in the model.
    """
    means = normals(seed, J, 1, BETWEEN)[:, 0]
    within = normals(seed, J, n, WITHIN)
    drawn = normals(seed, J, 1 + n)
    u, e = drawn[:, :1], drawn[:, 1:]
    if not exact:
        return means, within, u, e
    group = exact_moments(np.column_stack([means, u, e.mean(1)])) / np.sqrt(J - 1.0)
    within = within - within.mean(1, keepdims=True)
    within *= np.sqrt(J * n / np.square(within).sum())
    own = e - e.mean(1, keepdims=True)
    own -= within * (own * within).sum() / (J * n)
    own *= np.sqrt((J * (n - 1.0) - 1.0) / np.square(own).sum())
    levels = np.sqrt(J - 2.0) * group[:, 1:]
    noise = own + levels[:, 1:] / np.sqrt(n)
    return np.sqrt(J) * group[:, 0], within, levels[:, :1], noise
