"""Many random data sets, small and large effects: an estimate that is a minimum, or a sentence."""

import numpy as np
import pytest
from scipy.special import expit

from lmmlab import LMMError
from lmmlab.engine.covariance import placed
from lmmlab.engine.design import Design, Term
from lmmlab.generalised.counts import Counts
from lmmlab.generalised.family import BINOMIAL, POISSON
from lmmlab.generalised.fit import fit
from lmmlab.generalised.pirls import mode
from lmmlab.generalised.search import deviance


def draw(seed):
    """Counts of a random design, and a number of nodes that it allows."""
    rng = np.random.default_rng(seed)
    J, m, q = rng.integers(3, 25), rng.integers(2, 10), rng.integers(1, 3)
    n, codes = J * m, np.repeat(np.arange(J), m)
    X = np.column_stack([np.ones(n), rng.standard_normal(n)])
    blocks = (int(q),) if rng.random() < 0.6 else (1,) * int(q)
    level = tuple(map(str, range(J)))
    terms = [Term("g", ("one", "x")[:q], X[:, :q], codes, level, blocks)]
    if rng.random() < 0.4:
        other = np.concatenate([np.arange(3), rng.integers(0, 3, n - 3)])
        terms.append(Term("h", ("one",), X[:, :1], other, tuple("abc"), (1,)))
    tau = rng.choice([0.0, 0.3, 1.0, 2.5])
    b = tau * rng.standard_normal((J, q))
    eta = rng.normal() + 0.5 * rng.normal() * X[:, 1] + (X[:, :q] * b[codes]).sum(1)
    family = BINOMIAL if rng.random() < 0.6 else POISSON
    N = np.full(n, float(rng.choice([1, 5, 20]) if family is BINOMIAL else 1))
    drawn = (
        rng.binomial(N.astype(int), expit(eta))
        if family is BINOMIAL
        else rng.poisson(np.exp(np.minimum(eta, 6.0)))
    )
    y = drawn.astype(float)
    nodes = int(rng.choice([1, 7])) if len(terms) == q == 1 else 1
    design = Design(y / N, X, ("one", "x"), tuple(terms))
    return Counts(design, family, y, N, np.zeros(n)), nodes


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_an_estimate_is_a_minimum(start):
    fitted = 0
    for seed in range(start, start + 10):
        try:
            counts, nodes = draw(seed)
            model = fit(counts, nodes)
        except LMMError as error:
            assert str(error).endswith(".")
            continue
        fitted += 1
        assert model.converged, seed
        tables = [*model.blups.values(), *model.blup_sd.values(), *model.sd.values()]
        for numbers in (model.beta, model.se, model.fitted, *(t.values for t in tables)):
            assert np.isfinite(numbers).all(), seed
        data, rng = model.data, np.random.default_rng(seed)
        for size in (1e-3, 0.1, 1.0):
            theta = model.theta + size * rng.standard_normal(len(model.theta))
            beta = model.beta + size * model.se * rng.standard_normal(2)
            there = mode(data, data.S @ placed(theta, data.blocks), data.R @ beta)
            assert deviance(data, there, nodes) > model.deviance - 1e-7, seed
        for level in ("typical", "average", "group"):
            assert np.isfinite(model.predict(level=level).values).all(), seed
        assert np.isfinite(model.marginal().values).all(), seed
    assert fitted > 5
