"""The lessons as web pages: what our server answers, and what a browser makes of it."""

import contextlib
import gzip
import http.client
import json
import os
import re
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psutil
import pytest

from lmmlab import app
from lmmlab.page import gallery, server
from lmmlab.page.address import Address
from lmmlab.page.connection import LANGUAGE
from lmmlab.picture.palette import DARK, LIGHT

PROJECT = Path(app.__file__).parent.parent
LESSON = "voila/render/05-shrinkage.ipynb"

# Our server on a folder. It notes for each kernel's websocket whether TCP sends at once.
SERVE = """
import socket
from pathlib import Path
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from lmmlab.page.address import Address
from lmmlab.page.server import serve

def connect(self, own=ZMQChannelsWebsocketConnection.connect):
    line = self.websocket_handler.ws_connection.stream.socket
    at_once = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    Path({nodelay!r}).write_text("at once" if at_once else "held back")
    return own(self)

ZMQChannelsWebsocketConnection.connect = connect
serve(Path({folder!r}), Address(port={port}), browser=False)
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


def written(file, seconds=10):
    """What another process writes into a file, as soon as there is something."""
    until = time.monotonic() + seconds
    while not (file.exists() and file.stat().st_size) and time.monotonic() < until:
        time.sleep(0.05)
    return file.read_text()


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


def test_the_kernel_is_the_python_that_serves_with_one_thread(lesson):
    assert f"ran by {sys.executable}" in lesson
    assert "threads 1" in lesson


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere kernels have ports")
def test_the_server_speaks_to_kernels_by_files_not_by_ports(site, lesson):
    kernels = [one for one in site.process.children(recursive=True) if one.net_connections("unix")]
    assert kernels
    for kernel in kernels:
        # One is ipykernel's own, for the output of processes that a cell starts.
        assert len(kernel.net_connections("tcp")) <= 1


def test_no_page_asks_for_anything_elsewhere(site, lesson):
    for text in (lesson, get(site.url).text, get(site.url + "voila/render/none.ipynb").text):
        assert not re.findall(r"""(?:src|srcset|href)\s*=\s*["']?(?:https?:)?//""", text)
        assert "cdn" not in text.lower()


def test_pages_are_compressed(site):
    answer = get(site.url + "voila/static/voila.js", **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


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


def test_pictures_of_all_cards_have_the_shape_of_the_card():
    css = next(Path(gallery.__file__).parent.rglob("page.css")).read_text("utf-8")
    assert "aspect-ratio: 5 / 4;" in css and gallery.ASPECT == 5 / 4
    for card in gallery.cards(app.lessons_folder()):
        box = re.search(rb'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', gallery.draw(card.lab, "light"))
        width, height = map(float, box.groups())
        assert width / height == pytest.approx(5 / 4, rel=0.03), card.lab


def test_each_lesson_describes_itself():
    cards = gallery.cards(app.lessons_folder())
    assert [Path(card.file).stem for card in cards] == list(app.LESSONS)
    for card in cards:
        assert card.number.isdigit() is (card.file != "playground.ipynb")
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
    asked["Sec-WebSocket-Protocol"] = LANGUAGE
    line = http.client.HTTPConnection("localhost", urlsplit(site.url).port, timeout=10)
    with contextlib.closing(line):
        key = {"Sec-WebSocket-Key": "bG1tbGFiLWxtbWxhYi1sbQ=="}
        line.request("GET", f"/api/kernels/{kernel}/channels", headers=asked | key)
        assert line.getresponse().status == 101
        assert written(site.nodelay) == "at once"


def test_kernels_of_pages_left_alone_end(tmp_path):
    kernels = server.configuration(tmp_path, False, 1, None, False).MappingKernelManager
    assert kernels == {"cull_idle_timeout": 3600, "cull_interval": 20, "cull_connected": True}


@pytest.mark.parametrize(
    ("host", "name"), [("localhost", "localhost"), ("::1", "[::1]"), ("::", "localhost")]
)
def test_the_address_of_the_lessons_is_one_that_a_browser_understands(host, name):
    assert Address(host).link("/") == f"http://{name}:8866/"
    assert Address(host).link("/a/", "word") == f"http://{name}:8866/a/?token=word"


def test_an_address_that_is_not_ours_is_not_called_taken():
    nobody = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    said = Address("nosuchhost").trouble(nobody)
    assert "of nosuchhost: Name or service not known" in said
    assert "--host" in said
    assert "Stop what listens" not in said


def test_serve_opens_the_gallery_in_the_browser(start_server, free_port, tmp_path):
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    url = f"http://localhost:{(port := free_port())}/"
    command = [sys.executable, "-m", "lmmlab.app", "serve", f"--port={port}"]
    start_server(command, url, env=os.environ | {"BROWSER": f"{browser} %s"})
    assert written(opened).strip() == url


@pytest.mark.browser
def test_first_load_is_small_and_clean(site, fresh_page):
    page = fresh_page
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
    def family():
        return set(site.process.children(recursive=True))

    before = family()
    page.goto(site.url + LESSON)
    page.locator(".widget-slider").wait_for()
    mine = family() - before
    assert mine
    page.goto(site.url)
    assert psutil.wait_procs(mine, timeout=20)[1] == []
