"""The structure of residuals as a whole: a correlation, unequal sds, or both.

The covariance of the residuals is R = sigma**2 S C S, C the correlation matrix and S the sds
relative to that of a row in the first level. C and S have parameters, phi, in coordinates without
ends. All that the engine needs is a transformation that makes rows independent and equally precise
again, and its determinant; R is never formed, but for a look at a group.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.engine.design import Design, Floats, Ints, LMMError, consecutive
from lmmlab.residual.exchangeable import Exchangeable
from lmmlab.residual.serial import Serial
from lmmlab.residual.unequal import Unequal
from lmmlab.residual.unstructured import Unstructured

Correlation = Serial | Exchangeable | Unstructured
EDGE = 1e-6  # a structure that is nearer to what cannot be is on its edge


class Part(Protocol):
    """What each part of a structure can do; `phi` are its coordinates, `values` what one reads."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the parameters are called."""

    @property
    def start(self) -> Floats:
        """Where a search begins."""

    def values(self, phi: Floats) -> Floats:
        """Turn coordinates into correlations or ratios."""

    def coordinates(self, values: Floats) -> Floats:
        """Turn correlations or ratios into coordinates."""

    def edge(self, phi: Floats) -> float:
        """Tell how far they are from what cannot be."""

    def scaled(self, phi: Floats) -> Floats:
        """Give them on a scale without ends, each by itself."""

    def unscaled(self, scaled: Floats) -> Floats:
        """Undo `scaled`, for one or for many."""

    def whiten(self, columns: Floats, phi: Floats) -> tuple[Floats, float]:
        """Take the structure out of columns (..., n); give the log determinant besides."""

    def colour(self, columns: Floats, phi: Floats) -> Floats:
        """Put the structure into columns (..., n)."""


@dataclass(frozen=True, eq=False)
class Residual:
    """How the residuals of the rows of a design are related.

    Parameters
    ----------
    correlation : Serial, Exchangeable, Unstructured or None
    variances : tuple of Unequal
        Their sds are multiplied.
    formula : str
        What the user wrote, for the summary.

    Raises
    ------
    LMMError
        If there is neither a correlation nor a variance.

    Examples
    --------
    Three rows of each of two people, whose neighbours correlate by 1/2:

    >>> rows = np.repeat([0, 1], 3), ("a", "b"), np.tile([0.0, 1.0, 2.0], 2)
    >>> residual = Residual(Serial("id", "t", *rows, continuous=False))
    >>> phi = residual.coordinates([0.5])
    >>> residual.matrix(np.arange(3), phi).round(12).tolist()
    [[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]]
    >>> white, logdet = residual.whiten(residual.colour(np.eye(6), phi), phi)
    >>> bool(np.allclose(white, np.eye(6))), round(logdet, 4)
    (True, -1.1507)
    """

    correlation: Correlation | None = None
    variances: tuple[Unequal, ...] = ()
    formula: str = ""

    def __post_init__(self) -> None:
        if not self.parts:
            raise LMMError("A residual structure needs a correlation or unequal variances.")

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The correlation, and then the variances."""
        first: tuple[Part, ...] = () if self.correlation is None else (self.correlation,)
        return first + self.variances

    @property
    def names(self) -> tuple[str, ...]:
        """What the parameters are called."""
        return tuple(name for part in self.parts for name in part.names)

    @property
    def start(self) -> Floats:
        """Where a search begins."""
        return np.concatenate([part.start for part in self.parts])

    @property
    def starts(self) -> tuple[Floats, ...]:
        """Where searches begin: with CAR(1) twice, since a short range may be a minimum, too."""
        serial = self.correlation
        if not isinstance(serial, Serial) or not serial.continuous:
            return (self.start,)
        return self.start, np.append(serial.short, self.start[1:])

    @cached_property
    def places(self) -> tuple[slice, ...]:
        """The parameters of each part."""
        return consecutive([len(part.names) for part in self.parts])

    def values(self, phi: Floats) -> Floats:
        """Turn coordinates into correlations and sd ratios."""
        parts = zip(self.parts, self.places, strict=True)
        return np.concatenate([part.values(phi[own]) for part, own in parts])

    def coordinates(self, values: ArrayLike) -> Floats:
        """Turn correlations and sd ratios, in the order of `names`, into coordinates phi.

        Raises
        ------
        LMMError
            If there are not as many, or residuals cannot be so related.
        """
        told = np.array(values, dtype=object)
        try:
            given = np.atleast_1d(told.astype(float))
        except (TypeError, ValueError):
            given = np.empty(0)
        if given.shape != (len(self.names),):
            many = "s" * (len(self.names) > 1)
            raise LMMError(
                f"The residual structure has {len(self.names)} parameter{many} ("
                f"{'; '.join(self.names)}), and these are {told.tolist()!r}."
            )
        parts = zip(self.parts, self.places, strict=True)
        with np.errstate(all="ignore"):
            try:
                phi = np.concatenate([part.coordinates(given[own]) for part, own in parts])
            except np.linalg.LinAlgError:
                phi = np.full_like(given, np.nan)
        if not np.isfinite(phi).all():
            raise LMMError(
                f"Residuals cannot be related by {given.tolist()} ({'; '.join(self.names)}): sd "
                "ratios are positive, car1's correlation lies between 0 and 1, and others must "
                "leave the covariance matrix of a group positive definite."
            )
        return phi

    def edges(self, phi: Floats) -> tuple[float, ...]:
        """Tell how far each part is from what cannot be."""
        parts = zip(self.parts, self.places, strict=True)
        return tuple(part.edge(phi[own]) for part, own in parts)

    def whiten(self, columns: Floats, phi: Floats) -> tuple[Floats, float]:
        """Make the rows of columns (..., n) independent and equally precise.

        Returns
        -------
        (..., n) array
        float
            log|R / sigma**2|.
        """
        logdet = 0.0
        for part, own in [*zip(self.parts, self.places, strict=True)][::-1]:
            columns, more = part.whiten(columns, phi[own])
            logdet += more
        return columns, logdet

    def colour(self, columns: Floats, phi: Floats) -> Floats:
        """Undo `whiten`: of standard normals, make residuals (..., n), in units of sigma."""
        for part, own in zip(self.parts, self.places, strict=True):
            columns = part.colour(columns, phi[own])
        return columns

    def matrix(self, rows: Ints, phi: Floats) -> Floats:
        """Give the covariance of some rows, over sigma**2."""
        if self.correlation is None:
            n, related = len(self.variances[0].codes), rows
        else:
            codes = self.correlation.codes
            n, related = len(codes), np.flatnonzero(np.isin(codes, codes[rows]))
        unit = np.zeros((len(related), n))
        unit[np.arange(len(related)), related] = 1.0
        root = self.colour(unit, phi)[:, rows]
        return np.asarray(root.T @ root)


def structure(design: Design) -> Residual:
    """Give the residual structure of a design.

    Raises
    ------
    LMMError
        If it has none.
    """
    if design.residual is None:
        raise LMMError(
            "The residuals of this model are independent with one sd, sigma; it has no residual "
            'structure. Give lmm() one, such as residual=ar1("t", "id").'
        )
    return design.residual
