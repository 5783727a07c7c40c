"""Comparing residual structures."""

import numpy as np
import pytest
from scipy.special import chdtrc
from written_out import panel

from lmmlab import ar1, car1, compare, compound_symmetry, lmm, load, unstructured, variances

ROWS = panel(people=16, visits=3)


def fitted(structure, formula="y ~ t", reml=True):
    return lmm(formula, ROWS, residual=structure, reml=reml)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize(
    ("small", "large", "df"),
    [
        (ar1("t", "id"), ar1("t", "id") * variances("arm"), 1),
        (variances("arm"), ar1("t", "id") * variances("arm"), 1),
        (ar1("t", "id"), unstructured("t", "id"), 2),
        (compound_symmetry("id"), unstructured("t", "id") * variances("t"), 4),
        (variances("school"), variances("id"), 13),
        (unstructured("t", "id"), unstructured("t", "id") * variances("t"), 2),
    ],
)
def test_nested_structures_have_a_likelihood_ratio(small, large, df, reml):
    one, other = fitted(small, reml=reml), fitted(large, reml=reml)
    table = compare(other, one)
    chi2 = one.deviance - other.deviance
    assert table.values[1, 4] == pytest.approx(chi2)
    assert table.values[1, 5] == df
    assert table.values[1, 6] == pytest.approx(chdtrc(df, chi2))
    assert np.isnan(table.values[1, 7])
    assert ("REML" in table.note) == reml


@pytest.mark.parametrize(
    ("small", "large"),
    [
        (ar1("t", "id"), compound_symmetry("id") * variances("arm")),
        (car1("when", "id"), unstructured("t", "id")),
        (compound_symmetry("school"), unstructured("t", "id")),
        (variances("arm"), ar1("t", "id") * variances("school")),
        (unstructured("t", "id"), ar1("t", "id") * variances("id")),
    ],
)
def test_others_have_none(small, large):
    table = compare(fitted(small), fitted(large))
    assert np.isnan(table.values[1, 4:]).all()
    assert "is not seen to be a special case" in table.note


def test_car1_cannot_be_negative():
    table = compare(fitted(car1("when", "id")))
    assert table.rows[0] == "independent rows"
    assert table.values[1, 5] == 1
    assert "cannot be negative" in table.note


def test_a_single_model_is_compared_without_its_random_effects():
    data = load("ar1_panel")
    model = lmm("y ~ t * arm + (1 | id)", data, residual=ar1("t", "id"))
    table = compare(model)
    alone = lmm("y ~ t * arm", data, residual=ar1("t", "id"))
    assert table.values[0, 1] == pytest.approx(alone.deviance, rel=1e-10)
    assert table.values[1, 7] == pytest.approx(table.values[1, 6] / 2)
    alone = fitted(ar1("t", "id"))
    least = lmm("y ~ t + (1 | id)", ROWS).at([0.0])
    table = compare(alone)
    assert table.values[0, 1] == pytest.approx(least.deviance, rel=1e-10)
    assert table.values[0, 0] == 3


def test_with_and_without_a_structure():
    data = load("ar1_panel")
    plain = lmm("y ~ t * arm + (1 | id)", data)
    model = lmm("y ~ t * arm + (1 | id)", data, residual=ar1("t", "id"))
    table = compare(plain, model)
    assert table.values[1, 4] == pytest.approx(plain.deviance - model.deviance)
    assert table.values[1, 5] == 1
    outer = lmm("y ~ t * arm", data, residual=compound_symmetry("id"))
    table = compare(plain, outer)
    assert "has as many parameters" in table.note


def test_other_fixed_effects_are_refitted_by_ml():
    table = compare(fitted(ar1("t", "id")), fitted(ar1("t", "id"), "y ~ t + x"))
    assert "fitted again by ML" in table.note
    ml = [fitted(ar1("t", "id"), formula, reml=False) for formula in ("y ~ t", "y ~ t + x")]
    assert table.values[1, 4] == pytest.approx(ml[0].deviance - ml[1].deviance)
