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
from itertools import compress, product

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtrc

from lmmlab.engine.classical.wide import Factor, factor, table, values
from lmmlab.engine.design import Floats, Ints, LMMError, require_finite
from lmmlab.engine.table import Table

_ROUNDING = 1e-24  # a share of the response's sum of squares that is nothing but rounding
_EQUAL = 1e-10  # what still counts as equal, for quantities that are scaled to 1


@dataclass(frozen=True, eq=False, repr=False)
class RMAnova:
    """A repeated-measures analysis of variance, one entry per term in each array.

    Leading axes (...) are repetitions of the study. A term that asks for a single difference
    between cells has epsilon 1 and nothing to correct.

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
        return self._tabled(columns, numbers, np.full(len(self.terms), True), "")

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
                "Mauchly's test is undefined where there are not more persons than differences "
                "between cells."
            )
        return self._tabled(columns, numbers, asked, " ".join(said))

    def _tabled(
        self, columns: tuple[str, ...], numbers: tuple[Floats | Ints, ...], rows: Floats, note: str
    ) -> Table:
        if self.F.ndim > 1:
            raise LMMError(
                f"These are {self.F[..., 0].size} studies, and a table shows one. Use the arrays "
                "F, p, gg_p and so on, which have an entry for each study and term."
            )
        names = tuple(compress(self.terms, rows.tolist()))
        return Table(names, columns, np.column_stack(numbers)[rows], note)

    def __repr__(self) -> str:
        return f"{self.table!r}\n\n{self.sphericity!r}" if self.F.ndim == 1 else object.__repr__(self)


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
        are too few persons, or nothing is left for the error.

    Notes
    -----
    Type III with sum-to-zero contrasts, as car (Fox & Weisberg 2019) does on the multivariate
    linear model: H spans what a term adds to all other terms between persons. The F of a term
    within persons is exact under sphericity, M'VM = c I, where V is the covariance of a person's
    cells; compound symmetry is enough. Otherwise both degrees of freedom are too large by about
    the factor 1 / epsilon (Box 1954). With S = M'EM, E the error sums of squares and products on
    n degrees of freedom and d the columns of M:

    - Mauchly (1940): W = det S / (tr S / d)^d, p from chi2 with Box's second-order term
      (Anderson 2003, section 10.7.4);
    - Greenhouse & Geisser (1959): epsilon = (tr S)^2 / (d tr S^2), see `epsilon`;
    - Huynh & Feldt (1976) with the correction of Lecoutre (1991):
      ((n + 1) d gg - 2) / (d (n - d gg)).

    On balanced data this F is that of a mixed model with random intercepts, days as a factor, as
    long as persons differ no less than chance alone makes them.

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
    who = factor("person", person, rows)
    inside = {name: factor(name, labels, rows) for name, labels in within.items()}
    outside = {name: factor(name, labels, rows) for name, labels in (between or {}).items()}
    _require_factors(inside, outside, who)
    Y = _complete(table(y, who, _crossed(inside)), who, _crossed(inside))
    group = _crossed(outside)
    of_person = np.empty(len(who.levels), dtype=np.intp)
    of_person[who.codes] = group.codes
    _require_persons(of_person, group)

    size = np.einsum("...ij,...ij->...", Y, Y)
    Y = Y - Y.mean((-1, -2), keepdims=True)  # no term asks for the grand mean
    questions = {key: C[of_person] for key, C in contrasts(_sizes(outside)).items()}
    H = {key: _added(columns, _others(questions, key)) for key, columns in questions.items()}
    basis = np.linalg.qr(np.concatenate(list(questions.values()), axis=1)).Q
    left = Y - basis @ (basis.T @ Y)
    n = len(who.levels) - basis.shape[1]

    terms, columns = [], []
    for inner, M in contrasts(_sizes(inside)).items():
        error = left @ M
        S = np.swapaxes(error, -1, -2) @ error
        for outer in questions:
            names = [*compress(outside, outer), *compress(inside, inner)]
            if names:
                asked = H[outer].T @ Y @ M
                terms.append(":".join(names))
                columns.append(_tests(asked, S, n, terms[-1], size))
    return RMAnova(tuple(terms), *map(np.stack, zip(*columns, strict=True)))
