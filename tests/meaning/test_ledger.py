"""Values that the lessons quote of famous data sets, and exact sizes of tests.

Those that belong to one function (implied correlations, epsilons, design effects, simulated rates
...) are tested beside it.
"""

import numpy as np
import pytest
from scipy.special import stdtr, stdtrit

from lmmlab import compare, lmm, load
from lmmlab.classical.regression import ols
from lmmlab.engine.design import grouped
from lmmlab.model.fit import fit
from lmmlab.study.layout import members

SLOPE = "Reaction ~ Days + (Days | Subject)"


def near(value, figure):
    """Whether a value is the printed figure, to the digits that are printed."""
    digits = len(str(figure).partition(".")[2])
    return abs(value - figure) <= 0.5000001 * 10.0**-digits


@pytest.mark.parametrize(
    ("reml", "se", "sd", "rho", "deviance"),
    [
        (True, (6.825, 1.546), (24.740, 5.922), 0.066, 1743.628),
        (False, (6.632, 1.502), (23.781, 5.717), 0.081, 1751.939),
    ],
    ids=["REML", "ML"],
)
def test_sleepstudy_with_slopes(reml, se, sd, rho, deviance):
    # lme4's search ends a little before the optimum: it prints sds of 24.741 and 23.780.
    model = lmm(SLOPE, load("sleepstudy"), reml=reml)
    figures = [251.405, 10.467, *se, *sd, rho, 25.592, deviance]
    spread = [*model.sd["Subject"], model.corr["Subject"][1, 0], model.sigma]
    values = [*model.beta, *model.se, *spread, model.deviance]
    assert all(map(near, values, figures))


def test_sleepstudy_the_average_is_the_same_and_its_error_is_not():
    slopes, sleep = lmm(SLOPE, load("sleepstudy")), load("sleepstudy")
    parallel = lmm("Reaction ~ Days + (1 | Subject)", sleep)
    pooled = ols(slopes.design)
    for slope in (slopes.beta[1], parallel.beta[1], pooled.beta[1]):
        assert near(slope, 10.467)
    assert near(slopes.se[1], 1.546)
    assert near(parallel.se[1], 0.804)
    assert near(pooled.se[1], 1.238)
    assert near(parallel.sd["Subject"].values[0], 37.124)
    assert near(parallel.sigma, 30.991)


def test_sleepstudy_tests_of_the_daily_change_and_of_own_slopes():
    slopes = lmm(SLOPE, load("sleepstudy"))
    joint = slopes.anova("kenward-roger")
    assert (near(joint[0, 2], 45.853), round(joint[0, 1], 6)) == (True, 17.0)
    for reml, chi2 in ((False, 42.139), (True, 42.837)):
        fits = [
            lmm(f"Reaction ~ Days + ({x} | Subject)", load("sleepstudy"), reml) for x in (1, "Days")
        ]
        assert near(compare(*fits)[1, 4], chi2)


def test_dyestuff2_has_no_variance_between_batches():
    model = lmm("Yield ~ 1 + (1 | Batch)", load("dyestuff2"))
    y = load("dyestuff2")["Yield"].to_numpy().reshape(6, 5)
    assert near(5.0 * y.mean(1).var(ddof=1), 8.336)
    assert near(y.var(axis=1, ddof=1).mean(), 14.946)
    assert model.singular
    assert model.theta[0] == 0.0
    assert round(model.test("satterthwaite")[0, 2], 6) == 29.0
    assert round(model.test("kenward-roger")[0, 2], 6) == 5.0


def test_z_tests_of_a_treatment_of_whole_groups():
    groups = np.array([4, 6, 8, 10, 12, 20, 30])
    figures = [0.189, 0.122, 0.098, 0.086, 0.078, 0.066, 0.060]
    assert all(map(near, 2.0 * stdtr(groups - 2, -1.959964), figures))
    assert all(map(near, stdtrit(groups[:4] - 2, 0.975), [4.303, 2.776, 2.447, 2.306]))
    for J in groups:  # and t with J - 2 df is what the engine finds, balanced and not singular
        codes = members([5] * int(J))
        X = np.column_stack([np.ones(len(codes)), codes % 2])
        rng = np.random.default_rng(int(J))
        y = 3.0 * rng.standard_normal(J)[codes] + rng.standard_normal(len(codes))
        made = fit(grouped(y, X, X[:, :1], codes))
        assert made.test("satterthwaite")[1, 2] == pytest.approx(J - 2)
        assert made.test("kenward-roger")[1, 2] == pytest.approx(J - 2)
