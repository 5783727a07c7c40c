"""The lessons in JupyterLab, as `lmmlab open` shows them, and a bench beside other widgets."""

import itertools
import json
import os
import shutil
import sys
from types import SimpleNamespace

import nbformat
import pytest

from hands import (
    arrows,
    drag,
    faults,
    kill,
    message,
    predict,
    progress,
    ready,
    run_all,
    says,
    slider,
    until,
    value,
)
from lmmlab import labs
from lmmlab.teach.progress import read

pytestmark = pytest.mark.browser
LESSON = "05-shrinkage.ipynb"
lab = labs.shrinkage


@pytest.fixture(scope="module")
def lab_server(start_server, free_port, tmp_path_factory):
    """The JupyterLab of ``lmmlab open``: its address, its process, where the lessons lie."""
    port = free_port()
    folder = tmp_path_factory.mktemp("lab")
    command = [sys.executable, "-m", "lmmlab.app", "open", "--no-browser", f"--port={port}"]
    url = f"http://localhost:{port}/"
    process = start_server(command, url + "lab", cwd=folder, env=apart(folder))
    return SimpleNamespace(
        url=url, process=process, folder=folder / "lmmlab-lessons", fresh=itertools.count()
    )


@pytest.fixture
def desk(lab_server):
    """A folder of the test's own in JupyterLab, with all lessons in it: other tests' kernels and
    files of progress belong to other notebooks.

    `folder` is this folder, ``address(name)`` where JupyterLab shows a notebook in it. Each address
    has a workspace of its own, so that a page does not open what another left.
    """
    folder = lab_server.folder / f"desk{next(lab_server.fresh)}"
    folder.mkdir()
    for lesson in lab_server.folder.glob("*.ipynb"):
        shutil.copy(lesson, folder)

    def address(name):
        workspace = f"lab/workspaces/w{next(lab_server.fresh)}"
        return f"{lab_server.url}{workspace}/tree/{folder.name}/{name}?token=test"

    return SimpleNamespace(folder=folder, address=address)


def apart(folder):
    """An environment in which Jupyter knows nothing of the user who runs the tests."""
    config = {"ServerApp": {"allow_root": True}, "LabApp": {"news_url": None}}
    (folder / "config").mkdir()
    (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
    return os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_TOKEN": "test",
    }


def kernels(server):
    """The processes of the notebooks' kernels."""
    return {
        one
        for one in server.process.children(recursive=True)
        if "ipykernel_launcher" in (one.as_dict(["cmdline"])["cmdline"] or ())
    }


def test_the_lesson_opens_runs_reacts_and_keeps_progress_in_a_file_beside_it(page, desk):
    bench = run_all(page, desk.address(LESSON))
    before = arrows(bench)
    drag(page, slider(bench, "tau1"), [0.3 + 0.02 * k for k in range(20)])
    until(page, lambda: arrows(bench), lambda now: now != before)
    says(bench, lab, tau1=value(bench, "tau1"))
    assert bench.get_by_role("button", name="copy code").count() == 1
    assert faults(page, ".lmm-bench") == []
    predict(bench, lab.tasks[0], 1)
    kept = desk.folder / "lmmlab-progress.json"
    until(page, kept.exists, bool)
    (record,) = read(kept.read_text("utf-8"))
    assert (record.lesson, record.lab, record.right) == ("05-shrinkage", "shrinkage", True)
    assert page.evaluate("localStorage.getItem('lmmlab.progress')") is None


def test_a_killed_kernel(page, desk, lab_server):
    """It is started anew, empty; its cells bring back sliders and progress, after a reload, too."""
    before = kernels(lab_server)
    bench = run_all(page, desk.address(LESSON))
    predict(bench, lab.tasks[0])
    until(page, lambda: progress(bench), lambda text: "task" in text)
    count = progress(bench)
    kill(kernels(lab_server) - before)
    until(page, lambda: message(bench), lambda text: "Run the cells again" in text)
    assert bench.get_by_role("button", name="Reload the page").count() == 0
    bench = run_all(page, desk.address(LESSON))
    says(bench, lab, sigma=12.8)
    assert progress(bench) == count


LINKED = """
from ipywidgets import FloatSlider, link, Button
from lmmlab import labs
bench = labs.shrinkage()
other = FloatSlider(value=24.7, max=80.0, step=0.1, description="other")
link((other, "value"), (bench, "tau0"))
button = Button(description="set from code")
button.on_click(lambda _: setattr(bench, "tau0", 30.0))
"""


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """A folder with a notebook that links an ordinary slider to the bench."""
    folder = tmp_path_factory.mktemp("linked")
    cells = [nbformat.v4.new_code_cell(code) for code in (LINKED, "other", "button", "bench")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "linked.ipynb")
    return folder


def follow(page, bench):
    """Code and another widget move the bench; neither thumb echoes."""
    page.get_by_role("button", name="set from code").click()
    until(page, lambda: value(bench, "tau0"), lambda v: v == 30)
    says(bench, lab, tau0=30.0)
    slider(bench, "tau0").evaluate(
        "e => { e.set = []; const own = Object.getOwnPropertyDescriptor("
        "HTMLInputElement.prototype, 'value'); Object.defineProperty(e, 'value', "
        "{ get() { return own.get.call(e) }, set(v) { if (+v !== +own.get.call(e)) "
        "e.set.push(+v); own.set.call(e, v) } }) }"
    )
    drag(page, slider(bench, "tau0"), [0.4 + 0.01 * k for k in range(30)])
    page.wait_for_timeout(600)
    assert slider(bench, "tau0").evaluate("e => e.set") == [], "something moved the thumb"
    rest = value(bench, "tau0")
    readout = page.locator(".widget-readout").first
    until(page, lambda: float(readout.inner_text()), lambda v: v == pytest.approx(rest, abs=0.006))
    handle = page.locator(".noUi-handle").first
    handle.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    until(
        page,
        lambda: value(bench, "tau0"),
        lambda v: v == pytest.approx(rest + 0.5, abs=0.011),
    )


def test_code_and_linked_widgets_move_the_bench(page, desk, linked):
    shutil.copy(linked / "linked.ipynb", desk.folder)
    follow(page, run_all(page, desk.address("linked.ipynb")))


def test_code_and_linked_widgets_move_the_bench_in_voila_as_it_comes(
    page, linked, start_server, free_port
):
    port = free_port()
    url = f"http://localhost:{port}/"
    command = [sys.executable, "-m", "voila", str(linked), "--no-browser", f"--port={port}"]
    start_server([*command, "--Voila.config_file_paths=[]"], url)
    page.goto(url + "voila/render/linked.ipynb")
    follow(page, ready(page))
