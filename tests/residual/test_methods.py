"""Every public method of a fit with a residual structure: right, or refused by a sentence."""

import numpy as np
import pandas as pd
import pytest
from written_out import dense_V0, panel

from lmmlab import LMMError, ar1, lmm, unstructured, variances
from lmmlab.model.fit import Fit, evaluate
from lmmlab.model.r2 import r2
from lmmlab.study.batch import batch

RIGHT = """
    G R V aic anova at beta bic blup_sd blups bootstrap converged corr cross design deviance fitted
    fitted_marginal loglik message names ngroups nobs npar path phi predict reml residual
    residual_intervals residuals sd se searched sigma singular solution source summary test theta
    vcov
""".split()
REFUSED = {
    "icc": lambda fit: fit.icc,
    "profile": lambda fit: fit.profile(),
    "kenward-roger": lambda fit: fit.test("kenward-roger"),
    "anova by kenward-roger": lambda fit: fit.anova("kenward-roger"),
    "given": lambda fit: fit.predict(level="group", given=panel()),
    "observation": lambda fit: fit.predict(level="group", observation=True),
    "batch": lambda fit: batch(fit.design, fit.design.y[None]),
}


def mixed():
    rows = panel(people=12)
    return rows, lmm("y ~ t + (t | id)", rows, residual=ar1("t", "id") * variances("arm"))


def alone():
    rows = panel(people=12)
    return rows, lmm("y ~ t + arm", rows, residual=unstructured("t", "id"), reml=False)


@pytest.fixture(scope="module", params=[mixed, alone])
def both(request):
    return request.param()


def test_all_public_names_are_looked_at():
    named = {name for name in dir(Fit) if not name.startswith("_")}
    named |= set(Fit.__dataclass_fields__)
    assert named == set(RIGHT) | {"icc", "profile"}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_defined_is_refused(both, what):
    with pytest.raises(LMMError, match=r"[a-z].*\.$"):
        REFUSED[what](both[1])


def test_fixed_and_random_effects_are_those_of_the_dense_V(both):
    _, fit = both
    design = fit.design
    V = fit.sigma**2 * dense_V0(fit, fit.theta, fit.residual.values)
    X, y = design.X, design.y
    vcov = np.linalg.inv(X.T @ np.linalg.solve(V, X))
    beta = vcov @ X.T @ np.linalg.solve(V, y)
    np.testing.assert_allclose(fit.beta, beta, rtol=1e-9)
    np.testing.assert_allclose(fit.vcov, vcov, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(fit.se, np.sqrt(np.diag(vcov)), rtol=1e-9)
    off = np.linalg.solve(V, y - X @ beta)
    fitted = X @ beta
    assert fit.singular in (False, True)
    for term in design.terms:
        G = fit.G[term.group].values
        for level in range(len(term.levels)):
            Z = term.Z * (term.codes == level)[:, None]
            b = G @ Z.T @ off
            spread = G - G @ Z.T @ np.linalg.solve(V, Z) @ G
            np.testing.assert_allclose(fit.blups[term.group][level], b, atol=1e-8)
            sd = np.sqrt(np.maximum(np.diag(spread), 0.0))
            np.testing.assert_allclose(fit.blup_sd[term.group][level], sd, atol=1e-7)
            fitted += Z @ b
    np.testing.assert_allclose(fit.fitted, fitted, atol=1e-8)
    np.testing.assert_allclose(fit.fitted_marginal, X @ beta, atol=1e-9)
    np.testing.assert_allclose(fit.residuals, y - fitted, atol=1e-8)


def test_predictions_are_those_of_the_dense_V(both):
    rows, fit = both
    new = rows.iloc[:6].assign(id=["new", *rows.id[1:6]])
    population = fit.predict(new).values
    X = fit.design.X[:6]
    np.testing.assert_allclose(population[:, 0], X @ fit.beta, rtol=1e-10)
    variance = np.einsum("np,pq,nq->n", X, fit.vcov, X)
    np.testing.assert_allclose(population[:, 1], np.sqrt(variance), rtol=1e-9)
    np.testing.assert_allclose(fit.predict().values[:6], population, rtol=1e-10)
    if not fit.design.terms:
        with pytest.raises(LMMError, match="no random effects"):
            fit.predict(new, "group")
        return
    [term] = fit.design.terms
    V = fit.sigma**2 * dense_V0(fit, fit.theta, fit.residual.values)
    G, everything = fit.G["id"].values, fit.design.X
    predicted = fit.predict(new, "group").values
    for row in range(1, 6):
        z, same = term.Z[row], term.codes == term.codes[row]
        reach = np.linalg.solve(V, same * (term.Z @ G @ z))
        value = X[row] @ fit.beta + reach @ (fit.design.y - everything @ fit.beta)
        x = X[row] - everything.T @ reach
        error = z @ G @ z - reach @ (same * (term.Z @ G @ z)) + x @ fit.vcov @ x
        np.testing.assert_allclose(predicted[row, :2], [value, np.sqrt(error)], rtol=1e-8)
    z = term.Z[0]
    np.testing.assert_allclose(predicted[0, 0], population[0, 0], rtol=1e-12)
    assert predicted[0, 1] ** 2 == pytest.approx(z @ G @ z + variance[0], rel=1e-9)


def test_predictions_say_that_they_leave_out_the_last_residuals(both):
    rows, fit = both
    assert fit.predict(rows).note == ""
    if fit.design.terms:
        assert (
            "what a group's last residuals tell of its next one" in fit.predict(rows, "group").note
        )
        unequal = lmm("y ~ t + (1 | id)", rows, residual=variances("arm"))
        assert unequal.predict(rows, "group").note == ""


@pytest.mark.parametrize("values", ["a", [0.5j], {}, [[0.5]], [], [0.1] * 99])
def test_values_that_are_no_parameters(both, values):
    with pytest.raises(LMMError, match=r"parameters \(.*and these are"):
        both[1].at(both[1].theta, None, values)
    ordinary = lmm("y ~ t + (1 | id)", both[0])
    with pytest.raises(LMMError, match="has no residual structure"):
        evaluate(ordinary.design, ordinary.theta, values=values)


def test_what_is_counted_and_said(both):
    _, fit = both
    k, r = len(fit.theta), len(fit.phi)
    assert fit.npar == len(fit.names) + k + r + 1
    assert fit.aic == pytest.approx(fit.deviance + 2 * fit.npar)
    assert fit.bic == pytest.approx(fit.deviance + np.log(fit.nobs) * fit.npar)
    assert fit.loglik == -fit.deviance / 2
    text, page = fit.summary(), fit._repr_html_()
    for name, value in zip(fit.residual.rows, fit.residual.values, strict=True):
        assert name in text
        assert name in page
        assert f"{value:.3f}" in text
    assert f"residual = {'ar1' if fit.design.terms else 'unstructured'}(" in text
    assert ("Random effects" in text) == bool(fit.design.terms)
    assert ("Linear mixed model" in text) == bool(fit.design.terms)
    assert repr(fit) == text


def test_tests_of_terms_agree_with_those_of_effects(both):
    _, fit = both
    for method in ("wald", "satterthwaite"):
        single, terms = fit.test(method), fit.anova(method)
        assert terms.loc["t", "F"] == pytest.approx(single.loc["t", "statistic"] ** 2)
        assert terms.loc["t", "p"] == pytest.approx(single.loc["t", "p"])
    assert np.isinf(fit.test("wald").values[:, 2]).all()


def test_a_block_of_R(both):
    rows, fit = both
    own = np.flatnonzero(rows.id == "p03")
    block = fit.R("p03")
    assert block.rows == tuple(str(t) for t in rows.t[own])
    matrix = fit.design.residual.matrix(own, fit.phi)
    np.testing.assert_allclose(block.values, fit.sigma**2 * matrix)
    V = fit.sigma**2 * dense_V0(fit, fit.theta, fit.residual.values)
    np.testing.assert_allclose(fit.V("p03").values, V[np.ix_(own, own)], rtol=1e-10)
    with pytest.raises(LMMError, match="id has no level p99; it has p00"):
        fit.R("p99")


def test_at_another_theta_keeps_the_structure(both):
    _, fit = both
    there = fit.at(fit.theta, 2.0)
    np.testing.assert_array_equal(there.phi, fit.phi)
    assert there.source == "given"
    assert not there.converged
    assert "theta was given" in there.message
    np.testing.assert_array_equal(there.path.phi, fit.phi[None])
    again = fit.at(fit.theta, None, fit.residual.values)
    assert again.deviance == pytest.approx(fit.deviance, rel=1e-12)
    assert again.converged
    moved = fit.at(fit.theta, None, 0.9 * fit.residual.values)
    assert moved.deviance > fit.deviance
    assert not moved.converged
    with pytest.raises(LMMError, match="parameters"):
        fit.at(fit.theta, None, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])


def test_r2_is_refused_where_residual_sds_differ(both):
    _, fit = both
    if fit.design.residual.variances:
        with pytest.raises(LMMError, match="sds differ between rows"):
            r2(fit)
    else:
        assert r2(fit).random == 0.0
        explained = np.var(fit.fitted_marginal, ddof=1)
        assert r2(fit).marginal == pytest.approx(explained / (explained + fit.sigma**2))


def test_rows_that_miss_a_time_are_left_out():
    rows = panel(people=12)
    gap = rows.assign(t=rows.t.where(rows.index != 5))
    fit = lmm("y ~ x", gap, residual=ar1("t", "id"))
    assert fit.design.dropped == 1
    same = lmm("y ~ x", rows.drop(index=5), residual=ar1("t", "id"))
    assert fit.deviance == pytest.approx(same.deviance, rel=1e-12)
    assert isinstance(fit.residual.frame(), pd.DataFrame)
