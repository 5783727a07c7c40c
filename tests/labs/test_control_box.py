"""Every lab over its whole control box: no exception, no NaN, nothing outside its axes."""

from typing import Any

import numpy as np
import pytest
from scipy.linalg import hadamard

from lmmlab import labs
from lmmlab.picture.reach import reach
from lmmlab.picture.words import plain

LABS = [getattr(labs, name) for name in labs.__all__]
COVERAGE = {"overconfidence", "generalise"}  # which simulate a thousand studies in each state


def corners(lab: Any) -> list[dict[str, Any]]:
    """Give states in which all sliders stand at ends: any three of them in all eight ways.

    A Hadamard matrix above its negative is such a design (an orthogonal array of strength 3).
    """
    sliders = [s for s in lab.specs if not isinstance(s.default, str) and not s.hidden]
    half = hadamard(1 << (len(sliders) - 1).bit_length())
    return [
        {
            s.name: type(s.default)(s.high if up else s.low)
            for s, up in zip(sliders, row, strict=False)
        }
        for row in np.concatenate([half, -half]) > 0
    ]


def assert_sound(lab: Any, state: dict[str, Any]) -> None:
    try:
        _assert_sound(lab, state)
    except Exception as error:
        raise AssertionError(f"{lab.name}: {state}") from error


def _assert_sound(lab: Any, state: dict[str, Any]) -> None:
    scene = lab.scene(**state)
    words = lab.module.words(scene)
    text = " ".join([*map(plain, words), scene.message, *lab.module.notes(scene).values()])
    assert 1 <= len(words) <= 4
    assert "nan" not in text.lower()
    assert "inf" not in text.lower().replace("information", "")
    for panel in lab.module.picture(scene).panels:
        for axis in (panel.x, panel.y):
            assert np.isfinite(axis.limits).all()
            assert axis.limits[0] < axis.limits[1]
        for mark in panel.marks:
            for seen, axis in zip(reach(mark), (panel.x, panel.y), strict=True):
                low, high = axis.limits
                slack = 1e-9 * (high - low)
                assert ((seen >= low - slack) & (seen <= high + slack)).all(), (panel.title, mark)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_states_all_over_the_box_are_sound(lab: Any, states: Any) -> None:
    for state in states(lab, 60 if lab.name in COVERAGE else 250):
        assert_sound(lab, state)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_corners_of_the_box_are_sound(lab: Any) -> None:
    made = corners(lab)
    for name, end in [item for state in (made[0], made[len(made) // 2]) for item in state.items()]:
        assert_sound(lab, {name: end})  # this slider alone
    others = [(s.name, name) for s in lab.specs for name, _ in s.choices if name != s.default]
    for choice in [(), *([] if lab.name in COVERAGE else others)]:
        for state in made:
            assert_sound(lab, dict([choice] if choice else []) | state)
