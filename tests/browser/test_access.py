"""Every page can be used without a mouse, and by who cannot see it (axe-core finds no fault)."""

import sys
from itertools import pairwise

import nbformat
import pytest

from hands import drag, faults, message, ready, says, slider, type_in, until
from lmmlab import labs
from lmmlab.app import LESSONS

pytestmark = pytest.mark.browser
OURS = """
import sys, pathlib
from lmmlab import app
app.LESSONS = ("class",)
app.lessons_folder = lambda: pathlib.Path(sys.argv[1])
app.main(["serve", "--no-browser", "--port", sys.argv[2]])
"""


def looks(page):
    """A desktop in the light, a phone in the dark."""
    for theme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)
        yield theme, width


@pytest.mark.parametrize("name", LESSONS)
def test_axe_finds_no_fault_in_a_lesson(shared_page, voila_server, name):
    page = shared_page
    page.goto(voila_server + f"voila/render/{name}.ipynb")
    bench = ready(page)
    page.evaluate("document.querySelectorAll('details').forEach((e) => (e.open = true))")
    # Answers and complaints have colours and places of their own.
    typed = bench.locator(".lmm-control input[type=text]:visible").first
    typed.fill("wide")
    typed.press("Enter")
    until(page, lambda: message(bench), bool)
    if bench.locator(".lmm-option:visible").count():
        bench.locator(".lmm-option:visible").first.click()
        bench.get_by_role("button", name="Commit").first.click()
        until(page, bench.locator(".lmm-reply").first.inner_text, bool)
    for _ in looks(page):
        assert faults(page) == []


def test_axe_finds_no_fault_in_gallery_and_error_page(shared_page, voila_server):
    for address in ("", "voila/render/nothing.ipynb"):
        shared_page.goto(voila_server + address)
        for _ in looks(shared_page):
            assert faults(shared_page) == []


def test_axe_finds_no_fault_in_the_teachers_page(shared_page, start_server, free_port, tmp_path):
    from lmmlab.teach.progress import Record, write

    record = Record("2026-03-01T10:00:00.000Z", "05", "shrinkage", "a", 1, "They grow", False, "b")
    (tmp_path / "Anna.json").write_text(write([record]), "utf-8")
    (tmp_path / "Ben.json").write_text("no", "utf-8")
    code = "from lmmlab.teach import classroom\nclassroom.page()"
    cells = [nbformat.v4.new_markdown_cell("# The class"), nbformat.v4.new_code_cell(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "class.ipynb")
    url = f"http://localhost:{(port := free_port())}/"
    start_server([sys.executable, "-c", OURS, str(tmp_path), str(port)], url)
    page = shared_page
    page.goto(url + "voila/render/class.ipynb")
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Add files").click(timeout=60_000)
    choosing.value.set_files(sorted(tmp_path.glob("*.json")))
    page.get_by_text("1 student, 1 row.").wait_for()
    for _ in looks(page):
        assert faults(page) == []


WHERE = """() => {
  const e = document.activeElement;
  if (e === document.body) return null;
  const box = e.getBoundingClientRect();
  const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const near = (a) => a && (a.contains(e) || e.contains(a) || a === e.nextElementSibling);
  const ringed = (a) => {
    const { outlineStyle, outlineWidth } = a ? getComputedStyle(a) : {};
    return a && outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
  };
  e.dataset.visits = Number(e.dataset.visits ?? 0) + 1;
  return {
    what: e.outerHTML.slice(0, 120),
    visits: Number(e.dataset.visits),
    free: Boolean(near(at)),
    ring: [e, e.nextElementSibling, e.closest(".lmm-typed")].some(ringed),
  };
}"""
FOCUSABLE = "a[href]:visible, button:enabled:visible, input:enabled:visible, summary:visible"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_whole_lesson_by_tab_alone(page, voila_server, width):
    """Each thing is reached once, can be seen when it is, and lets go."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(voila_server + "voila/render/01-independence.ipynb")
    for lab in (labs.clustering, labs.overconfidence):
        ready(page, lab)
    page.evaluate("scrollTo(0, 0)")
    seen = []
    for _ in range(200):
        page.keyboard.press("Tab")
        if (now := page.evaluate(WHERE)) is None:
            break
        seen.append(now)
    assert len(seen) < 200, "the focus is trapped"
    assert [one["what"] for one in seen if one["visits"] > 1] == []
    assert [one["what"] for one in seen if not one["free"]] == [], "hidden"
    assert [one["what"] for one in seen if not one["ring"]] == [], "no ring"
    # Of the buttons of a choice only one takes part in the walk.
    missed = page.locator(FOCUSABLE).evaluate_all(
        "all => all.filter(e => !e.dataset.visits && e.type !== 'radio').map(e => e.outerHTML)"
    )
    assert missed == []
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(WHERE)["visits"] == 2, "and back"


def test_words_are_told_at_most_once_a_second(page, voila_server):
    page.goto(voila_server + "voila/render/05-shrinkage.ipynb")
    bench = ready(page)
    live = bench.locator("[aria-live]")
    assert live.get_attribute("aria-live") == "polite"
    page.wait_for_timeout(1100)
    live.evaluate(
        "e => { e.told = []; new MutationObserver(() => e.told.push(performance.now()))"
        ".observe(e, { childList: true }) }"
    )
    rest = drag(page, slider(bench, "sigma"), [0.3 + 0.012 * k for k in range(50)], pause=40)
    says(bench, labs.shrinkage, sigma=rest)
    last = labs.shrinkage.words(sigma=rest)[0]
    until(page, live.inner_text, lambda text: last in text)
    told = live.evaluate("e => e.told")
    assert len(told) >= 2 and min(b - a for a, b in pairwise(told)) > 900
    type_in(bench, "sigma", "wide")
    until(page, live.inner_text, lambda text: "not a number" in text)
