"""What a user writes of residuals, and the sentences for what cannot be."""

import numpy as np
import pandas as pd
import pytest
from written_out import panel

import lmmlab
from lmmlab import LMMError, ar1, car1, compound_symmetry, lmm, unstructured, variances
from lmmlab.formula import design

ROWS = panel(people=12)


def test_the_verbs_name_columns_and_multiply():
    both = variances("arm") * ar1("t", "id") * variances("sex")
    assert repr(both) == 'ar1("t", "id") * variances("arm") * variances("sex")'
    assert eval(repr(both), vars(lmmlab) | {"ar1": ar1, "variances": variances}) == both
    assert both.columns == ["t", "id", "arm", "sex"]
    assert car1("t", "a:b").columns == ["t", "a", "b"]
    with pytest.raises(TypeError):
        ar1("t", "id") * 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ar1("t", "id") * car1("t", "id"), ["two correlations"]),
        (lambda: variances("a") * variances("a"), ["names a factor of the variances twice"]),
        (lambda: ar1(1, "id"), ["names of columns, in quotes", 'ar1(1, "id")']),
        (lambda: variances(None), ["variances(None)"]),
        (
            lambda: lmm("y ~ t", ROWS, residual="ar1"),
            ['residual must be a structure such as ar1("t'],
        ),
        (lambda: lmm("y ~ t", ROWS), ["no grouping term", 'residual=ar1("t", "id")']),
    ],
)
def test_what_is_no_structure(make, words):
    with pytest.raises(LMMError) as caught:
        make()
    assert all(word in str(caught.value) for word in words)


TWICE = ROWS.assign(t=ROWS.t.where(ROWS.index != 3, ROWS.t[ROWS.id == ROWS.id[3]].iloc[0]))
APART = ROWS[~((ROWS.t == 3) & ROWS.id.isin(ROWS[ROWS.t == 0].id))]


@pytest.mark.parametrize(
    ("formula", "rows", "structure", "words"),
    [
        ("y ~ t", ROWS, ar1("time", "id"), ["no column time"]),
        ("y ~ t", ROWS, ar1("t", "ID"), ["no column ID", "Did you mean id?"]),
        ("y ~ t", ROWS, variances("arms"), ["no column arms", "Did you mean arm?"]),
        ("y ~ t", ROWS, ar1("when", "id"), ["counts occasions", "no whole number", "use car1("]),
        (
            "y ~ t",
            ROWS,
            ar1("arm", "id"),
            ["does not hold numbers", "first value is", "Make it numbers"],
        ),
        ("y ~ x", ROWS.assign(t=ROWS.t + 1j), car1("t", "id"), ["does not hold numbers", "1j"]),
        ("y ~ t", ROWS, ar1("t", "school"), ["school s", "has two rows at t"]),
        ("y ~ t", ROWS, car1("t", "arm"), ["arm a has two rows at t"]),
        ("y ~ x", ROWS.assign(t=np.inf), car1("t", "id"), ["infinite"]),
        ("y ~ x", ROWS.drop_duplicates("id"), ar1("t", "id"), ["Each id has one row only"]),
        ("y ~ t", ROWS.assign(arm="a"), variances("arm"), ["arm is a in all", "one residual sd"]),
        ("y ~ x", ROWS, unstructured("when", "id"), ["different values; 12 are the most"]),
        ("y ~ x", ROWS.assign(t=1), unstructured("t", "id"), ["nothing to correlate"]),
        ("y ~ x", APART, unstructured("t", "id"), ["No id has rows at both t 0 and 3"]),
        ("y ~ x", ROWS, unstructured("arm", "id"), ["has two rows at arm"]),
        (
            "y ~ t + (1 | id)",
            ROWS,
            compound_symmetry("id"),
            ["cannot tell apart", "the residual correlation within id", "(Intercept)"],
        ),
        (
            "y ~ t + (t | id)",
            ROWS,
            unstructured("t", "id") * variances("t"),
            ["cannot tell apart"],
        ),
        ("y ~ t + (1 | id)", ROWS[ROWS.t < 2], ar1("t", "id"), ["cannot tell apart"]),
        (
            "y ~ t + (1 | arm:t)",
            ROWS,
            ar1("t", "id"),
            ["Residuals of id p", "several levels of arm:t", "lies within one level"],
        ),
    ],
)
def test_what_cannot_be_fitted(formula, rows, structure, words):
    with pytest.raises(LMMError) as caught:
        lmm(formula, rows, residual=structure)
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_level_with_a_single_row_has_no_sd():
    rows = ROWS.assign(site=np.where(ROWS.index == 0, "lone", "rest"))
    with pytest.raises(LMMError, match="lone of site has a single row"):
        lmm("y ~ t", rows, residual=variances("site"))


def test_groups_of_one_row_do_no_harm():
    lone = ROWS.iloc[:1].assign(id="lone", t=77)
    wide = lmm("y ~ x", pd.concat([ROWS, lone]), residual=ar1("t", "id"))
    assert wide.nobs == len(ROWS) + 1
    assert wide.R("lone").values.tolist() == [[pytest.approx(wide.sigma**2)]]


def test_combinations_of_two_columns_are_groups():
    whole = design("y ~ t", ROWS, compound_symmetry("school:arm")).residual.correlation
    assert set(whole.levels) == set(ROWS.school + ":" + ROWS.arm)
    assert design("y ~ t", ROWS, variances("arm")).formula == 'y ~ t, residual = variances("arm")'
