"""Common random numbers: people keep theirs, whatever else changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmlab.engine.design import LMMError
from lmmlab.study.simulate import exact_moments, normals, response, root, visits

sizes = st.integers(0, 70)


@given(st.integers(0, 2**40), sizes, sizes, sizes, sizes, st.integers(0, 3))
def test_a_person_keeps_the_numbers(seed, people, more_people, width, more_width, stream):
    few = normals(seed, people, width, stream)
    many = normals(seed, people + more_people, width + more_width, stream)
    assert few.shape == (people, width)
    np.testing.assert_array_equal(few, many[:people, :width])


def test_numbers_are_normal_and_independent():
    drawn = normals(3, 5000, 70)
    other = np.hstack([normals(4, 5000, 70), normals(3, 5000, 70, stream=1)])
    assert np.abs(drawn.mean(0)).max() < 5.0 / np.sqrt(5000)
    both = np.corrcoef(np.hstack([drawn, other]).T)
    assert np.abs(both - np.eye(210)).max() < 5.5 / np.sqrt(5000)
    assert abs((np.abs(drawn) < 1.959964).mean() - 0.95) < 5 * np.sqrt(0.0475 / drawn.size)


def test_the_numbers_themselves():
    # What lessons and links show must not change with a version of this file.
    expected = [0.345584192064786, 0.8216181435011584]
    np.testing.assert_allclose(normals(1, 1, 2)[0], expected)


def test_a_seed_that_cannot_be():
    with pytest.raises(LMMError, match="The seed is -1"):
        normals(-1, 3, 3)


@given(st.integers(1, 5), st.integers(0, 60), st.integers(0, 1000))
def test_exact_moments(q, spare, seed):
    people = q + 1 + spare
    u = normals(seed, people, q)
    exact = exact_moments(u)
    np.testing.assert_allclose(exact.mean(0), 0.0, atol=1e-10)
    np.testing.assert_allclose(exact.T @ exact / (people - 1), np.eye(q), atol=1e-10)
    np.testing.assert_allclose(exact_moments(u[:, :1]), exact[:, :1], atol=1e-10)
    if people > 30:  # the same people, a little moved
        assert np.corrcoef(u[:, 0], exact[:, 0])[0, 1] > 0.999
        assert (np.diag(np.corrcoef(u.T, exact.T)[:q, q:]) > 0.7).all()


@pytest.mark.parametrize("u", [np.eye(2), np.ones((2, 2)), np.ones((9, 1)), np.zeros((0, 1))])
def test_too_few_people_for_exact_moments(u):
    with pytest.raises(LMMError, match=r"Take at least \d people, or switch"):
        exact_moments(u)


@given(st.floats(0, 50), st.floats(0, 50), st.floats(-1, 1))
def test_root_of_two(tau0, tau1, rho):
    T = root([tau0, tau1], rho)
    cov = rho * tau0 * tau1
    np.testing.assert_allclose(T @ T.T, [[tau0**2, cov], [cov, tau1**2]], atol=1e-9)
    assert T[0, 1] == 0.0
    np.testing.assert_array_equal(T, [[tau0, 0.0], [rho * tau1, np.sqrt(1.0 - rho**2) * tau1]])


@pytest.mark.parametrize("end", [([0.0, 2.0], 0.6), ([3.0, 0.0], -0.4), ([3.0, 2.0], 1.0)])
def test_root_is_continuous_at_the_boundary(end):
    (sd, rho), step = end, 1e-8
    near = root(np.add(sd, step), rho - step)
    assert np.abs(near - root(sd, rho)).max() < 1e-3


def test_root_of_three_and_one():
    corr = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, -0.3], [0.2, -0.3, 1.0]])
    sd = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(root(sd, corr), np.linalg.cholesky(corr * np.outer(sd, sd)))
    copies = np.ones((3, 3))  # all three the same: rank one
    np.testing.assert_allclose(root(sd, copies), np.column_stack([sd, 0 * sd, 0 * sd]), atol=1e-12)
    half = np.array([[1.0, 1.0, 0.3], [1.0, 1.0, 0.3], [0.3, 0.3, 1.0]])
    T = root(sd, half)
    np.testing.assert_allclose(T @ T.T, half * np.outer(sd, sd), atol=1e-12)
    assert root([2.5]).tolist() == [[2.5]]


@pytest.mark.parametrize(
    ("sd", "corr"),
    [
        ([1.0, -1.0], 0.0),
        ([1.0, np.nan], 0.0),
        ([1.0, np.inf], 0.0),
        ([1.0, 1.0], 1.001),
        ([1.0, 1.0], np.nan),
        ([1.0, 1.0, 1.0], -0.6),
        ([1.0, 1.0], np.array([[1.0, 0.3], [0.4, 1.0]])),
    ],
)
def test_what_no_random_effects_can_have(sd, corr):
    with pytest.raises(LMMError, match="No random effects have standard deviations"):
        root(sd, corr)


def test_response_row_by_row():
    codes = np.array([2, 0, 1, 0, 2, 2])
    rng = np.random.default_rng(1)
    X, Z, beta = rng.standard_normal((6, 3)), rng.standard_normal((6, 2)), np.array([1.0, 2.0, 3.0])
    T, sigma = root([2.0, 0.5], -0.4), np.array([1.0, 2.0, 1.0, 1.0, 0.0, 1.0])
    u, e = rng.standard_normal((7, 3, 2)), rng.standard_normal((7, 6))
    y = response(X, Z, codes, beta, T, sigma, u, e)
    for run in range(7):
        for i in range(6):
            b = T @ u[run, codes[i]]
            assert y[run, i] == pytest.approx(X[i] @ beta + Z[i] @ b + sigma[i] * e[run, i])
        np.testing.assert_allclose(response(X, Z, codes, beta, T, sigma, u[run], e[run]), y[run])


def test_response_has_the_covariance_of_the_model():
    codes, day = np.array([0, 0, 1]), np.array([0.0, 2.0, 1.0])
    Z, T = np.column_stack([np.ones(3), day]), root([2.0, 1.0], -0.5)
    rng = np.random.default_rng(5)
    runs = 40_000
    u, e = rng.standard_normal((runs, 2, 2)), rng.standard_normal((runs, 3))
    y = response(Z[:, :0], Z, codes, np.empty(0), T, 1.5, u, e)
    V = Z @ T @ T.T @ Z.T * (codes[:, None] == codes) + 1.5**2 * np.eye(3)
    error = np.sqrt((np.outer(np.diag(V), np.diag(V)) + V**2) / runs)
    assert (np.abs(np.cov(y.T) - V) < 4 * error).all()


def test_visits_give_each_row_its_own_number():
    codes = np.array([1, 0, 1, 1, 0, 3])
    assert visits(codes).tolist() == [0, 0, 1, 2, 1, 0]
    assert visits(np.array([], dtype=int)).tolist() == []
    # Another person with more visits takes nothing from those who were there.
    drawn = normals(1, 4, 9)
    more = np.append(codes, [2] * 9)
    np.testing.assert_array_equal(drawn[codes, visits(codes)], drawn[more, visits(more)][:6])
