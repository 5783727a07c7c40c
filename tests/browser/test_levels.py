"""Lesson 07 in a real browser: slopes dragged, rows averaged, asked, linked, and on a phone."""

import pytest

from hands import choose, choose_story, control, drag, led, says, slider, type_in
from lmmlab import labs
from lmmlab.labs.levels.stories import STORIES

pytestmark = pytest.mark.browser
LESSON = "voila/render/07-levels.ipynb"
lab = labs.levels


def test_dragging_the_slope_within_turns_the_lines(bench):
    rest = drag(bench.page, slider(bench, "beta_within"), [0.7 - 0.012 * k for k in range(40)])
    assert rest < -10
    says(bench, lab, beta_within=rest)


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


def test_a_story_brings_its_numbers(bench):
    values = STORIES["dose"].values
    choose_story(bench, lab, "dose", values)
    choose(bench, "source", "data")
    says(bench, lab, story="dose", source="data", **values)
    assert not control(bench, "tau").is_visible()


@pytest.mark.parametrize("which", [0, 1])
def test_a_prediction_leads_to_the_state_that_shows_it(bench, which):
    led(bench, lab, lab.tasks[which])


def test_a_link_opens_a_state_and_a_phone_shows_it(on_phone):
    on_phone("?levels.fit=split&levels.beta_between=30", fit="split", beta_between=30.0)
