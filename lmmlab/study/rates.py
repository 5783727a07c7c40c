"""What is known of some analyses after some replicates of a study, and how well.

A rate without its Monte-Carlo error is a rumour, and studies that could not be analysed are part of
the result. So both are always there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.model.table import Table

_COLUMNS = "coverage", "error", "target", "estimate", "sd", "se", "df", "singular", "failures"


@dataclass(frozen=True, eq=False)
class Rates:
    """What is known after some replicates of a study; arrays (k,) have an element an analysis.

    Attributes
    ----------
    names : tuple of str
        The analyses.
    replicates : int
        How many studies were simulated so far.
    confidence : float
        The level that the intervals claim.
    coverage, error : (k,) arrays
        How often the interval held the true value, and the Monte-Carlo error of this rate; 1 -
        coverage is the size of the test that the true value is true.
    target, estimate, sd : (k,) arrays
        The true value, and mean and sd of the estimates.
    se, df : (k,) arrays
        Mean standard error and mean degrees of freedom.
    singular, failures : (k,) arrays
        How many fits were singular; and how many studies could not be analysed, which count in none
        of the other numbers.

    Notes
    -----
    `error` is the sd of the rate after x hits in n studies under Jeffreys' prior,
    sqrt(p (1 - p) / (n + 2)) with p = (x + 1/2) / (n + 1): near the familiar formula, but not 0
    when all intervals have hit so far. Means over no studies at all are NaN, "undefined".
    """

    names: tuple[str, ...]
    replicates: int
    confidence: float
    coverage: Floats
    error: Floats
    target: Floats
    estimate: Floats
    sd: Floats
    se: Floats
    df: Floats
    singular: Floats
    failures: Floats

    @property
    def table(self) -> Table:
        """All numbers, a row for each analysis."""
        note = f"{self.replicates} simulated studies; intervals of level {self.confidence:g}."
        if self.failures.any():
            note += (
                f" {int(self.failures.max())} of them could not be analysed by every method and "
                "are left out there."
            )
        values = np.column_stack([getattr(self, column) for column in _COLUMNS])
        return Table(self.names, _COLUMNS, values, note)


def rates(
    names: tuple[str, ...], confidence: float, target: Floats, replicates: int, sums: Floats
) -> Rates:
    """Turn sums over replicates into rates.

    Parameters
    ----------
    names : tuple of str
        Names of k analyses.
    confidence : float
    target : (k,) array
        True values.
    replicates : int
        How many studies were simulated.
    sums : (k, 7) array
        Of those that an analysis could fit: their number, intervals that held the true value,
        differences of the estimates from it, squares of these, standard errors, degrees of freedom,
        singular fits.

    Examples
    --------
    >>> seen = rates(("OLS",), 0.95, np.zeros(1), 100, np.array([[100, 90, 0, 99, 50, 900, 0.0]]))
    >>> seen.coverage, seen.error.round(3), seen.sd
    (array([0.9]), array([0.03]), array([1.]))
    """
    fitted, hits, off, squares, se, df, singular = sums.T
    some = np.where(fitted > 0.0, fitted, np.nan)
    mean = off / some
    variance = np.maximum(squares - off * mean, 0.0) / np.where(fitted > 1.0, fitted - 1.0, np.nan)
    p = (hits + 0.5) / (fitted + 1.0)
    return Rates(
        names=names,
        replicates=replicates,
        confidence=confidence,
        coverage=hits / some,
        error=np.sqrt(p * (1.0 - p) / (fitted + 2.0)),
        target=target,
        estimate=target + mean,
        sd=np.sqrt(variance),
        se=se / some,
        df=df / some,
        singular=singular.copy(),
        failures=replicates - fitted,
    )
