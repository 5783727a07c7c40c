"""The fan lab in a real page: drag, type, keyboard, choose a story, commit, link, phone."""

import time

import pytest

from lmmlab import labs
from lmmlab.labs.fan.stories import STORIES

pytestmark = pytest.mark.browser
LESSON = "voila/render/03-fan.ipynb"
lab = labs.fan


def until(page, ask, wanted, seconds=15):
    """Ask until the answer pleases; give the last answer."""
    end = time.monotonic() + seconds
    while not wanted(answer := ask()) and time.monotonic() < end:
        page.wait_for_timeout(40)
    assert wanted(answer), answer
    return answer


def ready(page):
    bench = page.locator(".lmm-bench").first
    bench.locator(".lmm-chosen").first.wait_for(state="attached", timeout=60_000)
    until(page, bench.locator(".lmm-words").inner_text, bool, 60)
    return bench


def says(bench, **state):
    """Wait until the words are those of a state."""
    expected = lab.words(**state)

    def text():
        return bench.locator(".lmm-words").inner_text().replace("\n", " ")

    until(bench.page, text, lambda seen: all(s in seen for s in expected))


def control(bench, name, kind):
    return bench.locator(f'[data-name="{name}"] input[type={kind}]')


def choose(bench, name, value):
    bench.locator(f'[data-name="{name}"] label:has(input[value="{value}"])').click()


@pytest.fixture(scope="module")
def shared(shared_page, voila_server):
    shared_page.goto(voila_server + LESSON)
    return ready(shared_page)


@pytest.fixture
def bench(shared):
    shared.get_by_role("button", name="reset", exact=True).click()
    says(shared)
    shared.page.problems.clear()
    return shared


def test_dragging_rho_turns_the_lines(bench):
    thumb = control(bench, "rho", "range")
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    y = box["y"] + box["height"] / 2
    bench.page.mouse.move(box["x"] + 10 + 0.4 * (box["width"] - 20), y)
    bench.page.mouse.down()
    for k in range(30):
        bench.page.mouse.move(box["x"] + (0.4 + 0.015 * k) * box["width"], y)
        bench.page.wait_for_timeout(16)
    bench.page.mouse.up()
    rho = float(thumb.input_value())
    assert rho > 0.5
    says(bench, rho=rho)
    assert bench.page.problems == []


def test_typing_and_keys_move_the_origin(bench):
    typed = control(bench, "origin", "text")
    typed.fill("6")
    typed.press("Enter")
    says(bench, origin=6.0)
    control(bench, "origin", "range").press("ArrowRight")
    says(bench, origin=6.1)


def test_a_story_brings_its_numbers(bench):
    choose(bench, "story", "bp")
    values = STORIES["bp"].values
    for name in ("tau0", "tau1", "rho", "sigma"):
        thumb = control(bench, name, "range")
        until(bench.page, lambda t=thumb: float(t.input_value()), lambda v, n=name: v == values[n])
    says(bench, story="bp", **values)


def test_free_entries_begin_with_a_matrix_that_fits_nobody(bench):
    choose(bench, "entries", "free")
    says(bench, story="gad7", entries="free")
    message = bench.locator(".lmm-message").first.inner_text
    until(bench.page, message, lambda text: "Negative variance at week 9.8" in text)
    assert not control(bench, "rho", "range").is_visible()
    assert control(bench, "g01", "range").is_visible()
    assert bench.page.problems == []


def test_a_prediction_leads_to_the_state_that_shows_it(page, voila_server):
    page.goto(voila_server + LESSON)
    bench = ready(page)
    asked = lab.tasks[0]
    task = bench.locator(f'[data-task="{asked.name}"]')
    task.get_by_text(asked.choices[0].text).click()
    task.get_by_role("button", name="Commit").click()
    until(page, task.locator(".lmm-reply").inner_text, lambda text: asked.choices[0].reply in text)
    says(bench, **asked.then)
    assert page.problems == []


def test_a_link_opens_a_state_and_a_phone_shows_it(page, voila_server):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(voila_server + LESSON + "?origin=12&rho=-0.6")
    bench = ready(page)
    says(bench, origin=12.0, rho=-0.6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.problems == []
