"""Where a predictor varies, and which slope its raw column gives."""

import numpy as np
import pytest

from lmmlab import lmm, load
from lmmlab.classical.means import on_means
from lmmlab.data import arrays
from lmmlab.engine.design import LMMError, grouped
from lmmlab.meaning.predictor import blend, pair_icc
from lmmlab.study.simulate import exact_moments


def fatigue():
    """x of 30 people with 40 trials: sd exactly 1 within people and between them."""
    rng = np.random.default_rng(4)
    own = exact_moments(rng.standard_normal((40, 30))).T * np.sqrt(40 / 39)
    between = exact_moments(rng.standard_normal((30, 1))) * np.sqrt(30 / 29)
    return (own + between).ravel(), np.repeat(np.arange(30), 40)


def test_the_raw_predictor_of_the_lessons():
    """Within +25, between -40: a random intercept says +21.7, least squares -7.5."""
    x, codes = fatigue()
    w = blend(x, codes, np.array([40.0, 0.0]), 60.0)
    assert w == pytest.approx([0.0506, 0.5], abs=5e-5)
    assert 25 - 65 * w == pytest.approx([21.7, -7.5], abs=0.05)


@pytest.mark.parametrize("sizes", [[7] * 6, [1, 2, 3, 9, 4, 12]])
@pytest.mark.parametrize(("tau", "sigma"), [(0.0, 2.0), (3.0, 2.0), (1.0, 0.0), (50.0, 0.1)])
def test_blend_is_exactly_generalised_least_squares(sizes, tau, sigma):
    rng, codes = np.random.default_rng(5), np.repeat(np.arange(6), sizes)
    x = rng.standard_normal(len(codes)) + 2 * rng.standard_normal(6)[codes]
    y = rng.standard_normal(len(codes)) + x * 3
    each = tau**2 + sigma**2 / np.array(sizes)
    means = [np.bincount(codes, v) / sizes for v in (x, y)]
    away = [v - m[codes] for v, m in zip((x, y), means, strict=True)]
    within = away[0] @ away[1] / (away[0] @ away[0])
    M = np.column_stack([np.ones(6), means[0]]) / np.sqrt(each)[:, None]
    between = np.linalg.lstsq(M, means[1] / np.sqrt(each), rcond=None)[0][1]
    w = blend(x, codes, tau, sigma)
    V = tau**2 * (codes[:, None] == codes) + max(sigma, 1e-5) ** 2 * np.eye(len(codes))
    X = np.column_stack([np.ones(len(x)), x])
    slope = np.linalg.solve(X.T @ np.linalg.solve(V, X), X.T @ np.linalg.solve(V, y))[1]
    assert (1 - w) * within + w * between == pytest.approx(slope, rel=1e-7)


def test_blend_at_the_fitted_variances_is_the_fit():
    """within_between: 30 groups of 12, slope -1 within and +2 between."""
    table, data = load("within_between"), arrays("within_between")
    raw = lmm("y ~ x + (1 | group)", table)
    split = lmm("y ~ x_within + x_mean + (1 | group)", table)
    codes = np.unique(data["group"], return_inverse=True)[1]
    w = float(blend(data["x"], codes, raw.sd["group"][0], raw.sigma))
    assert raw.beta[1] == pytest.approx((1 - w) * split.beta[1] + w * split.beta[2], rel=1e-8)
    X = np.column_stack([np.ones(360), data["x"]])
    means = on_means(grouped(data["y"], X, X[:, :1], codes))
    assert split.beta[2] == pytest.approx(means.beta[1])


def test_limits():
    x, codes = fatigue()
    mean = (np.bincount(codes, x) / 40)[codes]
    assert blend(mean, codes, 4.0, 2.0) == pytest.approx(1.0)
    assert blend(x - mean, codes, 4.0, 2.0) == pytest.approx(0.0, abs=1e-12)
    assert blend(x, codes, 4.0, 0.0) == 0.0
    assert pair_icc(mean, codes) == pytest.approx(1.0)
    assert pair_icc(x - mean, codes) == pytest.approx(-1 / 39)
    assert blend(x, codes, np.ones((2, 1)), np.ones(3)).shape == (2, 3)
    assert blend(x, codes + 5, 4.0, 2.0) == blend(x, codes, 4.0, 2.0)  # codes may have gaps
    assert pair_icc(x, codes + 5) == pair_icc(x, codes)


def test_pair_icc_is_the_correlation_of_pairs():
    x, codes = np.array([1.0, 4.0, 2.0, 6.0, 5.0, 5.5]), np.array([0, 0, 1, 1, 1, 2])
    pairs = np.array(
        [(i, k) for i in range(6) for k in range(6) if i != k and codes[i] == codes[k]]
    )
    away = x - x.mean()
    assert pair_icc(x, codes) == pytest.approx(
        (away[pairs[:, 0]] @ away[pairs[:, 1]] / 8) / x.var()
    )


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: pair_icc([2.0, 2.0], [0, 0]), "predictor is 2 in every row"),
        (lambda: pair_icc([2.0, 3.0], [0, 1]), "No group has two rows"),
        (lambda: pair_icc([2.0, np.nan], [0, 0]), "vector of finite numbers"),
        (lambda: pair_icc([], []), "vector of finite numbers"),
        (lambda: blend([1.0, 2.0], [0], 1.0, 1.0), "a group code for each"),
        (lambda: blend([1.0, 2.0], [0, 0], 0.0, 0.0), "both 0"),
        (lambda: blend([1.0, 2.0], [0, 0], 1.0, -1.0), "sigma is a standard deviation"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(LMMError, match=says):
        call()
