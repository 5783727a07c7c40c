"""One value of theta: limits that are known, and digits that must not be lost."""

from dataclasses import replace

import numpy as np
import pytest

from lmmlab.data import arrays
from lmmlab.engine.covariance import factor
from lmmlab.engine.crossproducts import condition
from lmmlab.engine.derivatives import derivatives, in_theta
from lmmlab.engine.design import grouped
from lmmlab.engine.solve import solve
from lmmlab.model.conditional import posterior
from lmmlab.model.fit import evaluate


@pytest.fixture
def sleep():
    table = arrays("sleepstudy")
    lines = np.column_stack([np.ones(180), table["Days"]])
    return grouped(table["Reaction"], lines, lines, table["Subject"])


@pytest.mark.parametrize("reml", [True, False])
def test_at_theta_zero_it_is_ordinary_least_squares(sleep, reml):
    model = evaluate(sleep, np.zeros(3), reml=reml)
    beta, (rss,), *_ = np.linalg.lstsq(sleep.X, sleep.y, rcond=None)
    df = 180 - 2 * reml
    information = sleep.X.T @ sleep.X
    deviance = df * (1 + np.log(2 * np.pi * rss / df)) + reml * np.linalg.slogdet(information)[1]
    np.testing.assert_allclose(model.beta, beta, rtol=1e-12)
    np.testing.assert_allclose(model.vcov, rss / df * np.linalg.inv(information), rtol=1e-12)
    assert model.deviance == pytest.approx(deviance, rel=1e-13)
    assert not model.blups["group"].values.any()
    assert not model.blup_sd["group"].values.any()


@pytest.mark.parametrize("large", [1e3, 1e6, 1e8])
def test_as_theta_grows_it_is_no_pooling(sleep, large):
    model = evaluate(sleep, np.array([large, 0.0, large]))
    (term,) = sleep.terms
    own = np.array(
        [
            np.linalg.lstsq(sleep.X[term.codes == j], sleep.y[term.codes == j], rcond=None)[0]
            for j in range(18)
        ]
    )
    left = sleep.y - (sleep.X * own[term.codes]).sum(1)
    tolerance = 1 / large**2 + 1e-9
    np.testing.assert_allclose(model.beta + model.blups["group"].values, own, rtol=1e3 * tolerance)
    np.testing.assert_allclose(model.beta, own.mean(0), rtol=1e3 * tolerance)
    np.testing.assert_allclose(model.fitted, sleep.y - left, rtol=1e3 * tolerance)
    # J q - p degrees of freedom stay with the random effects, so sigma keeps n - p
    assert model.sigma**2 * 178 == pytest.approx(left @ left, rel=1e3 * tolerance)
    alone = model.sigma * np.sqrt(np.diag(np.linalg.inv(sleep.X[:10].T @ sleep.X[:10])))
    np.testing.assert_allclose(model.blup_sd["group"][0], alone, rtol=1e3 * tolerance)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("mean", [0.0, 1e6, 1e8])
def test_calendar_years_and_a_large_mean_lose_no_digits(sleep, reml, mean):
    theta = np.array([0.9667, 0.0152, 0.2309])
    plain = evaluate(sleep, theta, reml=reml)
    back = np.array([[1.0, -2000.0], [0.0, 1.0]])  # coefficients of (1, day + 2000)
    root = back @ factor(theta, (2,))
    R = np.linalg.qr(root.T).R
    lower = (R * np.sign(np.diag(R))[:, None]).T
    years = sleep.X + np.array([0.0, 2000.0])
    design = grouped(sleep.y + mean, years, years, sleep.terms[0].codes)
    moved = evaluate(design, lower[[0, 1, 1], [0, 0, 1]], reml=reml)
    assert moved.deviance == pytest.approx(plain.deviance, rel=1e-9)
    assert moved.sigma == pytest.approx(plain.sigma, rel=1e-9)
    assert moved.beta[1] == pytest.approx(plain.beta[1], abs=1e-7 * plain.se[1])
    assert moved.se[1] == pytest.approx(plain.se[1], rel=1e-8)
    np.testing.assert_allclose(
        moved.residuals / plain.sigma, plain.residuals / plain.sigma, atol=1e-7
    )


def test_equal_weights_only_rescale_sigma(sleep):
    theta = np.array([0.9, 0.1, 0.2])
    plain = evaluate(sleep, theta / 2.0)
    heavy = evaluate(replace(sleep, weights=np.full(180, 4.0)), theta / 4.0)
    assert heavy.deviance == pytest.approx(plain.deviance, rel=1e-12)
    assert heavy.sigma == pytest.approx(2.0 * plain.sigma, rel=1e-12)
    np.testing.assert_allclose(heavy.beta, plain.beta, rtol=1e-12)
    np.testing.assert_allclose(heavy.blups["group"], plain.blups["group"], rtol=1e-10)


def test_weights_are_known_precisions(sleep, dense):
    design = replace(sleep, weights=np.where(sleep.X[:, 1] > 5, 0.25, 1.0))
    theta = np.array([0.9, 0.1, 0.2])
    for reml in (True, False):
        ours, theirs = evaluate(design, theta, reml=reml), dense(design, theta, reml)
        assert ours.deviance == pytest.approx(theirs.criterion, rel=1e-12)
        np.testing.assert_allclose(ours.blup_sd["group"], theirs.b_sd(), rtol=1e-10)


def test_any_root_of_G_gives_the_same_solution(sleep):
    cross, Lambda = condition(sleep), np.array([[2.0, 0.0], [0.5, 0.3]])
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    one, two = solve(cross, Lambda), solve(cross, Lambda @ turn)
    assert two.criterion() == pytest.approx(one.criterion(), rel=1e-14)
    first, second = posterior(cross, one), posterior(cross, two)
    pairs = [(first.mean, second.mean), (first.covariance, second.covariance)]
    for mine, other in pairs:
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("p", [0, 1, 3])
def test_many_responses_are_solved_like_each_alone(made, p, reml):
    design = made(5, p=p, q=2)
    rng = np.random.default_rng(2)
    Y, turn = rng.standard_normal((4, len(design.y))), np.array([[0.6, -0.8], [0.8, 0.6]])
    Lambda = np.tril(rng.standard_normal((4, 2, 2)))
    every = condition(design, Y)
    many = solve(every, Lambda, reml)
    slopes, curvatures = derivatives(every, many, np.broadcast_to(turn, (4, 2, 2)))
    gradients, hessians = in_theta(slopes, curvatures, Lambda, (2,))
    for i in range(4):
        cross = condition(replace(design, y=Y[i]))
        one = solve(cross, Lambda[i], reml)
        assert many.criterion()[i] == pytest.approx(float(one.criterion()), rel=1e-13)
        for name in ("beta", "r2", "logdet", "inverse", "F", "fixed", "y"):
            np.testing.assert_allclose(getattr(many, name)[i], getattr(one, name), atol=1e-11)
        slope, curvature = derivatives(cross, one, turn)
        np.testing.assert_allclose(slopes[i], slope, atol=1e-10)
        np.testing.assert_allclose(curvatures[i], curvature, atol=1e-10)
        gradient, hessian = in_theta(slope, curvature, Lambda[i], (2,))
        np.testing.assert_allclose(gradients[i], gradient, atol=1e-10)
        np.testing.assert_allclose(hessians[i], hessian, atol=1e-10)


def test_one_response_at_many_values_of_theta(sleep):
    """Where only theta differs, the response need not be repeated."""
    cross, Lambda = condition(sleep), np.linspace(0.1, 3.0, 5)[:, None, None] * np.eye(2)
    values = solve(cross, Lambda).criterion()
    for i in range(5):
        assert values[i] == pytest.approx(float(solve(cross, Lambda[i]).criterion()), rel=1e-14)


def test_some_solutions_in_the_place_of_others(sleep):
    every = condition(sleep, sleep.y + np.arange(4.0)[:, None] * sleep.X[:, 1] ** 2)
    ones, twos = (solve(every, size * np.broadcast_to(np.eye(2), (4, 2, 2))) for size in (1, 2))
    which = np.array([0, 2])
    mixed = ones.put(which, twos.of(which))
    np.testing.assert_array_equal(mixed.F[which], twos.F[which])
    np.testing.assert_array_equal(mixed.F[[1, 3]], ones.F[[1, 3]])
    value = np.where([True, False] * 2, twos.criterion(), ones.criterion())
    np.testing.assert_array_equal(mixed.criterion(), value)
    assert ones.put(np.arange(4), twos) is twos


def test_derivatives_turn_with_the_axes(sleep):
    cross = condition(sleep)
    at = solve(cross, np.array([[2.0, 0.0], [0.5, 0.3]]))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    slope, curvature = derivatives(cross, at, np.eye(2))
    turned, bent = derivatives(cross, at, turn)
    np.testing.assert_allclose(turned, turn.T @ slope @ turn, atol=1e-10)
    other = np.einsum("abcd,ai,bj,ck,dl->ijkl", curvature, turn, turn, turn, turn)
    np.testing.assert_allclose(bent, other, atol=1e-10)


@pytest.mark.parametrize("blocks", [(2,), (1, 1)])
@pytest.mark.parametrize("reml", [True, False])
def test_gradient_and_hessian_in_theta(sleep, blocks, reml):
    cross = condition(replace(sleep, terms=(replace(sleep.terms[0], blocks=blocks),)))
    theta = np.array([2.0, 0.4, 0.7]) if blocks == (2,) else np.array([2.0, 0.7])

    def at(theta):
        return solve(cross, factor(theta, blocks), reml)

    def gradient(theta):
        slope, curvature = derivatives(cross, at(theta), np.eye(2))
        return in_theta(slope, curvature, factor(theta, blocks), blocks)

    steps = 1e-5 * np.eye(len(theta))
    first = [(at(theta + h).criterion() - at(theta - h).criterion()) / 2e-5 for h in steps]
    second = [(gradient(theta + h)[0] - gradient(theta - h)[0]) / 2e-5 for h in steps]
    exact, hessian = gradient(theta)
    np.testing.assert_allclose(exact, first, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(hessian, second, rtol=1e-6, atol=1e-6)
