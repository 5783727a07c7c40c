"""Stacks of matrices, small and large, dense and sparse: the same numbers."""

import numpy as np
import pytest

from lmmlab.engine.design import Design, Term
from lmmlab.generalised import laplace, stack
from lmmlab.generalised.counts import Counts
from lmmlab.generalised.family import POISSON
from lmmlab.generalised.fit import fit
from lmmlab.generalised.pirls import mode
from lmmlab.generalised.working import working


@pytest.mark.parametrize("shape", [(7, 1), (5, 3), (2, 130)])
def test_solve_inverse_and_determinant(shape):
    m, K = shape
    rng = np.random.default_rng(1)
    root = rng.standard_normal((m, K, K))
    H = root @ root.swapaxes(1, 2) + np.eye(K)
    v = rng.standard_normal((m, K))
    told = np.linalg.inv(H)
    assert stack.inverse(H) == pytest.approx(told, rel=1e-9, abs=1e-12)
    assert stack.solve(H, v) == pytest.approx((told @ v[..., None])[..., 0], rel=1e-9)
    assert stack.logdet(H) == pytest.approx(np.linalg.slogdet(H)[1].sum(), rel=1e-12)


@pytest.fixture(scope="module")
def crossed():
    rng, n = np.random.default_rng(2), 600
    terms = []
    for group, J in (("g", 90), ("h", 60)):
        codes = np.concatenate([np.arange(J), rng.integers(0, J, n - J)])
        terms.append(Term(group, ("one",), np.ones((n, 1)), codes, tuple(map(str, range(J))), (1,)))
    eta = 0.5 + 0.5 * rng.standard_normal(90)[terms[0].codes]
    y = rng.poisson(np.exp(eta + 0.3 * rng.standard_normal(60)[terms[1].codes])).astype(float)
    return Counts(
        Design(y, np.ones((n, 1)), ("one",), tuple(terms)), POISSON, y, np.ones(n), np.zeros(n)
    )


def test_one_large_component(crossed):
    data = working(crossed)
    assert data.shape == (1, 150)

    def look(p):
        here = mode(data, np.diag(p[:2]), p[2:])
        return laplace.deviance(data, here), *laplace.derivatives(data, here, np.eye(2))[:2]

    point = np.array([0.6, 0.4, 0.5])
    _, gradient, hessian = look(point)
    pairs = [(look(point + step), look(point - step)) for step in 1e-5 * np.eye(3)]
    slope = [(up[0] - down[0]) / 2e-5 for up, down in pairs]
    bend = [(up[1] - down[1]) / 2e-5 for up, down in pairs]
    assert gradient == pytest.approx(slope, abs=1e-7 * np.abs(gradient).max())
    assert hessian == pytest.approx(np.array(bend), abs=1e-7 * np.abs(hessian).max())


def test_sparse_and_dense_products_are_the_same(crossed, monkeypatch):
    one = fit(crossed)
    monkeypatch.setattr("lmmlab.generalised.working._SPARSE", 1e9)
    monkeypatch.setattr("lmmlab.generalised.stack._LARGE", 1_000)
    two = fit(crossed)
    assert two.theta == pytest.approx(one.theta, rel=1e-9)
    assert two.vcov == pytest.approx(one.vcov, rel=1e-9)
    assert two.deviance == pytest.approx(one.deviance, rel=1e-13)
