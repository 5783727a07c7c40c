"""Terms of formulas: written out as in R, and not without end."""

import pytest

from lmmlab.engine.design import LMMError
from lmmlab.formula import design


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


def test_too_many_terms_are_refused_while_they_are_written_out(table):
    formula = "y ~ " + " * ".join(f"I(x + {k})" for k in range(30)) + " + (1 | g)"
    with pytest.raises(LMMError, match="more than 200 terms"):
        design(formula, table)
