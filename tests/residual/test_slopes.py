"""Slopes in phi, against differences of the criterion itself."""

import numpy as np
import pytest
from written_out import panel

from lmmlab import ar1, car1, compound_symmetry, unstructured, variances
from lmmlab.formula import design
from lmmlab.residual.place import criterion, place
from lmmlab.residual.slopes import bends, expected, slopes

MODELS = [
    ("y ~ t", ar1("t", "id")),
    ("y ~ t + x + (t | id)", ar1("t", "id") * variances("arm")),
    ("y ~ t + (t || school)", car1("when", "id")),
    ("y ~ t + (1 | school)", compound_symmetry("id") * variances("school")),
    ("y ~ x", unstructured("t", "id")),
    ("y ~ t + (1 | school/id)", ar1("t", "id")),
]


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize(("formula", "structure"), MODELS)
def test_slopes_and_bends(formula, structure, reml):
    made = design(formula, panel(people=12), structure)
    here = place(made, made.residual.start + 0.2, reml)
    wide = 1e-3
    for k, step in enumerate(wide * np.eye(len(here.phi))):
        near = [criterion(made, here.theta, here.phi + s * step, reml) for s in (-2, -1, 1, 2)]
        slope = (8 * (near[2] - near[1]) - (near[3] - near[0])) / (12 * wide)
        assert slopes(made, here)[k] == pytest.approx(slope, rel=1e-6, abs=1e-6)
        bend = (16 * (near[1] + near[2]) - near[0] - near[3] - 30 * here.value) / (12 * wide**2)
        assert bends(made, here)[k] == pytest.approx(bend, rel=1e-3, abs=1e-3)


def test_what_is_expected_of_complete_data_bends_more():
    """What is missing is information: the criterion of complete data is the more curved one."""
    made = design("y ~ t + (1 | id)", panel(people=12), ar1("t", "id"))
    here = place(made, np.array([0.3]), True)
    value = expected(made, here)
    complete = (value(here.phi + 1e-3) + value(here.phi - 1e-3) - 2 * value(here.phi)) / 1e-6
    assert complete > bends(made, here)[0]


def test_a_search_near_a_theta_ends_where_any_does():
    made = design("y ~ t * arm + (t | id)", panel(seed=11, people=16), variances("arm"))
    phi = made.residual.start + 0.1
    alone = place(made, phi, True)
    near = place(made, phi, True, 1.2 * alone.theta)
    np.testing.assert_allclose(near.theta, alone.theta, rtol=1e-6, atol=1e-7)
    assert near.value == pytest.approx(alone.value, rel=1e-12)
