"""The fan lab in a real page: drag, type, keyboard, choose a story, commit, link, phone."""

import pytest

from hands import choose, choose_story, drag, led, message, says, slider, type_in, until
from lmmlab import labs
from lmmlab.labs.fan.stories import STORIES

pytestmark = pytest.mark.browser
LESSON = "voila/render/03-fan.ipynb"
lab = labs.fan


def test_dragging_rho_turns_the_lines(bench):
    rho = drag(bench.page, slider(bench, "rho"), [0.4 + 0.015 * k for k in range(30)])
    assert rho > 0.5
    says(bench, lab, rho=rho)


def test_typing_and_keys_move_the_origin(bench):
    type_in(bench, "origin", "6")
    says(bench, lab, origin=6.0)
    slider(bench, "origin").press("ArrowRight")
    says(bench, lab, origin=6.1)


def test_a_story_brings_its_numbers(bench):
    choose_story(bench, lab, "bp", STORIES["bp"].values)


def test_free_entries_begin_with_a_matrix_that_fits_nobody(bench):
    choose(bench, "entries", "free")
    says(bench, lab, story="gad7", entries="free")
    until(bench.page, lambda: message(bench), lambda text: "Negative variance at week 9.8" in text)
    assert not slider(bench, "rho").is_visible()
    assert slider(bench, "g01").is_visible()


def test_a_prediction_leads_to_the_state_that_shows_it(bench):
    led(bench, lab, lab.tasks[0])


def test_a_link_opens_a_state_and_a_phone_shows_it(on_phone):
    on_phone("?origin=12&rho=-0.6", origin=12.0, rho=-0.6)
