"""A marker scan: thousands of markers, each alone as one more fixed effect of a mixed model.

All tests share the rows and, but for one column, the fixed effects. So the rows are made white
once, and what is left is two products of matrices. A marker explains so little that the variances
found without it serve nearly as well as those found with it; who wants the latter gets them, too
(`lmmlab.kinship.reestimate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.kinship.chance import QQ, lambda_gc, log10_p_of_chi2, log10_p_of_t, qq
from lmmlab.kinship.dense import beyond, covariance, require_no_structure
from lmmlab.kinship.markers import Markers, markers
from lmmlab.kinship.reestimate import reestimated
from lmmlab.model.estimable import require_estimates, require_independent
from lmmlab.model.fit import Fit
from lmmlab.model.remarks import listed
from lmmlab.model.table import Table

_PERFECT = 1e-16  # a share of the residual sum of squares that is left by rounding
_OWN = 1e-10  # what a marker has beyond the fixed effects, relatively, that is rounding
_COLUMNS = ("beta", "se", "statistic", "p", "log10 p", "frequency")


@dataclass(frozen=True, eq=False, repr=False)
class Scan:
    """The tests of m markers, each alone.

    Attributes
    ----------
    snp : tuple of str
        Their names.
    beta, se : (m,) arrays
        Effect of one more allele, and its standard error; NaN (undefined) where a marker does not
        vary or is a combination of the fixed effects.
    statistic : (m,) array
        F with 1 and `df` degrees of freedom; the likelihood ratio chi2 where df is infinite.
    df : float
    log10_p : (m,) array
        log10 of the p-value, which may be too small for a number.
    frequency : (m,) array
        Of the counted allele.
    missing : (m,) integer array
        How many counts were replaced by the marker's mean.
    h2 : (m,) array
        Share of the random effect in the variance the test took for granted; NaN with several.
    note : str
        What one should know, in sentences.
    tested : (m,) array of bool
        Whether the marker varies, and is no combination of the fixed effects.

    Examples
    --------
    >>> from lmmlab.engine.design import grouped
    >>> from lmmlab.model.fit import fit
    >>> one = np.ones((8, 1))
    >>> model = fit(grouped([1, 2, 4, 5, 5, 7, 8, 9], one, one, list("aabbccdd")))
    >>> found = scan(model, np.array([[0, 0, 0, 1, 1, 1, 2, 2], 8 * [1]]).T, ["rs1", "rs2"])
    >>> found.beta.round(2).tolist(), found.df
    ([1.72, nan], 6.0)
    >>> found.note
    'rs2 does not vary, so it has no test.'
    """

    snp: tuple[str, ...]
    beta: Floats
    se: Floats
    statistic: Floats
    df: float
    log10_p: Floats
    frequency: Floats
    missing: Ints
    h2: Floats
    note: str = ""
    tested: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))

    @property
    def p(self) -> Floats:
        """The p-values (m,); 0 for those that are too small for a number, see `log10_p`."""
        p: Floats = 10.0**self.log10_p
        return p

    @property
    def table(self) -> Table:
        """All markers, a row for each."""
        columns = (self.beta, self.se, self.statistic, self.p, self.log10_p, self.frequency)
        return Table(self.snp, _COLUMNS, np.column_stack(columns), self.note)

    @property
    def lambda_gc(self) -> float:
        """The genomic inflation factor; see `lmmlab.kinship.chance.lambda_gc`."""
        return lambda_gc(self.log10_p)

    def qq(self, confidence: float = 0.95) -> QQ:
        """Lay the p-values beside those of chance; see `lmmlab.kinship.chance.qq`."""
        return qq(self.log10_p, confidence)

    def top(self, k: int = 10) -> Table:
        """Give the k markers with the smallest p-values."""
        order = np.argsort(np.where(np.isnan(self.log10_p), np.inf, self.log10_p), kind="stable")
        table = self.table
        if not isinstance(k, int | np.integer) or k < 1:
            raise LMMError(f"k is {k!r}; give how many markers, a whole number from 1 on.")
        order = order[:k]
        return Table(tuple(self.snp[i] for i in order), _COLUMNS, table.values[order], self.note)

    def __repr__(self) -> str:
        return f"{self._opening}\n{self.top()!r}"

    def _repr_html_(self) -> str:
        return f"<p>{self._opening}</p>{self.top()._repr_html_()}"

    @property
    def _opening(self) -> str:
        many = "1 marker" if len(self.snp) == 1 else f"{len(self.snp)} markers"
        if np.isnan(self.log10_p).all():
            return f"{many}, of which none has a test:"
        return f"{many}, lambda_GC {self.lambda_gc:.3f}. The first of them:"


def scan(
    model: Fit,
    counts: ArrayLike,
    names: Sequence[str] | None = None,
    reestimate: bool = False,
    people: Ints | None = None,
) -> Scan:
    """Test each of many markers alone, as one more fixed effect.

    Parameters
    ----------
    model : Fit
        The model without markers.
    counts : (n, m) or (N, m) array
        Allele counts in the rows of the model, or of N people; see
        `lmmlab.kinship.markers.markers`.
    names : sequence of m str, optional
        ``snp1, snp2, ...`` by default.
    reestimate : bool
        Estimate the variances anew with each marker. By default their ratio is that of the model
        without markers, and only their scale is estimated anew.
    people : (n,) integer array, optional
        Whose counts belong to each row of the model, where `counts` are those of people.

    Returns
    -------
    Scan

    Raises
    ------
    LMMError
        If the counts do not fit the model; or variances are to be estimated anew in a model with
        more than one of them beside sigma**2.

    Notes
    -----
    F = (beta / se)**2 has 1 and n - p - 1 degrees of freedom, as if V were known but for its scale.
    With the ratio of variances kept this is the test of Kang and colleagues (2010, Nat. Genet. 42,
    348-354); it is a little conservative for a marker of large effect. With reestimate=True, V is
    that of REML with the marker for a model fitted by REML; for one fitted by ML the statistic is
    the likelihood ratio, with chi-square(1).
    """
    require_estimates(model, "A marker scan")
    require_independent(model, "tests of markers are")
    require_no_structure(model, "A marker scan")
    read, n = markers(counts), model.nobs
    if people is None and len(read.counts) != n:
        raise LMMError(
            f"The markers have {len(read.counts)} rows, and the model has {n}. Give a row of "
            "counts for each row of the model, in the same order."
        )
    m, p = read.counts.shape[1], len(model.names)
    snp = named(names, m)
    if n - p - 1 < 1:
        raise LMMError(f"{n} rows are too few to test a marker beside {p} fixed effects.")
    columns = read.counts if people is None else read.counts[people]
    df = float(n - p - 1)
    if reestimate:
        beta, se, deviance, h2, own = reestimated(model.design, columns, model.reml)
        if not model.reml:
            df, statistic = np.inf, np.maximum(model.deviance - deviance, 0.0)
    else:
        beta, se, own = _kept(model, columns)
        h2 = np.full(m, _share(model))
    tested = read.varies & (own > _OWN)
    beta, se = np.where(tested, beta, np.nan), np.where(tested, se, np.nan)
    if np.isfinite(df):
        statistic = (beta / se) ** 2
        log10_p = log10_p_of_t(beta / se, df)
    else:
        statistic = np.where(tested, statistic, np.nan)
        log10_p = log10_p_of_chi2(statistic)
    told = note(read, snp, tested, np.isfinite(beta))
    return Scan(
        snp, beta, se, statistic, df, log10_p, read.frequency, read.missing, h2, told, tested
    )


def named(names: Sequence[str] | None, m: int) -> tuple[str, ...]:
    """Give the names of m markers, or make them."""
    if names is None:
        return tuple(f"snp{k + 1}" for k in range(m))
    if len(names) != m:
        raise LMMError(f"There are {m} markers and {len(names)} names. Give a name for each.")
    return tuple(map(str, names))


def _kept(model: Fit, columns: Floats) -> tuple[Floats, Floats, Floats]:
    """Test markers with the variances of the model: effects, errors, and what is a marker's own."""
    from scipy.linalg import solve_triangular

    design = model.design
    root = np.linalg.cholesky(covariance(design, model.theta))
    _, rest, own = beyond(design.X, np.column_stack([columns, design.y]))
    X, white = (solve_triangular(root, part, lower=True) for part in (design.X, rest))
    Q = np.linalg.qr(X)[0]
    white -= Q @ (Q.T @ white)
    white, y, own = white[:, :-1], white[:, -1], own[:-1]
    square = np.where(own > _OWN, np.einsum("nm,nm->m", white, white), 1.0)
    along = y @ white
    beta = along / square
    left = np.maximum(y @ y - along * beta, _PERFECT * (y @ y))
    return beta, np.sqrt(left / (len(y) - len(design.names) - 1) / square), own


def _share(model: Fit) -> float:
    """Give the share of the only random effect in all variance; NaN with several."""
    if len(model.theta) != 1:
        return np.nan
    square = float(model.theta[0] ** 2)
    return square / (square + 1.0)


def note(
    read: Markers, snp: tuple[str, ...], tested: NDArray[np.bool_], found: NDArray[np.bool_]
) -> str:
    """Say which markers have no test, which are the same, and what was filled in."""
    said = []

    def some(which: NDArray[np.bool_]) -> list[str]:
        return [snp[k] for k in np.flatnonzero(which)]

    def verb(names: list[str], one: str, many: str) -> str:
        return f"{listed(names)} {one if len(names) == 1 else many}"

    if constant := some(~read.varies):
        said.append(
            verb(constant, "does not vary, so it has", "do not vary, so they have") + " no test."
        )
    if known := some(read.varies & ~tested):
        said.append(
            verb(known, "is a combination", "are combinations") + " of the fixed effects and "
            f"{'has' if len(known) == 1 else 'have'} no test."
        )
    if lost := some(tested & ~found):
        said.append(
            f"With {listed(lost)} the likelihood grows without bound as noise vanishes, so "
            f"{'it has' if len(lost) == 1 else 'they have'} no test. Use reml=True."
        )
    if twice := same(read):
        pairs = [f"{snp[later]} as {snp[first]}" for first, later in twice]
        said.append(
            f"{len(twice)} {'marker tells' if len(twice) == 1 else 'markers tell'} the same as one "
            f"before: {listed(pairs)}."
        )
    if total := int(read.missing.sum()):
        at = int((read.missing > 0).sum())
        said.append(
            f"{total} missing {'count was' if total == 1 else 'counts were'} replaced by the mean "
            f"of the marker, at {at} {'marker' if at == 1 else 'markers'}."
        )
    return " ".join(said)


def same(read: Markers) -> list[tuple[int, int]]:
    """Find markers that tell the same as one before, be it of the other allele: (first, later)."""
    seen: dict[bytes, int] = {}
    found = []
    for k, column in zip(np.flatnonzero(read.varies).tolist(), read.standardised.T, strict=True):
        key = np.round(column * np.sign(column[np.argmax(np.abs(column) > 1e-6)]), 6) + 0.0
        first = seen.setdefault(key.tobytes(), k)
        if first != k:
            found.append((first, k))
    return found
