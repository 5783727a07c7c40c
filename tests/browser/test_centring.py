"""Lesson 06 in a real browser: the zero is dragged, typed, forced; asked, linked, on a phone."""

import pytest

from hands import choose, control, drag, led, says, slider, type_in, until
from lmmlab import labs

pytestmark = pytest.mark.browser
LESSON = "voila/render/06-centring.ipynb"
lab = labs.centring


def lines(bench):
    """The lines of the people, as the browser has drawn them."""
    people = bench.locator(".lmm-panel").first.locator(".lmm-line[data-id]:not(.lmm-dashed)")
    return people.evaluate_all("all => all.map(e => e.getAttribute('d'))")


def test_dragging_the_zero_moves_the_numbers_and_no_line(bench):
    before = lines(bench)
    origin = drag(bench.page, slider(bench, "origin"), [0.35 + 0.012 * k for k in range(40)])
    assert origin > 7
    says(bench, lab, origin=origin)
    assert before and lines(bench) == before


def test_typing_and_keys_move_the_zero(bench):
    type_in(bench, "origin", "-1,5")
    says(bench, lab, origin=-1.5)
    slider(bench, "origin").press("ArrowRight")
    says(bench, lab, origin=-1.4)


def test_the_two_parts_have_their_own_controls(bench):
    own = {"sleepstudy": ["origin", "together"], "groups": ["rows", "centring"]}
    for source in ("groups", "sleepstudy"):
        choose(bench, "source", source)
        says(bench, lab, source=source)
        shown = [
            name for pair in own.values() for name in pair if control(bench, name).is_visible()
        ]
        assert shown == own[source]


def test_forcing_rho_changes_the_fit(bench):
    choose(bench, "together", "zero")
    says(bench, lab, together="zero")


def test_the_keyboard_chooses_a_driver(bench):
    picture = bench.locator("svg[tabindex]").first
    picture.focus()
    chosen = picture.locator(".lmm-chosen").first
    known = chosen.get_attribute("data-id")
    picture.press("ArrowRight")
    until(bench.page, lambda: chosen.get_attribute("data-id"), lambda who: who != known)


@pytest.mark.parametrize("which", [0, 3])
def test_a_prediction_leads_to_the_state_that_shows_it(bench, which):
    led(bench, lab, lab.tasks[which])


def test_a_link_opens_a_state_and_a_phone_shows_it(on_phone):
    on_phone("?origin=99&together=zero", origin=12.0, together="zero")
