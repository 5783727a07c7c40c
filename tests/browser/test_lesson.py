"""A student's way through a lesson: a real server, a real kernel, a real Chromium."""

import re
from pathlib import Path

import pytest

from hands import (
    arrows,
    drag,
    message,
    outside,
    ready,
    says,
    slider,
    tab_to,
    type_in,
    typed,
    until,
    value,
    words,
)
from lmmlab import labs

pytestmark = pytest.mark.browser
LESSON = "voila/render/05-shrinkage.ipynb"
lab = labs.shrinkage
SLOW_LINK = Path(__file__).parents[1] / "slow_link.py"


def test_the_gallery_leads_to_the_lesson(page, voila_server):
    page.goto(voila_server)
    for picture in page.locator("img").all():
        picture.evaluate("e => e.decode()")
    card = page.get_by_role("link", name=re.compile("Why are estimates pulled"))
    card.click()
    bench = ready(page)
    assert "mixed model says" in words(bench)
    assert page.locator("text=Where it breaks").count() == 1
    assert page.problems == []


def test_dragging_tau1_moves_the_arrows_and_no_thumb_jumps(bench):
    page = bench.page
    before = arrows(bench)
    thumb = slider(bench, "tau1")
    thumb.evaluate("e => { e.seen = []; e.addEventListener('input', () => e.seen.push(+e.value)) }")
    drag(page, thumb, [0.3 + 0.01 * k for k in range(50)])
    after = until(page, lambda: arrows(bench), lambda now: now != before)
    assert len(after) == 18
    values = thumb.evaluate("e => e.seen")
    assert len(values) > 20
    assert values == sorted(values), "the thumb went back while the hand went on"
    page.wait_for_timeout(500)
    rest = float(thumb.input_value())
    assert rest == values[-1] > 10
    says(bench, lab, tau1=rest)
    assert page.problems == []


def test_the_last_picture_is_that_of_the_last_value(bench):
    """After a quick drag there and back, what is shown belongs to where the thumb rests."""
    page = bench.page
    drag(page, slider(bench, "sigma"), [k / 40 for k in (*range(40), *range(40, 8, -1))], pause=4)
    rest = value(bench, "sigma")
    says(bench, lab, sigma=rest)


def test_a_value_can_be_typed_and_nonsense_is_answered(bench):
    page = bench.page
    box = typed(bench, "tau0")
    box.fill("40,5")
    box.press("Enter")
    until(page, lambda: bench.locator("footer code").inner_text(), lambda t: "tau0=40.5" in t)
    box.fill("wide")
    box.press("Enter")
    until(page, lambda: message(bench), lambda text: "not a number" in text)
    assert box.input_value() == "40.5"
    box.fill("900")
    box.press("Enter")
    until(page, lambda: message(bench), lambda text: "80" in text)
    assert value(bench, "tau0") == 80


def test_keyboard_alone(bench):
    """From the top of the page: reach a slider with Tab, move it, choose a person, commit."""
    page = bench.page
    page.locator("a").first.focus()
    before = words(bench)
    tab_to(page, "document.activeElement.matches('[data-name=sigma] [type=range]')", "σ")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert value(bench, "sigma") == pytest.approx(26.1)
    until(page, lambda: words(bench), lambda now: now != before)
    tab_to(page, "document.activeElement.matches('svg')", "a picture")
    page.keyboard.press("ArrowRight")
    until(page, lambda: words(bench), lambda now: "Driver 337" in now)
    tab_to(page, "document.activeElement.closest('.lmm-option') !== null", "the question")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(page, lambda: bench.locator(".lmm-reply").first.inner_text(), bool)
    assert page.problems == []


def test_a_prediction_is_committed_answered_and_shown(page, voila_server):
    page.goto(voila_server + LESSON)
    bench = ready(page)
    task = bench.locator('[data-task="halve-sigma"]')
    reply = task.locator(".lmm-reply")
    assert reply.inner_text() == ""
    wrong = lab.tasks[0].choices[0]
    source = page.content()
    assert not any(c.reply in source for c in lab.tasks[0].choices), "revealed too early"
    task.get_by_text(wrong.text).click()
    assert reply.inner_text() == "", "nothing is revealed before the commitment"
    task.get_by_role("button", name="Commit").click()
    until(page, reply.inner_text, lambda text: wrong.reply in text)
    until(page, lambda: value(bench, "sigma"), lambda v: v == 12.8)
    says(bench, lab, sigma=12.8)
    assert page.problems == []


def test_a_task_is_checked_while_the_sliders_move(bench):
    page = bench.page
    bench.get_by_role("button", name=re.compile("Question 5")).click()
    reply = bench.locator('[data-task="ignore-the-person"] .lmm-reply')
    for name, note in (("tau0", "still count"), ("tau1", "only show noise")):
        type_in(bench, name, "0")
        until(page, reply.inner_text, lambda text, note=note: note in text)


def test_choosing_a_person_lights_it_in_every_panel(bench):
    page = bench.page
    panels = bench.locator("svg[role=img]")
    assert panels.count() == 4
    lit = "e => [...e.querySelectorAll('.lmm-chosen')].map(m => m.classList[0]).sort()"
    first = [panels.nth(k).evaluate(lit) for k in range(3)]
    assert all(first), "the person in colour is missing from a panel"
    points = panels.nth(1).locator(".lmm-points.lmm-role-own")
    points.first.scroll_into_view_if_needed()
    at = points.first.bounding_box()
    page.mouse.click(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    until(page, lambda: words(bench), lambda text: "Driver 308" in text)
    assert [panels.nth(k).evaluate(lit) for k in range(3)] == first
    assert "person='308'" in bench.locator("footer code").inner_text()
    assert page.problems == []


def test_a_link_carries_the_state_and_a_reload_keeps_it(page, voila_server):
    page.goto(voila_server + LESSON + "?tau0=40&person=308&nonsense=1&rho=7")
    bench = ready(page)
    until(page, lambda: words(bench), lambda text: "Driver 308" in text)
    assert value(bench, "tau0") == 40
    assert value(bench, "rho") == 1, "clamped"
    assert "ρ" in message(bench), "and said"
    type_in(bench, "sigma", "30")
    until(page, lambda: page.url, lambda url: "sigma=30" in url)
    assert "nonsense=1" in page.url
    page.reload()
    bench = ready(page)
    values = {n: value(bench, n) for n in ("tau0", "rho", "sigma")}
    assert values == {"tau0": 40, "rho": 1, "sigma": 30}
    says(bench, lab, tau0=40.0, rho=1.0, sigma=30.0, person="308")
    assert page.problems == []


def test_nothing_lies_outside_the_window(page, voila_server):
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(voila_server + LESSON)
    bench = ready(page)
    for width in (360, 768, 1600):
        page.set_viewport_size({"width": width, "height": 780})
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert bench.locator("svg[role=img]:visible").count() >= 1
        assert outside(bench, width) == []
        if width == 360:
            thumb = slider(bench, "sigma")
            thumb.scroll_into_view_if_needed()
            picture = bench.locator("svg[role=img]").first.bounding_box()
            under = picture["y"] + picture["height"]
            assert 0 <= picture["y"] and under < 780 * 0.6, "not sticky"
            assert thumb.bounding_box()["y"] > under, "hidden behind it"
