"""The playground in a real page: a preset, drag, type, keys, a link there and back, a phone."""

import pytest

from hands import choose, drag, outside, ready, reset, says, slider, type_in, until, value
from lmmlab import labs
from lmmlab.labs.playground.stories import STORIES

pytestmark = pytest.mark.browser
PAGE = "voila/render/playground.ipynb"
lab = labs.playground


@pytest.fixture(scope="module")
def shared(shared_page, voila_server):
    shared_page.goto(voila_server + PAGE)
    return ready(shared_page)


@pytest.fixture
def bench(shared):
    return reset(shared, lab)


def test_a_preset_brings_numbers_and_ranges(bench):
    choose(bench, "story", "tumours")
    values = STORIES["tumours"].values
    for name in ("people", "gap", "beta0", "beta1", "tau0", "tau1", "rho", "sigma"):
        until(bench.page, lambda n=name: value(bench, n), lambda v, n=name: v == values[n])
    says(bench, lab, story="tumours", **values)
    for name, scale in STORIES["tumours"].ranges.items():
        ends = [float(slider(bench, name).get_attribute(end)) for end in ("min", "max", "step")]
        assert tuple(ends) == scale
    type_in(bench, "tau0", "12")  # the whole range can be typed
    says(bench, lab, story="tumours", **values | {"tau0": 12.0})
    assert bench.page.problems == []


def test_drag_type_and_keys(bench):
    spread = drag(bench.page, slider(bench, "tau1"), [0.4 - 0.01 * k for k in range(30)])
    assert spread < 0.5
    says(bench, lab, tau1=spread)
    type_in(bench, "missing", "40")
    says(bench, lab, tau1=spread, missing=40)
    slider(bench, "origin").press("ArrowRight")
    says(bench, lab, tau1=spread, missing=40, origin=0.5)
    assert bench.page.problems == []


def test_nothing_is_asked(bench):
    assert not bench.locator(".lmm-tasks").is_visible()
    choose(bench, "fit", "one")
    says(bench, lab, fit="one")
    assert not bench.locator('[data-name="method"]').is_visible()
    assert bench.locator("svg[role=img]").count() == 6


def test_a_link_goes_there_and_back_and_a_phone_shows_it(page, voila_server):
    state = STORIES["classrooms"].values | {"story": "classrooms", "own_visits": 3}
    state |= {"seed": 9, "person": "4", "method": "ML"}
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(voila_server + PAGE)
    bench = ready(page)
    choose(bench, "story", "classrooms")
    choose(bench, "method", "ML")
    type_in(bench, "own_visits", "3")
    says(bench, lab, **{k: v for k, v in state.items() if k not in ("seed", "person")})
    until(page, lambda: page.url, lambda url: "own_visits=3" in url)
    page.goto(page.url + "&seed=9&person=4")
    bench = ready(page)
    says(bench, lab, **state)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert outside(bench, 390) == []
    assert page.problems == []
