"""Drawing from a model with a residual structure, and refitting to what was drawn."""

from dataclasses import replace

import numpy as np
import pytest
from written_out import dense_V0, panel

from lmmlab import LMMError, ar1, lmm, variances
from lmmlab.engine.design import Design
from lmmlab.inference.bootstrap import simulated
from lmmlab.model.fit import fit


@pytest.fixture(scope="module")
def model():
    structure = ar1("t", "id") * variances("arm")
    return lmm("y ~ t + (1 | id)", panel(seed=11, people=12), residual=structure)


def test_responses_have_the_mean_and_the_covariance_of_the_model(model):
    m = 40_000
    Y = simulated(model, np.random.default_rng(1), m) - model.fitted_marginal
    V = model.sigma**2 * dense_V0(model, model.theta, model.residual.values)
    error = np.sqrt((V * V + np.outer(V.diagonal(), V.diagonal())) / m)
    assert (np.abs(Y.T @ Y / m - V) < 5 * error).all()
    assert (np.abs(Y.mean(0)) < 5 * np.sqrt(V.diagonal() / m)).all()


def test_draws_are_fits_of_simulated_responses(model):
    drawn = model.bootstrap(3, seed=5)
    Y = simulated(model, np.random.default_rng(5), 3)
    for i, y in enumerate(Y):
        again = fit(replace(model.design, y=y))
        np.testing.assert_allclose(drawn.beta[i], again.beta, rtol=1e-9)
        np.testing.assert_allclose(drawn.values[i], again.residual.values, rtol=1e-9)
        assert drawn.sigma[i] == pytest.approx(again.sigma)
        assert drawn.sd[i, 0] == pytest.approx(again.sd["id"].values[0])
        assert drawn.failed[i] != again.converged


def test_intervals_have_a_row_for_each_parameter(model):
    table = model.bootstrap(20, seed=5).intervals(0.8)
    assert table.rows == ("sd_(Intercept)|id", "sigma", *model.names, *model.residual.rows)
    np.testing.assert_array_equal(table.values[-2:, 0], model.residual.values)
    assert (table.values[:, 3] < table.values[:, 4]).all()


def test_least_squares_is_refitted_too():
    rng = np.random.default_rng(2)
    X = np.column_stack([np.ones(30), rng.normal(size=30)])
    plain = fit(Design(X @ [1.0, 2.0] + rng.normal(size=30), X, ("one", "x"), ()))
    drawn = plain.bootstrap(400)
    assert drawn.beta.std(0) == pytest.approx(plain.se, rel=0.12)
    assert drawn.intervals().rows == ("sigma", "one", "x")
    with pytest.raises(LMMError, match="positive whole number"):
        plain.bootstrap(0)
