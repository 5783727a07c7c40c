"""Progress files: what is written is read, what is not ours gets a sentence, joining is a union."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmlab.engine.design import LMMError
from lmmlab.teach.book import Book
from lmmlab.teach.progress import FORMAT, LONGEST, Record, merge, read, write

ONE = Record(
    "2026-03-01T10:00:00.000Z", "05-shrinkage", "shrinkage", "halve-sigma", 1, "They “grow”",
    False, "a better model pulls harder",
)  # fmt: skip
TWO = replace(ONE, when="2026-03-01T10:01:00.000Z", attempts=2, right=True, misconception="")

texts = st.text(st.characters(codec="utf-8"), max_size=20)
records = st.lists(
    st.builds(
        Record, st.datetimes().map(lambda d: f"{d:%Y-%m-%dT%H:%M:%S}.123Z".zfill(24)),
        texts, texts, texts, st.integers(1, 9), texts, st.booleans(), texts,
    ),
    max_size=5,
)  # fmt: skip


@given(records)
def test_what_is_written_is_read(some):
    assert read(write(some)) == merge(some)


@given(records, records, records)
def test_joining_is_a_union(a, b, c):
    assert merge(a, b) == merge(b, a) == merge(a, b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


def test_a_file_is_json_with_a_record_a_line():
    text = write([TWO, ONE])
    assert json.loads(text)["format"] == FORMAT
    assert [line.count("when") for line in text.splitlines()] == [0, 1, 1, 0]
    assert read("\ufeff" + text) == (ONE, TWO)


def whole(**changed):
    return json.dumps({"format": FORMAT, "version": 1, "records": [asdict(ONE)]} | changed)


def spoilt(**changed):
    return whole(records=[asdict(TWO), asdict(ONE) | changed])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no JSON"),
        ('{"format": "lmmlab prog', "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "not a progress file of lmmlab"),
        ('{"cells": [], "nbformat": 4}', "not a progress file of lmmlab"),
        (whole(version=2), "newer lmmlab"),
        (whole(version="1"), "damaged"),
        (whole(version=True), "damaged"),
        (whole(records={}), "damaged"),
        (whole(records=[1]), "record 1 "),
        (spoilt(right=1), "record 2 "),
        (spoilt(attempts=0), "record 2 "),
        (spoilt(attempts=True), "record 2 "),
        (spoilt(task=None), "record 2 "),
        (spoilt(when="yesterday"), "record 2 "),
        (spoilt(choice="x" * (LONGEST + 1)), "record 2 "),
        (" " * 2_000_001, "too long"),
    ],
)
def test_what_is_not_ours_gets_a_sentence(text, sentence):
    with pytest.raises(LMMError, match=sentence):
        read(text)


def test_what_a_record_holds_besides_is_left_out():
    assert read(spoilt(name="<b>Eve</b>")) == (ONE, TWO)


def test_a_book_keeps_a_file_that_two_notebooks_share(tmp_path):
    path = tmp_path / "p.json"
    one, other = Book(path, "05-shrinkage"), Book(path, "06-centring")
    assert one.ready and not path.exists()
    one.add("shrinkage", "halve-sigma", "grow", attempts=1, right=False, misconception="a reward")
    other.reach("centring", "same-fit")
    other.reach("centring", "same-fit")
    kept = read(path.read_text("utf-8"))
    assert [(r.lesson, r.task) for r in kept] == [
        ("05-shrinkage", "halve-sigma"), ("06-centring", "same-fit"),
    ]  # fmt: skip
    assert Book(path).told()["count"] == 2
    assert Book(path).told()["right"] == [["centring", "same-fit"]]
    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]
    one.hear({"erase": 1})
    assert read(path.read_text("utf-8")) == ()


def test_a_damaged_file_is_said_and_left_alone(tmp_path):
    path = tmp_path / "p.json"
    for content in (b"half a fi", b"\xff\xfe\x00"):
        path.write_bytes(content)
        book = Book(path)
        book.add("a", "b", "c", attempts=1, right=True, misconception="")
        assert "p.json beside this notebook is left as it is" in book.told()["trouble"]
        assert path.read_bytes() == content and len(book.records) == 1


def test_where_nothing_can_be_written_that_is_said(tmp_path):
    book = Book(tmp_path / "nowhere" / "p.json")
    book.reach("a", "b")
    assert "cannot be saved in p.json" in book.trouble and len(book.records) == 1


def test_a_book_in_voila_waits_for_the_browser():
    book = Book(None)
    assert not book.told()["ready"]
    book.hear({"lesson": "05-shrinkage", "text": write([ONE]), "kept": 1})
    assert book.ready and book.records == (ONE,) and book.lesson == "05-shrinkage"
    book.hear({"text": "no", "kept": 1})
    assert book.trouble.startswith("The progress kept in this browser cannot be used. It is not")
    book.hear({"text": "{}"})
    assert book.trouble.startswith("This file cannot be used. It is not a progress file of")
    assert book.records == (ONE,)
    book.hear({"text": write([ONE, TWO])})
    assert book.records == (ONE, TWO) and book.trouble == ""
    book.hear({"erase": 1})
    assert book.records == () and book.told()["file"] == ""


def test_only_a_notebooks_own_kernel_has_a_file(monkeypatch, tmp_path):
    from lmmlab.teach.book import book

    monkeypatch.chdir(tmp_path)
    for names, has in (((), False), (("JPY_PARENT_PID",), True)):
        for name in ("JPY_PARENT_PID", "VOILA_KERNEL_ID", "JPY_SESSION_NAME"):
            monkeypatch.delenv(name, raising=False)
        for name in names:
            monkeypatch.setenv(name, "1")
        assert (book.__wrapped__().path is not None) == has
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/x/05-shrinkage.ipynb")
    assert book.__wrapped__().lesson == "05-shrinkage"
    monkeypatch.setenv("VOILA_KERNEL_ID", "1")
    assert book.__wrapped__().path is None
