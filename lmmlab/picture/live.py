"""The live bench: sliders and pictures in the browser, one function of their values in Python.

The bench knows nothing of any lab: it calls ``show(values)`` and sends what comes back. Three
decisions, all from measurements, make it quick on an ordinary Jupyter server:

- The sliders stand inside the widget and speak by custom messages ``{v: values, n: number}``,
  with several under way, so that the rate is not one picture per round trip. The kernel keeps
  the newest values and refreshes once per turn of its event loop; a reply carries the newest `n`
  and so acknowledges all older ones.
- A reply holds one small buffer of coordinates, and of everything else (`structure`, axes,
  words ...) only the parts that differ from what was sent before. A browser that missed a reply
  sees a hole in the replies' numbers and asks for the whole.
- Every control is also a trait, so that ``bench.tau0 = 30`` and `ipywidgets.link` work. Values
  that come from the browser are set under a lock and not sent back: a thumb never jumps.

The state of the widget alone (`_about` and `_scene`) paints the first picture. `_scene` is never
sent by itself; whoever asks for the widget's state gets what is shown now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from lmmlab.engine.design import LARGEST, LMMError
from lmmlab.picture.control import Control, Value, checked, nearest
from lmmlab.picture.pack import pack
from lmmlab.picture.parts import NOTHING, parts
from lmmlab.picture.sheet import sheet
from lmmlab.picture.shown import Answer, Shown, TaskState
from lmmlab.picture.trait import ControlTrait

if TYPE_CHECKING:
    from lmmlab.teach.book import Book

__all__ = ["Answer", "Live", "Shown", "TaskState"]

_BROWSER = Path(__file__).parent / "browser"
# Joined they are one module, without a build step: a widget's script cannot import files.
_SCRIPTS = (
    "dom marks panel pictures wire connection controls question tasks links progress voice layout "
    "live"
).split()

RESERVED = frozenset({"theme", "template", "classic-tree", "token", "embed"})
"""Names that mean something else when they stand in a link."""

FAULT = "This state cannot be shown, which is a fault of the lab. Press reset to go on."


class Live(anywidget.AnyWidget):
    """A bench: controls, pictures, words and tasks that move together.

    Parameters
    ----------
    name : str
        Its name in links, ``"shrinkage"``.
    title, lead : str
        Heading, and one sentence under it.
    controls : sequence of Control
        What can be moved. Each becomes a synced trait of its name.
    show : callable
        Values to `Shown`, a pure function. An `LMMError` becomes the message; the last good
        picture stays, marked as stale.
    tasks : sequence of dict
        ``{"id", "kind": "predict", "number" or "do", "title", "text", ...}``, without answers;
        see `lmmlab.teach.tasks`. A question with a true "again" has others of its kind.
    answer : callable
        (id of a task, index of the choice or number, which attempt) to `Answer`; asked when a
        prediction is committed.
    again : callable
        Id of a task to another question of its kind.
    book : Book
        Where commitments and reached states are written down.
    values : mapping
        Where the sliders stand at the start, and after a reset.

    Raises
    ------
    traitlets.TraitError
        If a trait is set to a value that its control cannot take; the sentence says which it can.
    ValueError
        If a control has a name that the widget or a link needs for itself.
    """

    _esm = "\n".join([(_BROWSER / f"{name}.js").read_text("utf-8") for name in _SCRIPTS])
    _css = sheet() + (_BROWSER / "live.css").read_text("utf-8")

    _about = traitlets.Dict().tag(sync=True)
    _scene = traitlets.Dict().tag(sync=True, to_json=lambda _, bench: bench._whole())

    def __init__(
        self,
        *,
        name: str,
        title: str,
        controls: Sequence[Control],
        show: Callable[[dict[str, Value]], Shown],
        tasks: Sequence[Mapping[str, Any]] = (),
        answer: Callable[[str, Any, int], Answer] | None = None,
        again: Callable[[str], Mapping[str, Any]] | None = None,
        book: Book | None = None,
        lead: str = "",
        values: Mapping[str, Value] | None = None,
        **traits: Any,
    ) -> None:
        self._controls = {control.name: control for control in controls}
        for taken in self._controls:
            if taken in RESERVED or hasattr(type(self), taken):
                raise ValueError(f"A control cannot be called {taken!r}: the bench needs the name.")
        start = {control.name: control.default for control in controls} | dict(values or {})
        kept = {name: ControlTrait(self._controls[name], value) for name, value in start.items()}
        self._show, self._ask, self._again = show, answer, again
        self._asked = {t["id"]: t for t in tasks if t["kind"] != "do"}
        self._doing = [t["id"] for t in tasks if t["kind"] == "do"]
        self._book, self._name = book, name
        self._values = {name: checked(self._controls[name], start[name]) for name in start}
        self._news: dict[str, Value] = {}  # values that arrived and are not shown yet
        self._tell: dict[str, Value] = {}  # values that the browser does not know yet
        self._newest = 0  # number of the newest request
        self._count = 0  # number of the newest reply
        self._due = self._taking = False
        self._frame = b""
        self._parts: dict[str, Any] = dict(NOTHING)
        self.add_traits(**kept)
        self.observe(self._moved, names=list(kept))
        self._about = {
            "name": name,
            "title": title,
            "lead": lead,
            "controls": [
                asdict(control)
                | {"default": self._values[control.name], "whole": type(control.default) is int}
                for control in controls
            ],
            "tasks": [dict(task) for task in tasks],
        }
        self._look()
        self._open_book()
        self._sent = self._parts
        super().__init__(**traits)  # opens the comm: from here on the browser knows what is shown
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return f"<bench {self._about.get('name', '')}: {self._about.get('title', '')}>"

    def _heard(self, _: object, content: Any, buffers: object) -> None:
        """Take a request of the browser: values, a commitment, or the wish for everything."""
        if not isinstance(content, dict) or not isinstance(content.get("n"), int):
            return
        self._newest = content["n"]
        if content.get("full"):
            self._sent = {}
        given = content.get("v")
        values: dict[str, Any] = given if isinstance(given, dict) else {}
        for name, control in self._controls.items():
            taken = nearest(control, values[name]) if name in values else None
            if taken is not None:
                self._news[name] = taken
        if isinstance(content.get("task"), str):
            self._turn(content["task"], content)
        if self._book is not None and isinstance(content.get("progress"), dict):
            self._book.hear(content["progress"])
        self._soon()

    def _turn(self, task: str, content: Mapping[str, Any]) -> None:
        """Take a commitment or the wish for another question, each once though sent again."""
        known = self._parts["answers"].get(task, {})
        if task not in self._asked or content.get("turn", 0) != known.get("turn", 0):
            return
        if content.get("again") and self._again and self._asked[task].get("again"):
            self._asked[task] = dict(self._again(task)) | {"again": True}
            told: dict[str, Any] = {"asked": self._asked[task], "open": True}
        elif known.get("open", True) and self._can(task, content.get("choice")):
            told = self._commit(task, content["choice"], known.get("tries", 0) + 1)
        else:
            return
        if "asked" in known:
            told = {"asked": known["asked"]} | told
        told |= {"turn": known.get("turn", 0) + 1}
        self._parts = self._parts | {"answers": self._parts["answers"] | {task: told}}

    def _can(self, task: str, given: Any) -> bool:
        """Tell whether this is an answer at all, right or not."""
        asked = self._asked[task]
        if asked["kind"] == "number":
            return type(given) in (int, float) and abs(given) < LARGEST
        return type(given) is int and given in range(len(asked["choices"]))

    def _commit(self, task: str, given: Any, attempt: int) -> dict[str, Any]:
        """Answer a prediction and move to the values that show why."""
        told: dict[str, Any] = {"choice": given, "tries": attempt}
        try:
            if self._ask is None:
                raise LookupError("nobody answers")
            answer = self._ask(task, given, attempt)
            moves = {n: checked(self._controls[n], v) for n, v in (answer.values or {}).items()}
        except Exception:
            self.log.exception("The bench cannot answer %s to task %r.", given, task)
            answer, moves = Answer(False, "The answer is missing, which is a fault of the lab."), {}
        self._news |= moves
        self._tell |= moves
        told |= {"right": answer.right, "text": answer.text, "open": answer.open}
        if self._book is not None:
            choices = self._asked[task].get("choices")
            said = choices[given] if choices else f"{given:g}"
            about = (said, attempt, answer.right, answer.misconception)
            self._book.add(self._name, task, *about)
        return told | {"misconception": answer.misconception}

    def _open_book(self) -> None:
        """Write states down that were reached, and show what the book says."""
        if self._book is None:
            return
        for task, (done, _) in zip(self._doing, self._parts["states"], strict=False):
            if done:
                self._book.reach(self._name, task)
        self._parts = self._parts | {"progress": self._book.told()}

    def _moved(self, change: Any) -> None:
        """Follow a trait, whoever set it: the browser, code, or a link to another widget."""
        self._values[change["name"]] = change["new"]
        if not self._taking:
            self._soon()

    def _soon(self) -> None:
        """Refresh once, when all that has arrived by now is taken; at once without a loop."""
        if self._due:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._refresh()
        else:
            self._due = True
            loop.call_later(0, self._refresh)

    def _refresh(self) -> None:
        """Show the newest values and tell the browser what has changed."""
        started = perf_counter()
        self._due = False
        news, self._news = self._news, {}
        self._take(news)
        drawn = self._look()
        self._open_book()
        told = {key: part for key, part in self._parts.items() if self._sent.get(key) != part}
        if not self._sent:
            told["whole"] = drawn = True
            self._tell = dict(self._values)
        if self._tell:
            told["values"], self._tell = self._tell, {}
        self._sent = self._parts
        self._count += 1
        told |= {"k": self._count, "n": self._newest}
        told["ms"] = round(1e3 * (perf_counter() - started), 1)
        self.send(told, [self._frame] if drawn else [])

    def _take(self, values: Mapping[str, Value]) -> None:
        """Set traits without telling the browser, which knows these values or is told by reply."""
        self._taking = True
        try:
            with self._lock_property(**values), self.hold_trait_notifications():
                for name, value in values.items():
                    self.set_trait(name, value)
        finally:
            self._taking = False

    def _look(self) -> bool:
        """Call `show` and keep what it gives as the parts of a reply; False if it gave nothing."""
        try:
            shown = self._show(dict(self._values))
            told = parts(shown)
            frame = pack(shown.picture)
            corrected = {k: v for k, v in shown.values.items() if self._values[k] != v}
            self._take(corrected)
        except LMMError as error:
            told = {"message": str(error), "stale": True}
        except Exception:
            self.log.exception("The bench cannot show %s.", self._values)
            told = {"message": FAULT, "stale": True}
        else:
            self._frame = frame
            self._tell |= corrected
        self._parts = self._parts | told
        return not told["stale"]

    def _whole(self) -> dict[str, Any]:
        """Give all that is shown now; with it a page paints its first picture."""
        return self._parts | {"k": self._count, "n": self._newest, "frame": self._frame}
