"""How people and noise are distributed: normal, or with tails, a lean, or two peaks.

A shape bends standard normals without changing who is above whom, and keeps mean 0 and sd 1. So a
slider from normal to skewed deforms the same people, G and sigma mean what they say whatever the
shape, and what changes in a picture is the shape alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import gammainccinv, gammaincinv, log_ndtr, ndtr, ndtri_exp, stdtrit

from lmmlab.engine.design import Floats, LMMError

Kind = Literal["normal", "t", "skewed", "bimodal"]

_USUAL = {"normal": 0.0, "t": 5.0, "skewed": 2.0, "bimodal": 0.9}
_FARTHEST = 40.0  # sds from a peak, beyond what a double can draw
_GRID = 2001
_NARROWEST = 0.999  # peaks farther out are two points
_STRAIGHT = 1e-3  # with less skewness the gamma distribution cannot be inverted, and need not be


@dataclass(frozen=True)
class Shape:
    """A distribution with mean 0 and sd 1.

    Parameters
    ----------
    kind : {"normal", "t", "skewed", "bimodal"}
        What it looks like.
    amount : float, optional
        "t": degrees of freedom, above 2 (usually 5; the fewer, the heavier the tails).
        "skewed": the skewness of a shifted gamma distribution (usually 2, the exponential; 0 is
        normal, a negative one leans the other way).
        "bimodal": how far the two peaks are from the mean, from 0 to 0.999 (usually 0.9): two
        equally frequent kinds of people, normal within each kind.
        "normal" has none.

    Raises
    ------
    LMMError
        If there is no such shape.
    """

    kind: Kind = "normal"
    amount: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in _USUAL:
            raise LMMError(f"There is no shape {self.kind!r}. Choose one of {', '.join(_USUAL)}.")
        amount = self._amount
        if self.kind == "t" and not 2.0 < amount < np.inf:
            raise LMMError(
                f"A t distribution with {amount:g} degrees of freedom has no sd that could be "
                "fixed. Take a number above 2."
            )
        if self.kind == "skewed" and not abs(amount) <= 10.0:
            raise LMMError(f"The skewness is {amount:g}. Take a number between -10 and 10.")
        if self.kind == "bimodal" and not 0.0 <= amount <= _NARROWEST:
            raise LMMError(
                f"Two peaks cannot be {amount:g} from the mean when the sd is 1. Take a number "
                f"from 0 to {_NARROWEST}."
            )

    @property
    def _amount(self) -> float:
        return _USUAL[self.kind] if self.amount is None else self.amount

    def bend(self, z: Floats) -> Floats:
        """Turn standard normals into draws of this shape, the order kept.

        Parameters
        ----------
        z : array
            Standard normals.

        Returns
        -------
        array
            Of the same shape, with mean 0 and sd 1 in the population.

        Notes
        -----
        F^-1(Phi(z)) for the distribution function F, computed from the nearer tail, so that
        nothing is lost far out.

        Examples
        --------
        >>> Shape("skewed").bend(np.array([-2.0, 0.0, 2.0])).round(2)  # exponential, less 1
        array([-0.98, -0.31,  2.78])
        """
        z = np.asarray(z, dtype=float)
        amount = self._amount
        if self.kind == "t":
            tail = -stdtrit(amount, ndtr(-np.abs(z)))
            return np.asarray(np.copysign(tail, z) * np.sqrt(1.0 - 2.0 / amount))
        if self.kind == "skewed" and amount:
            lean = np.sign(amount)
            return np.asarray(lean * _gamma(lean * z, 4.0 / max(amount**2, 1e-300)))
        if self.kind == "bimodal":
            return np.asarray(np.copysign(_peaks(-np.abs(z), amount), z))
        return z


NORMAL = Shape()


def _gamma(z: Floats, k: float) -> Floats:
    """Give quantiles of a gamma distribution of shape k, less its mean k, over its sd sqrt(k)."""
    if k > 4.0 / _STRAIGHT**2:
        return np.asarray(z + (z * z - 1.0) / (3.0 * np.sqrt(k)))  # Cornish & Fisher (1938)
    near = ndtr(-np.abs(z))
    quantile = np.empty_like(z)
    low = z < 0.0
    quantile[low] = gammaincinv(k, near[low])
    quantile[~low] = gammainccinv(k, near[~low])
    return np.asarray((quantile - k) / np.sqrt(k))


def _peaks(z: Floats, peak: float) -> Floats:
    """Give quantiles, z <= 0, of a half-and-half mixture of normals with means -peak and peak.

    Notes
    -----
    The map from x to z is known, so x is read off a table of it and then improved by two steps of
    Newton's method.
    """
    sd = np.sqrt(1.0 - peak**2)

    def normal(x: Floats) -> Floats:
        both = np.logaddexp(log_ndtr((x - peak) / sd), log_ndtr((x + peak) / sd))
        return np.asarray(ndtri_exp(both - np.log(2.0)))

    grid = np.linspace(-peak - _FARTHEST * sd, 0.0, _GRID)
    x = np.interp(z, normal(grid), grid)
    for _ in range(2):
        at = normal(x)
        steep = np.exp((at**2 - ((x - peak) / sd) ** 2) / 2.0)
        steep += np.exp((at**2 - ((x + peak) / sd) ** 2) / 2.0)
        x -= (at - z) * 2.0 * sd / steep
    return np.asarray(np.minimum(x, 0.0))
