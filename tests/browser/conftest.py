"""What the browser tests share: our server, and the bench of a lab.

A module that is about one lab names it, `lab`, and the page it stands in, `LESSON`.
"""

import sys

import pytest

from hands import fits_a_phone, ready, reset, says


@pytest.fixture(scope="session")
def voila_server(start_server, free_port):
    """The address of ``lmmlab serve`` on the lessons, with a slash at its end."""
    port = free_port()
    url = f"http://localhost:{port}/"
    command = [sys.executable, "-m", "lmmlab.app", "serve", "--no-browser", f"--port={port}"]
    start_server(command, url)
    return url


@pytest.fixture(scope="module")
def shared(request, shared_page, voila_server):
    """The bench of the module's lab, in a page for all of its tests."""
    shared_page.goto(voila_server + request.module.LESSON)
    return ready(shared_page, request.module.lab)


@pytest.fixture
def bench(request, shared):
    """This bench as it is at the start; in the end there must be no problem in the page."""
    shared.page.mouse.move(1, 1)
    yield reset(shared, request.module.lab)
    assert shared.page.problems == []


@pytest.fixture
def on_phone(request, shared_context, watch, voila_server):
    """A function: a link to the module's lab, and the state it stands for, to the bench there.

    What it shows is narrow enough, and nothing goes wrong until the test ends.
    """
    page = watch(shared_context.new_page())

    def opened(query, **state):
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(voila_server + request.module.LESSON + query)
        bench = ready(page, request.module.lab)
        says(bench, request.module.lab, **state)
        fits_a_phone(page)
        return bench

    yield opened
    page.close()
    assert page.problems == []
