"""Sentences that carry numbers and colours: ``"gets [2.9 ms](person) faster"``.

The words of a scene are plain strings in which ``[text](role)`` marks a piece that belongs to a
role of the picture. The bench colours it, everything else reads the plain text.
"""

from __future__ import annotations

import re

_MARKED = re.compile(r"\[([^\[\]]*)\]\(([a-z0-9:]+)\)")


def spans(text: str) -> list[tuple[str, str]]:
    """Cut marked text into (piece, role) pairs; unmarked pieces have the role "".

    Examples
    --------
    >>> spans("got [2.9 ms](person) faster")
    [('got ', ''), ('2.9 ms', 'person'), (' faster', '')]
    """
    pieces, at = [], 0
    for match in _MARKED.finditer(text):
        if match.start() > at:
            pieces.append((text[at : match.start()], ""))
        pieces.append((match[1], match[2]))
        at = match.end()
    if at < len(text):
        pieces.append((text[at:], ""))
    return pieces


def plain(text: str) -> str:
    """Give marked text without its marks.

    Examples
    --------
    >>> plain("got [2.9 ms](person) faster")
    'got 2.9 ms faster'
    """
    return _MARKED.sub(r"\1", text)
