"""Other tables: read as the one that was fitted."""

import pickle

import numpy as np
import pandas as pd
import pytest

from lmmlab.engine.design import LMMError
from lmmlab.formula import design

FORMULAS = [
    "log(z) ~ a * x + (x | g)",
    "y ~ a:b + (0 + a | g)",
    "y ~ a / x + (1 | b:g)",
    "y ~ poly(x, 2) * b + (poly(x, 2) || g)",
    "y ~ poly(x, 3, raw = TRUE) + (1 | g)",
    "y ~ bs(x, df = 5) + (1 | g)",
    "y ~ scale(x) * center(log(z)) + I(center(x)^2 / scale(z)) + (scale(x) | g)",
    "scale(y) ~ C(b) + I(2) + (1 | g) - 1",
    "y ~ 0 + x + (1 | g)",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_another_table_is_read_as_the_one_that_was_fitted(table, formula):
    made = design(formula, table)
    made = pickle.loads(pickle.dumps(made))  # a cluster sends it
    [term] = made.terms
    some = [29, 4, 5, 4, 17]  # means, bases and levels of these rows alone would be others
    for rows, new in ((slice(None), table), (some, table.iloc[some])):
        read = made.read(new)
        np.testing.assert_allclose(read.X, made.X[rows], rtol=1e-14, atol=1e-15)
        np.testing.assert_allclose(read.Z, term.Z[rows], rtol=1e-14, atol=1e-15)
        np.testing.assert_array_equal(read.y, made.y[rows])
        assert read.groups == tuple(term.levels[code] for code in term.codes[rows])


def test_a_new_table_needs_neither_response_nor_groups(table):
    made = design("log(z) ~ a * x + (x | b:g)", table)
    read = made.read(table[["x", "a"]].iloc[[3]])
    assert (read.y, read.groups) == (None, ())
    np.testing.assert_array_equal(read.X, made.X[[3]])
    assert made.read(table[["x", "a", "g"]]).groups == ()  # half a group is none
    holes = table.iloc[:4].assign(z=[2.0, np.nan, 3.0, np.nan], g=["new", "g1", "g2", "g3"])
    read = made.read(holes)
    np.testing.assert_array_equal(read.y, [np.log(2), np.nan, np.log(3), np.nan])
    assert read.groups == ("u:new", "u:g1", "u:g2", "u:g3")
    assert np.isnan(made.read(holes.assign(z=None)).y).all()
    unread = made.read(holes.assign(z=0.0, g=None), groups=False, response=False)
    assert (unread.y, unread.groups) == (None, ())


@pytest.mark.parametrize("dtype", ["int64", "float64", "object", "str", "category"])
def test_levels_are_known_by_their_names(table, dtype):
    table["g"] = np.resize([10, 9, 308, 2, 40], 30)
    made = design("y ~ x + C(g) + (1 | g)", table)
    [term] = made.terms
    new = table.iloc[:3].assign(g=table.g.iloc[:3].astype(dtype))
    read = made.read(new)
    assert read.groups == ("10", "9", "308")
    np.testing.assert_array_equal(read.X, made.X[:3])
    assert term.levels == ("2", "9", "10", "40", "308")


def test_reading_remembers_nothing_new(table):
    made = design("y ~ center(x) + a + (1 | g)", table)
    before = pickle.dumps(made.read)
    made.read(table.iloc[:2])
    assert pickle.dumps(made.read) == before


NUMERIC = ["y ~ x + (1 | g)", "y ~ 1 + (x | g)", "y ~ a:x + (1 | g)", "y ~ I(x) + (1 | g)"]


@pytest.mark.parametrize("formula", NUMERIC)
def test_what_was_fitted_as_numbers_is_read_as_numbers(table, formula):
    made = design(formula, table)
    before, [term] = pickle.dumps(made.read), made.terms
    few = table.iloc[:2]
    for values in (["1", "2"], [True, False], pd.Categorical([1, 2]), pd.to_datetime([1, 2])):
        with pytest.raises(LMMError, match="x does not hold numbers"):
            made.read(few.assign(x=values))
    assert pickle.dumps(made.read) == before  # and tables that are right are read as ever
    read = made.read(few.assign(x=few.x.astype(object)))
    np.testing.assert_array_equal(read.X, made.X[:2])
    np.testing.assert_array_equal(read.Z, term.Z[:2])
