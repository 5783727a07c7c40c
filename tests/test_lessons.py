"""Every lesson keeps the rules of lessons, and runs from top to bottom, live and still."""

import ast
import copy
import re
from pathlib import Path

import nbclient
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lmmlab import labs

LESSONS = sorted(Path(__file__).parents[1].glob("lessons/*.ipynb"))
CELLS = {"lesson": (10, 14), "playground": (4, 12)}
CODE = {"lesson": (3, 5), "playground": (2, 6)}
FORBIDDEN = {
    "def": (ast.FunctionDef, ast.AsyncFunctionDef),
    "class": (ast.ClassDef,),
    "lambda": (ast.Lambda,),
    "global": (ast.Global, ast.Nonlocal),
}


def kind_of(path):
    """Tell a lesson, by its number, from the one page that is none; nothing else is right."""
    if path.stem == "playground":
        return "playground"
    assert re.fullmatch(r"\d\d-[a-z-]+", path.stem), f"{path.name} is no lesson and no playground"
    return "lesson"


def faults(lesson, kind="lesson"):
    """Say in sentences where a notebook breaks the rules; nothing if it keeps them."""
    found = []
    code = [cell for cell in lesson.cells if cell.cell_type == "code"]
    for what, number, (least, most) in (
        ("cells", len(lesson.cells), CELLS[kind]),
        ("code cells", len(code), CODE[kind]),
    ):
        if not least <= number <= most:
            found.append(f"{number} {what}, not {least} to {most}")

    about = lesson.metadata.get("lmmlab", {})
    if set(about) != {"title", "sentence", "lab"} or not all(about.values()):
        found.append("metadata must tell title, sentence and lab, and nothing else")
    elif about["lab"] not in labs.__all__:
        found.append(f"metadata name a lab that does not exist, {about['lab']!r}")
    elif not lesson.cells[0].source.startswith(f"# {about['title']}\n"):
        found.append("the first cell must begin with the title of the metadata")

    shown, importing = set(), []
    for number, cell in enumerate(code, 1):
        say = f"code cell {number}: ".__add__
        if cell.outputs or cell.execution_count is not None:
            found.append(say("has outputs or a count"))
        if "raises-exception" not in cell.metadata.get("tags", ()):
            found.append(say("lacks the tag raises-exception"))
        if len(cell.source.strip().splitlines()) > 5:
            found.append(say("more than five lines"))
        try:
            nodes = list(ast.walk(ast.parse(cell.source)))
        except SyntaxError:
            found.append(say("is not plain Python (a magic, a shell command?)"))
            continue
        for word, kinds in FORBIDDEN.items():
            if any(isinstance(node, kinds) for node in nodes):
                found.append(say(f"contains {word}"))
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes):
            importing.append(number)
        calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
        shown |= {call.removeprefix("labs.") for call in calls if call.startswith("labs.")}
    if importing != [1]:
        found.append("one code cell imports, and it is the first")
    if not shown & set(labs.__all__):
        found.append("no lab")
    return found


def good():
    """A small notebook that keeps all rules."""
    source = ["from lmmlab import labs, load", "labs.shrinkage()", 'load("sleepstudy").head(3)']
    cells = [new_markdown_cell("# A title\n\nA question?")]
    cells += [new_markdown_cell("Prose.") for _ in range(6)]
    cells += [new_code_cell(text, metadata={"tags": ["raises-exception"]}) for text in source]
    about = {"title": "A title", "sentence": "A sentence.", "lab": "shrinkage"}
    return new_notebook(cells=cells, metadata={"lmmlab": about})


def broken(what):
    """The good notebook with one fault."""
    lesson = copy.deepcopy(good())
    code = lesson.cells[-1]
    match what:
        case "outputs":
            code.outputs = [new_output("stream", text="1")]
        case "tag":
            code.metadata.tags = []
        case "few":
            del lesson.cells[1]
        case "lines":
            code.source = "1\n" * 6
        case "metadata":
            del lesson.metadata.lmmlab["sentence"]
        case "lab":
            lesson.metadata.lmmlab.lab = "nosuch"
        case "title":
            lesson.cells[0].source = "# Another title"
        case "no lab":
            lesson.cells[-2].source = "1 + 1"
        case "late import":
            lesson.cells[-3:] = [lesson.cells[-2], lesson.cells[-3], lesson.cells[-1]]
        case source:
            code.source = source
    return lesson


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("outputs", "code cell 3: has outputs"),
        ("tag", "code cell 3: lacks the tag"),
        ("few", "9 cells"),
        ("lines", "code cell 3: more than five lines"),
        ("metadata", "metadata must tell"),
        ("lab", "'nosuch'"),
        ("title", "title of the metadata"),
        ("no lab", "no lab"),
        ("late import", "it is the first"),
        ("import numpy", "one code cell imports"),
        ("def f(): pass", "contains def"),
        ("class A: pass", "contains class"),
        ("f = lambda: 1", "contains lambda"),
        ("if True:\n    global x", "contains global"),
        ("%matplotlib inline", "not plain Python"),
        ("!ls", "not plain Python"),
    ],
)
def test_a_broken_rule_is_named(what, says):
    assert faults(good()) == []
    (found,) = faults(broken(what))
    assert says in found


def test_there_are_lessons():
    kinds = [kind_of(path) for path in LESSONS]
    assert kinds.count("lesson") >= 6
    assert kinds.count("playground") == 1


def test_only_the_playground_need_not_be_a_lesson():
    page = good()
    del page.cells[2:7]
    assert faults(page, "playground") == []
    assert [found.partition(",")[0] for found in faults(page)] == ["5 cells"]
    page.cells[1:1] = [new_markdown_cell("Prose.") for _ in range(8)]
    assert faults(page, "playground") == ["13 cells, not 4 to 12"]
    del page.cells[1:9]
    page.cells[-1].source = "labs.fan"
    page.cells[-2].source = "1"
    assert faults(page, "playground") == ["no lab"]
    with pytest.raises(AssertionError, match="no lesson and no playground"):
        kind_of(Path("play.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_keeps_the_rules(path):
    lesson = nbformat.read(path, as_version=4)
    nbformat.validate(lesson)
    assert faults(lesson, kind_of(path)) == []


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function that executes a notebook in place, without names of those that ran before.

    All have one kernel, in a folder where they can do no harm.
    """
    folder = {"metadata": {"path": str(tmp_path_factory.mktemp("lessons"))}}
    client = nbclient.NotebookClient(new_notebook(), resources=folder)

    def execute(lesson, still=False):
        fresh = f"%reset -f\n%env LMMLAB_STATIC={int(still)}"
        client.nb = new_notebook(cells=[new_code_cell(fresh), *lesson.cells])
        client.execute(cleanup_kc=False)

    with client.setup_kernel():
        yield execute


@pytest.mark.parametrize("still", [False, True], ids=["live", "still"])
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_without_error_or_warning(path, still, run):
    lesson = nbformat.read(path, as_version=4)
    run(lesson, still)
    outputs = [out for cell in lesson.cells if cell.cell_type == "code" for out in cell.outputs]
    for out in outputs:
        assert out.output_type != "error", "\n".join(out.traceback)
        assert out.get("name") != "stderr", out.text
    kinds = {kind for out in outputs for kind in out.get("data", {})}
    widget = "application/vnd.jupyter.widget-view+json"
    assert (widget in kinds) is not still
    if still:
        assert any("<img" in out.get("data", {}).get("text/html", "") for out in outputs)


def test_an_error_in_a_lesson_is_seen(run):
    lesson = good()
    lesson.cells[-1].source = 'load("nosuch")'
    run(lesson)
    assert [out.output_type for out in lesson.cells[-1].outputs] == ["error"]


def test_names_of_one_lesson_are_unknown_in_the_next(run):
    lesson = good()
    run(lesson)
    assert [out.output_type for out in lesson.cells[-1].outputs] == ["execute_result"]
    lesson.cells[-3].source = "pass"
    run(lesson)
    assert [out.output_type for out in lesson.cells[-1].outputs] == ["error"]
