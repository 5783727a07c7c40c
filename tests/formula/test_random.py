"""Random terms: bars, and the groups that they name."""

import numpy as np
import pandas as pd
import pytest

from lmmlab.formula import design


@pytest.mark.parametrize(
    ("bars", "names", "blocks"),
    [
        ("(1 | g)", ["(Intercept)"], (1,)),
        ("(x | g)", ["(Intercept)", "x"], (2,)),
        ("(1 + x | g)", ["(Intercept)", "x"], (2,)),
        ("(x || g)", ["(Intercept)", "x"], (1, 1)),
        ("(1 | g) + (0 + x | g)", ["(Intercept)", "x"], (1, 1)),
        ("(0 + x | g)", ["x"], (1,)),
        ("(x - 1 | g)", ["x"], (1,)),
        ("(x * z | g)", ["(Intercept)", "x", "z", "x:z"], (4,)),
        ("(x | g) + (0 + z | g)", ["(Intercept)", "x", "z"], (2, 1)),
        ("(a | g)", ["(Intercept)", "aq", "ar"], (3,)),
        ("(0 + a | g)", ["ap", "aq", "ar"], (3,)),
        ("(0 + a || g)", ["ap", "aq", "ar"], (1, 1, 1)),
        ("(poly(x, 2) || g)", ["(Intercept)", "poly(x, 2)1", "poly(x, 2)2"], (1, 1, 1)),
    ],
)
def test_bars(table, bars, names, blocks):
    [term] = design(f"y ~ x + {bars}", table).terms
    assert (list(term.names), term.blocks) == (names, blocks)
    assert term.Z.shape == (30, len(names))
    assert term.levels == ("g1", "g2", "g3", "g4", "g5")
    assert [term.levels[code] for code in term.codes] == list(table.g)


def test_double_bar_is_two_independent_terms(table):
    double, apart = (
        design(f"y ~ x + {bars}", table).terms[0] for bars in ("(x || g)", "(1 | g) + (0 + x | g)")
    )
    assert (double.names, double.blocks) == (apart.names, apart.blocks)
    np.testing.assert_array_equal(double.Z, apart.Z)


def test_the_combinations_of_two_columns_group(table):
    [term] = design("y ~ x + (1 | b:g)", table).terms
    assert term.group == "b:g"
    assert [term.levels[code] for code in term.codes] == list(table.b + ":" + table.g)
    assert term.levels == tuple(sorted(set(table.b + ":" + table.g)))
    few = table[(table.b == "u") | (table.g == "g1")]
    [term] = design("y ~ x + (1 | b:g)", few).terms
    assert set(term.levels) == set(few.b + ":" + few.g)  # no level without a row


def test_the_order_of_the_columns_that_group_does_not_matter(table):
    [term] = design("y ~ x + (1 | b:g) + (0 + x | g:b)", table).terms
    assert (term.group, term.names, term.blocks) == ("b:g", ("(Intercept)", "x"), (1, 1))


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "object", "category", "str"])
def test_groups_may_be_numbers_or_text(table, dtype):
    ids = np.resize([10, 9, 308, 2, 40], 30)
    table["g"] = pd.Series(ids).astype(dtype)
    [term] = design("y ~ x + (1 | g)", table).terms
    assert [term.levels[code] for code in term.codes] == [str(k) for k in ids]
    if dtype != "str":
        assert term.levels == ("2", "9", "10", "40", "308")


def test_groups_as_numbers_with_a_missing_one_are_not_called_308_0(table):
    table["g"] = [np.nan] + [308.0, 309.0, 310.0] * 9 + [308.0, 309.0]
    made = design("y ~ x + (1 | g)", table)
    assert (made.terms[0].levels, made.dropped) == (("308", "309", "310"), 1)
