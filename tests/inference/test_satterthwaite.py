"""Satterthwaite's degrees of freedom, against numerical derivatives of the dense likelihood."""

import numpy as np
import pytest

from lmmlab.engine.design import grouped
from lmmlab.inference.inference import errors
from lmmlab.inference.satterthwaite import inverted, pooled
from lmmlab.model.fit import fit


def by_differences(dense, design, model, L, step=2e-3):
    """df by lmerTest's recipe: Hessian and Jacobian in (theta, sigma), by differences."""
    best = np.append(model.theta, model.sigma)
    unit = np.diag(step * np.maximum(np.abs(best), 0.3))
    k = len(best)

    def at(x):
        solved = dense(design, x[:-1], model.reml, x[-1])
        return np.append(solved.criterion, np.einsum("rp,pq,rq->r", L, solved.vcov, L))

    def along(u):
        """First derivatives of the variances along u, to fourth order."""
        return (8 * (at(best + u) - at(best - u)) - at(best + 2 * u) + at(best - 2 * u))[1:] / 12

    def bend(u):
        far, near = at(best + 2 * u) + at(best - 2 * u), at(best + u) + at(best - u)
        return (16 * near - far - 30 * at(best))[0] / 12

    g = np.array([along(u) for u in unit])
    H = np.empty((k, k))
    for i in range(k):
        for j in range(k):
            H[i, j] = (bend(unit[i] + unit[j]) - bend(unit[i] - unit[j])) / 4
    v = at(best)[1:]
    return v**2 / np.einsum("ir,ij,jr->r", g, np.linalg.inv(H), g)


CASES = [
    {"seed": 1, "q": 1, "p": 3, "spread": 2.0},
    {"seed": 5, "q": 1, "p": 1, "spread": 1.0, "weights": True},
    {"seed": 7, "q": 2, "p": 2, "spread": 2.0, "groups": 10},
    {"seed": 8, "q": 2, "p": 3, "spread": 2.0, "groups": 12, "weights": True},
    {"seed": 4, "q": 2, "p": 3, "spread": 2.0, "groups": 12, "blocks": (1, 1)},
    {"seed": 22, "q": 3, "p": 4, "spread": 2.0, "groups": 14, "blocks": (2, 1), "rows": 14},
]


@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["seed"]))
def test_against_differences_of_the_dense_likelihood(dense, made, case, reml):
    design = made(**case)
    model = fit(design, reml)
    assert not model.singular
    p = len(model.names)
    L = np.vstack([np.eye(p), np.arange(p) - 0.7])
    se, df = errors(model.cross, model.solution, model.sigma, L, "satterthwaite")
    variance = np.einsum("rp,pq,rq->r", L, model.vcov, L)
    np.testing.assert_allclose(se**2, variance, rtol=1e-10)
    np.testing.assert_allclose(df, by_differences(dense, design, model, L), rtol=2e-5)


def test_the_one_way_layout_by_hand():
    """Unequal groups: df of a mean from the Hessian in (tau**2, sigma**2), written out.

    At a stationary point the degrees of freedom do not depend on how variances are parameterised.
    """
    sizes = np.array([2, 3, 3, 4, 6, 9])
    groups = np.repeat(np.arange(6), sizes)
    rng = np.random.default_rng(4)
    y = 2.0 * rng.standard_normal(6)[groups] + rng.standard_normal(27)
    model = fit(grouped(y, np.ones((27, 1)), np.ones((27, 1)), groups))
    tau2, sigma2 = (model.theta[0] * model.sigma) ** 2, model.sigma**2
    n, level = sizes, sigma2 + sizes * tau2
    mean = np.array([y[groups == j].mean() for j in range(6)])
    left = mean - model.beta[0]
    inside = sum(((y[groups == j] - mean[j]) ** 2).sum() for j in range(6))
    M = (n / level).sum()
    # criterion: 21 log sigma2 + inside / sigma2 + sum log level + log M + min sum n left^2 / level
    change = (n, np.ones(6))  # of level, with tau2 and with sigma2
    slope = [-(n * d / level**2).sum() for d in change]  # of M
    H = np.zeros((2, 2))
    for i, d in enumerate(change):
        for k, e in enumerate(change):
            H[i, k] = (d * e * (2 * n * left**2 / level - 1) / level**2).sum()
            H[i, k] += 2 * (n * d * e / level**3).sum() / M - slope[i] * slope[k] / M**2
            H[i, k] -= 2 * (d * n * left / level**2).sum() * (e * n * left / level**2).sum() / M
    H[1, 1] += 2 * inside / sigma2**3 - 21 / sigma2**2
    g = -np.array(slope) / M**2
    df = (1 / M) ** 2 / (g @ np.linalg.inv(H) @ g)
    assert model.test()[0, 2] == pytest.approx(df, rel=1e-6)


def test_a_singular_fit_takes_the_rank_of_g_as_known(dense, made):
    """rho = +-1: directions are those of theta, whose last element is zero and stays so."""
    found = 0
    for seed in range(12):
        design = made(seed, p=2, q=2, groups=8, spread=1.0)
        model = fit(design)
        if not model.singular or model.theta[0] == 0.0 or model.theta[2] != 0.0:
            continue
        found += 1
        L = np.eye(2)
        df = errors(model.cross, model.solution, model.sigma, L, "satterthwaite")[1]
        np.testing.assert_allclose(df, by_differences(dense, design, model, L), rtol=1e-4)
    assert found > 1


def test_inverse_of_information():
    """The ordinary inverse; zero for what does not count; huge where nothing is known."""
    H = np.array([[4.0, 1.0], [1.0, 9e8]])
    np.testing.assert_allclose(inverted(H), np.linalg.inv(H), rtol=1e-9)
    partial = np.array([[4.0, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(inverted(partial), [[0.25, 0.0], [0.0, 0.0]], atol=1e-15)
    flat = np.array([[1.0, 1.0], [1.0, 1.0]])
    across = np.array([1.0, -1.0])
    assert across @ inverted(flat) @ across > 1e9
    stack = np.stack([H, partial, flat])
    np.testing.assert_array_equal(inverted(stack)[1], inverted(partial))


def test_pooled_degrees_of_freedom():
    """An F with these df has the mean of the squared t statistics."""
    df = np.array([5.0, 9.0, 30.0])
    nu = pooled(df)
    assert nu / (nu - 2) == pytest.approx((df / (df - 2)).mean(), rel=1e-12)
    assert pooled(np.array([7.0, 7.0 + 1e-9])) == pytest.approx(7.0)
    assert pooled(np.array([1.5])) == 1.5
    assert pooled(np.array([1.5, 30.0])) == 2.0
