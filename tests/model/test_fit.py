"""A Fit is a value: what it holds, what follows from it, and the same data at another theta."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from lmmlab.data import arrays
from lmmlab.engine.covariance import factor
from lmmlab.engine.design import LMMError, grouped
from lmmlab.model.fit import evaluate, fit


@pytest.fixture(scope="module")
def sleep():
    table = arrays("sleepstudy")
    lines = np.column_stack([np.ones(180), table["Days"]])
    names = ("(Intercept)", "Days")
    return grouped(
        table["Reaction"], lines, lines, table["Subject"],
        names=names, random_names=names, group="Subject",
    )  # fmt: skip


@pytest.fixture(scope="module", params=["closed form", "search"])
def model(sleep, request):
    made = fit(sleep, closed=request.param == "closed form")
    assert made.source == request.param
    return made


def test_what_it_holds(model):
    """Bates, Maechler, Bolker & Walker (2015) print these figures, to fewer digits."""
    assert model.names == ("(Intercept)", "Days")
    assert (model.nobs, model.ngroups, model.npar) == (180, {"Subject": 18}, 6)
    assert model.deviance == pytest.approx(1743.628271958491, rel=1e-12)
    assert model.loglik == -model.deviance / 2
    assert model.aic == model.deviance + 12
    assert model.bic == pytest.approx(model.deviance + 6 * np.log(180))
    np.testing.assert_allclose(model.sd["Subject"], [24.7404514643742, 5.92213310372654], rtol=1e-8)
    assert model.corr["Subject"][1, 0] == pytest.approx(0.0655513196625586, abs=1e-8)
    assert model.blups["Subject"].loc["308", "Days"] == pytest.approx(9.19897187950183, rel=1e-8)
    assert model.blups["Subject"].loc["308"].index.tolist() == ["(Intercept)", "Days"]
    assert model.blup_sd["Subject"].frame().shape == (18, 2)
    assert (model.converged, model.singular, model.message) == (True, False, "")
    np.testing.assert_allclose(model.fitted + model.residuals, model.design.y)
    Lambda = factor(model.theta, (2,))
    np.testing.assert_allclose(model.G["Subject"], model.sigma**2 * Lambda @ Lambda.T)


def test_it_is_frozen(model):
    with pytest.raises(FrozenInstanceError):
        model.theta = np.zeros(3)
    with pytest.raises(FrozenInstanceError):
        model.sigma = 1.0


def test_the_path_is_there_however_the_estimate_was_found(model):
    path = model.path
    assert len(path.criterion) > 3
    assert path.theta.shape == (len(path.criterion), 3)
    assert (np.diff(path.criterion) <= 1e-10).all()
    np.testing.assert_allclose(path.theta[-1], model.theta, atol=1e-7)
    assert path.criterion[-1] == pytest.approx(model.deviance, rel=1e-12)


def test_at_another_theta(model, sleep, dense):
    theta = np.array([0.2, 0.1, 0.5])
    before = model.beta.copy(), model.deviance
    other = model.at(theta)
    theirs = dense(sleep, theta)
    assert other.deviance == pytest.approx(theirs.criterion, rel=1e-12)
    np.testing.assert_allclose(other.beta, theirs.beta, rtol=1e-10)
    np.testing.assert_allclose(other.blups["Subject"], theirs.b, rtol=1e-8)
    assert other.deviance > model.deviance
    assert (other.converged, other.source) == (False, "given")
    assert "given" in other.message
    assert other.path.criterion.tolist() == [other.deviance]
    np.testing.assert_array_equal(model.beta, before[0])
    assert model.deviance == before[1]

    theta[0] = 99.0
    assert other.theta[0] == 0.2


def test_at_its_own_theta_it_is_itself(model):
    again = model.at(model.theta)
    assert again.deviance == pytest.approx(model.deviance, rel=1e-14)
    assert again.sigma == pytest.approx(model.sigma, rel=1e-12)
    assert again.converged
    np.testing.assert_allclose(again.se, model.se, rtol=1e-12)


def test_at_another_sigma(model, sleep, dense):
    wide = model.at(model.theta, 2.0 * model.sigma)
    assert wide.sigma == 2.0 * model.sigma
    assert not wide.converged
    np.testing.assert_allclose(wide.se, 2.0 * model.se)
    np.testing.assert_allclose(wide.blup_sd["Subject"], 2.0 * model.blup_sd["Subject"])
    np.testing.assert_allclose(wide.blups["Subject"], model.blups["Subject"])
    theirs = dense(sleep, model.theta, sigma=wide.sigma)
    assert wide.deviance == pytest.approx(theirs.criterion, rel=1e-12)
    assert wide.at(model.theta).sigma == pytest.approx(model.sigma, rel=1e-12)


@pytest.mark.parametrize(
    "sigma", [0.0, -1.0, np.nan, np.inf, 1e200, 1e-200, "a", [1.0], np.array([1.0, 2.0]), True, 1j]
)
def test_a_sigma_that_cannot_be(model, sigma):
    with pytest.raises(LMMError, match="sigma must be a positive number"):
        model.at(model.theta, sigma)


@pytest.mark.parametrize("theta", [[1.0], [1.0, 0.0, 1.0, 0.0], [np.nan, 0.0, 1.0]])
def test_a_theta_that_cannot_be(model, theta):
    with pytest.raises(LMMError, match="theta must be 3 finite numbers"):
        model.at(theta)


@pytest.mark.parametrize("theta", ["a", {}, [1j, 0.0, 1.0], np.ones(3) * 1j, [[1.0], [0.0, 1.0]]])
def test_a_theta_that_is_no_numbers(model, theta):
    with pytest.raises(LMMError, match="theta must be real numbers"):
        model.at(theta)


@pytest.mark.parametrize("sigma", [2, np.float32(2.0), np.array(2.0)])
def test_a_sigma_of_another_type(model, sigma):
    other = model.at(model.theta, sigma)
    assert type(other.sigma) is float
    assert other.deviance == model.at(model.theta, 2.0).deviance


def test_reml_is_true_or_false(sleep):
    for ask in (lambda: fit(sleep, "ML"), lambda: evaluate(sleep, [1.0, 0.0, 1.0], reml="ML")):
        with pytest.raises(LMMError, match="reml must be True or False: reml=False is maximum"):
            ask()


def test_evaluate_needs_no_estimable_model():
    """One visit of each person: no fit, but with known variances there are predictions."""
    one = np.column_stack([np.ones(3), np.zeros(3)])
    design = grouped([1.0, 2.0, 6.0], one, one, list("abc"))
    with pytest.raises(LMMError):
        fit(design)
    model = evaluate(design, [1.0, 0.0, 1.0], sigma=1.0)
    np.testing.assert_allclose(model.beta, [3.0, 0.0])
    np.testing.assert_allclose(model.blups["group"], [[-1, 0], [-0.5, 0], [1.5, 0]])
    np.testing.assert_allclose(model.blup_sd["group"], [[np.sqrt(0.5), 1.0]] * 3)
    np.testing.assert_allclose(model.se, [np.sqrt(2 / 3), np.inf])
    assert np.isfinite(model.deviance)
    with pytest.raises(LMMError, match="nothing is left over to estimate sigma from"):
        evaluate(grouped([1.0, 2.0], np.eye(2), np.ones((2, 1)), list("ab")), [1.0])


def test_a_given_sigma_on_a_perfect_response():
    one = np.ones((4, 1))
    model = evaluate(grouped([2.0, 2.0, 2.0, 2.0], one, one, list("aabb")), [1.0], sigma=1e-3)
    np.testing.assert_allclose(model.fitted, 2.0)
    assert np.isfinite(model.deviance)


@pytest.mark.parametrize("reml", [True, False])
def test_without_fixed_effects(sleep, reml, dense):
    design = replace(sleep, X=sleep.X[:, :0], names=())
    model = fit(design, reml)
    assert (model.beta.shape, model.se.shape, model.vcov.shape) == ((0,), (0,), (0, 0))
    assert model.deviance == pytest.approx(dense(design, model.theta, reml).criterion, rel=1e-12)
    assert not model.fitted_marginal.any()


def test_icc(sleep):
    one = replace(sleep.terms[0], names=("(Intercept)",), Z=np.ones((180, 1)), blocks=(1,))
    model = fit(replace(sleep, terms=(one,)))
    tau2 = model.G["Subject"][0, 0]
    assert model.icc == pytest.approx(tau2 / (tau2 + model.sigma**2))
    assert model.icc == pytest.approx(0.5893, abs=1e-4)
    with pytest.raises(LMMError, match=r"no single ICC.*depends on Days"):
        _ = fit(sleep).icc
    slope = replace(sleep.terms[0], names=("Days",), Z=sleep.X[:, 1:], blocks=(1,))
    with pytest.raises(LMMError, match="no single ICC"):
        _ = fit(replace(sleep, terms=(slope,))).icc


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("mean", [0.0, 1e6, 1e8])
def test_a_fit_in_calendar_years_with_a_large_mean_is_the_same_fit(sleep, closed, mean):
    years = sleep.X + np.array([0.0, 2000.0])
    (term,) = sleep.terms
    moved = fit(
        replace(sleep, y=sleep.y + mean, X=years, terms=(replace(term, Z=years),)), True, closed
    )
    plain = fit(sleep)
    assert moved.deviance == pytest.approx(plain.deviance, rel=1e-9)
    assert moved.beta[1] == pytest.approx(plain.beta[1], abs=1e-6 * plain.se[1])
    assert moved.sd["Subject"][1] == pytest.approx(plain.sd["Subject"][1], rel=1e-6)
    np.testing.assert_allclose(moved.residuals, plain.residuals, atol=1e-6 * plain.sigma)


@pytest.mark.parametrize("closed", [True, False])
def test_on_the_boundary_estimates_are_exact(closed):
    table = arrays("dyestuff2")
    one = np.ones((30, 1))
    none = fit(grouped(table["Yield"], one, one, table["Batch"]), closed=closed)
    assert none.theta.tolist() == [0.0]
    assert none.sd["group"].values.tolist() == [0.0]
    assert np.isnan(none.corr["group"].values).all()
    assert not none.blups["group"].values.any()
    table = arrays("rho_minus1")
    lines = np.column_stack([np.ones(40), table["x"]])
    line = fit(grouped(table["y"], lines, lines, table["id"]), closed=closed)
    assert line.theta[2] == 0.0
    assert line.corr["group"][1, 0] == pytest.approx(-1.0, abs=1e-15)
    assert none.singular
    assert line.singular


def test_text_comes_from_the_summary(model):
    assert repr(model) == model.summary()
    assert "Subject" in model.summary()
    assert "<table" in model._repr_html_()
