"""How people write hypotheses (what is refused: see test_inference)."""

import numpy as np
import pandas as pd
import pytest

from lmmlab.inference.contrast import read_contrast

NAMES = ("(Intercept)", "age", "SexFemale", "age:SexFemale", "x")


@pytest.mark.parametrize(
    ("L", "rows", "name"),
    [
        ("age", [0, 1, 0, 0, 0], "age"),
        (["age"], [[0, 1, 0, 0, 0]], "age"),
        (("x", "age"), [[0, 0, 0, 0, 1], [0, 1, 0, 0, 0]], "x and age"),
        (np.array(["x"]), [[0, 0, 0, 0, 1]], "x"),
        (pd.Index(["x", "age"]), [[0, 0, 0, 0, 1], [0, 1, 0, 0, 0]], "x and age"),
        ([1e200, 1e-200, 0, 0, 0], [1e200, 1e-200, 0, 0, 0], "1e+200 (Intercept) + 1e-200 age"),
        ([0, 1, 0, 0.5, 0], [0, 1, 0, 0.5, 0], "age + 0.5 age:SexFemale"),
        ([-1, 0, -2, 0, 1], [-1, 0, -2, 0, 1], "-(Intercept) - 2 SexFemale + x"),
        ([1, 1, 1, 1, 1], [1, 1, 1, 1, 1], "L beta"),
        ([[0, 1, 0, 0, 0]], [[0, 1, 0, 0, 0]], "L beta"),
    ],
)
def test_what_is_read(L, rows, name):
    got, called = read_contrast(L, NAMES)
    assert got.tolist() == rows
    assert called == name
