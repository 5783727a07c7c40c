"""What the hands and eyes of a student do in a lesson; shared by the browser tests."""

import contextlib
import re
import time

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError as Late


def until(page, ask, wanted, seconds=20):
    """Ask until the answer pleases; give the last answer."""
    end = time.monotonic() + seconds
    while not wanted(answer := ask()) and time.monotonic() < end:
        page.wait_for_timeout(40)
    assert wanted(answer), answer
    return answer


def ready(page, lab=None, seconds=60):
    """Wait until a bench is painted, words and all; a loaded machine takes its time.

    The first bench of the page, or that of a lab.
    """
    bench = page.locator(f'.lmm-bench[data-name="{lab.name}"]' if lab else ".lmm-bench").first
    # Attached, not visible: a line that happens to be level has no height.
    bench.locator(".lmm-panel path").first.wait_for(state="attached", timeout=1000 * seconds)
    until(page, lambda: shown(bench), bool, seconds)
    return bench


def shown(bench):
    """The words, brought into the window: JupyterLab runs on to the last cell, and what has
    left the window has no text."""
    bench.evaluate("e => e.scrollIntoView()")
    return words(bench)


def words(bench):
    return " ".join(bench.locator(".lmm-words").inner_text().split())


def says(bench, lab, **state):
    """Wait until the words are those of a state of a lab."""
    expected = [" ".join(sentence.split()) for sentence in lab.words(**state)]
    until(bench.page, lambda: words(bench), lambda seen: all(s in seen for s in expected))


def progress(bench):
    return bench.locator(".lmm-progress summary").inner_text()


def arrows(bench):
    """Where the arrows of the plane end, as the browser has drawn them."""
    return bench.locator(".lmm-segments.lmm-arrow").evaluate_all(
        "all => all.map(e => e.getAttribute('d'))"
    )


def control(bench, name):
    return bench.locator(f'[data-name="{name}"]')


def slider(bench, name):
    return control(bench, name).locator("input[type=range]")


def typed(bench, name):
    return control(bench, name).locator("input[type=text]")


def value(bench, name):
    return float(slider(bench, name).input_value())


def type_in(bench, name, text):
    typed(bench, name).fill(text)
    typed(bench, name).press("Enter")


def choose(bench, name, choice):
    control(bench, name).locator(f'label:has(input[value="{choice}"])').click()


def message(bench):
    return bench.locator(".lmm-message").inner_text()


def reset(bench, lab):
    """Bring a bench that other tests have used back to its start; forget their problems."""
    bench.get_by_role("button", name="reset", exact=True).click()
    says(bench, lab)
    bench.page.problems.clear()
    return bench


def drag(page, thumb, shares, pause=16):
    """Drag a thumb through places given as shares of its track; give where it rests."""
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    y, at = box["y"] + box["height"] / 2, lambda share: box["x"] + share * box["width"]
    low, high, now = (float(thumb.evaluate(f"e => e.{k}")) for k in ("min", "max", "value"))
    inset = 10  # a thumb's centre stops short of the ends of the track
    start = box["x"] + inset + (now - low) / (high - low) * (box["width"] - 2 * inset)
    page.mouse.move(start, y)
    page.mouse.down()
    for share in shares:
        page.mouse.move(at(share), y)
        page.wait_for_timeout(pause)
    page.mouse.up()
    return float(thumb.input_value())


def predict(bench, task, choice=0):
    """Turn to a question, choose, commit, and read the reply; nothing is told before."""
    card = bench.locator(f'[data-task="{task.name}"]')
    names = bench.locator("[data-task]").evaluate_all("all => all.map(e => e.dataset.task)")
    if not card.is_visible():
        bench.locator(".lmm-step").nth(names.index(task.name)).click()
    reply = card.locator(".lmm-reply")
    card.get_by_text(task.choices[choice].text).click()
    assert reply.inner_text() == "", "nothing is revealed before the commitment"
    card.get_by_role("button", name="Commit").click()
    until(bench.page, reply.inner_text, lambda text: task.choices[choice].reply in text)


def led(bench, lab, task, choice=0):
    """Predict, and be led to the state that shows the answer."""
    predict(bench, task, choice)
    says(bench, lab, **task.then)


def choose_story(bench, lab, story, values):
    """Choose a story, and see its numbers come to the sliders and to the words."""
    choose(bench, "story", story)
    numbers = {name: v for name, v in values.items() if isinstance(v, (int, float))}
    until(bench.page, lambda: {n: value(bench, n) for n in numbers}, lambda now: now == numbers)
    says(bench, lab, story=story, **values)


def tab_to(page, reached, what, most=60):
    """Press Tab until a script says that the focus is there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(reached):
            return
    pytest.fail(f"Tab does not reach {what}")


def outside(bench, width):
    """What of the bench is not within the width of the window."""
    kinds = ("input[type=range]", "input[type=text]", "svg[role=img]", "button")
    return bench.locator(", ".join(f"{kind}:visible" for kind in kinds)).evaluate_all(
        """(all, width) => all.map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
            .filter(([_, box]) => box.left < 0 || box.right > width)""",
        width,
    )


def fits_a_phone(page, width=390):
    """Nothing goes beyond the width of a phone, neither the page nor what is in a bench."""
    until(page, lambda: page.evaluate("document.documentElement.scrollWidth"), lambda w: w <= width)
    assert outside(page.locator(".lmm-bench"), width) == []


def looks(page):
    """A desktop in the light, a phone in the dark."""
    for theme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)
        yield theme, width


def faults(page, context=None):
    """What axe-core finds in a page, or in a part of it.

    Only one rule is left to pandas, and is of minor impact: the corner of its tables is empty.
    """
    found = Axe().run(page, context, {"resultTypes": ["violations"]}).response["violations"]
    rules = {v["id"]: v["nodes"] for v in found if v["id"] != "empty-table-header"}
    return [(rule, n["target"], n["failureSummary"]) for rule, ns in rules.items() for n in ns]


def run_all(page, address):
    """Run a notebook in JupyterLab by the menu, again if the first click is lost."""
    page.goto(address)
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)
    # A cell that waits or has run has a star or its number beside it.
    begun = page.locator(".jp-InputPrompt").filter(has_text=re.compile(r"\[(\*|\d+)\]")).first
    for _ in range(5):
        with contextlib.suppress(Late):
            page.keyboard.press("Escape")
            page.locator(".lm-MenuBar-item", has_text="Run").first.click(timeout=5000)
            page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click(timeout=5000)
            begun.wait_for(state="attached", timeout=5000)
            break
    else:
        pytest.fail("JupyterLab does not begin to run the notebook")
    until(page, lambda: page.evaluate(SWEEP), bool, 60)
    return ready(page)


# JupyterLab keeps only what is in the window, and follows the cells as they run: where the bench
# comes late, the window has gone on, and it is nowhere. So one looks through the notebook for it.
SWEEP = """() => {
  if (document.querySelector(".lmm-bench .lmm-panel path")) return true;
  const window = document.querySelector(".jp-WindowedPanel-outer") ?? document.body;
  const end = window.scrollTop + window.clientHeight >= window.scrollHeight - 1;
  window.scrollTop = end ? 0 : window.scrollTop + window.clientHeight / 4;
  return false;
}"""


def kill(processes):
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(list(processes), timeout=5)
