"""How long inference takes, beside its peers.

Run with ``pytest tests/benchmarks/test_inference.py --benchmark-only``. The peers' times were taken
once on a machine with two cores of an AMD EPYC (lme4 1.1-31, lmerTest 3.1-3 and pbkrtest 0.5.2 on
R 4.2.2). Times are the best of many, in ms.
"""

import time
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.linear_model import OLS
from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.stats.anova import AnovaRM

from lmmlab import compare, lmm, load
from lmmlab.classical.regression import regress
from lmmlab.classical.rm_anova import rm_anova
from lmmlab.classical.sandwich import prepare
from lmmlab.engine.covariance import covariance
from lmmlab.engine.design import grouped
from lmmlab.model.fit import fit
from lmmlab.study.analysis import Analysis
from lmmlab.study.batch import batch
from lmmlab.study.coverage import coverage
from lmmlab.study.layout import Layout, members, occasions, own_times
from lmmlab.study.simulate import root
from lmmlab.study.truth import Truth

SLOPES = "Reaction ~ Days + (Days | Subject)"


@pytest.fixture(scope="module")
def sleepstudy():
    """The model with random slopes, and a function that times Kenward-Roger with n x n matrices."""
    model = lmm(SLOPES, load("sleepstudy"))
    assert model.converged  # known once and for all, not part of a test's time
    return model


def with_n_by_n_matrices(model):
    """Kenward and Roger's df of each fixed effect, straight from their formulas."""
    (term,), X = model.design.terms, model.design.X
    same = term.codes[:, None] == term.codes
    G = covariance(model.theta, model.sigma, term.blocks)
    V = same * (term.Z @ G @ term.Z.T) + model.sigma**2 * np.eye(len(X))
    units = [np.array(E) for E in ([[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 1]])]
    parts = [same * (term.Z @ E @ term.Z.T) for E in units] + [np.eye(len(X))]
    inverse = np.linalg.inv(V)
    Phi = np.linalg.inv(X.T @ inverse @ X)
    H = [D @ inverse for D in parts]
    P = [-(X.T @ inverse) @ (each @ X) for each in H]
    information = np.array(
        [
            [
                (each.T * other).sum()
                - 2 * np.trace(Phi @ (each @ X).T @ inverse @ (other @ X))
                + np.trace(Phi @ P[i] @ Phi @ P[j])
                for j, other in enumerate(H)
            ]
            for i, each in enumerate(H)
        ]
    )
    u = np.array([np.diagonal(Phi @ each @ Phi) / np.diagonal(Phi) for each in P])
    return 1.0 / np.einsum("ir,ij,jr->r", u, np.linalg.inv(information), u)


@pytest.mark.parametrize(
    ("method", "peer"), [("wald", None), ("satterthwaite", 3.5), ("kenward-roger", 27.0)]
)
def test_effects_of_the_sleep_study(benchmark, beside, sleepstudy, method, peer):
    table = benchmark(lambda: sleepstudy.test(method))
    assert table[1, 3] == pytest.approx(6.771484763988, rel=1e-9)
    said = {"wald": {}, "satterthwaite": {"lmerTest": peer}, "kenward-roger": {"pbkrtest": peer}}
    beside(0.5, **said[method])


def test_kenward_roger_with_n_by_n_matrices(benchmark, beside, sleepstudy):
    """The reference in the same run: the same df from matrices of the size of the data."""
    df = benchmark(lambda: with_n_by_n_matrices(sleepstudy))
    assert df == pytest.approx(sleepstudy.test("kenward-roger").values[:, 2], rel=1e-9)
    beside(27, pbkrtest=27.0)


def test_joint_kenward_roger(benchmark, beside, sleepstudy):
    table = benchmark(lambda: sleepstudy.test("kenward-roger", np.eye(2)))
    assert table[0, 1] == pytest.approx(16.0, rel=1e-9)
    beside(0.5, pbkrtest=27.0)


@pytest.mark.parametrize("studies", [1, 1000])
def test_repeated_measures_anova(benchmark, beside, studies):
    """Sphericity tests and corrections of each study included, which AnovaRM does not give."""
    sleep = load("sleepstudy")
    person, days = sleep["Subject"].to_numpy(), {"Days": sleep["Days"].to_numpy()}
    noise = np.random.default_rng(1).standard_normal((studies, len(sleep)))
    Y = np.concatenate([sleep["Reaction"].to_numpy()[None], noise[1:]])
    anova = benchmark(lambda: rm_anova(Y, person, days))
    start = time.perf_counter()
    theirs = AnovaRM(sleep, "Reaction", "Subject", ["Days"]).fit().anova_table
    statsmodels_ms = 1e3 * (time.perf_counter() - start)
    assert anova.F[0] == pytest.approx(theirs["F Value"].to_numpy(), rel=1e-9)
    beside(0.5 if studies == 1 else 8, statsmodels_now_one_study=round(statsmodels_ms, 1))


@pytest.mark.parametrize("errors", ["naive", "HC2", "CR0", "CR2"])
def test_least_squares_of_a_thousand_responses(benchmark, beside, errors):
    """Estimates, standard errors and df of the slope; statsmodels fits one, without CR2 and df."""
    sleep = load("sleepstudy")
    X = np.column_stack([np.ones(len(sleep)), sleep["Days"]])
    Y = np.random.default_rng(1).standard_normal((1000, len(sleep)))
    design = prepare(X, errors, sleep["Subject"])
    found = benchmark(lambda: regress(design, Y).contrast([0, 1]))
    how = {"cov_type": errors} if errors == "HC2" else {}
    if errors.startswith("CR"):
        groups = {"groups": sleep["Subject"].cat.codes.to_numpy(), "use_correction": False}
        how = {"cov_type": "cluster", "cov_kwds": groups}
    start = time.perf_counter()
    theirs = OLS(Y[0], X).fit(**how)
    error = theirs.bse[1]
    statsmodels_ms = 1e3 * (time.perf_counter() - start)
    assert found.estimate[0] == pytest.approx(theirs.params[1], rel=1e-9)
    assert (errors == "CR2") or found.se[0] == pytest.approx(error, rel=1e-9)
    beside(3, statsmodels_now_one=round(statsmodels_ms, 2))


@pytest.mark.parametrize("rows", ["arrays", "tables"])
def test_prediction_for_a_new_driver_with_two_days(benchmark, beside, sleepstudy, rows):
    new = pd.DataFrame({"Days": [9], "Subject": ["new"]})
    seen = pd.DataFrame({"Days": [0, 1], "Subject": ["new"] * 2, "Reaction": [220.0, 225.0]})
    if rows == "arrays":
        new, seen = sleepstudy.design.read(new), sleepstudy.design.read(seen)
    table = benchmark(lambda: sleepstudy.predict(new, "group", given=seen))
    assert table[0, 0] == pytest.approx(313.913749, abs=1e-5)
    beside(0.5 if rows == "arrays" else 3)


def test_likelihood_ratio_of_two_fits(benchmark, beside, sleepstudy):
    start = lmm("Reaction ~ Days + (1 | Subject)", load("sleepstudy"))
    assert start.converged
    table = benchmark(lambda: compare(start, sleepstudy))
    assert table[1, 4] == pytest.approx(42.836813, rel=1e-6)
    beside(0.5)


LINE = ("1", "day")


def drivers(balanced):
    """Eighteen drivers like those of the sleep study: ten common days, or 6 to 14 of their own."""
    codes = members([10] * 18 if balanced else [6, 14, 7, 13, 8, 12, 9, 11, 10] * 2)
    layout = Layout(codes, {"day": occasions(codes) if balanced else own_times(codes, 0, 9)})
    truth = Truth({"1": 251.4, "day": 10.5}, LINE, root([24.7, 5.9], 0.066), 25.6)
    return truth, layout


def statsmodels_ms(truth, layout):
    """One fit of one simulated study."""
    rng, X = np.random.default_rng(1), layout.matrix(LINE)
    y = truth.responses(layout, rng.standard_normal((18, 2)), rng.standard_normal(len(X)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        MixedLM(y, X, layout.codes, exog_re=X).fit(reml=True)
    return 1e3 * (time.perf_counter() - start)


@pytest.mark.parametrize("balanced", [True, False], ids=["balanced", "unbalanced"])
def test_a_thousand_studies_simulated_and_fitted(benchmark, beside, balanced):
    truth, layout = drivers(balanced)
    X, n = layout.matrix(LINE), len(layout.codes)
    design, rng = grouped(np.zeros(n), X, X, layout.codes), np.random.default_rng(1)

    def studies():
        u, e = rng.standard_normal((1000, 18, 2)), rng.standard_normal((1000, n))
        return batch(design, truth.responses(layout, u, e))

    fits = benchmark(studies)
    assert fits.converged.all() and abs(fits.beta[:, 1].mean() - 10.5) < 0.25
    theirs = statsmodels_ms(truth, layout)
    beside(8 if balanced else 200, lme4=7133, bootMer=9043, statsmodels_now_one=round(theirs, 1))


@pytest.mark.parametrize("balanced", [True, False], ids=["balanced", "unbalanced"])
def test_coverage_of_a_thousand_studies(benchmark, beside, balanced):
    """Least squares, and random intercepts and slopes each with Wald and with Satterthwaite."""
    truth, layout = drivers(balanced)
    analyses = {
        "OLS": Analysis(LINE, (), "day", "naive"),
        "RI z": Analysis(LINE, ("1",), "day", "wald"),
        "RI t": Analysis(LINE, ("1",), "day", "satterthwaite"),
        "RS z": Analysis(LINE, LINE, "day", "wald"),
        "RS t": Analysis(LINE, LINE, "day", "satterthwaite"),
    }
    *_, rates = benchmark(lambda: list(coverage(truth, layout, analyses)))
    assert rates.replicates == 1000 and not rates.failures.any()
    assert rates.coverage[4] == pytest.approx(0.95, abs=0.025) and rates.coverage[2] < 0.8
    theirs = statsmodels_ms(truth, layout)
    beside(60 if balanced else 400, lme4_one_model=7133, statsmodels_now_one=round(theirs, 1))


def test_all_profile_intervals_of_the_sleep_study(benchmark, beside, sleepstudy):
    """Six parameters; the refit by maximum likelihood is part of it."""
    profile = benchmark(sleepstudy.profile)
    assert profile.table[2, 1:] == pytest.approx([3.8011772843, 8.7533919870], rel=1e-8)
    theirs = statsmodels_ms(*drivers(balanced=True))
    beside(20, lme4=1030, statsmodels_now_one_fit=round(theirs, 1))


@pytest.mark.parametrize("name", ["sd_Days|Subject", "cor_Days.(Intercept)|Subject", "Days"])
def test_a_profile_curve(benchmark, beside, sleepstudy, name):
    profile = sleepstudy.profile()
    values, zeta = benchmark(lambda: profile.curve(name))
    assert np.interp(profile.table.loc[name, "upper"], values, zeta) == pytest.approx(
        1.96, abs=0.01
    )
    beside(30)


@pytest.mark.parametrize("balanced", [True, False], ids=["balanced", "unbalanced"])
def test_a_bootstrap_of_a_thousand(benchmark, beside, balanced):
    truth, layout = drivers(balanced)
    X, rng = layout.matrix(LINE), np.random.default_rng(1)
    y = truth.responses(layout, rng.standard_normal((18, 2)), rng.standard_normal(len(X)))
    model = fit(grouped(y, X, X, layout.codes))
    assert model.converged
    table = benchmark(lambda: model.bootstrap(1000).intervals())
    assert table[5, 2] == pytest.approx(model.se[1], rel=0.1)
    theirs = statsmodels_ms(truth, layout)
    beside(8 if balanced else 200, bootMer=9043, statsmodels_now_one=round(theirs, 1))


@pytest.mark.parametrize("method", ["wald", "satterthwaite", "kenward-roger"])
@pytest.mark.parametrize("random", [("1",), LINE], ids=["intercepts", "slopes"])
@pytest.mark.parametrize("balanced", [True, False], ids=["balanced", "unbalanced"])
def test_a_contrast_in_a_thousand_studies(benchmark, beside, balanced, random, method):
    """The fits included; beside them the same number of single fits, each with its test."""
    truth, layout = drivers(balanced)
    X, Z, n = layout.matrix(LINE), layout.matrix(random), len(layout.codes)
    design, rng = grouped(np.zeros(n), X, Z, layout.codes), np.random.default_rng(1)
    Y = truth.responses(layout, rng.standard_normal((1000, 18, 2)), rng.standard_normal((1000, n)))
    fits = benchmark(lambda: batch(design, Y, contrast=[0.0, 1.0], method=method))
    start = time.perf_counter()
    tables = [fit(replace(design, y=y)).test(method, [0.0, 1.0]) for y in Y[:50]]
    alone = 1e3 * (time.perf_counter() - start) * 1000 / 50
    assert fits.df[:50] == pytest.approx([table[0, 2] for table in tables], rel=1e-5)
    ratio = alone / (1e3 * benchmark.stats.stats.min)
    beside(8 if balanced else 200, one_by_one_now=round(alone), ratio=round(ratio, 1))
    assert ratio > 5
