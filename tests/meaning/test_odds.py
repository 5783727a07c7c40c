"""Averages over groups beyond the normal model: the ledger's figures, quadrature, and limits."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from lmmlab.engine.design import LMMError
from lmmlab.meaning import odds


def test_row_49_of_the_ledger():
    tau = np.array([0.5, 1.0, 1.5, 2.0])
    exact = odds.average_log_odds_ratio(-0.5, 1.0, tau)
    assert exact == pytest.approx([0.945, 0.828, 0.708, 0.607], abs=5e-4)
    assert odds.flattening(tau) == pytest.approx([0.959, 0.862, 0.750, 0.648], abs=6e-4)
    assert odds.latent_icc([0.5, 1.0, 2.0]) == pytest.approx([0.071, 0.233, 0.549], abs=5e-4)
    mean, variance = odds.count_moments(2.0, 0.6)
    assert (mean, variance) == pytest.approx((2.394, 4.879), abs=5e-4)


@pytest.mark.parametrize("tau", [0.01, 0.7, 3.0, 20.0])
@pytest.mark.parametrize("eta", [-6.0, 0.3, 2.0])
def test_averages_beside_quadrature(eta, tau):
    def value(eta, tau):
        places = np.clip(np.array([-1, 0, 1]) / tau - eta / tau, -11, 11)
        integrand = lambda t: expit(eta + tau * t) * norm.pdf(t)  # noqa: E731
        return quad(integrand, -12, 12, points=places, epsabs=1e-14, epsrel=1e-13, limit=500)[0]

    average, slope, bend = odds.averages(eta, tau)
    assert average == pytest.approx(value(eta, tau), rel=1e-11)
    h = 1e-4
    assert slope == pytest.approx((value(eta + h, tau) - value(eta - h, tau)) / (2 * h), rel=1e-6)
    up, down = value(eta, np.sqrt(tau**2 + h * tau)), value(eta, np.sqrt(tau**2 - h * tau))
    assert bend == pytest.approx((up - down) / (2 * h * tau), rel=1e-4, abs=1e-9)


def test_limits():
    eta = np.linspace(-4, 4, 9)
    assert odds.average_probability(eta, 0.0) == pytest.approx(expit(eta), rel=1e-14)
    assert odds.average_probability(eta, 100.0) == pytest.approx(np.full(9, 0.5), abs=0.02)
    assert odds.average_probability(0.0, [0.1, 1.0, 9.0]) == pytest.approx([0.5] * 3, rel=1e-14)
    assert odds.median_ratio(0.0) == 1.0 and odds.latent_icc(0.0) == 0.0
    both = odds.average_probability(eta, 2.0) + odds.average_probability(-eta, 2.0)
    assert both == pytest.approx(np.ones(9), rel=1e-14)


def test_the_median_odds_ratio_is_one():
    b = 1.3 * np.random.default_rng(1).standard_normal((2, 400_000))
    seen = np.median(np.exp(np.abs(b[0] - b[1])))
    assert odds.median_ratio(1.3) == pytest.approx(seen, rel=0.01)


def test_moments_of_counts_beside_a_simulation():
    rng = np.random.default_rng(2)
    y = rng.poisson(2.0 * np.exp(0.6 * rng.standard_normal(400_000)))
    mean, variance = odds.count_moments(2.0, 0.6)
    assert y.mean() == pytest.approx(float(mean), rel=0.01)
    assert y.var() == pytest.approx(float(variance), rel=0.03)


@pytest.mark.parametrize("tau", [-0.1, np.nan, np.inf, 101.0])
def test_an_sd_that_cannot_be(tau):
    for function in (odds.flattening, odds.median_ratio, odds.latent_icc):
        with pytest.raises(LMMError, match="tau must be an sd"):
            function(tau)
    with pytest.raises(LMMError, match="tau must be an sd"):
        odds.average_probability(0.0, tau)
    with pytest.raises(LMMError, match="tau must be an sd"):
        odds.count_moments(1.0, tau)


@pytest.mark.parametrize("eta", [-300.0, -50.0, 36.0, 50.0, 690.0])
def test_log_odds_of_averages_keep_their_digits(eta):
    """Far from 0 the average of exp(eta + tau t) is exp(eta + tau**2 / 2)."""
    value, slope, bend = odds.average_log_odds(eta, 0.8)
    toward = np.sign(eta)
    assert value == pytest.approx(eta - toward * 0.32, rel=1e-12)
    assert (float(slope), float(bend)) == pytest.approx((1.0, -toward / 2), rel=1e-9)
    assert odds.average_log_odds_ratio(eta, 1.0, 0.8) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, "a", None])
def test_numbers_that_cannot_be(bad):
    for function in (odds.average_probability, odds.average_log_odds):
        with pytest.raises(LMMError, match="Log odds must be numbers, from -700"):
            function(bad, 1.0)
    for function in (odds.count_icc, odds.count_moments):
        for mean in (bad, 0.0, -1.0):
            with pytest.raises(LMMError, match="mean count must be positive"):
                function(mean, 1.0)
    with pytest.raises(LMMError, match="tau must be an sd"):
        odds.latent_icc("a")
