"""A singular fit is a fact, told in a sentence that says what is singular."""

import numpy as np
import pytest

from lmmlab import lmm, load
from lmmlab.engine.design import grouped
from lmmlab.model.fit import fit


def test_nothing_to_say():
    assert lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy")).message == ""


@pytest.mark.parametrize(
    ("formula", "data", "text"),
    [
        (
            "Yield ~ 1 + (1 | Batch)",
            "dyestuff2",
            "the sd of (Intercept) between levels of Batch is estimated to be zero.",
        ),
        (
            "y ~ x + (x | id)",
            "rho_plus1",
            "the correlation of (Intercept) and x between levels of id is estimated to be +1.",
        ),
        (
            "y ~ x + (x | id)",
            "rho_minus1",
            "the correlation of (Intercept) and x between levels of id is estimated to be -1.",
        ),
    ],
)
def test_what_makes_a_fit_singular(formula, data, text):
    model = lmm(formula, load(data))
    assert model.message.startswith(f"The fit is singular: {text}")
    assert "no error" in model.message
    assert model.converged


def test_more_than_one_zero_and_more_than_two_columns():
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(9), 6)
    Z = np.column_stack([np.ones(54), rng.standard_normal((54, 2))])
    noise = grouped(rng.standard_normal(54), Z, Z, codes, blocks=(1, 1, 1))
    both = fit(noise).at([1.0, 0.0, 0.0], 1.0).message
    assert "the sd of z1 and z2 between levels of group are zero" in both
    assert "no error" not in both
    free = grouped(noise.y, Z, Z, codes)
    three = fit(free).at([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], 1.0).message
    assert "some combination of the random effects of group is without variance" in three
