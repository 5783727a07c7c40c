"""Counts from a truth: the right distribution, and continuous in it."""

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import binom, poisson

from lmmlab import LMMError, glmm, load
from lmmlab.generalised.family import BINOMIAL, POISSON
from lmmlab.generalised.fit import fit
from lmmlab.generalised.simulate import events

LUCK = np.random.default_rng(1).standard_normal(20_000)


@pytest.mark.parametrize("trials", [1.0, 2.0, 7.0, 400.0])
@pytest.mark.parametrize("eta", [-9.0, -1.0, 0.5, 4.0])
def test_binomial_quantiles(eta, trials):
    got = events(BINOMIAL, np.full(LUCK.shape, eta), LUCK, trials)
    p = 1 / (1 + np.exp(-eta))
    told = binom.ppf(ndtr(LUCK), trials, p)
    assert (got == told).mean() > 0.999 if trials > 1 else got.mean() == pytest.approx(p, abs=0.01)
    assert ((got >= 0) & (got <= trials)).all()


@pytest.mark.parametrize("eta", [-9.0, -1.0, 0.5, 4.0, 9.0])
def test_poisson_quantiles(eta):
    got = events(POISSON, np.full(LUCK.shape, eta), LUCK)
    told = poisson.ppf(ndtr(LUCK), np.exp(eta))
    assert (got == told).mean() > 0.999
    assert (got >= 0).all()


@pytest.mark.parametrize(("family", "trials"), [(BINOMIAL, 1.0), (BINOMIAL, 9.0), (POISSON, 1.0)])
def test_more_never_means_less(family, trials):
    eta = np.linspace(-4, 4, 81)[:, None]
    got = events(family, eta, LUCK[:300], trials)
    assert (np.diff(got, axis=0) >= 0).all()
    assert (got == np.round(got)).all()
    few = np.abs(np.diff(got, axis=0)) > 0
    assert few.mean() < 0.7


def test_extremes():
    luck = np.array([-40.0, -9.0, 9.0, 40.0])
    assert np.isfinite(events(POISSON, np.zeros(4), luck)).all()
    assert events(BINOMIAL, np.zeros(4), luck, 5.0).tolist() == [0, 0, 5, 5]
    with pytest.raises(LMMError, match="such counts are beyond"):
        events(POISSON, np.full(4, 21.0), luck)


def test_a_fit_is_met_again_in_what_it_simulates(counts):
    truth = fit(counts(2, "poisson", J=120, tau=0.6))
    y = truth.simulate(40, seed=5)
    assert y.shape == (40, truth.nobs)
    import dataclasses

    again = [fit(dataclasses.replace(truth.counts, y=one)) for one in y]
    beta = np.array([model.beta for model in again])
    spread = beta.std(0) / np.sqrt(40)
    assert (np.abs(beta.mean(0) - truth.beta) < 4 * spread).all()
    assert beta.std(0) == pytest.approx(truth.se, rel=0.4)
    sds = np.array([model.theta[0] for model in again])
    assert sds.mean() == pytest.approx(truth.theta[0], rel=0.05)


def test_seeds():
    model = glmm("incidence / size ~ period + (1 | herd)", load("cbpp"))
    assert (model.simulate(2, seed=1) == model.simulate(2, seed=1)).all()
    assert (model.simulate(1, seed=1) != model.simulate(1, seed=2)).any()
    for options in ({"n": 0}, {"n": 1.5}, {"seed": -1}, {"seed": "a"}, {"n": True}):
        with pytest.raises(LMMError, match="must be a whole number"):
            model.simulate(**options)
