"""The four models of the reference, by lme4 and glmmTMB, fully converged."""

import json
from pathlib import Path

import numpy as np
import pytest

from lmmlab import glmm, load

FOLDER = Path(__file__).parents[1] / "reference"
CASES = [
    case
    for case in (json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json")))
    if case["kind"] == "glmm"
]


def fitted(case):
    data = load(case["data"].removesuffix(".csv"))
    nodes = 1 if case["method"] == "Laplace" else int(case["method"].removeprefix("AGQ"))
    if trials := case.get("weights"):
        data["prop"] = data["incidence"] / data[trials]
    return glmm(case["formula"], data, case["family"], trials=trials, nodes=nodes)


def test_all_cases_are_there():
    assert len(CASES) == 4


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_estimates(case):
    fit, said = fitted(case), case["fit"]
    assert (fit.nobs, fit.ngroups, fit.npar) == (said["nobs"], said["ngroups"], said["npar"])
    assert list(fit.names) == said["beta"]["names"]
    assert fit.deviance == pytest.approx(said["criterion"], rel=1e-11)
    assert fit.loglik == pytest.approx(said["loglik"], rel=1e-11)
    assert fit.aic == pytest.approx(said["AIC"], rel=1e-11)
    assert fit.bic == pytest.approx(said["BIC"], rel=1e-11)
    se = np.array(said["se"])
    assert np.abs(fit.beta - said["beta"]["estimate"]).max() < 1e-7 * se.min()
    assert fit.se == pytest.approx(se, rel=1e-6)
    scale = np.outer(se, se)
    assert np.abs((fit.vcov - said["vcov_beta"]) / scale).max() < 1e-6
    assert fit.theta == pytest.approx(said["theta"]["values"], rel=1e-7)
    assert fit.converged and not fit.singular


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_random_effects_and_fitted(case):
    fit, said = fitted(case), case["fit"]
    for part, sds in zip(said["ranef"], said["varcorr"], strict=True):
        blups, spread = fit.blups[part["group"]], fit.blup_sd[part["group"]]
        assert list(blups.rows) == part["levels"]
        tau = np.array(sds["sd"])
        assert fit.sd[part["group"]].values == pytest.approx(tau, rel=1e-7)
        assert np.abs((blups.values - part["values"]) / tau).max() < 1e-7
        assert np.abs((spread.values - part["cond_sd"]) / tau).max() < 1e-7
    first = said["fitted_first20"]
    assert fit.fitted[:20] == pytest.approx(first["conditional"], rel=1e-7)
    assert fit.fitted_typical[:20] == pytest.approx(first["marginal_at_b0"], rel=1e-7)
    own = fit.predict(level="group").values[:20, 0]
    assert own == pytest.approx(first["conditional"], rel=1e-7)
    typical = fit.predict().values[:20, 0]
    assert typical == pytest.approx(first["marginal_at_b0"], rel=1e-7)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_wald(case):
    fit, said = fitted(case), case["inference"]["wald"]
    table = fit.test()
    assert table.values[:, 3] == pytest.approx(said["z"], rel=1e-6)
    assert table.values[:, 4] == pytest.approx(said["p_normal"], rel=1e-4)
    assert np.isinf(table.values[:, 2]).all()
