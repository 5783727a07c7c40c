"""Without random effects: beside statsmodels, and beside the averages of the mixed model."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit

from lmmlab import LMMError, glmm, load, simulate
from lmmlab.formula.counts import counts as read
from lmmlab.generalised.pooled import pooled


@pytest.mark.parametrize("family", ["binomial", "poisson"])
@pytest.mark.parametrize("robust", [False, True])
def test_beside_statsmodels(counts, family, robust):
    made = counts(3, family)
    y = np.column_stack([made.y, made.trials - made.y]) if family == "binomial" else made.y
    kind = sm.families.Binomial() if family == "binomial" else sm.families.Poisson()
    options = (
        {
            "cov_type": "cluster",
            "cov_kwds": {"groups": made.design.terms[0].codes, "use_correction": False},
        }
        if robust
        else {}
    )
    model = sm.GLM(y, made.design.X, kind, offset=made.offset).fit(tol=1e-14, **options)
    table = pooled(made, robust)
    assert table.values[:, 0] == pytest.approx(model.params, rel=1e-8)
    assert table.values[:, 1] == pytest.approx(model.bse, rel=1e-7)
    assert table.values[:, 4] == pytest.approx(model.pvalues, rel=1e-6)


def test_it_estimates_the_marginal_coefficients():
    table = simulate(
        "y ~ day + (1 | g)", groups=800, per_group=8, beta=[-1, 0.3], sd=[2], family="binomial"
    )
    model = glmm("y ~ day + (1 | g)", table, nodes=15)
    naive, robust = model.pooled(robust=False), model.pooled()
    marginal = model.marginal()
    assert np.abs(naive.values[:, 0] - marginal.values[:, 1]).max() < 0.02
    assert model.beta[1] > 1.3 * naive.values[1, 0]
    assert robust.values[1, 1] < naive.values[1, 1]  # within groups differences are well known
    assert robust.values[0, 1] > naive.values[0, 1]
    assert robust.note == ""


@pytest.mark.parametrize("place", [1e3, 99_999.0])
def test_a_row_far_from_all_others(place):
    """Such as a code for what is missing: all the others still say what they say."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal(320)
    table = pd.DataFrame({"g": np.repeat(np.arange(40), 8).astype(str), "x": x})
    table["y"] = (rng.random(320) < expit(0.6 * x - 0.5)).astype(int)
    alone = pooled(read("y ~ x + (1 | g)", table), robust=False)
    table.loc[320] = ["0", place, 1]
    with_it = pooled(read("y ~ x + (1 | g)", table), robust=False)
    assert with_it.values[:, :2] == pytest.approx(alone.values[:, :2], rel=1e-6)


def test_whose_rows():
    model = glmm("ticks ~ year + (1 | brood) + (1 | location)", load("grouseticks"), "poisson")
    with pytest.raises(LMMError, match="the outermost: group='location'"):
        model.pooled()
    with pytest.raises(LMMError, match="no grouping factor 'x'"):
        model.pooled(group="x")
    with pytest.raises(LMMError, match="no grouping factor"):
        model.pooled(group=["brood"])
    outer, inner = model.pooled(group="location"), model.pooled(group="brood")
    assert (outer.values[:, 0] == inner.values[:, 0]).all()
    assert outer.values[0, 1] != inner.values[0, 1]
    few = glmm("incidence / size ~ period + (1 | herd)", load("cbpp")).pooled()
    assert "With 15 groups robust standard errors are too small" in few.note
    with pytest.raises(LMMError, match="no fixed effects"):
        glmm("incidence / size ~ 0 + (1 | herd)", load("cbpp")).pooled()
