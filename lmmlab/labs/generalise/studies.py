"""A thousand studies of one truth, with new people or with the same ones.

What a mixed model needs of a balanced study are each one's own line and the noise within, so these
are what is drawn, and not the single measurements. The draws stay when a slider moves, and a study
keeps its people when others join.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtr

from lmmlab.engine.design import Design, Floats, Term
from lmmlab.labs.generalise.controls import Controls
from lmmlab.labs.generalise.stories import STORIES
from lmmlab.meaning.precision import mean_variance
from lmmlab.model.balanced import Balanced, balance
from lmmlab.study.fits import Batch
from lmmlab.study.simulate import normals, root
from lmmlab.study.sums import from_sums

STUDIES = 1_000
_SIZES = (25, 50, 100, 200)  # of people that are drawn at once: few need little memory
_EFFECT = np.array([0.0, 1.0])  # of level and effect, the one whose average is estimated


@dataclass(frozen=True, eq=False)
class Studies:
    """A thousand reruns, and what both analyses say of them.

    Attributes
    ----------
    fits : Batch
        With random effects; `estimate_se` and `df` are those of the average effect.
    fixed_se : (m,) array
        Standard error of the average effect if people are fixed effects.
    fixed_df : float
    """

    fits: Batch
    fixed_se: Floats
    fixed_df: float

    @property
    def sd(self) -> Floats:
        """Estimated spreads of levels and effects, (m, 2)."""
        spread: Floats = np.sqrt(np.maximum(np.einsum("mkk->mk", self.fits.G), 0.0))
        return spread

    @property
    def rho(self) -> Floats:
        """Estimated correlations (m,): NaN where a spread is 0, exactly +-1 if singular."""
        product = self.sd.prod(1)
        some = product > 1e-9 * self.fits.sigma**2
        rho = np.full(len(product), np.nan)
        np.divide(self.fits.G[:, 0, 1], product, out=rho, where=some)
        edge: NDArray[np.bool_] = some & self.fits.singular
        rho[edge] = np.sign(rho[edge])
        return np.asarray(np.clip(rho, -1.0, 1.0))


def studies(c: Controls, people: int) -> Studies:
    """Run the study of the controls a thousand times with so many people."""
    balanced = layout(people, c.n)
    back = balanced.random_back  # of level and effect, in columns that are orthonormal
    mean, products = _moments(c.seed, people, c.again)
    A = np.concatenate([back @ _root(c), c.sigma * np.eye(2)], axis=1)
    average = mean @ A.T + back @ STORIES[c.story].beta
    df = float(balanced.df(reml=True)[0])
    within = c.sigma**2 * _noise(c.seed, df)
    return Studies(
        fits=from_sums(
            balanced,
            people * average @ balanced.between[0],  # all have the same measurements
            within,
            (products @ np.kron(A, A).T).reshape(-1, 2, 2),
            weights=_EFFECT,
        ),
        fixed_se=np.sqrt(average_variance(0.0, np.sqrt(within / df), c.n, people)),
        fixed_df=df,
    )


def people_of(c: Controls, index: int) -> tuple[Floats, Floats]:
    """Give level and effect of each one in a study (J, 2): the true ones, and their own lines."""
    drawn = _drawn(c.seed, c.J)
    true = STORIES[c.story].beta + drawn[index if c.again == "new" else 0, :, :2] @ _root(c).T
    return true, true + c.sigma * drawn[index, :, 2:] @ own_root(c.J, c.n).T


def own_root(people: int, n: int) -> Floats:
    """Give a root of the covariance of an own line, for noise of sd 1: (Z'Z)^-1."""
    return np.asarray(np.linalg.inv(layout(people, n).random_back), dtype=float)


def _root(c: Controls) -> Floats:
    return root(np.array([c.tau0, c.tau1]), c.rho)


def average_variance(tau1: float, sigma: float | Floats, n: int | Floats, people: int) -> Floats:
    """Give the variance of an average effect: tau1**2 / J + 2 sigma**2 / (nJ)."""
    return mean_variance(tau1, np.sqrt(2.0) * np.asarray(sigma), np.asarray(n)[..., None]) / people


@lru_cache(maxsize=8)
def layout(people: int, n: int) -> Balanced:
    """Prepare a study in which each person has n measurements of each of two kinds."""
    codes = np.repeat(np.arange(people), 2 * n)
    lines = np.ones((len(codes), 2))
    lines[:, 1] = np.tile(np.repeat([-0.5, 0.5], n), people)
    names, levels = ("level", "effect"), tuple(map(str, range(people)))
    term = Term("person", names, lines, codes, levels, (2,))
    balanced = balance(Design(np.zeros(len(codes)), lines, names, (term,)))
    assert balanced is not None
    return balanced


@lru_cache(maxsize=32)
def _noise(seed: int, df: float) -> Floats:
    """Turn the draws of the noise within into chi-squares (m,)."""
    squares: Floats = chdtri(df, ndtr(-normals(seed, STUDIES, 1)[:, 0]))
    return squares


def _drawn(seed: int, people: int) -> Floats:
    """Give the (m, people, 4) draws of people and of their lines."""
    return _draws(seed, next(size for size in _SIZES if people <= size))[:, :people]


@lru_cache(maxsize=len(_SIZES))
def _draws(seed: int, people: int) -> Floats:
    return normals(seed, STUDIES, 1 + 4 * people)[:, 1:].reshape(STUDIES, people, 4)


@lru_cache(maxsize=16)
def _moments(seed: int, people: int, again: str) -> tuple[Floats, Floats]:
    """Give means (m, 4) of the draws of a study, and their sums of products (m, 16).

    All that the sliders make of the draws is linear, so that no more of them is needed.
    """
    drawn = _drawn(seed, people).copy()
    if again == "same":
        drawn[:, :, :2] = drawn[0, :, :2]
    mean = drawn.mean(1)
    drawn -= mean[:, None]
    return mean, (drawn.transpose(0, 2, 1) @ drawn).reshape(STUDIES, -1)
