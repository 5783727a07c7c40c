"""The clustering lab against rows 1 to 3 of the concept ledger, and its corners and tasks."""

from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.engine.design import grouped
from lmmlab.labs._lab import Do, Number, Predict
from lmmlab.labs._numbers import corr, number
from lmmlab.labs.clustering.scene import _estimate
from lmmlab.meaning.precision import mean_variance
from lmmlab.meaning.variance import anova_icc
from lmmlab.model.fit import fit

lab = labs.clustering
DO = {task.name: task for task in lab.tasks if isinstance(task, Do)}


def reached(name: str, **state: Any) -> tuple[bool, str]:
    return DO[name].check(lab.controls(**state), lab.scene(**state))


def test_row_1_pairs_of_one_person_correlate_by_the_icc() -> None:
    scene = lab.scene(sample="exact")
    assert scene.icc == pytest.approx(144 / 208, abs=1e-12)
    assert scene.same == pytest.approx(scene.icc, abs=1e-8)
    pairs = np.corrcoef(scene.y.T)
    np.testing.assert_allclose(pairs[~np.eye(7, dtype=bool)], scene.icc, atol=1e-8)
    assert round(scene.icc, 2) == 0.69


def test_row_1_strangers_do_not_correlate() -> None:
    """All pairs of strangers, one by one; over many samples of people their mean is 0."""
    scene = lab.scene(people=12, visits=3)
    away = scene.y.ravel() - scene.y.mean()
    who = np.repeat(np.arange(12), 3)
    products = np.outer(away, away)
    apart = products[who[:, None] != who].mean() / np.square(away).mean()
    together = products[(who[:, None] == who) & ~np.eye(36, dtype=bool)].mean()
    assert scene.strangers == pytest.approx(apart, abs=1e-8)
    assert scene.same == pytest.approx(together / np.square(away).mean(), abs=1e-8)

    first = [lab.scene(seed=seed).y for seed in range(200)]
    r = [np.corrcoef(y[:, 0], np.roll(y[:, 1], -1))[0, 1] for y in first]
    assert abs(np.mean(r)) < 3 * np.std(r) / np.sqrt(len(r))


def test_row_1_shuffled_names_dissolve_the_clusters_and_nothing_else() -> None:
    true, torn = lab.scene(), lab.scene(names="shuffled")
    np.testing.assert_array_equal(np.sort(true.y, axis=None), np.sort(torn.y, axis=None))
    assert true.same > 0.6 and abs(torn.same) < 0.1
    assert np.ptp(torn.own) < 0.5 * np.ptp(true.own)
    assert (torn.icc, torn.worth) == (true.icc, true.worth)
    assert torn.believed_worth > 4 * torn.worth
    same = [lab.scene(names="shuffled", seed=seed).same for seed in range(200)]
    mean, error = np.mean(same), np.std(same) / np.sqrt(len(same))
    assert abs(mean + 1 / 419) < 3 * error


def test_row_1_the_mean_is_as_unsure_as_the_worth_says_whatever_the_names() -> None:
    means = [lab.scene(seed=seed).y.mean() for seed in range(400)]
    expected = 208 / lab.scene(names="shuffled").worth
    assert np.var(means, ddof=1) == pytest.approx(expected, rel=3 * np.sqrt(2 / 399))
    assert expected == pytest.approx(float(mean_variance(12.0, 8.0, [7] * 60)), rel=1e-12)


def test_row_2_share_and_correlation_are_one_number() -> None:
    for tau, sigma, said in ((4.0, 4.9, 0.40), (12.0, 8.0, 0.69), (6.5, 8.0, 0.40)):
        scene = lab.scene(tau0=tau, sigma=sigma, sample="exact")
        share = tau**2 / (tau**2 + sigma**2)
        assert scene.icc == pytest.approx(share, abs=1e-12)
        assert scene.same == pytest.approx(share, abs=1e-8)
        assert round(scene.icc, 2) == said


def test_row_2_the_estimate_is_that_of_anova_and_of_reml() -> None:
    scene = lab.scene(seed=4)
    design = grouped(
        scene.y.ravel(), np.ones((420, 1)), np.ones((420, 1)), list(np.repeat(scene.levels, 7))
    )
    model = fit(design)
    tau0, sigma = float(np.sqrt(next(iter(model.G.values())).values[0, 0])), model.sigma
    assert scene.estimate.tau0 == pytest.approx(tau0, rel=1e-6)
    assert scene.estimate.sigma == pytest.approx(sigma, rel=1e-6)
    assert scene.estimate.icc == pytest.approx(tau0**2 / (tau0**2 + sigma**2), rel=1e-6)


def test_row_2_dyestuff() -> None:
    """Six batches of five; MSB 11271.5 and MSW 2451.25 (Davies & Goldsmith 1972)."""
    rng = np.random.default_rng(0)
    e = rng.standard_normal((6, 5))
    e -= e.mean(1, keepdims=True)
    u = rng.standard_normal(6)
    u -= u.mean()
    within = e * np.sqrt(2451.25 * 24 / np.square(e).sum())
    between = u * np.sqrt(11271.5 / 5 * 5 / np.square(u).sum())
    estimate = _estimate(1527.5 + between[:, None] + within)
    assert estimate.tau0**2 == pytest.approx(1764.05, abs=1e-2)
    assert estimate.sigma**2 == pytest.approx(2451.25, abs=1e-6)
    assert estimate.icc == pytest.approx(float(anova_icc(11271.5, 2451.25, 5)), abs=1e-10)


def test_row_3_what_rows_are_worth() -> None:
    scene = lab.scene(people=30, visits=60, tau0=4.0, sigma=4.9)
    assert scene.rows == 1800
    assert scene.rows / scene.worth == pytest.approx(24.6, abs=0.01)
    assert round(scene.worth) == 73
    assert round(scene.limit) == 75
    n = np.arange(1, 61)
    np.testing.assert_allclose(scene.curve, 30 * n / (1 + (n - 1) * scene.icc), rtol=1e-12)
    assert (np.diff(scene.curve) > 0).all() and (scene.curve < scene.limit).all()


def test_row_3_people_against_visits_at_the_same_cost() -> None:
    few, many = lab.scene(people=30, visits=14), lab.scene(people=140, visits=3)
    assert few.rows == many.rows == 420
    assert many.worth > 4 * few.worth


def test_start_shows_the_idea() -> None:
    text = " ".join(lab.words())
    scene = lab.scene()
    assert f"correlate {corr(scene.same)}, two of strangers {corr(scene.strangers)}" in text
    assert "τ₀² = 144 of the variance of 208" in text and "an ICC of .69" in text
    assert "these 420 measurements" in text and "81 independent ones" in text
    assert f"never get beyond {number(scene.limit)}" in text and number(scene.limit) == "87"


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"visits": 1}, "makes no pairs"),
        ({"tau0": 0.0}, "people are alike"),
        ({"sigma": 0.0}, "repeats the first"),
        ({"tau0": 0.0, "sigma": 0.0}, "no correlation is defined"),
        ({"people": 2}, "Two people"),
        ({"people": 5, "sample": "exact"}, "too few"),
    ],
)
def test_corners_are_said(state: dict[str, Any], says: str) -> None:
    assert says in lab.scene(**state).message


def test_corners_have_their_values() -> None:
    alike, exact = lab.scene(tau0=0.0), lab.scene(sigma=0.0)
    assert (alike.icc, alike.worth, alike.limit) == (0.0, 420.0, np.inf)
    assert exact.icc == 1.0 and exact.worth == pytest.approx(60)
    assert exact.same == pytest.approx(1.0)
    nothing = lab.scene(tau0=0.0, sigma=0.0)
    assert nothing.icc is nothing.same is nothing.worth is nothing.estimate is None


def test_the_same_people_are_deformed() -> None:
    near, far = lab.scene(tau0=6.0, sigma=0.0), lab.scene(tau0=12.0, sigma=0.0, people=90)
    np.testing.assert_allclose(far.y[:60] - 150, 2 * (near.y - 150), atol=1e-9)


def test_one_person_in_all_views() -> None:
    picture = lab.picture(person="7")
    assert picture.chosen == "7"
    holding = [
        panel.title
        for panel in picture.panels
        if any("7" in getattr(mark, "ids", ()) for mark in panel.marks)
    ]
    assert len(holding) == 2
    for person in ("7", "150"):  # also where not all people have a strip
        strips = lab.picture(person=person, people=200).panels[0].marks
        assert all(person in mark.ids for mark in strips if getattr(mark, "ids", ()))


def test_predictions_lead_to_what_they_say() -> None:
    shown = {t.name: lab.scene(**t.then) for t in lab.tasks if isinstance(t, Predict)}
    more = shown["more-visits"]
    assert (more.rows, round(more.worth), round(more.limit)) == (3600, 86, 87)
    assert round(lab.scene().worth) == 81
    assert shown["shuffle"].believed_worth == 420 and round(shown["shuffle"].worth) == 81
    small = shown["small-icc"]
    assert round(small.icc, 2) == 0.05 and small.rows == 3600
    assert small.worth == pytest.approx(910, abs=5)
    assert 3.9 < small.rows / small.worth < 4.1
    for task in lab.tasks:
        if isinstance(task, Predict):
            assert sum(choice.right for choice in task.choices) == 1


def test_the_people_that_are_needed() -> None:
    """Rows 1 and 3: so many are enough, one fewer is not."""
    (asked,) = (task for task in lab.tasks if isinstance(task, Number))
    for given in (asked.value, asked.value - 1):  # who takes the ICC as .69 may get one fewer
        assert asked.answer(given).right
    assert lab.scene(**asked.then).worth >= 150 > lab.scene(people=int(asked.value) - 1).worth
    wrong = {round(m.value): m.name for m in asked.mistakes}
    assert wrong == {
        22: "every row is new", 150: "one row for each person", 104: "as if n were endless"
    }  # fmt: skip
    for given, name in wrong.items():
        assert asked.answer(given).misconception == name
    assert asked.answer(60).open and "Too low" in asked.answer(70).text
    assert "151 independent ones" in " ".join(lab.words(**asked.then))


def test_tasks_are_not_done_at_the_start_and_say_what_is_missing() -> None:
    assert reached("same-cost") == (False, "Your 420 measurements are worth 81.")
    assert reached("same-cost", people=200) == (
        False,
        "These are 1,400 measurements; you can pay for 420.",
    )
    assert reached("same-cost", people=200, visits=2, tau0=6.0)[1].startswith("Leave τ₀")
    assert reached("same-cost", people=140, visits=3)[0]
    assert reached("icc-40") == (False, "The ICC is .69; less is asked.")
    assert reached("icc-40", tau0=6.5)[0]
    assert reached("icc-40", sigma=14.7) == (False, "Leave σ at 8.")
    assert "more is asked" in reached("icc-40", tau0=0.0)[1]
