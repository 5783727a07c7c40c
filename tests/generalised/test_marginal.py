"""What a model says of groups at large: averages, ratios, predictions, and their errors."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from lmmlab import LMMError, glmm, load
from lmmlab.engine.rows import Rows
from lmmlab.generalised.fit import fit
from lmmlab.generalised.pirls import mode
from lmmlab.generalised.search import deviance
from lmmlab.meaning import odds

CBPP = "incidence / size ~ period + (1 | herd)"
TICKS = "ticks ~ year + cheight + (1 | brood)"


@pytest.fixture(scope="module")
def cbpp():
    return glmm(CBPP, load("cbpp"))


@pytest.fixture(scope="module")
def ticks():
    return glmm(TICKS, load("grouseticks"), "poisson")


def test_marginal_coefficients_of_two_arms_are_differences_of_links():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {"g": np.repeat(np.arange(40), 10).astype(str), "arm": rng.integers(0, 2, 400)}
    )
    b = 1.5 * rng.standard_normal(40)[np.repeat(np.arange(40), 10)]
    table["y"] = rng.random(400) < expit(-0.5 + table.arm + b)
    model = glmm("y ~ arm + (1 | g)", table)
    tau = float(model.sd["g"].values[0])
    got = model.marginal()
    told = odds.average_log_odds_ratio(model.beta[0], model.beta[1], tau)
    assert got.values[1, 1] == pytest.approx(float(told), rel=1e-10)
    assert got.values[:, 0] == pytest.approx(model.beta)
    assert got.values[:, 5] == pytest.approx(model.beta * odds.flattening(tau))
    b = np.random.default_rng(2).standard_normal(200_000) * tau
    drawn = [expit(model.beta[0] + arm * model.beta[1] + b).mean() for arm in (0, 1)]
    assert logit(drawn[1]) - logit(drawn[0]) == pytest.approx(got.values[1, 1], abs=0.02)


def test_of_counts_only_the_intercept_moves(ticks):
    got, tau = ticks.marginal(), float(ticks.sd["brood"].values[0])
    assert "Zeger" not in got.columns
    assert got.values[1:, 1] == pytest.approx(ticks.beta[1:], rel=1e-9)
    assert got.values[0, 1] == pytest.approx(ticks.beta[0] + tau**2 / 2, rel=1e-9)
    assert got.values[1:, 2] == pytest.approx(ticks.se[1:], rel=1e-9)


def numbers_around(model, what):
    """The delta method by differences: refit nothing, move theta and beta of the model."""
    k, found = len(model.theta), model.found
    values = []
    for a, step in enumerate(1e-5 * np.eye(len(found.gradient))):
        both = []
        for sign in (1, -1):
            Lambda = found.at.Lambda + (found.axes * sign * step[:k] if a < k else 0.0)
            both.append(what(Lambda, found.at.beta + sign * step[k:]))
        values.append((both[0] - both[1]) / 2e-5)
    moves = np.array(values)
    return np.sqrt(np.einsum("am,ab,bm->m", moves, model.joint, moves))


def test_standard_errors_beside_differences(cbpp):
    data = cbpp.data

    def average(Lambda, beta):
        p = odds.average_probability(data.X @ beta, np.abs(data.Z @ Lambda)[:, 0])
        return logit(p)

    def own(Lambda, beta):
        return mode(data, Lambda, beta).eta

    se = cbpp.predict(level="average", scale="link").values[:, 1]
    assert se == pytest.approx(numbers_around(cbpp, average), rel=1e-6)
    fixed = np.linalg.pinv(cbpp.design.X)
    told = numbers_around(cbpp, lambda Lambda, beta: fixed @ average(Lambda, beta))
    assert cbpp.marginal().values[:, 2] == pytest.approx(told, rel=1e-6)
    se = cbpp.predict(level="group", scale="link").values[:, 1]
    left = cbpp.blup_sd["herd"].values[cbpp.design.terms[0].codes, 0]
    told = np.sqrt(numbers_around(cbpp, own) ** 2 + left**2)
    assert se == pytest.approx(told, rel=1e-6)


def test_predictions_of_the_fitted_rows(cbpp, ticks):
    assert cbpp.predict(level="group").values[:, 0] == pytest.approx(cbpp.fitted, rel=1e-12)
    assert cbpp.predict().values[:, 0] == pytest.approx(cbpp.fitted_typical, rel=1e-12)
    link = cbpp.predict(scale="link").values
    assert cbpp.predict().values[:, [0, 2, 3]] == pytest.approx(expit(link[:, [0, 2, 3]]))
    tau = ticks.sd["brood"].values[0]
    average = ticks.predict(level="average").values[:, 0]
    assert average == pytest.approx(ticks.fitted_typical * np.exp(tau**2 / 2), rel=1e-10)


def test_the_average_is_that_of_many_new_groups(cbpp):
    drawn = cbpp.simulate(4000, seed=3).mean(0) / cbpp.counts.trials
    average = cbpp.predict(level="average").values[:, 0]
    assert np.abs(drawn - average).max() < 5 * np.sqrt(0.25 / 4000)
    assert np.abs(drawn - average).mean() < 0.01
    assert (average > cbpp.fitted_typical).all()  # of rare events


def test_new_rows(cbpp):
    table = load("cbpp")
    some = table.iloc[[0, 5, 30]]
    rows = [0, 5, 30]
    for level in ("typical", "average", "group"):
        old = cbpp.predict(level=level).values[rows]
        assert cbpp.predict(some, level).values == pytest.approx(old, rel=1e-10)
    unknown = some.drop(columns=["incidence", "size"]).assign(herd="new")
    table = cbpp.predict(unknown, "group", "link")
    typical = cbpp.predict(unknown, scale="link")
    assert table.values[:, 0] == pytest.approx(typical.values[:, 0])
    tau = cbpp.sd["herd"].values[0]
    assert (table.values[:, 1] > np.hypot(typical.values[:, 1], tau)).all() or np.allclose(
        table.values[:, 1], np.hypot(typical.values[:, 1], tau), rtol=0.1
    )
    assert "Nothing was seen of herd new" in table.note
    with pytest.raises(LMMError, match="do not say which herd"):
        cbpp.predict(unknown.drop(columns="herd"), "group")
    assert cbpp.predict(unknown.drop(columns="herd")).values.shape == (3, 4)


def test_new_rows_of_several_factors():
    table = load("grouseticks")
    model = glmm("ticks ~ year + (1 | brood) + (1 | location)", table, "poisson")
    some = table.iloc[[3, 100, 402]]
    got = model.predict(some, "group").values
    assert got == pytest.approx(model.predict(level="group").values[[3, 100, 402]], rel=1e-10)
    half = some.assign(brood="new")
    link = model.predict(half, "group", "link")
    b = model.blups["location"].loc[some.location.astype(str).tolist(), "(Intercept)"]
    eta = model.predict(half, scale="link").values[:, 0] + b.to_numpy()
    assert link.values[:, 0] == pytest.approx(eta, rel=1e-10)
    assert (link.values[:, 1] > model.sd["brood"].values[0]).all()


def test_an_offset_of_new_rows():
    table = load("grouseticks").assign(hours=2.0)
    model = glmm(TICKS, table, "poisson", exposure="hours")
    some = table.head(2)
    one = model.predict(some).values[:, 0]
    assert model.predict(some.assign(hours=6.0)).values[:, 0] == pytest.approx(3 * one)
    assert model.predict(some, offset=0.0).values[:, 0] == pytest.approx(one / 2)
    without = some.drop(columns="hours")
    assert model.predict(without, offset=np.log(2)).values[:, 0] == pytest.approx(one)
    with pytest.raises(LMMError, match="no column hours"):
        model.predict(some.drop(columns="hours"))
    with pytest.raises(LMMError, match="one for each row"):
        model.predict(some, offset=[1.0, 2.0, 3.0])


def test_rows_as_arrays(counts):
    model = fit(counts(1, q=2))
    rows = Rows([[1.0, 0.5]], [[1.0, 0.5]], ["g1"])
    assert model.predict(rows, "group", offset=0.1).values.shape == (1, 4)
    with pytest.raises(LMMError, match="do not say theirs"):
        model.predict(rows)
    with pytest.raises(LMMError, match="made from arrays"):
        model.predict(pd.DataFrame({"x": [1]}))
    with pytest.raises(LMMError, match="do not fit the model"):
        model.predict(Rows([[1.0]], [[1.0, 0.5]]), offset=0.0)


def test_what_cannot_be_predicted(cbpp):
    for options in ({"level": "population"}, {"level": 3}, {"scale": "odds"}, {"scale": None}):
        with pytest.raises(LMMError, match="must be one of"):
            cbpp.predict(**options)
    for confidence in (0, 1, 95, "a"):
        with pytest.raises(LMMError, match="confidence must lie"):
            cbpp.predict(confidence=confidence)
        with pytest.raises(LMMError, match="confidence must lie"):
            cbpp.marginal(confidence)


@pytest.mark.parametrize("level", ["typical", "average", "group"])
def test_rows_far_from_the_others(level):
    """Probabilities next to 0 and 1 keep their digits; what is beyond all numbers is refused."""
    table = load("grouseticks").assign(yes=lambda t: (t.ticks > 2).astype(int))
    model = glmm("yes ~ cheight + (1 | brood)", table)
    some = table.head(2).assign(cheight=[9.0, -9.0])
    link = model.predict(some, level, "link")
    assert np.isfinite(link.values).all()
    assert np.isfinite(model.predict(some, level).values).all()
    if level == "average":
        assert link.values[:, 0] == pytest.approx(np.log(tails(model, some.cheight)), rel=1e-10)
    for x in (1e6, -1e6, 1e200):
        with pytest.raises(LMMError, match="mean count of row 2, or"):
            model.predict(some.assign(cheight=[0.0, x]), level)
    counted = glmm(TICKS, table, "poisson")
    with pytest.raises(LMMError, match="mean count of row 1, or"):
        counted.predict(some.assign(cheight=[-1000.0, 0.0]), level)


def tails(model, x):
    """Odds of averages over groups, each of the two probabilities by itself."""
    eta, tau = model.beta[0] + model.beta[1] * np.asarray(x), model.theta[0]
    t = np.linspace(-12, 12, 4801)
    weight = np.exp(-t * t / 2)
    at = eta[:, None] + tau * t
    return (expit(at) @ weight) / (expit(-at) @ weight)


def test_slopes_far_from_the_others():
    table = load("grouseticks").assign(yes=lambda t: (t.ticks > 2).astype(int))
    model = glmm("yes ~ 1 + (0 + cheight | location)", table)
    assert not model.singular
    with pytest.raises(LMMError, match="mean count of row 1, or"):
        model.predict(table.head(1).assign(cheight=1e6), "average")


def test_icc_and_median_ratio(cbpp, ticks):
    tau = float(cbpp.sd["herd"].values[0])
    assert cbpp.icc == pytest.approx(tau**2 / (tau**2 + np.pi**2 / 3))
    assert cbpp.median_ratio == pytest.approx(np.exp(np.sqrt(2) * tau * 0.6744897501960817))
    tau = float(ticks.sd["brood"].values[0])
    mean = (ticks.fitted_typical * np.exp(tau**2 / 2)).mean()
    assert ticks.icc == pytest.approx(tau**2 / (tau**2 + np.log(1 + 1 / mean)))
    slopes = glmm("incidence / size ~ size + (size || herd)", load("cbpp"))
    for name in ("icc", "median_ratio"):
        with pytest.raises(LMMError, match="With random slopes there is no single"):
            getattr(slopes, name)


def test_ratios(cbpp, ticks):
    table = cbpp.ratios()
    z = cbpp.test()
    assert table.columns[0] == "odds ratio" and ticks.ratios().columns[0] == "rate ratio"
    assert np.log(table.values) == pytest.approx(z.values[:, [0, 5, 6]])
    assert ticks.ratios().note.endswith("On average over groups it is the same.")


def test_ratios_where_slopes_differ_are_others_on_average():
    model = glmm("ticks ~ cheight + (cheight | brood)", load("grouseticks"), "poisson")
    moved = model.marginal().values[1, 1] - model.beta[1]
    assert abs(moved) > 0.01
    assert "it is another, since slopes differ" in model.ratios().note


def test_ratios_of_a_unit_beyond_all_numbers():
    table = load("grouseticks").assign(far=lambda t: t.cheight / 1e6)
    model = glmm("ticks ~ far + (1 | brood)", table, "poisson")
    with pytest.raises(LMMError, match="rate ratio of far, or an end"):
        model.ratios()
    assert "inf" not in model.summary() and "far " in model.summary()


def test_tests(cbpp):
    joint = cbpp.test(L=["period2", "period3", "period4"])
    L, beta = np.eye(4)[1:], cbpp.beta
    chi2 = (L @ beta) @ np.linalg.solve(L @ cbpp.vcov @ L.T, L @ beta)
    assert joint.values[0, 2] == pytest.approx(chi2 / 3)
    assert cbpp.anova().values[0] == pytest.approx(joint.values[0])
    one = cbpp.test(L="period2")
    assert one.values[0] == pytest.approx(cbpp.test().values[1])
    difference = cbpp.test(L=[0, 1, -1, 0])
    assert difference.rows == ("period2 - period3",)
    with pytest.raises(LMMError, match="no term to test"):
        glmm("incidence / size ~ 1 + (1 | herd)", load("cbpp")).anova()


def test_overdispersion(cbpp, ticks):
    table = cbpp.overdispersion()
    p = cbpp.fitted
    n, y = cbpp.counts.trials, cbpp.counts.y
    chi2 = ((y - n * p) ** 2 / (n * p * (1 - p))).sum()
    assert table.values[0, :3] == pytest.approx([chi2, 51, chi2 / 51])
    assert "No sign" in table.note
    table = ticks.overdispersion()
    assert table.values[0, 3] < 1e-6 and "(1 | row)" in table.note
    rows = load("grouseticks").assign(row=np.arange(403).astype(str))
    absorbed = glmm("ticks ~ year + cheight + (1 | brood) + (1 | row)", rows, "poisson")
    assert "Each row has a random effect of its own (row)" in absorbed.overdispersion().note
    rows["any"] = (rows.ticks > 0).astype(int)
    with pytest.raises(LMMError, match="single yes or no cannot vary more"):
        glmm("any ~ cheight + (1 | brood)", rows).overdispersion()


def test_joint_covariance_is_that_of_the_deviance(cbpp):
    data, found = cbpp.data, cbpp.found

    def value(p):
        return deviance(data, mode(data, p[:1, None], p[1:]), 1)

    point = np.concatenate([found.at.Lambda[0], found.at.beta])
    h, P = 1e-3, len(point)
    H = np.empty((P, P))
    for a in range(P):
        for b in range(P):
            ea, eb = h * np.eye(P)[a], h * np.eye(P)[b]
            H[a, b] = (
                value(point + ea + eb)
                - value(point + ea - eb)
                - value(point - ea + eb)
                + value(point - ea - eb)
            ) / (4 * h * h)
    assert cbpp.joint == pytest.approx(2 * np.linalg.inv(H), rel=1e-4, abs=1e-6)
