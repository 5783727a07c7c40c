"""The class: many progress files, one table of who did what, and which misconceptions are common.

The name of a file is the name of its student. `page` is the teacher's view in a notebook; all the
rest is plain functions of texts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmmlab.engine.design import LMMError
from lmmlab.teach.progress import Records, read

if TYPE_CHECKING:
    from ipywidgets import VBox


@dataclass(frozen=True)
class Done:
    """What one student did with one task: how often, whether it came right, what was believed."""

    student: str
    lesson: str
    lab: str
    task: str
    attempts: int
    right: bool
    first: str
    misconceptions: str
    last: str


@dataclass(frozen=True)
class Belief:
    """A misconception at a task: how many students had it, of how many who answered."""

    lesson: str
    lab: str
    task: str
    misconception: str
    students: int
    answered: int


def read_class(texts: Mapping[str, str]) -> tuple[dict[str, Records], list[str]]:
    """Read the files of a class.

    Parameters
    ----------
    texts : mapping
        Name of a student to the text of the file.

    Returns
    -------
    students : dict
        Name to records, of the files that can be read.
    sentences : list of str
        One for each of the others.
    """
    students: dict[str, Records] = {}
    sentences = []
    for name, text in sorted(texts.items()):
        try:
            students[name] = read(text)
        except LMMError as error:
            sentences.append(f"The file of {name} is left out. {error}")
    return students, sentences


def read_folder(folder: str | Path) -> tuple[dict[str, Records], list[str]]:
    """Read all progress files (``*.json``) of a folder, see `read_class`.

    Raises
    ------
    LMMError
        If there is no such folder, or none of these files in it.
    """
    files = sorted(Path(folder).glob("*.json"))
    if not files:
        raise LMMError(f"There are no .json files in {folder}.")
    return read_class({file.stem: decoded(file.read_bytes()) for file in files})


def table(students: Mapping[str, Records]) -> list[Done]:
    """Tell who did what: a row for each student and task, in the order of names and tasks."""
    rows = []
    for student, records in sorted(students.items()):
        tasks = sorted({(r.lesson, r.lab, r.task) for r in records})
        for key in tasks:
            own = [r for r in records if (r.lesson, r.lab, r.task) == key]  # the oldest first
            beliefs = dict.fromkeys(r.misconception for r in own if r.misconception)
            rows.append(
                Done(
                    student, *key,
                    attempts=len(own),
                    right=any(r.right for r in own),
                    first=own[0].choice,
                    misconceptions="; ".join(beliefs),
                    last=own[-1].when,
                )
            )  # fmt: skip
    return rows


def beliefs(students: Mapping[str, Records]) -> list[Belief]:
    """Tell which misconceptions are common, the commonest first; a student counts once for each."""
    answered: dict[tuple[str, str, str], set[str]] = {}
    had: dict[tuple[str, str, str, str], set[str]] = {}
    for student, records in students.items():
        for r in records:
            answered.setdefault((r.lesson, r.lab, r.task), set()).add(student)
            if r.misconception:
                had.setdefault((r.lesson, r.lab, r.task, r.misconception), set()).add(student)
    rows = [Belief(*key, len(who), len(answered[key[:3]])) for key, who in had.items()]
    return sorted(rows, key=lambda b: (-b.students, b.lesson, b.lab, b.task, b.misconception))


def to_csv(rows: Sequence[Done] | Sequence[Belief]) -> str:
    """Write rows as CSV. No cell begins like a formula, which a spreadsheet would run."""
    file = io.StringIO()
    if rows:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(rows[0]))
        writer.writerows([tame(cell) for cell in asdict(row).values()] for row in rows)
    return file.getvalue()


def page() -> VBox:
    """Show the teacher's page: upload progress files, see the class, download two CSV files."""
    from lmmlab.teach._page import page

    return page()


def decoded(content: bytes) -> str:
    """Read the bytes of a file; what is no text becomes one that no progress file is."""
    return content.decode("utf-8", errors="replace")


def tame(cell: Any) -> Any:
    """Give a cell as a spreadsheet may have it."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    starts = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if starts else cell
