"""Degrees of freedom and intervals, against derivatives of the dense likelihood."""

import numpy as np
import pytest
from written_out import dense_parts, panel

from lmmlab import ar1, car1, compound_symmetry, lmm, load, unstructured, variances
from lmmlab.engine.design import LMMError
from lmmlab.residual.curvature import uncertainty

STEP = 2e-3
MODELS = [
    ("y ~ t + x", ar1("t", "id"), True),
    ("y ~ t + x + (1 | id)", ar1("t", "id") * variances("arm"), True),
    ("y ~ t + x + (1 | id)", car1("when", "id"), False),
    ("y ~ t * arm + (t | id)", variances("arm"), True),
    ("y ~ t", unstructured("t", "id"), True),
    ("y ~ t + (1 | school/id)", ar1("t", "id"), True),
]


def written_out(fit, L):
    """H of the deviance in (theta, phi, log sigma), and the gradient of log L vcov L'."""
    k, start = len(fit.theta), np.concatenate([fit.theta, fit.phi, [np.log(fit.sigma)]])
    df = fit.nobs - fit.reml * len(fit.names)

    def both(place):
        values = fit.design.residual.values(place[k:-1])
        logdet, rss, vcov = dense_parts(fit, place[:k], values)
        s2 = np.exp(2 * place[-1])
        deviance = logdet + df * np.log(s2) + rss / s2
        return np.append(deviance, np.log(s2 * np.einsum("rp,pq,rq->r", L, vcov, L)))

    d = len(start)
    unit, known = STEP * np.eye(d), {}

    def at(*steps):
        if steps not in known:
            known[steps] = both(start + sum(s * unit[i] for i, s in steps))
        return known[steps]

    weights = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
    gradient = np.array([sum(w * at((i, s))[1:] for s, w in weights.items()) for i in range(d)])
    H = np.empty((d, d))
    for i in range(d):
        for j in range(i):
            H[i, j] = H[j, i] = sum(
                w * v * at((j, s), (i, r))[0]
                for s, w in weights.items()
                for r, v in weights.items()
            )
        outer = at((i, -2))[0] + at((i, 2))[0]
        inner = at((i, -1))[0] + at((i, 1))[0]
        H[i, i] = (16 * inner - outer - 30 * both(start)[0]) / 12
    return H / STEP**2, gradient / STEP


@pytest.mark.parametrize(("formula", "structure", "reml"), MODELS)
def test_satterthwaite_and_the_covariance_of_phi(formula, structure, reml):
    fit = lmm(formula, panel(seed=11, people=16), residual=structure, reml=reml)
    assert not fit.singular
    L = np.eye(len(fit.names))
    L[0] = 1.0
    H, gradient = written_out(fit, L)
    inverse = np.linalg.inv(H)
    expected = 1.0 / np.einsum("ir,ij,jr->r", gradient, inverse, gradient)
    df = [fit.test(L=row).values[0, 2] for row in L]
    np.testing.assert_allclose(df, expected, rtol=1e-5)
    k, r = len(fit.theta), len(fit.phi)
    np.testing.assert_allclose(
        uncertainty(fit).inverse[k:, k:], inverse[k : k + r, k : k + r], rtol=1e-5, atol=1e-7
    )


def test_a_random_intercept_and_compound_symmetry_have_the_same_df():
    data = load("orthodont")
    inside = lmm("distance ~ age * Sex + (1 | Subject)", data).test().values
    outside = lmm("distance ~ age * Sex", data, residual=compound_symmetry("Subject")).test().values
    np.testing.assert_allclose(outside, inside, rtol=1e-6)
    assert outside[1, 2] == pytest.approx(79.0, rel=1e-6)


def test_two_groups_with_their_own_sd_are_welch():
    rng = np.random.default_rng(3)
    data = panel(people=20, visits=2, lost=0.0).assign(y=lambda d: rng.normal(size=len(d)))
    data["y"] *= np.where(data.arm == "b", 2.0, 1.0)
    fit = lmm("y ~ arm", data, residual=variances("arm"))
    s2, n = data.groupby("arm").y.var().to_numpy(), data.arm.value_counts().sort_index().to_numpy()
    squares = s2 / n
    df = squares.sum() ** 2 / (squares**2 / (n - 1)).sum()
    assert fit.residual[0] == pytest.approx(np.sqrt(s2[1] / s2[0]), rel=1e-8)
    se, own = fit.test(L="armb").values[0, 1:3]
    assert se == pytest.approx(np.sqrt(squares.sum()), rel=1e-8)
    assert own == pytest.approx(df, rel=1e-7)


def test_an_interval_of_one_correlation_is_fishers():
    """Of a common correlation its logit, of ratios the logarithm, of AR(1) Fisher's z."""
    rows = panel(seed=4, people=16)
    for structure, scale in (
        (ar1("t", "id"), np.arctanh),
        (variances("arm"), np.log),
        (car1("when", "id"), lambda rho: -np.log(-np.log(rho))),
        (unstructured("t", "id"), np.arctanh),
    ):
        fit = lmm("y ~ t", rows, residual=structure)
        estimate, lower, upper = scale(fit.residual_intervals(0.9).values).T
        np.testing.assert_allclose(upper - estimate, estimate - lower, rtol=1e-9)
        ratio = (scale(fit.residual_intervals(0.95).values)[:, 2] - estimate) / (upper - estimate)
        np.testing.assert_allclose(ratio, 1.959963985 / 1.644853627, rtol=1e-8)


def test_intervals_of_unstructured_correlations_in_other_coordinates():
    """With two occasions they are those of compound symmetry's Fisher z by the delta method."""
    rows = panel(seed=4, people=30)
    two = rows[rows.t < 2]
    pair = lmm("y ~ t", two, residual=unstructured("t", "id")).residual_intervals()
    step = lmm("y ~ t", two, residual=ar1("t", "id")).residual_intervals()
    np.testing.assert_allclose(pair.values, step.values, rtol=1e-5)


def test_intervals_that_reach_to_the_ends():
    rows = panel(seed=82, people=7)
    fit = lmm("y ~ x + (1 | id)", rows, residual=car1("when", "id"))
    assert fit.residual_intervals()[0].round(3).tolist() == [0.003, 0.0, 0.965]


def test_what_has_no_interval():
    rows = panel()
    model = lmm("y ~ t", rows, residual=ar1("t", "id"))
    with pytest.raises(LMMError, match="needs estimates, and theta was given"):
        model.at(model.theta).residual_intervals()
    with pytest.raises(LMMError, match="must lie between 0 and 1"):
        model.residual_intervals(95)
    with pytest.raises(LMMError, match="it has no residual structure"):
        _ = lmm("y ~ t + (1 | id)", rows).residual
