"""Null distributions on the boundary: known percentage points, dense information, a cone."""

import numpy as np
import pytest
from scipy.optimize import nnls

from lmmlab import load
from lmmlab.engine.crossproducts import condition
from lmmlab.engine.design import grouped
from lmmlab.formula import design
from lmmlab.inference.boundary import mixture, shares

NONE = np.zeros((0, 0))


@pytest.mark.parametrize(
    ("value", "df", "p"),
    [
        (5.138, [1, 2], 0.05),  # a random slope with its covariance
        (2.706, [0, 1], 0.05),  # a random intercept
        (5.991, [1, 2], 0.0322),  # what the plain 5% point of chi2(2) really means
        (3.841, [0, 1], 0.025),
        (0.0, [0, 1], 1.0),
        (0.0, [1, 2], 1.0),
    ],
)
def test_percentage_points(value, df, p):
    assert mixture(value, df, [0.5, 0.5]) == pytest.approx(p, abs=5e-5)


def test_one_new_direction_is_a_half_space():
    cross = condition(design("Reaction ~ Days + (Days | Subject)", load("sleepstudy")))
    start, slope = np.array([[1.0], [0.0]]), np.eye(2)
    assert shares(cross, start, np.array([[1.3]])) == (0.5, 0.5)
    assert shares(cross, np.array([[1.0], [2.0]]), np.array([[1.3]])) == (0.5, 0.5)
    assert shares(cross, slope, np.eye(2)) == (1.0,)
    assert shares(cross, np.zeros((2, 0)), NONE) is None  # a 2 x 2 matrix from nothing
    apart = condition(design("Reaction ~ Days + (Days || Subject)", load("sleepstudy")))
    assert shares(apart, start, np.array([[1.3]])) == (0.5, 0.5)


def dense_covariance(made, place, Lambda, new):
    """Covariance of the estimates of v'Gv, for the columns v of `new`, written out with V."""
    [term] = made.terms
    J, q = len(term.levels), term.Z.shape[1]
    Z = (term.Z[:, None] * np.eye(J)[term.codes][:, :, None]).reshape(len(made.y), -1)
    D = place @ Lambda @ Lambda.T @ place.T
    V = Z @ np.kron(np.eye(J), D) @ Z.T + np.eye(len(Z))
    X = made.X
    W = np.linalg.inv(V)
    P = W - W @ X @ np.linalg.solve(X.T @ W @ X, X.T @ W)
    free = [(a, b) for a in range(q) for b in range(a, q)]
    ends = np.cumsum(term.blocks)
    block = np.searchsorted(ends, np.arange(q), side="right")
    free = [(a, b) for a, b in free if block[a] == block[b]]
    parts = [np.eye(len(Z))]
    for a, b in free:
        E = np.zeros((q, q))
        E[a, b] = E[b, a] = 1.0
        parts.append(Z @ np.kron(np.eye(J), E) @ Z.T)
    information = np.array([[np.trace(P @ A @ P @ B) / 2 for B in parts] for A in parts])
    G_of = np.linalg.inv(information)[1:, 1:]
    jacobian = np.array([[(2 - (a == b)) * v[a] * v[b] for a, b in free] for v in new.T])
    return jacobian @ G_of @ jacobian.T


@pytest.mark.parametrize(
    ("q", "blocks", "place", "new"),
    [
        (2, (1, 1), np.zeros((2, 0)), np.eye(2)),
        (3, (1, 1, 1), np.eye(3)[:, :1], np.eye(3)[:, 1:]),
        (3, (2, 1), np.eye(3)[:, :1], np.eye(3)[:, 1:]),
        # the smaller model's column is z0 + 2 z1: new is what is orthogonal to it
        (3, (2, 1), np.array([[1.0], [2.0], [0.0]]), np.array([[2.0, 0], [-1.0, 0], [0, 1.0]])),
    ],
)
def test_two_new_variances_make_a_wedge(made, q, blocks, place, new):
    data = made(4, p=2, q=q, groups=9, blocks=blocks)
    Lambda = 0.7 * np.eye(place.shape[1])
    V = dense_covariance(data, place, Lambda, new)
    r = V[0, 1] / np.sqrt(V[0, 0] * V[1, 1])
    both = 0.25 + np.arcsin(r) / (2 * np.pi)
    got = shares(condition(data), place, Lambda)
    assert got == pytest.approx((0.5 - both, 0.5, both), abs=1e-9)

    # The same from the geometry: how many elements of a normal vector's projection are positive.
    root = np.linalg.cholesky(np.linalg.inv(V))
    draws = np.random.default_rng(1).standard_normal((4000, 2))
    positive = np.array([(nnls(root.T, u)[0] > 0).sum() for u in draws])
    rates = np.bincount(positive, minlength=3) / len(draws)
    assert rates == pytest.approx(got, abs=4 * 0.5 / np.sqrt(len(draws)))


def test_orthogonal_columns_are_nearly_independent():
    # z = -1, 1, ...: intercept and slope share nothing but the residual variance
    z = np.tile([-1.0, 1.0], 200)
    Z = np.column_stack([np.ones(400), z])
    data = grouped(np.arange(400.0), Z, Z, np.repeat(range(4), 100), blocks=(1, 1))
    assert shares(condition(data), np.zeros((2, 0)), NONE) == pytest.approx(
        (0.25, 0.5, 0.25), abs=0.02
    )


def test_three_at_once_have_no_formula(made):
    data = made(4, q=3, groups=9, blocks=(1, 1, 1))
    assert shares(condition(data), np.zeros((3, 0)), NONE) is None
