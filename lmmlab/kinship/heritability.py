"""Heritability: the share of the variance between people that relatives have in common.

A ratio of variances is known far worse than its value looks; so it comes with its standard error
and a test, and says over which variances it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lmmlab.engine.design import Floats, LMMError
from lmmlab.inference.boundary import mixture
from lmmlab.inference.information import information
from lmmlab.kinship.dense import require_no_structure
from lmmlab.model.estimable import require_estimates
from lmmlab.model.fit import Fit, fit
from lmmlab.model.r2 import own_relation
from lmmlab.model.remarks import listed, without_noise
from lmmlab.model.table import Table

_ROUNDING = 1e-9  # of a deviance
_ABOUT_ONE = 1.25  # a mean diagonal of K


@dataclass(frozen=True, eq=False, repr=False)
class Heritability:
    """The share of one factor's related levels in all variance.

    Attributes
    ----------
    h2, se : float
        The share and its standard error, which is undefined (NaN) where h2 is 1.
    chi2, p : float
        Likelihood ratio of the model to that without this factor, and its p-value; half of the time
        chance makes the ratio 0, so it is half of that of chi-square with 1 df.
    table : Table
        All variances and h2, with standard errors.
    """

    h2: float
    se: float
    chi2: float
    p: float
    table: Table

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def heritability(model: Fit, group: str | None = None) -> Heritability:
    """Give the share of related people's variance in all variance, with standard error and test.

    Parameters
    ----------
    model : Fit
        A model of random intercepts, one of them of related levels.
    group : str, optional
        Which grouping factor, where several have related levels.

    Returns
    -------
    Heritability

    Raises
    ------
    LMMError
        If theta was given, residuals have a structure, no factor has related levels, or a random
        effect is no intercept or rows have weights, so that there is no single variance.

    Notes
    -----
    h2 = sigma_g**2 / (sum of all variances, residual included), where sigma_g**2 is the variance of
    a person with 1 on the diagonal of K. Its standard error is by the delta method, from the
    expected information on the variances at the estimates: tr(P V_k P V_l) / 2 with V_k the matrix
    that variance k multiplies, and P = V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1 under REML, V^-1 under
    ML (Searle, Casella & McCulloch 1992, *Variance Components*, Section 6.6). Close to 0 or 1 it
    does not give an interval; profile sd and sigma there. The test is that of Self & Liang (1987).

    Examples
    --------
    Three pairs of twins, alike in each other and not in general:

    >>> from lmmlab.engine.design import grouped
    >>> from lmmlab.kinship.related import related
    >>> made = grouped([1.0, 2, 5, 6, 8, 8], np.ones((6, 1)), np.ones((6, 1)), list("abcdef"))
    >>> twins = related(made.terms[0], np.kron(np.eye(3), np.ones((2, 2))))
    >>> found = heritability(fit(replace(made, terms=(twins,))))
    >>> round(found.h2, 3), round(found.se, 3)
    (0.969, 0.039)
    """
    require_estimates(model, "A heritability")
    require_no_structure(model, "A heritability")
    terms = model.design.terms
    place = _place(model, group)
    for term in terms:
        if len(term.names) > 1 or (term.Z != 1.0).any():
            raise LMMError(
                f"The variance between levels of {term.group} depends on the row here, so there is "
                "no single heritability. Fit random intercepts alone, such as (1 | id)."
            )
    if model.design.weights is not None:
        raise LMMError(
            "With weights each row has a residual variance of its own, and the heritability is not "
            "one number. Fit the model without weights."
        )
    variances, cov = _variances(model)
    total = variances.sum()
    h2 = variances[place] / total
    gradient = (np.eye(len(variances))[place] - h2) / total
    se = float(np.sqrt(gradient @ cov @ gradient)) if np.isfinite(cov).all() else np.nan
    chi2 = _ratio(model, place)
    names = (*(f"variance of {term.group}" for term in terms), "residual variance", "h2")
    own, others = terms[place].group, [term.group for term in terms if term is not terms[place]]
    over = listed([own, *others, "residual"])
    p = mixture(chi2, (0, 1), (0.5, 0.5))
    note = (
        f"h2 is the variance of {own} over that of {over}. Likelihood ratio against h2 = 0: "
        f"{chi2:.4g}, p = {p:.3g}, from 1/2 chi2(0) + 1/2 chi2(1), since a variance cannot be "
        "negative."
    )
    diagonal = float(np.mean(own_relation(terms[place])))
    if not 1.0 / _ABOUT_ONE < diagonal < _ABOUT_ONE:
        note += (
            f" It is that of someone with 1 on the diagonal of the relationship matrix; in these "
            f"rows it is {diagonal:.3g} on average."
        )
        if diagonal < 1.0:
            note += " Coefficients of kinship are to be doubled first."
    table = Table(
        names,
        ("estimate", "se"),
        np.column_stack([[*variances, h2], [*np.sqrt(np.diagonal(cov)), se]]),
        note,
    )
    return Heritability(float(h2), se, chi2, p, table)


def _place(model: Fit, group: str | None) -> int:
    """Find the term that is asked about."""
    related = {t.group: k for k, t in enumerate(model.design.terms) if t.relation is not None}
    if not related:
        raise LMMError(
            "No grouping factor of this model has related levels. Give lmm() their relationship "
            "matrix: relationship={group: K}."
        )
    if group is None and len(related) == 1:
        return next(iter(related.values()))
    if group not in [*related]:
        raise LMMError(
            f"Say which grouping factor is meant: group must be one of {listed([*related])}."
        )
    return related[group]


def _variances(model: Fit) -> tuple[Floats, Floats]:
    """Give the variances of all terms and sigma**2 (k + 1,), and their covariance matrix.

    Where sigma is estimated to be zero, there is none.
    """
    known, s2 = information(model.cross, model.solution), model.sigma**2
    scale = np.diagonal(model.cross.S) ** 2
    D = np.diagonal(model.solution.Lambda @ model.solution.Lambda.T)
    k = len(D)
    if without_noise(model):
        return s2 * np.append(D / scale, 1.0), np.full((k + 1, k + 1), np.nan)
    both = np.empty((k + 1, k + 1))  # H first, then s
    both[:k, :k], both[k, k] = known.of_H, known.df
    both[:k, k] = both[k, :k] = known.t
    jacobian = np.eye(k + 1)
    jacobian[:k, k] = D
    unit = np.append(1.0 / scale, 1.0)
    turned = unit[:, None] * jacobian
    cov = 2.0 * s2**2 * turned @ np.linalg.inv(both) @ turned.T
    return s2 * np.append(D / scale, 1.0), np.asarray((cov + cov.T) / 2.0)


def _ratio(model: Fit, place: int) -> float:
    """Give the likelihood ratio of a model to that without one of its terms."""
    terms = tuple(term for k, term in enumerate(model.design.terms) if k != place)
    if terms:
        smaller = fit(replace(model.design, terms=terms), model.reml)
        require_estimates(smaller, "A test of the heritability")
    else:
        smaller = model.at(np.zeros_like(model.theta))
    chi2 = smaller.deviance - model.deviance
    return chi2 if chi2 > _ROUNDING * max(1.0, abs(model.deviance)) else 0.0
