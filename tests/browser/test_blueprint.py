"""The blueprint lab in a real page: drag, type, keys, click and point at rows, commit, link."""

import pytest

from hands import choose, drag, led, says, slider, type_in, until, value, words
from lmmlab import labs

pytestmark = pytest.mark.browser
LESSON = "voila/render/04-covariance.ipynb"
lab = labs.blueprint


def cell(bench, row, role="parameter-tau0"):
    """The first cell of a row in the people's columns of Z, or of another role, on the board."""
    board = bench.locator(".lmm-panel").first
    return board.locator(f'.lmm-heatmap.lmm-role-{role}[data-id="{row}"]:visible').first


def outlined(bench):
    """How many outlines stand round cells of the chosen row."""
    return bench.locator(".lmm-ring.lmm-chosen").evaluate_all(
        "all => all.filter(e => e.getAttribute('d')).length"
    )


def test_a_click_chooses_a_row_in_all_views(bench):
    cell(bench, "Cleo 6").click()
    says(bench, lab, person="Cleo 6")
    bench.page.mouse.move(0, 0)
    says(bench, lab, person="Cleo 6")
    assert outlined(bench) >= 5  # in y, X, Z and noise, and among all pairs of rows
    assert bench.locator('.lmm-points.lmm-chosen[data-id="Cleo 6"]').count() == 1


def test_pointing_shows_a_row_for_as_long_as_one_points(bench):
    cell(bench, "Dan 0", "parameter-sigma").hover(force=True)  # the number stands above the cell
    says(bench, lab, person="Dan 0")
    bench.page.mouse.move(0, 0)
    says(bench, lab)


def test_arrow_keys_walk_down_the_rows(bench):
    bench.locator(".lmm-panel svg").first.focus()
    for row in ("Cleo 0", "Cleo 6"):
        bench.page.keyboard.press("ArrowDown")
        says(bench, lab, person=row)
    assert bench.page.evaluate("document.activeElement.tagName") == "svg"
    bench.page.keyboard.press("ArrowUp")
    says(bench, lab, person="Cleo 0")


def test_dragging_typing_and_keys_change_the_parts(bench):
    tau0 = drag(bench.page, slider(bench, "tau0"), [0.5 + 0.01 * k for k in range(30)])
    assert tau0 > 20.0
    says(bench, lab, tau0=tau0)
    type_in(bench, "sigma", "3")
    says(bench, lab, tau0=tau0, sigma=3.0)
    slider(bench, "sigma").press("ArrowLeft")
    says(bench, lab, tau0=tau0, sigma=2.9)
    type_in(bench, "people", "9")
    until(bench.page, lambda: value(bench, "people"), lambda v: v == 6)
    says(bench, lab, tau0=tau0, sigma=2.9, people=6)


def test_raters_bring_columns_and_an_order(bench):
    assert not slider(bench, "tau2").is_visible()
    choose(bench, "board", "crossed")
    says(bench, lab, board="crossed")
    assert slider(bench, "tau2").is_visible() and not slider(bench, "tau1").is_visible()
    assert cell(bench, "Ana 0", "parameter-tau2").count() == 1
    choose(bench, "order", "second")
    says(bench, lab, board="crossed", order="second")


def test_a_prediction_leads_to_the_state_that_shows_it(bench):
    led(bench, lab, lab.tasks[0])


def test_a_link_opens_a_state_and_a_phone_shows_it(on_phone):
    query = "?blueprint.board=nested&blueprint.person=Dan+6"
    bench = on_phone(query, board="nested", person="Dan 6")
    cell(bench, "Ben 6").click()
    until(bench.page, lambda: words(bench), lambda text: text.startswith("Ben in month 6"))
