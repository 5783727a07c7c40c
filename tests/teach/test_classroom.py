"""A class table from many files, some of them damaged, foreign or hostile."""

import csv
import io
from dataclasses import replace
from datetime import datetime

import pytest
from traitlets import Bunch

from lmmlab.engine.design import LMMError
from lmmlab.teach import classroom
from lmmlab.teach.progress import Record, write

WRONG = Record(
    "2026-03-01T10:00:00.000Z", "05-shrinkage", "shrinkage", "halve-sigma", 1, "They grow",
    False, "a better model pulls harder",
)  # fmt: skip
RIGHT = replace(WRONG, when="2026-03-02T10:00:00.000Z", choice="They shrink", right=True,
                misconception="")  # fmt: skip
ICC = replace(WRONG, task="which-icc", misconception="sds instead of variances", choice="0.44")
TEXTS = {
    "Anna": write([WRONG, RIGHT, ICC]),
    "Ben": write([WRONG]),
    "Cem": write([RIGHT]),
    "Dora": "oops",
    "<b>Eve": write([replace(RIGHT, choice="=HYPERLINK(1)", task="<script>")]),
}


@pytest.fixture
def students():
    return classroom.read_class(TEXTS)[0]


def test_files_that_cannot_be_read_are_named():
    students, sentences = classroom.read_class(TEXTS)
    assert set(students) == {"Anna", "Ben", "Cem", "<b>Eve"}
    (sentence,) = sentences
    assert sentence.startswith("The file of Dora is left out. It is not a progress file")


def test_who_did_what(students):
    rows = {(r.student, r.task): r for r in classroom.table(students)}
    assert len(rows) == 5
    anna = rows["Anna", "halve-sigma"]
    assert (anna.attempts, anna.right, anna.first) == (2, True, "They grow")
    assert anna.misconceptions == "a better model pulls harder" and anna.last == RIGHT.when
    assert not rows["Ben", "halve-sigma"].right


def test_common_misconceptions_count_students_not_clicks(students):
    again = replace(WRONG, when="2026-03-03T10:00:00.000Z")
    first, second = classroom.beliefs(students | {"Ben": (WRONG, again)})
    assert first.misconception == "a better model pulls harder"
    assert (first.students, first.answered) == (2, 3)
    assert (second.task, second.students, second.answered) == ("which-icc", 1, 1)


def test_csv_is_read_back_and_holds_no_formula(students):
    rows = list(csv.DictReader(io.StringIO(classroom.to_csv(classroom.table(students)))))
    assert [r["student"] for r in rows] == ["<b>Eve", "Anna", "Anna", "Ben", "Cem"]
    assert rows[0]["first"] == "'=HYPERLINK(1)" and rows[0]["right"] == "yes"
    assert classroom.to_csv([]) == ""


def test_a_folder(tmp_path):
    with pytest.raises(LMMError, match=r"no \.json files"):
        classroom.read_folder(tmp_path)
    (tmp_path / "Anna.json").write_text(TEXTS["Anna"], "utf-8")
    (tmp_path / "Bild.json").write_bytes(b"\x89PNG\xff")
    students, sentences = classroom.read_folder(tmp_path)
    assert set(students) == {"Anna"} and "Bild" in sentences[0]


def test_the_page_shows_files_as_text():
    page = classroom.page()
    (files, clear), shown = page.children[0].children, page.children[1]
    assert "Choose the progress files" in shown.value
    about = {"type": "", "size": 1, "last_modified": datetime(2026, 3, 1)}
    files.value = tuple(
        Bunch(name=f"{name}.json", content=memoryview(text.encode()), **about)
        for name, text in TEXTS.items()
    )
    assert "4 students, 5 rows." in shown.value and "The file of Dora is left out." in shown.value
    assert "<script>" not in shown.value and "<b>" not in shown.value
    assert "&lt;b&gt;Eve" in shown.value
    assert shown.value.count("download=") == 2
    clear.click()
    assert "Choose the progress files" in shown.value
    page.close()
