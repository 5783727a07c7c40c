"""Every page can be used without a mouse, and by who cannot see it (axe-core finds no fault)."""

import pytest

from hands import faults, looks, message, ready, until
from lmmlab import labs
from lmmlab.app import LESSONS

pytestmark = pytest.mark.browser


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
def test_a_whole_lesson_by_tab_alone(shared_page, voila_server, width):
    """Each thing is reached once, can be seen when it is, and lets go."""
    page = shared_page
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
