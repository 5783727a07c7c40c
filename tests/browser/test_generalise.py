"""The generalise lab in a real page: drag, type, keyboard, choices, a dot, commit, link, phone."""

import pytest

from hands import choose, choose_story, drag, led, says, slider, type_in
from lmmlab import labs
from lmmlab.labs.generalise.stories import STORIES

pytestmark = pytest.mark.browser
LESSON = "voila/render/08-fixed-or-random.ipynb"
lab = labs.generalise


def test_a_thousand_studies_follow_the_thumb(bench):
    tau = drag(bench.page, slider(bench, "tau1"), [0.3 + 0.02 * k for k in range(25)])
    assert tau > 60.0
    says(bench, lab, tau1=tau)


def test_typing_and_keys_move_the_number_of_people(bench):
    type_in(bench, "J", "50")
    says(bench, lab, J=50)
    slider(bench, "J").press("ArrowLeft")
    says(bench, lab, J=49)


def test_the_same_people_and_the_pile_of_rho(bench):
    choose(bench, "again", "same")
    says(bench, lab, again="same")
    choose(bench, "look", "rho")
    says(bench, lab, again="same", look="rho")
    assert not bench.locator('[data-name="fit"]').is_visible()


def test_a_story_brings_its_numbers(bench):
    choose_story(bench, lab, "labs", STORIES["labs"].values)


def test_a_prediction_leads_to_the_state_that_shows_it(bench):
    led(bench, lab, lab.tasks[0])


def test_a_link_opens_a_state_and_a_phone_shows_it(on_phone):
    on_phone("?look=rho&J=5", look="rho", J=5)
