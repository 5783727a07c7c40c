"""theta, Lambda, G, sds and correlations say the same thing in different words."""

import numpy as np
import pytest

from lmmlab.engine.covariance import (
    LEAST,
    covariance,
    factor,
    positions,
    settle,
    slices,
    spread,
    theta_from,
    theta_of,
)
from lmmlab.engine.design import LMMError

BLOCKS = [(1,), (2,), (4,), (1, 1), (2, 1), (1, 3, 2)]


@pytest.mark.parametrize("blocks", BLOCKS)
def test_all_ways_and_back(blocks):
    rng = np.random.default_rng(sum(blocks))
    row, column = positions(blocks)
    theta = rng.standard_normal(len(row))
    theta[row == column] = np.abs(theta[row == column]) + 0.1
    Lambda = factor(theta, blocks)
    assert (Lambda == np.tril(Lambda)).all()
    assert (np.abs(Lambda[row, column]) > 0).all()
    assert np.count_nonzero(Lambda) == len(theta) == sum(w * (w + 1) // 2 for w in blocks)

    G = covariance(theta, 3.0, blocks)
    np.testing.assert_allclose(G, 9.0 * Lambda @ Lambda.T)
    np.testing.assert_allclose(theta_from(G, 3.0, blocks), theta)
    sd, corr = spread(G)
    np.testing.assert_allclose(np.diag(sd) @ corr @ np.diag(sd), G, atol=1e-12)
    np.testing.assert_allclose(theta_of(-Lambda, blocks), theta)


def test_theta_stands_column_by_column_as_in_lme4():
    Lambda = factor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], (3, 1))
    assert Lambda.tolist() == [[1, 0, 0, 0], [2, 4, 0, 0], [3, 5, 6, 0], [0, 0, 0, 7]]
    assert slices((3, 1)) == (slice(0, 3), slice(3, 4))


def test_many_roots_at_once():
    rng = np.random.default_rng(1)
    roots = rng.standard_normal((5, 3, 3))
    for root, theta in zip(roots, theta_of(roots, (3,)), strict=True):
        Lambda = factor(theta, (3,))
        assert (np.diag(Lambda) >= 0).all()
        np.testing.assert_allclose(Lambda @ Lambda.T, root @ root.T, atol=1e-12)


@pytest.mark.parametrize(
    "theta", [[1.0, 2.0], [1.0, np.nan, 1.0], [1e160, 0.0, 1.0], 1.0, [[1.0, 0.0, 1.0]]]
)
def test_what_is_no_theta(theta):
    with pytest.raises(LMMError, match="3 finite numbers"):
        factor(theta, (2,))


def test_singular_covariance_has_a_theta():
    perfect = np.array([[4.0, -2.0], [-2.0, 1.0]])
    np.testing.assert_allclose(theta_from(perfect, 1.0, (2,)), [2.0, -1.0, 0.0], atol=1e-7)
    np.testing.assert_allclose(theta_from(np.zeros((2, 2)), 1.0, (2,)), 0.0)


@pytest.mark.parametrize(
    ("G", "blocks"),
    [
        ([[1.0, 2.0], [2.0, 1.0]], (2,)),
        ([[1.0, 0.5], [0.2, 1.0]], (2,)),
        ([[1.0, 0.5], [0.5, 1.0]], (1, 1)),
    ],
)
def test_what_is_no_covariance(G, blocks):
    with pytest.raises(LMMError, match="no covariance matrix of this model"):
        theta_from(np.array(G), 1.0, blocks)


def test_a_correlation_beside_a_zero_sd_is_undefined():
    sd, corr = spread(np.diag([4.0, 0.0]))
    assert sd.tolist() == [2.0, 0.0]
    assert np.isnan(corr).tolist() == [[False, True], [True, True]]


def test_a_boundary_found_but_for_rounding_is_made_exact():
    S = np.array([[3.0, 1.0], [0.0, 2.0]])
    theta = np.array([1.0, 0.5, LEAST / 100])
    assert settle(theta, S, (2,)).tolist() == [1.0, 0.5, 0.0]  # correlation one
    assert settle(np.array([1.0, 1e-9, -1e-9]), S, (2,)).tolist() == [1.0, 0.0, 0.0]  # no slopes
    np.testing.assert_allclose(settle(np.array([1e-9, 0.3, 0.4]), S, (2,)), [0.0, 0.0, 0.5])
    assert settle(np.array([1e-9, 1e-9, 1e-9]), S, (2,)).tolist() == [0.0, 0.0, 0.0]
    inner = np.array([1.0, 0.5, 0.01])
    assert settle(inner, S, (2,)).tolist() == inner.tolist()


def test_many_are_settled_like_each_alone():
    S = np.array([[3.0, 1.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    rng = np.random.default_rng(1)
    for blocks, k in (((3,), 6), ((2, 1), 4), ((1, 1, 1), 3)):
        theta = rng.standard_normal((40, k)) * rng.choice([1.0, 1e-9], (40, k))
        settled = settle(theta, S, blocks)
        for one, alone in zip(settled, theta, strict=True):
            np.testing.assert_allclose(one, settle(alone, S, blocks), rtol=1e-14)
        assert (settled == 0.0).any()


def test_what_counts_as_zero_does_not_depend_on_units():
    theta, S = np.array([1.0, 1e-7]), np.diag([3.0, 3e6])  # a slope per millisecond
    assert settle(theta, S, (1, 1)).tolist() == theta.tolist()
    assert settle(theta, np.diag([3.0, 3.0]), (1, 1)).tolist() == [1.0, 0.0]
