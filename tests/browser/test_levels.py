"""Lesson 07 in a real browser: slopes dragged, rows averaged, asked, linked, and on a phone."""

import pytest

from hands import (
    choose,
    control,
    drag,
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
from lmmlab.labs.levels.stories import STORIES

pytestmark = pytest.mark.browser
LESSON = "voila/render/07-levels.ipynb"
lab = labs.levels


@pytest.fixture(scope="module")
def shared(shared_page, voila_server):
    shared_page.goto(voila_server + LESSON)
    return ready(shared_page)


@pytest.fixture
def bench(shared):
    return reset(shared, lab)


def test_dragging_the_slope_within_turns_the_lines(bench):
    rest = drag(bench.page, slider(bench, "beta_within"), [0.7 - 0.012 * k for k in range(40)])
    assert rest < -10
    says(bench, lab, beta_within=rest)
    assert bench.page.problems == []


def test_typing_and_keys_change_the_rows(bench):
    type_in(bench, "visits", "10")
    says(bench, lab, visits=10)
    slider(bench, "visits").press("ArrowLeft")
    says(bench, lab, visits=9)


def test_the_data_are_averaged_before_ones_eyes(bench):
    assert not control(bench, "averaged").is_visible()
    choose(bench, "fit", "ols")
    says(bench, lab, fit="ols")
    rest = drag(bench.page, slider(bench, "averaged"), [0.05 * k for k in range(1, 21)])
    assert rest == 100
    says(bench, lab, fit="ols", averaged=rest)
    assert bench.page.problems == []


def test_a_story_brings_its_numbers(bench):
    choose(bench, "story", "dose")
    values = STORIES["dose"].values
    for name in ("beta_within", "beta_between", "tau", "sigma"):
        until(bench.page, lambda n=name: value(bench, n), lambda v, n=name: v == values[n])
    says(bench, lab, story="dose", **values)
    choose(bench, "source", "data")
    says(bench, lab, story="dose", source="data", **values)
    assert not control(bench, "tau").is_visible()
    assert bench.page.problems == []


@pytest.mark.parametrize("which", [0, 1])
def test_a_prediction_leads_to_the_state_that_shows_it(bench, which):
    predict(bench, lab.tasks[which])
    says(bench, lab, **lab.tasks[which].then)
    assert bench.page.problems == []


def test_a_link_opens_a_state_and_a_phone_shows_it(page, voila_server):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(voila_server + LESSON + "?levels.fit=split&levels.beta_between=30")
    bench = ready(page)
    says(bench, lab, fit="split", beta_between=30.0)
    assert outside(bench, 390) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.problems == []
