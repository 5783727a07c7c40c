"""Rows are made of what looks like arrays, and refuse what does not fit together."""

import numpy as np
import pytest

from lmmlab.engine.design import LMMError
from lmmlab.engine.rows import Rows

ONE = np.ones((4, 1))


def test_rows_are_arrays():
    rows = Rows([[1, 2], [3, 4]], [[1], [1]], [308, "x"], [5, 6])
    assert (rows.X.dtype, rows.Z.dtype, rows.y.dtype) == (float, float, float)
    assert (rows.X.shape, rows.Z.shape, rows.groups) == ((2, 2), (2, 1), ("308", "x"))
    assert Rows(ONE, ONE, None).groups == Rows(ONE, ONE, ()).groups == ()
    assert Rows(ONE, ONE, np.array([1, 2, 3, 4])).groups == ("1", "2", "3", "4")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"X": [["a"]] * 4}, "X must be an array of numbers in two dimensions"),
        ({"X": [[1j]] * 4}, "X must be an array of numbers"),
        ({"Z": np.ones(4)}, "Z must be an array of numbers in two"),
        ({"X": [[1], [1, 2], [1], [1]]}, "X must be an array of numbers"),
        ({"y": list("abcd")}, "y must be an array of numbers in one"),
        ({"X": np.ones((0, 1)), "Z": np.ones((0, 1)), "groups": ()}, "X has 0 rows.* at least one"),
        ({"Z": ONE[:3]}, "X has 4 rows and Z 3"),
        ({"groups": ("p", "q")}, "2 groups"),
        ({"groups": 3}, "1 groups"),
        ({"y": [1, 2]}, "2 values of y"),
    ],
)
def test_rows_that_cannot_be(changes, said):
    with pytest.raises(LMMError, match=said):
        Rows(**({"X": ONE, "Z": ONE, "groups": ("p",) * 4} | changes))
