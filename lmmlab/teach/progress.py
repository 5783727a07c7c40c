"""Progress: what a student has answered, as records that can be kept, sent and joined.

A record is one commitment, or a state that was reached. Records are only ever added, so joining two
files is the union of their records: in any order, as often as one likes, with the same result. A
file says nothing of who the student is; its name may.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from lmmlab.engine.design import LMMError

FORMAT = "lmmlab progress"
VERSION = 1
LARGEST = 2_000_000
"""Characters of the longest file that is read."""
LONGEST = 300
"""Characters of the longest text in a record."""


@dataclass(frozen=True, order=True)
class Record:
    """One commitment or one state reached; `attempts` counts those at the same question so far.

    `when` is the time in UTC, ``"2026-03-01T10:00:00.000Z"``. `misconception` is empty where the
    answer is right or the error has no known cause.
    """

    when: str
    lesson: str
    lab: str
    task: str
    attempts: int
    choice: str
    right: bool
    misconception: str


Records = tuple[Record, ...]


def merge(*many: Iterable[Record]) -> Records:
    """Join records, each once, the oldest first.

    Examples
    --------
    >>> a = Record("2026-03-01T10:00:00.000Z", "05", "shrinkage", "pull", 1, "0", False, "a reward")
    >>> merge([a], [a]) == (a,)
    True
    """
    return tuple(sorted({record for records in many for record in records}))


def write(records: Iterable[Record]) -> str:
    """Write records as the text of a file, one a line."""
    lines = ",\n".join(json.dumps(asdict(r), ensure_ascii=False) for r in merge(records))
    return f'{{"format": "{FORMAT}", "version": {VERSION}, "records": [\n{lines}\n]}}\n'


def read(text: str) -> Records:
    """Read the text of a file.

    Raises
    ------
    LMMError
        With a sentence, if it is damaged, too long, or something else.
    """
    if len(text) > LARGEST:
        raise LMMError("It is too long for a progress file.")
    try:
        content = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        raise LMMError("It is not a progress file, or it is damaged: it is no JSON.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise LMMError("It is not a progress file of lmmlab.")
    version, records = content.get("version"), content.get("records")
    if type(version) is not int or version < 1 or not isinstance(records, list):
        raise LMMError("It is a damaged progress file: its version or its records are missing.")
    if version > VERSION:
        raise LMMError("It was written by a newer lmmlab; this one cannot read it.")
    return merge(_record(content, number) for number, content in enumerate(records, 1))


def now(moment: datetime) -> str:
    """Write a moment of UTC as records have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _record(content: Any, number: int) -> Record:
    """Check one record; what else it holds is left out."""
    kinds = {"bool": bool, "int": int, "str": str}
    damaged = LMMError(f"It is a damaged progress file: record {number} cannot be read.")
    if not isinstance(content, dict):
        raise damaged
    taken: dict[str, Any] = {field.name: content.get(field.name) for field in fields(Record)}
    for field in fields(Record):
        if type(taken[field.name]) is not kinds[str(field.type)]:
            raise damaged
    record = Record(**taken)
    try:
        datetime.strptime(record.when, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        raise damaged from None
    texts = (value for value in taken.values() if isinstance(value, str))
    if not 1 <= record.attempts <= 1_000_000 or max(map(len, texts)) > LONGEST:
        raise damaged
    return record
