"""What G and sigma imply for the rows of one person."""

import numpy as np
import pytest

from lmmlab import lmm, load
from lmmlab.engine.design import LMMError
from lmmlab.meaning.implied import correlation, implied, line_variance, moved, narrowest, vpc
from lmmlab.study.simulate import root


def both(tau0, tau1, rho):
    T = root([tau0, tau1], rho)
    return T @ T.T


def line(times):
    times = np.asarray(times, dtype=float)
    return np.column_stack([np.ones(len(times)), times])


SCENARIOS = {
    "GAD-7": (both(3.0, 0.35, -0.4), 2.2, np.arange(9), [0.637, 0.661, 0.392]),
    "BP": (both(12.0, 1.2, -0.6), 8.0, np.arange(7), [0.677, 0.587, 0.511]),
    "HRQoL": (both(15.0, 0.8, -0.2), 8.0, [0, 3, 6, 9, 12], [0.765, 0.785, 0.642]),
    "tumour": (both(0.35, 0.03, 0.2), 0.15, np.arange(0, 22, 3), [0.831, 0.959, 0.551]),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_correlations_of_the_lessons(name):
    """First pair, last pair, both ends."""
    G, sigma, times, expected = SCENARIOS[name]
    corr = correlation(implied(G, sigma, line(times)))
    assert [corr[0, 1], corr[-2, -1], corr[0, -1]] == pytest.approx(expected, abs=5e-4)


def test_sleepstudy():
    fit = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))
    G, Z = fit.G["Subject"].values, line(np.arange(10))
    at = line([0.0, 4.5, 9.0])
    assert vpc(G, fit.sigma, at) == pytest.approx([0.483, 0.683, 0.847], abs=5e-4)
    corr = correlation(implied(G, fit.sigma, Z))
    assert [corr[0, 1], corr[8, 9], corr[0, 9]] == pytest.approx([0.480, 0.833, 0.300], abs=5e-4)
    new = moved(G, 4.5)
    assert np.sqrt(new[0, 0]) == pytest.approx(37.532, rel=1e-4)
    assert correlation(new)[0, 1] == pytest.approx(0.753, abs=5e-4)


def test_a_random_intercept_is_compound_symmetry():
    tau, sigma, n = 10.0, 6.0, 5
    V = implied(np.array([[tau**2]]), sigma, np.ones((n, 1)))
    assert V == pytest.approx(tau**2 * np.ones((n, n)) + sigma**2 * np.eye(n))
    eigenvalues = np.linalg.eigvalsh(V)
    assert eigenvalues == pytest.approx([sigma**2] * (n - 1) + [n * tau**2 + sigma**2])
    assert correlation(V)[0, 1] == pytest.approx(100 / 136)
    assert vpc(np.array([[tau**2]]), sigma, np.ones((n, 1))) == pytest.approx([100 / 136] * n)


def test_covariance_has_the_three_terms():
    tau0, tau1, rho, sigma = 3.0, 0.35, -0.4, 2.2
    t, tau01 = np.array([0.0, 1.0, 3.5, 8.0]), rho * tau0 * tau1
    V = implied(both(tau0, tau1, rho), sigma, line(t))
    expected = tau0**2 + (t[:, None] + t) * tau01 + np.outer(t, t) * tau1**2
    assert V - sigma**2 * np.eye(4) == pytest.approx(expected)
    variance = line_variance(both(tau0, tau1, rho), line(t))
    assert variance == pytest.approx(tau0**2 + 2 * t * tau01 + t**2 * tau1**2)


def test_it_is_the_covariance_of_simulated_people():
    G, sigma, times, _ = SCENARIOS["HRQoL"]
    rng, m, Z = np.random.default_rng(2), 40000, line(times)
    y = rng.multivariate_normal([0, 0], G, m) @ Z.T + sigma * rng.standard_normal((m, 5))
    V = implied(G, sigma, Z)
    error = np.sqrt((np.outer(V.diagonal(), V.diagonal()) + V**2) / m)
    assert (np.abs(np.cov(y.T) - V) < 4 * error).all()


def test_turning_point():
    """GAD-7 narrows from 3.0 to 2.75 at week 3.43, and is 3.18 at week 8; BP from 12 to 9.6."""
    G = both(3.0, 0.35, -0.4)
    time, sd = narrowest(G)
    assert (time, sd) == (pytest.approx(3.43, abs=5e-3), pytest.approx(2.75, abs=5e-3))
    assert np.sqrt(line_variance(G, line([0, 8]))) == pytest.approx([3.0, 3.18], abs=5e-3)
    times = np.linspace(0, 8, 8001)
    spread = line_variance(G, line(times))
    assert times[spread.argmin()] == pytest.approx(time, abs=1e-3)
    assert np.sqrt(spread.min()) == pytest.approx(sd)
    assert narrowest(both(12.0, 1.2, -0.6)) == pytest.approx((6.0, 9.6))
    assert narrowest(both(12.0, 1.2, -1.0)) == pytest.approx((10.0, 0.0), abs=1e-6)  # they meet
    at, least = narrowest(np.stack([G, 4 * G]))
    assert (at[0], 2 * least[0]) == (at[1], pytest.approx(least[1]))


def test_moving_the_origin_moves_no_line():
    G, times = both(24.7, 5.9, 0.07), np.arange(10.0)
    for origin in (-3.0, 4.5):
        new = moved(G, origin)
        assert implied(new, 2.0, line(times - origin)) == pytest.approx(
            implied(G, 2.0, line(times))
        )
        assert moved(new, -origin) == pytest.approx(G)
    many = moved(G, np.linspace(0, 9, 5))
    assert many.shape == (5, 2, 2)
    assert many[2] == pytest.approx(moved(G, 4.5))
    time, sd = narrowest(G)
    assert moved(G, time) == pytest.approx(np.diag([sd**2, G[1, 1]]))


def test_where_all_lines_meet_only_slopes_vary():
    for tau0, tau1, origin in ((0.3, 0.1, 3.0), (0.7, 0.1, 7.0), (0.9, 0.06, 15.0)):
        new = moved(both(tau0, tau1, -1.0), origin)
        assert new.tolist() == [[0.0, 0.0], [0.0, pytest.approx(tau1**2)]]
    many = moved(both(0.7, 0.1, -1.0), np.array([6.9, 7.0]))
    assert many[0, 0, 0] == pytest.approx(1e-4) and many[1, 0, 0] == 0.0
    none = np.array([[0.0, 0.5], [0.5, 0.25]])
    assert moved(none, 0.0).tolist() == none.tolist(), "what fits nobody is not made to fit"


def test_gaps_are_left_where_nothing_varies():
    V = np.array([[0.0, 0.0, 0.0], [0.0, 4.0, 1.0], [0.0, 1.0, 1.0]])
    table = correlation(V, gaps=True)
    assert np.isnan(table[0]).all() and np.isnan(table[:, 0]).all()
    assert table[1:, 1:].tolist() == [[1.0, 0.5], [0.5, 1.0]]
    assert np.isnan(correlation(np.zeros((2, 2)), gaps=True)).all()
    with pytest.raises(LMMError, match="two variances above 0"):
        correlation(np.diag([1.0, -0.1]), gaps=True)
    with pytest.raises(LMMError, match="correlation of"):
        correlation(np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 2.0, 1.0]]), gaps=True)


def test_sliders_broadcast():
    G = np.stack([both(3.0, 0.35, rho) for rho in (-0.9, 0.0, 0.9)])
    sigma = np.array([1.0, 2.0, 3.0])[:, None]
    assert vpc(G, sigma, line(range(4))).shape == (3, 4)
    V = implied(G, sigma, line(range(4)))
    assert V[1] == pytest.approx(implied(G[1], 2.0, line(range(4))))
    assert correlation(V)[2] == pytest.approx(correlation(V[2]))
    per_row = implied(G[0], [4.0, 6.0, 8.0, 10.0], line(range(4)))
    assert per_row.diagonal() - implied(G[0], 0.0, line(range(4))).diagonal() == pytest.approx(
        [16.0, 36.0, 64.0, 100.0]
    )


def test_no_covariance_matrix():
    """Row 22 of the lessons: rho would be -1.143, and the variance at 9.8 is -2.755."""
    G = np.array([[9.0, -1.2], [-1.2, 0.1225]])
    assert line_variance(G, line([9.8])) == pytest.approx([-2.755], abs=5e-4)
    with pytest.raises(LMMError, match=r"variance of -2\.755"):
        vpc(G, 1.0, line([0.0, 9.8]))
    with pytest.raises(LMMError, match=r"correlation of -1\.14"):
        correlation(G)


def test_singular_is_no_error():
    meet = both(3.0, 0.5, -1.0)
    assert vpc(meet, 1.0, line([6.0])) == pytest.approx([0.0], abs=1e-12)
    assert correlation(meet)[0, 1] == -1.0
    sds = np.random.default_rng(6).uniform(0.1, 9.0, (300, 2))
    for rho in (-1.0, 1.0):  # rounding leads no share below 0 and no correlation beyond 1
        many = np.stack([both(*sd, rho) for sd in sds])
        where = np.stack([line([-rho * sd[0] / sd[1]]) for sd in sds])
        assert (vpc(many, 1.0, where) >= 0.0).all()
        assert (np.abs(correlation(1.7 * many)) <= 1.0).all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: vpc(both(3.0, 0.5, -1.0), 0.0, line([6.0])), "neither people nor noise"),
        (lambda: vpc(np.eye(2), -1.0, line([6.0])), "sigma is a standard deviation"),
        (lambda: implied(np.eye(2), np.nan, line([6.0])), "sigma is a standard deviation"),
        (lambda: correlation(np.diag([1.0, 0.0])), "two variances above 0"),
        (lambda: moved(np.eye(3), 1.0), "must be 2 x 2"),
        (lambda: narrowest(np.eye(1)), "must be 2 x 2"),
        (lambda: narrowest(np.diag([1.0, 0.0])), "Slopes do not vary"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(LMMError, match=says):
        call()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: vpc(np.eye(2), 1.0, np.array([[3.0]])), "must be q x q"),
        (lambda: implied(np.eye(2), 1.0, np.ones((3, 1))), "must be q x q"),
        (lambda: narrowest(np.array([[1.0, -5.0], [-5.0, 1.0]])), "no covariance matrix"),
        (lambda: narrowest(np.array([[1.0, 0.0], [0.0, -1.0]])), "no covariance matrix"),
        (lambda: correlation(np.array([[1.0, 0.5], [-0.9, 1.0]])), "symmetric"),
        (lambda: moved(np.full((2, 2), np.nan), 1.0), "finite"),
    ],
)
def test_what_is_no_covariance_is_said(call, says):
    with pytest.raises(LMMError, match=says):
        call()
