"""Parametric bootstrap: what is drawn, what is made of it, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lmmlab import LMMError, lmm, load
from lmmlab.engine.design import grouped
from lmmlab.inference import bootstrap as module
from lmmlab.inference.bootstrap import simulated
from lmmlab.model.fit import fit


@pytest.fixture(scope="module")
def sleepstudy():
    return lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("weights", [True, False])
def test_draws_are_fits_of_simulated_responses(made, reml, weights):
    model = fit(made(3, q=2, groups=7, weights=weights, spread=2.0), reml=reml)
    drawn = model.bootstrap(4, seed=7)
    Y = simulated(model, np.random.default_rng(7), 4)
    for i, y in enumerate(Y):
        again = fit(replace(model.design, y=y), reml=reml)
        np.testing.assert_allclose(drawn.beta[i], again.beta, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(drawn.sigma[i], again.sigma, rtol=1e-6)
        np.testing.assert_allclose(drawn.sd[i], again.sd["group"].values, rtol=1e-4, atol=1e-6)
        corr = again.corr["group"].values
        np.testing.assert_allclose(drawn.corr[i], corr, rtol=1e-4, atol=1e-5)
        assert drawn.singular[i] == again.singular
    assert not drawn.failed.any()


def test_responses_have_the_mean_and_the_covariance_of_the_model():
    rng = np.random.default_rng(1)
    lines = np.column_stack([np.ones(8), rng.standard_normal(8)])
    codes, weights = np.repeat([0, 1, 2], [2, 3, 3]), rng.uniform(0.3, 3.0, 8)
    model = fit(grouped(rng.standard_normal(8), lines, lines[:, :1], codes, weights=weights))
    model = replace(model, theta=np.array([0.8]))
    m = 40_000
    Y = simulated(model, rng, m) - model.design.X @ model.beta
    V = model.sigma**2 * (0.64 * (codes[:, None] == codes) + np.diag(1.0 / weights))
    error = np.sqrt((V * V + np.outer(V.diagonal(), V.diagonal())) / m)
    assert (np.abs(Y.T @ Y / m - V) < 5 * error).all()
    assert (np.abs(Y.mean(0)) < 5 * np.sqrt(V.diagonal() / m)).all()


def test_the_seed_decides_and_nothing_else(sleepstudy, monkeypatch):
    drawn = sleepstudy.bootstrap(50, seed=3)
    again, first = sleepstudy.bootstrap(50, seed=3), sleepstudy.bootstrap(20, seed=3)
    assert repr(drawn).startswith("50 responses simulated from the estimates and refitted by REML")
    assert (drawn.beta == again.beta).all() and (drawn.G == again.G).all()
    np.testing.assert_allclose(first.beta, drawn.beta[:20], rtol=1e-12)
    assert not (sleepstudy.bootstrap(50, seed=4).beta == drawn.beta).any()
    monkeypatch.setattr(module, "_NUMBERS", 180 * 7)
    piecemeal = sleepstudy.bootstrap(50, seed=3)
    np.testing.assert_allclose(piecemeal.beta, drawn.beta, rtol=1e-12)
    np.testing.assert_allclose(piecemeal.sigma, drawn.sigma, rtol=1e-12)


def test_intervals_are_percentiles(sleepstudy):
    drawn = sleepstudy.bootstrap(1000, seed=1)
    table = drawn.intervals(0.9)
    assert table.rows == sleepstudy.profile().table.rows
    assert table.columns == ("estimate", "bias", "sd", "lower", "upper")
    columns = [
        drawn.sd[:, 0],
        drawn.corr[:, 1, 0],
        drawn.sd[:, 1],
        drawn.sigma,
        drawn.beta[:, 0],
        drawn.beta[:, 1],
    ]
    (sd,), (corr,) = sleepstudy.sd.values(), sleepstudy.corr.values()
    estimates = [sd[0], corr[1, 0], sd[1], sleepstudy.sigma, *sleepstudy.beta]
    for row, draws, estimate in zip(table.values, columns, estimates, strict=True):
        expected = [draws.mean() - estimate, draws.std(ddof=1), *np.percentile(draws, [5, 95])]
        np.testing.assert_allclose(row, [estimate, *expected], rtol=1e-12, atol=1e-12)
    singular = int(drawn.singular.sum())
    assert singular > 0
    assert f"refitted by REML: 0 refits failed and are left out, {singular} are" in table.note


def test_fixed_effects_scatter_as_their_standard_errors_say(sleepstudy):
    """The design is balanced, so that beta is normal with covariance vcov whatever G is found."""
    m = 2000
    drawn = sleepstudy.bootstrap(m, seed=5)
    scatter = np.cov(drawn.beta.T)
    error = np.sqrt((sleepstudy.vcov**2 + np.outer(*2 * [sleepstudy.se**2])) / m)
    assert (np.abs(scatter - sleepstudy.vcov) < 4 * error).all()
    table = drawn.intervals()
    assert (np.abs(table[4:, 1]) < 4 * sleepstudy.se / np.sqrt(m)).all()


def test_a_variance_of_zero_is_found_again_as_often_as_f_is_below_one():
    model = lmm("Yield ~ 1 + (1 | Batch)", load("dyestuff2"))
    m, rate = 2000, stats.f.cdf(1, 5, 24)
    drawn = model.bootstrap(m, seed=2)
    assert abs(drawn.singular.mean() - rate) < 3 * np.sqrt(rate * (1 - rate) / m)
    estimate, bias, _, lower, upper = drawn.intervals()[0]
    assert estimate == lower == 0.0 < bias < upper


def test_draws_that_failed_are_left_out_and_counted(sleepstudy):
    drawn = sleepstudy.bootstrap(100)
    lost, nowhere = np.arange(100) % 4 == 0, np.arange(100) % 8 == 0
    worse = replace(
        drawn,
        beta=np.where(nowhere[:, None], np.nan, 1e6 * lost[:, None] + drawn.beta),
        G=np.where(nowhere[:, None, None], np.nan, drawn.G),
        sigma=np.where(nowhere, np.nan, drawn.sigma),
        singular=drawn.singular & ~lost,
        failed=lost,
    )
    table = worse.intervals()
    assert np.isfinite(table.values).all()
    assert table[5, 2] == drawn.beta[~lost, 1].std(ddof=1)
    assert "25 refits failed and are left out" in table.note


def test_a_correlation_beside_no_sd_is_left_out_and_said(sleepstudy):
    drawn = sleepstudy.bootstrap(200)
    G = drawn.G.copy()
    G[:30, 1] = G[:30, :, 1] = 0.0
    table = replace(drawn, G=G).intervals()
    assert np.isfinite(table.values).all()
    np.testing.assert_allclose(table[1, 3], np.percentile(drawn.corr[30:, 1, 0], 2.5), rtol=1e-12)
    assert "cor_Days.(Intercept)|Subject has no value in 30 draws" in table.note
    G[:, 1] = G[:, :, 1] = 0.0
    nowhere = replace(drawn, G=G).intervals()
    assert nowhere[1, 3:].tolist() == [-1.0, 1.0]
    assert "has no value in 200 draws" in nowhere.note


def test_no_fixed_effects_and_blocks(made):
    table = fit(made(8, p=0, q=3, groups=20, blocks=(2, 1), spread=2.0)).bootstrap(50).intervals()
    assert table.rows[:2] == ("sd_z0|group", "cor_z1.z0|group")
    assert len(table) == 5
    assert np.isfinite(table.values).all()


def test_bad_input(sleepstudy):
    with pytest.raises(LMMError, match="theta was given"):
        sleepstudy.at(sleepstudy.theta).bootstrap()
    far = sleepstudy.at(2 * sleepstudy.theta)
    with pytest.raises(LMMError, match="did not end in a minimum"):
        replace(sleepstudy, theta=far.theta, solution=far.solution).bootstrap()
    for n in (0, -5, 2.5, "many"):
        with pytest.raises(LMMError, match="n must be a positive whole number"):
            sleepstudy.bootstrap(n)
    for seed in (-1, 1.5, None):
        with pytest.raises(LMMError, match="whole number from 0 on"):
            sleepstudy.bootstrap(10, seed)
    with pytest.raises(LMMError, match="39 draws are too few for intervals of level"):
        sleepstudy.bootstrap(39).intervals()
    with pytest.raises(LMMError, match="confidence must lie between 0 and 1"):
        sleepstudy.bootstrap(40).intervals(95)
    assert sleepstudy.bootstrap(40).intervals().values.shape == (6, 5)
