"""Lesson 02 in a real browser: a slider is dragged, a story is chosen, a prediction committed."""

import pytest

from hands import choose, control, drag, led, says, slider, type_in, until
from lmmlab import labs
from lmmlab.teach.tasks import Number

pytestmark = pytest.mark.browser
LESSON = "voila/render/02-lines.ipynb"
lab = labs.trajectories


def test_dragging_the_spread_of_slopes_turns_people_round(bench):
    rest = drag(bench.page, slider(bench, "tau1"), [0.36 + 0.01 * k for k in range(45)])
    assert rest > 0.7
    says(bench, lab, tau1=rest)


def test_typing_and_keys_move_the_people(bench):
    type_in(bench, "tau1", "0,5")
    says(bench, lab, tau1=0.5)
    slider(bench, "tau1").press("Home")
    says(bench, lab, tau1=0.0)


def test_each_story_shows_its_own_sliders(bench):
    fresh = bench.get_by_role("button", name="new sample")
    for story, own, made in (("qol", "qol_tau0", True), ("sleepstudy", "", False)):
        choose(bench, "source", story)
        says(bench, lab, source=story)
        shown = [n for n in ("tau0", "qol_tau0") if control(bench, n).is_visible()]
        assert shown == ([own] if own else [])
        assert control(bench, "people").is_visible() is fresh.is_visible() is made


def test_a_prediction_leads_to_the_state_that_shows_it(bench):
    led(bench, lab, lab.tasks[0])


def test_a_number_is_typed_gets_a_hint_and_leads_to_its_state(bench):
    page, asked = bench.page, next(t for t in lab.tasks if isinstance(t, Number))
    card = bench.locator(f'[data-task="{asked.name}"]')
    bench.locator(".lmm-step").nth(lab.tasks.index(asked)).click()
    box, reply = card.get_by_role("textbox"), card.locator(".lmm-reply")
    for given, hint in (("16", "write the sign, too"), ("16 %", "Too high. How many spreads")):
        box.fill(given)
        box.press("Enter")
        until(page, reply.inner_text, lambda text, hint=hint: hint in text)
        assert "normal curve" not in reply.inner_text()
    box.fill(".12")
    box.press("Enter")
    until(page, reply.inner_text, lambda text: asked.reply in text)
    says(bench, lab, **asked.then)


def test_a_link_opens_a_state_and_a_phone_holds_the_page(on_phone):
    on_phone("?tau1=0.8", tau1=0.8)
