"""A student's way through a lesson: a real server, a real kernel, a real Chromium."""

import re
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from hands import (
    drag,
    faults,
    message,
    outside,
    ready,
    run_all,
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


def arrows(bench):
    """Where the arrows of the plane end, as the browser has drawn them."""
    return bench.locator(".lmm-segments.lmm-arrow").evaluate_all(
        "all => all.map(e => e.getAttribute('d'))"
    )


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


def test_keyboard_alone(page, voila_server):
    """From the top of the page: reach a slider with Tab, move it, choose a person, commit."""
    page.goto(voila_server + LESSON)
    bench = ready(page)
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


def test_ten_seconds_without_network_freeze_nothing(page, voila_server, start_server, free_port):
    port, to = free_port(), int(voila_server.rstrip("/").rpartition(":")[2])
    url = f"http://localhost:{port}/"
    link = start_server([sys.executable, str(SLOW_LINK), str(port), str(to)], url)
    page.goto(url + LESSON)
    bench = ready(page)
    link.send_signal(signal.SIGSTOP)
    cut = time.monotonic()
    drag(page, slider(bench, "sigma"), [0.3, 0.4, 0.5, 0.6, 0.7])
    until(page, lambda: message(bench), lambda t: "waiting" in t, 8)
    page.wait_for_timeout(1000 * max(0, cut + 10 - time.monotonic()))
    link.send_signal(signal.SIGCONT)
    rest = value(bench, "sigma")
    says(bench, lab, sigma=rest)
    until(page, lambda: message(bench), lambda t: "waiting" not in t)
    before = words(bench)
    drag(page, slider(bench, "tau1"), [0.4, 0.5, 0.6])
    until(page, lambda: words(bench), lambda now: now != before, 5)


LINKED = """
from ipywidgets import FloatSlider, link, Button
from lmmlab import labs
bench = labs.shrinkage()
other = FloatSlider(value=24.7, max=80.0, step=0.1, description="other")
link((other, "value"), (bench, "tau0"))
button = Button(description="set from code")
button.on_click(lambda _: setattr(bench, "tau0", 30.0))
"""


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """A folder with a notebook that links an ordinary slider to the bench."""
    import nbformat

    folder = tmp_path_factory.mktemp("linked")
    cells = [nbformat.v4.new_code_cell(code) for code in (LINKED, "other", "button", "bench")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "linked.ipynb")
    return folder


def follow(page, bench):
    """Code and another widget move the bench; neither thumb echoes."""
    page.get_by_role("button", name="set from code").click()
    until(page, lambda: value(bench, "tau0"), lambda v: v == 30)
    says(bench, lab, tau0=30.0)
    slider(bench, "tau0").evaluate(
        "e => { e.set = []; const own = Object.getOwnPropertyDescriptor("
        "HTMLInputElement.prototype, 'value'); Object.defineProperty(e, 'value', "
        "{ get() { return own.get.call(e) }, set(v) { if (+v !== +own.get.call(e)) "
        "e.set.push(+v); own.set.call(e, v) } }) }"
    )
    drag(page, slider(bench, "tau0"), [0.4 + 0.01 * k for k in range(30)])
    page.wait_for_timeout(600)
    assert slider(bench, "tau0").evaluate("e => e.set") == [], "something moved the thumb"
    rest = value(bench, "tau0")
    readout = page.locator(".widget-readout").first
    until(page, lambda: float(readout.inner_text()), lambda v: v == pytest.approx(rest, abs=0.006))
    handle = page.locator(".noUi-handle").first
    handle.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    until(
        page,
        lambda: value(bench, "tau0"),
        lambda v: v == pytest.approx(rest + 0.5, abs=0.011),
    )


def test_code_and_linked_widgets_move_the_bench_in_voila(page, linked, start_server, free_port):
    port = free_port()
    url = f"http://localhost:{port}/"
    command = [sys.executable, "-m", "voila", str(linked), "--no-browser", f"--port={port}"]
    start_server([*command, "--Voila.config_file_paths=[]"], url)
    page.goto(url + "voila/render/linked.ipynb")
    follow(page, ready(page))


def test_the_lesson_in_jupyterlab_opens_runs_and_reacts(page, desk):
    bench = run_all(page, desk.address("05-shrinkage.ipynb"))
    before = arrows(bench)
    drag(page, slider(bench, "tau1"), [0.3 + 0.02 * k for k in range(20)])
    until(page, lambda: arrows(bench), lambda now: now != before)
    rest = value(bench, "tau1")
    says(bench, lab, tau1=rest)
    assert bench.get_by_role("button", name="copy code").count() == 1
    assert faults(page, ".lmm-bench") == []


def test_code_and_linked_widgets_move_the_bench_in_jupyterlab(page, desk, linked):
    shutil.copy(linked / "linked.ipynb", desk.folder)
    follow(page, run_all(page, desk.address("linked.ipynb")))
