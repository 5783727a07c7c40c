"""How long models of counts take, beside glmer (lme4 1.1-31 on R 4.2.2, timed once)."""

import numpy as np
import pytest
from scipy.special import expit

from lmmlab import glmm, load
from lmmlab.engine.design import grouped
from lmmlab.formula.counts import counts
from lmmlab.generalised.counts import Counts
from lmmlab.generalised.family import BINOMIAL
from lmmlab.generalised.fit import fit
from lmmlab.meaning.odds import average_probability

CBPP = "incidence / size ~ period + (1 | herd)"


@pytest.mark.parametrize("nodes", [1, 25], ids=["laplace", "quadrature 25"])
def test_cbpp(benchmark, beside, nodes):
    made = counts(CBPP, load("cbpp"))
    model = benchmark(lambda: fit(made, nodes))
    assert model.deviance == pytest.approx({1: 184.05256373, 25: 183.96673807}[nodes], rel=1e-9)
    beside(15, **({"glmer": 42} if nodes == 1 else {}))


def test_cbpp_from_formula_and_table(benchmark, beside):
    table = load("cbpp")
    model = benchmark(lambda: glmm(CBPP, table))
    assert model.deviance == pytest.approx(184.05256373, rel=1e-9)
    beside(15, glmer=42)


def test_ticks_by_brood_and_location(benchmark, beside):
    made = counts(
        "ticks ~ year + cheight + (1 | brood) + (1 | location)", load("grouseticks"), "poisson"
    )
    model = benchmark(lambda: fit(made))
    assert model.converged
    beside(25)


def test_yes_and_no_of_20000_people(benchmark, beside):
    rng = np.random.default_rng(1)
    codes, x = np.repeat(np.arange(20_000), 5), rng.standard_normal(100_000)
    b = rng.standard_normal(20_000)[codes]
    y = (rng.random(100_000) < expit(-0.5 + x + b)).astype(float)
    X = np.column_stack([np.ones(100_000), x])
    one = np.ones(100_000)
    made = Counts(grouped(y, X, X[:, :1], codes), BINOMIAL, y, one, 0.0 * one)
    model = benchmark.pedantic(lambda: fit(made), rounds=5, warmup_rounds=1)
    assert model.converged
    beside(500)


def test_average_over_groups_of_400_rows(benchmark, beside):
    eta = np.linspace(-4, 4, 400)
    benchmark(lambda: average_probability(eta, 1.5))
    beside(2)
