"""Laplace's approximation: brute force, and derivatives beside differences."""

import numpy as np
import pytest

from lmmlab.engine.covariance import placed, positions
from lmmlab.engine.design import LMMError
from lmmlab.generalised import laplace
from lmmlab.generalised.pirls import mode
from lmmlab.generalised.working import working

SHAPES = [
    {"q": 1},
    {"q": 2},
    {"q": 2, "blocks": (1, 1)},
    {"q": 1, "crossed": True},
    {"q": 2, "crossed": True},
]


def at(data, theta, beta, axes=None):
    """The mode at theta and beta of the original columns."""
    Lambda = data.S @ placed(np.asarray(theta), data.blocks)
    return mode(data, Lambda, data.R @ np.asarray(beta))


@pytest.mark.parametrize("family", ["binomial", "poisson"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_deviance_by_brute_force(counts, by_force, family, shape):
    made = counts(3, family, **shape)
    rng = np.random.default_rng(4)
    data = working(made)
    theta = rng.uniform(-0.5, 1.0, len(positions(data.blocks)[0]))
    beta = rng.standard_normal(2) / 2
    got = laplace.deviance(data, at(data, theta, beta))
    assert got == pytest.approx(by_force(made, theta, beta), abs=1e-7)


@pytest.mark.parametrize("family", ["binomial", "poisson"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_derivatives(counts, family, shape):
    data = working(counts(5, family, **shape))
    rng, q = np.random.default_rng(6), len(data.S)
    axes = np.eye(q)
    if data.blocks[0] == 2:
        axes[:2, :2] = np.linalg.qr(rng.standard_normal((2, 2)))[0]
    k = len(positions(data.blocks)[0])

    def look(p):
        here = mode(data, axes @ placed(p[:k], data.blocks), p[k:])
        return laplace.deviance(data, here), *laplace.derivatives(data, here, axes)[:2]

    point = np.concatenate([rng.uniform(-0.8, 0.8, k), rng.standard_normal(2) / 2])
    _, gradient, hessian = look(point)
    steps = 1e-5 * np.eye(len(point))
    pairs = [(look(point + step), look(point - step)) for step in steps]
    slope = [(up[0] - down[0]) / 2e-5 for up, down in pairs]
    bend = [(up[1] - down[1]) / 2e-5 for up, down in pairs]
    assert gradient == pytest.approx(slope, abs=1e-7 * np.abs(gradient).max())
    assert hessian == pytest.approx(np.array(bend), abs=1e-7 * np.abs(hessian).max())
    assert hessian == pytest.approx(hessian.T, abs=1e-12 * np.abs(hessian).max())


def test_the_best_u_does_not_depend_on_its_start(counts):
    data = working(counts(7, "poisson", q=2))
    one = at(data, [1.0, 0.5, 0.5], [0.5, 0.5])
    far = mode(data, one.Lambda, one.beta, one.u + 4.0)
    assert far.u == pytest.approx(one.u, abs=1e-10)


def test_levels_that_share_no_row_are_apart(counts):
    assert working(counts(1, J=8)).shape == (8, 1)
    assert working(counts(1, J=8, q=2)).shape == (8, 2)
    assert working(counts(1, J=8, crossed=True)).shape == (1, 12)


def test_beyond_what_numbers_hold(counts):
    data = working(counts(8, "poisson"))
    with pytest.raises(LMMError, match="too large to go on"):
        at(data, [1.0], [900.0, 0.0])
