"""Every number in the text of lesson 02 is computed here and looked for in the text."""

import re

import numpy as np
import pytest
from scipy.special import ndtr

from lmmlab import labs, lmm, load
from lmmlab.classical.regression import ols
from lmmlab.formula import design

STARTS, LINES = "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days | Subject)"


@pytest.fixture(scope="module")
def sleep():
    return load("sleepstudy")


def test_it_is_short(text):
    assert len(re.sub(r"<details>.*?</details>", "", text).split()) <= 700


def test_the_situation_is_the_start_of_the_lab(text):
    scene = labs.trajectories.scene()
    n, times = scene.nature, scene.people.day[:9]
    assert len(scene.lines) == 40 and "Forty people" in text
    assert times[-1] == 8 and "From week 0 to week 8" in text
    end = n.beta0 + 8 * n.beta1
    assert f"starts at {n.beta0:.0f} and falls by {-n.beta1} points a week, to {end:.1f}" in text


def test_who_gets_worse(text):
    n = labs.trajectories.scene().nature
    share = ndtr(n.beta1 / n.tau1)
    assert f"Φ(−{-n.beta1}/{n.tau1}) = Φ(−2), or {100 * share:.1f} %" in text
    assert f"{100 * share:.1f} % of all such people" in text
    assert f"Φ(−1.5/1.2) = Φ(−1.25): {100 * ndtr(-1.5 / 1.2):.1f} %" in text


def test_row_7_three_standard_errors_of_one_slope(text, sleep):
    one = ols(design(LINES, sleep))
    models = {"one line": one, "own starts": lmm(STARTS, sleep), "own starts and slopes": None}
    models["own starts and slopes"] = lmm(LINES, sleep)
    for name, model in models.items():
        assert f"{model.beta[1]:.3f} ms a day" in text
        assert f"| {name} | {model.se[1]:.3f} |" in text
    own, starts = (f"{models[k].se[1]:.3f}" for k in ("own starts and slopes", "own starts"))
    assert (
        f"own starts alone give {starts}, less than {one.se[1]:.3f}. Own slopes give {own}" in text
    )


def test_row_8_the_error_over_new_people_has_two_parts(text):
    scene = labs.trajectories.scene()
    n, times = scene.nature, scene.people.day[:9]
    S = ((times - times.mean()) ** 2).sum()
    parts = n.tau1**2 / 40, n.sigma**2 / (40 * S)
    assert f"{parts[0]:.4f} + {parts[1]:.4f}: an error of {sum(parts) ** 0.5:.3f}" in text
    assert scene.true_se == pytest.approx(sum(parts) ** 0.5, rel=1e-12)


def test_the_study_of_sleep(text, sleep):
    assert sleep.Subject.nunique() == 18 and "Eighteen drivers" in text
    assert sleep.Days.nunique() == 10 and "ten days" in text


def test_with_missed_days_the_estimates_part(text, sleep):
    assert "When drivers miss days, the estimates part" in text
    kept = sleep[np.random.default_rng(2).random(len(sleep)) > 0.3]
    slopes = [lmm(formula, kept).beta[1] for formula in (STARTS, LINES)]
    slopes.append(ols(design(LINES, kept)).beta[1])
    assert np.ptp(slopes) > 0.1


def test_row_15_a_yes_or_no_curve_is_flatter_on_average(text):
    assert "flatter than the average person's" in text
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    curve = [
        weights / weights.sum() @ (1 / (1 + np.exp(-(x + 2.0 * nodes)))) for x in (-1.0, 0.0, 1.0)
    ]
    assert curve[2] - curve[0] < 1 / (1 + np.exp(-1.0)) - 1 / (1 + np.exp(1.0))


def test_the_statsmodels_line_of_the_lesson_gives_the_same_model(sleep):
    smf = pytest.importorskip("statsmodels.formula.api")
    model = lmm(LINES, sleep)
    other = smf.mixedlm("Reaction ~ Days", sleep, groups="Subject", re_formula="~Days").fit()
    np.testing.assert_allclose(other.fe_params, model.beta, rtol=1e-6)
    np.testing.assert_allclose(other.bse_fe, model.se, rtol=5e-3)
