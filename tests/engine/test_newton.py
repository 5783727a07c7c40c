"""The search: its path, its saddles, and where it may not stop."""

from dataclasses import replace

import numpy as np
import pytest

from lmmlab.data import arrays
from lmmlab.engine import newton
from lmmlab.engine.covariance import factor
from lmmlab.engine.crossproducts import condition
from lmmlab.engine.design import grouped
from lmmlab.engine.newton import minima, minimise, promised
from lmmlab.engine.solve import solve
from lmmlab.model.fit import evaluate, fit


@pytest.fixture(scope="module")
def sleep():
    table = arrays("sleepstudy")
    lines = np.column_stack([np.ones(180), table["Days"]])
    return grouped(table["Reaction"], lines, lines, table["Subject"])


def test_the_path_goes_down_from_identity_to_the_estimate(sleep):
    cross = condition(sleep)
    path = minimise(cross, reml=True)
    assert len(path.criterion) <= 12
    assert (np.diff(path.criterion) <= 1e-10).all()
    start = cross.S @ factor(path.theta[0], (2,))
    np.testing.assert_allclose(start @ start.T, np.eye(2), atol=1e-12)
    for theta, criterion in zip(path.theta, path.criterion, strict=True):
        assert theta[0] >= 0
        assert theta[2] >= 0
        assert evaluate(sleep, theta).deviance == pytest.approx(criterion, rel=1e-12)


def three_unequal_variances(seed):
    """Small groups, three independent random columns, one of them varying a lot."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(5), rng.integers(2, 8, 5))
    Z = rng.standard_normal((len(codes), 3))
    b = rng.standard_normal((5, 3)) * 10.0 ** rng.uniform(-2, 2, 3)
    y = (Z * b[codes]).sum(1) + rng.standard_normal(len(codes))
    return grouped(y, Z[:, :0], Z, codes, blocks=(1, 1, 1))


@pytest.mark.parametrize(("seed", "lost"), [(177, 3.263), (979, 8.722), (1683, 18.525)])
def test_a_variance_that_went_to_zero_too_early_comes_back(seed, lost, monkeypatch):
    design = three_unequal_variances(seed)
    model = fit(design)
    assert model.converged
    assert not model.singular
    monkeypatch.setattr(newton, "_leave_saddle", lambda cross, at, view: at)
    stuck = fit(design)
    assert stuck.singular
    assert not stuck.converged
    assert stuck.deviance - model.deviance == pytest.approx(lost, abs=1e-3)
    assert "did not end in a minimum" in stuck.message


def test_many_walk_as_each_does_alone():
    """Saddles, steps that are shortened, and ends at different times included."""
    designs = [three_unequal_variances(seed) for seed in (177, 979, 1683)]
    for design in designs:
        rng = np.random.default_rng(1)
        noise = rng.standard_normal((6, len(design.y)))
        Y = np.concatenate([design.y + 0.1 * noise, 10.0 * noise[:2], design.y[None]])
        thetas = minima(condition(design, Y), True)
        for y, theta in zip(Y, thetas, strict=True):
            cross = condition(replace(design, y=y))
            path = minimise(cross, True)
            at = solve(cross, cross.S @ factor(theta, (1, 1, 1)))
            assert float(at.criterion()) == pytest.approx(path.criterion[-1], rel=1e-10)
            assert promised(cross, at) < 1e-6


@pytest.mark.parametrize("start", [[0.0, 0.0, 0.0], [1.2, 0.0, 0.0], [1.0, 0.0, 0.3]])
def test_only_a_minimum_promises_nothing(sleep, start):
    cross = condition(sleep)
    end = minimise(cross, reml=True).theta[-1]
    assert promised(cross, solve(cross, cross.S @ factor(end, (2,)))) < 1e-10
    assert promised(cross, solve(cross, cross.S @ factor(start, (2,)))) > 0.1


def test_large_differences_between_groups_are_found():
    """Groups that differ a thousand times more than their rows do."""
    rng = np.random.default_rng(4)
    codes = np.repeat(np.arange(30), rng.integers(2, 9, 30))
    one = np.ones((len(codes), 1))
    y = 1e6 * rng.standard_normal(30)[codes] + 1e3 * rng.standard_normal(len(codes))
    model = fit(grouped(y, one, one, codes))
    assert model.converged
    assert 1e6 * 0.7 < model.sd["group"][0] < 1e6 * 1.3
    assert 1e3 * 0.8 < model.sigma < 1e3 * 1.2


def test_the_search_ends_where_only_rounding_is_left():
    """A model that nearly reproduces the response, whose residual noise is hardly known."""
    for seed in (51, 160, 444):
        rng = np.random.default_rng(seed)
        codes = np.repeat([0, 1], [4, 3])
        X = np.column_stack([np.ones(7), rng.standard_normal((7, 4))])
        y = 100 * rng.standard_normal(2)[codes] + rng.standard_normal(7)
        model = fit(grouped(y, X, np.ones((7, 1)), codes), reml=False)
        assert model.converged
        assert len(model.path.criterion) < 40


def test_rows_of_very_unequal_groups():
    """One level with 5,000 rows beside 40 with a single one."""
    rng = np.random.default_rng(5)
    codes = np.concatenate([np.zeros(5000, int), np.arange(1, 41)])
    one = np.ones((len(codes), 1))
    b = rng.standard_normal(41)
    y = b[codes] + rng.standard_normal(len(codes))
    model = fit(grouped(y, one, one, codes))
    assert model.converged
    # y of a single row varies by tau**2 + sigma**2, and sigma is known from the large level
    expected = np.var(y[5000:], ddof=1) - model.sigma**2
    assert model.G["group"][0, 0] == pytest.approx(expected, abs=0.25)
    assert model.blups["group"][0, 0] == pytest.approx(y[:5000].mean() - model.beta[0], abs=1e-3)
