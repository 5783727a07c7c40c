"""The engine against lme4, on every reference model with normal noise."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import block_diag

from lmmlab import lmm, load
from lmmlab.engine.covariance import factor
from lmmlab.formula import design
from lmmlab.model.fit import fit

FOLDER = Path(__file__).parent.parent / "reference"
CASES = [path for path in sorted(FOLDER.glob("*.json")) if '"kind": "lmm"' in path.read_text()]
BOTH = [(path, way) for path in CASES for way in ("lmm", "search")]


@pytest.fixture(params=BOTH, ids=lambda both: f"{both[0].stem}-{both[1]}")
def pair(request):
    """A fit and its reference; once as lmm chooses, once by the general optimiser."""
    path, way = request.param
    reference = json.loads(path.read_text())
    data, reml = load(reference["data"].removesuffix(".csv")), reference["method"] == "REML"
    if way == "lmm":
        return lmm(reference["formula"], data, reml=reml), reference["fit"]
    return fit(design(reference["formula"], data), reml=reml, closed=False), reference["fit"]


def close(got, expected, scale, tolerance=1e-6):
    """Compare on a natural scale."""
    worst = np.max(np.abs(np.asarray(got) - np.asarray(expected)) / scale)
    assert worst <= tolerance


def test_all_references_are_here():
    assert len(CASES) == 42


def test_criterion_and_counts(pair):
    ours, theirs = pair
    assert ours.deviance == pytest.approx(theirs["criterion"], rel=1e-9)
    assert ours.loglik == pytest.approx(theirs["loglik"], rel=1e-9)
    assert ours.aic == pytest.approx(theirs["AIC"], rel=1e-9)
    assert ours.bic == pytest.approx(theirs["BIC"], rel=1e-9)
    assert (ours.nobs, ours.npar) == (theirs["nobs"], theirs["npar"])
    assert ours.ngroups == theirs["ngroups"]
    assert ours.converged
    assert ours.singular == theirs["singular"]


def test_estimates_and_predictions(pair):
    ours, theirs = pair
    sigma = theirs["sigma"]
    sd = np.concatenate([part["sd"] for part in theirs["varcorr"]])
    scale = np.full_like(sd, sigma) if theirs["singular"] else sd

    se = np.array(theirs["se"])
    assert list(ours.names) == theirs["beta"]["names"]
    close(ours.beta, theirs["beta"]["estimate"], se)
    close(ours.se, se, se)
    close(ours.vcov, theirs["vcov_beta"], np.outer(se, se))

    G = block_diag(*(part["cov"] for part in theirs["varcorr"]))
    close(ours.sigma, sigma, sigma)
    close(np.concatenate([*ours.sd.values()]), sd, scale)
    close(block_diag(*(G.values for G in ours.G.values())), G, np.outer(scale, scale))
    blocks = ours.design.blocks
    Lambda = factor(theirs["theta"]["values"], blocks)
    close(factor(ours.theta, blocks), Lambda, scale[:, None] / sigma)
    if sd.all():
        corr = block_diag(*(part["corr"] for part in theirs["varcorr"]))
        close(block_diag(*(corr.values for corr in ours.corr.values())), corr, 1.0)

    assert list(ours.blups) == [ranef["group"] for ranef in theirs["ranef"]]
    for ranef, own in zip(theirs["ranef"], ours.design.effects, strict=True):
        group = ranef["group"]
        assert list(ours.blups[group].rows) == ranef["levels"]
        assert list(ours.blups[group].columns) == ranef["names"]
        close(ours.blups[group], ranef["values"], scale[own])
        close(ours.blup_sd[group], ranef["cond_sd"], scale[own])

    fitted = theirs["fitted_first20"]
    first = slice(len(fitted["conditional"]))
    close(ours.fitted[first], fitted["conditional"], sigma)
    close(ours.fitted_marginal[first], fitted["marginal"], sigma)
    close(ours.residuals, ours.design.y - ours.fitted, sigma, tolerance=1e-14)
