"""The estimates: against the dense V, as limits, and under changes that change nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from written_out import dense_deviance, panel

from lmmlab import ar1, car1, compound_symmetry, lmm, load, unstructured, variances
from lmmlab.engine.design import Design, LMMError
from lmmlab.model.fit import evaluate, fit

MODELS = {
    "ar1": ("y ~ t + x", ar1("t", "id")),
    "ar1 and school": ("y ~ t + x + (1 | school)", ar1("t", "id")),
    "ar1, person and sds": ("y ~ t + (1 | id)", ar1("t", "id") * variances("arm")),
    "ar1, nested": ("y ~ t + x + (1 | school/id)", ar1("t", "id")),
    "car1, slopes": ("y ~ t * arm + (t || id)", car1("when", "id")),
    "cs and sds": ("y ~ t", compound_symmetry("id") * variances("arm")),
    "sds twice": ("y ~ t + (1 | school)", variances("arm") * variances("school")),
    "unstructured": ("y ~ x", unstructured("t", "school:id")),
}


@pytest.fixture
def rows():
    return panel()


@pytest.fixture(scope="module", params=MODELS.values(), ids=MODELS)
def model(request):
    formula, structure = request.param
    return lmm(formula, panel(people=24), residual=structure, reml="x" in formula)


def test_the_deviance_is_that_of_the_dense_V(model):
    rng = np.random.default_rng(1)
    values = model.residual.values
    assert model.deviance == pytest.approx(
        dense_deviance(model, model.theta, values, model.sigma), rel=1e-11
    )
    for _ in range(3):
        theta = model.theta + 0.3 * rng.random(len(model.theta))
        phi = model.phi + 0.2 * rng.normal(size=len(model.phi))
        other = model.design.residual.values(phi)
        there = model.at(theta, 0.8, other)
        assert there.deviance == pytest.approx(dense_deviance(model, theta, other, 0.8), rel=1e-11)
        alone = evaluate(model.design, theta, 0.8, model.reml, other)
        assert alone.deviance == pytest.approx(there.deviance, rel=1e-13)
        np.testing.assert_allclose(there.residual.values, other, rtol=1e-9)


def test_it_is_the_minimum(model):
    k = len(model.theta)

    def criterion(place):
        return model.at(place[:k], None, model.design.residual.values(place[k:])).deviance

    start = np.concatenate([model.theta, model.phi])
    found = minimize(criterion, start + 0.02, method="Nelder-Mead", options={"maxiter": 400})
    assert found.fun >= model.deviance - 1e-9 * abs(model.deviance)
    assert model.converged
    path = model.path
    assert path.theta.shape == (len(path.criterion), k)
    assert path.phi.shape == (len(path.criterion), len(model.phi))
    assert (np.diff(path.criterion) <= 1e-9).all()
    np.testing.assert_array_equal(path.phi[-1], model.phi)


def test_relatives_with_a_residual_structure():
    """One row each, so that the genetic part is told by the relationship alone."""
    rows = panel(people=12).assign(one=lambda d: [f"r{k}" for k in range(len(d))])
    same = (rows.id.to_numpy()[:, None] == rows.id.to_numpy()) * 1.0
    K = 0.5 * np.eye(len(rows)) + 0.5 * same
    K[0, :3] = K[:3, 0] = [1.0, 0.2, 0.1]
    model = lmm(
        "y ~ t + (1 | one)",
        rows,
        residual=variances("arm"),
        relationship={"one": pd.DataFrame(K, rows.one, rows.one)},
    )
    dense = dense_deviance(model, model.theta, model.residual.values, model.sigma)
    assert model.deviance == pytest.approx(dense, rel=1e-10)
    there = model.at([0.7], 0.9, [1.3])
    assert there.deviance == pytest.approx(dense_deviance(model, [0.7], [1.3], 0.9), rel=1e-10)
    assert np.isfinite(model.test().values[:, 1:3]).all()


def test_a_ratio_of_one_or_no_correlation_is_the_ordinary_fit(rows):
    ordinary = lmm("y ~ t + (1 | school/id)", rows)
    for structure, none in ((ar1("t", "id"), [0.0]), (variances("arm"), [1.0])):
        model = lmm("y ~ t + (1 | school/id)", rows, residual=structure)
        there = model.at(ordinary.theta, ordinary.sigma, none)
        assert there.deviance == pytest.approx(ordinary.deviance, rel=1e-12)
        np.testing.assert_allclose(there.beta, ordinary.beta, rtol=1e-10)
        np.testing.assert_allclose(there.vcov, ordinary.vcov, rtol=1e-10)
        for group, table in ordinary.blups.items():
            np.testing.assert_allclose(there.blups[group], table, atol=1e-10)
            np.testing.assert_allclose(there.blup_sd[group], ordinary.blup_sd[group], rtol=1e-9)
        assert model.deviance < ordinary.deviance


def test_a_random_intercept_is_compound_symmetry():
    data = load("orthodont")
    inside = lmm("distance ~ age * Sex + (1 | Subject)", data)
    outside = lmm("distance ~ age * Sex", data, residual=compound_symmetry("Subject"))
    assert outside.deviance == pytest.approx(inside.deviance, rel=1e-12)
    np.testing.assert_allclose(outside.beta, inside.beta, rtol=1e-9)
    np.testing.assert_allclose(outside.vcov, inside.vcov, atol=1e-8)
    assert outside.residual[0] == pytest.approx(inside.icc, rel=1e-8)


def test_structures_that_are_the_same_agree(rows):
    two = rows[rows.t < 2]
    pair = lmm("y ~ t", two, residual=unstructured("t", "id"))
    same = lmm("y ~ t", two, residual=compound_symmetry("id"))
    step = lmm("y ~ t", two, residual=ar1("t", "id"))
    for other in (same, step):
        assert other.deviance == pytest.approx(pair.deviance, rel=1e-11)
        assert other.residual[0] == pytest.approx(pair.residual[0], abs=1e-7)
    whole, any_time = (lmm("y ~ t", rows, residual=one("t", "id")) for one in (ar1, car1))
    assert whole.residual[0] > 0
    assert any_time.deviance == pytest.approx(whole.deviance, rel=1e-12)
    assert any_time.residual[0] == pytest.approx(whole.residual[0], rel=1e-8)


def test_negative_correlation_is_found():
    model = lmm(
        "y ~ role * (actor_x + partner_x)",
        load("apim_negative"),
        residual=compound_symmetry("dyad"),
    )
    assert model.residual[0] < -0.25


@pytest.mark.parametrize(
    "structure", [ar1("t", "id") * variances("arm"), car1("t", "id"), compound_symmetry("id")]
)
def test_what_changes_nothing(rows, structure):
    model = lmm("y ~ t + x", rows, residual=structure)
    mixed = rows.sample(frac=1, random_state=3)
    renamed = rows.assign(id=rows.id.map({v: f"{k}!" for k, v in enumerate(rows.id.unique())}))
    later = rows.assign(t=rows.t + 2000)
    for other in (mixed, renamed, later):
        same = lmm("y ~ t + x", other, residual=structure)
        assert same.deviance == pytest.approx(model.deviance, rel=1e-10)
        np.testing.assert_allclose(same.residual.values, model.residual.values, atol=3e-7)
        np.testing.assert_allclose(same.beta[1:], model.beta[1:], atol=1e-7)
    scaled = lmm("y ~ t + x", rows.assign(y=5e6 + 1e3 * rows.y), residual=structure)
    np.testing.assert_allclose(scaled.residual.values, model.residual.values, atol=3e-7)
    assert scaled.sigma == pytest.approx(1e3 * model.sigma, rel=1e-7)


@pytest.mark.parametrize("later", [2000, 100_000])
def test_the_origin_of_time_changes_nothing_with_slopes(later):
    data = load("ar1_panel")
    model = lmm("y ~ t + (t | id)", data, residual=ar1("t", "id"))
    moved = lmm("y ~ t + (t | id)", data.assign(t=data.t + later), residual=ar1("t", "id"))
    assert moved.deviance == pytest.approx(model.deviance, rel=1e-9)
    np.testing.assert_allclose(moved.residual.values, model.residual.values, rtol=1e-6)
    ours, theirs = moved.test().values[1, :3], model.test().values[1, :3]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize(
    ("unit", "step"), [(0.05, 1.0), (365.25, 1.0), (1 / 365.25, 1e-3), (1e-12, 1e-12), (9e13, 1e13)]
)
def test_the_unit_of_time_changes_only_how_car1_is_told(rows, unit, step):
    """Days in years or nanoseconds, too, where the correlation one unit apart would be 0 or 1."""
    model = lmm("y ~ t", rows, residual=car1("when", "id"))
    other = lmm("y ~ t", rows.assign(when=unit * rows.when), residual=car1("when", "id"))
    assert other.deviance == pytest.approx(model.deviance, rel=1e-11)
    per_unit = np.log(other.residual[0]) / step
    assert unit * per_unit == pytest.approx(np.log(model.residual[0]), rel=1e-6)
    assert other.residual.rows == (f"residual correlation, when {step:g} apart",)
    assert other.at([], None, other.residual.values).deviance == pytest.approx(other.deviance)


def test_without_random_effects_and_structure_it_is_least_squares():
    rng = np.random.default_rng(2)
    X, y = np.column_stack([np.ones(30), rng.normal(size=30)]), rng.normal(size=30)
    model = fit(Design(y, X, ("one", "x"), ()))
    beta, rss = np.linalg.lstsq(X, y, rcond=None)[:2]
    np.testing.assert_allclose(model.beta, beta, rtol=1e-12)
    assert model.sigma**2 == pytest.approx(rss[0] / 28, rel=1e-12)
    assert (model.test().values[:, 2] == pytest.approx(28.0)) and model.converged
    assert "Linear model" in model.summary()


def test_a_random_walk_and_what_is_reproduced_say_so(rows):
    twice = rows[rows.t < 2].copy()
    twice["y"] = twice.id.str[1:].astype(float) * np.where(twice.t == 0, 1, -1)
    model = lmm("y ~ 1", twice, residual=compound_symmetry("id"))
    assert "residual correlation within id (-1) is estimated at the edge" in model.message
    with pytest.raises(LMMError, match="at the edge"):
        model.test()
    assert np.isfinite(model.test("wald").values[:, 1]).all()


def test_correlations_that_leave_a_combination_without_variance():
    """Four occasions, the last of them known from the others."""
    rng = np.random.default_rng(1)
    wide = rng.normal(size=(12, 4))
    wide[:, 3] = wide[:, :3].sum(1) / np.sqrt(3)
    data = pd.DataFrame({"id": np.repeat(np.arange(12), 4), "t": np.tile(np.arange(4), 12)})
    model = lmm("y ~ 1", data.assign(y=wide.ravel()), residual=unstructured("t", "id"))
    assert "The residual correlations are estimated at the edge" in model.message
    with pytest.raises(LMMError, match="at the edge"):
        model.test()


def test_of_two_minima_of_car1_the_lower_one_is_taken():
    """One of them is without correlation, so the fit is never worse than the ordinary one."""
    rows = panel(seed=9, people=12)
    model = lmm("y ~ x + (1 | id)", rows, residual=car1("when", "id"))
    assert model.deviance <= lmm("y ~ x + (1 | id)", rows).deviance + 1e-6
    higher = min(model.at([0.0], None, [rho]).deviance for rho in np.linspace(0.4, 0.8, 20))
    assert higher > model.deviance + 1e-3


def test_a_criterion_without_a_minimum():
    """More sds and correlations than the people tell: the criterion falls on and on."""
    rng = np.random.default_rng(2)
    data = panel(seed=1, people=7, visits=5).assign(y=lambda d: rng.normal(size=len(d)))
    structure = unstructured("t", "id") * variances("arm")
    model = lmm("y ~ x + (1 | school)", data, residual=structure, reml=False)
    assert "are estimated at the edge" in model.message
    for method in (model.residual_intervals, lambda: model.bootstrap(10)):
        with pytest.raises(LMMError, match=r"did not end in a minimum.*at the edge of what can be"):
            method()


def test_weights_and_a_structure_exclude_each_other(rows):
    model = lmm("y ~ t", rows, residual=ar1("t", "id"))
    with pytest.raises(LMMError, match="weights or a residual structure"):
        replace(model.design, weights=np.ones(model.nobs))
