"""Lesson 04 in a real page: drag, type, keys, point at cells, commit, link, phone."""

import pytest

from hands import choose, control, drag, fits_a_phone, led, ready, says, slider, type_in, typed
from lmmlab import labs
from lmmlab.labs.implied_covariance.stories import STORIES

pytestmark = pytest.mark.browser
LESSON = "voila/render/04-covariance.ipynb"
lab = labs.implied_covariance
V, TRUTH = 0, 3  # of the panels


def place(bench, cell, panel=V):
    """The centre of a cell in the window."""
    there = bench.locator(".lmm-panel").nth(panel).locator(f'rect[data-id="{cell}"]')
    there.scroll_into_view_if_needed()
    box = there.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_dragging_tau1_moves_the_covariances(bench):
    tau1 = drag(bench.page, slider(bench, "tau1"), [0.27 + 0.015 * k for k in range(30)])
    assert tau1 > 1.5
    says(bench, lab, tau1=tau1)


def test_typing_and_keys_move_the_noise(bench):
    type_in(bench, "sigma", "16")
    says(bench, lab, sigma=16.0)
    slider(bench, "sigma").press("ArrowLeft")
    says(bench, lab, sigma=15.9)


def test_pointing_takes_a_cell_apart_and_leaving_brings_the_old_one_back(bench):
    page = bench.page
    page.mouse.move(*place(bench, "9-12"))
    says(bench, lab, person="9-12")
    assert bench.locator(".lmm-ring.lmm-chosen:not([d=''])").count() == 3
    page.mouse.move(1, 1)
    says(bench, lab)
    page.mouse.click(*place(bench, "6-6"))
    page.mouse.move(1, 1)
    says(bench, lab, person="6-6")


def test_a_cell_is_chosen_in_the_table_of_correlations_too(bench):
    bench.page.mouse.click(*place(bench, "0-3", TRUTH))
    bench.page.mouse.move(1, 1)
    says(bench, lab, person="0-3")


def test_arrow_keys_walk_through_the_cells(bench):
    bench.locator(".lmm-panel svg").first.focus()
    for key, cell in (("ArrowDown", "6-12"), ("ArrowLeft", "6-9"), ("ArrowUp", "3-9")):
        bench.page.keyboard.press(key)
        says(bench, lab, person=cell)


def test_V_is_built_layer_by_layer(bench):
    for layer in ("starts", "slopes"):
        choose(bench, "layers", layer)
        says(bench, lab, layers=layer)


def test_a_story_brings_its_numbers_and_its_scales(bench):
    choose(bench, "story", "sleepstudy")
    says(bench, lab, story="sleepstudy", **STORIES["sleepstudy"].values)
    assert typed(bench, "tau0").input_value() == "24.74"
    assert slider(bench, "tau0").get_attribute("max") == "60"
    assert not control(bench, "people").is_visible()


def test_a_prediction_leads_to_the_state_that_shows_it(bench):
    led(bench, lab, lab.tasks[0])


def test_the_lesson_shows_the_board_of_switches_too(bench):
    assert labs.blueprint.title in ready(bench.page, labs.blueprint).inner_text()


def test_a_link_opens_a_state_and_a_phone_shows_it(on_phone):
    state = {"tau1": 0.0, "fit": "starts"}
    query = "&".join(f"implied_covariance.{name}={value}" for name, value in state.items())
    bench = on_phone(f"?{query}&implied_covariance.person=3-9", person="3-9", **state)
    bench.page.mouse.click(*place(bench, "0-12"))
    says(bench, lab, person="0-12", **state)
    fits_a_phone(bench.page)
