"""Data of which no model of counts can be made, and the sentence that says why."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from lmmlab import LMMError, glmm, load
from lmmlab.engine.design import Design, Term
from lmmlab.engine.relation import Relation
from lmmlab.generalised.counts import Counts
from lmmlab.generalised.family import POISSON
from lmmlab.generalised.fit import fit

rng = np.random.default_rng(3)
TABLE = pd.DataFrame(
    {
        "g": np.repeat(list("abcdefgh"), 6),
        "x": rng.standard_normal(48),
        "arm": np.tile(["a", "b"], 24),
        "n": 5,
        "y": rng.integers(0, 2, 48),
        "k": rng.integers(0, 6, 48),
        "row": np.arange(48).astype(str),
    }
)


def change(**columns):
    """The table with some values of the first rows replaced."""
    table = TABLE.copy()
    for name, values in columns.items():
        column = table[name].to_numpy(dtype=float)
        column[: len(np.atleast_1d(values))] = values
        table[name] = column
    return table


@pytest.mark.parametrize(
    ("formula", "data", "options", "said"),
    [
        ("y ~ x + (1 | g)", TABLE, {"family": "gamma"}, 'must be "binomial" or "poisson"'),
        ("y ~ x + (1 | g)", TABLE, {"family": None}, 'must be "binomial" or "poisson"'),
        ("y ~ x", TABLE, {}, "no grouping term"),
        ("cbind(k, n - k) ~ x + (1 | g)", TABLE, {}, "write events / trials"),
        ("y ~ x + offset(n) + (1 | g)", TABLE, {}, "name the column outside"),
        ("y ~ x + (1 | g)", 3, {}, "must be a table"),
        ("y ~ x + (1 | g)", change(y=[2]), {}, "A yes or no is 0 or 1"),
        ("y ~ x + (1 | g)", change(y=[0.5]), {}, "must be a whole number.*out of how many"),
        ("y ~ x + (1 | g)", change(y=[-1]), {}, "cannot be negative"),
        ("k ~ x + (1 | g)", change(k=[-1]), {"family": "poisson"}, "cannot be negative"),
        ("k ~ x + (1 | g)", change(k=[1.5]), {"family": "poisson"}, "must be a whole number"),
        ("k ~ x + (1 | g)", change(k=[1e12]), {"family": "poisson"}, "above a billion"),
        ("k / n ~ x + (1 | g)", change(k=[7]), {}, "7 events of 5 in row 1"),
        ("k / n ~ x + (1 | g)", change(n=[0]), {}, "n is 0 in row 0.*Leave the row out"),
        ("k / n ~ x + (1 | g)", change(n=[2.5]), {}, "must be a whole number"),
        ("k ~ x + (1 | g)", TABLE, {"trials": "n"}, "the response is a proportion"),
        ("y ~ x + (1 | g)", TABLE, {"trials": "m"}, "no column m"),
        ("y ~ x + (1 | g)", TABLE, {"trials": 5}, "must be the name of a column"),
        ("k ~ x + (1 | g)", TABLE, {"family": "poisson", "trials": "n"}, "Trials belong to"),
        ("y ~ x + (1 | g)", TABLE, {"exposure": "n"}, "odds are not"),
        ("y ~ x + (1 | g)", TABLE.assign(n=0), {"trials": "n"}, "n is 0 in row 0, and without"),
        ("k ~ x + (1 | g)", TABLE, {"family": "poisson", "exposure": "x"}, "must be positive"),
        (
            "k ~ x + (1 | g)",
            TABLE,
            {"family": "poisson", "exposure": "n", "offset": "x"},
            "either offset or exposure",
        ),
        ("y ~ x + (1 | g)", change(y=np.zeros(48)), {}, "no event in any of 48 rows"),
        ("y ~ x + (1 | g)", change(y=np.ones(48)), {}, "an event in every trial of all 48 rows"),
        (
            "k ~ x + (1 | g)",
            change(k=np.zeros(48)),
            {"family": "poisson"},
            "no event in any of 48 rows",
        ),
        ("g ~ x + (1 | arm)", TABLE, {}, "8 categories.*a yes or no has two"),
        ("y ~ x + (1 | row)", TABLE, {}, "one row, a single yes or no"),
        ("y ~ x + (1 | g)", TABLE[TABLE.g == "a"], {}, "only one level"),
        ("y ~ x + I(2 * x) + (1 | g)", TABLE, {}, "combination"),
        ("y ~ x + (1 | g) + (1 | h)", TABLE.assign(h=TABLE.g + "h"), {}, "same groups"),
        ("log(k) ~ x + (1 | g)", change(k=[0]), {"family": "poisson"}, "not a finite number"),
    ],
)
def test_refused(formula, data, options, said):
    with pytest.raises(LMMError, match=f"(?s){said}") as caught:
        glmm(formula, data, **options)
    assert str(caught.value).endswith(".") and "nan" not in str(caught.value).lower().split()


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (lambda t: (t.arm == "a") * t.y, "in the 24 rows where armb is 1 no trial is an event"),
        (lambda t: t.y.where(t.arm == "a", 1), "where armb is 1 every trial is an event"),
        (lambda t: (t.arm == "b") * t.y, "in the 24 rows where armb is 0 no trial is an event"),
        (lambda t: (t.x > 0.2).astype(int), "x can tell rows with events from rows without"),
    ],
)
@pytest.mark.parametrize("nodes", [1, 5])
def test_separation(y, said, nodes):
    table = TABLE.assign(y=y)
    with pytest.raises(LMMError, match=f"{said}.*separation"):
        glmm("y ~ x + arm + (1 | g)", table, nodes=nodes)


def test_a_cell_without_counts():
    table = TABLE.assign(k=TABLE.k.where(TABLE.arm == "a", 0))
    with pytest.raises(LMMError, match=r"24 rows where armb is 1 nothing was counted.*separation"):
        glmm("k ~ arm + (1 | g)", table, "poisson")


def test_a_cell_with_all_counts_is_no_separation_of_means():
    table = TABLE.assign(k=TABLE.k.where(TABLE.arm == "a", 5))
    assert glmm("k ~ arm + (1 | g)", table, "poisson").converged


def test_large_effects_are_no_separation():
    table = TABLE.assign(y=(TABLE.x > 0.2).astype(int))
    table.loc[table.x.sub(0.2).abs().nsmallest(6).index, "y"] ^= 1
    model = glmm("y ~ x + (1 | g)", table)
    assert model.converged and model.beta[1] > 3


def test_a_skewed_predictor_is_no_reason_to_refuse_slopes():
    """In one of its rows lines are 50 times as far apart as in a usual one."""
    rng = np.random.default_rng(0)
    g, x = np.repeat(np.arange(40), 8), rng.lognormal(0, 1.5, 320)
    y = rng.random(320) < expit(-1 + (0.6 + rng.standard_normal(40)[g]) * x)
    model = glmm("y ~ x + (x | g)", pd.DataFrame({"g": g.astype(str), "x": x, "y": y}))
    assert model.converged and 0.3 < model.sd["g"].values[1] < 3.0


def test_levels_of_one_kind_only():
    table = TABLE.assign(y=TABLE.g.isin(list("abcd")).astype(int))
    with pytest.raises(LMMError, match=r"levels of g differ grows without end. 8 of its 8 levels"):
        glmm("y ~ x + (1 | g)", table)


def test_missing_values_are_left_out_together():
    table = load("cbpp").astype({"size": float, "incidence": float})
    table.loc[3, "size"] = np.nan
    table.loc[9, "incidence"] = np.nan
    model = glmm("incidence / size ~ period + (1 | herd)", table)
    assert model.nobs == 54 and "2 rows were left out" in model.summary()
    whole = glmm("incidence / size ~ period + (1 | herd)", load("cbpp").drop([3, 9]))
    assert model.beta == pytest.approx(whole.beta, rel=1e-12)


def arrays(n=8, J=4, **changes):
    """Counts from arrays, with some fields replaced."""
    codes = np.arange(n) % J
    term = Term("g", ("one",), np.ones((n, 1)), codes, tuple(map(str, range(J))), (1,))
    y = np.arange(n, dtype=float)
    design = Design(y, np.ones((n, 1)), ("one",), (term,))
    fields = {"y": y, "trials": np.ones(n), "offset": np.zeros(n), "design": design} | changes
    return Counts(family=POISSON, **fields)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"y": np.arange(5.0)}, "a number for each row"),
        ({"offset": np.zeros(3)}, "a number for each row"),
        ({"offset": np.full(8, np.inf)}, "offset is inf in row 1"),
        ({"y": np.full(8, np.nan)}, "y is nan in row 1"),
    ],
)
def test_arrays_that_do_not_fit(changes, said):
    with pytest.raises(LMMError, match=said):
        arrays(**changes)


def test_what_a_design_of_counts_cannot_have():
    made = arrays()
    (term,) = made.design.terms
    heavy = dataclasses.replace(made.design, weights=np.ones(8))
    with pytest.raises(LMMError, match="has no weights"):
        arrays(design=heavy)
    kin = dataclasses.replace(term, relation=Relation(np.eye(4), np.ones(4)))
    with pytest.raises(LMMError, match="for normal responses alone"):
        arrays(design=dataclasses.replace(made.design, terms=(kin,)))
    more = dataclasses.replace(term, levels=("a", "b", "c", "d", "e"))
    with pytest.raises(LMMError, match="Level 'e' of g has no rows"):
        fit(arrays(design=dataclasses.replace(made.design, terms=(more,))))


def test_too_many_crossed_levels():
    rng, n = np.random.default_rng(1), 6000
    terms = []
    for group, J in (("g", 1500), ("h", 1400)):
        codes = np.concatenate([np.arange(J), rng.integers(0, J, n - J)])
        terms.append(Term(group, ("one",), np.ones((n, 1)), codes, tuple(map(str, range(J))), (1,)))
    y = rng.poisson(2.0, n).astype(float)
    design = Design(y, np.ones((n, 1)), ("one",), tuple(terms))
    with pytest.raises(LMMError, match=r"random effects are connected.*2000 are the most"):
        fit(Counts(design, POISSON, y, np.ones(n), np.zeros(n)))
