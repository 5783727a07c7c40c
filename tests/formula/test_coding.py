"""Hypotheses of terms: those of R's analysis of variance of type III."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmmlab.data import load
from lmmlab.formula import design, lmm

REFERENCE = Path(__file__).parent.parent / "reference"
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
