"""How people write hypotheses (what is refused: see test_inference)."""

import pytest

from lmmlab.engine.contrast import weights

NAMES = ("(Intercept)", "age", "SexFemale", "age:SexFemale", "x")


@pytest.mark.parametrize(
    ("L", "rows", "name"),
    [
        ("age", [0, 1, 0, 0, 0], "age"),
        (["age"], [[0, 1, 0, 0, 0]], "age"),
        (("x", "age"), [[0, 0, 0, 0, 1], [0, 1, 0, 0, 0]], "x and age"),
        ([0, 1, 0, 0.5, 0], [0, 1, 0, 0.5, 0], "age + 0.5 age:SexFemale"),
        ([-1, 0, -2, 0, 1], [-1, 0, -2, 0, 1], "-(Intercept) - 2 SexFemale + x"),
        ([1, 1, 1, 1, 1], [1, 1, 1, 1, 1], "L beta"),
        ([[0, 1, 0, 0, 0]], [[0, 1, 0, 0, 0]], "L beta"),
    ],
)
def test_weights(L, rows, name):
    got, called = weights(L, NAMES)
    assert got.tolist() == rows
    assert called == name
