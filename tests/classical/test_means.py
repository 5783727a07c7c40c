"""Averaging first, against scipy, statsmodels and the mixed model where they must agree."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from lmmlab.classical.means import on_means, paired
from lmmlab.classical.regression import ols
from lmmlab.engine.design import LMMError, grouped
from lmmlab.model.fit import fit


def groups(sizes, seed=1):
    rng, codes = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    treated = (np.arange(len(sizes)) % 2)[codes]
    y = 3 + treated + 2 * rng.standard_normal(len(sizes))[codes] + rng.standard_normal(len(codes))
    X = np.column_stack([np.ones(len(codes)), treated])
    return grouped(y, X, X[:, :1], codes, names=("start", "treated"))


def means(design):
    codes = design.terms[0].codes
    return np.bincount(codes, design.y) / np.bincount(codes), design.X[np.unique(codes, True)[1]]


def test_balanced_it_is_the_t_test_and_the_mixed_model():
    design = groups([6] * 12)
    found, model = on_means(design), fit(design)
    t = stats.ttest_ind(means(design)[0][1::2], means(design)[0][::2])
    row = found.table().values[1]
    assert row[2:5] == pytest.approx([10, t.statistic, t.pvalue])
    assert found.beta == pytest.approx(model.beta)
    assert found.se == pytest.approx(model.se)
    assert on_means(design, weighted=True).vcov == pytest.approx(found.vcov)


@pytest.mark.parametrize("errors", ["naive", "HC2"])
def test_unequal_sizes(errors):
    design = groups([1, 2, 9, 4, 7, 3, 5, 8])
    y, X = means(design)
    sizes = np.bincount(design.terms[0].codes)
    how = "nonrobust" if errors == "naive" else errors
    for weighted, w in [(False, 1.0), (True, sizes)]:
        theirs = sm.WLS(y, X, w).fit(cov_type=how)
        ours = on_means(design, weighted, errors)
        assert ours.beta == pytest.approx(theirs.params)
        assert ours.vcov == pytest.approx(theirs.cov_params())
    assert on_means(design, weighted=True).beta == pytest.approx(ols(design).beta)


def test_limits_of_the_mixed_model():
    """theta -> infinity weighs people equally, theta = 0 rows."""
    design = groups([1, 2, 9, 4, 7, 3, 5, 8])
    model = fit(design)
    assert model.at([1e6]).beta == pytest.approx(on_means(design).beta)
    assert model.at([0.0]).beta == pytest.approx(on_means(design, weighted=True).beta)


def test_weights_replicates_and_order():
    """A row of weight 2 is a row that stands twice; levels without rows are passed over."""
    design = groups([2, 3, 1, 4, 2, 5])
    w = 1.0 + (np.arange(17) % 3)
    twice = np.repeat(np.arange(17), w.astype(int))
    codes = design.terms[0].codes
    long = grouped(design.y[twice], design.X[twice], design.X[twice, :1], codes[twice])
    for weighted in (False, True):
        ours = on_means(replace(design, weights=w), weighted)
        assert ours.vcov == pytest.approx(on_means(long, weighted).vcov)
    order = np.random.default_rng(2).permutation(17)
    mixed = grouped(design.y[order], design.X[order], design.X[order, :1], codes[order])
    assert on_means(mixed).vcov == pytest.approx(on_means(design).vcov)
    many = on_means(design, Y=np.stack([design.y, 2 * design.y]))
    assert many.se[1] == pytest.approx(2 * on_means(design).se)
    gap = replace(design.terms[0], codes=codes + (codes > 2), levels=tuple("abcdefg"))
    assert on_means(replace(design, terms=(gap,))).vcov == pytest.approx(on_means(design).vcov)


def test_what_varies_within_groups_alone_is_gone():
    rng, codes = np.random.default_rng(3), np.repeat(np.arange(8), 4)
    X = np.column_stack([np.ones(32), np.tile(np.arange(4), 8)])
    design = grouped(rng.standard_normal(32), X, X[:, :1], codes, names=("start", "time"))
    with pytest.raises(LMMError, match="After averaging, time tells groups apart no more"):
        on_means(design)


def test_paired_is_the_paired_t_test():
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal((2, 9)) + rng.standard_normal(9)
    y, person = np.concatenate([a, b]), np.tile(np.arange(9), 2)
    t = stats.ttest_rel(b, a)
    found = paired(y, person, ["a"] * 9 + ["b"] * 9)
    row = found.table().values[0]
    assert row[:1] == pytest.approx([np.mean(b - a)])
    assert row[2:5] == pytest.approx([8, t.statistic, t.pvalue])
    interval = t.confidence_interval()
    assert row[5:] == pytest.approx([interval.low, interval.high])
    assert found.names == ("b - a",)
    order = rng.permutation(18)
    again = paired(y[order], person[order], np.repeat([0, 1], 9)[order])
    assert again.vcov == pytest.approx(found.vcov)
    assert paired([y, 3 * y], person, np.repeat([0, 1], 9)).se[1] == pytest.approx(3 * found.se)


def test_paired_averages_trials_and_is_the_mixed_model_with_slopes():
    """Balanced trials: the random-slope model gives the same difference and standard error."""
    rng, person = np.random.default_rng(5), np.repeat(np.arange(10), 12)
    x = np.tile([0.0, 1.0], 60)
    start, gain = 3 * rng.standard_normal(10), 1 + rng.standard_normal(10)
    y = start[person] + x * gain[person] + rng.standard_normal(120)
    X = np.column_stack([np.ones(120), x])
    found, model = paired(y, person, x), fit(grouped(y, X, X, person))
    assert found.beta[0] == pytest.approx(model.beta[1])
    assert found.se[0] == pytest.approx(model.se[1], rel=1e-5)


@pytest.mark.parametrize("origin", [0.0, 1e4])
def test_differences_that_are_equal_but_for_rounding_have_no_error(origin):
    y = origin + np.array([0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 1.1, 1.2])
    found = paired(y, [1, 1, 2, 2, 3, 3, 4, 4], list("abababab"))
    assert found.se.tolist() == [0.0] and found.sigma == 0.0
    assert found.table().frame().loc["b - a", "p"] == "undefined"
    assert "no residuals" in found.table().note


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: paired([1.0, 2, 3], [1, 1, 2], list("aba")), "Person 2 has no row in condition b"),
        (
            lambda: paired([1.0, 2, 3], [1, 1, 1], list("abc")),
            "need two conditions, and there are 3",
        ),
        (lambda: paired([1.0, 2.0], [1, 1], list("ab")), "One person is no sample"),
        (lambda: paired([1.0, np.nan] * 2, [1, 1, 2, 2], list("abab")), "missing"),
        (lambda: paired([1.0, 2.0], [1, 1, 2, 2], list("abab")), "one label for each of the 2"),
        (lambda: on_means(groups([3, 3])), "2 groups cannot tell 2 coefficients"),
        (lambda: on_means(groups([3] * 6), errors="CR2"), "nothing to cluster"),
        (lambda: on_means(replace(groups([3] * 6), terms=())), "no groups"),
        (lambda: on_means(groups([3] * 6), Y=np.zeros(19)), "18 values in its last axis.*19"),
        (lambda: on_means(groups([3] * 6), Y=np.zeros((18, 2))), "18 values in its last axis"),
        (lambda: on_means(groups([3] * 6), Y=["a"] * 18), "y must be numbers"),
        (lambda: on_means(groups([3] * 6), errors="HC9"), "errors must be one of"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(LMMError, match=says):
        call()
