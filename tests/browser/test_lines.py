"""Lesson 02 in a real browser: a slider is dragged, a story is chosen, a prediction committed."""

import time

import pytest

from lmmlab import labs

pytestmark = pytest.mark.browser

LESSON = "voila/render/02-lines.ipynb"


@pytest.fixture
def bench(page, voila_server):
    page.goto(voila_server + LESSON)
    page.locator(".lmm-chosen").first.wait_for(state="attached", timeout=60_000)
    return page.locator(".lmm-bench")


def says(bench, sentence):
    """Wait until the words under the pictures contain a sentence."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        text = " ".join(bench.locator(".lmm-words").inner_text().split())
        if " ".join(sentence.split()) in text:
            return
        bench.page.wait_for_timeout(50)
    raise AssertionError(f"{sentence!r} is not in {text!r}")


def test_dragging_the_spread_of_slopes_turns_people_round(bench):
    page, thumb = bench.page, bench.locator('[data-name="tau1"] input[type=range]')
    says(bench, labs.trajectories.words()[0])
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    across = [box["x"] + box["width"] * (0.36 + 0.01 * k) for k in range(45)]
    page.mouse.move(across[0], box["y"] + box["height"] / 2)
    page.mouse.down()
    for x in across:
        page.mouse.move(x, box["y"] + box["height"] / 2)
        page.wait_for_timeout(16)
    page.mouse.up()
    rest = float(thumb.input_value())
    assert rest > 0.7
    for sentence in labs.trajectories.words(tau1=rest):
        says(bench, sentence)
    assert page.problems == []


def test_each_story_shows_its_own_sliders(bench):
    def seen(name):
        return bench.locator(f'[data-name="{name}"]').is_visible()

    fresh = bench.get_by_role("button", name="new sample")
    for story, own, made in (("qol", "qol_tau0", True), ("sleepstudy", "", False)):
        bench.locator(f'input[value="{story}"]').check(force=True)
        says(bench, labs.trajectories.words(source=story)[0])
        shown = [name for name in ("tau0", "qol_tau0") if seen(name)]
        assert shown == ([own] if own else [])
        assert seen("people") is fresh.is_visible() is made
    assert bench.page.problems == []


def test_a_prediction_leads_to_the_state_that_shows_it(bench):
    task = labs.trajectories.tasks[0]
    bench.locator(f'[data-task="{task.name}"]').get_by_text(task.choices[0].text).click()
    bench.get_by_role("button", name="Commit").first.click()
    says(bench, labs.trajectories.words(**task.then)[0])
    assert task.choices[0].reply in bench.locator(f'[data-task="{task.name}"]').inner_text()


def test_a_phone_holds_the_page(bench):
    bench.page.set_viewport_size({"width": 390, "height": 800})
    bench.page.wait_for_timeout(300)
    assert bench.page.evaluate("document.documentElement.scrollWidth") <= 390
