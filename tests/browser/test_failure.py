"""What breaks says so within seconds, and what to do; nothing of the student's is lost."""

import json
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from hands import (
    drag,
    faults,
    kill,
    looks,
    message,
    predict,
    progress,
    ready,
    says,
    slider,
    type_in,
    until,
)
from lmmlab import labs
from lmmlab.app import lessons_folder

pytestmark = pytest.mark.browser
LESSON = "voila/render/05-shrinkage.ipynb"
SLOW_LINK = Path(__file__).parents[1] / "slow_link.py"
SOON = 5  # seconds until a failure is told

# Our server on a folder of its own, with lessons that break.
SERVE = """
import pathlib, sys
from lmmlab.page import doors, server
from lmmlab.page.address import Address
doors.LESSONS = ("05-shrinkage", "raises", "dies")
server.serve(pathlib.Path(sys.argv[1]), Address(port=int(sys.argv[2])), browser=False)
"""
BENCH = "from lmmlab import labs\nlabs.clustering()"
DEATH = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A lesson of ours, one with a cell that raises, and one whose kernel dies."""
    folder = tmp_path_factory.mktemp("lessons")
    new, code = nbformat.v4.new_notebook, nbformat.v4.new_code_cell
    title, end = map(nbformat.v4.new_markdown_cell, ("# A lesson", "The very end."))
    lesson = nbformat.read(lessons_folder() / "05-shrinkage.ipynb", as_version=4)
    cells = {
        "05-shrinkage": [*lesson.cells, end],
        "raises": [title, code("1 / 0"), code(BENCH), end],
        "dies": [title, code(BENCH), code(DEATH), end],
    }
    for name, some in cells.items():
        nbformat.write(new(cells=some), folder / f"{name}.ipynb")
    return folder


@pytest.fixture(scope="module")
def serve(folder, start_server, free_port):
    """A function that starts our server on the folder, on a port or a free one."""

    def start(port=None):
        port = port or free_port()
        url = f"http://localhost:{port}/"
        process = start_server([sys.executable, "-c", SERVE, str(folder), str(port)], url)
        return SimpleNamespace(url=url, port=port, process=process)

    return start


@pytest.fixture(scope="module")
def site(serve):
    return serve()


def at_work(page, url):
    """Open the lesson, answer a question and move two sliders."""
    page.goto(url + LESSON)
    bench = ready(page)
    predict(bench, labs.shrinkage.tasks[0])
    type_in(bench, "tau0", "40")
    until(page, lambda: page.url, lambda url: "tau0=40" in url)
    until(page, lambda: progress(bench), lambda text: "1 task" in text)
    return bench


def kernel_of(page):
    return json.loads(page.locator("#jupyter-config-data").text_content())["kernelId"]


def family(process):
    """A server and all that it has started; what a page adds to it is its kernel."""
    return {process, *process.children(recursive=True)}


def told(bench, sentence, seconds=SOON):
    """Wait until the bench says a sentence to the eye and aloud; the text of the page is there."""
    page = bench.page
    until(page, lambda: message(bench), lambda text: sentence in text, seconds)
    until(page, bench.get_by_role("status").inner_text, lambda text: sentence in text)
    assert "The very end." in page.locator("body").inner_text()


def stays_in_view(bench):
    """Go through the bench: the message stays in view."""
    page = bench.page
    for _ in looks(page):
        for part in (".lmm-panel", ".lmm-words", ".lmm-tasks"):
            bench.locator(part).first.scroll_into_view_if_needed()
            until(page, lambda: seen(bench), bool, 3)


def seen(bench):
    """Whether the message lies in the window, and nothing lies on it."""
    return bench.locator(".lmm-message").evaluate(
        """e => {
          const { left, right, top, bottom } = e.getBoundingClientRect();
          const inside = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
          return inside && e.contains(document.elementFromPoint(left + 20, (top + bottom) / 2));
        }"""
    )


def comes_back(bench):
    """Move a slider of a bench without kernel, reload by its button: all is as it was."""
    page = bench.page
    type_in(bench, "tau1", "3")
    with page.expect_navigation():
        bench.get_by_role("button", name="Reload the page").click()
    bench = ready(page)
    says(bench, labs.shrinkage, sigma=12.8, tau0=40.0, tau1=3.0)
    assert "1 task" in progress(bench)
    assert message(bench) == ""


def test_a_killed_kernel(page, site):
    before = family(site.process)
    bench = at_work(page, site.url)
    kill(family(site.process) - before)
    told(bench, "Python has stopped")
    stays_in_view(bench)
    for _ in looks(page):
        assert faults(page) == []
    comes_back(bench)


def test_a_kernel_that_the_server_has_ended(page, site):
    """Culling ends a kernel in this way; its page hears nothing of it."""
    bench = at_work(page, site.url)
    ended = page.evaluate(
        """async (id) => {
          const [, token] = document.cookie.match(/_xsrf=([^;]*)/);
          const headers = { "X-XSRFToken": token };
          return (await fetch(`/api/kernels/${id}`, { method: "DELETE", headers })).status;
        }""",
        kernel_of(page),
    )
    assert ended == 204
    told(bench, "Python has stopped")
    comes_back(bench)


def test_a_server_that_goes_and_comes_back(page, serve):
    site = serve()
    bench = at_work(page, site.url)
    kill(family(site.process))
    told(bench, "The server does not answer")
    stays_in_view(bench)
    assert page.get_by_role("button", name="Reload the page").count() == 0, "it would lead nowhere"
    serve(site.port)
    told(bench, "Python has stopped")
    comes_back(bench)


def test_ten_seconds_without_network(page, site, start_server, free_port):
    """They are told to who does nothing, freeze nothing, and lose nothing."""
    port = free_port()
    url = f"http://localhost:{port}/"
    link = start_server([sys.executable, str(SLOW_LINK), str(port), str(site.port)], url)
    bench = at_work(page, url)
    link.send_signal(signal.SIGSTOP)
    cut = time.monotonic()
    told(bench, "The server does not answer")
    rest = drag(page, slider(bench, "tau1"), [0.3, 0.4, 0.5, 0.6])
    page.wait_for_timeout(1000 * max(0, cut + 10 - time.monotonic()))
    link.send_signal(signal.SIGCONT)
    until(page, lambda: message(bench), lambda text: text == "")
    says(bench, labs.shrinkage, sigma=12.8, tau0=40.0, tau1=rest)
    type_in(bench, "tau1", "3")
    says(bench, labs.shrinkage, sigma=12.8, tau0=40.0, tau1=3.0)


def test_a_cell_that_raises(page, site):
    page.goto(site.url + "voila/render/raises.ipynb")
    ready(page, labs.clustering)
    text = page.locator("body").inner_text()
    assert "There was an error" in text and "Reload the page" in text
    assert "The very end." in text
    assert "ZeroDivisionError" not in page.content()


def test_a_kernel_that_dies_while_the_page_is_made(page, site):
    page.goto(site.url + "voila/render/dies.ipynb")
    page.get_by_role("status").get_by_text("This lab does not start").wait_for()
    text = page.locator("body").inner_text()
    assert "Reload the page" in text
    assert "The very end." in text
    assert faults(page) == []


def test_a_page_that_does_not_come_to_its_end(page, site):
    def cut(route):
        answer = route.fetch()
        body = answer.text()
        route.fulfill(response=answer, body=body[: body.index("The very end.")])

    page.route("**/raises.ipynb", cut)
    page.goto(site.url + "voila/render/raises.ipynb")
    page.get_by_role("status").get_by_text("The rest of this page has not come").wait_for()
    assert "A lesson" in page.locator("body").inner_text()
