"""Designs refuse what does not fit together, and say why."""

import numpy as np
import pytest

from lmmlab.engine.design import Design, LMMError, Term, grouped

ONE = np.ones((4, 1))
CODES = np.array([0, 0, 1, 1])


def term(**changes):
    given = {"group": "g", "names": ("a",), "Z": ONE, "codes": CODES, "levels": ("p", "q")}
    return Term(**{**given, "blocks": (1,), **changes})


def design(**changes):
    given = {
        "y": np.arange(4.0),
        "X": ONE,
        "names": ("x",),
        "terms": (term(),),
        "response": "speed",
    }
    return Design(**{**given, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Z": np.ones((3, 1))}, r"random term of g .* Z is \(3, 1\)"),
        ({"Z": np.ones((4, 2))}, "1 names"),
        ({"names": ()}, "0 names"),
        ({"blocks": (2,)}, r"blocks of sizes \(2,\)"),
        ({"levels": ("p",), "codes": 0 * CODES}, "g has only one level, p"),
        ({"levels": ("p", "q", "p")}, "g has two levels called p"),
        ({"codes": CODES + 1}, "between 0 and 1.* go from 1 to 2"),
        ({"codes": CODES - 1}, "go from -1 to 0"),
        ({"Z": np.array([[1.0], [np.inf], [1.0], [1.0]])}, "a is inf in row 2"),
    ],
)
def test_a_term_that_cannot_be(changes, said):
    with pytest.raises(LMMError, match=said):
        term(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"y": np.empty(0)}, "no rows"),
        ({"X": np.ones((3, 1))}, r"\(4,\) and \(3, 1\)"),
        ({"X": np.ones((4, 2))}, "each of 1 names"),
        ({"X": np.ones(4)}, r"\(4,\) and \(4,\)"),
        ({"y": ONE}, r"\(4, 1\)"),
        (
            {"terms": (term(Z=ONE[:3], codes=CODES[:3]),)},
            "random term of g has 3 rows, and y has 4",
        ),
        ({"y": np.array([1.0, np.nan, 3.0, 4.0])}, "speed is nan in row 2"),
        ({"X": np.array([[1.0], [1.0], [1.0], [-np.inf]])}, "x is -inf in row 4"),
        ({"y": np.array([1.0, 2.0, 1e200, 4.0])}, "speed is 1e[+]200 in row 3.*below 1e100"),
        ({"weights": np.array([1.0, 2.0, 0.0, 1.0])}, "weights must be positive"),
        ({"weights": np.ones(3)}, "one for each row"),
        ({"weights": np.array([1.0, np.inf, 1.0, 1.0])}, "weights is inf in row 2"),
        ({"weights": np.array([1.0, np.nan, 1.0, 1.0])}, "weights must be positive"),
    ],
)
def test_a_design_that_cannot_be(changes, said):
    with pytest.raises(LMMError, match=said):
        design(**changes)


def test_weights_of_rows():
    assert design().row_weights.tolist() == [1, 1, 1, 1]
    assert design(weights=np.arange(1.0, 5.0)).row_weights.tolist() == [1, 2, 3, 4]


def test_designs_are_frozen():
    with pytest.raises(AttributeError):
        design().y = np.zeros(4)
    with pytest.raises(AttributeError):
        term().codes = CODES


def test_arrays_become_a_design():
    made = grouped(
        [3, 1, 2], [[1, 0], [1, 1], [1, 2]], [[1], [1], [1]], [10, 2, 10], weights=[1, 2, 3]
    )
    (only,) = made.terms
    assert only.levels == ("2", "10")
    assert only.codes.tolist() == [1, 0, 1]
    assert (made.names, only.names, only.blocks) == (("x0", "x1"), ("z0",), (1,))
    assert {made.y.dtype, made.X.dtype, only.Z.dtype, made.weights.dtype} == {np.dtype(float)}
    with pytest.raises(LMMError, match="X must be an array of numbers in two dimensions"):
        grouped([1, 2], [1, 1], [[1], [1]], [0, 1])
    with pytest.raises(LMMError, match="y must be an array of numbers in one dimension"):
        grouped(["1", "2"], [[1], [1]], [[1], [1]], [0, 1])
