"""Residual structures against nlme, and against the same likelihood written out and optimised."""

import json
from pathlib import Path

import numpy as np
import pytest
from written_out import described

from lmmlab import lmm, load

FOLDER = Path(__file__).parent.parent / "reference"
CASES = [path for path in sorted(FOLDER.glob("*.json")) if '"kind": "nlme_' in path.read_text()]


@pytest.fixture(scope="module", params=CASES, ids=lambda path: path.stem)
def pair(request):
    reference = json.loads(request.param.read_text())
    name = reference["data"].removesuffix(".csv")
    structure = described(name, reference["structure"])
    fit = lmm(
        reference["formula"], load(name), reml=reference["method"] == "REML", residual=structure
    )
    return fit, reference


def close(got, expected, scale, tolerance):
    assert np.max(np.abs(np.asarray(got) - np.asarray(expected)) / scale) <= tolerance


def test_all_references_are_here():
    assert len(CASES) == 34


def test_the_dense_optimum_to_1e_7(pair):
    ours, reference = pair
    dense = (reference["crosscheck"] or {}).get("dense_optimum")
    if dense is None:  # two members only, for whom compound symmetry is the same model
        twin = FOLDER / f"{reference['case'].replace('_symm_', '_cs_')}.json"
        dense = json.loads(twin.read_text())["crosscheck"]["dense_optimum"]
    se = np.array(dense["se"])
    assert ours.loglik == pytest.approx(dense["loglik"], rel=1e-11)
    close(ours.beta, dense["beta"], se, 1e-7)
    close(ours.se, se, se, 1e-7)
    close(ours.vcov, dense["vcov_beta"], np.outer(se, se), 1e-7)
    assert ours.sigma == pytest.approx(dense["sigma"], rel=1e-7)


def test_nlme_to_1e_5(pair):
    ours, reference = pair
    theirs = reference["fit"]
    se = np.array(theirs["se"])
    # nlme multiplies the covariance of a GLS fit by n / (n - p) under ML
    gls = reference["kind"] == "nlme_gls" and reference["method"] == "ML"
    n, p = ours.nobs, len(se)
    beta = np.array(theirs["beta"]["estimate"])
    close(ours.beta, beta, np.maximum(se, np.abs(beta)), 1e-5)
    close(ours.se * (np.sqrt(n / (n - p)) if gls else 1.0), se, se, 1e-5)
    assert (ours.nobs, ours.npar) == (theirs["nobs"], theirs["npar"])
    assert ours.names == tuple(theirs["beta"]["names"])
    assert ours.aic == pytest.approx(theirs["AIC_nlme"], rel=1e-8)
    expected = []
    if theirs["cor_params"]:
        expected += theirs["cor_params"]["values"]
    if theirs["var_params"]:
        expected += theirs["var_params"]["values"][1:]
    np.testing.assert_allclose(ours.residual.values, expected, rtol=1e-5)
    assert ours.converged


def test_random_effects_and_residual_blocks(pair):
    ours, reference = pair
    theirs = reference["fit"]
    group = (theirs["varcorr"] or [{}])[0].get("group")
    first = ours.design.residual.correlation or (ours.design.terms or [None])[0]
    block = ours.R(first.levels[first.codes[0]]).values
    close(block, theirs["residual_cov_first_group"], block.max(), 1e-5)
    if group is None:
        assert not ours.G
        assert not ours.blups
        return
    sigma = theirs["sigma"]
    close(ours.G[group], theirs["varcorr"][0]["cov"], sigma**2, 1e-5)
    close(ours.blups[group], theirs["ranef"][0]["values"], sigma, 1e-5)
    fitted = theirs["fitted_first20"]
    close(ours.fitted[:20], fitted["conditional"], sigma, 1e-5)
    close(ours.fitted_marginal[:20], fitted["marginal"], sigma, 1e-5)
