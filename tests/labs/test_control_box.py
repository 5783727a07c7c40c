"""Every lab over its whole control box: no exception, no NaN, nothing outside its axes."""

import itertools
from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.picture.marks import reach
from lmmlab.picture.words import plain

LABS = [getattr(labs, name) for name in labs.__all__]
STATES = {
    "generalise": 100,  # which simulates a thousand studies in each state
    "overconfidence": 100,  # and so does this
    "playground": 1_000,  # up to 3,600 rows with holes in them
}


def assert_sound(lab: Any, state: dict[str, Any]) -> None:
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
def test_random_states_are_sound(lab: Any, random_state: Any) -> None:
    rng = np.random.default_rng(20)
    for _ in range(STATES.get(lab.name, 2_000)):
        state = random_state(lab, rng)
        try:
            assert_sound(lab, state)
        except Exception as error:
            raise AssertionError(f"{lab.name}: {state}") from error


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_each_slider_at_each_end_is_sound(lab: Any) -> None:
    first = {s.name: [n for n, _ in s.choices] for s in lab.specs if s.name == "source"}
    for source in first.get("source", [None]):
        base = {} if source is None else {"source": source}
        sliders = [s for s in lab.specs if not isinstance(s.default, str)]
        for a, b in itertools.combinations(sliders, 2):
            for x, y in itertools.product((a.low, a.high), (b.low, b.high)):
                kinds = (type(a.default)(x), type(b.default)(y))
                assert_sound(lab, {**base, a.name: kinds[0], b.name: kinds[1]})
