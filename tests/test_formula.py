"""Formulas: names and columns as R has them, rows dropped together, and no user's text runs."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmmlab.data import load
from lmmlab.engine.design import LMMError
from lmmlab.formula import design, lmm
from lmmlab.formula.pieces import FUNCTIONS

REFERENCE = Path(__file__).parent / "reference"
CASES = [
    "sleepstudy_intercept_reml",
    "sleepstudy_slope_reml",
    "sleepstudy_uncorrelated_reml",
    "orthodont_intercept_reml",
    "orthodont_slope_ml",
    "cake_factor_reml",
    "cake_linear_reml",
    "irregular_slope_reml",
    "within_between_mundlak_reml",
    "dyestuff2_reml",
    "rho_plus1_reml",
    "apim_lmer_reml",
]


@pytest.fixture
def table():
    """Thirty rows: two factors, two numbers, five groups."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "y": rng.normal(size=30),
            "x": rng.normal(size=30),
            "z": rng.uniform(1, 2, size=30),
            "a": np.resize(["p", "q", "r"], 30),
            "b": np.repeat(["u", "v"], 15),
            "g": np.resize(["g1", "g2", "g3", "g4", "g5"], 30),
        }
    )


# --- agreement with R -----------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_columns_reproduce_the_fitted_values_of_lme4(case):
    # X beta and X beta + Z b, from lme4's own estimates: wrong columns, codes, levels or an
    # order of names other than lme4's cannot give these numbers.
    reference = json.loads((REFERENCE / f"{case}.json").read_text())
    fit = reference["fit"]
    made = design(reference["formula"], load(reference["data"].removesuffix(".csv")))
    [term], [ranef] = made.terms, fit["ranef"]
    assert list(made.names) == fit["beta"]["names"]
    assert (term.group, list(term.names)) == (ranef["group"], ranef["names"])
    assert list(term.levels) == ranef["levels"]
    marginal = made.X @ fit["beta"]["estimate"]
    b = np.array(ranef["values"])
    conditional = marginal + (term.Z * b[term.codes]).sum(axis=1)
    assert marginal[:20] == pytest.approx(fit["fitted_first20"]["marginal"], rel=1e-12)
    assert conditional[:20] == pytest.approx(fit["fitted_first20"]["conditional"], rel=1e-12)


@pytest.mark.parametrize(
    ("right", "names"),
    [
        ("1", ["(Intercept)"]),
        ("x", ["(Intercept)", "x"]),
        ("0 + x", ["x"]),
        ("x - 1", ["x"]),
        ("-1 + x", ["x"]),
        ("x + 0 + 1", ["(Intercept)", "x"]),
        ("x + x", ["(Intercept)", "x"]),
        ("a", ["(Intercept)", "aq", "ar"]),
        ("0 + a", ["ap", "aq", "ar"]),
        ("a + b - 1", ["ap", "aq", "ar", "bv"]),
        ("a * b", ["(Intercept)", "aq", "ar", "bv", "aq:bv", "ar:bv"]),
        ("a:b + a + b", ["(Intercept)", "aq", "ar", "bv", "aq:bv", "ar:bv"]),
        ("x:a", ["(Intercept)", "x:ap", "x:aq", "x:ar"]),
        ("x + x:a", ["(Intercept)", "x", "x:aq", "x:ar"]),
        ("a / x", ["(Intercept)", "aq", "ar", "ap:x", "aq:x", "ar:x"]),
        ("b + a:b", ["(Intercept)", "bv", "bu:aq", "bv:aq", "bu:ar", "bv:ar"]),
        ("a * b - a", ["(Intercept)", "bv", "aq:bu", "ar:bu", "aq:bv", "ar:bv"]),
        ("a * x - a", ["(Intercept)", "x", "aq:x", "ar:x"]),
        ("- a + b + b:a", ["(Intercept)", "bv", "aq:bu", "ar:bu", "aq:bv", "ar:bv"]),
        (
            "(0 + z:a | g) - a:z + z + a:z + z:x",
            ["(Intercept)", "z", "aq:z", "ar:z", "z:x"],
        ),
        ("(x + z)^2", ["(Intercept)", "x", "z", "x:z"]),
        ("(x + z + b)**2 - z:b", ["(Intercept)", "x", "z", "bv", "x:z", "x:bv"]),
        ("x * z * b - x:z:b - x:z", ["(Intercept)", "x", "z", "bv", "x:bv", "z:bv"]),
        ("x:z + b", ["(Intercept)", "bv", "x:z"]),
        ("log(z)", ["(Intercept)", "log(z)"]),
        ("I( x^2 ) + I(x/z)", ["(Intercept)", "I(x^2)", "I(x / z)"]),
        ("I((x+1)*2 - -z)", ["(Intercept)", "I((x + 1) * 2 - -z)"]),
        ("poly(x, 2)", ["(Intercept)", "poly(x, 2)1", "poly(x, 2)2"]),
        ("poly(x, degree=2)", ["(Intercept)", "poly(x, 2)1", "poly(x, 2)2"]),
        ("poly(x, 1):b", ["(Intercept)", "poly(x, 1):bu", "poly(x, 1):bv"]),
        ("C(g)", ["(Intercept)", "C(g)g2", "C(g)g3", "C(g)g4", "C(g)g5"]),
        ("`x` + `b`", ["(Intercept)", "x", "bv"]),
    ],
)
def test_fixed_terms_expand_as_in_r(table, right, names):
    assert list(design(f"y ~ {right} + (1 | g)", table).names) == names


def test_values_of_columns(table):
    x, z, a, b = table.x.to_numpy(), table.z.to_numpy(), table.a, table.b
    made = design("y ~ a * x + log(z) + sqrt(z) + exp(x) + I(-x^2 + 2 * z) + (1 | g)", table)
    column = dict(zip(made.names, made.X.T, strict=True))
    expected = {
        "(Intercept)": np.ones(30),
        "aq": a == "q",
        "ar": a == "r",
        "x": x,
        "log(z)": np.log(z),
        "sqrt(z)": np.sqrt(z),
        "exp(x)": np.exp(x),
        "I(-x^2 + 2 * z)": 2 * z - x**2,
        "aq:x": (a == "q") * x,
        "ar:x": (a == "r") * x,
    }
    assert list(column) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(column[name], np.asarray(values, float), err_msg=name)
    scaled = design("log(z) ~ 0 + center(x) + scale(x) + I(center(x)^2) + (1 | g)", table)
    assert scaled.response == "log(z)"
    np.testing.assert_allclose(scaled.y, np.log(z))
    np.testing.assert_allclose(
        scaled.X.T, [x - x.mean(), (x - x.mean()) / x.std(ddof=1), (x - x.mean()) ** 2]
    )
    crossed = design("y ~ a:b + (1 | g)", table)  # redundant in R, full rank here
    assert np.linalg.matrix_rank(crossed.X) == crossed.X.shape[1] == 6
    assert b.nunique() == 2


def test_poly_and_bs_are_bases_of_what_they_say(table):
    x = table.x.to_numpy()
    P = design("y ~ poly(x, 3) + (1 | g)", table).X
    np.testing.assert_allclose(P[:, 1:].T @ P, np.eye(4)[1:], atol=1e-12)
    assert P[:, 3] @ x**3 > 0  # R's sign: the highest power counts positively
    raw = design("y ~ poly(x, 3, raw = TRUE) + (1 | g)", table)
    np.testing.assert_allclose(raw.X[:, 1:].T, [x, x**2, x**3])
    assert raw.names[3] == "poly(x, 3, raw = TRUE)3"
    B = design("y ~ bs(x, df = 5) + (1 | g)", table)
    assert B.names[1:] == tuple(f"bs(x, 5){k}" for k in range(1, 6))
    assert np.linalg.matrix_rank(B.X) == 6
    assert (B.X >= 0).all() and (B.X[:, 1:].sum(axis=1) <= 1 + 1e-12).all()


# --- random terms ---------------------------------------------------------------------------


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


# --- rows and categories --------------------------------------------------------------------


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


# --- hypotheses -----------------------------------------------------------------------------


TESTED = [
    path.stem for path in sorted(REFERENCE.glob("*.json")) if "anova_type3" in path.read_text()
]


def test_there_are_analyses_of_variance():
    assert len(TESTED) == 13


@pytest.mark.parametrize("case", TESTED)
@pytest.mark.parametrize("method", ["satterthwaite", "kenward_roger"])
def test_an_analysis_of_variance_tests_what_lmertest_tests(case, method):
    reference = json.loads((REFERENCE / f"{case}.json").read_text())
    expected = reference["inference"][f"anova_type3_{method}"]
    fit = lmm(reference["formula"], load(reference["data"].removesuffix(".csv")))
    table = fit.anova(method.replace("_", "-"))
    assert list(table.rows) == np.atleast_1d(expected["terms"]).tolist()
    assert table.values[:, 0].tolist() == np.atleast_1d(expected["numdf"]).tolist()
    assert table.values[:, 2] == pytest.approx(np.atleast_1d(expected["F"]), rel=1e-6)


@pytest.mark.parametrize(
    "right",
    [
        "a",
        "a * b",
        "a * x",
        "a * b * x",
        "a + b + x:z",
        "0 + a",
        "0 + a + b",
        "0 + x + a:b",
        "a:b",
        "a / x",
        "a / b",
        "b + a:b",
        "a * b - a",
        "a:x",
        "x + a:x + b:x:z",
        "0 + a:x + b",
        "0 + x:z",
    ],
)
def test_hypotheses_are_those_of_sum_to_zero_coding(table, right):
    # the oracle codes the table with sums to zero, and finds beta there from beta here
    import formulaic
    from formulaic.transforms import contrasts

    made = design(f"y ~ {right} + (1 | g)", table)
    context = {"A": table.a, "B": table.b, "C": formulaic.transforms.C, "S": contrasts.SumContrasts}
    coded = right.replace("a", "C(A, contr.sum)").replace("b", "C(B, contr.sum)")
    oracle = formulaic.model_matrix(
        coded if right.startswith("0") else f"1 + {coded}", table, context=context
    )
    change, *_ = np.linalg.lstsq(np.asarray(oracle, float), made.X, rcond=None)
    np.testing.assert_allclose(np.asarray(oracle, float) @ change, made.X, atol=1e-12)
    slices = [at for term, at in oracle.model_spec.term_slices.items() if str(term) != "1"]
    assert len(slices) == len(made.hypotheses)
    for at, (_, L) in zip(slices, made.hypotheses, strict=True):
        rank = np.linalg.matrix_rank(L)
        assert L.shape == (rank, made.X.shape[1])
        assert rank == at.stop - at.start
        both = np.vstack([L, change[at]])
        assert np.linalg.matrix_rank(both, tol=1e-9) == rank  # the same rows, differently combined


def test_terms_have_rs_names(table):
    made = design("y ~ log(z) * a + poly(x, 2):b + (1 | g)", table)
    assert [name for name, _ in made.hypotheses] == ["log(z)", "a", "log(z):a", "poly(x, 2):b"]
    assert design("y ~ 1 + (1 | g)", table).hypotheses == ()


def test_tests_do_not_depend_on_which_category_is_the_reference(table):
    formula = "y ~ a * x + b + (1 | g)"
    turned = table.assign(a=pd.Categorical(table.a, ["r", "p", "q"]), b=table.b.map(ord))
    first = lmm(formula, table).anova("wald").values
    second = lmm(formula.replace("b", "C(b)"), turned).anova("wald").values
    np.testing.assert_allclose(second, first, rtol=1e-8)


# --- other tables ---------------------------------------------------------------------------

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


# --- formulas of strangers ------------------------------------------------------------------

HOSTILE = [
    "y ~ I(__import__('os').system('touch {file}')) + (1 | g)",
    "y ~ __import__('os').system('touch {file}') + (1 | g)",
    "y ~ I(open('{file}', 'w')) + (1 | g)",
    "y ~ {{open('{file}', 'w')}} + (1 | g)",
    "y ~ `open('{file}', 'w')` + (1 | g)",
    "y ~ I(`x`.__class__.__mro__[1].__subclasses__()) + (1 | g)",
    "y ~ x.__class__ + (1 | g)",
    "y ~ I(x.to_csv('{file}')) + (1 | g)",
    "y ~ x[open('{file}', 'w')] + (1 | g)",
    "y ~ I((lambda: open('{file}', 'w'))()) + (1 | g)",
    "y ~ I([open('{file}', 'w') for i in x]) + (1 | g)",
    "y ~ I(x := open('{file}', 'w')) + (1 | g)",
    "y ~ I(f\"{{open('{file}', 'w')}}\") + (1 | g)",
    "y ~ I(x if open('{file}', 'w') else x) + (1 | g)",
    "y ~ log(x, out=open('{file}', 'w')) + (1 | g)",
    "y ~ poly(x, open('{file}', 'w')) + (1 | g)",
    "y ~ poly(x, degree=exec) + (1 | g)",
    "y ~ np.save('{file}', x) + (1 | g)",
    "y ~ I(np.save('{file}', x)) + (1 | g)",
    'y ~ ｅｖａｌ(\'open("{file}", "w")\') + (1 | g)',
    "y ~ еxec(x) + (1 | g)",  # a Cyrillic first letter
    "y ~ eval(x) + (1 | g)",
    "y ~ exec + (1 | g)",
    "y ~ __builtins__ + (1 | g)",
    "y ~ secret + (1 | g)",
    "y ~ C(x, contr.treatment) + (1 | g)",
    "y ~ C(x, levels=[open('{file}', 'w')]) + (1 | g)",
    "y ~ hashed(x) + (1 | g)",
    "y ~ lag(x) + (1 | g)",
    "y ~ . + (1 | g)",
    "y ~ x %in% g + (1 | g)",
    "y ~ x in g + (1 | g)",
    "y ~ [x ~ z] + (1 | g)",
    "[y ~ x] ~ z + (1 | g)",
    "y ~ x ~ z + (1 | g)",
    "y ~ x + (1 | __import__('os').system('touch {file}'))",
    "y ~ x + (open('{file}', 'w') | g)",
    "y ~ x + (1 | {{open('{file}', 'w')}})",
    "__import__('os').system('touch {file}') ~ x + (1 | g)",
    "y ~ x + (1 | g) # comment",
    "y ~ x; import os",
    "y ~ x\\",
    "y ~ 'x' + (1 | g)",
    'y ~ "\\"x" + (1 | g)',
    "y ~ `x` `y` + (1 | g)",
    "y ~ `x + (1 | g)",
    "y ~ `x\\`` + (1 | g)",
    "y ~ @x + (1 | g)",
    "y ~ x; y",
    "y ~ $x + (1 | g)",
    "y ~ v0 + (1 | g)",
    "y ~ np + (1 | g)",
    "y ~ x == x + (1 | g)",
    "y ~ I(x < z) + (1 | g)",
    "y ~ I(x & z) + (1 | g)",
    "y ~ I(x, z) + (1 | g)",
    "y ~ I(x = z) + (1 | g)",
    "y ~ I() + (1 | g)",
    "y ~ I(*x) + (1 | g)",
]

secret = 1.0  # a variable of this module that no formula may reach


@pytest.mark.parametrize("formula", HOSTILE)
def test_hostile_formulas_are_refused_and_do_not_run(table, formula, tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr("os.system", ran.append)
    monkeypatch.setattr("formulaic.materializers.base.stateful_eval", lambda *a: ran.append(a))
    file = tmp_path / "ran"
    with pytest.raises(LMMError):
        design(formula.format(file=file), table)
    assert not ran and not file.exists()


def test_formulaic_evaluates_nothing_even_for_good_formulas(table, monkeypatch):
    # Not even our own text: it is given names of variables and the signs + and :.
    monkeypatch.delattr("formulaic.materializers.base.stateful_eval")
    formula = "log(z) ~ poly(x, 2) * a + C(g) + I(x^2) + bs(z, 4) + `we ird` + (scale(x) | g)"
    design(formula, table.assign(**{"we ird": table.x * 2 + table.z}))


def test_a_column_may_be_called_like_something_dangerous(table):
    name = "__import__('os').system('true')"
    made = design(f"y ~ `{name}` + (1 | g)", table.rename(columns={"x": name}))
    np.testing.assert_array_equal(made.X[:, 1], table.x)


def test_too_many_terms_are_refused_while_they_are_written_out(table):
    formula = "y ~ " + " * ".join(f"I(x + {k})" for k in range(30)) + " + (1 | g)"
    with pytest.raises(LMMError, match="more than 200 terms"):
        design(formula, table)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ I(9^9^9^9^9) + (1 | g)",
        "y ~ I(1e999 * x) + (1 | g)",
        "y ~ (a + b + x + z + g)^9999999999 + (1 | g)",
        "y ~ poly(x, 999999999) + (1 | g)",
        "y ~ bs(x, df = 999999999999) + (1 | g)",
        "y ~ " + "(" * 5000 + "x" + ")" * 5000 + " + (1 | g)",
        "y ~ I(" + "-" * 5000 + "x) + (1 | g)",
        "y ~ " + "x + " * 5000 + "(1 | g)",
        "y ~ " + " * ".join(f"poly(x, {k})" for k in range(1, 20)) + " + (1 | g)",
        "y ~ C(n):C(m) + (1 | g)",
        "y ~ x + (0 + C(n):C(m) | g)",
    ],
)
def test_formulas_that_would_eat_the_machine_are_refused_at_once(table, formula):
    table = table.assign(n=np.arange(30), m=np.arange(30) // 2)
    big = pd.concat([table] * 7, ignore_index=True).assign(n=lambda t: np.arange(len(t)))
    with pytest.raises(LMMError):
        lmm(formula, big)


BASIS = "(bs(Days, 100):Subject | Subject)"
CROSSED = "(Subject:C(Days):poly(Days, 9) | Subject)"


@pytest.mark.parametrize(
    "random",
    [
        BASIS,
        CROSSED,
        " + ".join([BASIS, CROSSED.replace("9", "8"), BASIS.replace("100", "99")]),
        " + ".join(f"(0 + bs(Days, {k}) | Subject)" for k in range(12, 18)),
        "(bs(Days, 29) | Subject)",
    ],
)
def test_random_terms_that_would_eat_the_machine_are_refused_at_once(random, monkeypatch):
    # Nothing of the size of the random effects is computed, neither columns nor what is conditioned
    monkeypatch.setattr("lmmlab.model.fit.condition", lambda _: pytest.fail("was conditioned"))
    if random != "(bs(Days, 29) | Subject)":  # 30 columns are allowed, but not with 180 rows
        monkeypatch.setattr("formulaic.model_matrix", lambda *_, **__: pytest.fail("was built"))
    with pytest.raises(LMMError, match=r"30 are the most|180 rows cannot tell 540 random effects"):
        lmm(f"Reaction ~ Days + {random}", load("sleepstudy"))


PIECES = [
    *("y", "x", "a", "g", "0", "1", "2", "nope", "`x`", "(", ")", "|", "||", "~", " ", ",", "="),
    *("+", "-", "*", "/", ":", "^", "'", "{", "[", ".", "(1 | g)", "(x | g)", "y ~ "),
    *(f"{name}(" for name in FUNCTIONS),
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_design_or_a_sentence(text):
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(12, 2)), columns=["y", "x"])
    table = table.assign(a=["p", "q"] * 6, g=np.repeat(["g1", "g2", "g3", "g4"], 3))
    for formula in (text, f"y ~ {text} + (1 | g)"):
        try:
            made = design(formula, table)
        except LMMError as error:
            assert len(str(error)) > 20
        else:
            assert made.X.shape == (12, len(made.names)) and np.isfinite(made.X).all()


def test_importing_formulas_leaves_pandas_out():
    code = "import sys, lmmlab.formula; print({'pandas', 'formulaic'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
