"""Labels and wide tables: order, gaps and what is refused."""

import datetime

import numpy as np
import pandas as pd
import pytest

from lmmlab.classical.means import paired
from lmmlab.classical.rm_anova import rm_anova
from lmmlab.classical.wide import by_occasion, factor, wide
from lmmlab.engine.design import LMMError

GAP = np.nan
Y, PERSON = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], list("aaabbb")


@pytest.mark.parametrize(
    "times",
    [
        [0, 2, 10],
        np.array([0, 2, 10], dtype=object),
        np.array([0, 2.5, 10], dtype=object),
        pd.array([0, 2, 10], dtype="Int64"),
        pd.to_datetime(["2024-02-09", "2024-02-10", "2024-10-01"]),
        np.array([datetime.date(2024, month, 1) for month in (2, 9, 10)], dtype=object),
        pd.Categorical(["pre", "post", "late"], ["pre", "post", "late"], ordered=True),
        pd.Series(pd.Categorical(["b", "a", "c"], ["b", "a", "never", "c"], ordered=True)),
        pd.Categorical([2, 0, 10], [2, 0, 10]),
    ],
)
def test_times_keep_their_order(times):
    rows = np.array([2, 0, 1, 2, 0, 1])
    taken = pd.Series(times).iloc[rows]
    for labels in (taken, taken.array):
        assert wide(Y, PERSON, labels).tolist() == [[2, 3, 1], [5, 6, 4]]


def test_times_of_text_are_refused():
    for labels in (["pre", "post", "late"] * 2, pd.Categorical(["pre", "post", "late"] * 2)):
        with pytest.raises(LMMError, match=r"text, late before post.*ordered Categorical"):
            wide(Y, PERSON, labels)


def test_levels_are_those_that_occur():
    found = factor("x", pd.Categorical(["c", "b"], list("abc")), 2)
    assert found.levels == ("b", "c") and found.codes.tolist() == [1, 0]
    assert factor("x", np.array([10, 9], dtype=object), 2).levels == ("9", "10")
    assert factor("x", ["a", "10", "9"], 3).levels == ("10", "9", "a")
    assert factor("x", np.array(["a", 10, 9], dtype=object), 3).levels == ("10", "9", "a")


def test_a_categorical_says_which_condition_is_first():
    y, person = [5.0, 7.0, 4.0, 8.0], [1, 1, 2, 2]
    phase = pd.Series(["pre", "post"] * 2)
    assert paired(y, person, phase).names == ("pre - post",)
    ordered = pd.Categorical(phase, ["pre", "post"])
    found = paired(y, person, ordered)
    assert found.names == ("post - pre",) and found.beta == pytest.approx([3.0])


@pytest.mark.parametrize(
    "labels",
    [
        pd.Series(["a", pd.NA], dtype="string"),
        pd.Series([1, pd.NA], dtype="Int64"),
        pd.Series(["a", None], dtype="category"),
        pd.Series(["a", None], dtype=object),
        pd.Series([pd.Timestamp("2024-01-01"), pd.NaT]),
        np.array([1.0, GAP], dtype=object),
        [1.0, GAP],
        np.array(["2024-01-01", "NaT"], dtype="datetime64[D]"),
    ],
)
def test_labels_that_are_missing(labels):
    with pytest.raises(LMMError, match="x is missing in row 2"):
        factor("x", labels, 2)


def test_texts_of_pandas():
    assert factor("x", pd.Series(["b", "a"], dtype="string"), 2).codes.tolist() == [1, 0]


@pytest.mark.parametrize("y", [[1.0, "b"], [[1.0, 2.0], [3.0]], ["a", "b"]])
def test_refuses_what_is_no_number(y):
    for call in (lambda: wide(y, [1, 2], [1, 2]), lambda: by_occasion(y)):
        with pytest.raises(LMMError, match="y must be numbers, equally many"):
            call()


def test_persons_of_the_same_name_in_two_groups():
    with pytest.raises(LMMError, match=r"Person 1 is in two groups.*an id of its own"):
        rm_anova(np.arange(8.0), [1, 1, 2, 2] * 2, {"day": [0, 1] * 4}, {"arm": list("aaaabbbb")})


def test_ragged_labels():
    with pytest.raises(LMMError, match="x must be a vector with one label"):
        factor("x", [[1], [2, 3]], 2)


def test_labels_of_any_kind():
    assert factor("x", [10, 9], 2).levels == ("9", "10")
    assert factor("x", np.array(["b", "a"], dtype=object), 2).levels == ("a", "b")
    assert factor("x", pd.Series(["b", "a"]), 2).codes.tolist() == [1, 0]
