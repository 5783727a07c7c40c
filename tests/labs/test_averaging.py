"""The averaging lab against rows 6, 39 and 61 of the concept ledger, its corners and tasks."""

from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.engine.design import grouped
from lmmlab.labs._lab import Do, Number, Predict
from lmmlab.labs.averaging.controls import FAINT, LARGE
from lmmlab.labs.averaging.study import few, sizes
from lmmlab.model.fit import evaluate

lab = labs.averaging


def test_row_39_balanced_groups_the_mixed_model_is_the_t_test_on_means() -> None:
    stats = pytest.importorskip("scipy.stats")
    agreed = 0
    for state in ({}, FAINT, {"trials": 2}, {"people": 4}, {"trials": 100, "people": 20}):
        for seed in range(10):
            scene = lab.scene(**state, seed=seed)
            k = scene.controls.people
            own = scene.study.y.reshape(2 * k, -1).mean(1)
            t = stats.ttest_ind(own[k:], own[:k])
            gap, error = own[k:].mean() - own[:k].mean(), scene.means.se[1]
            assert scene.means.beta[1] == pytest.approx(gap, rel=1e-10)
            assert gap / error == pytest.approx(t.statistic, rel=1e-10)
            assert scene.mixed.beta[1] == pytest.approx(gap, rel=1e-10)
            if scene.tau > 0.0:
                agreed += 1
                assert scene.mixed.se[1] == pytest.approx(error, rel=1e-10)
                assert "the same in every digit" in " ".join(lab.words(**state, seed=seed))
            else:
                assert scene.mixed.se[1] > error
                assert "independent" in " ".join(lab.words(**state, seed=seed))
    assert agreed > 40


def test_row_39_with_unequal_numbers_people_are_weighed_differently() -> None:
    scene = lab.scene(**FAINT, unequal=87.0)
    assert abs(scene.mixed.beta[1] - scene.means.beta[1]) > 0.5
    low, high = scene.weights(scene.study.layout.sizes[:2].astype(float))
    assert low / high == pytest.approx(
        (scene.tau**2 + scene.sigma**2 / 30) / (scene.tau**2 + scene.sigma**2 / 2), rel=1e-12
    )


def test_the_mixed_model_is_averages_with_the_weights_of_the_picture() -> None:
    """What the curve of weights says is what the fit does."""
    scene = lab.scene(**FAINT, unequal=87.0)
    at, k = scene.study.layout, scene.controls.people
    w = scene.weights(at.sizes.astype(float))
    patients, controls = (
        np.average(scene.own[part], weights=w[part]) for part in (slice(k, None), slice(k))
    )
    assert scene.mixed.beta[1] == pytest.approx(patients - controls, abs=1e-8)
    assert w.mean() == pytest.approx(1.0, rel=1e-12)


def ratio(large: int, small: int, of: int, icc: float) -> tuple[float, float]:
    from lmmlab.meaning.precision import mean_variance

    each, tau, sigma = [small] * of + [large] * of, np.sqrt(icc), np.sqrt(1.0 - icc)
    rows, people, best = (mean_variance(tau, sigma, each, w) for w in ("rows", "groups", "best"))
    return float(rows / best), float(people / best)


def test_row_6_the_costs_are_those_of_the_ledger() -> None:
    """Halves of equal size have them; here 15 people make one half larger by one person."""
    assert ratio(100, 20, 15, 0.40) == pytest.approx((1.41, 1.001), abs=5e-3)
    assert ratio(30, 2, 10, 0.05) == pytest.approx((1.04, 2.15), abs=5e-3)
    even = lab.scene(**FAINT, people=10, unequal=87.0)
    assert even.costs == pytest.approx(ratio(30, 2, 10, 0.05), abs=0.01)
    many = lab.scene(people=16, unequal=67.0)
    assert many.costs == pytest.approx(ratio(100, 20, 16, 0.40), abs=2e-3)
    odd = lab.scene(unequal=67.0)
    assert odd.costs == pytest.approx([1.41, 1.001], abs=5e-3)


def test_row_6_costs_are_variances_over_many_studies() -> None:
    state = {**FAINT, "unequal": 87.0, "people": 6, "difference": 0.0}
    seeds = range(300)
    scenes = [lab.scene(**state, seed=seed) for seed in seeds]
    at, k = scenes[0].study.layout, 6
    best = 1.0 / (1.1**2 + 4.8**2 / at.sizes)
    found = []
    for w in (at.sizes, np.ones(12), best):
        gaps = [
            np.average(s.own[k:], weights=w[k:]) - np.average(s.own[:k], weights=w[:k])
            for s in scenes
        ]
        found.append(np.var(gaps))
    rows, people, least = found
    error = 3 * np.sqrt(2 / len(seeds)) * np.sqrt(2)  # of a ratio, were the two independent
    assert rows / least == pytest.approx(scenes[0].costs[0], rel=error)
    assert people / least == pytest.approx(scenes[0].costs[1], rel=error)


def test_the_curve_of_costs_has_no_smaller_variance_than_the_best() -> None:
    scene = lab.scene(**FAINT, unequal=87.0)
    assert scene.curve.shape == (16, 2) and (scene.curve >= 1.0 - 1e-12).all()
    np.testing.assert_allclose(scene.curve[-1], 1.0, rtol=1e-12)
    np.testing.assert_array_equal(scene.curve[1], scene.costs)


def test_row_61_a_trial_covariate_needs_the_trials() -> None:
    scene = lab.scene(tones="vary")
    assert scene.mixed.beta[2] == pytest.approx(0.8, abs=3 * scene.mixed.se[2])
    assert scene.means.se[2] > 40 * scene.mixed.se[2]
    x, at = scene.study.loud, scene.study.layout
    X = np.column_stack([np.ones(len(x)), at.patient[at.codes], x])
    design = grouped(scene.study.y, X, X[:, :1], at.codes)
    model = evaluate(design, np.array([scene.tau / scene.sigma]), scene.sigma)
    np.testing.assert_allclose(scene.mixed.beta, model.beta, rtol=1e-6)
    z = np.column_stack([X[:1].repeat(30, 0)[:, 0], at.patient, scene.study.averages(x)])
    np.testing.assert_allclose(
        scene.means.beta, np.linalg.lstsq(z, scene.own, rcond=None)[0], rtol=1e-8
    )


def test_sizes_keep_their_mean_and_nobody_is_without_a_trial() -> None:
    assert sizes(60, few(60, 67.0), 4).tolist() == [20, 100, 20, 100]
    assert sizes(16, few(16, 87.0), 2).tolist() == [2, 30]
    assert sizes(2, few(2, 95.0), 2).tolist() == [1, 3]
    assert sizes(60, [60, 30], 2).tolist() == [[60, 60], [30, 90]]


def test_a_slider_deforms_the_same_people() -> None:
    a, b = lab.scene(unequal=0.0), lab.scene(unequal=50.0, difference=5.0)
    first = a.study.y[a.study.layout.number == 0]
    again = b.study.y[b.study.layout.number == 0]
    np.testing.assert_allclose(again - first, 8.0 * a.study.layout.patient, atol=1e-12)
    vary = lab.scene(tones="vary", louder=0.0)
    np.testing.assert_array_equal(vary.study.y, a.study.y)


@pytest.mark.parametrize(
    ("state", "said"),
    [({"tau0": 0.0}, "people are alike"), ({**FAINT, "trials": 2, "seed": 4}, "estimated as 0")],
)
def test_corners_give_a_sentence(state: dict[str, Any], said: str) -> None:
    assert said in lab.scene(**state).message


def test_words_carry_the_numbers() -> None:
    text = " ".join(lab.words())
    scene = lab.scene()
    for number in ("1,800 trials", f"{-scene.mixed.beta[1]:.2f}", f"{scene.mixed.se[1]:.2f}"):
        assert number in text
    many = " ".join(lab.words(unequal=67.0))
    for number in ("20 trials", "half 100", "1.001 times", "1.41 times", "0.94", "0.20"):
        assert number in many
    loud = " ".join(lab.words(tones="vary"))
    assert "+0.82" in loud and "−2.79" in loud and "+0.8." in loud
    assert "NaN" not in text + many + loud


def task(name: str) -> Any:
    return next(t for t in lab.tasks if t.name == name)


def test_wrong_answers_have_names_and_one_answer_is_right() -> None:
    for question in lab.tasks:
        if isinstance(question, Predict):
            assert sum(c.right for c in question.choices) == 1
            assert all(c.right or c.name for c in question.choices)
    kinds = [type(t) for t in lab.tasks]
    assert kinds.count(Predict) == 2 and Number in kinds and Do in kinds


def test_what_the_predictions_say_is_shown() -> None:
    unequal = task("unequal")
    scene = lab.scene(**unequal.then)
    assert scene.costs == pytest.approx([1.41, 1.001], abs=5e-3)
    low, high = scene.weights(np.array([20.0, 100.0]))
    assert f"{low / high:.2f}" in unequal.choices[2].reply
    assert (4.9 / np.sqrt(20), 4.9 / np.sqrt(100)) == pytest.approx((1.1, 0.5), abs=0.05)
    loud = lab.scene(**task("loudness").then)
    times = loud.means.se[2] / loud.mixed.se[2]
    assert all(f"{times:.0f} times" in c.reply for c in task("loudness").choices)


def test_the_number_follows_from_its_story() -> None:
    question = task("counts")
    scene = lab.scene(**question.then)
    assert scene.study.layout.sizes[:2].tolist() == [2, 30]
    low, high = scene.weights(np.array([2.0, 30.0]), true=True)
    assert question.value == pytest.approx(low / high, rel=1e-12)
    assert f"{question.value:.3f}" in question.reply
    assert 1.21 + 23.04 / 2 == pytest.approx(12.7, abs=0.05)
    assert 1.21 + 23.04 / 30 == pytest.approx(1.98, abs=0.005)
    for wrong in question.mistakes:
        assert question.answer(wrong.value).misconception == wrong.name


@pytest.mark.parametrize(
    ("state", "done"),
    [
        ({}, False),
        ({"unequal": 95.0}, False),
        ({**FAINT, "unequal": 87.0}, True),
        ({**FAINT, "unequal": 87.0, "trials": 8}, False),
        ({**FAINT, "unequal": 87.0, "tones": "vary"}, False),
        ({"tau0": 0.0, "unequal": 80.0}, True),
    ],
)
def test_the_state_can_be_reached(state: dict[str, Any], done: bool) -> None:
    reached, reply = task("costly").check(lab.controls(**state), lab.scene(**state))
    assert reached is done
    assert reply.endswith((".", "?"))


def test_stories_are_the_defaults_and_the_ledger() -> None:
    c = lab.controls()
    assert {name: getattr(c, name) for name in LARGE} == LARGE
    assert c.tau0**2 / (c.tau0**2 + c.sigma**2) == pytest.approx(0.40, abs=0.005)
    assert "ICC: .40" in lab.module.notes(lab.scene())["sigma"]
    assert "ICC: .05" in lab.module.notes(lab.scene(**FAINT))["sigma"]
    small = 1.1**2 / (1.1**2 + 4.8**2)
    assert small == pytest.approx(0.05, abs=0.001)
