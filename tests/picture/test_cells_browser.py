"""Cells of a heat map can be chosen: by click, by pointing, by arrow keys; outlined as in print."""

import re

import numpy as np
import pytest

from lmmlab.picture.control import Control
from lmmlab.picture.live import Shown
from lmmlab.picture.marks import Axis, Heatmap, Panel, Picture
from lmmlab.picture.palette import colour

pytestmark = pytest.mark.browser

EDGES = np.arange(4.0), np.array([3.0, 2.0, 1.0, 0.0])  # the first row on top
CELLS = tuple(f"{row}{column}" for row in "abc" for column in "xyz")
ROWS = tuple(row for row in "abc" for _ in "xyz")
SHARES = np.array([[1.0, 0.5, np.nan], [0.5, 1.0, 0.5], [0.2, 0.5, 1.0]])

CONTROLS = (Control("person", "by", "cell", hidden=True),)


def heatmap(ids):
    return Heatmap(*EDGES, SHARES, "model", (0.0, 1.0), ids)


def show(ids, hover):
    """A bench of two heat maps with the same cells, and words that name the chosen one."""

    def shown(values):
        axis = Axis("", (0.0, 3.0), ticked=False)
        panels = tuple(Panel(title, axis, axis, (heatmap(ids),)) for title in ("One", "Two"))
        return Shown(Picture(panels, values["person"], hover), (f"This is {values['person']}.",))

    return shown


@pytest.fixture
def cells_page(bench_page, page, toy):
    """A function that opens that bench."""

    def open_it(ids=CELLS, hover=False, **values):
        about = dict(controls=CONTROLS, tasks=(), show=show(ids, hover))
        return bench_page(toy(values=values or None, **about))

    return open_it


def centre(page, cell, panel=0):
    box = page.locator(f".lmm-panel >> nth={panel} >> [data-id={cell}]").first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def told(page, cell):
    page.wait_for_function(
        "c => document.querySelector('.lmm-words').textContent === `This is ${c}.`", arg=cell
    )


def ring(page, kind="lmm-chosen", panel=0):
    """The sides of an outline in data coordinates, in any order."""
    d, x, y, wide, tall = page.evaluate(
        """([kind, number]) => {
          const plot = document.querySelectorAll(".lmm-panel svg")[number];
          const clip = plot.querySelector("clipPath rect");
          const size = (name) => +clip.getAttribute(name);
          return [plot.querySelector(`.lmm-ring.${kind}`).getAttribute("d") ?? "",
                  size("x") + 7, size("y") + 7, size("width") - 14, size("height") - 14];
        }""",
        [kind, panel],
    )
    pixels = np.array(re.findall(r"([-\d.]+) ([-\d.]+)", d), dtype=float).reshape(-1, 2, 2)
    return (pixels - [x, y]) / [wide, tall] * [3.0, -3.0] + [0.0, 3.0]


def same(sides, others):
    """Whether two lists of sides are the same, whatever their order and direction."""
    one, other = (
        sorted(sorted(map(tuple, np.round(side, 1) + 0.0)) for side in all_)
        for all_ in (sides, others)
    )
    return one == other


def test_a_click_chooses_a_cell_in_all_panels(cells_page, page):
    bench = cells_page()
    for panel in (0, 1):
        assert same(ring(page, panel=panel), heatmap(CELLS).outline("by"))
    fill = page.locator("[data-id=by]").first.evaluate("e => getComputedStyle(e).fill")
    stroke = page.locator(".lmm-ring.lmm-chosen").first.evaluate("e => getComputedStyle(e).stroke")
    assert [f"#{int(a):02x}{int(b):02x}{int(c):02x}" for a, b, c in (
        re.findall(r"\d+", hue)[:3] for hue in (fill, stroke)
    )] == [colour("model"), colour("person")]  # fmt: skip
    page.mouse.move(*centre(page, "cz"))
    assert same(ring(page, "lmm-hot", 1), heatmap(CELLS).outline("cz"))
    assert page.inner_text(".lmm-name:not(:empty)") == "cz"
    assert page.evaluate("sent.length") == 0 and bench.person == "by"  # a look, no more
    page.mouse.click(*centre(page, "cz"))
    told(page, "cz")
    assert bench.person == "cz" and len(ring(page, "lmm-hot")) == 0
    assert same(ring(page, panel=1), heatmap(CELLS).outline("cz"))


def test_a_row_with_one_id_is_outlined_as_one(cells_page, page):
    bench = cells_page(ROWS, person="b")
    assert same(ring(page), heatmap(ROWS).outline("b"))
    page.mouse.click(*centre(page, "c"))
    told(page, "c")
    assert bench.person == "c" and same(ring(page), heatmap(ROWS).outline("c"))


def test_where_the_picture_says_so_pointing_chooses_until_one_leaves(cells_page, page):
    bench = cells_page(hover=True)
    page.mouse.move(*centre(page, "ax"))
    told(page, "ax")
    page.mouse.move(*centre(page, "bz", 1))
    told(page, "bz")
    page.mouse.move(3, 3)
    told(page, "by")
    assert bench.person == "by"
    page.mouse.click(*centre(page, "bz"))
    page.mouse.move(*centre(page, "ax"))
    told(page, "ax")
    page.mouse.move(3, 3)
    told(page, "bz")  # the one that was clicked stays
    assert bench.person == "bz"


def test_arrow_keys_walk_as_the_cells_lie(cells_page, page):
    bench = cells_page()
    page.locator(".lmm-panel svg").first.focus()
    for key, cell in (
        ("ArrowDown", "cy"), ("ArrowRight", "cz"), ("ArrowUp", "bz"), ("ArrowLeft", "by"),
        ("Home", "ax"), ("ArrowLeft", "cz"), ("End", "cz"), ("ArrowRight", "ax"),
    ):  # fmt: skip
        page.keyboard.press(key)
        told(page, cell)
        assert bench.person == cell


def test_arrow_keys_walk_from_row_to_row_where_rows_are_one(cells_page, page):
    cells_page(ROWS, person="a")
    page.locator(".lmm-panel svg").first.focus()
    for key, row in (("ArrowDown", "b"), ("ArrowRight", "c"), ("ArrowUp", "b"), ("Home", "a")):
        page.keyboard.press(key)
        told(page, row)
