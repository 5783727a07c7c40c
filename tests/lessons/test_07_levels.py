"""Every number in the text of lesson 07 is computed here and looked for in the text."""

import numpy as np
import pytest
from scipy import stats

from lmmlab import labs, lmm, load
from lmmlab.labs.averaging.controls import FAINT


@pytest.fixture(scope="module")
def fits():
    data = load("within_between")
    return [lmm(f"y ~ {x} + (1 | group)", data) for x in ("x", "x_within + x_mean", "x + x_mean")]


def said(value, digits):
    return f"{value:.{digits}f}".replace("-", "−")


def test_the_situation_is_the_start_of_the_lab(text):
    c = labs.levels.scene().controls
    assert c.people == 30 and "Thirty simulated people do a reaction test" in text
    assert f"reaction test {c.visits} times" in text
    assert f"the person needs {c.beta_within:g} ms more" in text
    assert f"need {-c.beta_between:g} ms less" in text
    assert f"level by τ, here {c.tau:g} ms" in text and f"one test, here {c.sigma:g} ms" in text
    assert c.spread_within == c.spread_between and "equally within people and between" in text


def test_the_three_blends(text):
    line, mixed = (labs.levels.scene(fit=fit) for fit in ("ols", "raw"))
    means = labs.levels.scene(fit="ols", averaged=100.0)
    assert f"w = {said(line.weight, 2)[1:]} here" in text
    assert f"a slope of {said(line.slopes[0].value, 1)}." in text
    assert f"mixed model has w = {said(mixed.weight, 2)[1:]}" in text
    assert f"a slope of +{said(mixed.slopes[0].value, 1)}" in text
    assert means.weight == 1.0 and f"w = 1: a slope of {said(means.slopes[0].value, 0)}." in text


def test_the_weight_as_a_formula(text):
    scene = labs.levels.scene()
    x = scene.cloud.x
    own = x.mean(1, keepdims=True)
    squares = np.square(x - own).sum(), x.shape[1] * np.square(own - x.mean()).sum()
    np.testing.assert_allclose(squares, 1200.0)
    assert "both are 1,200" in text
    c = scene.controls
    over = c.sigma**2, c.sigma**2 + c.visits * c.tau**2
    assert f"a = 1200 / {over[0]:.0f} and b = 1200 / {over[1]:.0f}" in text
    assert scene.weight == pytest.approx((1 / over[1]) / (1 / over[0] + 1 / over[1]))


def test_larger_tau_and_more_rows_lower_the_weight():
    start = labs.levels.scene().weight
    assert 0 < labs.levels.scene(tau=80.0).weight < start
    assert 0 < labs.levels.scene(visits=60).weight < start < labs.levels.scene(visits=2).weight


def test_the_children_averaged_first(text):
    data = load("orthodont")
    fit = lmm("distance ~ Sex + (1 | Subject)", data)
    means = data.groupby("Subject", observed=True).agg({"distance": "mean", "Sex": "first"})
    boys, girls = (means.distance[means.Sex == sex] for sex in ("Male", "Female"))
    test = stats.ttest_ind(girls, boys)
    less = boys.mean() - girls.mean()
    assert [fit.beta[1], fit.se[1]] == pytest.approx([-less, -less / test.statistic], rel=1e-9)
    assert f"smaller by {less:.3f} mm, standard error {fit.se[1]:.3f}" in text
    assert len(means) == 27 and (data.groupby("Subject", observed=True).size() == 4).all()


def test_the_fits(text, fits):
    data = load("within_between")
    assert data.group.nunique() == 30 and (data.groupby("group").size() == 12).all()
    assert "thirty groups of twelve rows" in text
    raw, split, context = fits
    (wide,), (narrow,) = (fit.sd["group"].values for fit in (raw, split))
    assert f"slope of x is {said(raw.beta[1], 2)}" in text and f"τ = {said(wide, 2)}" in text
    inside, across = split.beta[1:]
    assert f"slope is {said(inside, 2)} within groups, between them +{said(across, 2)}" in text
    assert f"τ falls to {said(narrow, 2)}" in text
    told = f"{said(context.beta[2], 2)}, which is {said(across, 2)} − ({said(inside, 2)})"
    assert told in text
    assert context.deviance == pytest.approx(split.deviance, abs=1e-6)
    assert context.beta[2] == pytest.approx(across - inside, abs=1e-8)


def test_check_yourself(text):
    assert "−40 − 25 = −65 ms" in text and "faster by 65 ms" in text
    average = next(t for t in labs.levels.tasks if t.name == "average").then
    assert f"by {-average['beta_within']:g} mmHg" in text
    assert f"{average['beta_between']:g} mmHg for each unit" in text


def test_an_average_of_few_rows_blurs_the_slope_between():
    """The own average has noise of its own, whose slope is the one within."""
    rng = np.random.default_rng(1)
    true = rng.normal(size=(4000, 1))
    away = rng.normal(size=(4000, 4))
    y = -40 * true + 25 * away
    slope = np.polyfit((true + away).mean(1), y.mean(1), 1)[0]
    assert -40 < slope < 25
    assert slope == pytest.approx(-40 * 0.8 + 25 * 0.2, abs=1.0)


def test_the_statsmodels_line_of_the_lesson_gives_the_same_model(fits):
    smf = pytest.importorskip("statsmodels.formula.api")
    data = load("within_between")
    other = smf.mixedlm("y ~ x_within + x_mean", data, groups="group").fit()
    np.testing.assert_allclose(other.fe_params, fits[1].beta, rtol=1e-5)


def test_averaging_first(text):
    start = labs.averaging.scene()
    c, both = start.controls, (start.mixed, start.means)
    assert c.people == 15 and "Fifteen patients and fifteen controls" in text
    assert f"hear {c.trials} tones each" in text
    for answer in both:
        told = f"{said(answer.beta[1], 2)} µV, standard error {said(answer.se[1], 2)}"
        assert f"both say {told}" in text
    many = labs.averaging.scene(unequal=67.0)
    assert f"{many.costs[1]:.3f} times the smallest possible variance" in text
    few = labs.averaging.scene(unequal=87.0, story="faint", **FAINT)
    assert "and 87 %" in text and f"{few.costs[1]:.2f} times" in text
    assert few.study.layout.sizes[:2].tolist() == [2, 30] and "2 or 30 trials" in text
    loud = labs.averaging.scene(tones="vary")
    assert loud.means.se[2] > 40 * loud.mixed.se[2]
