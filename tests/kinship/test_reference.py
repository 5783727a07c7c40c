"""Relatives against brute force in R (and lme4 with Z = the root of K)."""

import json
from pathlib import Path

import numpy as np
import pytest

from lmmlab import lmm, load, scan
from lmmlab.kinship.heritability import heritability

FOLDER = Path(__file__).parent.parent / "reference"
CASES = sorted(path.stem for path in FOLDER.glob("kinship_y*.json"))
ALONE = [case for case in CASES if "household" not in case]


@pytest.fixture(params=CASES)
def pair(request, K):
    case = json.loads((FOLDER / f"{request.param}.json").read_text())
    formula, reml = case["formula"].partition(",")[0], case["method"] == "REML"
    return lmm(formula, load("kinship"), reml=reml, relationship={"id": K}), case["fit"]


def test_all_references_are_here():
    assert len(CASES) == 6
    assert (FOLDER / "kinship_scan_y2.json").exists()


def test_criterion_and_fixed_effects(pair):
    ours, theirs = pair
    assert ours.deviance == pytest.approx(theirs["criterion"], rel=1e-10)
    se = np.array(theirs["se"])
    assert list(ours.names) == theirs["beta"]["names"]
    assert (ours.beta - theirs["beta"]["estimate"]) / se == pytest.approx(0.0, abs=1e-8)
    assert ours.se == pytest.approx(se, rel=1e-8)
    assert (ours.vcov - theirs["vcov_beta"]) / np.outer(se, se) == pytest.approx(0.0, abs=1e-8)
    assert ours.converged
    assert not ours.singular
    assert ours.message == ""


def test_variances(pair):
    ours, theirs = pair
    assert ours.G["id"][0, 0] == pytest.approx(np.squeeze(theirs["sigma2_g"]), rel=1e-8)
    assert ours.sigma**2 == pytest.approx(theirs["sigma2_e"], rel=1e-8)
    if "sigma2_family" in theirs:
        family = ours.G["family"][0, 0]
        assert family == pytest.approx(np.squeeze(theirs["sigma2_family"]), rel=1e-8)


@pytest.mark.parametrize("pair", ALONE, indirect=True)
def test_what_is_predicted_of_people(pair):
    ours, theirs = pair
    assert ours.blups["id"].rows == tuple(load("kinship")["id"])
    off = ours.blups["id"].values[:, 0] - theirs["blup_g"]
    assert off == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("pair", ALONE, indirect=True)
def test_heritability(pair):
    ours, theirs = pair
    found = heritability(ours)
    assert found.h2 == pytest.approx(theirs["h2"], rel=1e-9)
    assert found.se == pytest.approx(theirs["se_h2"], rel=1e-9)
    errors = theirs["se_sigma2_g"], theirs["se_sigma2_e"]
    assert found.table.values[:2, 1] == pytest.approx(errors, rel=1e-9)
    if theirs["lrt_h2_zero"]:
        assert found.chi2 == pytest.approx(theirs["lrt_h2_zero"]["chisq"], rel=1e-9)
        assert found.p == pytest.approx(theirs["lrt_h2_zero"]["p_mixture"], rel=1e-9)


def test_marker_scan(K):
    said = json.loads((FOLDER / "kinship_scan_y2.json").read_text())["scan"]
    data, markers = load("kinship"), load("kinship_snps").set_index("id")

    def found(**options):
        return scan("y2 ~ sex + age + (1 | id)", data, markers, {"id": K}, **options)

    kept, wald, lrt = found(), found(reestimate=True), found(reestimate=True, reml=False)
    assert list(kept.snp) == said["snp"]
    for ours, name in (
        (kept.beta, "beta_null_variance"),
        (kept.se, "se_null_variance"),
        (kept.p, "p_null_variance"),
        (wald.beta, "beta_reml"),
        (wald.se, "se_reml"),
        (wald.p, "p_wald"),
        (wald.h2, "h2_reml"),
        (lrt.statistic, "lrt_chisq"),
        (lrt.p, "p_lrt"),
    ):
        assert ours == pytest.approx(np.array(said[name]), rel=1e-8), name
    assert (kept.df, wald.df, lrt.df) == (196.0, 196.0, np.inf)
