"""The teaching shell where it runs: progress, typed numbers, the teacher's page."""

import sys
from pathlib import Path

import nbformat
import pytest

from hands import ready, until
from lmmlab.app import lessons_folder
from lmmlab.teach.progress import Record, read, write

pytestmark = pytest.mark.browser
LESSON = "voila/render/05-shrinkage.ipynb"
KEPT = "localStorage.getItem('lmmlab.progress')"
WRONG = Record(
    "2026-03-01T10:00:00.000Z", "05-shrinkage", "shrinkage", "halve-sigma", 1, "They grow", False,
    "pulling rewards quality",
)  # fmt: skip


def commit(bench, choice):
    task = bench.locator('[data-task="halve-sigma"]')
    task.locator(".lmm-option").nth(choice).click()
    task.get_by_role("button", name="Commit").click()
    until(bench.page, task.locator(".lmm-reply").inner_text, bool)


def test_a_page_of_voila_keeps_progress_over_a_reload_and_the_kernel_writes_no_file(
    page, voila_server
):
    page.goto(voila_server + LESSON)
    bench = ready(page)
    commit(bench, 0)
    (record,) = until(page, lambda: read(page.evaluate(KEPT)), bool)
    assert (record.lesson, record.task, record.right) == ("05-shrinkage", "halve-sigma", False)
    assert record.misconception
    page.reload()
    bench = ready(page)
    summary = bench.locator(".lmm-progress summary")
    until(page, summary.inner_text, lambda text: text == "Your progress: 1 task")
    commit(bench, 1)
    until(page, lambda: len(read(page.evaluate(KEPT))), lambda number: number == 2)
    assert not list(Path(lessons_folder()).glob("*.json"))
    assert page.problems == []


def test_an_embed_link_leaves_the_lab_alone_and_a_copied_link_keeps_it(page, voila_server):
    page.goto(voila_server + LESSON + "?embed=shrinkage&tau0=40")
    bench = ready(page)
    assert bench.is_visible() and not page.get_by_text("Where it breaks").first.is_visible()
    assert not page.get_by_role("link", name="All lessons").is_visible()
    bench.locator('[data-name="tau0"] input[type=range]').press("Home")
    until(page, lambda: page.url, lambda url: "tau0=0" in url and "embed=shrinkage" in url)
    page.goto(voila_server + LESSON + "?embed=nothing")
    ready(page)
    assert page.get_by_text("Where it breaks").first.is_visible()
    assert page.problems == []


PAGE = "from lmmlab.teach import classroom\nclassroom.page()"
QUESTIONS = """
from lmmlab import labs
from lmmlab.teach import questions
labs.shrinkage.tasks = (questions.ICC, questions.COVARIANCE)
labs.shrinkage()
"""


@pytest.fixture(scope="module")
def shell(start_server, free_port, tmp_path_factory):
    """A server of Voila with the teacher's page and a lab with generated questions."""
    folder = tmp_path_factory.mktemp("shell")
    for name, code in (("class", PAGE), ("questions", QUESTIONS)):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, folder / f"{name}.ipynb")
    url = f"http://localhost:{(port := free_port())}/"
    command = [sys.executable, "-m", "voila", str(folder), "--no-browser", f"--port={port}"]
    start_server([*command, "--Voila.config_file_paths=[]"], url)
    return url + "voila/render/"


def test_a_typed_number_with_a_comma_and_another_question(page, shell):
    from lmmlab.teach.questions import which_icc

    page.goto(shell + "questions.ipynb")
    bench = ready(page)
    task = bench.locator('[data-task="which-icc"]')
    for seed in (1, 2):
        asked = which_icc(seed)
        page.get_by_text(asked.text).wait_for()
        assert not any(m.reply in page.content() for m in asked.mistakes), "revealed too early"
        mistake = asked.mistakes[0]
        box = task.get_by_role("textbox")
        box.fill(f"{mistake.value:.3f}".replace(".", ","))
        box.press("Enter")
        until(page, task.locator(".lmm-reply").inner_text, lambda t, m=mistake: m.reply in t)
        task.get_by_role("button", name="another one").click()
    records = until(page, lambda: read(page.evaluate(KEPT)), lambda known: len(known) == 2)
    assert [r.misconception for r in records] == [which_icc(s).mistakes[0].name for s in (1, 2)]


def test_the_teachers_page_reads_a_class(page, shell, tmp_path):
    for name, text in (("Anna", write([WRONG])), ("Ben", "no"), ("<i>Cem", write([WRONG]))):
        (tmp_path / f"{name}.json").write_text(text, "utf-8")
    page.goto(shell + "class.ipynb")
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Add files").click(timeout=60_000)
    choosing.value.set_files(sorted(tmp_path.glob("*.json")))
    page.get_by_text("2 students, 2 rows.").wait_for()
    assert page.get_by_text("The file of Ben is left out.").is_visible()
    assert page.get_by_role("cell", name="<i>Cem").is_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="misconceptions.csv").click()
    assert "pulling rewards quality,2,2" in waiting.value.path().read_text("utf-8-sig")
