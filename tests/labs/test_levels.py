"""The levels lab against rows 35 to 39 of the concept ledger, and its corners and tasks."""

from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.classical.means import on_means
from lmmlab.engine.design import grouped
from lmmlab.model.fit import evaluate, fit

lab = labs.levels


def test_row_35_the_slopes_are_fixed_effects_and_regression_of_means() -> None:
    for state in ({}, {"sample": "chance"}, {"source": "data"}):
        scene = lab.scene(**state)
        x, y = scene.cloud.x, scene.cloud.y
        J, n = x.shape
        dummies = np.repeat(np.eye(J), n, axis=0)
        own = np.linalg.lstsq(np.column_stack([x.ravel(), dummies]), y.ravel(), rcond=None)[0]
        assert scene.within.value == pytest.approx(own[0], rel=1e-8)
        line = np.polyfit(x.mean(1), y.mean(1), 1)
        assert scene.between.value == pytest.approx(line[0], rel=1e-8)


@pytest.mark.parametrize("n", [2, 7, 40, 60])
def test_exact_people_have_the_slopes_and_spreads_of_the_sliders(n: int) -> None:
    scene = lab.scene(visits=n, variances="estimated", fit="split", seed=7)
    assert [s.value for s in scene.slopes] == pytest.approx([25.0, -40.0], abs=1e-8)
    assert (scene.tau, scene.sigma) == pytest.approx((40.0, 60.0), rel=1e-6)
    x = scene.cloud.x
    assert x.mean(1).std() == pytest.approx(1.0, rel=1e-10)
    assert (x - x.mean(1, keepdims=True)).std() == pytest.approx(1.0, rel=1e-10)


def test_row_36_raw_x_is_a_blend_of_5_per_cent() -> None:
    scene = lab.scene()
    a, b = 1200 / 3600, 1200 / (3600 + 40 * 1600)
    weight = b / (a + b)
    assert scene.weight == pytest.approx(weight, abs=1e-10)
    (slope,) = scene.slopes
    assert slope.value == pytest.approx(25.0 * (1 - weight) - 40.0 * weight, abs=1e-8)
    assert round(slope.value, 1) == 21.7 and round(100 * weight) == 5
    (line,) = lab.scene(fit="ols").slopes
    assert line.value == pytest.approx(-7.5, abs=1e-8)


@pytest.mark.parametrize(
    "state",
    [
        {"visits": 3}, {"tau": 5.0}, {"sigma": 110.0}, {"spread_within": 0.3}, {"tau": 0.0},
        {"variances": "estimated"}, {"sample": "chance", "variances": "estimated", "seed": 4},
        {"source": "data"}, {"fit": "ols"}, {"fit": "ols", "averaged": 70.0},
        {"story": "dose", "beta_within": -0.8, "beta_between": 1.2},
    ],
)  # fmt: skip
def test_row_36_the_dial_is_what_the_fit_does(state: dict[str, Any]) -> None:
    scene = lab.scene(**state)
    w = scene.weight
    blend = (1 - w) * scene.within.value + w * scene.between.value
    assert scene.slopes[0].value == pytest.approx(blend, abs=1e-8)


def test_row_36_the_curve_holds_for_other_numbers_of_rows() -> None:
    curve = lab.scene().curve
    for n in (2, 10, 25, 60):
        assert lab.scene(visits=n).weight == pytest.approx(curve[n - 1], abs=1e-10)
    assert (np.diff(curve) < 0).all()


def test_row_36_estimated_variances_take_the_lost_slope_for_spread() -> None:
    scene = lab.scene(variances="estimated")
    assert scene.tau > 70 and scene.weight < 0.02
    assert "where the truth is 40.0" in " ".join(lab.words(variances="estimated"))


@pytest.mark.parametrize("variances", ["known", "estimated"])
def test_row_37_contextual_is_the_difference_and_the_fit_is_the_same(variances: str) -> None:
    split, context = (lab.scene(fit=f, variances=variances) for f in ("split", "context"))
    assert context.slopes[0].value == pytest.approx(split.slopes[0].value, abs=1e-8)
    assert context.slopes[0].se == pytest.approx(split.slopes[0].se, rel=1e-8)
    assert context.slopes[1].value == pytest.approx(-65.0, abs=1e-8)
    assert (context.tau, context.sigma) == pytest.approx((split.tau, split.sigma), rel=1e-8)


def test_row_37_the_same_heights_are_fitted() -> None:
    scene = lab.scene(sample="chance")
    x, y = scene.cloud.x, scene.cloud.y.ravel()
    own, one = np.repeat(x.mean(1), x.shape[1]), np.ones(y.size)
    split, context = (
        fit(grouped(y, np.column_stack([one, first, own]), one[:, None], scene.cloud.codes))
        for first in (x.ravel() - own, x.ravel())
    )
    np.testing.assert_allclose(split.fitted, context.fitted, rtol=1e-8)
    assert split.deviance == pytest.approx(context.deviance, abs=1e-6)


def test_row_38_averaging_gives_the_slope_between_and_the_sign_flips() -> None:
    start = {"story": "dose", "beta_within": -0.8, "beta_between": 1.2,
             "spread_within": 4.0, "spread_between": 2.0, "fit": "ols"}  # fmt: skip
    slopes = [lab.scene(**start, averaged=a).slopes[0].value for a in (0.0, 40.0, 70.0, 100.0)]
    assert slopes[0] < 0 < slopes[-1]
    assert slopes == sorted(slopes)
    assert slopes[-1] == pytest.approx(1.2, abs=1e-10)
    for people in (6, 30):
        averages = lab.scene(fit="ols", averaged=100.0, people=people)
        assert averages.slopes[0].value == pytest.approx(-40.0, abs=1e-8)


def test_row_38_in_a_thousand_chance_samples_averages_find_the_slope_between() -> None:
    state = {"sample": "chance", "fit": "ols", "averaged": 100.0, "visits": 5, "people": 12}
    found = np.array([lab.scene(**state, seed=seed).slopes[0].value for seed in range(300)])
    assert found.mean() == pytest.approx(-40.0, abs=3 * found.std() / np.sqrt(len(found)))


@pytest.mark.parametrize("sample", ["exact", "chance"])
def test_row_39_averaging_is_harmless_for_a_balanced_question_between_people(sample: str) -> None:
    state = {"sample": sample, "spread_within": 0.0, "variances": "estimated", "seed": 3}
    mixed, averages = lab.scene(**state), lab.scene(**state, fit="ols", averaged=100.0)
    assert mixed.tau > 0
    assert mixed.slopes[0].value == pytest.approx(averages.slopes[0].value, rel=1e-8)
    assert mixed.slopes[0].se == pytest.approx(averages.slopes[0].se, rel=1e-8)
    assert any("nothing is lost by averaging" in said for said in lab.words(**state))


def two_groups(sizes: list[int]) -> Any:
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    group = (codes % 2).astype(float)
    y = 3.0 * group + 2.0 * rng.normal(size=len(sizes))[codes] + rng.normal(size=len(codes))
    one = np.ones(len(codes))
    return grouped(y, np.column_stack([one, group]), one[:, None], codes)


def test_row_39_two_groups_mixed_model_is_the_t_test_on_means() -> None:
    stats = pytest.importorskip("scipy.stats")
    design = two_groups([6] * 20)
    model, means = fit(design), on_means(design)
    own = np.bincount(design.terms[0].codes, design.y) / 6
    t = stats.ttest_ind(own[1::2], own[::2]).statistic
    assert model.beta[1] / model.se[1] == pytest.approx(t, rel=1e-8)
    assert means.beta[1] / means.se[1] == pytest.approx(t, rel=1e-8)
    unequal = two_groups([2, 12] * 5 + [9, 3] * 5)
    assert abs(fit(unequal).beta[1] - on_means(unequal).beta[1]) > 1e-4


def test_with_one_kind_of_variation_there_is_one_slope() -> None:
    within = lab.scene(spread_between=0.0, fit="context")
    assert [s.kind for s in within.slopes] == ["within"] and within.between is None
    between = lab.scene(spread_within=0.0, fit="split")
    assert [s.kind for s in between.slopes] == ["between"] and between.within is None
    assert lab.scene(spread_within=0.0, spread_between=0.0).slopes == ()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"spread_within": 0.0}, "between only"),
        ({"spread_between": 0.0}, "within only"),
        ({"spread_within": 0.0, "spread_between": 0.0}, "no slope"),
        ({"tau": 0.0}, "one line"),
        ({"sigma": 0.0}, "all the weight"),
        ({"sigma": 0.0, "tau": 0.0, "variances": "estimated", "fit": "split"}, "true ones"),
    ],
)
def test_corners_give_a_sentence(state: dict[str, Any], said: str) -> None:
    assert said in lab.scene(**state).message


def test_words_carry_the_numbers() -> None:
    text = " ".join(lab.words())
    for number in ("+25.0", "−40.0", "+21.7", "5\xa0%", "95\xa0%"):
        assert number in text
    assert "−65.0" in " ".join(lab.words(fit="context"))
    assert "−7.50" in " ".join(lab.words(fit="ols"))


def test_same_people_whatever_the_sliders() -> None:
    a, b = lab.scene().cloud, lab.scene(tau=80.0, beta_between=10.0).cloud
    np.testing.assert_allclose(a.x, b.x, rtol=1e-12)
    assert not np.allclose(a.x, lab.scene(seed=2).cloud.x)


def task(name: str) -> Any:
    return next(t for t in lab.tasks if t.name == name)


def test_the_raw_task_shows_what_it_says() -> None:
    few, many = lab.scene(visits=2), lab.scene(**task("raw").then)
    said = task("raw").choices[0].reply
    for scene, slope in ((few, "+2.5"), (many, "+22.7")):
        value = f"{scene.slopes[0].value:+.1f}".replace("-", "−")
        assert value == slope and slope in said
        assert f"{100 * scene.weight:.0f}\xa0%" in said


def test_the_other_predictions_show_what_they_say() -> None:
    averages = lab.scene(**task("average").then)
    assert averages.slopes[0].value == pytest.approx(1.2, abs=1e-10)
    assert averages.within.value == pytest.approx(-0.8, abs=1e-10)


def test_the_number_of_one_line_is_what_the_lab_reports() -> None:
    question = task("one-line")
    scene = lab.scene(**question.then)
    assert scene.slopes[0].value == pytest.approx(question.value, abs=1e-8)
    assert question.value == pytest.approx(-27.0)
    for wrong in question.mistakes:
        assert question.answer(wrong.value).misconception == wrong.name


@pytest.mark.parametrize("seed", range(1, 30))
def test_a_contextual_effect_is_what_the_lab_reports(seed: int) -> None:
    question = task("context").make(seed)
    assert question == task("context").make(seed)
    scene = lab.scene(**question.then)
    assert scene.slopes[1].value == pytest.approx(question.value, abs=1e-8)
    c = scene.controls
    names = {m.value: m.name for m in question.mistakes}
    assert names[c.beta_between] == "contextual is the slope between"
    total = c.beta_between + c.beta_within
    assert names.get(total, "contextual is the sum") == "contextual is the sum"


@pytest.mark.parametrize(
    ("name", "state", "done"),
    [
        ("harmless", {}, False),
        ("harmless", {"spread_within": 0.1}, False),
        ("harmless", {"spread_within": 0.0}, True),
        ("harmless", {"spread_within": 0.0, "fit": "ols"}, False),
        ("harmless", {"spread_within": 0.0, "spread_between": 0.0}, False),
        ("flip", {}, False),
        ("flip", {"visits": 2}, False),
        ("flip", {"visits": 2, "tau": 30.0}, True),
        ("flip", {"tau": 5.0}, True),
        ("flip", {"beta_within": 0.0}, False),
        ("flip", {"fit": "ols"}, False),
    ],
)
def test_tasks_are_checked_with_partial_feedback(
    name: str, state: dict[str, Any], done: bool
) -> None:
    controls = lab.controls(**state)
    reached, reply = task(name).check(controls, lab.scene(**state))
    assert reached is done
    assert reply.endswith((".", "?"))


def test_the_sign_flips_above_38_per_cent() -> None:
    assert 25 / 65 == pytest.approx(0.385, abs=1e-3)


def test_known_variances_are_those_of_the_sliders() -> None:
    scene = lab.scene(fit="split", tau=20.0, sigma=30.0)
    x = scene.cloud.x
    own, one = np.repeat(x.mean(1), x.shape[1]), np.ones(x.size)
    X = np.column_stack([one, x.ravel() - own, own])
    design = grouped(scene.cloud.y.ravel(), X, one[:, None], scene.cloud.codes)
    model = evaluate(design, np.array([20 / 30]), 30.0)
    np.testing.assert_allclose([s.se for s in scene.slopes], model.se[1:], rtol=1e-8)
