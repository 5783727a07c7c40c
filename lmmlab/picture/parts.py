"""The parts of a reply: all that a bench shows but the coordinates, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lmmlab.picture.pack import axes, labels, structure
from lmmlab.picture.shown import Shown
from lmmlab.picture.words import spans

NOTHING: Mapping[str, Any] = {
    "structure": [],
    "axes": [],
    "labels": [],
    "chosen": "",
    "hover": False,
    "words": [],
    "equation": [],
    "message": "",
    "line": "",
    "states": [],
    "notes": {},
    "headings": {},
    "answers": {},
    "progress": {},
    "stale": True,
}
"""The parts of a reply, before anything was shown."""


def parts(shown: Shown) -> dict[str, Any]:
    """Give the parts that follow from what a lab shows."""
    return {
        "structure": structure(shown.picture),
        "axes": axes(shown.picture),
        "labels": labels(shown.picture),
        "chosen": shown.picture.chosen,
        "hover": shown.picture.hover,
        "words": [spans(sentence) for sentence in shown.words],
        "equation": spans(shown.equation),
        "message": shown.message,
        "line": shown.line,
        "states": [[state.done, state.note] for state in shown.tasks],
        "notes": dict(shown.notes),
        "headings": dict(shown.headings),
        "stale": False,
    }
