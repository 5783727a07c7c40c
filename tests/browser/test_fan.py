"""The fan lab in a real page: drag, type, keyboard, choose a story, commit, link, phone."""

import pytest

from hands import (
    choose,
    drag,
    message,
    outside,
    predict,
    ready,
    reset,
    says,
    slider,
    type_in,
    until,
    value,
)
from lmmlab import labs
from lmmlab.labs.fan.stories import STORIES

pytestmark = pytest.mark.browser
LESSON = "voila/render/03-fan.ipynb"
lab = labs.fan


@pytest.fixture(scope="module")
def shared(shared_page, voila_server):
    shared_page.goto(voila_server + LESSON)
    return ready(shared_page)


@pytest.fixture
def bench(shared):
    return reset(shared, lab)


def test_dragging_rho_turns_the_lines(bench):
    rho = drag(bench.page, slider(bench, "rho"), [0.4 + 0.015 * k for k in range(30)])
    assert rho > 0.5
    says(bench, lab, rho=rho)
    assert bench.page.problems == []


def test_typing_and_keys_move_the_origin(bench):
    type_in(bench, "origin", "6")
    says(bench, lab, origin=6.0)
    slider(bench, "origin").press("ArrowRight")
    says(bench, lab, origin=6.1)


def test_a_story_brings_its_numbers(bench):
    choose(bench, "story", "bp")
    values = STORIES["bp"].values
    for name in ("tau0", "tau1", "rho", "sigma"):
        until(bench.page, lambda n=name: value(bench, n), lambda v, n=name: v == values[n])
    says(bench, lab, story="bp", **values)


def test_free_entries_begin_with_a_matrix_that_fits_nobody(bench):
    choose(bench, "entries", "free")
    says(bench, lab, story="gad7", entries="free")
    until(bench.page, lambda: message(bench), lambda text: "Negative variance at week 9.8" in text)
    assert not slider(bench, "rho").is_visible()
    assert slider(bench, "g01").is_visible()
    assert bench.page.problems == []


def test_a_prediction_leads_to_the_state_that_shows_it(bench):
    predict(bench, lab.tasks[0])
    says(bench, lab, **lab.tasks[0].then)
    assert bench.page.problems == []


def test_a_link_opens_a_state_and_a_phone_shows_it(page, voila_server):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(voila_server + LESSON + "?origin=12&rho=-0.6")
    bench = ready(page)
    says(bench, lab, origin=12.0, rho=-0.6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert outside(bench, 390) == []
    assert page.problems == []
