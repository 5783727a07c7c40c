"""The blueprint lab against row 25 of the plan of concepts, its patterns, corners and tasks."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.labs._lab import Number
from lmmlab.labs.blueprint.board import BOARDS, SECOND, START
from lmmlab.labs.blueprint.scene import NOISE
from lmmlab.meaning.variance import reliability
from lmmlab.picture.marks import Bars, Heatmap, Label, Line, Segments
from lmmlab.picture.pack import structure

lab = labs.blueprint
STATES = [
    {},
    {"board": "lines", "people": 6, "visits": 5, "tau1": 2.5, "rho": 0.7},
    {"board": "nested", "people": 5, "visits": 4, "seed": 3},
    {"board": "crossed", "order": "second", "seed": 9},
    {"board": "lines", "rho": -1.0, "sigma": 0.0},
    {"board": "crossed", "people": 2, "visits": 1, "tau0": 0.0},
]


@pytest.mark.parametrize("state", STATES)
def test_row_25_the_parts_rebuild_y_to_machine_precision(state: dict[str, Any]) -> None:
    s = lab.scene(**state)
    rebuilt = s.board.X @ s.true.beta + s.board.Z @ s.true.b + s.true.noise
    np.testing.assert_allclose(rebuilt, s.y, rtol=0, atol=1e-13 * np.abs(s.y).max())
    for i in range(len(s.y)):
        assert sum(s.true.of(i, s.board).values()) == pytest.approx(s.y[i], abs=1e-12)
    if s.estimate is not None:
        parts = s.estimate.parts
        rebuilt = s.board.X @ parts.beta + s.board.Z @ parts.b + parts.noise
        np.testing.assert_allclose(rebuilt, s.y, rtol=1e-12)


@pytest.mark.parametrize("name", BOARDS)
def test_row_25_z_is_a_switchboard(name: str) -> None:
    """Written out row by row: 1 for what is one's own, the month for an own change, else 0."""
    s = lab.scene(board=name, people=5, visits=4)
    board = s.board
    for i, row in enumerate(board.Z):
        expected = []
        for j in range(5):
            mine = board.who[i] == j
            expected += [float(mine)] + ([mine * board.time[i]] if board.kind.lines else [])
        for k in range(len(board.kind.names)):
            expected.append(float(board.second[i] == k))
        assert row.tolist() == expected
    assert len(board.heads) == len(board.carries) == len(s.true.b) == board.Z.shape[1]


def test_counts_of_columns() -> None:
    counts = {name: lab.scene(board=name).board.Z.shape for name in BOARDS}
    assert counts == {"starts": (12, 4), "lines": (12, 8), "nested": (12, 6), "crossed": (12, 7)}


def test_nobody_gets_what_belongs_to_somebody_else() -> None:
    """The misconception: random effects are added to everybody."""
    s, more = lab.scene(tau0=10.0), lab.scene(tau0=20.0)
    grown = (more.true.b - s.true.b)[s.board.who]
    np.testing.assert_allclose(more.y - s.y, grown, atol=1e-12)
    for i in range(12):
        one = lab.scene(person=s.board.ids[i])
        assert one.on.tolist() == [one.board.who[i]]
        assert one.true.of(i, one.board)[START] == one.true.b[one.board.who[i]]


def blocks(shared: Any) -> list[set[int]]:
    """Rows that are tied to each other by columns they share, through others as well."""
    left, found = set(range(len(shared))), []
    while left:
        one = {left.pop()}
        while True:
            tied = set(np.flatnonzero(shared[list(one)].any(0)).tolist())
            if tied == one:
                break
            one = tied
        found.append(one)
        left -= one
    return found


@pytest.mark.parametrize(("name", "count"), [("starts", 6), ("nested", 2), ("crossed", 1)])
def test_row_25_nested_is_block_diagonal_and_crossed_is_not(name: str, count: int) -> None:
    s = lab.scene(board=name, people=6, visits=4)
    assert len(blocks(s.board.shared())) == count
    # V has a covariance exactly where a column is shared
    np.testing.assert_array_equal(s.V != 0.0, s.board.shared() > 0)
    assert all(np.ptp(sorted(b)) == len(b) - 1 for b in blocks(s.board.shared()))


def test_nested_and_crossed_are_what_they_say() -> None:
    s = lab.scene(board="nested", people=5, visits=4)
    assert [set(s.board.second[s.board.who == j]) for j in range(5)] == [{0}] * 3 + [{1}] * 2
    s = lab.scene(board="crossed")
    assert all(set(s.board.second[s.board.who == j]) == {0, 1, 2} for j in range(4))
    for order, sorted_by, torn in (
        ("people", s.board.who, s.board.second),
        ("second", s.board.second, s.board.who),
    ):
        rows = lab.scene(board="crossed", order=order).order
        assert (np.diff(sorted_by[rows]) >= 0).all()
        assert (np.diff(torn[rows]) < 0).any()
    nested = lab.scene(board="nested", order="second")
    assert (np.diff(nested.board.who[nested.order]) >= 0).all()


@pytest.mark.parametrize("state", STATES)
def test_v_is_zgz_and_noise(state: dict[str, Any]) -> None:
    s = lab.scene(**state)
    c, board = s.controls, s.board
    n = len(s.y)
    V = c.sigma**2 * np.eye(n)
    for i in range(n):
        for k in range(n):
            if board.who[i] == board.who[k]:
                V[i, k] += c.tau0**2
                if board.kind.lines:
                    t, u = board.time[[i, k]]
                    V[i, k] += (t + u) * c.rho * c.tau0 * c.tau1 + t * u * c.tau1**2
            if board.second is not None and board.second[i] == board.second[k]:
                V[i, k] += c.tau2**2
    np.testing.assert_allclose(s.V, V, rtol=1e-10, atol=1e-9)


def test_the_truth_has_the_spreads_of_the_sliders() -> None:
    """Over many samples, within three errors of simulation."""
    draws = np.array([lab.scene(board="nested", seed=k).true.b for k in range(400)])
    noise = np.array([lab.scene(board="nested", seed=k).true.noise for k in range(400)])
    for values, sd in ((draws[:, :4], 15.0), (draws[:, 4:], 10.0), (noise, 8.0)):
        error = sd / np.sqrt(2.0 * values.size)
        assert values.std() == pytest.approx(sd, abs=3.0 * error)
    together = np.corrcoef(draws.T)
    assert np.abs(together - np.eye(6)).max() < 3.5 / np.sqrt(400)


def test_the_same_people_are_deformed() -> None:
    few, many = lab.scene(), lab.scene(people=6, visits=5)
    kept = [many.board.ids.index(name) for name in few.board.ids]
    np.testing.assert_allclose(many.y[kept], few.y, atol=1e-12)
    np.testing.assert_allclose(lab.scene(sigma=4.0).true.noise, few.true.noise / 2.0, atol=1e-12)


def test_the_fit_pulls_own_starts_as_much_as_they_are_reliable() -> None:
    s = lab.scene()
    e = s.estimate
    assert e is not None
    own = (s.y - s.board.X @ e.parts.beta).reshape(4, 3).mean(1)
    G, one = np.array([[e.tau0**2]]), np.ones(1)
    pull = reliability(G, e.sigma, one, 3.0 * one)
    np.testing.assert_allclose(e.parts.b, pull * own, rtol=1e-6)
    assert f"{e.tau0:.1f}" in lab.module.notes(s)["tau0"]
    assert lab.scene(board="nested").estimate is None
    assert "cannot fit two groupings yet" in " ".join(lab.words(board="crossed"))


@pytest.mark.parametrize("state", STATES)
def test_words_have_the_numbers_of_the_scene(state: dict[str, Any]) -> None:
    s, text = lab.scene(**state), " ".join(lab.words(**state))
    for value in (s.y[s.index], *s.true.of(s.index, s.board).values()):
        assert f"{abs(value):.1f}" in text
    assert f"of the {s.board.Z.shape[1]} columns of Z" in text
    assert text.startswith(f"{s.person} in month {s.board.time[s.index]:g} ")


@pytest.mark.parametrize("state", [*STATES, {"board": "lines", "person": "Cleo 0"}])
def test_one_row_is_lit_in_all_views(state: dict[str, Any]) -> None:
    s = lab.scene(**state)
    picture = lab.module.picture(s)
    assert picture.chosen == s.who in s.board.ids and picture.hover
    board, added, alike, visits = picture.panels
    own = [m for m in board.marks if isinstance(m, Heatmap) and m.ids]
    roles = [m.role for m in own]
    assert roles[:2] == ["own", "parameter:beta"] and roles[-1] == "parameter:sigma"
    assert all(s.who in m.ids for m in own)
    for mark in own:  # the names stand at their own rows
        assert mark.ids[:: mark.values.shape[1]] == tuple(s.board.ids[i] for i in s.order)
    frames = [m for m in board.marks if isinstance(m, Line) and m.role == "person"]
    assert len(frames) == 2 * len(s.mine)
    there = [m for m in frames if np.isfinite(m.x).all()]
    assert len(there) == 2 * len(s.on)  # each column that is on, and what is behind it
    bars = [m for m in added.marks if isinstance(m, Bars)]
    for before, after in pairwise(bars[:-1]):
        assert after.base[0] == before.top[0]
    assert bars[-1].top[0] == pytest.approx(bars[-2].top[0]) == pytest.approx(s.y[s.index])
    if np.isfinite(s.alike).any():
        assert all(s.who in m.ids for m in alike.marks if isinstance(m, Heatmap))
    steps = [m for m in visits.marks if isinstance(m, Segments)]
    assert steps[-1].y1[0] == pytest.approx(s.y[s.index])
    assert len(steps) == len(bars) - 2


def test_another_row_makes_no_mark_anew() -> None:
    """Pointing chooses: a picture that is made anew under the pointer would flicker."""
    for name in BOARDS:
        first = structure(lab.picture(board=name))
        for row in lab.scene(board=name).board.ids:
            assert structure(lab.picture(board=name, person=row)) == first, row


def test_the_switches_of_the_picture_are_those_of_z() -> None:
    s = lab.scene(board="crossed", order="second")
    cells = [m for m in lab.module.picture(s).panels[0].marks if isinstance(m, Heatmap)]
    people, raters = (
        next(m for m in cells if m.role == role and len(m.ids) > 12)
        for role in ("parameter:tau0", "parameter:tau2")
    )
    both = np.concatenate([people.values, raters.values], axis=1)
    np.testing.assert_array_equal(both, s.board.Z[s.order])


def test_rows_that_go_opposite_ways_are_grey() -> None:
    s = lab.scene(board="lines", tau0=5.0, tau1=3.0, rho=-1.0)
    assert s.alike.min() < 0.0
    grey = [m for m in lab.module.picture(s).panels[2].marks if m.role == "own"]
    assert len(grey) == 1 and "Grey" in s.message


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"tau0": 0.0}, "With τ₀ = 0 these entries of b are 0"),
        ({"board": "crossed", "tau0": 0.0, "tau2": 0.0}, "τ₀ = τ₂ = 0"),
        ({"sigma": 0.0}, "no noise"),
        ({"tau0": 0.0, "sigma": 0.0}, "Nothing varies"),
        ({"visits": 1}, "From one visit each the parts cannot be estimated"),
        ({"board": "crossed", "visits": 1}, "nothing is crossed"),
        ({"board": "crossed", "visits": 1, "people": 2}, "No row switches rater T on"),
        ({"board": "nested", "people": 2}, "Each clinic has one person only"),
        ({"board": "nested", "people": 3}, "Clinic Q has one person only"),
        ({"board": "lines", "seed": 1}, "estimate of ρ is at its limit, +1"),
    ],
)
def test_corners_give_a_sentence(state: dict[str, Any], said: str) -> None:
    message = lab.scene(**state).message
    assert said in message
    assert message.endswith(".")


def test_an_ordinary_state_has_no_message() -> None:
    for name in BOARDS:
        assert lab.scene(board=name).message == ""


def test_a_row_that_is_not_there_gives_way_to_one_that_is() -> None:
    assert lab.scene(person="Finn 24").who == "Ben 12"
    assert lab.scene(person="Finn 24", people=6, visits=5).who == "Finn 24"


@pytest.mark.parametrize("name", ["tau0", "tau1", "rho", "sigma", "beta0", "beta1", "tau2"])
def test_axes_stand_still_while_a_slider_moves_a_little(
    axes_stand_still: Callable[..., None], name: str
) -> None:
    board = {"tau1": "lines", "rho": "lines", "tau2": "nested"}.get(name, "starts")
    axes_stand_still(lab, name, board=board)


def test_many_rows_are_not_crowded_with_numbers() -> None:
    for state in ({}, {"board": "lines", "people": 6, "visits": 5}):
        board = lab.picture(**state).panels[0]
        high = board.y.limits[1]
        texts = [m for m in board.marks if isinstance(m, Label)]
        for a in texts:
            for b in texts:
                if a is not b and a.x == b.x:
                    assert abs(a.y - b.y) > high / 18.0, (a, b)


@pytest.mark.parametrize(
    ("state", "month"), [({"tau0": 0.0}, 0), ({"tau0": 18.0, "tau1": 3.0, "rho": -1.0}, 6)]
)
def test_a_month_in_which_nothing_varies_hides_no_other_month(
    state: dict[str, Any], month: int
) -> None:
    s = lab.scene(board="lines", sigma=0.0, **state)
    still = s.board.time == month
    assert np.isnan(s.alike[still]).all() and np.isnan(s.alike[:, still]).all()
    same = s.board.who[:, None] == s.board.who
    np.testing.assert_allclose(np.abs(s.alike[np.ix_(~still, ~still)]), same[~still][:, ~still])
    assert f"In month {month} nothing varies" in s.message
    shared = lab.picture(board="lines", sigma=0.0, **state).panels[2]
    assert any(isinstance(mark, Heatmap) for mark in shared.marks)


def task(name: str) -> Any:
    return next(t for t in lab.tasks if t.name == name)


def test_whose_shows_what_its_replies_say() -> None:
    s = lab.scene(**task("whose").then)
    assert s.who == "Cleo 6" and s.on.tolist() == [2]
    for choice in task("whose").choices:
        assert f"{s.true.b[2]:+.1f}" in choice.reply
    assert s.true.noise[s.index] != s.true.noise[s.index + 1]


def test_crossed_shows_what_its_replies_say() -> None:
    then = task("crossed").then
    s = lab.scene(**then)
    for rater in range(3):
        assert set(s.board.who[s.board.second == rater]) == {0, 1, 2, 3}
    assert (s.board.carries == SECOND).sum() == 3


def test_count_is_what_the_board_has() -> None:
    asked = task("count")
    assert isinstance(asked, Number)
    s = lab.scene(**asked.then)
    assert s.board.Z.shape == (30, asked.value)
    assert {m.value for m in asked.mistakes} == {2.0, 6.0, 30.0, 60.0}


@pytest.mark.parametrize(
    ("name", "state", "done"),
    [
        ("silent", {}, False),
        ("silent", {"person": "Ben 0"}, False),
        ("silent", {"board": "lines"}, False),
        ("silent", {"board": "lines", "tau1": 0.0}, False),
        ("silent", {"board": "lines", "person": "Ben 0"}, True),
        ("uncross", {}, False),
        ("uncross", {"visits": 1}, False),
        ("uncross", {"board": "crossed", "visits": 2}, False),
        ("uncross", {"board": "crossed", "visits": 1}, True),
    ],
)
def test_tasks_are_checked_with_partial_feedback(
    name: str, state: dict[str, Any], done: bool
) -> None:
    reached, note = task(name).check(lab.controls(**state), lab.scene(**state))
    assert reached is done
    assert note.endswith(".")


def test_noise_is_new_in_each_row_and_a_start_is_not() -> None:
    s = lab.scene()
    mine = [s.true.of(i, s.board) for i in range(3)]
    assert len({part[START] for part in mine}) == 1
    assert len({part[NOISE] for part in mine}) == 3
