"""Where relatives leave nothing for residual noise, or nearly: what is known, and what is refused.

The oracle is the likelihood of a person each, with V written out.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from lmmlab import LMMError, lmm, simulate
from lmmlab.formula import design
from lmmlab.kinship.families import families
from lmmlab.kinship.markers import relationship
from lmmlab.kinship.scan import scan
from lmmlab.model.fit import evaluate, fit
from lmmlab.study.batch import batch

FORMULA = "y ~ female + (1 | id)"
PEOPLE = families(15, children=2, markers=200, seed=3)


def trait(seed, sd, sigma, K=PEOPLE.expected):
    truth = dict(beta=[1.0, 1.0], sd=[sd], sigma=sigma, relationship={"id": K}, seed=seed)
    return simulate(FORMULA, data=PEOPLE.table(), **truth)


def deviance(data, sd, sigma):
    V = sd**2 * PEOPLE.expected + sigma**2 * np.eye(60)
    X, y = np.column_stack([np.ones(60), data["female"]]), data["y"].to_numpy()
    inverse = np.linalg.inv(V)
    left = y - X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
    return np.linalg.slogdet(V)[1] + left @ inverse @ left + 60 * np.log(2 * np.pi)


def held(data, sigma):
    return minimize_scalar(
        lambda sd: deviance(data, sd, sigma), bounds=(0, 6), method="bounded",
        options=dict(xatol=1e-9),
    ).fun  # fmt: skip


@pytest.mark.parametrize(("seed", "sd", "noise"), [(1, 2.0, 0.02), (3, 1.0, 1.0), (6, 0.5, 1.0)])
def test_profile_of_sigma(seed, sd, noise):
    data = trait(seed, sd, noise)
    model = lmm(FORMULA, data, reml=False, relationship={"id": PEOPLE.expected})
    found = model.profile()
    lower, upper = found.table.frame().loc["sigma", ["lower", "upper"]]

    def above(sigma):
        return held(data, sigma) - model.deviance - 3.841458820694124

    if above(1e-6) < 0.0:
        assert lower == 0.0
        assert "does not rule out the boundary for" in found.table.note
    else:
        assert lower == pytest.approx(brentq(above, 1e-6, model.sigma), rel=1e-5)
    assert upper == pytest.approx(brentq(above, model.sigma, 5.0), rel=1e-5)
    values, zeta = found.curve("sigma", 7)
    assert zeta**2 == pytest.approx([held(data, v) - model.deviance for v in values], abs=1e-4)


def test_without_noise_only_what_does_not_ask_for_it():
    data = trait(2, 2.0, 0.02)
    model = lmm(FORMULA, data, relationship={"id": PEOPLE.expected})
    assert "Nothing is left for residual noise" in model.message
    note = model.test().note
    assert "Nothing is left for residual noise" in note
    assert "take that as known" in note
    assert model.test("wald").note == ""
    for ask in (model.profile, lambda: model.test("kenward-roger")):
        with pytest.raises(LMMError, match="asks how uncertain each variance is"):
            ask()
    more = data.assign(y=data["y"] + np.random.default_rng(1).standard_normal(15)[PEOPLE.family])
    both = lmm(FORMULA + " + (1 | family)", more, relationship={"id": PEOPLE.expected})
    assert "Nothing is left" in both.message
    with pytest.raises(LMMError, match='Use method="wald"'):
        both.test()
    assert np.isfinite(both.test("wald").values[:, :2]).all()


def test_many_responses_say_the_same_as_one():
    made = design(FORMULA, trait(1, 1.0, 1.0), relationship={"id": PEOPLE.expected})
    Y = np.stack([trait(seed, 2.0, noise)["y"] for seed in (2, 3, 5) for noise in (0.02, 1.0)])
    fits = batch(made, Y, contrast="female", method="kenward-roger")
    refused = []
    for k, y in enumerate(Y):
        model = fit(replace(made, y=y))
        assert fits.deviance[k] == pytest.approx(model.deviance, rel=1e-9)
        refused.append("Nothing is left" in model.message)
        if refused[-1]:
            assert np.isnan([fits.df[k], fits.estimate_se[k]]).all()
        else:
            told = model.test("kenward-roger", "female").values[0]
            assert [fits.estimate_se[k], fits.df[k]] == pytest.approx(told[1:3], rel=1e-5)
    assert 0 < sum(refused) < len(Y)


def test_many_responses_of_which_some_have_no_maximum():
    K = relationship(PEOPLE.counts)
    made = design(FORMULA, trait(1, 1.0, 1.0), relationship={"id": K})
    Y = np.stack([trait(seed, 1.0, 0.3, K)["y"] for seed in range(1, 13)])
    fits, lost = batch(made, Y, reml=False), 0
    for k, y in enumerate(Y):
        try:
            model = fit(replace(made, y=y), reml=False)
        except LMMError as error:
            assert "without bound" in str(error)
            assert not fits.converged[k]
            assert np.isnan(fits.sigma[k])
            lost += 1
        else:
            assert fits.deviance[k] == pytest.approx(model.deviance, rel=1e-9)
    assert 0 < lost < len(Y)


def test_a_scan_without_noise_tests_all_markers():
    K = relationship(PEOPLE.counts)  # nothing varies along the mean, which is known without error
    model = lmm(FORMULA, trait(1, 2.0, 0.001, K), relationship={"id": K})
    assert "Nothing is left" in model.message
    found = scan(model, PEOPLE.counts[:, :20])
    assert found.note == ""
    for k in range(20):
        X = np.column_stack([model.design.X, PEOPLE.counts[:, k]])
        names = (*model.names, "marker")
        one = evaluate(replace(model.design, X=X, names=names, hypotheses=()), model.theta)
        assert found.beta[k] == pytest.approx(one.beta[-1], rel=1e-6)
        assert found.se[k] == pytest.approx(one.se[-1], rel=1e-6)


def test_units_of_slopes_and_of_the_matrix_are_not_taken_for_a_lack_of_noise():
    K, data = PEOPLE.expected, trait(3, 1.0, 1.0)
    model = lmm(FORMULA, data, relationship={"id": K})
    small = lmm(FORMULA, data, relationship={"id": 1e-8 * K})
    assert small.message == model.message == ""
    assert small.test("kenward-roger").values == pytest.approx(model.test("kenward-roger").values)
    assert small.profile().table.values[1:] == pytest.approx(model.profile().table.values[1:])
    visits = data.loc[data.index.repeat(3)].assign(t=np.tile([0.0, 1e-4, 2e-4], 60))
    truth = dict(beta=[0.0, 0.0], sd=[1.0, 1e4], sigma=1.0, relationship={"id": K})
    visits = simulate("y ~ t + (t | id)", data=visits, **truth)
    assert "Nothing is left" not in lmm("y ~ t + (t | id)", visits, relationship={"id": K}).message
