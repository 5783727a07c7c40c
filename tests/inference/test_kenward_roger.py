"""Kenward and Roger's method against their formulas written out with n x n matrices."""

import numpy as np
import pytest
from scipy import stats

from lmmlab import lmm, load
from lmmlab.engine.covariance import covariance, positions
from lmmlab.engine.design import LMMError, grouped
from lmmlab.inference.kenward_roger import scaled
from lmmlab.inference.satterthwaite import Uncertainty
from lmmlab.model.fit import fit


def written_out(design, model, L):
    """Adjusted covariance, F, df and scale; V and its derivatives in G's entries and sigma**2.

    Names as in Kenward & Roger (1997): Phi, P_i, Q_ij, W, Theta, A_1, A_2, B, g, c_i, E*, V*, rho.
    """
    (term,), X, n = design.terms, design.X, len(design.y)
    same = term.codes[:, None] == term.codes
    noise = np.diag(1.0 / (np.ones(n) if design.weights is None else design.weights))
    G = covariance(model.theta, model.sigma, term.blocks)
    V = same * (term.Z @ G @ term.Z.T) + model.sigma**2 * noise
    parts = [noise]
    for i, j in zip(*positions(term.blocks), strict=True):
        E = np.zeros_like(G)
        E[i, j] = E[j, i] = 1.0
        parts.append(same * (term.Z @ E @ term.Z.T))
    inverse = np.linalg.inv(V)
    Phi = np.linalg.inv(X.T @ inverse @ X)
    P = [-X.T @ inverse @ D @ inverse @ X for D in parts]
    Q = [[X.T @ inverse @ D @ inverse @ E @ inverse @ X for E in parts] for D in parts]
    k = range(len(parts))
    information = np.array(
        [
            [
                np.trace(inverse @ parts[i] @ inverse @ parts[j])
                - 2 * np.trace(Phi @ Q[i][j])
                + np.trace(Phi @ P[i] @ Phi @ P[j])
                for j in k
            ]
            for i in k
        ]
    )
    W = 2.0 * np.linalg.inv(information)
    middle = sum(W[i, j] * (Q[i][j] - P[i] @ Phi @ P[j]) for i in k for j in k)
    adjusted = Phi + 2.0 * Phi @ middle @ Phi

    ell = len(L)
    Theta = L.T @ np.linalg.inv(L @ Phi @ L.T) @ L
    u = [Theta @ Phi @ each @ Phi for each in P]
    A1 = sum(W[i, j] * np.trace(u[i]) * np.trace(u[j]) for i in k for j in k)
    A2 = sum(W[i, j] * np.trace(u[i] @ u[j]) for i in k for j in k)
    B = (A1 + 6 * A2) / (2 * ell)
    g = ((ell + 1) * A1 - (ell + 4) * A2) / ((ell + 2) * A2)
    below = 3 * ell + 2 * (1 - g)
    c1, c2, c3 = g / below, (ell - g) / below, (ell + 2 - g) / below
    mean = 1 / (1 - A2 / ell)
    variance = 2 / ell * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
    rho = variance / (2 * mean**2)
    m = 4 + (ell + 2) / (ell * rho - 1)
    scale = m / (mean * (m - 2))
    beta = L @ model.beta
    F = scale * beta @ np.linalg.inv(L @ adjusted @ L.T) @ beta / ell
    return adjusted, m, F


CASES = [
    {"seed": 1, "q": 1, "p": 3},
    {"seed": 2, "q": 1, "p": 2, "weights": True},
    {"seed": 3, "q": 2, "p": 3, "groups": 10},
    {"seed": 4, "q": 2, "p": 4, "groups": 12, "weights": True},
    {"seed": 5, "q": 2, "p": 3, "groups": 10, "blocks": (1, 1)},
    {"seed": 6, "q": 3, "p": 4, "groups": 14, "blocks": (2, 1)},
    {"seed": 7, "q": 3, "p": 3, "groups": 14},
    {"seed": 12, "q": 2, "p": 2, "spread": 0.0},  # singular
    {"seed": 13, "q": 1, "p": 2, "spread": 0.0},
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["seed"]))
def test_against_n_by_n_matrices(made, case):
    design = made(**case)
    model = fit(design)
    if case.get("spread") == 0.0:
        assert model.singular
    p = len(model.names)
    for row in (*np.eye(p), np.arange(p) - 0.7):
        adjusted, df, F = written_out(design, model, row[None])
        table = model.test("kenward-roger", row)[0]
        assert table[1] == pytest.approx(np.sqrt(row @ adjusted @ row), rel=1e-9)
        assert table[2] == pytest.approx(df, rel=1e-7)
        assert table[3] ** 2 == pytest.approx(F, rel=1e-7)
    for L in (np.eye(p)[:2], np.eye(p)[1:] - 0.2):
        _, df, F = written_out(design, model, L)
        expected = [len(L), df, F, stats.f.sf(F, len(L), df)]
        assert model.test("kenward-roger", L)[0] == pytest.approx(expected, rel=1e-7)


def test_very_different_units_keep_their_digits(made):
    """Time in calendar years, as without an origin: the contrast of the slope is the same."""
    one = made(3, p=2, q=2, groups=10, spread=2.0)
    later = one.X + np.array([0.0, 2020.0])
    row = fit(one).test("kenward-roger", "x1")[0]
    moved = fit(grouped(one.y, later, later, one.terms[0].codes)).test("kenward-roger", "x1")[0]
    assert moved == pytest.approx(row, rel=1e-6)


def uncertainty(df, *directions):
    """The uncertainty of two white effects; each direction knows its own change, of variance 2."""
    k = len(directions)
    slope = np.array(directions).reshape(k, 2, 2)
    return Uncertainty(df, slope, np.eye(k))


def test_analysis_of_variance_is_exact():
    """Where the matrix is known up to a factor with chi-square on 7: F on 2 and 7, not scaled."""
    for df in (3, 7):
        assert scaled(uncertainty(df), np.eye(2)) == pytest.approx((df, 1.0), rel=1e-12)
    for df in (1, 2, 4):
        assert scaled(uncertainty(df), np.eye(2)[:1]) == pytest.approx((df, 1.0), rel=1e-12)


@pytest.mark.parametrize("nu", [4, 9, 40])
def test_hotelling_is_exact(nu):
    """A 2 x 2 Wishart matrix on nu degrees of freedom: T**2 (nu - 1) / (2 nu) is F(2, nu - 1)."""
    half = np.sqrt(1.0 / nu)
    S = [np.diag([half, 0.0]), np.diag([0.0, half]), half / np.sqrt(2.0) * np.eye(2)[::-1]]
    df, scale = scaled(uncertainty(10**15, *S), np.eye(2))
    assert (df, scale) == pytest.approx((nu - 1.0, (nu - 1.0) / nu), rel=1e-9)


def test_an_f_without_a_mean_has_no_scale():
    for known in (uncertainty(1), uncertainty(2), uncertainty(100, np.diag([2.0, -2.0]))):
        assert np.isnan(scaled(known, np.eye(2))).all()


@pytest.mark.parametrize("left_out", [(), (3,), (17,), (0, 11, 12)])
def test_four_people_are_too_few_for_two_effects_together(left_out):
    """At 2 df, one row more or less of 40 moved the scale of F between .0001 and .4."""
    data = load("sleepstudy")
    few = data[data["Subject"].astype(str).isin(["308", "330", "334", "349"])]
    model = lmm("Reaction ~ Days + (Days | Subject)", few.drop(few.index[list(left_out)]))
    with pytest.raises(LMMError, match=r"F for \(Intercept\) and Days cannot .* too few groups"):
        model.test("kenward-roger", ["(Intercept)", "Days"])
    table = model.test("kenward-roger", ["Days"])  # F on 1 and 3 is t on 3
    assert table[0, 1:] == pytest.approx(
        [
            model.test("kenward-roger", "Days")[0, k] ** power
            for k, power in ((2, 1), (3, 2), (4, 1))
        ]
    )


def test_with_five_people_a_row_less_is_a_small_change():
    data = load("sleepstudy")
    few = data[data["Subject"].astype(str).isin(["308", "330", "334", "349", "350"])]
    model = lmm("Reaction ~ Days + (Days | Subject)", few)
    whole = model.test("kenward-roger", np.eye(2))[0]
    assert whole[1] == pytest.approx(3.0, rel=1e-9)
    for row in (3, 17):
        less = lmm("Reaction ~ Days + (Days | Subject)", few.drop(few.index[row]))
        assert less.test("kenward-roger", np.eye(2))[0, 1] == pytest.approx(3.0, rel=0.01)
        wald = [each.test("wald", np.eye(2))[0, 2] for each in (less, model)]
        scale = less.test("kenward-roger", np.eye(2))[0, 2] / wald[0]
        assert scale == pytest.approx(whole[2] / wald[1], rel=0.01)
