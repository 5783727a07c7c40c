"""Doors: what the server answers to whom, and what stays shut."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import HTTPError, OutputTransform
from voila.tornado.handler import TornadoVoilaHandler

from lmmlab.app import LESSONS
from lmmlab.page.compression import CompressedOnce

RETRY = 20  # seconds after which a page without a place is told to ask again

# Nothing that we serve has such a path: steps upward, hidden files, and what is written in a way
# that only somebody who is trying doors would write.
ODD_PATH = r"(?i).*(?:/(?:\.|%2e)|%00|%2f|%5c|\\).*"

# A script runs from our own files, and from a blob that one of these makes of a widget's code
# (anywidget). Text that somebody slips into a page never does; the one that Voila writes while a
# cell takes long is known by its hash. Styles are written by the widgets.
HEARTBEAT = b64encode(sha256(b"window.voila_heartbeat()").digest()).decode()
POLICY = "; ".join(
    [
        "default-src 'self'",
        f"script-src 'self' blob: 'sha256-{HEARTBEAT}'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # an address may have a token in it
    "Content-Security-Policy": POLICY,
}


class SafeHeaders(OutputTransform):
    """Says in the header of every answer what a browser must not do with it."""

    def __init__(self, request: HTTPServerRequest) -> None:
        pass

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Set the headers; no handler knows better."""
        for name, value in HEADERS.items():
            headers[name] = value
        return status_code, headers, chunk


class Nothing(JupyterHandler):
    """Says that there is nothing here."""

    @allow_unauthenticated
    async def get(self, *path: str) -> None:
        """Refuse, whatever is asked for and by whom."""
        raise HTTPError(404)


class LessonHandler(TornadoVoilaHandler):
    """Runs the lessons of our list, and nothing else that lies in their folder."""

    async def prepare(self) -> None:
        """Refuse every other path as if nothing were there."""
        await super().prepare()
        if self.path_args[0] not in {f"{name}.ipynb" for name in LESSONS}:
            raise HTTPError(404)

    def write_error(self, status_code: int, **details: Any) -> None:
        """Say when to ask again, if there is no place now."""
        if status_code == 503:
            self.set_header("Retry-After", str(RETRY))
        super().write_error(status_code, **details)


def doors(routes: list[Any], base_url: str) -> list[Any]:
    """Return routes of Voila as we open them.

    Parameters
    ----------
    routes : list
        Pattern, handler and perhaps options of each.
    base_url : str
        Where the server begins.
    """
    shut = tuple(url_path_join(base_url, path) for path in ("/voila/api/contents", "/voila/files"))
    templates = url_path_join(base_url, "/voila/templates/")
    opened = [(ODD_PATH, Nothing)]
    for pattern, handler, *options in routes:
        if pattern.startswith(shut):
            continue
        if pattern.startswith(templates):  # other paths are errors in Voila
            pattern = templates + r"([\w-]+/static/.+)"
        handler = LessonHandler if handler is TornadoVoilaHandler else handler
        opened.append((pattern, handler, *options))
    return opened


TRANSFORMS = [SafeHeaders, CompressedOnce]
