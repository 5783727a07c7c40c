import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lmmlab.picture.control import Control
from lmmlab.picture.live import Shown
from lmmlab.picture.marks import Axis, Label, Panel, Picture, Points

pytestmark = pytest.mark.browser

SLIDER = "[data-name=tau0] input[type=range]"
TYPED = "[data-name=tau0] input[type=text]"
MESSAGE = ".lmm-message"


def shown(page):
    """The spread that the words tell, so what the kernel was last heard to say."""
    return float(re.search(r"spread is ([\d.]+) ms", page.inner_text(".lmm-words"))[1])


def until_shown(page, value):
    page.wait_for_function(
        "v => document.querySelector('.lmm-words').textContent.includes(`spread is ${v} ms`)",
        arg=f"{value:.1f}",
        timeout=9000,
    )


def across(page, share, selector=SLIDER):
    """The place on a slider's track at a share of its range."""
    box = page.locator(selector).bounding_box()
    return box["x"] + 9 + (box["width"] - 18) * share, box["y"] + box["height"] / 2


def asked(page):
    return page.evaluate("sent.map(({ v }) => v)")


def test_the_state_alone_paints(bench_page, page):
    bench_page()
    assert page.evaluate("sent.length") == 0
    assert page.locator(".lmm-line").count() == 18 + 18 + 1
    assert page.locator(".lmm-segments[d]").count() == 18
    assert page.locator("path[d=''], path:not([d])").count() == 0
    assert page.locator(".lmm-panel").count() == 3
    assert shown(page) == 24.7
    assert page.inner_text(".lmm-words em") == "24.7 ms"
    assert page.get_by_role("img").count() == 3
    assert "The spread is 24.7 ms. This is p3." in page.get_by_role("img").first.get_attribute(
        "aria-label"
    )
    assert page.get_by_role("slider", name="τ₀ spread of starts").input_value() == "24.7"
    assert page.input_value(TYPED) == "24.7"
    assert page.input_value("[data-name=rho] input[type=text]") == "+0.07"
    assert page.inner_text("[data-name=tau0] .lmm-note") == "REML estimate: 24.7 ms"
    assert page.inner_text("footer code") == "labs.toy(tau0=24.7)"
    assert not page.locator("[data-name=people]").is_visible()
    assert page.locator("[data-name=person], [data-name=seed]").count() == 0


def test_a_drag_moves_the_picture_and_only_by_messages(bench_page, page):
    bench = bench_page()
    before = page.locator(".lmm-segments").first.get_attribute("d")
    page.mouse.move(*across(page, 0.31))
    page.mouse.down()
    for i in range(30):
        page.mouse.move(*across(page, 0.31 + i / 100))
    page.mouse.up()
    page.wait_for_function("models[0].inFlight === 0")
    value = float(page.input_value(SLIDER))
    until_shown(page, value)
    assert bench.tau0 == value and value > 40
    assert page.locator(".lmm-segments").first.get_attribute("d") != before
    assert all(set(v) == {"tau0"} for v in asked(page))
    assert page.evaluate("sent.every(({ n }, i) => n === i + 1)")


def test_a_drag_survives_lost_replies(bench_page, page):
    page.clock.install()
    bench_page()
    page.mouse.move(*across(page, 0.31))
    page.mouse.down()
    page.evaluate("net.lose = true")
    for i in range(20):
        page.mouse.move(*across(page, 0.31 + i / 100))
    page.mouse.up()
    page.clock.run_for(300)
    assert shown(page) == 24.7
    page.evaluate("net.lose = false")
    page.clock.run_for(3000)
    until_shown(page, float(page.input_value(SLIDER)))  # by itself


def test_one_lost_reply_leaves_a_hole_that_is_filled(bench_page, page, toy):
    bench_page(toy(values={"source": "made"}))
    page.evaluate("net.lose = true")
    page.locator("[data-name=people] input[type=range]").press("ArrowRight")  # a new structure
    page.wait_for_function("sent.length === 1 && models[0].inFlight === 0")
    page.evaluate("net.lose = false")
    page.locator(SLIDER).press("ArrowRight")
    until_shown(page, 24.8)
    assert page.locator(".lmm-segments").count() == 19
    assert page.evaluate("sent.some(({ full }) => full)")


def test_ten_seconds_without_network_are_said_and_forgotten(bench_page, page):
    page.clock.install()
    bench_page()
    page.evaluate("net.cut = true")
    page.locator(SLIDER).press("ArrowRight")
    page.locator(SLIDER).press("ArrowRight")
    page.clock.run_for(2000)
    assert page.inner_text(MESSAGE) == ""
    page.clock.run_for(2000)
    assert page.inner_text(MESSAGE).startswith("Still waiting")
    page.clock.run_for(6000)
    assert 2 < page.evaluate("sent.length") < 12  # patient
    page.evaluate("net.cut = false")
    page.clock.run_for(3000)
    until_shown(page, 24.9)
    page.wait_for_function("document.querySelector('.lmm-message').textContent === ''")


def test_nothing_but_the_hand_moves_a_thumb_that_is_held(bench_page, page):
    bench = bench_page()
    page.evaluate("net.delay = 80")
    page.evaluate(
        """() => {
          window.jumps = 0;
          const range = document.querySelector("[data-name=tau0] input[type=range]");
          let last = +range.value;
          range.addEventListener("input", () => (last = +range.value), true);
          const look = () => { jumps += +range.value !== last; requestAnimationFrame(look); };
          look();
        }"""
    )
    page.mouse.move(*across(page, 24.7 / 80))
    page.mouse.down()
    for i in range(25):
        page.mouse.move(*across(page, 24.7 / 80 + i / 50))
        page.wait_for_timeout(10)
        if i == 12:
            bench.tau0 = 5.0
            bench_page.tell()
    page.wait_for_timeout(300)
    assert page.evaluate("jumps") == 0
    page.mouse.up()
    until_shown(page, float(page.input_value(SLIDER)))
    page.evaluate("jumps = -1e9")
    bench.tau0 = 5.0
    bench_page.tell()
    until_shown(page, 5.0)
    assert page.input_value(SLIDER) == "5" and page.input_value(TYPED) == "5.0"
    assert not any(v.get("tau0") == 5.0 for v in asked(page))  # no echo


def test_as_many_requests_are_under_way_as_the_line_needs(bench_page, page):
    bench_page()

    def drag(delay, work):
        """The most requests under way in the second half of a drag."""
        page.evaluate("given => Object.assign(net, given)", {"delay": delay, "work": work})
        most = page.evaluate(
            """() => new Promise((done) => {
              const range = document.querySelector("[data-name=tau0] input[type=range]");
              let i = 0;
              const step = () => {
                range.value = 20 + (i % 40);
                range.dispatchEvent(new Event("input", { bubbles: true }));
                if (i === 60) net.most = 0;
                if (i++ < 120) requestAnimationFrame(step);
                else done(net.most);
              };
              step();
            })"""
        )
        page.wait_for_function("models[0].inFlight === 0")
        return most

    near, far, farther = drag(delay=5, work=2), drag(delay=60, work=2), drag(delay=400, work=2)
    assert near < far <= farther <= 8
    assert drag(delay=5, work=60) < far  # a slow scene: what waits in a queue only comes late


def test_typed_values(bench_page, page):
    bench_page()
    for typed, value, sentence in (
        ("31,5", "31.5", ""),
        ("31.5 ms", "31.5", ""),
        (" +12 ", "12.0", ""),
        ("31.57", "31.57", ""),
        ("100", "80.0", "τ₀ goes from 0.0 to 80.0 ms; it is now 80.0 ms."),
        ("−5", "0.0", "τ₀ goes from 0.0 to 80.0 ms; it is now 0.0 ms."),
        ("many", "24.7", "“many” is not a number; τ₀ stays at 24.7 ms."),
        ("", "24.7", "“” is not a number; τ₀ stays at 24.7 ms."),
        ("1e3", "24.7", "“1e3” is not a number; τ₀ stays at 24.7 ms."),
    ):
        page.fill(TYPED, typed)
        page.press(TYPED, "Enter")
        assert page.input_value(TYPED) == value, typed
        until_shown(page, float(value))
        page.wait_for_function(
            "text => document.querySelector('.lmm-message').textContent === text",
            arg=sentence,
        )
        page.get_by_role("button", name="reset").click()
        until_shown(page, 24.7)


def test_whole_numbers_and_escape(bench_page, page):
    bench_page()
    days = "[data-name=days] input[type=text]"
    page.fill(days, "6.6")
    page.press(days, "Enter")
    assert page.input_value(days) == "7"
    page.wait_for_function(
        "document.querySelector('.lmm-message').textContent"
        " === 'days is a whole number; it is now 7.'"
    )
    page.fill(days, "3")
    page.press(days, "Escape")
    page.press(days, "Tab")
    assert page.input_value(days) == "7"


def test_the_keyboard_alone_does_everything(bench_page, page):
    bench = bench_page()
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        where = page.evaluate(
            """(e => e.closest('[data-name]:not(.lmm-bench)')?.dataset.name
                || e.getAttribute('aria-label') || e.textContent)(document.activeElement)"""
        )
        reached.append(where)
        if where == "source":
            page.keyboard.press("ArrowRight")
            page.wait_for_function("models[0].get('source') === 'made'")
        if where == "tau0" and page.evaluate("document.activeElement.type") == "range":
            page.keyboard.press("Home")
            until_shown(page, 0.0)
            page.keyboard.press("PageUp")
            page.keyboard.press("ArrowRight")
        if where and where.startswith("Over time"):
            page.keyboard.press("ArrowRight")
            page.wait_for_function("models[0].get('person') === 'p4'")
            page.keyboard.press("End")
            page.wait_for_function("models[0].get('person') === 'p17'")
        if page.evaluate("document.activeElement.closest('.lmm-option') !== null"):
            page.keyboard.press("ArrowDown")
        if where == "Commit":
            page.keyboard.press("Enter")
            page.wait_for_selector(".lmm-right")
            assert page.evaluate("document.activeElement.textContent") == "✓<b>reply 1</b>"
            break
    assert bench.source == "made" and bench.person == "p17" and bench.tau0 == 12.5
    assert {"source", "people", "tau0", "rho", "days", "new sample", "reset"} <= set(reached)
    assert bench.get_state()["_scene"]["answers"]["grow"]["choice"] == 1


def test_a_person_lights_up_everywhere_and_the_kernel_is_told(bench_page, page):
    bench = bench_page()

    def lit(kind):
        return page.locator(f".lmm-panel:has(.{kind})").count()

    assert lit("lmm-chosen") == 2 and page.locator(".lmm-chosen").count() == 4
    point = page.locator("circle.lmm-role-own:not(.lmm-chosen)").nth(3).bounding_box()
    x, y = point["x"] + point["width"] / 2, point["y"] + point["height"] / 2
    page.mouse.move(x, y)
    page.wait_for_selector(".lmm-hot")
    assert lit("lmm-hot") == 2 and page.evaluate("sent.length") == 0  # a look, no more
    who = page.locator(".lmm-name:not(:empty)").inner_text()
    page.mouse.click(x, y)
    assert page.locator(".lmm-chosen").count() >= 4 and page.locator(".lmm-hot").count() == 0
    page.wait_for_function(
        "w => document.querySelector('.lmm-words').textContent.includes(`This is ${w}.`)", arg=who
    )
    assert bench.person == who and asked(page) == [{"person": who}]
    page.mouse.move(5, 5)
    assert page.locator(".lmm-name:not(:empty)").count() == 0


def test_a_prediction_reveals_nothing_before_it_is_committed(bench_page, page):
    bench = bench_page()
    assert "reply 0" not in page.content() and "reply 1" not in page.content()
    assert page.locator(".lmm-commit").is_disabled()
    page.get_by_label("They grow").check()
    assert page.evaluate("sent.length") == 0
    page.click(".lmm-commit")
    page.wait_for_selector(".lmm-wrong")
    assert (
        page.inner_text(".lmm-task:not([hidden]) .lmm-reply") == "✗<b>reply 0</b>"
    )  # text, not HTML
    assert page.get_by_label("They shrink").is_disabled()
    assert not page.locator(".lmm-commit").is_visible()
    until_shown(page, 12.5)
    assert page.input_value(TYPED) == "12.5" and bench.tau0 == 12.5
    assert page.get_by_role("button", name="Question 1 of 2, done").is_visible()


def test_a_task_follows_the_scene(bench_page, page):
    bench_page()
    page.get_by_role("button", name="Question 2 of 2").click()
    reply = page.locator("[data-task=zero] .lmm-reply")
    assert reply.inner_text() == "○Not yet. The spread is 24.7."
    page.locator(SLIDER).press("Home")
    until_shown(page, 0.0)
    assert reply.inner_text() == "✓Done. The spread is 0.0."
    assert page.inner_text(MESSAGE) == "All people are alike."
    page.wait_for_function(
        "document.querySelector('.lmm-unseen[aria-live]').textContent"
        ".startsWith('Done: Make all people alike. All people are alike. The spread is 0.0 ms.')"
    )
    page.get_by_role("button", name="reset").click()
    until_shown(page, 24.7)
    assert reply.inner_text().startswith("○")
    assert page.get_by_role("button", name="Question 2 of 2, done").is_visible()


def test_errors_are_sentences_and_the_last_picture_stays(bench_page, page):
    bench_page()
    before = page.locator(".lmm-segments").first.get_attribute("d")
    page.fill(TYPED, "66")
    page.press(TYPED, "Enter")
    page.wait_for_selector(".lmm-bench.lmm-stale")
    assert page.inner_text(MESSAGE) == "At 66 the model has no answer: choose another spread."
    assert page.locator(".lmm-segments").first.get_attribute("d") == before
    page.fill(TYPED, "77")
    page.press(TYPED, "Enter")
    page.wait_for_function("document.querySelector('.lmm-message').textContent.includes('fault')")
    assert "secret" not in page.content()
    page.get_by_role("button", name="reset").click()
    page.wait_for_selector(".lmm-bench:not(.lmm-stale)")


def test_new_sample_reset_and_code(bench_page, page):
    bench = bench_page(body="")
    page.get_by_role("button", name="new sample").click()
    page.wait_for_function("document.querySelector('footer span').textContent === 'sample 2'")
    page.locator(SLIDER).press("End")
    until_shown(page, 80.0)
    page.get_by_role("button", name="reset").click()
    until_shown(page, 24.7)
    assert bench.seed == 1 and page.inner_text("footer span") == "sample 1"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="copy code").click()
    page.get_by_role("button", name="copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "labs.toy(tau0=24.7)"
    assert page.evaluate("location.search") == ""  # no links outside Voila


def test_what_is_corrected_moves_its_slider(bench_page, page):
    bench_page()
    page.get_by_label("made people").check(force=True)
    page.wait_for_function("document.querySelector('[data-name=days] input').value === '5'")
    page.locator(".lmm-group h3", has_text="nature").wait_for()  # of the reply that follows
    assert page.locator("[data-name=people]").is_visible()


def test_a_link_is_read_kept_and_written(bench_page, page):
    bench = bench_page(query="?tau0=40,5&rho=-0.5&nothing=3&lang=de&token=abc&theme=dark")
    until_shown(page, 40.5)
    assert bench.rho == -0.5 and page.input_value(SLIDER) == "40.5"
    page.locator(SLIDER).press("Home")
    page.wait_for_function("new URLSearchParams(location.search).get('tau0') === '0'")
    query = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    assert query == {
        "tau0": "0", "rho": "-0.5", "nothing": "3", "lang": "de", "token": "abc", "theme": "dark",
    }  # fmt: skip
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="copy link").click()
    page.get_by_role("button", name="copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "token" not in link and "tau0=0" in link and link.startswith("http://localhost:9/?")
    page.get_by_role("button", name="reset").click()
    page.wait_for_function("!new URLSearchParams(location.search).has('tau0')")
    assert not page.evaluate("new URLSearchParams(location.search).has('rho')")


def test_a_link_that_cannot_be_followed_says_so(bench_page, page):
    bench = bench_page(query="?tau0=1000&rho=many&source=%3Cimg%20src%3Dx%3E&seed=7")
    until_shown(page, 80.0)
    text = page.inner_text(MESSAGE)
    assert "In the link: τ₀ goes from 0.0 to 80.0 ms; it is now 80.0 ms." in text
    assert "“many” for ρ start and change go together, which is not a number" in text
    assert "“<img src=x>” for whose data, which is none of its choices" in text
    assert bench.seed == 7


def test_names_are_prefixed_where_a_page_has_several_benches(bench_page, page, toy):
    one, other = toy(), toy(name="other")
    bench_page(one, other, query="?rho=0.5&other.tau0=10")
    page.wait_for_function("models[1].inFlight === 0 && models[0].inFlight === 0")
    page.wait_for_timeout(100)
    assert (one.tau0, other.tau0) == (24.7, 10.0) and one.rho == other.rho == 0.5
    page.locator(SLIDER).first.press("Home")
    page.wait_for_function("new URLSearchParams(location.search).get('toy.tau0') === '0'")
    assert page.evaluate("new URLSearchParams(location.search).get('other.tau0')") == "10"


def test_a_reload_keeps_the_state(bench_page, page, toy):
    bench_page()
    page.locator(SLIDER).press("End")
    page.wait_for_function("location.search === '?tau0=80'")
    bench_page(toy(), query=page.evaluate("location.search"))
    until_shown(page, 80.0)


def test_nothing_stands_outside_the_page(bench_page, page):
    for width in (360, 390, 700, 760, 1000, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        bench_page()
        outside = page.evaluate(
            """() => [...document.querySelectorAll(".lmm-bench, .lmm-bench *")]
              .filter((e) => !e.closest(".lmm-unseen, defs, g[clip-path]"))
              .map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
              .filter(([_, b]) => b.width && (b.left < -0.5 || b.right > innerWidth + 0.5))
              .map(([text]) => text)"""
        )
        assert outside == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_the_first_picture_stays_above_sliders_and_questions(bench_page, page):
    page.set_viewport_size({"width": 390, "height": 844})
    bench_page()
    slider = page.locator("[data-name=days] input[type=range]")
    slider.scroll_into_view_if_needed()
    page.mouse.wheel(0, 260)
    page.wait_for_timeout(200)
    picture, track = page.locator(".lmm-front").bounding_box(), slider.bounding_box()
    assert -1 <= picture["y"] <= 1 and picture["height"] < 0.6 * 844
    assert track["y"] > picture["y"] + picture["height"]
    option = page.locator(".lmm-option").first
    option.focus()  # and above the questions: a commitment moves it
    page.wait_for_timeout(200)
    picture = page.locator(".lmm-front").bounding_box()
    assert -1 <= picture["y"] <= 1
    assert option.bounding_box()["y"] > picture["height"]
    page.evaluate("document.body.style.paddingBottom = '2000px'")
    page.mouse.wheel(0, 4000)
    page.wait_for_timeout(200)
    assert page.locator(".lmm-panel").first.bounding_box()["y"] < -100  # it goes with its lab


def test_on_a_phone_one_chooses_the_picture_that_stays_in_view(bench_page, page):
    page.set_viewport_size({"width": 390, "height": 844})
    bench_page()
    front = page.locator(".lmm-front .lmm-panel")
    titles = page.locator(".lmm-panel h3").all_text_contents()
    switch = page.locator(".lmm-switch button")
    assert switch.all_text_contents() == titles[:2]
    assert front.locator("h3").all_text_contents() == titles[:1]
    switch.nth(1).click()
    assert front.locator("h3").all_text_contents() == titles[1:2]
    assert switch.nth(1).get_attribute("aria-pressed") == "true"
    box, marks = front.bounding_box(), front.locator("[data-mark]")
    assert box["height"] < 0.6 * 844
    assert marks.count() > 0
    page.set_viewport_size({"width": 1200, "height": 844})
    page.wait_for_function("document.querySelector('.lmm-front').hidden")
    assert page.locator(".lmm-row .lmm-panel h3").all_text_contents() == titles[:2]


def test_light_and_dark(bench_page, page):
    def paper():
        return page.evaluate(
            "getComputedStyle(document.querySelector('.lmm-bench')).backgroundColor"
        )

    page.emulate_media(color_scheme="light")
    bench_page()
    assert paper() == "rgb(251, 250, 247)"
    page.emulate_media(color_scheme="dark")
    assert paper() == "rgb(20, 23, 29)"
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")  # Jupyter's choice comes first
    assert paper() == "rgb(251, 250, 247)"
    page.emulate_media(color_scheme="light")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    assert paper() == "rgb(20, 23, 29)"
    mark = page.locator(".lmm-ellipse").first
    assert mark.evaluate("e => getComputedStyle(e).stroke") == "rgb(74, 151, 204)"


def test_a_chosen_move_glides_and_a_drag_does_not(bench_page, page):
    bench_page()
    page.evaluate(
        """() => {
          window.places = new Set();
          const mark = document.querySelector(".lmm-segments");
          const look = () => { places.add(mark.getAttribute("d")); requestAnimationFrame(look); };
          look();
        }"""
    )
    page.fill(TYPED, "60")
    page.press(TYPED, "Enter")
    until_shown(page, 60.0)
    page.wait_for_timeout(100)
    assert page.evaluate("places.size") == 2
    page.get_by_role("button", name="reset").click()
    page.wait_for_function("places.size > 5")
    page.emulate_media(reduced_motion="reduce")
    page.fill(TYPED, "60")
    page.press(TYPED, "Enter")
    until_shown(page, 60.0)
    page.evaluate("places.clear()")
    page.get_by_role("button", name="reset").click()
    until_shown(page, 24.7)
    page.wait_for_timeout(300)  # as long as it would glide
    assert page.evaluate("places.size") <= 2


def test_a_new_structure_keeps_what_it_can(bench_page, page, toy):
    """A new title touches no mark; new marks leave the focus, and what was there glides."""
    show = toy()._show

    def changing(v):
        shown = show(v)
        first, plane, bars = shown.picture.panels
        first = replace(first, title=f"Over time, {v['person']}")
        if v["source"] == "made":  # one mark less, and the others elsewhere
            shown = show(v | {"tau0": 50.0})
            plane = replace(shown.picture.panels[1], marks=shown.picture.panels[1].marks[1:])
        return replace(shown, picture=Picture((first, plane, bars), v["person"]), values={})

    bench_page(toy(show=changing))
    page.evaluate("window.old = [...document.querySelectorAll('.lmm-panel svg')]")
    plane = page.locator(".lmm-panel svg").nth(1)
    plane.press("ArrowRight")
    page.get_by_role("heading", name="Over time, p4").wait_for()
    assert page.evaluate("old.every((plot) => plot.isConnected)")
    page.evaluate(
        """() => {
          window.places = new Set();
          const look = () => {
            places.add(document.querySelector(".lmm-segments").getAttribute("d"));
            requestAnimationFrame(look);
          };
          look();
          document.querySelector("input[value=made]").click();
        }"""
    )
    page.wait_for_function("document.querySelectorAll('.lmm-ellipse').length === 0")
    page.wait_for_function("places.size > 5")
    assert page.evaluate("old.map((plot) => plot.isConnected)") == [True, False, True]
    assert page.evaluate("document.activeElement.matches('.lmm-panel:nth-child(2) svg')")
    assert page.locator(".lmm-panel").nth(1).locator(".lmm-chosen").count() == 2


def test_two_views_of_one_bench_agree_and_are_taken_down(bench_page, page):
    bench_page()
    page.evaluate("async () => { closers.push(await open_bench(0)); }")
    page.locator(SLIDER).first.press("End")
    all_say = (
        "s => [...document.querySelectorAll('.lmm-words')].every(w => w.textContent.includes(s))"
    )
    page.wait_for_function(all_say, arg="80.0")
    assert page.locator(SLIDER).nth(1).input_value() == "80"
    page.locator(SLIDER).nth(1).press("Home")
    page.wait_for_function(all_say, arg="is 0.0")
    # a view that is opened later starts from what is shown now
    page.evaluate("async () => { closers.push(await open_bench(0)); }")
    assert "is 0.0 ms" in page.locator(".lmm-words").nth(2).inner_text()
    page.evaluate("closers.forEach((close) => close())")
    assert page.locator(".lmm-bench").count() == 0
    assert page.evaluate("Object.values(models[0].handlers).flat().length") == 0
    count = page.evaluate("sent.length")
    page.wait_for_timeout(700)
    assert page.evaluate("sent.length") == count


def test_a_dead_kernel_is_told_and_a_lost_line_comes_back(bench_page, page, toy):
    page.add_init_script(
        """const signal = (to = new Set()) => ({ to, connect: (f) => to.add(f),
             disconnect: (f) => to.delete(f), emit: (v) => to.forEach((f) => f(null, v)) });
           const kernel = { statusChanged: signal(), connectionStatusChanged: signal() };
           window.manager = { kernel };"""
    )
    bench_page()
    page.evaluate("manager.kernel.connectionStatusChanged.emit('connecting')")
    page.wait_for_function(
        "document.querySelector('.lmm-message').textContent.includes('does not answer')"
    )
    page.evaluate("manager.kernel.connectionStatusChanged.emit('connected')")
    page.wait_for_function("document.querySelector('.lmm-message').textContent === ''")
    page.evaluate("manager.kernel.statusChanged.emit('autorestarting')")
    page.wait_for_function(
        "document.querySelector('.lmm-message').textContent.includes('Reload the page')"
    )
    page.evaluate("manager.kernel.statusChanged.emit('idle')")  # not this bench's kernel any more
    page.wait_for_timeout(50)
    assert "Reload the page" in page.inner_text(MESSAGE)
    page.evaluate("closers[0]()")
    assert page.evaluate("manager.kernel.statusChanged.to.size") == 0


def test_what_is_read_out_is_not_hurried(bench_page, page):
    page.clock.install()
    bench_page()
    page.evaluate(
        """() => {
          window.said = [];
          const live = document.querySelector(".lmm-unseen[aria-live=polite]");
          new MutationObserver(() => said.push([performance.now(), live.textContent]))
            .observe(live, { childList: true, characterData: true, subtree: true });
        }"""
    )
    page.clock.run_for(400)
    assert page.evaluate("said.length") == 0
    for _ in range(25):
        page.locator(SLIDER).press("ArrowRight")
        page.clock.run_for(60)
    until_shown(page, 27.2)
    page.clock.run_for(1600)
    said = page.evaluate("said")
    assert 1 <= len(said) <= 4 and "27.2 ms" in said[-1][1]
    gaps = [b[0] - a[0] for a, b in pairwise(said)]
    assert all(gap > 950 for gap in gaps)
    page.fill(TYPED, "wide")
    page.press(TYPED, "Enter")
    page.clock.run_for(1600)
    assert "not a number" in page.evaluate("said.at(-1)[1]")


def test_text_never_becomes_markup(bench_page, page, toy):
    bad = "<img src=x onerror='window.bad=1'>"
    picture = Picture(
        (
            Panel(
                bad,
                Axis(bad, (0.0, 1.0), bad),
                Axis(bad, (0.0, 1.0), bad),
                (
                    Points(np.array([0.5]), np.array([0.5]), "own", (bad,)),
                    Label(0.5, 0.6, bad, "person", "middle"),
                ),
            ),
        ),
        chosen=bad,
    )
    bench_page(
        toy(
            name=bad, title=bad, lead=bad,
            controls=(Control("a", 1.0, bad, symbol=bad, unit=bad, group=bad),
                      Control("b", "x", bad, choices=(("x", bad), ("y", bad)))),
            show=lambda v: Shown(picture, (bad, f"[{bad}](person)".replace("'", "")), bad, bad, bad,
                                 notes={"a": bad}, headings={bad: bad}),
            tasks=({"id": "t", "kind": "predict", "title": bad, "text": bad, "choices": [bad]},),
        )
    )  # fmt: skip
    box = page.locator("circle.lmm-points").bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.wait_for_timeout(200)
    assert page.locator("img").count() == 0 and page.evaluate("window.bad") is None
