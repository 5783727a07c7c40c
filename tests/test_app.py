"""The command `lmmlab`: the server, the copy for JupyterLab, the check, and the wheel."""

import contextlib
import gzip
import http.client
import json
import os
import queue
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psutil
import pytest

from lmmlab import app, check
from lmmlab.page import gallery, server
from lmmlab.picture.palette import DARK, LIGHT

PROJECT = Path(app.__file__).parent.parent
LESSON = "voila/render/05-shrinkage.ipynb"

# Our server on a folder. It notes for each kernel's websocket whether TCP sends at once.
SERVE = """
import socket
from pathlib import Path
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from lmmlab.page.server import serve

def connect(self, own=ZMQChannelsWebsocketConnection.connect):
    line = self.websocket_handler.ws_connection.stream.socket
    at_once = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    Path({nodelay!r}).write_text("at once" if at_once else "held back")
    return own(self)

ZMQChannelsWebsocketConnection.connect = connect
serve(Path({folder!r}), "localhost", {port}, False)
"""


def notebook(*cells, **about):
    """The text of a notebook: a str is prose, a list of one str is code."""
    made = [
        {"cell_type": "markdown", "id": f"c{i}", "metadata": {}, "source": cell}
        if isinstance(cell, str)
        else {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "source": cell[0],
            "outputs": [],
            "execution_count": None,
        }
        for i, cell in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"lmmlab": about, "kernelspec": kernel}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def site(start_server, free_port, tmp_path_factory):
    """The address of our server on one lesson of its own, and its process.

    The user of this server has registered another Python as "python3".
    """
    folder, user = tmp_path_factory.mktemp("lessons"), tmp_path_factory.mktemp("user")
    text = notebook(
        "# A small lesson\n\nwith math, $y = X\\beta$.",
        ["import ipywidgets, os, sys; print('ran by', sys.executable)"],
        ["print('threads', os.environ['OPENBLAS_NUM_THREADS']); secret_name = 1"],
        ["1 / 0"],
        ["ipywidgets.IntSlider(description='tau')"],
        "The text at the end.",
        title="Small & <b>bold</b>",
        sentence="One sentence.",
        lab="no_such_lab",
    )
    (folder / "05-shrinkage.ipynb").write_text(text, encoding="utf-8")
    (folder / "sub").mkdir()
    other = notebook("notes of somebody", [f"open({str(user / 'ran')!r}, 'w')"])
    for name in ("notes.ipynb", "sub/05-shrinkage.ipynb"):
        (folder / name).write_text(other, encoding="utf-8")
    (folder / "data.png").write_bytes(b"picture")
    kernel = user / "kernels" / "python3"
    kernel.mkdir(parents=True)
    other = {"argv": ["/bin/false"], "display_name": "Another", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(other))
    (user / "voila.json").write_text(json.dumps({"VoilaConfiguration": {"strip_sources": False}}))
    port = free_port()
    url = f"http://localhost:{port}/"
    run = SERVE.format(folder=str(folder), port=port, nodelay=str(user / "nodelay"))
    environment = os.environ | {"JUPYTER_DATA_DIR": str(user), "JUPYTER_CONFIG_DIR": str(user)}
    process = start_server([sys.executable, "-c", run], url, cwd=user, env=environment)
    return SimpleNamespace(url=url, process=process, nodelay=user / "nodelay", ran=user / "ran")


@pytest.fixture(scope="module")
def lesson(site):
    """The lesson's page as the server sends it."""
    return get(site.url + LESSON).text


def get(url, **headers):
    """Status, headers and text of a page; an error page is a page, too."""
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        body = answer.read()
    if answer.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return SimpleNamespace(status=answer.status, headers=answer.headers, text=body.decode())


def test_the_gallery_shows_our_lessons_only_and_escapes_their_words(site):
    page = get(site.url)
    assert page.status == 200
    assert "Small &amp; &lt;b&gt;bold&lt;/b&gt;" in page.text
    assert "One sentence." in page.text
    assert f'href="/{LESSON}"' in page.text
    assert "notes.ipynb" not in page.text


def test_a_lesson_runs_and_one_failing_cell_hides_nothing_after_it(lesson):
    assert "<title>Small &amp; &lt;b&gt;bold&lt;/b&gt;</title>" in lesson
    assert "A small lesson" in lesson
    assert "lmmlab check: it says what is wrong" in lesson
    assert "The text at the end." in lesson
    assert "vnd.jupyter.widget-view+json" in lesson


def test_sources_and_tracebacks_stay_on_the_server(lesson):
    assert "secret_name" not in lesson
    assert "ZeroDivisionError" not in lesson


def test_the_kernel_is_the_python_that_serves_with_one_thread(lesson):
    assert f"ran by {sys.executable}" in lesson
    assert "threads 1" in lesson


def test_no_page_asks_for_anything_elsewhere(site, lesson):
    for text in (lesson, get(site.url).text, get(site.url + "voila/render/none.ipynb").text):
        assert not re.findall(r"""(?:src|srcset|href)\s*=\s*["']?(?:https?:)?//""", text)
        assert "cdn" not in text.lower()


def test_theme_and_template_cannot_be_set_from_the_address(site):
    attack = get(site.url + LESSON + "?theme=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert attack.status == 200
    assert "alert(1)" not in attack.text
    assert "alert(1)" not in get(site.url + "?theme=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    other = get(site.url + LESSON + "?template=classic")
    assert other.status == 200
    assert "page.css" in other.text


def test_pages_are_compressed(site):
    answer = get(site.url + "voila/static/voila.js", **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_files_of_the_folder_are_not_served(site):
    assert get(site.url + "voila/files/data.png").status == 403
    assert get(site.url + "voila/files/05-shrinkage.ipynb").status == 403


@pytest.mark.parametrize(
    "path", ["none.ipynb", "notes.ipynb", "sub/05-shrinkage.ipynb", "data.png", ""]
)
def test_what_is_not_a_lesson_does_not_run_and_gets_a_sentence(site, path):
    page = get(f"{site.url}voila/render/{path}")
    assert not site.ran.exists()
    assert page.status == 404
    assert "There is no such lesson" in page.text
    assert "All lessons" in page.text


def test_a_picture_that_cannot_be_drawn_is_a_quiet_placeholder(site):
    for theme, colours in (("light", LIGHT), ("dark", DARK)):
        picture = get(f"{site.url}lmmlab/picture/no_such_lab-{theme}.svg")
        assert picture.status == 200
        assert picture.headers["Content-Type"] == "image/svg+xml"
        assert colours["card"] in picture.text


def test_the_gallery_draws_each_lab_in_both_themes():
    for theme, colours in (("light", LIGHT), ("dark", DARK)):
        svg = gallery.draw("shrinkage", theme).decode()
        assert "<svg" in svg
        assert colours["person"] in svg
        assert gallery.draw("shrinkage", theme) is gallery.draw("shrinkage", theme)


def test_each_lesson_describes_itself():
    cards = gallery.cards(app.lessons_folder())
    assert [Path(card.file).stem for card in cards] == list(app.LESSONS)
    for card in cards:
        assert card.number.isdigit()
        assert card.title
        assert card.sentence.endswith(".")
        assert card.lab


def test_the_page_has_the_colours_of_the_pictures():
    css = (server.SHARE / "voila/templates/lmmlab/static/page.css").read_text(encoding="utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    for part, colours in ((light, LIGHT), (dark, DARK)):
        named = dict(re.findall(r"--(\w+): (#\w{6})", part))
        assert named
        assert named == {name: colours[name] for name in named}


def test_small_messages_are_sent_at_once(site, lesson):
    (kernel,) = re.findall(r'"kernelId": "([^"]+)"', lesson)
    asked = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    line = http.client.HTTPConnection("localhost", urlsplit(site.url).port, timeout=10)
    with contextlib.closing(line):
        key = {"Sec-WebSocket-Key": "bG1tbGFiLWxtbWxhYi1sbQ=="}
        line.request("GET", f"/api/kernels/{kernel}/channels", headers=asked | key)
        assert line.getresponse().status == 101
        until = time.monotonic() + 10
        while not site.nodelay.exists() and time.monotonic() < until:
            time.sleep(0.05)
    assert site.nodelay.read_text() == "at once"


def test_kernels_of_pages_left_alone_end(tmp_path):
    kernels = server.configuration(tmp_path, "localhost", 8866, False).MappingKernelManager
    assert kernels == {"cull_idle_timeout": 3600, "cull_interval": 60, "cull_connected": True}


def test_a_taken_port_is_said_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "lmmlab.app", "serve", "--no-browser"]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert f"cannot listen on port {port}" in run.stderr
    assert f"Stop what listens there, or choose another port: lmmlab serve --port {port + 1}" in (
        run.stderr
    )
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""


def listen(ip, error=None):
    """What a server does that listens on `ip`, but for the network."""

    def open_port(port, ip):
        if error:
            raise error

    visited = queue.Queue()
    line, loop = SimpleNamespace(listen=open_port), SimpleNamespace(start=lambda: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.webbrowser, "open", visited.put)
        patch.setattr(server.IOLoop, "current", lambda: loop)
        server.LessonServer.listen(
            SimpleNamespace(
                app=line, ip=ip, port=8866, base_url="/", open_browser=True, stop=lambda: None
            )
        )
        return visited.get(timeout=10)


@pytest.mark.parametrize(
    ("host", "name"), [("localhost", "localhost"), ("::1", "[::1]"), ("::", "localhost")]
)
def test_the_address_of_the_lessons_is_one_that_a_browser_understands(host, name, capsys):
    assert listen(host) == f"http://{name}:8866/"
    assert f"at http://{name}:8866/ " in capsys.readouterr().out


def test_an_address_that_is_not_ours_is_not_called_taken():
    nobody = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with pytest.raises(SystemExit, match="of nosuchhost: Name or service not known") as stopped:
        listen("nosuchhost", nobody)
    assert "--host" in stopped.value.code
    assert "Stop what listens" not in stopped.value.code


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(port, capsys):
    with pytest.raises(SystemExit) as stopped:
        app.main(["serve", "--port", port])
    assert stopped.value.code == 2
    assert "--port" in capsys.readouterr().err


def test_serve_opens_the_gallery_in_the_browser(start_server, free_port, tmp_path):
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    url = f"http://localhost:{(port := free_port())}/"
    command = [sys.executable, "-m", "lmmlab.app", "serve", f"--port={port}"]
    start_server(command, url, env=os.environ | {"BROWSER": f"{browser} %s"})
    until = time.monotonic() + 10
    while not opened.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert opened.read_text().strip() == url


def test_the_app_extra_is_named_when_it_is_missing(monkeypatch):
    monkeypatch.setattr(app, "find_spec", lambda module: None)
    with pytest.raises(SystemExit, match=r'python -m pip install "lmmlab\[app\]"'):
        app.main(["serve"])


def test_help_is_quick_because_nothing_heavy_is_imported():
    run = "import sys; from lmmlab.app import main\ntry: main(['-h'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True)
    *said, modules = done.stdout.splitlines()
    assert "serve" in " ".join(said)
    heavy = {"numpy", "pandas", "matplotlib", "voila", "tornado", "traitlets"}
    assert not heavy & set(modules.split())


def test_open_never_overwrites_a_file_of_the_student(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    lesson, copy = ours / "05-shrinkage.ipynb", theirs / "05-shrinkage.ipynb"
    lesson.write_text(notebook("# First"), encoding="utf-8")
    assert app.copy_lessons(ours, theirs) == []
    assert copy.read_text(encoding="utf-8") == lesson.read_text(encoding="utf-8")

    run = json.loads(copy.read_text(encoding="utf-8"))
    run["cells"][0]["metadata"]["collapsed"] = True
    copy.write_text(json.dumps(run), encoding="utf-8")
    assert app.copy_lessons(ours, theirs) == [], "only looked at, not changed"

    for text in (notebook("# Mine"), "no notebook any more", "[]"):
        copy.write_text(text, encoding="utf-8")
        (sentence,) = app.copy_lessons(ours, theirs)
        assert "is kept" in sentence
        assert copy.read_text(encoding="utf-8") == text

    copy.rename(theirs / "mine.ipynb")
    assert app.copy_lessons(ours, theirs) == []
    assert copy.exists()
    assert (theirs / "mine.ipynb").read_text(encoding="utf-8") == "[]"


def test_open_starts_jupyterlab_on_the_copy_with_this_python_and_one_thread(monkeypatch, tmp_path):
    started = []

    def run(command, env, check):
        started.append((command, env))
        return SimpleNamespace(returncode=3)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setattr(app.subprocess, "run", run)
    assert app.main(["open", "--no-browser", "--allow-root", "--port", "9000", "--p=1"]) == 3
    ((command, environment),) = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert set(command[3:]) == {
        "--port=9000",
        "--no-browser",
        "--allow-root",
        "--p=1",
        f"--ServerApp.root_dir={tmp_path / 'lmmlab-lessons'}",
        "--ServerApp.kernel_spec_manager_class=lmmlab.page.server.ThisPython",
    }
    for library in ("OMP", "OPENBLAS", "MKL"):
        assert environment[f"{library}_NUM_THREADS"] == "1"
    assert environment["PATH"] == os.environ["PATH"]


def test_open_says_that_it_passes_arguments_on_and_serve_takes_no_unknown_ones(capsys):
    for command in (["open", "--help"], ["serve", "--allow-root"]):
        with pytest.raises(SystemExit):
            app.main(command)
    said = capsys.readouterr()
    assert "passed on to JupyterLab" in said.out
    assert "unknown: --allow-root" in said.err


@pytest.mark.parametrize("wrong", ["a file", "a folder", "no permission"])
def test_open_that_cannot_copy_says_where_and_why(wrong, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(app.subprocess, "run", lambda *_, **__: pytest.fail("JupyterLab started"))
    own = Path("lmmlab-lessons")
    if wrong == "a file":
        own.write_text("mine")
    elif wrong == "a folder":
        own = own / "05-shrinkage.ipynb"
        own.mkdir(parents=True)
    else:
        own = own / "05-shrinkage.ipynb"

        def refuse(source, target):
            raise PermissionError(13, "Permission denied", str(target))

        monkeypatch.setattr(app.shutil, "copyfile", refuse)
    with pytest.raises(SystemExit) as stopped:
        app.main(["open"])
    sentence = stopped.value.code
    assert f"cannot be copied to {own}: " in sentence
    assert "run lmmlab open in another folder" in sentence


def test_check_finds_everything_in_order(capsys):
    assert check.check() == 0
    assert "All is well." in capsys.readouterr().out


def test_check_says_what_is_wrong(monkeypatch, capsys):
    monkeypatch.setitem(check.SLEEPSTUDY, "residual SD", (25.0, 1e-3))
    needs = ["no-such-package>=1", "numpy>=999", 'voila; extra == "docs"']
    monkeypatch.setattr(check, "requires", lambda name: needs)
    monkeypatch.setattr(check, "LESSONS", ("99-none",))

    def broken():
        raise OSError("no fonts")
        yield

    monkeypatch.setattr(check, "pictures", broken)
    assert check.check() == 1
    said = capsys.readouterr().out
    assert "no-such-package is not installed" in said
    assert "numpy" in said and "is too old" in said
    assert "99-none is missing" in said
    assert "The residual SD of sleepstudy is 25.59" in said
    assert "The check of broken failed: OSError: no fonts" in said
    assert "voila" not in said


def test_the_wheel_carries_lessons_pages_and_data_and_no_checkpoints(tmp_path):
    copy = tmp_path / "project"
    shutil.copytree(
        PROJECT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "tests", "dist", "build")
    )
    for folder in ("lessons", "lmmlab/page"):
        (copy / folder / ".ipynb_checkpoints").mkdir()
        (copy / folder / ".ipynb_checkpoints" / "05-shrinkage-checkpoint.ipynb").write_text("{}")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        files = set(opened.namelist())
    wanted = [p for p in (PROJECT / "lmmlab").rglob("*") if p.is_file()]
    wanted = {str(p.relative_to(PROJECT)) for p in wanted if "__pycache__" not in p.parts}
    wanted |= {f"lmmlab/lessons/{name}.ipynb" for name in app.LESSONS}
    assert {file for file in files if ".dist-info/" not in file} == wanted
    assert "lmmlab/page/share/voila/templates/lmmlab/static/page.css" in files
    assert "lmmlab/data/sleepstudy.csv" in files
    assert any(file.endswith(".js") for file in files)


@pytest.mark.browser
def test_first_load_is_small_and_clean(site, page):
    wire = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: wire.append(event["encodedDataLength"]))
    page.goto(site.url, wait_until="networkidle")
    page.get_by_role("link").first.click()
    page.locator(".widget-slider").wait_for()
    page.locator("mjx-container").first.wait_for()
    assert page.problems == []
    print(f"first load of a lesson, gallery included: {sum(wire)} bytes")
    assert 500_000 < sum(wire) < 2_000_000


@pytest.mark.browser
def test_the_page_follows_the_theme_of_the_system(site, page):
    page.emulate_media(color_scheme="dark")
    page.goto(site.url + LESSON)
    page.locator("body[data-jp-theme-light=false]").wait_for()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(20, 23, 29)"
    page.emulate_media(color_scheme="light")
    page.locator("body[data-jp-theme-light=true]").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("path", ["", LESSON])
def test_nothing_scrolls_sideways(site, page, path):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(site.url + path)
    page.locator(".widget-slider" if path else ".cards").wait_for()
    for width in (360, 390, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]


@pytest.mark.browser
def test_a_closed_page_leaves_no_kernel(site, page):
    def kernels():
        return {child.pid for child in site.process.children(recursive=True)}

    before = kernels()
    page.goto(site.url + LESSON)
    page.locator(".widget-slider").wait_for()
    (mine,) = kernels() - before
    page.goto(site.url)
    psutil.Process(mine).wait(timeout=10)
