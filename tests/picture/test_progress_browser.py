"""Progress in a real browser: kept in a page of Voila, in a file elsewhere; taken away, erased."""

import json

import pytest

from lmmlab.teach.book import Book
from lmmlab.teach.progress import Record, read, write

pytestmark = pytest.mark.browser

OLD = Record("2026-03-01T10:00:00.000Z", "before", "toy", "grow", 1, "They shrink", True, "")
KEPT = "localStorage.getItem('lmmlab.progress')"
AT = "http://localhost:9/voila/render/05-toy.ipynb"


def keep_before(page, text):
    """Let the browser have kept a text before the page opens."""
    page.add_init_script(
        f"localStorage.getItem('lmmlab.progress') ?? "
        f"localStorage.setItem('lmmlab.progress', {json.dumps(text)})"
    )


def until_kept(page, number):
    page.wait_for_function(f"({KEPT} ?? '').split('when').length - 1 === {number}")
    return read(page.evaluate(KEPT))


def commit(page, label="They grow"):
    page.get_by_label(label).first.check()
    page.locator(".lmm-commit").first.click()


def test_a_page_of_voila_keeps_what_is_answered(bench_page, page, toy):
    bench_page(toy(book=Book(None)), url=AT)
    summary = page.locator(".lmm-progress summary")
    assert summary.inner_text() == "Your progress: 0 tasks"
    commit(page)
    (record,) = until_kept(page, 1)
    assert (record.lesson, record.lab, record.task) == ("05-toy", "toy", "grow")
    assert (record.choice, record.attempts, record.right) == ("They grow", 1, False)
    assert summary.inner_text() == "Your progress: 1 task"
    page.locator("[data-name=tau0] input[type=range]").press("Home")
    reached = until_kept(page, 2)[1]
    assert (reached.task, reached.right, reached.choice) == ("zero", True, "")


def test_another_day_begins_with_what_was_kept(bench_page, page, toy):
    keep_before(page, write([OLD]))
    bench_page(toy(book=Book(None)), url=AT)
    page.get_by_role("button", name="Question 1 of 2, done").wait_for()
    assert page.locator(".lmm-progress summary").inner_text() == "Your progress: 1 task"
    assert "✓" not in page.inner_text(".lmm-tasks"), "it can be answered once more"
    commit(page)
    assert until_kept(page, 2)[0] == OLD


@pytest.mark.parametrize("text", ['{"format": "lmmlab pro', '["<img src=x onerror=alert(1)>"]'])
def test_what_cannot_be_read_gets_a_sentence_and_a_new_start(bench_page, page, toy, text):
    keep_before(page, text)
    bench_page(toy(book=Book(None)), url=AT)
    page.get_by_text("The progress kept in this browser cannot be used.").wait_for()
    commit(page)
    until_kept(page, 1)


def test_two_benches_of_a_page_and_another_page_lose_nothing(bench_page, page, toy):
    book = Book(None)
    bench_page(toy(book=book), toy(name="other", book=book), url=AT)
    page.wait_for_function(f"{KEPT} !== null")
    page.evaluate("text => localStorage.setItem('lmmlab.progress', text)", write([OLD]))
    commit(page)
    assert [r.lesson for r in until_kept(page, 2)] == ["before", "05-toy"]
    other = page.locator(".lmm-bench").nth(1)
    other.get_by_label("They shrink").check()
    other.locator(".lmm-commit").first.click()
    assert {r.lab for r in until_kept(page, 3)} == {"toy", "other"}
    other.locator(".lmm-progress summary").click()
    other.get_by_role("button", name="erase").click()
    assert len(book.records) == 3, "asked first"
    other.get_by_role("button", name="erase all of it?").click()
    until_kept(page, 0)
    page.wait_for_timeout(200)
    assert book.records == () and read(page.evaluate(KEPT)) == ()


def test_download_and_upload(bench_page, page, toy, tmp_path):
    bench_page(toy(book=Book(None)), url=AT)
    commit(page)
    until_kept(page, 1)
    page.locator(".lmm-progress summary").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="download").click()
    assert waiting.value.suggested_filename == "lmmlab-progress.json"
    assert len(read(waiting.value.path().read_text("utf-8"))) == 1
    mine, alien = tmp_path / "mine.json", tmp_path / "alien.json"
    mine.write_text(write([OLD]), "utf-8")
    alien.write_bytes(b"\xff\x00PNG")
    page.set_input_files(".lmm-progress input[type=file]", mine)
    assert until_kept(page, 2)[0] == OLD
    page.set_input_files(".lmm-progress input[type=file]", alien)
    page.get_by_text("This file cannot be used. It is not a progress file").wait_for()
    until_kept(page, 2)


def test_a_notebook_keeps_a_file_and_the_browser_nothing(bench_page, page, toy, tmp_path):
    path = tmp_path / "lmmlab-progress.json"
    bench_page(toy(book=Book(path, "05-toy")), body="")
    commit(page)
    page.get_by_text("Your progress: 1 task").wait_for()
    assert [r.lesson for r in read(path.read_text("utf-8"))] == ["05-toy"]
    assert page.evaluate(KEPT) is None
    assert "beside this notebook" in page.locator(".lmm-progress p").first.text_content()


def test_a_browser_that_keeps_nothing_says_so(bench_page, page, toy):
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked') } })"
    )
    bench_page(toy(book=Book(None)), url=AT)
    page.locator(".lmm-progress summary").click()
    page.get_by_text("This browser keeps nothing").wait_for()
    commit(page)
    page.get_by_text("Your progress: 1 task").wait_for()


def test_a_bench_without_a_book_shows_none(bench_page, page):
    bench_page()
    assert not page.locator(".lmm-progress").is_visible()
