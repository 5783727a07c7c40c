"""The tasks of every lab: wrong answers have names, numbers are recognised as they are typed."""

from typing import Any

import pytest

from lmmlab import labs
from lmmlab.teach.tasks import Choice, Do, Generated, Number, Predict

LABS = [getattr(labs, name) for name in labs.__all__]
each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
PLAYGROUND = {"playground", "nesting", "crossing", "residuals"}  # a page that asks nothing
NUMBERS = [(lab, task) for lab in LABS for task in lab.tasks if isinstance(task, Number)]


@each_lab
def test_names_are_used_once_and_something_is_to_be_predicted(lab: Any) -> None:
    names = [task.name for task in lab.tasks]
    assert len(set(names)) == len(names)
    asked = [task for task in lab.tasks if not isinstance(task, Do)]
    assert len(asked) >= 2 or lab.name in PLAYGROUND


@each_lab
def test_every_wrong_choice_has_a_short_name_of_its_own(lab: Any) -> None:
    for task in lab.tasks:
        if isinstance(task, Predict):
            right = [choice for choice in task.choices if choice.right]
            wrong: list[Choice] = [choice for choice in task.choices if not choice.right]
            names = [choice.name for choice in wrong]
            assert len(right) == 1, task.name
            assert all(names) and len(set(names)) == len(names), (task.name, names)
            assert max(map(len, names)) <= 50, names
            for k, choice in enumerate(task.choices):
                assert task.answer(k).misconception == ("" if choice.right else choice.name)
                assert len(choice.reply) > 40, (task.name, choice.reply)


def test_the_right_answer_cannot_be_told_by_place_or_length() -> None:
    asked = [task for lab in LABS for task in lab.tasks if isinstance(task, Predict)]
    places, ranks = [], []
    for task in asked:
        (right,) = (k for k, choice in enumerate(task.choices) if choice.right)
        lengths = [len(choice.text) for choice in task.choices]
        places.append(right)
        ranks.append(sorted(lengths).index(lengths[right]))
    for told in (places, ranks):
        assert all(told.count(k) >= len(asked) / 5 for k in range(3)), told


@each_lab
def test_each_question_leads_to_a_state_that_the_lab_can_take(lab: Any) -> None:
    for task in lab.tasks:
        if isinstance(task, Predict | Number) and task.then is not None:
            assert lab.controls(**task.then) != lab.controls(), task.name


@each_lab
def test_no_state_to_reach_is_reached_at_the_start(lab: Any) -> None:
    controls, scene = lab.controls(), lab.scene()
    for task in lab.tasks:
        if isinstance(task, Do):
            done, note = task.check(controls, scene)
            assert not done and note.endswith((".", "?")), (task.name, note)


@each_lab
def test_questions_to_work_out_have_a_first_one(lab: Any) -> None:
    for task in lab.tasks:
        if isinstance(task, Generated):
            assert task.make(1).name == task.name


@pytest.mark.parametrize(("lab", "asked"), NUMBERS, ids=lambda case: case.name)
def test_numbers_are_recognised_when_they_are_rounded(lab: Any, asked: Number) -> None:
    """As somebody types them, with two significant digits for a share and three for others."""
    digits = 2 if abs(asked.value) <= 1.0 else 3
    reply = asked.answer(float(f"{asked.value:.{digits}g}"))
    assert reply.right and reply.values == asked.then
    assert len({mistake.name for mistake in asked.mistakes}) == len(asked.mistakes) >= 2
    for mistake in asked.mistakes:
        told = asked.answer(float(f"{mistake.value:.{digits}g}"))
        assert not told.right and not told.open
        assert (told.misconception, told.values) == (mistake.name, asked.then)
        assert len(mistake.name) <= 50 and mistake.reply == told.text


@pytest.mark.parametrize(("lab", "asked"), NUMBERS, ids=lambda case: case.name)
def test_other_numbers_get_a_hint_and_three_tries(lab: Any, asked: Number) -> None:
    known = (asked.value, *(mistake.value for mistake in asked.mistakes))
    size = max(1.0, *map(abs, known))
    tried = [asked.answer(k * size / 40.0) for k in range(-40, 41)]
    hints = {reply.text for reply in tried if reply.open}
    assert len(hints) >= 3, "by sign and size"
    assert all(hint.endswith("2 more tries.") for hint in hints)
    assert all(reply.values is None for reply in tried if reply.open)
    assert asked.too_low and asked.too_high
    far = next(k for k in range(40, -41, -1) if asked.answer(k * size / 40.0).open) * size / 40.0
    last = asked.answer(far, 3)
    assert not last.open and last.text.endswith(asked.reply) and last.values == asked.then
