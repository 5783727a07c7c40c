"""The generalise lab in a real page: drag, type, keyboard, choices, a dot, commit, link, phone."""

import pytest

from hands import (
    choose,
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
from lmmlab.labs.generalise.stories import STORIES

pytestmark = pytest.mark.browser
LESSON = "voila/render/08-fixed-or-random.ipynb"
lab = labs.generalise


@pytest.fixture(scope="module")
def shared(shared_page, voila_server):
    shared_page.goto(voila_server + LESSON)
    return ready(shared_page)


@pytest.fixture
def bench(shared):
    return reset(shared, lab)


def test_a_thousand_studies_follow_the_thumb(bench):
    tau = drag(bench.page, slider(bench, "tau1"), [0.3 + 0.02 * k for k in range(25)])
    assert tau > 60.0
    says(bench, lab, tau1=tau)
    assert bench.page.problems == []


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
    assert bench.page.problems == []


def test_a_story_brings_its_numbers(bench):
    choose(bench, "story", "labs")
    values = STORIES["labs"].values
    for name in ("J", "n", "tau0", "tau1", "sigma"):
        until(bench.page, lambda n=name: value(bench, n), lambda v, n=name: v == values[n])
    says(bench, lab, story="labs", **values)


def test_a_prediction_leads_to_the_state_that_shows_it(bench):
    task = lab.tasks[0]
    predict(bench, task)
    says(bench, lab, **task.then)
    assert bench.page.problems == []


def test_a_link_opens_a_state_and_a_phone_shows_it(page, voila_server):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(voila_server + LESSON + "?look=rho&J=5")
    bench = ready(page)
    says(bench, lab, look="rho", J=5)
    assert outside(bench, 390) == []
    assert page.problems == []
