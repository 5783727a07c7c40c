"""The shrinkage lab against rows 27 to 32 of the concept ledger, and its corners and tasks."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.labs._lab import Predict
from lmmlab.labs.shrinkage.scene import weights
from lmmlab.labs.shrinkage.spread import Spread
from lmmlab.meaning.variance import expected_errors, repeated
from lmmlab.model.fit import evaluate

lab = labs.shrinkage
# lme4, REML: Reaction ~ Days + (Days | Subject)
LME4 = {
    "tau0": 24.74045146437418,
    "tau1": 5.922133103726541,
    "rho": 9.60433331783511 / (24.74045146437418 * 5.922133103726541),
    "sigma": 25.591815626727694,
}


def who(scene: Any, name: str) -> int:
    return scene.people.levels.index(name)


def test_row_27_no_and_partial_pooling_of_two_drivers() -> None:
    scene = lab.scene(**LME4)
    for name, own, pulled in (
        ("308", (244.19, 21.76), (253.66, 19.67)),
        ("335", (263.03, -2.88), (251.07, -0.285)),
    ):
        np.testing.assert_allclose(scene.own[who(scene, name)], own, atol=0.006)
        np.testing.assert_allclose(scene.pulled[who(scene, name)], pulled, atol=0.006)


def test_row_27_the_three_fits_morph_from_one_line_each_to_one_line_for_all() -> None:
    no, partial, complete = (lab.scene(pooling=p) for p in ("no", "partial", "complete"))
    np.testing.assert_array_equal(no.line, no.own)
    np.testing.assert_array_equal(partial.line, partial.pulled)
    assert np.ptp(complete.line, axis=0).max() == 0.0
    np.testing.assert_allclose(complete.average, [251.405105, 10.467286], atol=1e-6)
    spread = [s.line[:, 1].std() for s in (no, partial, complete)]
    assert spread[0] > spread[1] > spread[2]


def test_start_up_state_is_the_estimate_and_shows_a_pull() -> None:
    scene = lab.scene()
    estimate, told = (dataclasses.astuple(s) for s in (scene.estimate, scene.told))
    np.testing.assert_allclose(estimate, list(LME4.values()), rtol=1e-7)
    np.testing.assert_allclose(told, estimate, atol=0.06)
    assert scene.who == "335"
    assert scene.own[scene.index, 1] < -2 < scene.line[scene.index, 1]


@pytest.mark.parametrize(
    ("tau", "sigma", "n", "expected"),
    [(4, 4.9, 60, 0.976), (4, 4.9, 5, 0.769), (6, 8, 1, 0.36), (6, 8, 5, 0.738), (6, 8, 20, 0.918)],
)
def test_row_28_weight_of_own_level(tau: float, sigma: float, n: int, expected: float) -> None:
    weight = weights(Spread(tau, 0.0, 0.3, sigma), np.array([float(n)]))[0]
    assert weight[0] == pytest.approx(tau**2 / (tau**2 + sigma**2 / n), rel=1e-12)
    assert weight[0] == pytest.approx(expected, abs=5e-4)
    assert weight[1] == 0.0
    if n <= 20:
        made = lab.scene(source="simulated", tau0=tau, tau1=0.0, sigma=sigma, own_visits=n)
        assert made.true_curve[n - 1, 0] == pytest.approx(expected, abs=5e-4)


def test_row_28_the_weight_is_what_the_model_does() -> None:
    """With tau1 = 0 the pulled level is average + weight * (own mean - average)."""
    scene = lab.scene(tau1=0.0, tau0=20.0, own_days=4, own_noise=2.0)
    people = scene.people
    count = people.visits
    mean = np.bincount(people.codes, people.y) / count
    day = np.bincount(people.codes, people.day) / count
    line = scene.average[0] + scene.average[1] * day
    expected = line + scene.weight[:, 0] * (mean - line)
    np.testing.assert_allclose(scene.pulled[:, 0] + scene.pulled[:, 1] * day, expected, rtol=1e-10)
    assert scene.weight[scene.index, 0] == pytest.approx(400 / (400 + (2 * 25.6) ** 2 / 4))


def test_row_28_only_the_person_in_colour_has_own_visits_and_noise() -> None:
    scene = lab.scene(source="simulated", visits=8, own_visits=3, own_noise=2.0)
    others = np.delete(np.arange(18), scene.index)
    assert set(scene.people.visits[others]) == {8}
    assert scene.visits == 3
    assert np.ptp(scene.weight[others], axis=0).max() == 0.0
    assert (scene.weight[scene.index] < scene.weight[others[0]]).all()


@pytest.mark.parametrize("source", ["sleepstudy", "simulated"])
def test_row_29_no_spread_is_complete_pooling(source: str) -> None:
    scene = lab.scene(source=source, tau0=0.0, tau1=0.0, seed=3)
    if source == "sleepstudy":
        np.testing.assert_allclose(scene.pulled, np.tile(scene.average, (18, 1)), rtol=1e-12)
        assert not scene.weight.any()
    assert "alike" in scene.message


def test_row_29_large_spread_is_no_pooling() -> None:
    near = lab.scene(tau0=80.0, tau1=20.0, sigma=2.0)
    at = lab.scene(tau0=80.0, tau1=20.0, sigma=0.0)
    np.testing.assert_allclose(at.pulled, at.own, atol=1e-6)
    assert np.abs(near.pulled - near.own).max() < 0.05
    assert (near.weight > 0.995).all()


def test_row_30_bias_for_a_given_person_and_gain_over_people() -> None:
    tau, sigma, n, b = 6.0, 8.0, 5, 15.0
    lam = tau**2 / (tau**2 + sigma**2 / n)
    Z, G, c = np.ones((n, 1)), np.array([[tau**2]]), np.ones(1)
    again = repeated(Z, G, sigma, np.array([b]), c)
    assert again.bias == pytest.approx(-(1 - lam) * b, rel=1e-12)
    assert again.own_sd == pytest.approx(sigma / np.sqrt(n), rel=1e-12)
    assert again.sd == pytest.approx(lam * sigma / np.sqrt(n), rel=1e-12)
    over_people = (again.bias / b * tau) ** 2 + again.sd**2
    assert over_people / again.own_sd**2 == pytest.approx(lam, rel=1e-12)
    made = lab.scene(source="simulated", tau0=tau, tau1=0.0, sigma=sigma, visits=n, own_visits=n)
    truth = made.people.truth[made.index, 0] - made.controls.beta0
    assert made.again.bias == pytest.approx(-(1 - lam) * truth, rel=1e-9)


def test_row_30_mean_squared_error_in_simulation() -> None:
    """J = 40, n = 5, tau 6, sigma 8: MSE(BLUP) / MSE(own) = .738 with known variances."""
    ratio, spread = [], []
    told = Spread(6.0, 0.0, 0.0, 8.0)
    for seed in range(200):
        scene = lab.scene(
            source="simulated", people=40, visits=5, own_visits=5, tau0=6.0, tau1=0.0, sigma=8.0,
            seed=seed,
        )  # fmt: skip
        model = evaluate(scene.people.design(), told.theta, told.sigma)
        middle = np.array([1.0, 2.0])
        truth = scene.people.truth @ middle
        pulled = (model.beta + model.blups["person"].values) @ middle
        own = scene.own @ middle
        ratio.append([((pulled - truth) ** 2).mean(), ((own - truth) ** 2).mean()])
        spread.append((model.blups["person"].values[:, 0] ** 2).mean())
    mse = np.array(ratio)
    value = mse[:, 0].mean() / mse[:, 1].mean()
    error = np.std(mse[:, 0] - value * mse[:, 1]) / mse[:, 1].mean() / np.sqrt(len(mse))
    # the average is estimated too, which adds (1 - lambda)^2 of its variance: below 1 %
    assert value == pytest.approx(0.738, abs=3 * error + 0.007)
    sd = np.sqrt(np.mean(spread))
    assert sd == pytest.approx(
        np.sqrt(0.738) * 6, abs=3 * np.std(spread) / 200**0.5 / sd / 2 + 0.06
    )


def test_row_31_blups_are_the_textbook_formula_also_with_two_days() -> None:
    scene = lab.scene(**LME4, own_days=2, person="308")
    G, sigma = scene.told.G, scene.told.sigma
    for j in (scene.index, who(scene, "335")):
        mine = scene.people.codes == j
        Z = np.stack([np.ones(mine.sum()), scene.people.day[mine]], axis=1)
        V = Z @ G @ Z.T + sigma**2 * np.eye(len(Z))
        blup = G @ Z.T @ np.linalg.solve(V, scene.people.y[mine] - Z @ scene.average)
        np.testing.assert_allclose(scene.pulled[j] - scene.average, blup, rtol=1e-9)
        model = evaluate(scene.people.design(), scene.told.theta, sigma)
        given = np.linalg.inv(np.linalg.inv(G) + Z.T @ Z / sigma**2)
        sd = model.blup_sd["person"].values[j]
        np.testing.assert_allclose(sd, np.sqrt(np.diag(given)), rtol=1e-9)
    assert scene.visits == 2


def test_row_31_reliability_of_the_slope() -> None:
    scene = lab.scene(**LME4)
    assert scene.weight[0, 1] == pytest.approx(0.815, abs=5e-4)


def test_row_31_rho_lends_strength() -> None:
    """A start above average raises the pulled change when rho > 0: shrinkage is joint."""
    high, none = lab.scene(rho=0.9, own_days=1), lab.scene(rho=0.0, own_days=1)
    assert none.pulled[none.index, 1] == pytest.approx(none.average[1], abs=1e-9)
    start = high.people.y[high.people.codes == high.index][0] - high.average[0]
    assert (high.pulled[high.index, 1] - high.average[1]) * start > 0


def test_row_30_misses_in_the_long_run_are_what_many_samples_give() -> None:
    state = {"source": "simulated", "people": 60, "visits": 4, "own_visits": 9, "own_noise": 2.0}
    seen = []
    for seed in range(150):
        scene = lab.scene(**state, seed=seed, person="5")
        told = scene.told
        design = scene.people.design(scene.people.weights("5", 2.0))
        model = evaluate(design, told.theta, told.sigma)
        # with the true average, as the expectation has it
        pulled = scene.true_average + model.blups["person"].values
        off = [line - scene.people.truth for line in (scene.own, pulled)]
        days = np.stack([np.ones(10), np.arange(10.0)])
        seen.append([((x @ days) ** 2).mean() for x in off])
    found = np.array(seen)
    expected = np.square([scene.miss.own_expected, scene.miss.pulled_expected])
    error = found.std(0) / np.sqrt(len(found))
    # the average is estimated from 60 people: it adds a few per cent of itself to `pulled`
    assert np.abs(found.mean(0) - expected)[0] < 3 * error[0]
    assert found.mean(0)[1] == pytest.approx(expected[1], abs=3 * error[1] + 0.03 * expected[1])
    assert scene.miss.judged == 60


def test_row_30_expected_errors_have_the_ratio_lambda() -> None:
    Z, tau, sigma = np.ones((5, 1)), 6.0, 8.0
    own, pulled = expected_errors(Z, np.array([[tau**2]]), sigma)
    assert pulled[0, 0] / own[0, 0] == pytest.approx(36 / (36 + 64 / 5), rel=1e-12)


def test_row_32_pulled_changes_spread_less_than_tau1_and_own_ones_more() -> None:
    scene = lab.scene()
    own, pulled = scene.own[:, 1].std(ddof=1), scene.pulled[:, 1].std(ddof=1)
    assert pulled < scene.told.tau1 < own
    assert any("pulled lines differ too little" in sentence for sentence in lab.words())
    # the order is said where it holds, and only there
    other = lab.scene(days=7, own_days=7)
    assert other.pulled[:, 1].std(ddof=1) > other.told.tau1
    assert not any("too little" in sentence for sentence in lab.words(days=7, own_days=7))


def test_same_people_whatever_the_sliders() -> None:
    base = lab.scene(source="simulated")
    for change in ({"people": 40}, {"visits": 15}, {"sigma": 5.0}, {"own_visits": 3}):
        other = lab.scene(source="simulated", person=base.who, **change)
        np.testing.assert_allclose(other.people.truth[:18], base.people.truth, rtol=1e-12)
    new = lab.scene(source="simulated", seed=2)
    assert not np.allclose(new.people.truth, base.people.truth)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"tau0": 0.0, "tau1": 0.0}, "alike"),
        ({"tau0": 0.0}, "same point"),
        ({"tau1": 0.0}, "start only"),
        ({"rho": 1.0}, "before day 0"),
        ({"rho": -1.0}, "meet on day"),
        ({"sigma": 0.0}, "exact"),
        ({"days": 1, "own_days": 1}, "One visit"),
        ({"own_days": 1}, "One visit"),
        ({"source": "simulated", "visits": 1, "own_visits": 1}, "One visit"),
        ({"source": "simulated", "people": 2}, "Two people"),
        ({"source": "simulated", "sigma": 0.0}, "Without noise the spreads cannot be estimated"),
        ({"source": "simulated", "visits": 2, "own_visits": 2}, "cannot be estimated"),
        ({"source": "simulated", "visits": 4, "seed": 5}, "limit, +1"),
    ],
)
def test_corners_give_a_sentence(state: dict[str, Any], said: str) -> None:
    message = lab.scene(**state).message
    assert said in message
    assert message.endswith(".")


def test_true_lines_meet_where_the_sentence_says() -> None:
    scene = lab.scene(source="simulated", rho=-1.0, tau0=24.0, tau1=6.0)
    assert "day 4.0" in scene.message
    at = scene.people.truth @ [1.0, 4.0]
    assert np.ptp(at) < 1e-9


def test_the_estimate_answers_the_truth_and_the_method() -> None:
    reml, ml = (lab.scene(source="simulated", method=m).estimate for m in ("REML", "ML"))
    assert ml.tau0 < reml.tau0
    assert lab.module.notes(lab.scene(method="ML"))["tau0"] == "ML estimate: 23.8\xa0ms"


def task(name: str) -> Any:
    return next(t for t in lab.tasks if t.name == name)


def test_there_are_four_tasks_two_of_them_predictions_with_named_wrong_answers() -> None:
    predictions = [t for t in lab.tasks if isinstance(t, Predict)]
    assert len(lab.tasks) >= 4
    assert len(predictions) >= 2
    for prediction in predictions:
        assert sum(c.right for c in prediction.choices) == 1
        assert all(len(c.reply) > 40 for c in prediction.choices)
        lab.controls(**prediction.then)


def test_halving_sigma_shortens_every_arrow() -> None:
    before, after = lab.scene(), lab.scene(**task("halve-sigma").then)
    G = np.linalg.inv(before.told.G)
    length = [np.einsum("ji,ik,jk->j", d, G, d) for d in (s.line - s.own for s in (before, after))]
    assert (length[1] < length[0]).all()


def test_the_extreme_person_is_pulled_off_the_truth_and_all_people_gain() -> None:
    asked = task("extreme-person")
    scene = lab.scene(**asked.then)
    levels = (scene.people.truth - scene.true_average) @ [1.0, 1.0]
    assert scene.index == levels.argmax() == 13, "the one who is truly far above the others"
    assert levels[13] > 60
    assert f"{-scene.again.bias:.1f} ms below" in asked.choices[0].reply
    assert scene.again.sd < scene.again.own_sd
    assert scene.again.bias**2 + scene.again.sd**2 > scene.again.own_sd**2, "does not pay"
    assert scene.miss.pulled < scene.miss.own
    assert scene.miss.pulled_expected < scene.miss.own_expected
    assert scene.message == ""


def test_row_28_the_weight_of_four_visits() -> None:
    asked = task("own-weight")
    scene = lab.scene(**asked.then)
    assert scene.visits == 4
    assert scene.weight[scene.index, 0] == pytest.approx(asked.value, abs=1e-12)
    assert asked.value == pytest.approx(400 / (400 + 900 / 4), abs=1e-12)
    assert any("64\xa0% for the level" in sentence for sentence in lab.words(**asked.then))
    assert asked.answer(0.64).right
    for given, name in (
        (0.31, "the number of visits is forgotten"), (0.88, "σ/n in place of σ²/n"),
        (0.57, "sds instead of variances"), (0.36, "the weight of the others"),
    ):  # fmt: skip
        assert asked.answer(given).misconception == name
    assert asked.answer(0.7).text.startswith("A little too high. How noisy")


def test_tasks_say_which_part_is_missing() -> None:
    def note(name: str, **state: Any) -> str:
        return task(name).check(lab.controls(**state), lab.scene(**state))[1]

    start = "Own visits still count: 96\xa0% for the level, 81\xa0% for the change."
    assert note("ignore-the-person") == start
    half = note("ignore-the-person", tau1=0.0)
    assert "people change alike" in half and half.endswith(" 0\xa0% for the change.")
    assert "people start alike" in note("ignore-the-person", tau0=0.0)
    assert "which count 96\xa0% for the level" in note("one-visit-half")
    assert "Make τ₀ larger beside σ." in note("one-visit-half", own_days=1)
    assert "Make τ₀ smaller beside σ." in note("one-visit-half", own_days=1, tau0=40.0)


def test_spread_task_shows_what_its_replies_say() -> None:
    scene = lab.scene(**task("spread-of-blups").then)
    pulled, own = (line[:, 1].std(ddof=1) for line in (scene.pulled, scene.own))
    assert pulled < 0.9 * scene.told.tau1 < 1.1 * scene.told.tau1 < own
    assert len(scene.people.levels) == 60 and scene.message == ""


@pytest.mark.parametrize(
    ("name", "state", "done"),
    [
        ("ignore-the-person", {}, False),
        ("ignore-the-person", {"tau0": 0.0}, False),
        ("ignore-the-person", {"tau0": 0.0, "tau1": 0.0}, True),
        ("ignore-the-person", {"tau0": 0.0, "tau1": 0.0, "pooling": "complete"}, False),
        ("ignore-the-person", {"tau0": 0.0, "tau1": 0.0, "source": "simulated"}, False),
        ("one-visit-half", {"tau0": 25.6}, False),
        ("one-visit-half", {"own_days": 1}, False),
        ("one-visit-half", {"own_days": 1, "tau0": 25.6}, True),
        ("one-visit-half", {"own_days": 1, "tau0": 25.6, "own_noise": 2.0}, False),
        ("one-visit-half", {"own_visits": 1, "tau0": 25.6, "source": "simulated"}, False),
    ],
)
def test_tasks_are_checked_with_partial_feedback(
    name: str, state: dict[str, Any], done: bool
) -> None:
    controls = lab.controls(**state)
    reached, note = task(name).check(controls, lab.scene(**state))
    assert reached is done
    assert note.endswith(".")
