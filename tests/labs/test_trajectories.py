"""The trajectories lab against its rows of the ledger: 7, 9, 12, 13, 15."""

from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.labs.trajectories.scene import share_against
from lmmlab.picture.marks import Band

lab = labs.trajectories


def test_row_7_the_same_slope_from_three_models_and_another_error() -> None:
    """References of lm and lme4 (REML) for the sleep study."""
    said = lab.scene(source="sleepstudy").answers
    for model, se in (("one", 1.238195), ("starts", 0.804221), ("lines", 1.545790)):
        np.testing.assert_allclose(said[model].average, [251.405105, 10.467286], atol=1e-6)
        assert said[model].se == pytest.approx(se, abs=1e-5)


@pytest.mark.parametrize("state", [{}, {"tau1": 1.0, "visits": 5}, {"source": "qol"}])
def test_row_7_also_of_simulated_people(state: dict[str, Any]) -> None:
    said = lab.scene(**state).answers
    slopes = [answer.average[1] for answer in said.values()]
    np.testing.assert_allclose(slopes, slopes[0], rtol=1e-10)


def test_row_7_a_model_without_own_slopes_is_too_sure_when_slopes_differ() -> None:
    """The true error is the sd of the estimate over studies with new people."""
    state = {"tau1": 0.7, "people": 20}
    rng = np.random.default_rng(4)
    scene = lab.scene(**state)
    nature, times = scene.nature, scene.people.day[:9]
    Z = np.stack([np.ones(9), times], axis=1)
    b = nature.average + rng.standard_normal((4_000, 20, 2)) @ nature.factor.T
    y = b @ Z.T + nature.sigma * rng.standard_normal((4_000, 20, 9))
    slopes = (y.mean(1) @ np.linalg.pinv(Z).T)[:, 1]
    assert scene.true_se == pytest.approx(slopes.std(), abs=3 * scene.true_se / np.sqrt(8_000))
    textbook = np.sqrt((nature.tau1**2 + nature.sigma**2 / 60) / 20)
    assert scene.true_se == pytest.approx(textbook, rel=1e-12)
    assert scene.answers["starts"].se < 0.6 * scene.true_se
    # on average over samples the model with own slopes knows it
    squares = [lab.scene(**state, seed=k).answers["lines"].se ** 2 for k in range(60)]
    error = 3 * np.std(squares) / np.sqrt(60)
    assert np.mean(squares) == pytest.approx(scene.true_se**2, abs=error)


@pytest.mark.parametrize("tau0", [0.0, 3.0, 6.0])
def test_row_9_own_starts_alone_are_parallel_lines(tau0: float) -> None:
    scene = lab.scene(tau1=0.0, tau0=tau0)
    np.testing.assert_allclose(scene.sd, tau0, rtol=1e-12)
    assert np.ptp(scene.lines[:, 1]) < 1e-12
    np.testing.assert_allclose(scene.lines[:, 0].std(ddof=1), tau0, rtol=1e-10, atol=1e-12)
    assert "parallel" in lab.words(tau1=0.0)[0]
    fitted = lab.scene(tau0=3.0, fit="starts").answer.lines
    assert np.ptp(fitted[:, 1]) < 1e-12 < np.ptp(fitted[:, 0])


def test_row_9_the_preset_quality_of_life() -> None:
    scene = lab.scene(source="qol")
    n = scene.nature
    assert (n.tau0, n.tau1, n.beta1, n.sigma) == (10.0, 0.0, -0.6, 6.0)
    np.testing.assert_allclose(scene.sd, 10.0, rtol=1e-12)


@pytest.mark.parametrize("state", [{}, {"tau1": 1.0, "rho": 0.6}, {"rho": -1.0}, {"tau0": 0.0}])
def test_row_12_variance_of_the_lines(state: dict[str, Any]) -> None:
    """Var(t) = tau0^2 + 2 t tau01 + t^2 tau1^2, and these people have exactly that."""
    scene = lab.scene(**state)
    n, t = scene.nature, scene.times
    variance = n.tau0**2 + 2 * t * n.rho * n.tau0 * n.tau1 + t**2 * n.tau1**2
    np.testing.assert_allclose(scene.sd**2, variance, atol=1e-10)
    lines = scene.lines[:, :1] + scene.lines[:, 1:] * t
    np.testing.assert_allclose(lines.var(axis=0, ddof=1), variance, atol=1e-8)


def test_row_12_the_same_people_whatever_the_sliders() -> None:
    """Draws stay: lines depend on tau and rho alone, in proportion."""
    narrow, wide = lab.scene(tau1=0.2, rho=0.3), lab.scene(tau1=0.8, rho=0.3)
    np.testing.assert_array_equal(narrow.lines[:, 0], wide.lines[:, 0])
    np.testing.assert_allclose(4 * (narrow.lines[:, 1] + 0.7), wide.lines[:, 1] + 0.7, atol=1e-12)
    for change in ({"sigma": 5.0}, {"visits": 3}, {"fit": "one"}):
        np.testing.assert_array_equal(lab.scene(**change).lines, lab.scene().lines)
    assert not np.allclose(lab.scene(seed=3).lines, lab.scene().lines)


@pytest.mark.parametrize(
    ("change", "tau1", "share"), [(-0.7, 0.35, 0.023), (-1.5, 1.2, 0.106), (-0.35, 0.25, 0.081)]
)
def test_row_13_the_share_that_goes_the_other_way(change: float, tau1: float, share: float) -> None:
    assert share_against(change, tau1) == pytest.approx(share, abs=5e-4)
    assert share_against(-change, tau1) == share_against(change, tau1)


def test_row_13_share_and_count_in_the_lab() -> None:
    scene = lab.scene()
    assert scene.against == pytest.approx(0.02275, abs=1e-5)
    assert scene.count == (scene.lines[:, 1] > 0).sum() == 1
    assert scene.lines[scene.index, 1] > 0.2, "the person in colour goes the other way"
    assert "2.3\xa0% of all such people get worse, here 1 of these 40" in lab.words()[0]
    assert lab.scene(tau1=0.0).against == lab.scene(tau1=0.0).count == 0
    assert lab.scene(beta1=0.0).against is None
    counts = [lab.scene(seed=k, tau1=0.7, people=60).count / 60 for k in range(80)]
    # exact moments make the counts less variable than chance would
    assert np.mean(counts) == pytest.approx(0.1587, abs=3 * np.sqrt(0.16 * 0.84 / 4_800))


def test_row_13_of_the_sleep_study_by_the_model() -> None:
    scene = lab.scene(source="sleepstudy")
    assert scene.against == pytest.approx(0.0386, abs=2e-4)
    assert scene.count == 1 and scene.who == "335"


@pytest.mark.parametrize(
    "state", [{}, {"tau1": 1.0}, {"people": 3}, {"source": "qol"}, {"source": "sleepstudy"}]
)
def test_row_15_the_average_of_lines_is_the_line_of_the_average(state: dict[str, Any]) -> None:
    scene = lab.scene(**state)
    np.testing.assert_allclose(scene.marginal, scene.conditional, rtol=1e-8)


def test_the_tail_is_drawn_where_slopes_go_the_other_way() -> None:
    def tails(**state: Any) -> list[Band]:
        marks = lab.picture(**state).panels[1].marks
        return [mark for mark in marks if isinstance(mark, Band)]

    (falling,), (rising,) = tails(), tails(source="sleepstudy")
    assert falling.x.min() == 0.0 < falling.x.max()
    assert rising.x.max() == 0.0 > rising.x.min()
    assert tails(tau1=0.0) == tails(beta1=0.0) == []


def test_both_panels_of_lines_have_one_height() -> None:
    for state in ({}, {"tau0": 6.0, "tau1": 1.0}, {"visits": 1}):
        panels = lab.picture(**state).panels
        assert panels[0].y == panels[2].y


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"visits": 1}, "no model can be fitted"),
        ({"visits": 2}, "cannot tell own slopes from noise"),
        ({"sigma": 0.0}, "lies on its person's line"),
        ({"tau0": 0.0}, "start at the same point"),
        ({"tau0": 0.0, "tau1": 0.0}, "the same line"),
        ({"rho": -1.0}, "ρ = −1 the start fixes"),
        ({"tau1": 1.0}, "the scale, which goes from 0 to 21"),
        ({"people": 5, "seed": 1, "tau1": 0.0}, "finds is noise"),
    ],
)
def test_corners_give_a_sentence(state: dict[str, Any], said: str) -> None:
    message = lab.scene(**state).message
    assert said in message
    assert message.endswith(".")


def test_estimates_stand_beside_the_sliders_of_the_story() -> None:
    assert lab.scene().message == ""
    assert lab.module.notes(lab.scene())["tau1"] == "estimate: 0.35\xa0points"
    assert set(lab.module.notes(lab.scene(source="qol"))) == {
        f"qol_{name}" for name in ("tau0", "tau1", "rho", "sigma", "beta0", "beta1")
    }
    assert lab.module.notes(lab.scene(source="sleepstudy")) == {}


def task(name: str) -> Any:
    return next(t for t in lab.tasks if t.name == name)


def test_doubling_the_spread_shows_sixteen_per_cent() -> None:
    asked = task("double-tau1")
    scene = lab.scene(**asked.then)
    assert scene.nature.tau1 == 2 * lab.scene().nature.tau1
    assert scene.against == pytest.approx(0.16, abs=0.005)
    assert scene.against / lab.scene().against == pytest.approx(7, abs=0.05)
    assert all("16\xa0%" in choice.reply or choice.right for choice in asked.choices)
    np.testing.assert_array_equal(scene.average, lab.scene().average)


def test_row_13_the_share_in_another_story() -> None:
    asked = task("other-way")
    scene = lab.scene(**asked.then)
    assert scene.against == asked.value
    assert (scene.nature.beta1, scene.nature.tau1) == (-0.6, 0.5)
    assert "12\xa0% of all such people get better" in lab.words(**asked.then)[0]
    assert "12\xa0%" in asked.reply and "16\xa0%" in asked.text and "2.3\xa0%" in asked.text
    assert all(asked.answer(given).right for given in (0.115, 0.1, 0.12, 0.13))
    for given, name in (
        (0.0, "the average is everybody"), (0.5, "half go each way"), (0.23, "both tails"),
        (0.88, "the share that goes with the average"),
    ):  # fmt: skip
        assert asked.answer(given).misconception == name
    assert asked.answer(0.16).text.startswith("Too high. How many spreads")
    assert asked.answer(0.023).text.startswith("Much too low.")
    assert "If you mean 12\xa0%" in asked.answer(12.0).text


def test_forbidding_own_slopes_shows_the_errors_of_the_replies() -> None:
    asked = task("forbid-own-slopes")
    scene = lab.scene(**asked.then)
    assert scene.answer is scene.answers["starts"]
    se = {key: f"{answer.se:.2f}" for key, answer in scene.answers.items()}
    for choice in asked.choices:
        assert f"from {se['lines']} to {se['starts']}" in choice.reply
        assert f"{scene.answer.average[1]:.2f} ms" in choice.reply
    assert se["one"] in asked.choices[-1].reply


def test_averaging_shows_dots_on_the_line_of_the_average_person() -> None:
    scene = lab.scene(**task("average-of-lines").then)
    np.testing.assert_allclose(np.diff(scene.marginal), -0.7, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "state", "done"),
    [
        ("one-in-ten", {}, False),
        ("one-in-ten", {"tau1": 0.55}, True),
        ("one-in-ten", {"tau1": 0.9}, False),
        ("one-in-ten", {"tau1": 0.0}, False),
        ("one-in-ten", {"tau1": 0.55, "beta1": -0.5}, False),
        ("one-in-ten", {"tau1": 0.55, "source": "qol"}, False),
        ("parallel", {}, False),
        ("parallel", {"tau1": 0.0}, False),
        ("parallel", {"tau0": 4.0}, False),
        ("parallel", {"tau1": 0.0, "tau0": 4.0}, True),
        ("parallel", {"tau1": 0.0, "tau0": 4.0, "source": "qol"}, False),
    ],
)
def test_tasks_are_checked_with_partial_feedback(
    name: str, state: dict[str, Any], done: bool
) -> None:
    reached, note = task(name).check(lab.controls(**state), lab.scene(**state))
    assert reached is done
    assert note.endswith(".")
