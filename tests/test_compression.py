"""A file is compressed once, and arrives whole, whoever asks, hangs up or comes at once."""

import gzip

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from lmmlab.page.compression import CompressedOnce

FILE = [b"let x = 1;\n" * 3000, b"x += 2;\n" * 3000, b""]  # as a handler sends it, with its end
SIZE = sum(map(len, FILE))


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(CompressedOnce, "kept", {})


class Answer:
    """One answer on its way to a browser."""

    def __init__(self, method="GET", status=200, accepts="gzip", **headers):
        line = RequestStartLine(method, "/a.js", "HTTP/1.1")
        asked = HTTPServerRequest(
            headers=HTTPHeaders({"Host": "here", "Accept-Encoding": accepts}), start_line=line
        )
        self.transform = CompressedOnce(asked)
        self.status = status
        self.headers = HTTPHeaders({"Content-Type": "text/javascript"})
        self.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        self.sent = []

    def send(self, chunk, finishing=False):
        if self.sent:
            self.sent.append(self.transform.transform_chunk(chunk, finishing))
        else:
            _, self.headers, first = self.transform.transform_first_chunk(
                self.status, self.headers, chunk, finishing
            )
            self.sent.append(first)
        return self

    def body(self):
        body = b"".join(self.sent)
        return gzip.decompress(body) if "Content-Encoding" in self.headers else body


def file(etag='"1"', size=SIZE, **more):
    return Answer(Etag=etag, Last_Modified="today", Content_Length=str(size), **more)


def send(answer, chunks=FILE):
    for chunk in chunks[:-1]:
        answer.send(chunk)
    return answer.send(chunks[-1], finishing=True)


def test_a_file_is_compressed_once_and_arrives_whole():
    first, second = send(file()), send(file())
    assert first.body() == second.body() == b"".join(FILE)
    assert list(CompressedOnce.kept) == ['"1"']
    assert b"".join(second.sent) == CompressedOnce.kept['"1"']
    assert second.headers["Vary"] == "Accept-Encoding"
    assert "Content-Length" not in second.headers  # it was that of the file


def test_what_is_kept_is_sent_without_looking_at_the_file():
    send(file())
    known = send(file(), [b"anything", b"else" * 9999, b""])
    assert known.body() == b"".join(FILE)


def test_a_file_that_has_changed_is_another_one():
    send(file())
    changed = send(file('"2"', 12), [b"let y = 2;\n\n", b""])
    assert changed.body() == b"let y = 2;\n\n"
    assert send(file()).body() == b"".join(FILE)


def test_two_who_ask_at_once_both_get_it_whole():
    early, late = file(), file()
    early.send(FILE[0])
    late.send(FILE[0])
    early.send(FILE[1]).send(b"", finishing=True)
    late.send(FILE[1]).send(b"", finishing=True)
    assert early.body() == late.body() == b"".join(FILE)


def test_half_of_a_file_is_not_kept():
    file().send(FILE[0]).send(b"", finishing=True)  # as Tornado ends when somebody hangs up
    assert CompressedOnce.kept == {}
    assert send(file()).body() == b"".join(FILE)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda: file(status=206), id="a part"),
        pytest.param(lambda: Answer(Etag='"1"', Content_Length=str(SIZE)), id="a page"),
        pytest.param(
            lambda: Answer(Last_Modified="today", Content_Length=str(SIZE)), id="without a name"
        ),
        pytest.param(lambda: file(accepts="identity"), id="who does not want it"),
        pytest.param(lambda: file(method="HEAD"), id="its header alone"),
    ],
)
def test_what_is_no_whole_file_is_not_kept(answer):
    assert send(answer()).body() == b"".join(FILE)
    assert CompressedOnce.kept == {}


def test_who_does_not_want_it_compressed_gets_the_file():
    send(file())
    plain = send(file(accepts="identity"))
    assert "Content-Encoding" not in plain.headers
    assert plain.body() == b"".join(FILE)


def test_pictures_that_are_compressed_already_are_left_alone():
    picture = file(Content_Type="image/png")
    assert send(picture).body() == b"".join(FILE)
    assert CompressedOnce.kept == {}
