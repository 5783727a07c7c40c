"""What a stranger can do to `lmmlab serve`: nothing that the others notice."""

import http.client
import json
import sys
import time
from contextlib import ExitStack, closing
from types import SimpleNamespace

import pytest
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from lmmlab.page.connection import LANGUAGE, LINES, well_formed

LESSON = "voila/render/05-shrinkage.ipynb"
QUERY = "?theme=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&template=nosuch&classic-tree=false"
PLACES = 4
SCRIPT = "<script>document.title = 'hacked'</script>"
SECRET = "the secret of the file"

SERVE = """
from pathlib import Path
from lmmlab.page.address import Address
from lmmlab.page.server import serve
serve(Path({folder!r}), Address(port={port}), browser=False, kernels={places}, token={token!r})
"""


def notebook(*cells, **about):
    """The text of a notebook of code."""
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    made = [{**code, "id": f"c{i}", "source": cell} for i, cell in enumerate(cells)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"lmmlab": about, "kernelspec": kernel}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def server(start_server, folder, port, token=None):
    """Our server on a folder; what it prints lies beside the folder."""
    run = SERVE.format(folder=str(folder), port=port, places=PLACES, token=token)
    return start_server([sys.executable, "-c", run], f"http://localhost:{port}/", cwd=folder.parent)


@pytest.fixture(scope="module")
def site(start_server, free_port, tmp_path_factory):
    """Our server on a folder where more lies than it should serve."""
    folder = tmp_path_factory.mktemp("outside") / "lessons"
    (folder / ".hidden").mkdir(parents=True)
    lesson = notebook(
        "secret_name = 1", "1 / 0", title=f"Title {SCRIPT}", sentence=f"Sentence {SCRIPT}"
    )
    (folder / "05-shrinkage.ipynb").write_text(lesson, encoding="utf-8")
    for file in ("own.py", "class.csv", "notes.ipynb", ".hidden/k.png", "k.png", "../outside.txt"):
        (folder / file).write_text(SECRET)
    process = server(start_server, folder, port := free_port())
    return SimpleNamespace(
        process=process, folder=folder, port=port, url=f"http://localhost:{port}/"
    )


def get(site, path, method="GET", **headers):
    """Status, headers and text of an answer; the path is sent as it stands."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection("localhost", site.port, timeout=30)) as line:
        line.request(method, f"/{path}", headers=headers)
        answer = line.getresponse()
        text = answer.read().decode(errors="replace")
        return SimpleNamespace(status=answer.status, headers=answer.headers, text=text)


def kernel_of(text):
    """The kernel that belongs to a page."""
    return text.split('"kernelId": "')[1].split('"')[0]


@pytest.fixture(scope="module")
def lesson(site):
    """A page of the lesson, asked for in an odd way; nobody leaves it, so its kernel stays."""
    return get(site, LESSON + QUERY)


def channels(site, lesson, language=LANGUAGE, **options):
    """A websocket to the lesson's kernel."""
    where = f"ws://localhost:{site.port}/api/kernels/{kernel_of(lesson.text)}/channels"
    spoken = [language] if language else None
    return connect(where, subprotocols=spoken, max_queue=None, close_timeout=1, **options)


def message(kind, **content):
    """A message of the newer sub-protocol."""
    session = Session(key=b"")
    return serialize_msg_to_ws_v1(session.msg(kind, content), "shell", session.pack)


def answered(line, kind="comm_info_request"):
    """Whether the kernel answers on this line."""
    line.send(message(kind))
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if b"comm_info_reply" in line.recv(timeout=30):
            return True
    return False


def test_a_theme_or_template_in_the_address_changes_nothing(site, lesson):
    for page in (lesson, get(site, QUERY), get(site, "voila/tree" + QUERY)):
        assert page.status == 200
        assert "alert(1)" not in page.text and "tree-lab" not in page.text
        assert "page.css" in page.text


def test_the_lesson_shows_neither_source_nor_traceback(lesson):
    assert lesson.status == 200
    assert "secret_name" not in lesson.text and "ZeroDivisionError" not in lesson.text
    assert "lmmlab check: it says what is wrong" in lesson.text


def test_no_script_is_written_into_a_page_of_ours(site, lesson):
    for page in (lesson, get(site, ""), get(site, "voila/render/none.ipynb")):
        opened = page.text.split("<script")[1:]
        assert all(one.startswith((" src=", ' type="application/', " id=")) for one in opened)


@pytest.mark.parametrize("spoken", [None, "v2.kernel.websocket.jupyter.org"])
def test_a_socket_that_speaks_another_language_is_closed_and_others_are_served(
    site, lesson, spoken
):
    with channels(site, lesson) as good, channels(site, lesson, spoken) as other:
        with pytest.raises(ConnectionClosed):
            for _ in range(10):
                other.send(json.dumps({"channel": "shell", "header": {"msg_type": "comm_open"}}))
                other.recv(timeout=10)
        assert other.close_code == 1002
        assert get(site, "").status == 200
        assert answered(good)


@pytest.mark.parametrize(
    "bytes_",
    [b"", b"\xff" * 64, (2**40).to_bytes(8, "little") * 9, message("comm_open")[:-1], "{}"],
    ids=["nothing", "endless", "long", "cut", "text"],
)
def test_a_message_that_lies_about_its_length_ends_its_own_line_only(site, lesson, bytes_):
    assert not well_formed(bytes_) and well_formed(message("comm_open"))
    with channels(site, lesson) as good, channels(site, lesson) as bad:
        bad.send(bytes_)
        with pytest.raises(ConnectionClosed):
            while True:
                bad.recv(timeout=10)
        assert bad.close_code == 1002
        assert get(site, "").status == 200
        assert answered(good)


def test_a_message_that_is_too_large_ends_its_own_line_only(site, lesson):
    with channels(site, lesson) as good, channels(site, lesson) as bad:
        with pytest.raises(ConnectionClosed):
            bad.send(b"\0" * 10_000_001)
            bad.recv(timeout=10)
        assert bad.close_code in (1006, 1009)
        assert answered(good)
    form = get(site, "login", method="POST", Content_Length="100001")
    assert form.status in (400, 413)


def test_a_page_has_a_few_lines_to_its_kernel_and_no_more(site, lesson):
    with ExitStack() as stack:
        lines = [stack.enter_context(channels(site, lesson)) for _ in range(LINES + 1)]
        assert answered(lines[0])
        with pytest.raises(ConnectionClosed):
            while True:
                lines[-1].recv(timeout=10)
        assert lines[-1].close_code == 1013
    with channels(site, lesson) as line:
        assert answered(line)


def test_who_sends_without_end_is_hung_up_on_and_others_are_served(site, lesson):
    with channels(site, lesson) as good, channels(site, lesson) as bad:
        with pytest.raises(ConnectionClosed):
            for _ in range(6000):
                bad.send(message("comm_info_request"))
            while True:
                bad.recv(timeout=10)
        assert answered(good)


def test_code_that_is_sent_by_socket_is_not_run(site, lesson):
    ran = site.folder / "ran"
    with channels(site, lesson) as line:
        line.send(message("execute_request", code=f"open({str(ran)!r}, 'w')", silent=False))
        assert answered(line), "the line is alive, and the kernel has done what came before"
    assert not ran.exists()


def test_a_page_elsewhere_gets_neither_socket_nor_answer(site, lesson):
    with pytest.raises(InvalidStatus, match="403"):
        channels(site, lesson, origin="http://evil.example")
    assert get(site, "", Host="evil.example").status == 403
    assert get(site, LESSON, Host="evil.example").status == 403
    assert get(site, "", Host="127.0.0.1").status == 200
    farewell = get(site, f"voila/api/shutdown/{kernel_of(lesson.text)}", method="POST")
    assert farewell.status == 403, "no cookie, no farewell"


OUTSIDE = ["outside.txt", "etc/passwd"]
UPWARD = ["../", "..%2f", "%2e%2e/", "..%5c", "....//", "/", "%00/../", ".%252e/"]
DOORS = ["voila/files/", "voila/render/", "voila/tree/", "voila/static/", "voila/api/contents/"]
DOORS += ["voila/templates/lmmlab/static/", "voila/templates/", "voila/labextensions/", ""]


def test_no_path_leads_outside_and_no_odd_one_is_an_error_of_ours(site):
    for door in DOORS:
        for up in UPWARD:
            for outside in OUTSIDE:
                page = get(site, door + up * 8 + outside)
                assert page.status in (400, 403, 404), (door, up)
                assert SECRET not in page.text and "root:" not in page.text
    odd = ["x", "a/b/c", "a" * 3000, "%00", "%ff", "x%0d%0aSet-Cookie:%20a=b", "lmmlab", "~root"]
    for door in DOORS:
        for path in odd:
            page = get(site, door + path)
            assert page.status in (400, 403, 404), door + path
            assert page.headers["Set-Cookie"] is None or "a=b" not in page.headers["Set-Cookie"]


def test_files_beside_the_lessons_are_not_served(site):
    files = ["own.py", "class.csv", "notes.ipynb", ".hidden/k.png", "k.png", "05-shrinkage.ipynb"]
    for door in DOORS:
        for file in files:
            if door + file == LESSON:
                continue
            page = get(site, door + file + "?content=1")
            assert page.status in (302, 400, 403, 404), door + file
            assert SECRET not in page.text and "secret_name" not in page.text
    assert get(site, "voila/tree/05-shrinkage.ipynb").headers["Location"].startswith("/notebooks/")
    assert get(site, "api/kernels").status == 404, "nobody learns of others' kernels"


def test_every_answer_says_what_a_browser_must_not_do(site, lesson):
    paths = ["", "nosuch", "voila/static/voila.js", "lmmlab/picture/shrinkage-light.svg", "../x"]
    answers = [lesson, *(get(site, path) for path in paths)]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        policy = answer.headers["Content-Security-Policy"]
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in scripts and "http" not in scripts
        assert "frame-ancestors 'self'" in policy and "object-src 'none'" in policy


def test_many_visitors_end_at_the_places_and_are_told_what_to_do(site, lesson):
    def pythons():
        return [c for c in site.process.children(recursive=True) if "-f" in c.cmdline()]

    lines = []
    for _ in range(12):  # all at once: none waits for the answer to another
        line = http.client.HTTPConnection("localhost", site.port, timeout=60)
        line.request("GET", f"/{LESSON}")
        lines.append(line)
    answers = [line.getresponse() for line in lines]
    refused = [answer for answer in answers if answer.status == 503]
    assert [answer.status for answer in answers].count(200) == PLACES - 1, "one has the lesson"
    assert len(refused) == 12 - (PLACES - 1)
    assert len(pythons()) <= PLACES
    assert refused[0].headers["Retry-After"].isdigit()
    page = refused[0].read().decode()
    assert "All places are taken" in page and "Close those that you do not need" in page
    assert "static/again.js" in page
    assert get(site, "").status == 200, "the gallery needs no place"

    open_page = next(a for a in answers if a.status == 200).read().decode()
    cookie = next(a for a in answers if a.status == 200).headers["Set-Cookie"]
    assert cookie
    for line in lines:
        line.close()
    with channels(site, lesson) as one:
        assert answered(one), "who was there before is served"
    token = get(site, "").headers.get_all("Set-Cookie")
    pair = next(c.split(";")[0] for c in token if c.startswith("_xsrf="))
    left = get(
        site,
        f"voila/api/shutdown/{kernel_of(open_page)}?_xsrf={pair.removeprefix('_xsrf=')}",
        method="POST",
        Cookie=pair,
    )
    assert left.status == 204
    assert get(site, LESSON).status == 200, "a place that was left is free again"


def test_a_token_opens_and_nothing_else_does(start_server, free_port, tmp_path):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons/05-shrinkage.ipynb").write_text(notebook("1"))
    port = free_port()
    server(start_server, tmp_path / "lessons", port, token="class word")
    site = SimpleNamespace(port=port)
    for path in ("", LESSON, "voila/tree", "lmmlab/picture/shrinkage-light.svg"):
        for word in ("", "?token=", "?token=wrong"):
            assert get(site, path + word).status == 302
    for path in (f"api/kernels/{'1-' * 4}1", f"api/kernels/{'1-' * 4}1/channels"):
        assert get(site, path).status == 403
    login = get(site, "login?next=%2F")
    assert login.status == 200 and "The word, please" in login.text and "page.css" in login.text
    page = get(site, "?token=class%20word")
    assert page.status == 200
    cookies = [c.split(";")[0] for c in page.headers.get_all("Set-Cookie")]
    assert get(site, LESSON, Cookie="; ".join(cookies)).status == 200
