"""The implied covariance lab against rows 10, 23 and 24 of the plan of concepts, and its tasks."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.labs import _people
from lmmlab.labs._lab import Number
from lmmlab.labs._people import columns
from lmmlab.labs.implied_covariance.scene import extremes
from lmmlab.labs.implied_covariance.stories import STORIES
from lmmlab.meaning.implied import implied, vpc
from lmmlab.model.fit import fit
from lmmlab.picture.marks import Bars, Heatmap, Label, Line, Points
from lmmlab.study.simulate import exact_moments, normals, response, root

lab = labs.implied_covariance


def told(story: str, **more: Any) -> dict[str, Any]:
    """Give the state in which a story is shown."""
    return STORIES[story].values | {"story": story} | more


STATES = [{}, told("qol"), told("sleepstudy"), {"tau0": 7.0, "tau1": 2.0, "rho": -0.9}]


def test_defaults_are_the_first_story() -> None:
    state = {spec.name: spec.default for spec in lab.specs}
    assert state | STORIES["hrqol"].values == state and state["story"] == "hrqol"
    for spec in lab.specs:
        for values in spec.sets.values():
            lab.controls(**values)


def test_the_sliders_of_a_story_reach_its_numbers() -> None:
    for name, story in STORIES.items():
        for spec in lab.specs:
            if spec.scales:
                low, high, _ = spec.scales[f"story={name}"]
                assert spec.low <= low <= story.values[spec.name] <= high <= spec.high


@pytest.mark.parametrize("state", [told("qol"), {"tau1": 0.0}, {"tau1": 0.0, "tau0": 3.0}])
def test_row_10_own_starts_imply_compound_symmetry(state: dict[str, Any]) -> None:
    s = lab.scene(**state)
    c, T = s.controls, s.story.visits
    expected = c.tau0**2 * np.ones((T, T)) + c.sigma**2 * np.eye(T)
    np.testing.assert_allclose(s.truth.V, expected, rtol=1e-12)
    values = np.linalg.eigvalsh(s.truth.V)
    np.testing.assert_allclose(values[-1], T * c.tau0**2 + c.sigma**2, rtol=1e-10)
    np.testing.assert_allclose(values[:-1], c.sigma**2, rtol=1e-8)
    icc = c.tau0**2 / (c.tau0**2 + c.sigma**2)
    (_, least), (_, most) = extremes(s.truth.correlation)
    assert least == pytest.approx(icc) and most == pytest.approx(icc)
    np.testing.assert_allclose(s.truth.share, icc, rtol=1e-12)
    colours = lab.module.picture(s).panels[0].marks[0].values[~np.eye(T, dtype=bool)]
    assert np.ptp(colours) < 1e-10 and "compound symmetry" in " ".join(lab.words(**state))


def test_row_10_a_fit_with_own_starts_has_one_colour_whatever_the_truth() -> None:
    s = lab.scene(fit="starts")
    off = s.fitted.correlation[~np.eye(5, dtype=bool)]
    assert np.ptp(off) < 1e-12 < np.ptp(s.truth.correlation[~np.eye(5, dtype=bool)])
    assert np.ptp(s.fitted.share) < 1e-12


@pytest.mark.parametrize("state", STATES)
def test_row_23_each_cell_is_the_sum_of_its_terms(state: dict[str, Any]) -> None:
    s = lab.scene(**state)
    c = s.controls
    tau01 = c.rho * c.tau0 * c.tau1
    for j, one in enumerate(s.times):
        for k, other in enumerate(s.times):
            here = lab.scene(**state, person=f"{one:g}-{other:g}")
            assert here.pair == (j, k) and here.who == f"{one:g}-{other:g}"
            terms = [c.tau0**2, (one + other) * tau01, one * other * c.tau1**2]
            np.testing.assert_allclose(here.parts[:3], terms, rtol=1e-9, atol=1e-9)
            assert here.parts[3] == pytest.approx(c.sigma**2 if j == k else 0.0)
            assert here.parts.sum() == pytest.approx(s.truth.V[j, k], rel=1e-9, abs=1e-8)


def test_row_23_the_sleep_study() -> None:
    s = lab.scene(**told("sleepstudy"))
    table = s.truth.correlation
    assert [table[0, 1], table[8, 9], table[0, 9]] == pytest.approx([0.480, 0.833, 0.300], abs=6e-4)
    assert s.along[[0, 27, 54]].tolist() == [0.0, 4.5, 9.0]
    assert s.truth.share[[0, 27, 54]] == pytest.approx([0.483, 0.683, 0.847], abs=6e-4)
    fitted = lab.scene(**told("sleepstudy", fit="lines")).fitted
    assert [fitted.correlation[i] for i in ((0, 1), (8, 9), (0, 9))] == pytest.approx(
        [0.480, 0.833, 0.300], abs=6e-4
    )
    assert fitted.share[[0, 27, 54]] == pytest.approx([0.483, 0.683, 0.847], abs=6e-4)


def test_the_sliders_of_the_sleep_study_start_at_its_estimates() -> None:
    model = fit(_people.sleepstudy(10, "308", 10).design())
    G = model.G["person"].values
    sd = np.sqrt(np.diag(G))
    values = STORIES["sleepstudy"].numbers
    assert values == pytest.approx((*sd, G[0, 1] / sd.prod(), model.sigma), abs=6e-3)


def test_part_b_14_there_is_no_single_icc_with_own_slopes() -> None:
    s = lab.scene(**told("sleepstudy", fit="starts"))
    assert s.fitted.share == pytest.approx(0.589, abs=6e-4)
    assert s.truth.share[0] < 0.5 < 0.84 < s.truth.share[-1]
    text = " ".join(lab.words(**told("sleepstudy")))
    assert ".48 at day 0 and .85 at day 9: there is no single ICC" in text


def test_row_24_the_patients() -> None:
    table = lab.scene().truth.correlation
    assert [table[0, 1], table[3, 4], table[0, 4]] == pytest.approx([0.765, 0.785, 0.642], abs=6e-4)


@pytest.mark.parametrize("state", STATES)
def test_row_24_V_is_the_covariance_of_people(state: dict[str, Any]) -> None:
    """Exactly, if starts, slopes and noise of the people have exactly the moments of the truth."""
    s = lab.scene(**state)
    c, T = s.controls, s.story.visits
    drawn = exact_moments(normals(5, 40, 2 + T))
    X, codes = np.tile(columns(s.times), (40, 1)), np.repeat(np.arange(40), T)
    factor = root(np.array([c.tau0, c.tau1]), c.rho)
    y = response(
        X, X, codes, np.array(s.story.beta), factor, c.sigma, drawn[:, :2], drawn[:, 2:].ravel()
    )
    np.testing.assert_allclose(np.cov(y.reshape(40, T).T), s.truth.V, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(s.truth.V, s.truth.V.T, rtol=1e-12, atol=1e-9)
    assert np.linalg.eigvalsh(s.truth.V)[0] >= c.sigma**2 * (1.0 - 1e-9)  # so it is definite


def test_row_24_the_people_of_the_lab_have_it_up_to_chance() -> None:
    J, off = 200, []
    for seed in range(20):
        s = lab.scene(people=J, seed=seed, fit="pairs")
        off.append((s.fitted.V - s.truth.V)[np.triu_indices(5)])
    V = s.truth.V
    error = np.sqrt((np.outer(np.diag(V), np.diag(V)) + V**2) / (J - 1))[np.triu_indices(5)]
    assert (np.abs(off) < 4.0 * error).all()
    assert (np.abs(np.mean(off, axis=0)) < 3.0 * error / np.sqrt(20)).all()


def test_row_24_V_is_built_in_layers() -> None:
    starts, slopes, whole = (lab.scene(layers=kind) for kind in ("starts", "slopes", "noise"))
    assert np.ptp(starts.shown) < 1e-10 and starts.shown[0, 0] == pytest.approx(225.0)
    c = whole.controls
    G = root(np.array([c.tau0, c.tau1]), c.rho)
    np.testing.assert_allclose(slopes.shown, implied(G @ G.T, 0.0, columns(slopes.times)))
    np.testing.assert_allclose(whole.shown, whole.truth.V)
    np.testing.assert_allclose(whole.shown - slopes.shown, 64.0 * np.eye(5), atol=1e-10)
    bars = [[bar.top[0] for bar in lab.module.picture(s).panels[1].marks if isinstance(bar, Bars)]
            for s in (starts, slopes, whole)]  # fmt: skip
    assert np.isfinite(bars).sum(axis=1).tolist() == [2, 4, 5]  # the sum is always there


@pytest.mark.parametrize("state", STATES)
def test_shares_are_those_of_the_engine(state: dict[str, Any]) -> None:
    s = lab.scene(**state)
    T = root(np.array([s.controls.tau0, s.controls.tau1]), s.controls.rho)
    share = vpc(T @ T.T, s.controls.sigma, columns(s.along))
    np.testing.assert_allclose(s.truth.share, share, rtol=1e-12)


def test_the_bars_stand_on_each_other_and_end_at_the_sum() -> None:
    for person in ("3-12", "9-9"):
        s = lab.scene(person=person)
        bars = [m for m in lab.module.picture(s).panels[1].marks if isinstance(m, Bars)]
        assert [bar.role for bar in bars[:4]] == [
            "parameter:tau0", "parameter:rho", "parameter:tau1", "parameter:sigma",
        ]  # fmt: skip
        for below, above in pairwise(bars[:4]):
            assert above.base == pytest.approx(below.top)
        assert bars[4].base == 0.0 and bars[4].top == pytest.approx(bars[3].top)
        assert bars[4].top == pytest.approx(s.truth.V[s.pair])


def test_one_cell_is_chosen_in_all_tables_and_pointing_chooses() -> None:
    for state in STATES:
        picture = lab.picture(**state, person="0-0")
        assert picture.hover and picture.chosen == "0-0"
        tables = [panel.marks[0] for panel in picture.panels if isinstance(panel.marks[0], Heatmap)]
        assert len(tables) == 3 and len({table.ids for table in tables}) == 1
        assert all(table.ids.count("0-0") == 1 for table in tables)
        (points,) = (m for m in picture.panels[2].marks if isinstance(m, Points))
        assert set(points.ids) <= set(tables[0].ids) and points.ids[0] == "0-0"


def test_a_cell_that_a_story_does_not_have_gives_its_first_choice() -> None:
    assert lab.scene(person="nobody").who == lab.scene().who == "3-12"
    assert lab.scene(**told("sleepstudy", person="3-12")).who == "1-9"


def test_numbers_stand_in_the_cells_where_there_is_room() -> None:
    def written(story: str, panel: int) -> list[str]:
        marks = lab.picture(**told(story)).panels[panel].marks
        return [m.text for m in marks if isinstance(m, Label) and m.role == "population"]

    assert written("hrqol", 0)[:5] == ["289", "218", "211", "203", "196"]
    assert written("hrqol", 3)[:2] == ["1.00", ".77"]
    assert written("sleepstudy", 3) == [".43"]


def test_a_covariance_below_zero_has_another_colour() -> None:
    picture = lab.picture(tau1=2.0, rho=-1.0)
    below = [m for m in picture.panels[0].marks if isinstance(m, Heatmap)][1]
    assert below.role == "parameter:rho" and np.isfinite(below.values).sum() == 12
    assert not np.isfinite(lab.picture().panels[0].marks[1].values).any()


def test_the_words_tell_the_numbers_of_the_scene() -> None:
    words = lab.words()
    assert words[0] == (
        "The visits at months 3 and 12 have a covariance of 212.0: 225.0 from own starts, −36.0 "
        "from how starts and slopes go together and 23.0 from own slopes."
    )
    s = lab.scene()
    assert "correlate .70; over all pairs that goes from .64 (months 0 and 12) to .79" in words[1]
    assert f"says .{round(100 * s.fitted.correlation[1, 4])} for this pair" in words[2]
    assert "64.0 from noise" in lab.words(person="3-3")[0]
    assert "every two visits share the same 225.0" in lab.words(layers="starts")[0]
    assert "so far a covariance of 212.0" in lab.words(layers="slopes")[0]
    drivers = lab.scene(**told("sleepstudy"))
    y = drivers.people.y.reshape(18, 10)
    assert f"correlates .{round(100 * np.corrcoef(y.T)[1, 9])} in the 18 drivers" in " ".join(
        lab.words(**told("sleepstudy"))
    )


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"tau0": 0.0, "tau1": 0.0}, "people do not differ"),
        ({"tau1": 0.0}, "no own slopes, and no ρ"),
        ({"tau0": 0.0}, "start at the same point"),
        ({"sigma": 0.0}, "each visit lies on its person's line"),
        ({"sigma": 0.0}, "Nothing can be estimated"),
        ({"sigma": 0.0, "tau0": 0.0}, "there is no correlation: month 0"),
        ({"sigma": 0.0, "tau0": 0.0, "tau1": 0.0}, "at every month"),
        ({"sigma": 16.0, "seed": 24}, "at a limit"),
        ({"tau0": 0.0, "tau1": 0.0, "fit": "starts", "seed": 0}, "at its limit, 0"),
    ],
)
def test_corners_give_a_sentence(state: dict[str, Any], said: str) -> None:
    message = lab.scene(**state).message
    assert said in message and message.endswith(".")
    assert "nan" not in " ".join(lab.words(**state)).lower()


def test_an_ordinary_state_has_no_message() -> None:
    assert lab.scene().message == "" and lab.scene(**told("sleepstudy")).message == ""


def test_lines_that_nearly_meet_at_a_visit_still_correlate() -> None:
    """Terms of 3,434 leave a variance of 0.0001, and rounding must not forbid this state."""
    state = {"tau0": 58.6, "tau1": 8.37, "rho": -1.0, "sigma": 0.0}
    table = lab.scene(**told("sleepstudy", **state)).truth.correlation
    np.testing.assert_allclose(np.abs(table), 1.0)


@pytest.mark.parametrize("story", STORIES)
def test_shares_at_the_visits_are_those_of_the_visits(story: str) -> None:
    s = lab.scene(**told(story))
    at = np.searchsorted(s.along, s.times - 1e-9)
    np.testing.assert_allclose(s.along[at], s.times, atol=1e-12)


@pytest.mark.parametrize("name", ["tau0", "tau1", "rho", "sigma"])
def test_axes_and_colours_stand_still_while_a_slider_moves_a_little(
    axes_stand_still: Callable[..., None], name: str
) -> None:
    spec = next(s for s in lab.specs if s.name == name)
    low, high, _ = spec.scales.get("story=hrqol", (spec.low, spec.high, spec.step))
    axes_stand_still(lab, name, 0.05 * (high - low))


def test_the_same_people_are_deformed() -> None:
    one, other = lab.scene(people=10), lab.scene(people=60)
    np.testing.assert_allclose(one.along, other.along)
    low, high = lab.scene(rho=-0.9), lab.scene(rho=0.9)
    np.testing.assert_allclose(low.people.truth[:, 0], high.people.truth[:, 0], rtol=1e-12)


def test_the_share_of_a_fit_is_drawn_beside_the_truth() -> None:
    lines = [m for m in lab.picture().panels[2].marks if isinstance(m, Line)]
    assert {line.role for line in lines} == {"truth", "model"}
    alone = [m for m in lab.picture(fit="pairs").panels[2].marks if isinstance(m, Line)]
    assert [line.role for line in alone] == ["truth"]


def task(name: str) -> Any:
    return next(t for t in lab.tasks if t.name == name)


def replies(name: str) -> list[str]:
    return [choice.reply for choice in task(name).choices]


def short(value: float) -> str:
    return f"{value:.2f}"[1:]


def test_one_colour_shows_what_its_replies_say() -> None:
    s = lab.scene(**task("one-colour").then)
    assert all(short(s.truth.correlation[0, 4]) in reply for reply in replies("one-colour"))
    assert s.truth.V[0, 1] == pytest.approx(225.0) and s.truth.V[0, 0] == pytest.approx(289.0)
    assert s.alike and s.controls.fit == "starts"


def test_more_noise_shows_what_its_replies_say() -> None:
    before, after = lab.scene(), lab.scene(**task("more-noise").then)
    assert before.who == after.who == "3-12" and after.message == ""
    for s in (before, after):
        assert s.truth.V[s.pair] == pytest.approx(212.04) and "212" in task("more-noise").text
    found = [short(s.truth.correlation[s.pair]) for s in (before, after)]
    assert all(f"from {found[0]} to {found[1]}" in reply for reply in replies("more-noise"))


def test_late_pair_shows_what_its_replies_say() -> None:
    s = lab.scene(**task("late-pair").then)
    assert s.who == "8-9" and short(s.truth.correlation[0, 1]) in task("late-pair").text
    assert all(short(s.truth.correlation[s.pair]) in reply for reply in replies("late-pair"))


def test_one_icc_shows_what_its_replies_say() -> None:
    s = lab.scene(**task("one-icc").then)
    assert short(s.fitted.share[0]) in task("one-icc").text
    first, last = short(s.truth.share[0]), short(s.truth.share[-1])
    assert first in replies("one-icc")[0] and last in replies("one-icc")[0]
    assert task("one-icc").choices[1].text == f"{first} on day 0 and {last} on day 9"


def test_by_hand_is_worked_out_right_and_knows_its_mistakes() -> None:
    question = task("by-hand")
    assert isinstance(question, Number)
    s = lab.scene(**question.then)
    assert s.who == "3-9" and question.value == pytest.approx(s.truth.V[s.pair])
    start, both, slope = s.parts[:3]
    squared, sd = start + both + 36 * 0.64, start + both + 27 * 0.8
    wrong = (question.value + 64.0, start + slope, squared, sd, start)
    for mistake, value in zip(question.mistakes, wrong, strict=True):
        reply = question.answer(value)
        assert reply.misconception == mistake.name and not reply.right
    assert question.answer(213.5).right


@pytest.mark.parametrize(
    ("name", "state", "done"),
    [
        ("half", {}, False),
        ("half", {"tau1": 0.0}, False),
        ("half", {"tau0": 8.0}, False),
        ("half", {"tau1": 0.0, "sigma": 15.0}, False),
        ("half", told("qol", tau0=8.0, sigma=8.0), False),
        ("half", {"tau1": 0.0, "tau0": 8.0}, True),
        ("below-zero", {}, False),
        ("below-zero", {"rho": 0.9}, False),
        ("below-zero", {"tau0": 0.0, "tau1": 0.0, "sigma": 0.0}, False),
        ("below-zero", {"tau1": 2.0, "rho": -0.9}, True),
        ("blind", {}, False),
        ("blind", {"fit": "starts"}, False),
        ("blind", {"fit": "starts", "sigma": 0.0, "tau1": 0.0}, False),
        ("blind", told("sleepstudy", fit="starts"), False),
        ("blind", {"fit": "starts", "tau1": 3.0}, True),
    ],
)
def test_tasks_are_checked_with_partial_feedback(
    name: str, state: dict[str, Any], done: bool
) -> None:
    reached, note = task(name).check(lab.controls(**state), lab.scene(**state))
    assert reached is done
    assert note.endswith((".", "?"))
