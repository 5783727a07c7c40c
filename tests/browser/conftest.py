"""The servers of the browser tests: ours, and JupyterLab."""

import itertools
import json
import os
import sys

import pytest


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
    """A function: name of a lesson to its address in the JupyterLab of ``lmmlab open``.

    Each address has a workspace of its own, so that a page does not open what another left. Its
    attribute `folder` is where the notebooks lie.
    """
    port = free_port()
    folder = tmp_path_factory.mktemp("lab")
    command = [sys.executable, "-m", "lmmlab.app", "open", "--no-browser", f"--port={port}"]
    url = f"http://localhost:{port}/"
    start_server(command, url + "lab", cwd=folder, env=apart(folder) | {"JUPYTER_TOKEN": "test"})
    fresh = itertools.count()

    def address(lesson):
        return f"{url}lab/workspaces/w{next(fresh)}/tree/{lesson}?token=test"

    address.folder = folder / "lmmlab-lessons"
    return address


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
