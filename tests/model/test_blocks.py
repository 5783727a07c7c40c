"""The covariance of the rows of one group, against the definitions."""

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, lmm, load, variances
from lmmlab.engine.design import Design
from lmmlab.model.fit import fit


def test_rows_of_nested_groups():
    data = load("pastes")
    model = lmm("strength ~ 1 + (1 | batch/cask)", data)
    inner = model.V("a:A").values
    casks, batches = (model.sd[group].values[0] for group in model.ngroups)
    both = casks**2 + batches**2
    noise = model.sigma**2
    np.testing.assert_allclose(inner, [[both + noise, both], [both, both + noise]], rtol=1e-10)
    np.testing.assert_allclose(model.R("a:A").values, noise * np.eye(2), rtol=1e-12)


def test_weights_and_ratios_divide_and_multiply():
    data = load("orthodont")
    model = lmm("distance ~ age * Sex + (age | Subject)", data, residual=variances("Sex"))
    ratio = float(model.residual[0])
    boy, girl = model.R("M01").values, model.R("F01").values
    np.testing.assert_allclose(girl, ratio**2 * boy, rtol=1e-12)
    Z = model.design.terms[0].Z[:4]
    G = model.G["Subject"].values
    np.testing.assert_allclose(model.V("M01").values, Z @ G @ Z.T + boy, rtol=1e-12)


def test_relatives_share():
    data = load("kinship").iloc[:40]
    K = np.eye(40)
    K[0, 1] = K[1, 0] = 0.5
    K[2, 2] = 1.2
    related = {"id": pd.DataFrame(K, data.id, data.id)}
    model = lmm("y ~ sex + (1 | id)", data, relationship=related).at([0.5], 2.0)
    for row, size in ((0, 1.0), (2, 1.2)):
        assert model.V(data.id.iloc[row]).values == pytest.approx(4.0 * (1.0 + 0.25 * size))


def test_who_has_no_groups():
    rng = np.random.default_rng(1)
    model = fit(Design(rng.normal(size=9), np.ones((9, 1)), ("one",), ()))
    for ask in (model.R, model.V):
        with pytest.raises(LMMError, match="rows of this model are independent"):
            ask("a")
    with pytest.raises(LMMError, match="Subject has no level 999; it has 308, 309, 310"):
        lmm("Reaction ~ Days + (1 | Subject)", load("sleepstudy")).V(999)
