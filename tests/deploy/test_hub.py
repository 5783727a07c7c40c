"""A class on JupyterHub: two students follow the teacher's link, and neither sees the other's work.

The hub starts all servers as one user of this machine, so what is tested is what JupyterHub and
our pages keep apart; a hub for a class also keeps apart the users of the machine.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
import requests
import yaml

from hands import predict, ready, run_all, until
from lmmlab import app, labs

pytestmark = pytest.mark.browser  # all of them share one hub

VALUES = Path(app.__file__).parent.parent / "docs" / "values.yaml"
NAMES = ("alice", "bob")
LESSON = "lessons/05-shrinkage.ipynb"

CONFIG = """
c.JupyterHub.bind_url = {url!r}
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = set({names!r})
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser", "--allow-root"]
c.Spawner.environment = {environment!r}
"""


@pytest.fixture(scope="module")
def hub(program, start_server, free_port, tmp_path_factory):
    """A hub for alice and bob, with the settings of the manual: `url`, `homes`, `lessons`."""
    program("configurable-http-proxy")
    folder = tmp_path_factory.mktemp("hub")
    (folder / "config").mkdir()
    manual = yaml.safe_load(VALUES.read_text("utf-8"))["singleuser"]
    (settings,) = manual["extraFiles"].values()
    (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(settings["data"]))
    environment = {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
    }
    url = f"http://localhost:{free_port()}"
    (folder / "jupyterhub_config.py").write_text(
        CONFIG.format(
            url=url,
            names=NAMES,
            python=sys.executable,
            hub=free_port(),
            proxy=free_port(),
            homes=str(folder / "homes"),
            environment=environment,
        )
    )
    start_server([sys.executable, "-m", "jupyterhub"], url, cwd=folder)
    wait_for(lambda: requests.get(f"{url}/hub/login", timeout=10).ok)  # the proxy was first
    return SimpleNamespace(
        url=url, homes=folder / "homes", lessons=repository(folder / "lessons", program("git"))
    )


def wait_for(happened, seconds=60):
    """Wait until something has happened."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.1)


def repository(folder, git):
    """The teacher's repository: the lessons, under git."""
    shutil.copytree(app.lessons_folder(), folder, ignore=shutil.ignore_patterns(".*"))
    git = [git, "-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Lessons"]):
        subprocess.run([*git, *words], check=True)
    return folder


def link(hub, page):
    """The link a teacher hands out: it fetches the lessons and opens a page."""
    query = {"repo": f"file://{hub.lessons}", "branch": "main", "urlpath": page}
    return f"{hub.url}/hub/user-redirect/git-pull?{urlencode(query)}"


class Student:
    """Somebody who has logged in without a browser, and whose server has started."""

    def __init__(self, hub, name):
        self.address, self.session = hub.url, requests.Session()
        self.home = f"{hub.url}/user/{name}"
        form = re.search(r'name="_xsrf" value="([^"]+)"', self.get("/hub/login").text)
        login = {"username": name, "password": "any", "_xsrf": form[1]}
        login = self.session.post(f"{hub.url}/hub/login", data=login, timeout=60)
        assert login.ok
        self.get("/hub/spawn")
        wait_for(lambda: self.get(f"/user/{name}/voila/tree").url == f"{self.home}/voila/tree")

    def get(self, path):
        return self.session.get(self.address + path, timeout=60)


@pytest.fixture(scope="module")
def students(hub):
    """Alice and bob, who come at the same time."""
    with ThreadPoolExecutor() as pool:
        return SimpleNamespace(
            **dict(zip(NAMES, pool.map(lambda name: Student(hub, name), NAMES), strict=True))
        )


def test_each_has_a_server_and_sees_no_other(students):
    for own, other in (NAMES, NAMES[::-1]):
        student = getattr(students, own)
        assert student.get(f"/user/{own}/api/contents").ok
        for place in ("api/contents", "api/kernels", "api/sessions", "lab", "voila/tree"):
            answer = student.get(f"/user/{other}/{place}")
            assert answer.status_code in (403, 404), place
        assert student.get(f"/hub/api/users/{other}").status_code in (403, 404)
        assert student.get("/hub/api/users").status_code == 403


def test_a_stranger_sees_the_login_alone(hub, students):
    for place in ("api/contents", "lab", "voila/tree", "voila/render/lessons/05-shrinkage.ipynb"):
        answer = requests.get(f"{hub.url}/user/alice/{place}", timeout=60)
        assert answer.status_code == 403 or "/hub/login" in answer.url, place


def log_in(page, name):
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("any")
    page.get_by_role("button", name="Sign in").click()


def test_the_teachers_link_leads_each_to_a_lesson_and_to_a_progress_of_their_own(
    hub, students, chromium
):
    # One browser, as in a computer room: the one who leaves logs out.
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    progress = page.locator(".lmm-progress summary").first
    task = labs.shrinkage.tasks[0]

    page.goto(link(hub, f"voila/render/{LESSON}"))
    log_in(page, "alice")
    page.wait_for_url("**/user/alice/voila/render/**", timeout=60_000)
    bench = ready(page)
    assert progress.inner_text() == "Your progress: 0 tasks"
    predict(bench, task)
    until(page, progress.inner_text, lambda text: text == "Your progress: 1 task")
    (kernel,) = students.alice.get("/user/alice/api/kernels").json()
    assert not students.bob.get(f"/user/alice/api/kernels/{kernel['id']}").ok
    page.goto(f"{hub.url}/hub/logout")

    page.goto(link(hub, f"voila/render/{LESSON}"))
    log_in(page, "bob")
    page.wait_for_url("**/user/bob/voila/render/**", timeout=60_000)
    ready(page)
    assert progress.inner_text() == "Your progress: 0 tasks"

    # In JupyterLab it is a file, in the folder of the one who answers.
    bench = run_all(page, f"{hub.url}/user/bob/lab/workspaces/test/tree/{LESSON}")
    predict(bench, task)
    wait_for(lambda: list(hub.homes.rglob("lmmlab-progress.json")))
    assert list(hub.homes.rglob("lmmlab-progress.json")) == [
        hub.homes / "bob" / "lessons" / "lmmlab-progress.json"
    ]
    context.close()
