"""Compression: a file is compressed once, not for every visitor.

A lesson's page loads some ninety scripts. To compress them takes the server longer than to send
them, and thirty students who come at once would wait for it thirty times.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

from tornado.httputil import HTTPHeaders
from tornado.web import GZipContentEncoding

PIECE = 65_536  # bytes of a file that are sent at a time
BEGIN, END = b"\x1f\x8b\x08\0\0\0\0\0\0\xff", b"\x03\0"  # of what is compressed (RFC 1952, 1951)


@lru_cache(maxsize=400)  # pages need 143, 6 MB; no files make it more than 52
def packed(piece: bytes) -> bytes:
    """Compress a piece; it may follow any other."""
    gzip = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return gzip.compress(piece) + gzip.flush(zlib.Z_SYNC_FLUSH)


class CompressedOnce(GZipContentEncoding):
    """Compresses what is sent, and keeps what became of the pieces of files.

    A piece is known by all that is in it, not by its file's Etag: Tornado's stays when the file
    changes, and the widgets' scripts have none.
    """

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Compress the beginning."""
        self._file = status_code == 200 and "Accept-Ranges" in headers  # not a page, not a part
        self._begin, self._sum, self._size = BEGIN, 0, 0
        return super().transform_first_chunk(status_code, headers, chunk, finishing)

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        """Compress what comes next."""
        if not (self._gzipping and self._file):
            return super().transform_chunk(chunk, finishing)
        pieces = (chunk[i : i + PIECE] for i in range(0, len(chunk), PIECE))
        parts = [self._begin, *map(packed, pieces)]
        self._begin = b""
        self._sum = zlib.crc32(chunk, self._sum)
        self._size += len(chunk)
        if finishing:
            parts += [END, self._sum.to_bytes(4, "little")]
            parts += [(self._size % 2**32).to_bytes(4, "little")]
        return b"".join(parts)
