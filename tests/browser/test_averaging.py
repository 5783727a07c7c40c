"""Averaging first, in lesson 07 in a real browser: dragged, chosen, asked, linked, on a phone."""

import pytest

from hands import choose, choose_story, control, drag, led, says, slider, type_in
from lmmlab import labs
from lmmlab.labs.averaging.controls import FAINT

pytestmark = pytest.mark.browser
LESSON = "voila/render/07-levels.ipynb"
lab = labs.averaging


def test_unequal_numbers_of_trials_part_the_two_answers(bench):
    says(bench, lab)
    rest = drag(bench.page, slider(bench, "unequal"), [0.02 * k for k in range(1, 36)])
    assert 55 < rest < 85
    says(bench, lab, unequal=rest)


def test_a_wave_brings_its_numbers_and_keys_move_them(bench):
    choose_story(bench, lab, "faint", FAINT)
    type_in(bench, "unequal", "87")
    slider(bench, "people").press("ArrowLeft")
    says(bench, lab, story="faint", unequal=87.0, people=14, **FAINT)


def test_louder_tones_have_a_slope_of_their_own(bench):
    assert not control(bench, "louder").is_visible()
    choose(bench, "tones", "vary")
    says(bench, lab, tones="vary")
    assert control(bench, "louder").is_visible()


@pytest.mark.parametrize("name", ["unequal", "loudness"])
def test_a_prediction_leads_to_the_state_that_shows_it(bench, name):
    led(bench, lab, next(task for task in lab.tasks if task.name == name))


def test_a_link_opens_a_state_and_a_phone_shows_it(on_phone):
    on_phone("?averaging.unequal=67&levels.fit=split", unequal=67.0)
