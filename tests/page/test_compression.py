"""A file is compressed once, and arrives whole, whoever asks, hangs up or comes at once."""

import asyncio
import gzip
import http.client
import os
import random
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler, StaticFileHandler

from lmmlab.page.compression import PIECE, packed
from lmmlab.page.doors import TRANSFORMS

SCRIPT = b"".join(b"let x%d = %d;\n" % (i, i * i) for i in range(20_000))
NOISE = random.Random(1).randbytes(3 * PIECE)
FILES = {
    "empty.js": b"",
    "short.js": b"x",
    "script.js": SCRIPT,
    "noise.js": NOISE,
    "large.css": NOISE * 40,  # more than sockets hold
    "font.woff": NOISE[:5000],
    **{f"{size}.js": SCRIPT[:size] for size in (PIECE - 1, PIECE, PIECE + 1, 2 * PIECE)},
}


class Page(RequestHandler):
    """What is no file, in one piece or in two."""

    def get(self, name):
        self.set_header("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
        self.write(SCRIPT)
        if name == "two":
            self.flush()
        self.write(SCRIPT)


class AllAtOnce(RequestHandler):
    """A file that its handler does not read piece by piece."""

    def get(self):
        self.set_header("Accept-Ranges", "bytes")
        self.write(SCRIPT)


@pytest.fixture(autouse=True)
def nothing_kept():
    packed.cache_clear()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder and port of a server that compresses as ours does."""
    folder = tmp_path_factory.mktemp("site")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    files = (r"/(.*)", StaticFileHandler, {"path": folder})
    app = Application(
        [(r"/page/(.*)", Page), ("/at-once", AllAtOnce), files],
        transforms=TRANSFORMS,
        log_function=lambda handler: None,
    )
    (line,) = bind_sockets(0, "127.0.0.1")
    started = []

    async def run():
        end = asyncio.Event()
        started.extend([asyncio.get_running_loop(), end])
        server = HTTPServer(app)
        server.add_socket(line)
        await end.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    yield folder, line.getsockname()[1]
    loop, end = started
    loop.call_soon_threadsafe(end.set)
    thread.join()


@pytest.fixture
def ask(site):
    """A function that gives status, headers and the body as it was before compression."""

    def ask(name, method="GET", **headers):
        line = http.client.HTTPConnection("127.0.0.1", site[1], timeout=20)
        asked = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request(method, f"/{name}", headers={"Accept-Encoding": "gzip", **asked})
        answer = line.getresponse()
        body = answer.read()
        line.close()
        if answer.headers["Content-Encoding"] == "gzip" and method != "HEAD":
            body = gzip.decompress(body)
        return answer.status, answer.headers, body

    return ask


def compressed():
    """How many pieces have been compressed and kept so far."""
    return packed.cache_info().misses


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_compressed_once_and_arrives_whole(ask, name):
    _, headers, first = ask(name)
    once = compressed()
    _, _, second = ask(name)
    plain = ask(name, Accept_Encoding="identity")
    assert first == second == plain[2] == FILES[name]
    assert compressed() == once
    assert headers["Vary"] == plain[1]["Vary"] == "Accept-Encoding"
    assert plain[1]["Content-Encoding"] is None
    scripts = name != "font.woff" and FILES[name]
    assert headers["Content-Encoding"] == ("gzip" if scripts else None)
    assert (once > 0) == bool(scripts)


def test_a_file_that_has_changed_is_another_one(site, ask):
    file = site[0] / "changes.js"
    for content in (b"let y = 1;\n" * 9999, b"let y = 2;\n" * 9999):  # as large and as old
        file.write_bytes(content)
        os.utime(file, (1e9, 1e9))
        assert ask("changes.js")[2] == content


def test_files_that_begin_alike_are_not_taken_for_each_other(ask):
    for name in ("script.js", f"{PIECE}.js", f"{2 * PIECE}.js", "large.css"):
        assert ask(name)[2] == FILES[name]


def test_many_who_ask_at_once_all_get_it_whole(ask):
    names = list(FILES) * 6
    with ThreadPoolExecutor(12) as class_room:
        bodies = list(class_room.map(lambda name: ask(name)[2], names))
    assert bodies == [FILES[name] for name in names]


def test_who_hangs_up_in_the_middle_spoils_nothing(site, ask):
    request = b"GET /large.css HTTP/1.1\r\nHost: here\r\nAccept-Encoding: gzip\r\n\r\n"
    for length in range(1, 20):
        with socket.create_connection(("127.0.0.1", site[1])) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
            line.sendall(request)
            line.recv(1000 * length)
    assert ask("large.css")[2] == FILES["large.css"]


def test_an_old_client_without_chunks_gets_it_whole(site):
    for request in (b"GET /script.js HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n",) * 2:
        with socket.create_connection(("127.0.0.1", site[1]), timeout=20) as line:
            line.sendall(request)
            answer = b"".join(iter(lambda line=line: line.recv(PIECE), b""))
        assert gzip.decompress(answer.partition(b"\r\n\r\n")[2]) == SCRIPT


def test_a_header_alone_is_that_of_the_file(ask):
    status, headers, body = ask("script.js", method="HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(len(SCRIPT)), b"")
    assert compressed() == 0


def test_who_has_the_file_already_is_told_so(ask):
    name = ask("script.js")[1]["Etag"]
    status, headers, body = ask("script.js", If_None_Match=name)
    assert (status, body) == (304, b"")
    assert headers["Content-Encoding"] is None
    assert ask("script.js", If_None_Match='"another"')[2] == SCRIPT


def test_a_part_of_a_file_is_that_part_and_is_not_kept(ask):
    ask("script.js")
    once = compressed()
    for start in range(1, 5):  # else anybody could push out what is kept
        status, _, body = ask("script.js", Range=f"bytes={start}-{PIECE}")
        assert (status, body) == (206, SCRIPT[start : PIECE + 1])
    assert compressed() == once


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_page_is_compressed_and_not_kept(ask, name):
    _, headers, body = ask(f"page/{name}")
    assert headers["Content-Encoding"] == "gzip"
    assert body == SCRIPT * 2
    assert compressed() == 0


def test_no_piece_that_is_kept_is_large(ask):
    assert ask("at-once")[2] == SCRIPT
    assert compressed() == -(-len(SCRIPT) // PIECE)
