"""Texts of strangers in the pages: they are shown as they are written, and never run."""

import contextlib
import http.client
import json
import sys

import nbformat
import pytest

from hands import faults, looks, ready, slider, typed, until
from lmmlab.teach.progress import Record, write

pytestmark = pytest.mark.browser

PLACES = 2  # of the server that is full
RUN = "document.documentElement.dataset.hacked = 'yes'"
EVIL = f"<img class='evil' src='x' onerror=\"{RUN}\"><script class='evil'>{RUN}</script></title>"
SHORT = EVIL[:200]
RECORD = Record("2026-03-01T10:00:00.000Z", SHORT, SHORT, SHORT, 1, SHORT, False, SHORT)
CELLS = {
    "01-independence": ["from lmmlab.teach import classroom", "classroom.page()"],
    # Somebody forgot to escape: what the server's policy is for.
    "02-lines": [f"from IPython.display import HTML\nHTML({EVIL!r})"],
    "03-fan": [
        f"evil = {EVIL!r}",
        "from lmmlab import LMMError, lmm, load",
        "table = load('sleepstudy').rename(columns={'Days': evil, 'Subject': evil + 'g'})",
        "table[evil + 'g'] = [evil + str(name) for name in table[evil + 'g']]",
        "model = lmm(f'Reaction ~ `{evil}` + (`{evil}` | `{evil}g`)', table)",
        "model",
        "model.test('wald')",
        "model.blups[evil + 'g']",
        "def said(*arguments):\n"
        "    try:\n"
        "        return lmm(*arguments)\n"
        "    except LMMError as error:\n"
        "        print('refused:', error)",
        "said(f'Reaction ~ `{evil}x` + (1 | `{evil}g`)', table)",
        "said(evil, table)",
        "raise LMMError(evil)",
    ],
    "05-shrinkage": ["from lmmlab import labs", "labs.shrinkage()"],
}
SERVE = """
from pathlib import Path
from lmmlab.page.address import Address
from lmmlab.page.server import serve
serve(Path({folder!r}), Address(port={port}), browser=False, kernels={kernels})
"""


@pytest.fixture(scope="module")
def serve(start_server, free_port, tmp_path_factory):
    """A function that starts a server on lessons with hostile titles: how many pages it admits, or
    None, to its address."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, cells in CELLS.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        notebook.metadata["lmmlab"] = {"title": EVIL, "sentence": EVIL, "lab": EVIL}
        notebook.metadata["title"] = EVIL
        nbformat.write(notebook, folder / f"{name}.ipynb")

    def start(kernels=None):
        url = f"http://localhost:{(port := free_port())}/"
        run = SERVE.format(folder=str(folder), port=port, kernels=kernels)
        start_server([sys.executable, "-c", run], url)
        return url

    return start


@pytest.fixture(scope="module")
def site(serve):
    return serve()


@pytest.fixture
def bare(chromium):
    """A page to which the server's policy does not apply: only escaping protects it."""
    context = chromium.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def lesson(site, name, query=""):
    return f"{site}voila/render/{name}.ipynb{query}"


def harmless(page):
    """Whether nothing has run, and nothing has become a part of the page."""
    page.wait_for_timeout(200)  # an image that fails does so later
    assert page.evaluate("document.documentElement.dataset.hacked ?? 'no'") == "no"
    assert page.locator(".evil").count() == 0


def test_the_test_would_see_it_and_the_policy_of_the_server_stops_it(site, page, bare):
    bare.goto(lesson(site, "02-lines"))
    until(bare, lambda: bare.evaluate("document.documentElement.dataset.hacked"), bool)
    bare.goto(site)
    page.goto(lesson(site, "02-lines"))
    page.locator("img.evil").wait_for(state="attached")
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.dataset.hacked ?? 'no'") == "no"
    assert any("Content Security Policy" in problem for problem in page.problems)


def test_titles_of_lessons(site, bare):
    bare.goto(site)
    assert bare.get_by_role("heading", name=EVIL).count() == len(CELLS)
    harmless(bare)
    bare.goto(lesson(site, "05-shrinkage"))
    ready(bare)
    assert bare.title() == EVIL
    harmless(bare)


def test_links_typed_values_and_progress(site, bare, tmp_path):
    from urllib.parse import quote

    names = ("tau0", "sigma", "shrinkage.tau0", "model", "embed", "theme", "template", EVIL)
    query = "&".join(f"{quote(name)}={quote(EVIL)}" for name in names)
    kept = {"format": EVIL, "version": 1, "records": [EVIL]}
    bare.add_init_script(f"localStorage.setItem('lmmlab.progress', {json.dumps(json.dumps(kept))})")
    bare.goto(lesson(site, "05-shrinkage", f"?{query}#{quote(EVIL)}"))
    bench = ready(bare)
    bare.get_by_text(f"The link gives “{EVIL}” for").first.wait_for()
    harmless(bare)

    field = typed(bench, "tau0")
    field.fill(EVIL)
    field.press("Enter")
    until(bare, lambda: bench.inner_text(), lambda text: f"“{EVIL}” is not a number" in text)
    slider(bench, "tau0").press("End")
    harmless(bare)

    file = tmp_path / "progress.json"
    for text in (write([RECORD]), EVIL, "x" * 2_000_001):
        file.write_text(text)
        bench.locator(".lmm-progress input[type=file]").set_input_files(file)
        bare.wait_for_timeout(300)
        harmless(bare)
    assert "too long for a progress file" in bench.locator(".lmm-progress").inner_text()


def test_names_of_columns_and_groups_and_words_of_errors(site, bare):
    bare.goto(lesson(site, "03-fan"))
    until(bare, lambda: bare.locator("body").inner_text().count("refused:"), lambda n: n == 2)
    until(bare, lambda: bare.locator("table").count(), lambda n: n >= 3)
    assert bare.locator("table").get_by_text(EVIL).count()
    harmless(bare)


def test_files_of_a_class(site, bare, tmp_path):
    evil = EVIL.replace("/", "")
    (tmp_path / f"{evil}.json").write_text(write([RECORD]))
    (tmp_path / f"bad {evil}.json").write_text(EVIL)
    (tmp_path / "long.json").write_text("x" * 2_000_001)
    bare.goto(lesson(site, "01-independence"))
    with bare.expect_file_chooser() as choosing:
        bare.get_by_role("button", name="Add files").click(timeout=60_000)
    choosing.value.set_files(sorted(tmp_path.glob("*.json")))
    bare.get_by_text("1 student, 1 row.").wait_for()
    assert bare.get_by_role("cell", name=evil).is_visible()
    assert bare.get_by_text(f"The file of bad {evil} is left out.").is_visible()
    assert bare.get_by_text("The file of long is left out. It is too long").is_visible()
    harmless(bare)
    for _ in looks(bare):  # as it is, this page has no heading
        assert [fault for fault in faults(bare) if fault[0] != "page-has-heading-one"] == []


def test_a_page_without_a_place_says_so_and_asks_again(serve, fresh_page):
    site, page = serve(PLACES), fresh_page
    asked = []
    where, address = site.split("/")[2], "/voila/render/05-shrinkage.ipynb"
    statuses = []
    for _ in range(PLACES + 1):
        with contextlib.closing(http.client.HTTPConnection(where, timeout=60)) as line:
            line.request("GET", address)
            answer = line.getresponse()
            answer.read()
            statuses.append(answer.status)
    assert statuses[-1] == 503
    page.on("response", lambda one: one.url.endswith(address) and asked.append(one.status))
    page.clock.install()
    page.goto(site + address[1:])
    assert page.get_by_role("heading", name="All places are taken").is_visible()
    assert page.get_by_role("link", name="All lessons").is_visible()
    assert faults(page) == []
    page.clock.run_for(14_000)
    assert asked == [503]
    page.clock.run_for(17_000)
    until(page, lambda: len(asked), lambda times: times > 1)
