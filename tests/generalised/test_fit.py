"""Limits and invariances of a generalised fit, its boundary, and what it refuses to say."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit

from lmmlab import LMMError, compare, glmm, lmm, load
from lmmlab.engine.design import Design
from lmmlab.formula.counts import counts as read
from lmmlab.generalised.family import BINOMIAL, POISSON
from lmmlab.generalised.fit import fit
from lmmlab.generalised.model import GLMMFit
from lmmlab.generalised.pirls import mode
from lmmlab.generalised.search import deviance
from lmmlab.generalised.separation import start
from lmmlab.generalised.simulate import events
from lmmlab.generalised.working import working
from lmmlab.model.model import Fit

CBPP = "incidence / size ~ period + (1 | herd)"


@pytest.fixture(scope="module")
def cbpp():
    return glmm(CBPP, load("cbpp"))


@pytest.fixture(scope="module")
def still():
    """Yes and no of groups that do not differ: the sd is estimated as zero."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"g": np.repeat(list("abcdefghijkl"), 8), "x": rng.standard_normal(96)})
    for seed in range(100):
        y = np.random.default_rng(seed).random(96) < expit(0.2 + table.x)
        model = glmm("y ~ x + (1 | g)", table.assign(y=y.astype(int)))
        if model.singular:
            return model
    raise AssertionError


@pytest.mark.parametrize("family", ["binomial", "poisson"])
def test_without_random_effects_it_is_the_glm(counts, family):
    made = counts(1, family)
    data = working(made)
    beta = start(data)
    y = np.column_stack([made.y, made.trials - made.y]) if family == "binomial" else made.y
    kind = sm.families.Binomial() if family == "binomial" else sm.families.Poisson()
    glm = sm.GLM(y, made.design.X, kind, offset=made.offset).fit(tol=1e-14)
    assert np.linalg.solve(data.R, beta) == pytest.approx(glm.params, rel=1e-9)
    at = mode(data, np.zeros((1, 1)), beta)
    assert deviance(data, at, 1) == pytest.approx(-2 * glm.llf, rel=1e-12)
    assert deviance(data, at, 9) == pytest.approx(-2 * glm.llf, rel=1e-12)


def test_at_the_boundary_it_is_the_glm(still):
    assert still.theta[0] == 0.0 and still.converged
    assert "the sd of (Intercept) between levels of g is estimated to be zero" in still.message
    assert "That is no error" in still.message
    glm = sm.GLM(still.counts.y, still.design.X, sm.families.Binomial()).fit(tol=1e-14)
    assert still.beta == pytest.approx(glm.params, rel=1e-8)
    assert still.se == pytest.approx(glm.bse, rel=1e-7)
    assert not still.blups["g"].values.any() and not still.blup_sd["g"].values.any()
    assert still.icc == 0.0 and still.median_ratio == 1.0
    table = still.marginal()
    assert table.values[:, 0] == pytest.approx(table.values[:, 1], rel=1e-9)
    assert compare(still).loc[still.design.formula, "p boundary"] == 1.0


def test_a_correlation_of_one_is_said(counts):
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"g": np.repeat(np.arange(12), 6).astype(str), "x": np.tile(range(6), 12)})
    b = rng.standard_normal(12)[np.repeat(np.arange(12), 6)]
    table["y"] = rng.poisson(np.exp(1.0 + 0.6 * b + 0.1 * b * table.x))
    model = glmm("y ~ x + (x | g)", table, "poisson")
    assert model.singular and model.converged
    assert "correlation of (Intercept) and x between levels of g is estimated to be +1" in (
        model.message
    )
    assert np.isfinite(model.se).all()


def test_the_path_goes_down_to_the_estimate(cbpp):
    assert (np.diff(cbpp.path.criterion) < 1e-9).all()
    assert cbpp.path.theta[-1] == pytest.approx(cbpp.theta)
    assert len(cbpp.path.theta) == len(cbpp.path.criterion) < 15


@pytest.mark.parametrize("nodes", [1, 7])
def test_order_of_rows_and_names_of_levels_do_not_matter(nodes):
    table = load("cbpp")
    one = glmm(CBPP, table, nodes=nodes)
    mixed = table.sample(frac=1.0, random_state=1)
    mixed["herd"] = ["z" + name[::-1] + "x" for name in mixed["herd"].astype(str)]
    two = glmm(CBPP, mixed, nodes=nodes)
    assert two.beta == pytest.approx(one.beta, rel=1e-9)
    assert two.se == pytest.approx(one.se, rel=1e-9)
    assert two.theta == pytest.approx(one.theta, rel=1e-9)
    assert two.deviance == pytest.approx(one.deviance, rel=1e-12)


def test_the_origin_and_unit_of_time_do_not_matter():
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"g": np.repeat(np.arange(20), 6).astype(str), "t": np.tile(range(6), 20)})
    b = rng.standard_normal((20, 2))[np.repeat(np.arange(20), 6)] * [0.6, 0.2]
    table["y"] = rng.poisson(np.exp(0.5 + 0.2 * table.t + b[:, 0] + b[:, 1] * table.t))
    table["year"] = 2000 + table.t / 10
    one = glmm("y ~ t + (t | g)", table, "poisson")
    two = glmm("y ~ year + (year | g)", table, "poisson")
    assert two.deviance == pytest.approx(one.deviance, rel=1e-11)
    assert two.beta[1] == pytest.approx(10 * one.beta[1], rel=1e-7)
    assert two.se[1] == pytest.approx(10 * one.se[1], rel=1e-7)
    assert two.sd["g"].values[1] == pytest.approx(10 * one.sd["g"].values[1], rel=1e-6)
    assert two.fitted == pytest.approx(one.fitted, rel=1e-7)


def test_yes_and_no_may_be_exchanged():
    table = load("cbpp")
    table["others"] = table["size"] - table["incidence"]
    one, two = glmm(CBPP, table), glmm("others / size ~ period + (1 | herd)", table)
    assert two.beta == pytest.approx(-one.beta, rel=1e-9)
    assert two.deviance == pytest.approx(one.deviance, rel=1e-12)


def test_single_trials_are_the_same_as_counts_but_for_a_constant():
    table = load("cbpp")
    rows = [
        (herd, period, int(k < y))
        for herd, period, y, n in table.itertuples(index=False)
        for k in range(n)
    ]
    single = pd.DataFrame(rows, columns=["herd", "period", "sick"])
    one, two = glmm(CBPP, table), glmm("sick ~ period + (1 | herd)", single)
    assert two.beta == pytest.approx(one.beta, rel=1e-8)
    assert two.se == pytest.approx(one.se, rel=1e-7)
    assert two.deviance > one.deviance


def test_exposure_is_an_offset_of_its_logarithm():
    table = load("grouseticks").assign(hours=lambda t: 1.0 + t.index % 3)
    table["log_hours"] = np.log(table["hours"])
    formula = "ticks ~ year + (1 | brood)"
    one = glmm(formula, table, "poisson", exposure="hours")
    two = glmm(formula, table, "poisson", offset="log_hours")
    assert one.beta == pytest.approx(two.beta, rel=1e-12)
    longer = glmm(formula, table.assign(hours=table.hours * 10), "poisson", exposure="hours")
    assert longer.beta[0] == pytest.approx(one.beta[0] - np.log(10), rel=1e-8)
    assert longer.beta[1:] == pytest.approx(one.beta[1:], rel=1e-8)


def test_nested_factors_fall_apart():
    table = load("grouseticks")
    model = glmm("ticks ~ year + (1 | location/brood)", table, "poisson")
    assert model.data.shape[0] == 63 and model.data.shape[1] < 10
    assert model.ngroups == {"brood:location": 118, "location": 63}
    plain = glmm("ticks ~ year + (1 | brood) + (1 | location)", table, "poisson")
    assert model.deviance == pytest.approx(plain.deviance, rel=1e-12)


def test_of_categories_the_second_is_the_event():
    table = load("grouseticks")
    table["found"] = np.where(table.ticks > 0, "yes", "no")
    table["any"], table["number"] = table.ticks > 0, (table.ticks > 0).astype(int)
    fits = [glmm(f"{y} ~ cheight + (1 | brood)", table) for y in ("found", "any", "number")]
    assert fits[1].beta == pytest.approx(fits[0].beta, rel=1e-12)
    assert fits[2].beta == pytest.approx(fits[0].beta, rel=1e-12)
    assert "the event is found = yes" in fits[0].summary()
    assert "the event is any = True" in fits[1].summary()


def test_a_model_without_fixed_effects():
    model = glmm("incidence / size ~ 0 + (1 | herd)", load("cbpp"))
    assert model.names == () and model.converged and model.npar == 1
    assert "Fixed effects" not in model.summary()
    with pytest.raises(LMMError, match="no fixed effects"):
        model.test()
    with pytest.raises(LMMError, match="no fixed effects"):
        model.marginal()


def test_summary(cbpp):
    said = cbpp.summary()
    for part in (
        "Generalised linear mixed model, binomial (logit link), by ML (Laplace's approximation)",
        CBPP,
        "56 rows, 15 levels of herd; 99 events in 842 trials",
        "herd   (Intercept)  0.6423",
        "Odds ratio",
        "-2 log likelihood 184.05, AIC 194.05, BIC 204.18; 5 parameters.",
    ):
        assert part in said
    assert "Residual" not in said
    assert "quadrature, 9 nodes" in glmm(CBPP, load("cbpp"), nodes=9).summary()
    assert repr(cbpp) == said and '<div class="lmmlab-fit">' in cbpp._repr_html_()


def test_html_is_escaped():
    table = load("cbpp").rename(columns={"period": "<b>"})
    said = glmm("incidence / size ~ `<b>` + (1 | herd)", table)._repr_html_()
    assert "<b>" not in said and "&lt;b&gt;" in said


LINEAR = {name for name in dir(Fit) if name[0] != "_"} | set(Fit.__dataclass_fields__)


@pytest.mark.parametrize("name", sorted(LINEAR - set(dir(GLMMFit)) - {"theta"}))
def test_what_is_for_normal_responses_is_refused(cbpp, name):
    with pytest.raises(LMMError, match=r"[a-z]\. "):
        getattr(cbpp, name)
    with pytest.raises(AttributeError):
        _ = cbpp.nothing_of_the_kind


def test_functions_of_linear_models_refuse_it(cbpp):
    from lmmlab.inference.bootstrap import bootstrap
    from lmmlab.inference.inference import anova, test
    from lmmlab.inference.profile import profile
    from lmmlab.model.predict import predict
    from lmmlab.model.r2 import r2

    for function in (test, anova, profile, bootstrap, r2, predict):
        with pytest.raises(LMMError):
            function(cbpp)
    for method in ("satterthwaite", "kenward-roger", None, 3):
        for ask in (cbpp.test, cbpp.anova):
            with pytest.raises(LMMError, match="Wald tests only"):
                ask(method)


def test_a_design_is_needed(counts):
    made = counts(1)
    bare = Design(made.design.y, made.design.X, made.design.names, ())
    with pytest.raises(LMMError, match="no random term"):
        fit(dataclasses.replace(made, design=bare))


def test_a_fit_is_pickled_and_the_same(cbpp):
    import pickle

    again = pickle.loads(pickle.dumps(dataclasses.replace(fit(read(CBPP, load("cbpp"))))))
    assert again.beta == pytest.approx(cbpp.beta, rel=1e-12)


def test_comparison_of_kinds(cbpp):
    table = load("cbpp")
    with pytest.raises(LMMError, match="likelihoods of different kinds"):
        compare(cbpp, lmm("incidence ~ period + (1 | herd)", table, reml=False))
    counts_of = glmm("incidence ~ period + (1 | herd)", table, "poisson")
    with pytest.raises(LMMError, match="different"):
        compare(cbpp, counts_of)
    with pytest.raises(LMMError, match="1 nodes, another with 5"):
        compare(cbpp, glmm(CBPP, table, nodes=5))
    with pytest.raises(LMMError, match="different offsets"):
        compare(
            counts_of, glmm("incidence ~ period + (1 | herd)", table, "poisson", exposure="size")
        )
    table["one"] = 1
    yes = glmm("incidence / size ~ period + (1 | herd)", table.assign(size=table["size"] + 1))
    with pytest.raises(LMMError, match="different"):
        compare(cbpp, yes)
    with pytest.raises(LMMError, match="takes fitted models"):
        compare(cbpp, 3)


def test_comparison(cbpp):
    table = load("cbpp")
    null = glmm("incidence / size ~ 1 + (1 | herd)", table)
    got = compare(cbpp, null)
    assert got.rows == (null.design.formula, CBPP)
    assert got.values[1, 4] == pytest.approx(null.deviance - cbpp.deviance)
    assert got.values[1, 5] == 3 and np.isnan(got.values[1, 7])
    assert "maximum likelihood (Laplace's approximation)" in got.note
    alone = compare(cbpp)
    assert alone.values[1, 6] == pytest.approx(2 * alone.values[1, 7])
    y = np.column_stack([cbpp.counts.y, cbpp.counts.trials - cbpp.counts.y])
    glm = sm.GLM(y, cbpp.design.X, sm.families.Binomial()).fit()
    assert alone.values[0, 1] == pytest.approx(-2 * glm.llf, rel=1e-10)
    assert alone.values[0, 0] == 4


@pytest.mark.parametrize("family", ["binomial", "poisson"])
def test_two_new_variances_beside_simulated_scores(family):
    """The weights of the mixture follow from the correlation of the scores, here by chance."""
    rng, n = np.random.default_rng(4), 120
    table = pd.DataFrame({"g": np.repeat(np.arange(30), 4).astype(str)})
    table["x"], table["h"] = rng.standard_normal(n), (np.arange(n) // 8).astype(str)
    truth = -1.0 + 0.8 * table.x.to_numpy()
    kind = BINOMIAL if family == "binomial" else POISSON
    table["y"] = events(kind, truth, rng.standard_normal(n)).astype(int)
    model = glmm("y ~ x + (1 | g) + (1 | h)", table, family)
    said = re.search(r"that of ([\d.]+) chi2\(0\) \+ 0.5 chi2\(1\)", compare(model).note)
    X, m = model.design.X, 6_000
    eta = X @ np.linalg.solve(model.data.R, start(model.data))
    drawn = events(kind, np.broadcast_to(eta, (m, n)), rng.standard_normal((m, n)))
    r = drawn - kind.inverse(eta)
    W = kind.slopes(r[0], np.ones(n), eta)[1]
    levels = [np.add.reduceat(r, np.arange(0, n, size), axis=1) for size in (4, 8)]
    C = np.cov(np.column_stack([*((sums**2).sum(1) / 2 for sums in levels), r @ X]).T)
    C = C[:2, :2] - C[:2, 2:] @ np.linalg.solve((X * W[:, None]).T @ X, C[2:, :2])
    V = np.linalg.inv(C)
    none = 0.25 - np.arcsin(V[0, 1] / np.sqrt(V[0, 0] * V[1, 1])) / (2 * np.pi)
    assert float(said[1]) == pytest.approx(none, abs=0.02)


def test_more_new_variances_have_no_simple_reference():
    table = load("grouseticks")
    formula = "ticks ~ year + (1 | brood)"
    small = glmm(formula, table, "poisson")
    large = glmm(formula + " + (1 | location) + (1 | chick)", table, "poisson")
    for got in (compare(large, small), compare(large)):
        assert np.isnan(got.values[1, 7])
        assert "Add random effects one at a time" in got.note


def test_a_large_sd_is_rough_by_laplace():
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(60), 5)
    y = rng.random(300) < expit(3.0 * rng.standard_normal(60)[g])
    table = pd.DataFrame({"g": g.astype(str), "y": y.astype(int)})
    one, many = glmm("y ~ 1 + (1 | g)", table), glmm("y ~ 1 + (1 | g)", table, nodes=25)
    assert "Laplace's approximation is rough for single yes and no; compare nodes=25" in one.message
    assert "rough" not in many.message
    assert many.theta[0] > 1.05 * one.theta[0]


def test_rare_counts_are_rough_by_laplace():
    """Eight events in 10,000 rows, drawn without any groups: by Laplace they differ wildly."""
    y = np.zeros(10_000)
    y[np.arange(8) * 1217] = 1
    table = pd.DataFrame({"g": np.repeat(np.arange(500), 20).astype(str), "y": y})
    one = glmm("y ~ 1 + (1 | g)", table, "poisson")
    many = glmm("y ~ 1 + (1 | g)", table, "poisson", nodes=25)
    assert one.theta[0] > 2.5 and many.theta[0] == 0.0
    assert "rough for rows most of which count nothing; compare nodes=25" in one.message
    assert "rough" not in many.message


def test_counts_of_a_hundred_thousand_in_one_group():
    """At the end, too, the best u is looked for where it was: at 0 means are beyond numbers."""
    rng = np.random.default_rng(3)
    g, x = np.repeat(np.arange(5), 4), rng.lognormal(0, 1, 20)
    eta = np.minimum(-1 + 2 * x + 4 * rng.standard_normal(5)[g], 12)
    table = pd.DataFrame({"g": g.astype(str), "x": x, "y": rng.poisson(np.exp(eta))})
    assert glmm("y ~ x + (1 | g)", table, "poisson").converged


def test_few_levels_are_said():
    few = glmm("incidence / size ~ period + (1 | herd)", load("cbpp").iloc[:30])
    assert "There are few levels of herd" in few.message
    assert glmm(CBPP, load("cbpp")).message == ""


def test_a_large_offset_is_met_by_the_intercept():
    table = load("grouseticks").assign(o=300.0)
    one = glmm("ticks ~ year + (1 | brood)", table, "poisson", offset="o")
    two = glmm("ticks ~ year + (1 | brood)", table, "poisson")
    assert one.beta[0] + 300.0 == pytest.approx(two.beta[0], rel=1e-7)
    assert one.beta[1:] == pytest.approx(two.beta[1:], rel=1e-7)
