"""How numbers are written in all that a lab says: one percent sign, one minus."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lmmlab import labs
from lmmlab.picture.words import plain
from lmmlab.teach.tasks import Do, Generated, Number, Predict

LABS = [getattr(labs, name) for name in labs.__all__]
HEAVY = {"overconfidence", "generalise"}  # which simulate many studies in each state
WRONG = re.compile(r"\d%|\d %|(?<![\w\xa0])-\d")  # 39 % has a no-break space; −3 a real minus


def of_states(lab: Any, states: Callable[[Any, int], list[dict[str, Any]]]) -> Iterator[str]:
    """What the lab says in some states: words, notes, message, picture, what is missing."""
    for state in states(lab, 5 if lab.name in HEAVY else 40):
        controls, scene = lab.controls(**state), lab.scene(**state)
        yield from map(plain, lab.module.words(scene))
        yield from (scene.message, *lab.module.notes(scene).values())
        for panel in lab.module.picture(scene).panels:
            yield from (panel.title, panel.x.label, panel.y.label)
            yield from (mark.text for mark in panel.marks if hasattr(mark, "text"))
        yield from (task.check(controls, scene)[1] for task in lab.tasks if isinstance(task, Do))


def of_tasks(lab: Any) -> Iterator[str]:
    """What is asked, and all replies."""
    for task in lab.tasks:
        made = [task.make(k) for k in range(1, 20)] if isinstance(task, Generated) else [task]
        for asked in made:
            yield asked.text
            if isinstance(asked, Predict):
                for choice in asked.choices:
                    yield from (choice.text, choice.reply, choice.name)
            elif isinstance(asked, Number):
                yield from (asked.reply, asked.too_low, asked.too_high)
                yield from (text for m in asked.mistakes for text in (m.name, m.reply))
    for spec in lab.specs:
        yield from (spec.label, *(text for _, text in spec.choices))


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_numbers_are_written_one_way(lab: Any, states: Any) -> None:
    texts = {*of_states(lab, states), *of_tasks(lab), lab.title, lab.lead}
    assert [text for text in texts if WRONG.search(text)] == []


def test_lessons_and_the_guide_write_per_cents_as_the_labs_do() -> None:
    root = Path(__file__).parents[2]
    texts = {"guide": (root / "docs" / "teaching.md").read_text("utf-8")}
    for path in root.glob("lessons/*.ipynb"):
        cells = nbformat.read(path, 4).cells
        texts[path.stem] = " ".join(c.source for c in cells if c.cell_type == "markdown")
    for name, text in texts.items():
        assert re.findall(r".{9}(?:\d%|\d %)", text) == [], name


@pytest.mark.parametrize("text", ["39%", "about 39 % of", "is -3", "(-0.5)"])
def test_other_ways_are_seen(text: str) -> None:
    assert WRONG.search(text)


@pytest.mark.parametrize("text", ["39\xa0% of", "is −3", "2024-05", "lme4-like", "100 people"])
def test_the_one_way_is_not_taken_for_another(text: str) -> None:
    assert not WRONG.search(text)
