"""Residual structures against nlme, and against the same likelihood written out and optimised."""

import json
from pathlib import Path

import numpy as np
import pytest

from lmmlab import ar1, car1, compound_symmetry, lmm, load, unstructured, variances

FOLDER = Path(__file__).parent.parent / "reference"
CASES = [path for path in sorted(FOLDER.glob("*.json")) if '"kind": "nlme_' in path.read_text()]
GROUP = {"orthodont": "Subject", "apim": "dyad", "apim_negative": "dyad"}
TIME = {"orthodont": "age", "irregular": "time", "ar1_panel": "t"}
FACTOR = {"varIdent by arm": "arm", "varIdent by Sex": "Sex", "varIdent by role": "role"}


def described(name, words):
    """Turn the reference's words into a structure."""
    group, time = GROUP.get(name, "id"), TIME.get(name, "role")
    kinds = {
        "corAR1": lambda: ar1(time, group),
        "corCAR1": lambda: car1(time, group),
        "corCompSymm": lambda: compound_symmetry(group),
        "corSymm": lambda: unstructured(time, group),
    }
    parts = [make() for kind, make in kinds.items() if kind in words]
    parts += [variances(factor) for said, factor in FACTOR.items() if said in words]
    parts += [variances("age")] if "varIdent by age" in words else []
    first, *others = parts
    return first * others[0] if others else first


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
