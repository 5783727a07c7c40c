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


@pytest.fixture
def bench_of(request, shared_page, voila_server):
    """A function: a lab to its bench, as it is at the start, in the page of the module.

    In the end there must be no problem in the page.
    """
    address = voila_server + request.module.LESSON
    if shared_page.url.partition("?")[0] != address:
        shared_page.goto(address)
    shared_page.mouse.move(1, 1)
    yield lambda lab: reset(ready(shared_page, lab), lab)
    assert shared_page.problems == []


@pytest.fixture
def bench(request, bench_of):
    """The bench of the module's lab, see `bench_of`."""
    return bench_of(request.module.lab)


@pytest.fixture
def on_phone(request, page, voila_server):
    """A function: a link to the module's lab, and the state it stands for, to the bench there.

    What it shows is narrow enough, and nothing goes wrong until the test ends.
    """

    def opened(query, **state):
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(voila_server + request.module.LESSON + query)
        bench = ready(page, request.module.lab)
        says(bench, request.module.lab, **state)
        fits_a_phone(page)
        return bench

    yield opened
    assert page.problems == []
