"""The overconfidence lab against rows 4 to 6 of the concept ledger, and its corners and tasks."""

from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.labs._lab import Do, Number, Predict
from lmmlab.labs._numbers import percent
from lmmlab.meaning.precision import design_effect, naive_size

lab = labs.overconfidence
(PROMISE,) = (task for task in lab.tasks if isinstance(task, Do))


@pytest.mark.parametrize(
    ("state", "expected", "digits"),
    [
        ({"rows": 20, "tau0": 1.0, "sigma": 19**0.5}, 0.16, 2),
        ({"rows": 100, "tau0": 1.0, "sigma": 19**0.5}, 0.42, 2),
        ({"rows": 60, "tau0": 2.0, "sigma": 6**0.5}, 0.69, 2),
        ({"groups": 24, "rows": 40, "tau0": 3.0, "sigma": 15.0}, 0.215, 3),
    ],
)
def test_row_4_size_of_ols_between_groups(
    state: dict[str, Any], expected: float, digits: int
) -> None:
    scene = lab.scene(**state)
    assert round(float(scene.expected[-1]), digits) == expected
    effect = 1 + (state["rows"] - 1) * scene.icc
    assert scene.effect == pytest.approx(effect, abs=1e-8)
    assert scene.expected[-1] == pytest.approx(float(naive_size(effect)), abs=1e-12)
    # an approximation: the formula takes the believed variance as known
    assert scene.missed[0] == pytest.approx(expected, abs=3 * scene.rates.error[0] + 0.01)
    assert scene.missed[1] == pytest.approx(0.05, abs=3 * scene.rates.error[1] + 0.005)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.7, 1.0])
def test_row_5_true_over_believed_variance(share: float) -> None:
    scene = lab.scene(share=share)
    assert scene.icc_x == pytest.approx((20 * share - 1) / 19, abs=1e-8)
    assert scene.effect == pytest.approx(1 + 19 * scene.icc_x * scene.icc, abs=1e-8)
    assert scene.missed[0] == pytest.approx(
        float(naive_size(scene.effect)), abs=3 * scene.rates.error[0] + 0.01
    )
    # the sd of the estimates over studies against the sd that OLS believes
    ratio = scene.rates.sd[0] / scene.rates.se[0]
    assert ratio == pytest.approx(np.sqrt(scene.effect), rel=3 / np.sqrt(2 * 1000) + 0.02)


def test_row_5_purely_within_the_naive_error_is_too_wide() -> None:
    scene = lab.scene(share=0.0)
    assert scene.effect == pytest.approx(1 - scene.icc, abs=1e-8)
    assert 1 / np.sqrt(scene.effect) == pytest.approx(1.29, abs=0.005)
    assert scene.missed[0] < 0.03
    assert scene.missed[1] == pytest.approx(0.05, abs=3 * scene.rates.error[1])


def test_row_5_the_formula_holds_for_unequal_sizes_too() -> None:
    for share in (0.0, 0.4, 1.0):
        scene = lab.scene(rows=30, sizes="unequal", few=4, share=share)
        ratio = scene.rates.sd[0] / scene.rates.se[0]
        assert ratio == pytest.approx(np.sqrt(scene.effect), rel=0.08)
        at = round(50 * share)
        assert scene.expected[at] == pytest.approx(float(naive_size(scene.effect)), abs=1e-12)


@pytest.mark.parametrize(
    ("state", "ols", "means"),
    [
        ({"rows": 100, "few": 20, "tau0": 4.0, "sigma": 24**0.5}, 1.41, 1.001),
        ({"groups": 20, "rows": 30, "few": 2, "tau0": 1.0, "sigma": 19**0.5}, 1.04, 2.15),
    ],
)
def test_row_6_unequal_groups_cost_precision(
    state: dict[str, Any], ols: float, means: float
) -> None:
    scene = lab.scene(sizes="unequal", **state)
    ratio = scene.means / scene.means[2]
    assert round(float(ratio[0]), 2) == ols
    assert ratio[1] == pytest.approx(means, abs=0.006)
    assert f"{ols:.2f} times the smallest possible variance" in " ".join(
        lab.words(**{**state, "sizes": "unequal"})
    )


def test_row_6_ols_is_unbiased() -> None:
    scene = lab.scene(rows=30, sizes="unequal", few=4)
    error = scene.rates.sd / np.sqrt(1000)
    assert (np.abs(scene.rates.estimate) < 3 * error).all()


def test_equal_groups_make_all_means_the_same() -> None:
    assert np.ptp(lab.scene().means) < 1e-12


def test_start_shows_the_idea() -> None:
    scene, text = lab.scene(), " ".join(lab.words())
    assert scene.missed[0] > 0.4 and scene.missed[1] < 0.08
    for value in (*scene.missed, *scene.rates.error):
        assert percent(value) in text
    assert "2.93 times too small" in text
    assert scene.ols.miss[scene.index] and not scene.mixed.miss[scene.index]


def test_the_same_studies_are_deformed() -> None:
    """More people, or another share, leave the noise of a study as it was."""
    few, many = lab.scene(tau0=0.0, sigma=5.0), lab.scene(tau0=0.0, sigma=10.0)
    np.testing.assert_allclose(many.ols.estimate, 2 * few.ols.estimate, rtol=1e-9)
    again = lab.scene(share=0.99)
    assert np.corrcoef(again.ols.estimate, lab.scene().ols.estimate)[0, 1] > 0.97


def test_without_clusters_both_are_right() -> None:
    scene = lab.scene(tau0=0.0)
    assert scene.effect == 1.0
    assert scene.missed == pytest.approx(0.05, abs=3 * scene.rates.error.max())
    assert scene.rates.singular[1] > 300
    assert "estimated as 0 in" in lab.module.notes(scene)["tau0"]
    assert "independent" in scene.message


def test_the_study_in_colour_is_one_in_both_piles() -> None:
    picture = lab.picture(person="12")
    assert picture.chosen == "12"
    for panel in picture.panels[:2]:
        assert all("12" in mark.ids for mark in panel.marks if getattr(mark, "ids", ()))


def test_predictions_lead_to_what_they_say() -> None:
    shown = {t.name: lab.scene(**t.then) for t in lab.tasks if isinstance(t, Predict)}
    assert 1 / np.sqrt(shown["within"].effect) == pytest.approx(1.29, abs=0.005)
    assert round(float(shown["within"].missed[0]), 2) == 0.01
    villages = shown["villages"]
    assert round(villages.icc, 3) == 0.038
    assert villages.effect == pytest.approx(2.5, abs=0.005)
    assert villages.missed[0] > 0.2
    ratio = shown["unequal"].means / shown["unequal"].means[2]
    assert [round(float(r), 2) for r in ratio] == [1.41, 1.0, 1.0]
    for task in lab.tasks:
        if isinstance(task, Predict):
            assert sum(choice.right for choice in task.choices) == 1


def test_the_factor_of_the_variance() -> None:
    (asked,) = (task for task in lab.tasks if isinstance(task, Number))
    scene = lab.scene(**asked.then)
    assert scene.controls.rows == 10
    assert asked.value == pytest.approx(scene.effect, abs=1e-8)
    assert asked.answer(4.6).right
    for given, name in (
        (2.14, "factor of the standard error"), (1.4, "the ICC counts once"),
        (3.6, "the own row is forgotten"), (5.0, "a row counts as its own neighbour"),
        (10.0, "rows of one person are all the same"),
    ):  # fmt: skip
        assert asked.answer(given).misconception == name
    assert "2.14 times too small" in " ".join(lab.words(**asked.then)) and "2.14" in asked.reply


def test_the_promise_is_kept_at_one_place() -> None:
    def say(**state: Any) -> tuple[bool, str]:
        return PROMISE.check(lab.controls(**state), lab.scene(**state))

    assert say() == (False, "OLS is too sure; x should vary less between people.")
    assert say(share=0.0)[1].startswith("OLS is too cautious")
    assert say(share=0.05)[0]
    assert say(share=0.05, tau0=0.0)[1].startswith("Leave everything")
    scene = lab.scene(share=0.05)
    assert float(design_effect(scene.icc, 20, scene.icc_x)) == pytest.approx(1.0)
    assert scene.missed[0] == pytest.approx(0.05, abs=3 * scene.rates.error[0])
