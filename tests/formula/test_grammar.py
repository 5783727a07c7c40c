"""Formulas of strangers: no text runs, none eats the machine, all get a sentence."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmmlab.data import load
from lmmlab.engine.design import LMMError
from lmmlab.formula import design, lmm
from lmmlab.formula.pieces import FUNCTIONS

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
