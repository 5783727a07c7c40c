"""Analyses: what is fitted, what is asked, and what is shared."""

import numpy as np
import pytest

from lmmlab.classical.regression import ols
from lmmlab.engine.design import LMMError, grouped
from lmmlab.study import analysis as module
from lmmlab.study.analysis import Analysis, analyse, answers
from lmmlab.study.batch import batch
from lmmlab.study.layout import Layout, members, occasions
from lmmlab.study.simulate import root
from lmmlab.study.truth import Truth

LINE = ("1", "day")


@pytest.fixture(scope="module")
def studies():
    codes = members([4, 3, 5, 4, 2, 6])
    layout = Layout(codes, {"day": occasions(codes)})
    truth = Truth({"1": 10.0, "day": 1.0}, LINE, root([2.0, 1.0], 0.3), 1.5)
    rng = np.random.default_rng(1)
    u, e = rng.standard_normal((8, 6, 2)), rng.standard_normal((8, len(codes)))
    return layout, truth.responses(layout, u, e)


def test_the_question():
    truth = Truth({"1": 10.0, "day": 2.0}, (), root([]), 1.0)
    assert Analysis(LINE, (), "day", "naive").true_value(truth) == 2
    assert Analysis(LINE, (), [1, 3], "naive").true_value(truth) == 16
    assert Analysis(("1", "dose"), (), "dose", "naive").true_value(truth) == 0
    assert Analysis(LINE, (), "day", "naive", target=7.0).true_value(truth) == 7


@pytest.mark.parametrize("method", ["naive", "HC2", "CR0", "CR2"])
def test_least_squares(studies, method):
    layout, Y = studies
    found = answers(Analysis(LINE, (), "day", method), layout, Y)
    X = layout.matrix(LINE)
    expected = ols(grouped(Y[0], X, X, layout.codes), method, Y).contrast([0, 1])
    np.testing.assert_allclose(found.estimate, expected.estimate)
    np.testing.assert_allclose(found.se, expected.se)
    np.testing.assert_allclose(found.df, expected.df)
    assert found.fitted.all() and not found.singular.any() and found.df.shape == (8,)


def test_models_share_their_fits(studies, monkeypatch):
    calls = []
    monkeypatch.setattr(module, "batch", lambda *given: calls.append(given[4]) or batch(*given))
    layout, Y = studies
    methods = ["wald", "satterthwaite", "kenward-roger"]
    three = [Analysis(LINE, LINE, "day", method) for method in methods]
    wald, satterthwaite, kr = analyse(three, layout, Y)
    assert calls == ["satterthwaite", "kenward-roger"]
    np.testing.assert_array_equal(wald.se, satterthwaite.se)
    assert np.isinf(wald.df).all() and np.isfinite(satterthwaite.df).all()
    assert not np.allclose(kr.se, wald.se)
    ml = Analysis(LINE, LINE, "day", "wald", reml=False)
    zero = Analysis(LINE, LINE, "1", "wald")
    bars = Analysis(LINE, LINE, "day", "wald", blocks=(1, 1))
    parallel = Analysis(LINE, ("1",), "day", "wald")
    others = analyse([three[0], ml, zero, bars, parallel], layout, Y)
    assert len(calls) == 7
    assert all(not np.allclose(other.se, wald.se, rtol=1e-6) for other in others[1:])


def test_rows_that_are_not_observed(studies):
    layout, Y = studies
    seen = np.random.default_rng(3).random(Y.shape) < 0.8
    seen[:, [0, 4, 7, 12, 16, 18]] = True  # each person's first visit
    analysis = Analysis(LINE, ("1",), "day", "satterthwaite")
    [found] = analyse([analysis], layout, Y, seen)
    for run in range(len(Y)):
        rows = seen[run]
        alone = answers(analysis, layout.at(rows), Y[run : run + 1, rows])
        assert found.estimate[run] == alone.estimate[0] and found.df[run] == alone.df[0]


def test_what_cannot_be_fitted_has_no_answer(studies):
    layout, Y = studies
    analyses = [Analysis(LINE, LINE, "day", "wald"), Analysis(LINE, (), "day", "naive")]
    seen = np.ones(Y.shape, dtype=bool)
    seen[2] = np.isin(np.arange(len(Y[0])), [0, 4, 7, 12, 16, 18])  # nobody has a second visit
    for found in analyse(analyses, layout, Y, seen):
        assert found.fitted.tolist() == [True, True, False] + [True] * 5
        assert np.isnan(found.estimate[2]) and not found.singular[2]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((LINE, ("1",), "day", "naive"), "no method 'naive' for a mixed model. Choose one of wald"),
        ((LINE, (), "day", "wald"), "no method 'wald' for least squares. Choose one of naive"),
        ((LINE, (), "dose", "naive"), "no fixed effect .dose."),
        ((LINE, (), np.ones(3), "naive"), "for each of 2 fixed effects"),
        ((LINE, (), np.array([1, np.nan]), "naive"), "weight that is not finite"),
        ((LINE, (), ["1", "day"], "naive"), "one combination of effects"),
    ],
)
def test_what_is_no_analysis(arguments, says):
    with pytest.raises(LMMError, match=says):
        Analysis(*arguments)
