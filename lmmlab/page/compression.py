"""Compression: a file is compressed once, not for every visitor.

A lesson's page loads some ninety scripts. To compress them takes the server longer than to send
them, and thirty students who come at once would wait for it thirty times.
"""

from __future__ import annotations

from typing import ClassVar

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import GZipContentEncoding


class CompressedOnce(GZipContentEncoding):
    """Compresses what is sent, and keeps what became of a file.

    A file is known by its Etag, a hash of what is in it: a file that has changed is another one.
    All that pages are made of is kept in some 2 MB.
    """

    kept: ClassVar[dict[str, bytes]] = {}

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._get = request.method == "GET"
        self._name = ""  # of the file, if this is one
        self._missing = 0  # bytes of it
        self._known: bytes | None = None  # what was kept, until it is sent
        self._parts: list[bytes] = []  # what is to be kept

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Compress the beginning, or send all that is known."""
        if self._get and status_code == 200 and "Last-Modified" in headers:  # a whole file
            self._name = headers.get("Etag", "")
            self._missing = int(headers.get("Content-Length", 0))
            self._known = self.kept.get(self._name)
        return super().transform_first_chunk(status_code, headers, chunk, finishing)

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        """Compress a part, or send nothing after what is known."""
        if self._gzipping and self._known is not None:
            known, self._known = self._known, b""
            return known
        packed = super().transform_chunk(chunk, finishing)
        if self._gzipping and self._name:
            self._parts.append(packed)
            self._missing -= len(chunk)
            if finishing and not self._missing:  # or somebody has hung up in the middle
                self.kept[self._name] = b"".join(self._parts)
        return packed
