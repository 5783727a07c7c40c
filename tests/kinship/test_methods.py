"""Every method of a fit with related levels: right, or refused with a sentence.

People of a family who are all the same to each other are one random intercept of the family: K of
blocks of ones and (1 | family) are one model, in which each method must say the same.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, ar1, compare, lmm, load, simulate
from lmmlab.engine.rows import Rows
from lmmlab.formula import design
from lmmlab.inference.bootstrap import simulated
from lmmlab.kinship.families import families
from lmmlab.kinship.heritability import heritability
from lmmlab.kinship.scan import scan as scan_arrays
from lmmlab.model.fit import fit
from lmmlab.model.r2 import r2
from lmmlab.model.summary import html
from lmmlab.study.batch import batch

METHODS = ("wald", "satterthwaite", "kenward-roger")


def named(matrix, names):
    return pd.DataFrame(matrix, names, names)


@pytest.fixture(scope="module")
def both():
    """A model of people whose K is blocks of ones, and the same as one of families."""
    people = families(20, children=3, markers=1, seed=4)
    truth = dict(beta=[3.0, 1.0], sd=[2.0], sigma=1.0)
    data = simulate("y ~ female + (1 | family)", data=people.table(), **truth)
    blocks = named((people.family[:, None] == people.family).astype(float), people.names)
    K = {"id": blocks}
    return {
        reml: (
            lmm("y ~ female + (1 | id)", data, reml=reml, relationship=K),
            lmm("y ~ female + (1 | family)", data, reml=reml),
        )
        for reml in (True, False)
    }


@pytest.fixture(scope="module")
def crossed():
    """The same beside another factor, where levels are eliminated together."""
    people = families(12, children=2, markers=1, seed=5)
    data = people.table().assign(site=[f"s{k}" for k in np.arange(48) * 7 % 5])
    truth = dict(beta=[3.0, 1.0], sigma=1.0)
    data = simulate("y ~ female + (1 | family) + (1 | site)", data=data, sd=[2.0, 1.5], **truth)
    K = {"id": named((people.family[:, None] == people.family).astype(float), people.names)}
    return {
        reml: (
            lmm("y ~ female + (1 | id) + (1 | site)", data, reml=reml, relationship=K),
            lmm("y ~ female + (1 | family) + (1 | site)", data, reml=reml),
        )
        for reml in (True, False)
    }


@pytest.fixture(params=["alone", "beside another factor"])
def pairs(request, both, crossed):
    return both if request.param == "alone" else crossed


def equal(ours, theirs, rel=1e-6):
    assert np.asarray(ours) == pytest.approx(np.asarray(theirs), rel=rel, abs=1e-7, nan_ok=True)


def test_estimates(pairs):
    for ours, theirs in pairs.values():
        assert ours.deviance == pytest.approx(theirs.deviance, rel=1e-11)
        for what in ("beta", "se", "vcov", "theta", "sigma", "fitted", "residuals", "aic", "bic"):
            equal(getattr(ours, what), getattr(theirs, what))
        equal(ours.fitted_marginal, theirs.fitted_marginal)
        equal(ours.sd["id"], theirs.sd["family"])
        of = theirs.design.terms[0].codes[np.argsort(ours.design.terms[0].codes)]
        equal(ours.blups["id"], theirs.blups["family"].values[of])
        equal(ours.blup_sd["id"], theirs.blup_sd["family"].values[of])
        assert (ours.nobs, ours.npar) == (theirs.nobs, theirs.npar)
        assert ours.converged
        assert ours.singular == theirs.singular
        assert ours.corr["id"].values == 1.0
        assert ours.path.criterion[-1] == pytest.approx(theirs.deviance, rel=1e-9)


def test_at_another_theta(pairs):
    for ours, theirs in pairs.values():
        theta = 1.5 * theirs.theta
        assert ours.at(theta).deviance == pytest.approx(theirs.at(theta).deviance, rel=1e-11)
        assert "theta was given" in ours.at(theta).message


@pytest.mark.parametrize("method", METHODS)
def test_tests(pairs, method):
    for reml, (ours, theirs) in pairs.items():
        if method == "kenward-roger" and not reml:
            with pytest.raises(LMMError, match="REML"):
                ours.test(method)
            continue
        equal(ours.test(method), theirs.test(method), rel=1e-5)
        equal(ours.anova(method), theirs.anova(method), rel=1e-5)


def test_profile(pairs):
    for ours, theirs in pairs.values():
        equal(ours.profile().table, theirs.profile().table, rel=1e-5)
    equal(ours.profile().curve("female", 5), theirs.profile().curve("female", 5), rel=1e-5)


def test_comparison(both, crossed):
    for pair in (*both.values(), *crossed.values()):
        ours, theirs = (compare(model).values for model in pair)
        equal(ours, theirs, rel=1e-6)
    ours, theirs = both[True]
    assert "as many parameters" in compare(ours, theirs).note  # groups are told by their rows


def test_models_of_other_relationships_are_not_nested(K):
    data = load("kinship")
    one = lmm("y ~ sex + (1 | id)", data, relationship={"id": K})
    more = lmm("y ~ sex + (1 | id) + (1 | family)", data, relationship={"id": K})
    table = compare(one, more)
    assert table.frame().loc[more.design.formula, "chi2"] == pytest.approx(
        one.deviance - more.deviance
    )
    other = lmm("y ~ sex + (1 | id) + (1 | family)", data, relationship={"id": K @ K})
    assert "no special case" in compare(one, other).note


def test_r2_and_heritability(pairs):
    for ours, theirs in pairs.values():
        equal([r2(ours).random, r2(ours).marginal], [r2(theirs).random, r2(theirs).marginal])
        found = heritability(ours)
        G = [float(table[0, 0]) for table in theirs.G.values()]
        assert found.h2 == pytest.approx(G[0] / (sum(G) + theirs.sigma**2), rel=1e-6)
        chi2 = compare(theirs).values[1, 4] if len(G) == 1 else None
        assert chi2 is None or found.chi2 == pytest.approx(chi2, rel=1e-6)
        assert "over that of id" in found.table.note
        with pytest.raises(LMMError, match="No grouping factor of this model has related levels"):
            heritability(theirs)


def test_r2_counts_what_each_has_of_the_variance(K):
    model = lmm("y ~ sex + (1 | id)", load("kinship"), relationship={"id": K})
    shared = float(model.G["id"][0, 0]) * np.diag(K).mean()
    assert r2(model).random == pytest.approx(shared, rel=1e-9)


def test_predictions(pairs):
    for ours, theirs in pairs.values():
        equal(ours.predict(), theirs.predict())
        equal(ours.predict(level="group"), theirs.predict(level="group"))
        options = dict(level="group", observation=True, confidence=0.8)
        equal(ours.predict(**options), theirs.predict(**options))
        rows = [ours.design.X[:2], np.ones((2, len(ours.theta)))]
        beside = [("s1", "new")] if len(ours.theta) > 1 else []
        mine = ours.predict(
            Rows(*rows, (ours.design.terms[0].levels[0], "nobody"), None, tuple(beside)), "group"
        )
        first = theirs.design.terms[0].levels[0]
        yours = theirs.predict(Rows(*rows, (first, "nobody"), None, tuple(beside)), "group")
        equal(mine, yours)
        assert "Nothing was seen of id nobody" in mine.note
        with pytest.raises(LMMError, match="Rows that are given"):
            ours.predict(level="group", given=Rows(*rows, ("i01", "i02"), [1.0, 2.0]))


def test_predictions_of_a_table(K):
    data = load("kinship")
    model = lmm("y ~ sex + (1 | id)", data, relationship={"id": K})
    new = pd.DataFrame({"sex": [1, 0], "id": ["i007", "a stranger"]})
    predicted = model.predict(new, "group").values
    G, blup = float(model.G["id"][0, 0]), float(model.blups["id"].loc["i007"].iloc[0])
    assert predicted[0, 0] == pytest.approx(model.beta.sum() + blup, rel=1e-12)
    assert predicted[1, 0] == pytest.approx(model.beta[0], rel=1e-12)
    assert predicted[1, 1] == pytest.approx(np.sqrt(G + model.vcov[0, 0]), rel=1e-12)
    with pytest.raises(LMMError, match="do not say which id"):
        model.predict(new[["sex"]], "group")


def test_prediction_errors_with_v_written_out(K, written_out):
    model = lmm("y ~ sex + (1 | id) + (1 | family)", load("kinship"), relationship={"id": K})
    alone = lmm("y ~ sex + (1 | id)", load("kinship"), relationship={"id": K})
    for one in (model, alone):
        oracle = written_out(one.design, one.theta)
        z = np.hstack([np.eye(len(t.levels))[t.codes] for t in one.design.terms])
        X = one.design.X
        variance = np.einsum("ni,ij,nj->n", X, oracle.vcov, X)
        variance += np.einsum("ni,ij,nj->n", z, oracle.b_error, z)
        variance += 2 * np.einsum("ni,ij,nj->n", z, oracle.with_beta, X)
        predicted = one.predict(level="group").values
        assert predicted[:, 1] == pytest.approx(np.sqrt(variance), rel=1e-8)
        assert predicted[:, 0] == pytest.approx(X @ oracle.beta + z @ oracle.b, rel=1e-9)


def test_bootstrap_draws_relatives(K, written_out):
    model = lmm("y ~ sex + (1 | id) + (1 | family)", load("kinship"), relationship={"id": K})
    drawn = simulated(model, np.random.default_rng(1), 20_000) - model.fitted_marginal
    V = model.sigma**2 * written_out(model.design, model.theta).V
    off = (drawn.T @ drawn / 20_000 - V) / np.sqrt(np.outer(np.diag(V), np.diag(V)) + V**2)
    assert np.abs(off).max() < 5.5 / np.sqrt(20_000)  # of 20,100 pairs
    assert off.std() == pytest.approx(1 / np.sqrt(20_000), rel=0.1)


def test_bootstrap(both):
    ours, theirs = both[True]
    mine, yours = ours.bootstrap(100, seed=1), theirs.bootstrap(100, seed=1)
    assert not mine.failed.any()
    assert mine.sd.mean() == pytest.approx(yours.sd.mean(), rel=0.1)
    assert mine.beta.std(0) == pytest.approx(yours.beta.std(0), rel=0.25)
    assert mine.intervals().rows == ("sd_(Intercept)|id", "sigma", "(Intercept)", "female")


def test_what_is_said(both):
    ours, _ = both[True]
    assert "100 related levels of id" in ours.summary()
    assert "100 related levels of id" in html(ours)
    assert ours.ngroups == {"id": 100}
    with pytest.raises(LMMError, match="depends on whose they are"):
        _ = ours.icc


def test_heritability_errors_with_v_written_out(K, written_out):
    for reml in (True, False):
        formula = "y ~ sex + (1 | id) + (1 | family)"
        model = lmm(formula, load("kinship"), reml=reml, relationship={"id": K})
        V, X = model.sigma**2 * written_out(model.design, model.theta).V, model.design.X
        P = np.linalg.inv(V)
        if reml:
            P = P - P @ X @ np.linalg.solve(X.T @ P @ X, X.T @ P)
        family = model.design.terms[1].codes
        parts = [K.to_numpy(), (family[:, None] == family).astype(float), np.eye(200)]
        information = np.array([[np.trace(P @ a @ P @ b) / 2 for a in parts] for b in parts])
        cov, found = np.linalg.inv(information), heritability(model)
        variances = np.array([*(float(G[0, 0]) for G in model.G.values()), model.sigma**2])
        gradient = (np.array([1.0, 0, 0]) - found.h2) / variances.sum()
        assert found.table.values[:3, 1] == pytest.approx(np.sqrt(np.diag(cov)), rel=1e-8)
        assert found.se == pytest.approx(np.sqrt(gradient @ cov @ gradient), rel=1e-8)
        without = lmm("y ~ sex + (1 | family)", load("kinship"), reml=reml)
        assert found.chi2 == pytest.approx(without.deviance - model.deviance, rel=1e-9)


def test_many_responses(K):
    data = load("kinship")
    made = design("y ~ sex + (1 | id) + (1 | family)", data, relationship={"id": K})
    alone = design("y ~ sex + (1 | id)", data, relationship={"id": K})
    for one in (made, alone):
        fits = batch(one, np.stack([data["y"], data["y2"]]), contrast="sex")
        single = fit(replace(one, y=data["y2"].to_numpy()))
        assert fits.deviance[1] == pytest.approx(single.deviance, rel=1e-11)
        assert fits.df[1] == pytest.approx(single.test()[1, 2], rel=1e-6)


@pytest.fixture(scope="module")
def repeated():
    """Relatives with four visits each and residuals that fade."""
    people = families(20, children=2, markers=1, seed=2)
    ids, K = people.table(), named(people.expected, people.names)
    data = ids.loc[ids.index.repeat(4)].assign(t=np.tile(np.arange(4), 80)).reset_index()
    options = dict(relationship={"id": K}, residual=ar1("t", "id"))
    truth = dict(beta=[1.0, 0.5], sd=[1.5], sigma=1.0, values=0.5)
    data = simulate("y ~ t + (1 | id)", data=data, **truth, **options)
    return data, K, lmm("y ~ t + (1 | id)", data, **options)


def test_correlated_residuals_beside_relatives(repeated):
    _, K, model = repeated

    def criterion(theta, rho):
        R = np.kron(np.eye(80), rho ** np.abs(np.subtract.outer(np.arange(4), np.arange(4))))
        V = theta**2 * np.kron(K.to_numpy(), np.ones((4, 4))) + R
        X, y, inverse = model.design.X, model.design.y, np.linalg.inv(V)
        square = X.T @ inverse @ X
        left = y - X @ np.linalg.solve(square, X.T @ inverse @ y)
        logdet = np.linalg.slogdet(V)[1] + np.linalg.slogdet(square)[1]
        return logdet + 318 * (1 + np.log(2 * np.pi * (left @ inverse @ left) / 318))

    theta, rho = float(model.theta[0]), float(np.ravel(model.residual.values)[0])
    least = criterion(theta, rho)
    assert model.deviance == pytest.approx(least, rel=1e-11)
    for step in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        assert criterion(theta + step[0], rho + step[1]) > least + 1e-4
    assert model.converged


def test_what_is_not_worked_out_for_correlated_residuals_is_refused(repeated):
    data, _, model = repeated
    for ask in (
        lambda: heritability(model),
        lambda: scan_arrays(model, np.random.default_rng(1).integers(0, 3, (320, 2))),
        lambda: model.test("kenward-roger"),
        model.profile,
    ):
        with pytest.raises(LMMError, match="independent residuals"):
            ask()
    assert model.design.formula == 'y ~ t + (1 | id), residual = ar1("t", "id"), relationship of id'
    plain = lmm("y ~ t + (1 | id)", data, residual=ar1("t", "id"))
    assert "no test between them" in compare(plain, model).note


@pytest.fixture(scope="module")
def lines():
    """Lines of people who are all the same within a family, and of families; own times."""
    people = families(12, children=1, markers=1, seed=6)
    ids, rng = people.table(), np.random.default_rng(6)
    data = ids.loc[ids.index.repeat(3)].assign(t=rng.uniform(0, 2, 108)).reset_index()
    truth = dict(beta=[3.0, 1.0], sd=[1.0, 0.8], sigma=0.7, corr=0.3)
    data = simulate("y ~ t + (t | family)", data=data, **truth)
    K = {"id": named((people.family[:, None] == people.family).astype(float), people.names)}
    return lmm("y ~ t + (t | id)", data, relationship=K), lmm("y ~ t + (t | family)", data)


def test_lines_of_relatives_by_each_method(lines):
    ours, theirs = lines
    for what in ("deviance", "beta", "vcov", "theta", "sigma", "fitted", "converged", "singular"):
        equal(getattr(ours, what), getattr(theirs, what), rel=1e-5)
    equal(ours.corr["id"], theirs.corr["family"], rel=1e-5)
    of = np.repeat(np.arange(12), 3)
    equal(ours.blups["id"], theirs.blups["family"].values[of], rel=1e-5)
    equal(ours.blup_sd["id"], theirs.blup_sd["family"].values[of], rel=1e-5)
    for method in METHODS:
        equal(ours.test(method), theirs.test(method), rel=1e-4)
    equal(ours.profile().table, theirs.profile().table, rel=1e-4)
    equal(compare(ours), compare(theirs), rel=1e-5)
    equal(ours.predict(), theirs.predict(), rel=1e-5)
    equal(ours.predict(level="group"), theirs.predict(level="group"), rel=1e-5)
    assert r2(ours).random == pytest.approx(r2(theirs).random, rel=1e-5)
    assert not ours.bootstrap(40).failed.any()
    with pytest.raises(LMMError, match="no single heritability"):
        heritability(ours)
    with pytest.raises(LMMError, match="Rows that are given"):
        ours.predict(level="group", given=Rows(np.ones((1, 2)), np.ones((1, 2)), ("i01",), [1.0]))
