"""Repeated-measures analysis of variance: everything is a sum of squares of H'YM.

Y has a row for each person and a column for each cell. A term of the analysis is a question about
differences between cells, the orthonormal columns of M, and about differences between persons, the
orthonormal columns of H. Its sum of squares is that of H'YM; its error is what persons differ in
YM beyond the groups they belong to. The cells of a design, of whatever number of factors, fall
apart into the same orthonormal contrasts within and between persons, so one function, `contrasts`,
makes M and H, and no design is a special case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from lmmlab.classical.contrasts import contrasts
from lmmlab.classical.sphericity import greenhouse_geisser, huynh_feldt, mauchly
from lmmlab.classical.wide import (
    ROUNDING,
    Factor,
    crossed,
    factor,
    factors,
    of_person,
    require_complete,
    table,
    values,
)
from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table


@dataclass(frozen=True, eq=False, repr=False)
class RMAnova:
    """A repeated-measures analysis of variance, one entry per term in each array.

    Leading axes (...) are repetitions of the study; one whose persons leave nothing as error for a
    term has NaN in the tests of it. A term that asks for a single difference between cells has
    epsilon 1 and nothing to correct.

    Attributes
    ----------
    terms : tuple of str
        The t terms, those between persons first; an interaction is ``"Sex:age"``.
    SS, error_SS : (..., t) arrays
        Sums of squares of the terms, type III, and of their errors.
    df, error_df : (t,) arrays
        Degrees of freedom.
    F, p : (..., t) arrays
        The test that is right if differences between cells all have the same variance.
    gg, gg_p : (..., t) arrays
        Greenhouse-Geisser epsilon, by which both degrees of freedom are multiplied, and its p.
    hf, hf_p : (..., t) arrays
        The same of Huynh-Feldt; an epsilon above 1 is reported as it is and its p uses 1. NaN
        where the formula is 0 / 0, as with two persons.
    W, W_p : (..., t) arrays
        Mauchly's test of sphericity; NaN where there is nothing to test, or too few persons.
    directions : (t,) array
        How many independent differences between cells each term looks at; 1 needs no sphericity.
    """

    terms: tuple[str, ...]
    SS: Floats
    df: Ints
    error_SS: Floats
    error_df: Ints
    F: Floats
    p: Floats
    gg: Floats
    gg_p: Floats
    hf: Floats
    hf_p: Floats
    W: Floats
    W_p: Floats
    directions: Ints

    @property
    def table(self) -> Table:
        """The uncorrected tests, a row for each term."""
        columns = ("SS", "df", "error SS", "error df", "F", "p")
        numbers = (self.SS, self.df, self.error_SS, self.error_df, self.F, self.p)
        asked = [*compress(self.terms, self.directions > 1)]
        note = f"The p of {listed(asked)} presupposes sphericity: see .sphericity." if asked else ""
        return self._tabled(columns, numbers, self.directions > 0, note)

    @property
    def sphericity(self) -> Table:
        """Mauchly's test and the corrected p values, for terms that presuppose sphericity."""
        columns = ("Mauchly W", "Mauchly p", "GG epsilon", "GG p", "HF epsilon", "HF p")
        numbers = (self.W, self.W_p, self.gg, self.gg_p, self.hf, self.hf_p)
        asked = self.directions > 1
        said = []
        if not asked.any():
            said.append("No term needs sphericity: each compares two means within a person.")
        if (self.hf[..., asked] > 1).any():
            said.append("An HF epsilon above 1 counts as 1 in its p.")
        if np.isnan(self.W[..., asked]).any():
            said.append(
                "Mauchly's test is undefined where there are too few persons: their error needs at "
                "least as many degrees of freedom as there are differences between cells."
            )
        if np.isnan(self.hf[..., asked]).any():
            said.append(
                "The HF epsilon is undefined where persons leave too little to estimate it."
            )
        return self._tabled(columns, numbers, asked, " ".join(said))

    def _tabled(
        self,
        columns: tuple[str, ...],
        numbers: tuple[Floats | Ints, ...],
        rows: NDArray[np.bool_],
        note: str,
    ) -> Table:
        if self.F.ndim > 1:
            raise LMMError(
                f"These are {self.F[..., 0].size} studies, and a table shows one. Use the arrays "
                "F, p, gg_p and so on, which have an entry for each study and term."
            )
        names = tuple(compress(self.terms, rows.tolist()))
        return Table(names, columns, np.column_stack(numbers)[rows].astype(float), note)

    def __repr__(self) -> str:
        return (
            f"{self.table!r}\n\n{self.sphericity!r}" if self.F.ndim == 1 else object.__repr__(self)
        )

    def _repr_html_(self) -> str | None:
        tables = (self.table, self.sphericity) if self.F.ndim == 1 else ()
        return "".join(table._repr_html_() for table in tables) or None


def rm_anova(
    y: ArrayLike,
    person: ArrayLike,
    within: Mapping[str, ArrayLike],
    between: Mapping[str, ArrayLike] | None = None,
) -> RMAnova:
    """Compare means of the same persons under several conditions, by analysis of variance.

    Parameters
    ----------
    y : (..., n) array
        The response, one row for each person in each cell; leading axes are repetitions of the
        study on the same rows.
    person : (n,) array
        Whose row it is.
    within : mapping of str to (n,) array
        The factors whose levels each person goes through, by name. A cell is a combination of
        their levels.
    between : mapping of str to (n,) array, optional
        Factors that part the persons into groups, which may be of different sizes.

    Returns
    -------
    RMAnova
        `.table` holds the tests, `.sphericity` what is needed where they do not hold.

    Raises
    ------
    LMMError
        If a cell is empty or filled twice, a factor has one level or is on the wrong side, there
        are too few persons, or nothing is left for the error in any of the studies.

    Notes
    -----
    Type III with sum-to-zero contrasts, as car (Fox & Weisberg 2019) does on the multivariate
    linear model: H spans what a term adds to all other terms between persons. The F of a term
    within persons is exact under sphericity, M'VM = c I, where V is the covariance of a person's
    cells; compound symmetry is enough. Otherwise both degrees of freedom are too large, by about
    the factor 1 / epsilon (Box 1954). `greenhouse_geisser`, `huynh_feldt` and `mauchly` work on
    the error's sums of squares and products of YM.

    With one factor within persons and balanced data this F is that of a mixed model with random
    intercepts, days as a factor, as long as persons differ no less than chance alone makes them.
    With more factors it is not: each term has an error of its own, persons by that term.

    Examples
    --------
    >>> from lmmlab.data import arrays
    >>> sleep = arrays("sleepstudy")
    >>> anova = rm_anova(sleep["Reaction"], sleep["Subject"], {"Days": sleep["Days"]})
    >>> anova.F.round(3), anova.df, anova.error_df, anova.gg.round(3)
    (array([18.703]), array([9]), array([153]), array([0.369]))
    """
    y = values(y)
    rows = y.shape[-1]
    people = factor("person", person, rows)
    inside = factors("within", within, rows)
    outside = factors("between", between or {}, rows)
    _require_factors(inside, outside, people)
    groups = crossed(outside, rows)
    group = of_person(people, groups)
    _require_persons(group, groups)
    cells = crossed(inside, rows)
    Y = table(y, people, cells)
    require_complete(Y, people, cells)

    size = np.einsum("...ij,...ij->...", Y, Y)
    Y = Y - Y.mean((-1, -2), keepdims=True)  # no term asks for the grand mean
    X = {effect: basis[group] for effect, basis in contrasts(_sizes(outside)).items()}
    H = {effect: _added(X, effect) for effect in X}
    basis = np.linalg.qr(np.hstack(list(X.values()))).Q
    left = Y - basis @ (basis.T @ Y)
    n = Y.shape[-2] - basis.shape[1]

    terms, tests = [], []
    for inner, M in contrasts(_sizes(inside)).items():
        error = left @ M
        S = np.swapaxes(error, -1, -2) @ error
        for outer in X:
            name = ":".join([*compress(outside, outer), *compress(inside, inner)])
            if name:
                terms.append(name)
                tests.append(_test(name, H[outer].T @ Y @ M, S, n, Y.shape[-1], size))
    return RMAnova(tuple(terms), *(np.stack(entry, axis=-1) for entry in zip(*tests, strict=True)))


def _test(
    name: str, asked: Floats, S: Floats, n: int, cells: int, size: Floats
) -> tuple[Floats | int, ...]:
    """Give the entries of one term, in the order of `RMAnova`, from H'YM and the error's S."""
    d = S.shape[-1]
    df, error_df = asked.shape[-2] * d, n * d
    SS, error_SS = np.einsum("...ij,...ij->...", asked, asked), np.einsum("...ii->...", S)
    dead = error_SS <= ROUNDING * size
    if dead.all():
        raise LMMError(
            f"Nothing is left as error for {name}: all persons of a group show the same, so F is "
            "infinite or undefined. Check whether rows were copied."
        )
    F = SS / df * error_df / np.where(dead, np.nan, error_SS)
    S = np.where(dead[..., None, None], np.eye(d), S)
    gg, W, W_p = (np.where(dead, np.nan, e) for e in (greenhouse_geisser(S), *mauchly(S, n, cells)))
    hf = huynh_feldt(gg, d, n)
    p, gg_p, hf_p = (fdtrc(df * e, error_df * e, F) for e in (1.0, gg, np.minimum(hf, 1.0)))
    return SS, df, error_SS, error_df, F, p, gg, gg_p, hf, hf_p, W, W_p, d


def _added(X: dict[tuple[bool, ...], Floats], effect: tuple[bool, ...]) -> Floats:
    """Give orthonormal columns for what an effect between persons adds to all the others."""
    others = np.hstack([np.empty((len(X[effect]), 0)), *(X[e] for e in X if e != effect)])
    basis = np.linalg.qr(others).Q
    return np.asarray(np.linalg.qr(X[effect] - basis @ (basis.T @ X[effect])).Q, dtype=np.float64)


def _sizes(factors: dict[str, Factor]) -> list[int]:
    return [len(one.levels) for one in factors.values()]


def _require_factors(inside: dict[str, Factor], outside: dict[str, Factor], people: Factor) -> None:
    if not inside:
        raise LMMError(
            "Name at least one factor within persons, for instance within={'day': day}. Without "
            "one this is an ordinary analysis of variance."
        )
    both = [name for name in inside if name in outside]
    if both:
        raise LMMError(
            f"{listed(both)} cannot be within persons and between them. Name it on one side only."
        )
    for name, one in (inside | outside).items():
        if len(one.levels) < 2:
            raise LMMError(
                f"{name} has only one level, {one.levels[0]}, so there is nothing to compare. "
                "Leave it out, or choose rows with more levels."
            )
    for name, one in inside.items():
        if len(np.unique(people.codes * len(one.levels) + one.codes)) == len(people.levels):
            raise LMMError(
                f"{name} never changes within a person, so it belongs to between, not to within."
            )


def _require_persons(group: Ints, groups: Factor) -> None:
    size = np.bincount(group, minlength=len(groups.levels))
    if not size.all():
        raise LMMError(
            f"No person has {groups.levels[size.argmin()]}. Leave out a factor or a level, so that "
            "every group has persons."
        )
    if len(group) == 1:
        raise LMMError(
            "One person is no sample: nothing tells an effect from chance. Take more persons."
        )
    if len(group) == len(size):
        raise LMMError(
            f"With {len(group)} persons in {len(size)} groups there is no error to compare effects "
            "with. Take at least one person more; better, several in each group."
        )
