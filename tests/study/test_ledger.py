"""The rates of the ledger, simulated.

Where its figure was simulated too, both Monte-Carlo errors count.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from small_study import LINE, SLOPES, days, last

from lmmlab.study.analysis import Analysis
from lmmlab.study.layout import Layout, covariate, members, treatment
from lmmlab.study.shape import Shape
from lmmlab.study.simulate import root
from lmmlab.study.truth import Truth


def agrees(rate, error, expected, expected_error=0.0):
    assert abs(rate - expected) < 3 * np.hypot(error, expected_error), (rate, error, expected)


def test_ledger_14_the_size_of_tests_of_a_slope():
    truth = Truth({"1": 251.4}, LINE, root([24.741, 5.922], 0.066), 25.592)  # no effect of days
    analyses = {
        "OLS": Analysis(LINE, (), "day", "naive"),
        "RI": Analysis(LINE, ("1",), "day", "wald"),
        "RS, z": Analysis(LINE, LINE, "day", "wald"),
        "RS, df": Analysis(LINE, LINE, "day", "satterthwaite"),
    }
    rates = last(truth, days(18, 10), analyses, 4000)
    for k, size in enumerate((0.098, 0.278, 0.058, 0.035)):
        agrees(1 - rates.coverage[k], rates.error[k], size, np.sqrt(size * (1 - size) / 400))
    assert rates.df[3] == pytest.approx(17, abs=0.2)


def trial(groups, rows, icc):
    """A treatment of whole groups that does nothing; the total variance is 1."""
    codes = members([rows] * groups)
    layout = Layout(codes, {"treated": treatment(codes)})
    return Truth({}, ("1",), root([np.sqrt(icc)]), np.sqrt(1 - icc)), layout


ARMS = ("1", "treated")


@pytest.mark.parametrize(("groups", "size"), [(4, 0.189), (6, 0.122), (10, 0.086), (20, 0.066)])
def test_ledger_43_z_with_few_groups(groups, size):
    # With a large ICC no fit is singular, and z is a t statistic with J - 2 df.
    analyses = {
        "z": Analysis(ARMS, ("1",), "treated", "wald"),
        "t": Analysis(ARMS, ("1",), "treated", "satterthwaite"),
    }
    rates = last(*trial(groups, 4, 0.995), analyses, 8000, chunk=8000)
    assert 2 * stats.t(groups - 2).sf(1.959964) == pytest.approx(size, abs=6e-4)
    agrees(1 - rates.coverage[0], rates.error[0], size)
    agrees(rates.coverage[1], rates.error[1], 0.95)
    assert rates.df[1] == pytest.approx(groups - 2, rel=0.02)


def test_ledger_43_six_clinics():
    analyses = {
        "OLS": Analysis(ARMS, (), "treated", "naive"),
        "z": Analysis(ARMS, ("1",), "treated", "wald"),
        "Satterthwaite": Analysis(ARMS, ("1",), "treated", "satterthwaite"),
        "Kenward-Roger": Analysis(ARMS, ("1",), "treated", "kenward-roger"),
    }
    rates = last(*trial(6, 20, 0.1), analyses, 4000)
    for k, size in enumerate((0.245, 0.105, 0.06, 0.043)):
        agrees(1 - rates.coverage[k], rates.error[k], size, np.sqrt(size * (1 - size) / 400))


def test_ledger_43_six_unequal_clinics():
    # "Unbalanced J 6 trial": sizes are not stated; these are 20 on average, from 5 to 40.
    codes = members([5, 10, 15, 20, 30, 40])
    layout = Layout(codes, {"treated": treatment(codes)})
    truth = Truth({}, ("1",), root([np.sqrt(0.1)]), np.sqrt(0.9))
    analyses = {
        "OLS": Analysis(ARMS, (), "treated", "naive"),
        "z": Analysis(ARMS, ("1",), "treated", "wald"),
        "Satterthwaite": Analysis(ARMS, ("1",), "treated", "satterthwaite"),
        "Kenward-Roger": Analysis(ARMS, ("1",), "treated", "kenward-roger"),
    }
    rates = last(truth, layout, analyses, 400)
    for k, size in enumerate((0.278, 0.110, 0.050, 0.020)):
        agrees(1 - rates.coverage[k], rates.error[k], size, np.sqrt(size * (1 - size) / 400))


def test_ledger_4_and_5_where_x_varies_decides():
    # The size of the naive test is that of a z whose variance is 1 + (n - 1) rho_x rho_y times
    # what it says; rho_x is (n s - 1) / (n - 1) for a share s between groups.
    groups, rows, icc = 24, 10, 0.4
    codes = members([rows] * groups)
    truth = Truth({}, ("1",), root([np.sqrt(icc)]), np.sqrt(1 - icc))
    for share in (0.0, 0.4, 1.0):
        layout = Layout(codes, {"x": covariate(codes, share, exact=True)})
        rates = last(truth, layout, {"OLS": Analysis(("1", "x"), (), "x", "naive")}, 2000)
        inflation = 1 + (rows * share - 1) * icc
        assert rates.sd[0] ** 2 / rates.se[0] ** 2 == pytest.approx(inflation, rel=0.15)
        size = 2 * stats.norm.sf(1.959964 / np.sqrt(inflation))
        agrees(1 - rates.coverage[0], rates.error[0], size, 0.01)  # se is an estimate as well


@pytest.mark.parametrize(
    ("shape", "rate"),
    [
        (Shape(), 0.963),
        (Shape("skewed"), 0.947),
        (Shape("t", 3), 0.963),
        (Shape("bimodal"), 0.937),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_ledger_46_normality_matters_less_than_feared(shape, rate):
    # People and noise both have the shape; the slope over six visits of 30 people.
    truth = replace(SLOPES, random=("1",), root=root([1.0]), people=shape, noise=shape)
    analyses = {"RI": Analysis(LINE, ("1",), "day", "satterthwaite")}
    rates = last(truth, days(30, 6), analyses, 1000)
    agrees(rates.coverage[0], rates.error[0], rate, 0.012)


@pytest.mark.parametrize(
    ("groups", "rows", "icc", "reml", "ml"),
    [
        (6, 5, 0.0, 0.561, 0.661),
        (6, 5, 0.1, 0.331, 0.420),
        (6, 5, 0.3, 0.103, 0.144),
        (12, 5, 0.1, 0.217, 0.269),
        (10, 20, 0.05, 0.118, 0.157),
    ],
)
def test_ledger_42_variance_estimates_hit_zero(groups, rows, icc, reml, ml):
    analyses = {
        "REML": Analysis(("1",), ("1",), "1", "wald"),
        "ML": Analysis(("1",), ("1",), "1", "wald", reml=False),
    }
    truth, layout = trial(groups, rows, icc)
    rates = last(truth, layout, analyses, 8000, chunk=8000)
    ratio = 1 + rows * icc / (1 - icc)
    between, within = groups - 1, groups * (rows - 1)
    exact = stats.f(between, within).cdf([1 / ratio, groups / between / ratio])
    np.testing.assert_allclose(exact, [reml, ml], atol=6e-4)
    share = rates.singular / rates.replicates
    for found, expected in zip(share, exact, strict=True):
        agrees(found, np.sqrt(expected * (1 - expected) / 8000), expected)
