"""The teacher's page, of ordinary widgets. What files say is shown as text, never as markup."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import fields
from pathlib import PurePath
from typing import Any

import ipywidgets as w

from lmmlab.teach.classroom import beliefs, decoded, read_class, table, tame, to_csv

STYLE = """<style>
.widget-html-content:has(.lmm-class) { min-width: 0; }
.lmm-class :is(p, td, th) { line-height: 1.5; white-space: normal; }
.lmm-class div { overflow-x: auto; }
.lmm-class table { border-collapse: collapse; }
.lmm-class :is(td, th) {
  padding: 4px 16px 4px 0; min-width: 11ch; text-align: left; vertical-align: baseline;
  border-bottom: 1px solid color-mix(in srgb, currentcolor 20%, transparent);
}
</style>"""
ASK = (
    "Choose the progress files of your students; the name of a file is the student's name. "
    "A file may have 2 MB, and all that you choose at once 8 MB: more does not arrive here."
)


def page() -> w.VBox:
    """Make the page; files that are chosen join those before them."""
    texts: dict[str, str] = {}
    files = w.FileUpload(accept=".json", multiple=True, description="Add files")
    clear = w.Button(description="Start anew")
    shown = w.HTML(_whole(f"<p>{ASK}</p>"))

    def show() -> None:
        students, sentences = read_class(texts)
        common, done = beliefs(students), table(students)
        parts = [f"<p>{html.escape(sentence)}</p>" for sentence in sentences]
        parts += [f"<p>{_count(len(students), 'student')}, {_count(len(done), 'row')}.</p>"]
        parts += [_html("Common misconceptions", common), _link(common, "misconceptions")]
        parts += [_html("Who did what", done), _link(done, "class")]
        shown.value = _whole(*parts) if texts else _whole(f"<p>{ASK}</p>")

    def add(_: Any) -> None:
        for file in files.value:
            texts[PurePath(file.name).stem] = decoded(bytes(file.content))
        show()

    def forget(_: Any) -> None:
        texts.clear()
        show()

    files.observe(add, "value")
    clear.on_click(forget)
    return w.VBox([w.HBox([files, clear]), shown])


def _whole(*parts: str) -> str:
    return f'{STYLE}<div class="lmm-class">{"".join(parts)}</div>'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _html(title: str, rows: Sequence[Any]) -> str:
    """Show a table under its title; a wide one scrolls, with the keyboard too."""
    if not rows:
        return f"<h2>{title}</h2><p>None.</p>"
    names = [field.name for field in fields(rows[0])]
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(getattr(r, n)))}</td>" for n in names) + "</tr>"
        for r in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    place = f'<div role="region" aria-label="{title}" tabindex="0">'
    return f"<h2>{title}</h2>{place}{table}</div>"


def _cell(value: Any) -> str:
    return str(tame(value)) if isinstance(value, bool) else str(value)


def _link(rows: Sequence[Any], name: str) -> str:
    content = base64.b64encode(to_csv(rows).encode("utf-8-sig")).decode()
    return f'<p><a download="{name}.csv" href="data:text/csv;base64,{content}">{name}.csv</a></p>'
