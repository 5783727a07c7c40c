"""The playground in a real page: a preset, drag, type, keys, a link there and back, a phone."""

import pytest

from hands import choose, choose_story, drag, ready, reset, says, slider, type_in, until
from lmmlab import labs
from lmmlab.labs.playground.stories import STORIES

pytestmark = pytest.mark.browser
LESSON = "voila/render/playground.ipynb"
lab = labs.playground
OTHERS = (labs.nesting, labs.crossing, labs.residuals)


def test_a_preset_brings_numbers_and_ranges(bench):
    values = STORIES["tumours"].values
    choose_story(bench, lab, "tumours", values)
    for name, scale in STORIES["tumours"].ranges.items():
        ends = [float(slider(bench, name).get_attribute(end)) for end in ("min", "max", "step")]
        assert tuple(ends) == scale
    type_in(bench, "tau0", "12")  # the whole range can be typed
    says(bench, lab, story="tumours", **values | {"tau0": 12.0})


def test_drag_type_and_keys(bench):
    spread = drag(bench.page, slider(bench, "tau1"), [0.4 - 0.01 * k for k in range(30)])
    assert spread < 0.5
    says(bench, lab, tau1=spread)
    type_in(bench, "missing", "40")
    says(bench, lab, tau1=spread, missing=40)
    slider(bench, "origin").press("ArrowRight")
    says(bench, lab, tau1=spread, missing=40, origin=0.5)


def test_nothing_is_asked(bench):
    assert not bench.locator(".lmm-tasks").is_visible()
    choose(bench, "fit", "one")
    says(bench, lab, fit="one")
    assert not bench.locator('[data-name="method"]').is_visible()
    assert bench.locator("svg[role=img]").count() == 6


def lit(bench):
    """Who is in colour."""
    return set(bench.locator(".lmm-chosen[data-id]").evaluate_all("e => e.map(e => e.dataset.id)"))


def test_a_level_a_crowd_and_an_echo_are_put_in(bench):
    """The other three labs of the page: a choice, a drag, and the words that belong to them."""
    page = bench.page
    nesting = ready(page, labs.nesting)
    choose(nesting, "fit", "all")
    spread = drag(page, slider(nesting, "tau2"), [0.25 + 0.04 * k for k in range(10)])
    assert 8.0 < spread < 16.0
    says(nesting, labs.nesting, fit="all", tau2=spread)
    crossing = ready(page, labs.crossing)
    choose(crossing, "fit", "full")
    spread = drag(page, slider(crossing, "tau2"), [0.3 + 0.03 * k for k in range(10)])
    assert 40.0 < spread < 70.0
    says(crossing, labs.crossing, fit="full", tau2=spread)
    residuals = ready(page, labs.residuals)
    choose(residuals, "errors", "ar1")
    echo = drag(page, slider(residuals, "phi"), [0.7 - 0.04 * k for k in range(10)])
    assert -0.5 < echo < 0.0
    says(residuals, labs.residuals, errors="ar1", phi=echo)
    for one in (nesting, crossing):  # another one in colour, in all pictures of the lab
        before = lit(one)
        one.locator("svg[role=img]").first.press("ArrowUp")
        until(page, lambda one=one: lit(one), lambda now, old=before: len(now) == 1 and now != old)
    for other, one in zip(OTHERS, (nesting, crossing, residuals), strict=True):
        reset(one, other)


def test_a_link_goes_there_and_back_and_a_phone_shows_it(on_phone):
    bench, values = on_phone(""), STORIES["classrooms"].values
    choose(bench, "story", "classrooms")
    choose(bench, "method", "ML")
    type_in(bench, "own_visits", "3")
    state = values | {"story": "classrooms", "method": "ML", "own_visits": 3}
    says(bench, lab, **state)
    url = until(bench.page, lambda: bench.page.url, lambda url: "playground.own_visits=3" in url)
    query = url.partition("?")[2]
    more = "playground.seed=9&playground.person=4"
    on_phone(f"?{query}&{more}", **state, seed=9, person="4")
