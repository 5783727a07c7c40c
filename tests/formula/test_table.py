"""The table behind a formula: rows dropped together, categories, and names of all kinds."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lmmlab.formula import design


def test_rows_with_a_missing_value_are_dropped_from_every_part(table):
    full = table.copy()
    table.loc[1, "y"] = np.nan
    table.loc[4, "x"] = np.nan
    table.loc[7, "a"] = None
    table.loc[9, "g"] = None
    table["unused"] = np.nan
    made = design("y ~ center(x) + a + (x | g)", table)
    kept = full.drop(index=[1, 4, 7, 9])
    again = design("y ~ center(x) + a + (x | g)", kept)
    assert (made.dropped, len(made.y)) == (4, 26)
    assert made.rows.tolist() == kept.index.tolist()
    for first, second in [
        (made.y, again.y),
        (made.X, again.X),
        (made.terms[0].Z, again.terms[0].Z),
        (made.terms[0].codes, again.terms[0].codes),
    ]:
        np.testing.assert_array_equal(first, second)
    assert made.X[:, 1].mean() == pytest.approx(0, abs=1e-12)  # centred on the rows that are used


def test_row_labels_do_not_matter(table):
    odd = table.set_index(np.repeat([5, -3, 5], 10))
    odd.iloc[2, 0] = np.nan
    plain = table.copy()
    plain.iloc[2, 0] = np.nan
    formula = "y ~ a * poly(x, 2) + C(g) + (1 | g)"
    np.testing.assert_array_equal(design(formula, odd).X, design(formula, plain).X)


def test_the_first_category_is_the_reference_and_unused_ones_vanish(table):
    table["a"] = pd.Categorical(table.a, ["nobody", "r", "p", "q"])
    table["g"] = pd.Categorical(table.g, ["g5", "none", "g4", "g3", "g2", "g1"])
    made = design("y ~ a + (1 | g)", table)
    assert made.names == ("(Intercept)", "ap", "aq")
    assert made.terms[0].levels == ("g5", "g4", "g3", "g2", "g1")
    assert design("y ~ a + (1 | g)", table[table.a != "p"]).names == ("(Intercept)", "aq")


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([True, False], ["bTrue"]),
        (["no", "yes"], ["byes"]),
        ([0, 1], ["b"]),
        ([0.5, 2.0], ["b"]),
        ([None, 1, 2], ["b"]),
        (pd.array([1, 2], dtype="Int64"), ["b"]),
        (pd.Categorical([3, 20]), ["b20"]),
        (["[T.1]", "v0[T.2]"], ["bv0[T.2]"]),  # level names that look like formulaic's own
    ],
)
def test_what_is_a_number_and_what_a_category(table, values, names):
    table["b"] = (
        pd.Series(values, dtype=getattr(values, "dtype", object))
        .take(np.resize(np.arange(len(values)), 30))
        .reset_index(drop=True)
    )
    assert list(design("y ~ b + (1 | g)", table).names) == ["(Intercept)", *names]


def test_odd_column_names_stand_in_backticks(table):
    odd = table.rename(columns={"x": "reaction time (ms)", "z": "größe", "b": "v0", "a": "a.b"})
    made = design("y ~ `reaction time (ms)` + größe + v0 + a.b + (`reaction time (ms)`|g)", odd)
    assert made.names[1:4] == ("`reaction time (ms)`", "größe", "v0v")
    np.testing.assert_array_equal(made.X[:, 1], table.x)
    assert made.terms[0].names[1] == "`reaction time (ms)`"


def test_signs_in_the_name_of_a_column_stay(table):
    odd = table.rename(columns={"x": "a**b", "z": "**"})
    made = design("y ~ `a**b` + `**` + I(`a**b`**2) + (1 | g)", odd)
    assert made.names[1:] == ("`a**b`", "`**`", "I(`a**b`^2)")


def test_the_design_keeps_its_own_copy(table):
    made = design("y ~ x + (x | g)", table)
    before = made.y.copy(), made.X.copy(), made.terms[0].Z.copy()
    table.loc[:, "y"] = 0.0
    table.loc[:, "x"] = 0.0
    for old, new in zip(before, (made.y, made.X, made.terms[0].Z), strict=True):
        np.testing.assert_array_equal(old, new)


def test_importing_formulas_leaves_pandas_out():
    code = "import sys, lmmlab.formula; print({'pandas', 'formulaic'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
