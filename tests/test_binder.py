"""What Binder is told to build, and our pages in an ordinary Jupyter server."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import nbformat
import pytest
from jupyter_server.serverapp import ServerApp
from packaging.requirements import Requirement

from lmmlab import app
from lmmlab.page import server

PROJECT = Path(app.__file__).parent.parent
BINDER = PROJECT / "binder"


@pytest.fixture(scope="module")
def hub(start_server, free_port, tmp_path_factory):
    """The address of a Jupyter server with our extension, started as on Binder: in the project."""
    folder = tmp_path_factory.mktemp("binder")
    shutil.copytree(app.lessons_folder(), folder / "lessons")
    mine = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Notes of my own.")])
    mine.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(mine, folder / "mine.ipynb")
    (folder / "config").mkdir()
    shutil.copy(BINDER / "jupyter_server_config.json", folder / "config")
    port = free_port()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_TOKEN": "test",
    }
    command = [BINDER / "start", sys.executable, "-m", "jupyter_server", f"--port={port}"]
    command += ["--allow-root", "--no-browser"]
    start_server(command, f"http://localhost:{port}/api", cwd=folder, env=environment)
    return f"http://localhost:{port}/"


def get(url, **headers):
    """Headers and text of a page."""
    asked = urllib.request.Request(url, headers={"Authorization": "token test", **headers})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return answer.headers, answer.read().decode(errors="replace")


def linked(text):
    """What the links to Binder in a text of the project open there."""
    pattern = r"https://mybinder\.org/v2/[^?\s]+\?urlpath=([\w/.-]+)"
    return re.findall(pattern, (PROJECT / text).read_text())


def test_the_readme_links_to_the_gallery_and_to_each_lesson(hub):
    gallery, *lessons = linked("README.md")
    assert lessons == [f"voila/render/lessons/{name}.ipynb" for name in app.LESSONS]
    page = get(hub + gallery)[1]
    assert all(f'href="/{lesson}"' in page for lesson in lessons)


def test_the_address_in_the_manual_shows_the_gallery_and_runs_a_lesson(hub):
    address = linked("docs/deploy.md")[0]
    _, gallery = get(hub + address)
    card, *others = re.findall(r'<a href="/(voila/render/lessons/[^"]+)">', gallery)
    assert len(others) == len(app.LESSONS) - 1
    assert "page.css" in gallery
    _, lesson = get(hub + card)
    assert "page.css" in lesson
    assert f'href="/{address}">All lessons' in lesson
    assert "vnd.jupyter.widget-view+json" in lesson
    for text in (gallery, lesson):
        assert "cdn" not in text.lower()


def test_other_notebooks_of_a_jupyter_server_are_left_alone(hub):
    _, page = get(hub + "voila/render/mine.ipynb")
    assert "Notes of my own." in page


def test_the_folder_above_leads_to_the_lessons(hub):
    assert 'href="/voila/tree/lessons"' in get(hub + "voila/tree")[1]


def test_pages_are_compressed_there_too(hub):
    headers, _ = get(hub + "voila/static/voila.js", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"


def test_small_messages_are_sent_at_once_there_too(monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    hub = ServerApp()
    server._link_jupyter_server_extension(hub)
    assert hub.kernel_websocket_connection_class is server.PromptConnection


def test_files_of_a_user_are_not_kept_in_memory(monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    hub = ServerApp()
    server._link_jupyter_server_extension(hub)
    assert hub.tornado_settings["compress_response"]  # Tornado's own, which forgets
    assert "transforms" not in hub.tornado_settings


def test_theme_and_template_cannot_be_set_from_the_address_there_either(hub):
    query = "?template=nosuch&classic-tree=false&theme=%22%3E%3Cscript%3Ealert(1)"
    for path in ("voila/tree/lessons", "voila/render/mine.ipynb"):
        _, page = get(hub + path + query)
        assert "alert(1)" not in page and "page.css" in page


def test_the_pins_satisfy_what_the_project_asks_for():
    lines = (BINDER / "requirements.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    for text in project["dependencies"] + project["optional-dependencies"]["app"]:
        need = Requirement(text)
        assert need.specifier.contains(pins[need.name]), text


def test_repo2docker_accepts_the_folder(tmp_path):
    tool = shutil.which("jupyter-repo2docker", path=Path(sys.executable).parent)
    if tool is None:
        pytest.skip("jupyter-repo2docker is not installed")
    shutil.copytree(BINDER, tmp_path / "binder")
    command = [tool, "--no-build", "--debug", tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    said = run.stdout + run.stderr
    assert run.returncode == 0, said
    assert "py-3.12" in said or "py-2d3-2e12" in said
    for step in ("binder/requirements.txt", "./binder/postBuild", "binder/start"):
        assert step in said
