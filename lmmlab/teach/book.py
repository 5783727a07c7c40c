"""The book: the progress of one student in this process, which all benches write into.

In Jupyter it is a file beside the notebook. A kernel of Voila keeps no file, for it serves a
stranger: the browser brings what it has kept, and is told what to keep.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from lmmlab.engine.design import LMMError
from lmmlab.teach.progress import LONGEST, Record, Records, merge, now, read, write

NAME = "lmmlab-progress.json"


class Book:
    """The records, and where they are kept.

    Parameters
    ----------
    path : Path or None
        The file; None keeps them in memory alone, until the browser has stored them.
    lesson : str
        The name of the notebook, where it is known.
    """

    def __init__(self, path: Path | None, lesson: str = "") -> None:
        self.path, self.lesson = path, lesson
        self.records: Records = ()
        self.trouble = ""
        self.ready = path is not None  # what was kept before is here
        self._told: dict[str, Any] | None = None
        if path is not None:
            self._load()

    def told(self) -> dict[str, Any]:
        """Give what a browser shows and stores."""
        if self._told is not None:
            return self._told
        right = {(r.lab, r.task) for r in self.records if r.right}
        self._told = {
            "text": write(self.records),
            "count": len({(r.lesson, r.lab, r.task) for r in self.records}),
            "right": sorted(map(list, right)),
            "file": self.path.name if self.path else "",
            "ready": self.ready,
            "trouble": self.trouble,
        }
        return self._told

    def add(
        self, lab: str, task: str, choice: str, attempts: int, right: bool, misconception: str
    ) -> None:
        """Write one commitment down."""
        moment, short = now(datetime.now(UTC)), slice(LONGEST)
        record = Record(
            moment, self.lesson, lab, task, attempts, choice[short], right, misconception[short]
        )
        self._keep([record])

    def reach(self, lab: str, task: str) -> None:
        """Write down that a state was reached, the first time."""
        if not any((r.lab, r.task, r.right) == (lab, task, True) for r in self.records):
            self.add(lab, task, "", attempts=1, right=True, misconception="")

    def hear(self, said: Mapping[str, Any]) -> None:
        """Take what a browser brings: what it has kept, a file, or the wish to erase."""
        if isinstance(said.get("lesson"), str) and not self.lesson:
            self.lesson = said["lesson"][:LONGEST]
        self.trouble, self._told = "", None
        if said.get("erase"):
            self._erase()
        elif isinstance(said.get("text"), str):
            try:
                brought = read(said["text"])
            except LMMError as error:
                whose = "The progress kept in this browser" if said.get("kept") else "This file"
                self.trouble = f"{whose} cannot be used. {error}"
            else:
                self._keep(brought)
        self.ready = True

    def _load(self) -> bool:
        """Read the file, which another notebook may have written; False if it cannot be used."""
        if self.path is None or not self.path.exists():
            return True
        try:
            self.records = merge(self.records, read(self.path.read_text("utf-8")))
        except (LMMError, OSError, UnicodeDecodeError) as error:
            why = error if isinstance(error, LMMError) else "It cannot be read."
            self.trouble = (
                f"{self.path.name} beside this notebook is left as it is, and nothing is saved. "
                f"{why} Give it another name."
            )
            return False
        return True

    def _keep(self, news: Records | list[Record]) -> None:
        known, self._told = self._load(), None
        self.records = merge(self.records, news)
        if known:
            self._save()

    def _erase(self) -> None:
        known, self._told = self._load(), None
        self.records = ()
        if known:
            self._save()

    def _save(self) -> None:
        """Write the file at one stroke: it is never half a file."""
        if self.path is None:
            return
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            beside.write_text(write(self.records), "utf-8")
            beside.replace(self.path)
        except OSError as error:
            self.trouble = f"Progress cannot be saved in {self.path.name}: {error.strerror}."


@cache
def book() -> Book:
    """Open the book of this process: a file only in a notebook's own kernel."""
    in_notebook = "JPY_PARENT_PID" in os.environ and "VOILA_KERNEL_ID" not in os.environ
    lesson = Path(os.environ.get("JPY_SESSION_NAME", "")).stem if in_notebook else ""
    return Book(Path(NAME).absolute() if in_notebook else None, lesson)
