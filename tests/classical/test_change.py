"""Change scores and analysis of covariance, against scipy and statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from lmmlab.classical.change import change, change_scores
from lmmlab.engine.design import LMMError
from lmmlab.study.simulate import exact_moments

GAP = np.nan
ARM = np.repeat([0, 1], [9, 11])


@pytest.fixture
def made():
    """A function that makes tables with gaps at the first, the middle and the last occasion."""

    def make(lead=(), seed=2):
        rng = np.random.default_rng(seed)
        Y = 50 + 5 * rng.standard_normal((*lead, 20, 1)) + 4 * rng.standard_normal((*lead, 20, 3))
        Y[..., [2, 12], -1] = Y[..., 5, 0] = Y[..., 7:9, 1] = GAP
        return Y

    return make


def both(Y):
    return ~np.isnan(Y[:, [0, -1]]).any(1)


def test_one_group_is_the_paired_t_test(made):
    Y = made()
    ours, kept = change(Y), both(Y)
    theirs = stats.ttest_rel(Y[kept, -1], Y[kept, 0])
    row = ours.table(0.9).loc["change"]
    low, high = theirs.confidence_interval(0.9)
    assert row["statistic"] == pytest.approx(theirs.statistic, rel=1e-10)
    assert row["p"] == pytest.approx(theirs.pvalue, rel=1e-10)
    assert (row["lower"], row["upper"]) == pytest.approx((low, high), rel=1e-10)
    assert row["df"] == theirs.df == 16
    assert "17 persons" in repr(ours) and "17 persons" in ours._repr_html_()


def test_two_groups_are_the_t_test_of_change_scores(made):
    Y = made()
    ours, moved, kept = change(Y, ARM), change_scores(Y), both(Y)
    theirs = stats.ttest_ind(moved[kept & (ARM == 1)], moved[kept & (ARM == 0)])
    assert ours.table().loc["treated", "statistic"] == pytest.approx(theirs.statistic, rel=1e-10)
    assert ours.table().loc["treated", "p"] == pytest.approx(theirs.pvalue, rel=1e-10)
    assert ours.beta[0] == pytest.approx(moved[kept & (ARM == 0)].mean())


def test_adjusted_is_the_analysis_of_covariance(made):
    """The effect and its error are those of y_last itself; the slope is less by 1."""
    Y = made()
    ours, kept = change(Y, ARM, adjusted=True), both(Y)
    first = Y[kept, 0]
    X = np.column_stack([np.ones(kept.sum()), ARM[kept], first - first.mean()])
    theirs = sm.OLS(Y[kept, -1], X).fit()
    assert ours.names == ("change", "treated", "first value")
    np.testing.assert_allclose(ours.beta[1:], theirs.params[1:] - [0, 1], rtol=1e-10)
    np.testing.assert_allclose(ours.se, theirs.bse, rtol=1e-10)
    assert ours.df == theirs.df_resid
    np.testing.assert_allclose(ours.table().values[1, 5:], theirs.conf_int()[1], rtol=1e-10)


def test_units_and_origin_do_not_matter(made):
    Y = made()
    ours, other = change(Y, ARM, adjusted=True), change(1e7 + 1e3 * Y, ARM, adjusted=True)
    np.testing.assert_allclose(other.beta / ours.beta, [1e3, 1e3, 1], rtol=1e-5)
    np.testing.assert_allclose(other.se / ours.se, [1e3, 1e3, 1], rtol=1e-5)


@pytest.mark.parametrize("adjusted", [False, True])
def test_many_studies_at_once(made, adjusted):
    Y = made(lead=(2, 3))
    many, one = change(Y, ARM, adjusted), change(Y[1, 2], ARM, adjusted)
    np.testing.assert_allclose(many.beta[1, 2], one.beta, rtol=1e-10)
    np.testing.assert_allclose(many.se[1, 2], one.se, rtol=1e-10)
    assert many.df.shape == (2, 3) and many.df[1, 2] == one.df
    with pytest.raises(LMMError, match="6 studies"):
        many.table()
    assert "Change" in repr(many) and many._repr_html_() is None


def test_regression_to_the_mean():
    """Ledger row 21: nobody changes, and change still goes with where it began."""
    tau0, sigma = 12.0, 8.0
    u = exact_moments(np.random.default_rng(21).standard_normal((60, 3)))
    Y = 150 + tau0 * u[:, :1] + sigma * u[:, 1:]
    expected = -(sigma**2) / np.sqrt((tau0**2 + sigma**2) * 2 * sigma**2)
    assert expected == pytest.approx(-0.392, abs=5e-4)
    assert np.corrcoef(Y[:, 0], change_scores(Y))[0, 1] == pytest.approx(expected, abs=1e-12)
    assert np.corrcoef(u[:, 0], change_scores(Y))[0, 1] == pytest.approx(0.0, abs=1e-12)
    slope = change(Y, adjusted=True).beta[1]
    assert slope == pytest.approx(-(sigma**2) / (tau0**2 + sigma**2))


def test_adjusting_gains_what_it_should():
    """Variance of the effect in a randomised trial: (1 + rho) / 2, and no bias."""
    rho, m = 0.5, 2000
    e = np.random.default_rng(9).standard_normal((m, 200, 2))
    Y = e @ np.linalg.cholesky([[1.0, rho], [rho, 1.0]]).T
    arm = np.tile([0, 1], 100)
    Y[:, arm == 1, 1] += 0.4
    plain, adjusted = (change(Y, arm, how).beta[:, 1] for how in (False, True))
    for effect in (plain, adjusted):
        assert abs(effect.mean() - 0.4) < 3 * effect.std() / np.sqrt(m)
    ratio = adjusted.var() / plain.var()
    assert abs(ratio / ((1 + rho) / 2) - 1) < 3 * 2 / np.sqrt(m)


@pytest.mark.parametrize("adjusted", [False, True])
def test_intervals_cover(adjusted):
    Y = np.random.default_rng(4).standard_normal((4000, 8, 2))
    ours = change(Y, np.tile([0, 1], 4), adjusted)
    p = 2 * stats.t.sf(np.abs(ours.beta / ours.se), ours.df[:, None])[:, 1]
    assert abs((p < 0.05).mean() - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 4000)


# ---- bad input


def refused(words, *arguments):
    with pytest.raises(LMMError, match=words):
        change(*arguments)


def test_refuses_groups_that_make_no_sense(made):
    Y = made()
    refused("treated must say 0 or 1 for each of the 20 persons", Y, ARM[:-1])
    refused("treated must say 0 or 1", Y, ARM + 1)
    refused("for each of the 20 persons; it says no for person 1", Y, np.where(ARM, "yes", "no"))
    refused("Nobody who is treated has", Y, 0 * ARM)
    Y[ARM == 0, -1] = GAP
    refused("Nobody who is not treated has", Y, ARM)


def test_one_study_that_cannot_be_analysed_spoils_no_other(made):
    """Nobody treated, too few, nothing to adjust for, no error, and one that is well."""
    Y = made(lead=(5,))
    Y[0, ARM == 1, 0] = Y[1, 3:, 0] = GAP
    Y[2, :, 0] = 1.0
    Y[3] = ARM[:, None] * [0.0, 0.0, 1.0] + np.random.default_rng(1).standard_normal((20, 1))
    many, well = change(Y, ARM, adjusted=True), change(Y[4], ARM, adjusted=True)
    np.testing.assert_allclose(many.beta[4], well.beta)
    np.testing.assert_allclose(many.se[4], well.se)
    assert np.isnan(many.beta[:4]).all() and np.isnan(many.se[:4]).all()
    plain = change(Y[1:4], ARM)
    assert np.isnan(plain.beta).all(-1).tolist() == [True, False, True]
    refused("First values do not vary", Y[[2, 2]], ARM, True)


def test_first_values_may_vary_little_far_from_zero(made):
    Y = made()
    ours, far = (change(origin + 1e-5 * Y, ARM, adjusted=True) for origin in (0.0, 1e6))
    np.testing.assert_allclose(far.beta[1:], ours.beta[1:], rtol=1e-2)


def test_refuses_too_few_and_too_alike():
    refused("last value: 1[.]", [[1.0, 2.0], [3.0, GAP]])
    refused("last value: 0[.]", [[GAP, 2.0], [3.0, GAP]])
    refused("last value: 2.*change and treated", [[1.0, 2.0], [3.0, 5.0]], [0, 1])
    refused("Nothing is left as error", [[1.0, 2.0], [3.0, 4.0], [5.1, 6.1]])
    refused("Nothing is left as error", np.zeros((4, 2)))
    Y = [[1.0, 2.0], [1.0, 4.0], [3.0, 7.0], [3.0, 3.0]]
    refused("First values do not vary", Y, [0, 0, 1, 1], True)
    refused("First values do not vary", 0.1 + 0.0 * np.array(Y) + [0.0, 1.0], None, True)
    refused("table of persons by occasions", [1.0, 2.0])


def test_refuses_a_level_of_confidence_that_is_none(made):
    with pytest.raises(LMMError, match="confidence"):
        change(made()).table(95)
