"""What the browser tests share: the servers, ours and JupyterLab, and the bench of a lab.

A module that is about one lab names it, `lab`, and the page it stands in, `LESSON`.
"""

import itertools
import json
import os
import shutil
import sys
from types import SimpleNamespace

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


@pytest.fixture(scope="session")
def lab_server(start_server, free_port, tmp_path_factory):
    """The JupyterLab of ``lmmlab open``: its address, and the folder where the lessons lie."""
    port = free_port()
    folder = tmp_path_factory.mktemp("lab")
    command = [sys.executable, "-m", "lmmlab.app", "open", "--no-browser", f"--port={port}"]
    url = f"http://localhost:{port}/"
    start_server(command, url + "lab", cwd=folder, env=apart(folder) | {"JUPYTER_TOKEN": "test"})
    return SimpleNamespace(url=url, folder=folder / "lmmlab-lessons", fresh=itertools.count())


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
    }
