"""Lesson 01 in a real browser: both labs dragged, typed, asked, linked, and on a phone."""

import pytest

from hands import (
    choose,
    control,
    drag,
    fits_a_phone,
    led,
    ready,
    says,
    slider,
    type_in,
    until,
    value,
)
from lmmlab import labs

pytestmark = pytest.mark.browser
LESSON = "voila/render/01-independence.ipynb"
# What only one lab has needs no prefix; what both have is told apart by it.
LINK = "?clustering.tau0=3&overconfidence.tau0=6&share=0.5&people=20"


@pytest.fixture
def clusters(bench_of):
    return bench_of(labs.clustering)


@pytest.fixture
def studies(bench_of):
    return bench_of(labs.overconfidence)


def test_dragging_the_spread_of_people_moves_the_clusters(clusters):
    tau0 = drag(clusters.page, slider(clusters, "tau0"), [0.6 - 0.02 * k for k in range(28)])
    assert tau0 < 3
    says(clusters, labs.clustering, tau0=tau0)


def test_typing_and_keys_change_visits(clusters):
    type_in(clusters, "visits", "20")
    says(clusters, labs.clustering, visits=20)
    slider(clusters, "visits").press("ArrowRight")
    says(clusters, labs.clustering, visits=21)


def test_shuffled_names_leave_the_numbers(clusters):
    heights = clusters.locator(".lmm-points").evaluate_all("all => all.length")
    choose(clusters, "names", "shuffled")
    says(clusters, labs.clustering, names="shuffled")
    assert clusters.locator(".lmm-points").evaluate_all("all => all.length") == heights


def test_the_keyboard_chooses_a_person(clusters):
    picture = clusters.locator("svg[tabindex]").first
    picture.focus()
    chosen = clusters.locator(".lmm-chosen").first
    known = chosen.get_attribute("data-id") if chosen.count() else None
    picture.press("ArrowRight")
    until(clusters.page, lambda: chosen.get_attribute("data-id"), lambda who: who != known)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_prediction_about_clusters_leads_to_the_state_that_shows_it(clusters, which):
    led(clusters, labs.clustering, labs.clustering.tasks[which], which)


def test_dragging_the_share_changes_how_often_ols_is_wrong(studies):
    share = drag(studies.page, slider(studies, "share"), [0.95 - 0.03 * k for k in range(32)])
    assert share < 0.1
    says(studies, labs.overconfidence, share=share)


def test_typing_and_keys_change_the_trials(studies):
    type_in(studies, "rows", "50")
    says(studies, labs.overconfidence, rows=50)
    slider(studies, "rows").press("ArrowLeft")
    says(studies, labs.overconfidence, rows=49)


def test_unequal_trials_bring_their_own_slider(studies):
    assert not control(studies, "few").is_visible()
    choose(studies, "sizes", "unequal")
    says(studies, labs.overconfidence, sizes="unequal")
    assert control(studies, "few").is_visible()


def test_a_prediction_about_studies_leads_to_the_state_that_shows_it(studies):
    led(studies, labs.overconfidence, labs.overconfidence.tasks[0])


def test_a_link_speaks_to_both_labs_and_a_phone_holds_them(page, voila_server):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(voila_server + LESSON + LINK)
    for lab, state in (
        (labs.clustering, {"tau0": 3.0, "people": 20}),
        (labs.overconfidence, {"tau0": 6.0, "share": 0.5}),
    ):
        bench = ready(page, lab)
        says(bench, lab, **state)
        assert value(bench, "tau0") == state["tau0"]
    fits_a_phone(page)
    assert page.problems == []
