"""Tests of fixed effects: what must hold whatever the references say, and what cannot be tested."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lmmlab import lmm, load
from lmmlab.engine.design import LMMError, grouped
from lmmlab.inference import account, inference
from lmmlab.inference.satterthwaite import Uncertainty
from lmmlab.model.fit import evaluate, fit

METHODS = ("wald", "satterthwaite", "kenward-roger")
SIZES = (0.0, 0.1, 1.0, 2.0)


def column(table, name):
    return table.values[:, table.columns.index(name)]


# What must hold


def trial(J=8, n=5, seed=3, sizes=None):
    """Half of J groups get something; a random intercept."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(J), sizes if sizes is not None else n)
    treated = (groups % 2).astype(float)
    y = 10.0 + 3.0 * rng.standard_normal(J)[groups] + rng.standard_normal(len(groups))
    return y, np.column_stack([np.ones(len(y)), treated]), groups


@pytest.mark.parametrize("method", METHODS[1:])
@pytest.mark.parametrize("J", [4, 6, 10])
def test_a_balanced_group_effect_is_a_t_test_of_means(J, method):
    y, X, groups = trial(J)
    row = fit(grouped(y, X, X[:, :1], groups)).test(method, "x1")[0]
    means = np.array([y[groups == j].mean() for j in range(J)])
    expected = stats.ttest_ind(means[1::2], means[::2])
    assert row[2] == pytest.approx(J - 2, rel=1e-9)
    assert row[3] == pytest.approx(expected.statistic, rel=1e-9)
    assert row[4] == pytest.approx(expected.pvalue, rel=1e-8)
    interval = expected.confidence_interval(0.95)
    assert row[5:] == pytest.approx([interval.low, interval.high], rel=1e-8)


def test_slopes_of_the_sleep_study_have_one_df_for_each_person_but_one():
    model = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))
    for method in METHODS[1:]:
        table = model.test(method)
        assert column(table, "df") == pytest.approx([17.0, 17.0], rel=1e-9)
        assert column(table, "se") == pytest.approx(model.se, rel=1e-9)  # balanced: no adjustment
        assert model.test(method, "Days")[0] == pytest.approx(table[1], rel=1e-12)


def test_kenward_rogers_joint_test_is_hotellings():
    """With own lines of 18 people, T**2 on 17 df is F on 2 and 16."""
    data = load("sleepstudy")
    model = lmm("Reaction ~ Days + (Days | Subject)", data)
    lines = np.array(
        [
            np.linalg.lstsq(
                np.column_stack([np.ones(len(own)), own["Days"]]), own["Reaction"], rcond=None
            )[0]
            for _, own in data.groupby("Subject", observed=True)
        ]
    )
    mean = lines.mean(0)
    T2 = 18 * mean @ np.linalg.solve(np.cov(lines.T), mean)
    row = model.test("kenward-roger", np.eye(2))[0]
    assert row[:3] == pytest.approx([2.0, 16.0, 16 / (17 * 2) * T2], rel=1e-9)
    assert row[3] == pytest.approx(stats.f.sf(row[2], 2, 16), rel=1e-9)


def test_without_variance_between_groups_satterthwaite_counts_rows():
    """Dyestuff 2 (Box & Tiao 1973): 29 as lmerTest has it; Kenward-Roger has J - 1."""
    model = lmm("Yield ~ 1 + (1 | Batch)", load("dyestuff2"))
    satterthwaite, roger = (model.test(method) for method in METHODS[1:])
    assert column(satterthwaite, "df") == pytest.approx(29.0, rel=1e-12)
    assert column(roger, "df") == pytest.approx(5.0, rel=1e-9)
    assert "take it as known" in satterthwaite.note and "uncertain like any other" in roger.note
    assert not model.test("wald").note
    assert not lmm("Reaction ~ Days + (1 | Subject)", load("sleepstudy")).test().note


@pytest.mark.parametrize("method", METHODS)
def test_one_row_together_is_one_row_squared(made, method):
    model = fit(made(11, p=4, q=2, groups=12))
    L = np.array([1.0, -2.0, 0.3, 1.0])
    alone, joint = model.test(method, L)[0], model.test(method, L[None])[0]
    assert joint == pytest.approx([1.0, alone[2], alone[3] ** 2, alone[4]], rel=1e-9)
    named, listed = model.test(method, "x2")[0], model.test(method, ["x2"])[0]
    assert listed == pytest.approx([1.0, named[2], named[3] ** 2, named[4]], rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_hypothesis_is_the_same_however_it_is_written(made, method):
    """F and, but for Satterthwaite (as lmerTest), its df do not depend on the basis of L."""
    model = fit(made(11, p=4, q=2, groups=12))
    L = np.eye(4)[1:]
    first = model.test(method, L)[0]
    other = model.test(method, np.array([[1.0, 2, 0], [0, 1, 1e3], [3, 0, 1]]) @ L)[0]
    again = model.test(method, np.vstack([L[0], L, L[1] - L[0]]))[0]  # dependent rows count once
    assert first[0] == other[0] == again[0] == 3
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    assert model.test(method, turn @ L)[0] == pytest.approx(first, rel=1e-9)
    assert model.test(method, 1e-12 * L)[0] == pytest.approx(first, rel=1e-9)
    if method == "satterthwaite":
        assert other[2] == pytest.approx(first[2], rel=1e-9)
    else:
        assert other == pytest.approx(first, rel=1e-8)
        assert again == pytest.approx(first, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("blocks", [(2,), (1, 1)])
def test_units_and_order_of_rows_do_not_matter(made, method, blocks):
    one = made(5, p=3, q=2, groups=10, weights=True, blocks=blocks)
    (term,) = one.terms
    model = fit(one)
    row = model.test(method, "x1")[0]
    place = np.random.default_rng(2).permutation(len(one.y))
    scale = np.array([1.0, 1e4, 0.1])
    other = grouped(
        (1e6 + 50.0 * one.y)[place],
        (one.X * scale)[place],
        (one.X * scale)[place, :2],
        term.codes[place],
        blocks=blocks,
        weights=3.0 * one.weights[place],
    )
    moved = fit(other).test(method, "x1")[0]
    assert moved[2:5] == pytest.approx(row[2:5], rel=2e-6)
    assert moved[[0, 1, 5, 6]] == pytest.approx(50.0 / 1e4 * row[[0, 1, 5, 6]], rel=2e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unit", [1e-6, 1e-12, 1e-18, 1e12])
@pytest.mark.parametrize("L", [np.eye(3), np.eye(3)[1:], [[0, 1, 0], [1, 0, 0], [1, 1, 0]]])
def test_units_of_effects_do_not_matter_to_a_joint_test(method, unit, L):
    """Rows of L that differ by dozens of powers of ten: F is the same to the last digits."""
    data, formula = load("sleepstudy"), "Reaction ~ Days + I(Days^2) + (1 | Subject)"
    expected = lmm(formula, data).test(method, L)[0]
    row = lmm(formula, data.assign(Days=unit * data["Days"])).test(method, L)[0]
    if method == "satterthwaite":  # whose df are about the eigenvectors of L vcov L'
        first = np.asarray(L)[:, 0] * 1.0
        assert 17.0 < row[1] <= 160.0 + 1e-6
        if not first.any():
            assert row[1] == pytest.approx(expected[1], rel=1e-6)
        row, expected = np.delete(row, [1, 3]), np.delete(expected, [1, 3])
    assert row == pytest.approx(expected, rel=1e-6)


def test_units_of_effects_matter_to_satterthwaites_joint_df():
    """As in lmerTest: where effects have df of their own, much depends on how L is written."""
    data, formula = load("sleepstudy"), "Reaction ~ Days + I(Days^2) + (1 | Subject)"
    model = lmm(formula, data)
    root = np.diag(model.se) @ np.linalg.cholesky(model.vcov / np.outer(model.se, model.se))
    U = np.linalg.svd(root)[0]  # eigenvectors of vcov, and their t with df one by one
    df = np.array([model.test(L=axis)[0, 2] for axis in U.T])
    E = (df / (df - 2)).sum()
    assert model.test(L=np.eye(3))[0, 1] == pytest.approx(2 * E / (E - 3), rel=1e-9)
    apart = lmm(formula, data.assign(Days=1e-6 * data["Days"])).test(L=np.eye(3))[0, 1]
    assert apart < 0.7 * model.test(L=np.eye(3))[0, 1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [1e-200, 1e-100, 1e200])
def test_weights_of_any_size(sleep, method, size):
    """No square overflows, and none becomes zero."""
    expected, row = sleep.test(method, [1, 9])[0], sleep.test(method, [size, 9 * size])[0]
    assert row[2:5] == pytest.approx(expected[2:5], rel=1e-9)
    assert row[[0, 1, 5, 6]] / size == pytest.approx(expected[[0, 1, 5, 6]], rel=1e-9)
    together = sleep.test(method, [[size, 9 * size], [0, 1]])[0]
    plain = sleep.test(method, [[1, 9], [0, 1]])[0]
    assert together == pytest.approx(plain, rel=1e-9)
    assert sleep.test(method, [size, 1.0])[0, 3] == pytest.approx(
        sleep.test(method, "(Intercept)" if size > 1 else "Days")[0, 3], rel=1e-9
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_origin_of_time_does_not_matter(made, method):
    one = made(7, p=2, q=2, groups=10, spread=2.0)
    (term,) = one.terms
    later = one.X + np.array([0.0, 2020.0])
    model, moved = fit(one), fit(grouped(one.y, later, later, term.codes))
    assert not model.singular
    expected = model.test(method, "x1")[0]
    assert moved.test(method, "x1")[0] == pytest.approx(expected, rel=1e-6)
    expected = model.test(method, [1.0, 1.5])[0]
    assert moved.test(method, [1.0, 2021.5])[0] == pytest.approx(expected, rel=1e-5)


def test_kenward_roger_never_narrows(made):
    for seed in range(8):
        model = fit(made(seed, p=3, q=2, groups=8))
        assert (column(model.test("kenward-roger"), "se") >= model.se * (1 - 1e-12)).all()


@pytest.mark.parametrize("blocks", [(2,), (1, 1)])
@pytest.mark.parametrize("method", METHODS)
def test_many_fits_at_once(made, method, blocks):
    """Boundary fits among them."""
    one = made(8, p=3, q=2, groups=12, blocks=blocks, spread=2.0)
    rng = np.random.default_rng(8)
    fits = [fit(replace(one, y=size * one.y + rng.standard_normal(len(one.y)))) for size in SIZES]
    assert {each.singular for each in fits} == {True, False}
    names = ("Lambda", "r2", "beta", "inverse", "F", "fixed", "y")
    parts = {name: np.stack([getattr(each.solution, name) for each in fits]) for name in names}
    at = replace(fits[0].solution, **parts)
    sigma = np.array([each.sigma for each in fits])
    L = np.array([[0.0, 1.0, 0.0], [1.0, 2.0, -1.0]])
    se, df = inference.errors(fits[0].cross, at, sigma, L, method)
    for each, own_se, own_df in zip(fits, se, df, strict=True):
        rows = np.array([each.test(method, weights)[0] for weights in L])
        np.testing.assert_allclose(own_se, rows[:, 1], rtol=1e-12)
        np.testing.assert_allclose(own_df, rows[:, 2], rtol=1e-9)


def test_confidence_and_names():
    model = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))
    row = model.test(L=[0, 10], confidence=0.9)
    assert row.rows == ("10 Days",)
    reach = stats.t.ppf(0.95, row[0, 2]) * row[0, 1]
    assert row[0, 5:] == pytest.approx([row[0, 0] - reach, row[0, 0] + reach], rel=1e-10)
    for level in (np.float32(0.9), np.array(0.9)):
        same = model.test(L=[0, 10], confidence=level)[0]
        assert same == pytest.approx(row[0], rel=1e-6)
    assert model.test(L=("(Intercept)", "Days")).rows == ("(Intercept) and Days",)


# What cannot be tested


@pytest.fixture(scope="module")
def sleep():
    return lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"method": np.array(["wald", "wald"])}, "this is array"),
        ({"method": None}, "this is None"),
        ({"L": [1j, 0.0]}, "L must be the name of a fixed effect"),
        ({"L": np.array([1j, 0.0])}, "L must be the name of a fixed effect"),
        ({"L": np.array(["Dose"])}, "no fixed effect 'Dose'"),
        ({"confidence": 1.0 - 1e-16}, "confidence must lie between 0 and 1"),
        ({"confidence": np.array([0.9, 0.95])}, "confidence must lie between 0 and 1"),
        ({"confidence": True}, "confidence must lie between 0 and 1"),
        ({"method": "kr"}, '"wald", "satterthwaite" or "kenward-roger"; this is \'kr\''),
        ({"L": "days"}, "no fixed effect 'days'. Did you mean 'Days'"),
        ({"L": ["Days", "Dose"]}, "no fixed effect 'Dose'"),
        ({"L": [1.0, 2.0, 3.0]}, r"a weight for each of 2 fixed effects .* shape is \(3,\)"),
        ({"L": np.zeros((0, 2))}, r"shape is \(0, 2\)"),
        ({"L": [0.0, 0.0]}, "a row of zeros"),
        ({"L": [[0.0, 1.0], [0.0, 0.0]]}, "a row of zeros"),
        ({"L": [0.0, np.nan]}, "not finite"),
        ({"L": {"Days": 1}}, "L must be the name of a fixed effect"),
        ({"L": [[1.0], [0.0, 1.0]]}, "L must be the name of a fixed effect"),
        ({"confidence": 95}, "confidence must lie between 0 and 1, like 0.95; this is 95"),
        ({"confidence": "95%"}, "confidence must lie between 0 and 1"),
    ],
)
def test_bad_input(sleep, arguments, said):
    with pytest.raises(LMMError, match=said):
        sleep.test(**arguments)


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_given_theta_has_no_df(sleep, method):
    known = sleep.at(sleep.theta)
    with pytest.raises(LMMError, match='unlike "wald", needs estimates, and theta was given'):
        known.test(method)
    assert known.test("wald")[1] == pytest.approx(sleep.test("wald")[1], rel=1e-9)
    astray = replace(
        sleep, source="search", theta=known.theta, solution=sleep.at([2, 0, 1]).solution
    )
    with pytest.raises(LMMError, match="needs estimates, and the search did not end in a minimum"):
        astray.test(method)


def test_kenward_roger_wants_reml():
    model = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"), reml=False)
    for ask in (model.test, model.anova):
        with pytest.raises(LMMError, match="made for REML, and this model was fitted by ML"):
            ask("kenward-roger")


def test_df_that_cannot_be_computed(sleep, monkeypatch):
    """A direction that changes the variance, and of which the data say nothing."""
    lost = Uncertainty(178, np.ones((1, 2, 2)), np.full((1, 1), 1e9))
    monkeypatch.setattr(account, "satterthwaite", lambda cross, at: lost)
    for L in (None, ["Days"]):
        with pytest.raises(LMMError, match=r"degrees of freedom for .* cannot be computed"):
            sleep.test(L=L)


def test_a_term_that_cannot_be_tested_is_named_and_the_others_stay(sleep):
    """Two of 3 treatments' effects on 5 groups have 2 df together; the covariate has many."""
    y, _, groups = trial(J=5, n=6)
    x = np.random.default_rng(2).standard_normal(len(y))
    data = pd.DataFrame({"y": y, "x": x, "dose": np.array(list("abc"))[groups % 3], "id": groups})
    model = lmm("y ~ x + dose + (1 | id)", data)
    table = model.anova("kenward-roger")
    assert np.isfinite(table.loc["x"].astype(float)).all()
    assert table.loc["dose"].tolist() == [2.0, "undefined", "undefined", "undefined"]
    assert "F for dose cannot be computed" in table.note
    assert np.isfinite(model.anova().values).all()
    with pytest.raises(LMMError, match="F for doseb and dosec cannot be computed"):
        model.test("kenward-roger", ["doseb", "dosec"])


def test_nothing_to_test(sleep):
    y, X, groups = trial()
    with pytest.raises(LMMError, match="made from arrays, where columns have no terms"):
        fit(grouped(y, X, X[:, :1], groups)).anova()
    empty = fit(grouped(y, X[:, :0], X[:, :1], groups))
    for L in (None, "x"):
        with pytest.raises(LMMError, match="no fixed effects, so there is nothing to test"):
            empty.test(L=L)
    twice = np.column_stack([X, X[:, 1]])
    with pytest.raises(LMMError, match="combinations of others"):
        evaluate(grouped(y, twice, X[:, :1], groups), np.ones(1)).test("wald")
