"""The overview of the lessons: what the notebooks say of themselves, and a picture of each lab."""

import json
from pathlib import Path

from lmmlab import labs
from lmmlab.app import lessons_folder
from lmmlab.page.gallery import cards
from lmmlab.picture.static import figure

PICTURE = """\
```{{image}} /generated/{lab}-{theme}.svg
:class: only-{theme}
:alt: What the lab shows at its start; the words below say it
```
"""


def write(folder: Path) -> None:
    """Write the overview and its pictures to `folder`."""
    folder.mkdir(exist_ok=True)
    lessons = lessons_folder()
    parts = []
    for card in cards(lessons):
        shown = _labs(lessons / card.file)
        parts.append(f"## {card.number.capitalize()} {card.title}\n\n{card.sentence}\n")
        for lab in shown:
            moved = getattr(labs, lab)
            parts.append(f"### {moved.title}\n\n`labs.{lab}()`\n")
            for theme in ("light", "dark"):
                drawn = figure(moved.picture(), theme=theme)
                drawn.savefig(folder / f"{lab}-{theme}.svg", metadata={"Date": None})
                parts.append(PICTURE.format(lab=lab, theme=theme))
            parts.append(" ".join(moved.words()) + "\n")
    text = "\n".join(parts)
    page = folder / "lessons.md"
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def _labs(notebook: Path) -> list[str]:
    """Name the labs of a lesson, in the order in which they are shown."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [lab for line in lines for lab in labs.__all__ if f"labs.{lab}(" in line]
