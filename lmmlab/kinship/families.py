"""Families with genes: founders, Mendelian children, and what relatives expect of each other.

Chance enters as in `lmmlab.study.simulate`: it belongs to a seed and a family, so more families
leave those alone that are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.model.estimable import is_number

if TYPE_CHECKING:
    import pandas as pd

_SEX, _FREQUENCY, _GENES = 1, 2, 3  # independent streams of one seed


@dataclass(frozen=True, eq=False)
class Families:
    """People, who their parents are, and their allele counts.

    Attributes
    ----------
    family, mother, father : (N,) integer arrays
        Parents are places among the people, -1 for founders; they stand before their children.
    female : (N,) integer array
        1 or 0.
    counts : (N, m) array
        Allele counts at m independent loci.
    frequency : (m,) or (populations, m) array
        Of the counted allele among the ancestors of the founders.
    population : (N,) integer array
        Which population their ancestors are of.

    Examples
    --------
    >>> people = families(2, children=1, markers=20_000, seed=1)
    >>> people.names[:3], people.mother.tolist(), people.expected[2].tolist()
    (('i1', 'i2', 'i3'), [-1, -1, 0, -1, -1, 3], [0.5, 0.5, 1.0, 0.0, 0.0, 0.0])
    >>> [abs(round(float(x), 1)) for x in np.corrcoef((people.counts - 2 * people.frequency))[0]]
    [1.0, 0.0, 0.5, 0.0, 0.0, 0.0]
    """

    family: Ints
    mother: Ints
    father: Ints
    female: Ints
    counts: Floats
    frequency: Floats
    population: Ints

    @property
    def names(self) -> tuple[str, ...]:
        """``i1, i2, ...``, with as many digits as the last has."""
        n = len(self.family)
        return tuple(f"i{k + 1:0{len(str(n))}d}" for k in range(n))

    @cached_property
    def expected(self) -> Floats:
        """The relationship that the pedigree lets expect; see `pedigree_relationship`."""
        return pedigree_relationship(self.mother, self.father)

    def table(self) -> pd.DataFrame:
        """Give a table of people: id, family, female and population."""
        import pandas as pd

        width = len(str(int(self.family.max()) + 1))
        return pd.DataFrame(
            {
                "id": pd.Categorical(self.names, self.names),
                "family": pd.Categorical([f"f{k + 1:0{width}d}" for k in self.family]),
                "female": self.female,
                "population": self.population,
            }
        )

    def markers(self) -> pd.DataFrame:
        """Give a table of allele counts, a row per person, a column per locus."""
        import pandas as pd

        m = self.counts.shape[1]
        columns = [f"snp{k + 1:0{len(str(m))}d}" for k in range(m)]
        return pd.DataFrame(self.counts, index=list(self.names), columns=columns)


def families(
    number: int,
    children: int = 2,
    markers: int = 600,
    seed: int = 1,
    populations: int = 1,
    distance: float = 0.0,
) -> Families:
    """Make families of two founders and their children, with genes.

    Parameters
    ----------
    number : int
        Of families; those of several populations take turns.
    children : int
        Of each family; 0 makes couples of unrelated people.
    markers : int
        Independent loci, their alleles between 0.1 and 0.9 frequent.
    seed : int
    populations : int
    distance : float
        F_ST, from 0 (one population) to below 1: the share of the variance of allele counts that
        is between populations.

    Returns
    -------
    Families

    Raises
    ------
    LMMError
        If a number cannot be.

    Notes
    -----
    Founders are at Hardy-Weinberg equilibrium in their population, whose frequencies are beta
    distributed with mean f and variance F_ST f (1 - f) (Balding & Nichols 1995, Genetica 96,
    3-12). A child gets one allele of each parent, either with probability 1/2.
    """
    for what, value, least in (
        ("number", number, 1),
        ("children", children, 0),
        ("markers", markers, 1),
        ("seed", seed, 0),
        ("populations", populations, 1),
    ):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
            raise LMMError(f"{what} is {value!r}; give a whole number from {least} on.")
    if not (is_number(distance) and 0.0 <= distance < 1.0):
        raise LMMError(f"distance is {distance!r}; F_ST lies between 0 and 1.")
    each = 2 + children
    place = np.arange(number * each)
    family, role = place // each, place % each
    founder = role < 2
    mother = np.where(founder, -1, family * each)
    father = np.where(founder, -1, family * each + 1)
    female = np.where(founder, 1 - role, _uniform(seed, _SEX, number, each).ravel() < 0.5)
    frequency = _frequencies(seed, markers, populations, distance)
    population = family % populations
    alleles = np.empty((len(place), 2, markers))
    chance = _uniform(seed, _GENES, number, each * 2 * markers).reshape(number, each, 2, markers)
    first = chance[:, :2] < frequency[population[::each]][:, None, None]
    whole = alleles.reshape(number, each, 2, markers)
    whole[:, :2] = first
    for k in range(children):
        for parent in range(2):  # the mother, the father
            one = chance[:, 2 + k, parent] < 0.5
            whole[:, 2 + k, parent] = np.where(one, whole[:, parent, 0], whole[:, parent, 1])
    return Families(
        family=family,
        mother=mother,
        father=father,
        female=female.astype(np.intp),
        counts=alleles.sum(1),
        frequency=frequency[0] if populations == 1 else frequency,
        population=population,
    )


def pedigree_relationship(mother: Sequence[int] | Ints, father: Sequence[int] | Ints) -> Floats:
    """Give the relationship that a pedigree lets expect: twice the coefficients of kinship.

    Parameters
    ----------
    mother, father : (N,) integer arrays
        Places of the parents, -1 where unknown; parents stand before their children.

    Returns
    -------
    (N, N) array
        1 on the diagonal (more for children of relatives), 1/2 for parent and child and for full
        siblings, 1/4 for half siblings and grandparents, 1/8 for cousins.

    Raises
    ------
    LMMError
        If a parent does not stand before the child, or these are no places.

    Notes
    -----
    The tabular method: a_ij = (a_im + a_if) / 2 for an earlier i, a_jj = 1 + a_mf / 2, with m and f
    the parents of j (Henderson 1976, Biometrics 32, 69-83).

    Examples
    --------
    Parents, two children of theirs, and a child of these two:

    >>> pedigree_relationship([-1, -1, 0, 0, 2], [-1, -1, 1, 1, 3])[3:].tolist()
    [[0.5, 0.5, 0.5, 1.0, 0.75], [0.5, 0.5, 0.75, 0.75, 1.25]]
    """
    mother, father = np.asarray(mother), np.asarray(father)
    whole = mother.dtype.kind in "iu" and father.dtype.kind in "iu"
    if not whole or mother.shape != father.shape or min(*mother, *father) < -1:
        raise LMMError(
            "mother and father must be lists of whole numbers, of the same length: the places of "
            "the parents, counted from 0, and -1 where they are unknown."
        )
    A = np.eye(len(mother))
    for j, (m, f) in enumerate(zip(mother.tolist(), father.tolist(), strict=True)):
        if max(m, f) >= j:
            raise LMMError(f"Person {j + 1} stands before a parent. Put parents first.")
        known = [parent for parent in (m, f) if parent >= 0]
        A[j, :j] = A[:j, j] = A[known, :j].sum(0) / 2.0
        if len(known) == 2:
            A[j, j] = 1.0 + A[m, f] / 2.0
    return A


def _uniform(seed: int, stream: int, rows: int, width: int) -> Floats:
    """Draw uniform numbers that stay with their row, however many rows there are."""
    sequence = np.random.SeedSequence(int(seed), spawn_key=(stream,))
    return np.random.default_rng(sequence).random((rows, width))


def _frequencies(seed: int, markers: int, populations: int, distance: float) -> Floats:
    """Draw allele frequencies (populations, markers)."""
    rng = np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(_FREQUENCY,)))
    common = rng.uniform(0.1, 0.9, markers)
    if distance == 0.0:
        return np.tile(common, (populations, 1))
    size = (1.0 - distance) / distance
    return rng.beta(common * size, (1.0 - common) * size, (populations, markers))
