"""What every test of a lesson reads: the lesson's text."""

from pathlib import Path

import nbformat
import pytest

LESSONS = Path(__file__).parents[2] / "lessons"


@pytest.fixture(scope="module")
def text(request):
    """The text of the lesson that the test file is named after, on one line."""
    name = request.path.stem.removeprefix("test_").replace("_", "-")
    cells = nbformat.read(LESSONS / f"{name}.ipynb", 4).cells
    return " ".join(" ".join(c.source.split()) for c in cells if c.cell_type == "markdown")
