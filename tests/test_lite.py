"""The site that needs no server: what is in it, and a kernel that starts from it alone.

The site takes half a minute to build, so it is tested where somebody has built it, as CI does:
``docs/lite/build SITE``, then ``LMMLAB_SITE=SITE python -m pytest tests/test_lite.py``.
"""

import functools
import hashlib
import http.server
import json
import os
import re
import threading
from html import unescape
from pathlib import Path

import pytest

from hands import ready
from lmmlab import app, labs

PYODIDE = "https://cdn.jsdelivr.net/pyodide/"
COMPILED = {"numpy", "scipy", "pandas", "matplotlib"}
# What the bench stands on: a widget whose messages are answered in a later turn of the loop.
WIDGET = """import anywidget, asyncio
class Echo(anywidget.AnyWidget):
    _esm = "export default { render({ model, el }) { el.id = 'echo';" \
        "model.on('msg:custom', (m) => el.append(m.said)); model.send({ n: 21 }); } }"
def answer(echo, said, buffers):
    later = asyncio.get_running_loop().call_later
    later(0, lambda: echo.send({"said": f"twice is {2 * said['n']}"}))
echo = Echo()
echo.on_msg(answer)
echo
"""


@pytest.fixture(scope="module")
def site():
    """The folder of the site."""
    if "LMMLAB_SITE" not in os.environ:
        pytest.skip("LMMLAB_SITE names no site; docs/lite/build SITE makes one")
    return Path(os.environ["LMMLAB_SITE"])


@pytest.fixture(scope="module")
def packages(site):
    """What the browser's Python knows by name."""
    return json.loads((site / "static/pyodide/pyodide-lock.json").read_text())["packages"]


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served, by a server that only hands out files."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def with_needs(packages, name):
    """A package and everything that is loaded with it."""
    found, asked = {}, [name]
    while asked:
        now = re.sub(r"[-_.]+", "-", asked.pop()).lower()
        if now not in found:
            found[now] = packages[now]
            asked += packages[now]["depends"]
    return found


def test_the_first_page_lists_the_lessons(site):
    page = (site / "index.html").read_text()
    links = re.findall(r'href="notebooks/index.html\?path=([^"]+)">([^<]+)<', page)
    assert [file for file, _ in links] == [f"{name}.ipynb" for name in app.LESSONS]
    for file, title in links:
        lesson = json.loads((site / "files" / file).read_text())
        assert unescape(title) == lesson["metadata"]["lmmlab"]["title"]


def test_what_is_not_compiled_comes_from_the_site(site, packages):
    settings = json.loads((site / "jupyter-lite.json").read_text())["jupyter-config-data"]
    (kernel,) = settings["litePluginSettings"].values()
    assert kernel["pyodideUrl"] == "./static/pyodide/pyodide.mjs"
    needed = with_needs(packages, "lmmlab")
    assert needed.keys() >= COMPILED | {"anywidget", "ipywidgets", "formulaic"}
    for name in ("piplite", "pyodide-kernel", "ipykernel", "ipython", "micropip", "jedi"):
        for needs, package in with_needs(packages, name).items():
            assert (site / "static/pyodide" / package["file_name"]).is_file(), needs
    for name, package in needed.items():
        if package["file_name"].startswith(PYODIDE):
            continue
        wheel = site / "static/pyodide" / package["file_name"]
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == package["sha256"], name
    ours = {name for name, package in needed.items() if "/" not in package["file_name"]}
    assert ours >= {"lmmlab", "anywidget", "ipywidgets", "formulaic", "psygnal"}


@pytest.mark.browser
def test_a_kernel_runs_from_the_site_alone_and_the_first_cell_loads_lmmlab(address, page):
    asked, failed, logged = [], [], []
    page.context.on("request", lambda request: asked.append(request.url))
    page.context.on("requestfailed", lambda request: failed.append(request.url))
    page.on("console", lambda message: logged.append(message.text))

    def outside(urls):
        return [url for url in urls if not url.startswith((address, "data:", "blob:"))]

    page.goto(address + "notebooks/index.html?path=05-shrinkage.ipynb")
    idle = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'
    page.wait_for_selector(idle, timeout=120_000)
    # A cell of our own below the title.
    page.locator(".jp-Cell").first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(WIDGET)
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector("#echo:has-text('twice is 42')", timeout=60_000)
    assert outside(asked) == []

    lesson = page.locator(".jp-CodeCell")
    lesson.filter(has_text="from lmmlab import labs").locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    lesson.filter(has_text="[2]").wait_for(timeout=300_000)
    loaded = " ".join(text for text in logged if text.startswith("Loaded "))
    assert "lmmlab" in loaded and "anywidget" in loaded
    assert {url.rsplit("/", 1)[-1].split("-")[0] for url in outside(asked)} >= COMPILED
    assert all(url.startswith(PYODIDE) for url in outside(asked))
    if failed:  # Pyodide's host is out of reach
        assert outside(failed) == failed
        assert "No module named" in lesson.filter(has_text="[2]").inner_text()
    else:
        lesson.filter(has_text="labs.shrinkage()").locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        ready(page, labs.shrinkage)
