"""Columns of formulas: as lme4 has them, and with the values that their names say."""

import json
from pathlib import Path

import numpy as np
import pytest

from lmmlab.data import load
from lmmlab.formula import design

REFERENCE = Path(__file__).parent.parent / "reference"
CASES = [
    "sleepstudy_intercept_reml",
    "sleepstudy_slope_reml",
    "sleepstudy_uncorrelated_reml",
    "orthodont_intercept_reml",
    "orthodont_slope_ml",
    "cake_factor_reml",
    "cake_linear_reml",
    "irregular_slope_reml",
    "within_between_mundlak_reml",
    "dyestuff2_reml",
    "rho_plus1_reml",
    "apim_lmer_reml",
]


@pytest.mark.parametrize("case", CASES)
def test_columns_reproduce_the_fitted_values_of_lme4(case):
    # X beta and X beta + Z b, from lme4's own estimates: wrong columns, codes, levels or an
    # order of names other than lme4's cannot give these numbers.
    reference = json.loads((REFERENCE / f"{case}.json").read_text())
    fit = reference["fit"]
    made = design(reference["formula"], load(reference["data"].removesuffix(".csv")))
    [term], [ranef] = made.terms, fit["ranef"]
    assert list(made.names) == fit["beta"]["names"]
    assert (term.group, list(term.names)) == (ranef["group"], ranef["names"])
    assert list(term.levels) == ranef["levels"]
    marginal = made.X @ fit["beta"]["estimate"]
    b = np.array(ranef["values"])
    conditional = marginal + (term.Z * b[term.codes]).sum(axis=1)
    assert marginal[:20] == pytest.approx(fit["fitted_first20"]["marginal"], rel=1e-12)
    assert conditional[:20] == pytest.approx(fit["fitted_first20"]["conditional"], rel=1e-12)


def test_values_of_columns(table):
    x, z, a, b = table.x.to_numpy(), table.z.to_numpy(), table.a, table.b
    made = design("y ~ a * x + log(z) + sqrt(z) + exp(x) + I(-x^2 + 2 * z) + (1 | g)", table)
    column = dict(zip(made.names, made.X.T, strict=True))
    expected = {
        "(Intercept)": np.ones(30),
        "aq": a == "q",
        "ar": a == "r",
        "x": x,
        "log(z)": np.log(z),
        "sqrt(z)": np.sqrt(z),
        "exp(x)": np.exp(x),
        "I(-x^2 + 2 * z)": 2 * z - x**2,
        "aq:x": (a == "q") * x,
        "ar:x": (a == "r") * x,
    }
    assert list(column) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(column[name], np.asarray(values, float), err_msg=name)
    scaled = design("log(z) ~ 0 + center(x) + scale(x) + I(center(x)^2) + (1 | g)", table)
    assert scaled.response == "log(z)"
    np.testing.assert_allclose(scaled.y, np.log(z))
    np.testing.assert_allclose(
        scaled.X.T, [x - x.mean(), (x - x.mean()) / x.std(ddof=1), (x - x.mean()) ** 2]
    )
    crossed = design("y ~ a:b + (1 | g)", table)  # redundant in R, full rank here
    assert np.linalg.matrix_rank(crossed.X) == crossed.X.shape[1] == 6
    assert b.nunique() == 2


def test_poly_and_bs_are_bases_of_what_they_say(table):
    x = table.x.to_numpy()
    P = design("y ~ poly(x, 3) + (1 | g)", table).X
    np.testing.assert_allclose(P[:, 1:].T @ P, np.eye(4)[1:], atol=1e-12)
    assert P[:, 3] @ x**3 > 0  # R's sign: the highest power counts positively
    raw = design("y ~ poly(x, 3, raw = TRUE) + (1 | g)", table)
    np.testing.assert_allclose(raw.X[:, 1:].T, [x, x**2, x**3])
    assert raw.names[3] == "poly(x, 3, raw = TRUE)3"
    B = design("y ~ bs(x, df = 5) + (1 | g)", table)
    assert B.names[1:] == tuple(f"bs(x, 5){k}" for k in range(1, 6))
    assert np.linalg.matrix_rank(B.X) == 6
    assert (B.X >= 0).all() and (B.X[:, 1:].sum(axis=1) <= 1 + 1e-12).all()
