"""What a bench shows: pictures that light up and glide, words, on pages of all sizes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from toy_hands import SLIDER, TYPED, asked, shown, until_shown

from lmmlab.picture.control import Control
from lmmlab.picture.live import Shown
from lmmlab.picture.marks import Axis, Label, Panel, Picture, Points

pytestmark = pytest.mark.browser


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
