"""Tests of fixed effects against lmerTest and pbkrtest."""

import json
from pathlib import Path

import numpy as np
import pytest

from lmmlab import lmm, load
from lmmlab.inference import inference

FOLDER = Path(__file__).parent.parent / "reference"
METHODS = ("wald", "satterthwaite", "kenward-roger")


def references(*fields):
    """The reference cases that give one of these, as parameters."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        case = json.loads(path.read_text())
        if case["kind"] == "lmm":
            given = [name for name in fields if case["inference"].get(name)]
            found += [pytest.param(case, name, id=f"{path.stem}-{name}") for name in given]
    return found


def fitted(case):
    data = load(case["data"].removesuffix(".csv"))
    return lmm(case["formula"], data, reml=case["method"] == "REML")


def column(table, name):
    return table.values[:, table.columns.index(name)]


@pytest.mark.parametrize(
    ("case", "name"), references("wald", "satterthwaite", "kenward_roger"), scope="module"
)
def test_effects_one_by_one(case, name):
    said = case["inference"][name]
    if name == "satterthwaite" and not said["df"]:
        pytest.skip("lmerTest gave none")
    table = fitted(case).test(name.replace("_", "-"))
    assert list(table.rows) == case["inference"]["names"]
    statistic = said["z"] if name == "wald" else said["t"]
    p = said["p_normal"] if name == "wald" else said["p"]
    se = np.array(said.get("se_adjusted", case["fit"]["se"]))
    loose = 1e-6 if name != "satterthwaite" else 1e-5  # lmerTest's df, differentiated numerically
    np.testing.assert_allclose(column(table, "se"), se, rtol=1e-6)
    np.testing.assert_allclose(column(table, "statistic"), statistic, rtol=1e-6, atol=1e-6)
    if name == "wald":
        assert np.isinf(column(table, "df")).all()
    else:
        tolerance = 1e-6 if name == "kenward_roger" else 1e-4
        np.testing.assert_allclose(column(table, "df"), said["df"], rtol=tolerance)
    np.testing.assert_allclose(column(table, "p"), p, rtol=10 * loose, atol=1e-300)
    for end in ("lower", "upper"):
        assert np.abs(column(table, end) - said[f"ci95_{end}"]).max() <= loose * se.max()


@pytest.mark.parametrize(("case", "name"), references("kenward_roger"))
def test_adjusted_covariance(case, name):
    """The covariance matrix, by way of the variances of sums and differences."""
    model, expected = fitted(case), np.array(case["inference"][name]["vcov_adjusted"])
    p = len(expected)
    L = (np.eye(p)[:, None] + np.eye(p)).reshape(-1, p)
    variance = np.square(
        inference.errors(model.cross, model.solution, model.sigma, L, "kenward-roger")[0]
    ).reshape(p, p)
    own = np.diagonal(variance) / 4
    scale = np.sqrt(np.diagonal(expected))
    got = (variance - own - own[:, None]) / 2
    assert np.abs((got - expected) / np.outer(scale, scale)).max() < 1e-6


@pytest.mark.parametrize(
    ("case", "name"), references("anova_type3_satterthwaite", "anova_type3_kenward_roger")
)
def test_terms(case, name):
    said = case["inference"][name]
    model = fitted(case)
    table = model.anova("satterthwaite" if "satterthwaite" in name else "kenward-roger")
    assert list(table.rows) == said["terms"]
    np.testing.assert_array_equal(column(table, "numerator df"), said["numdf"])
    np.testing.assert_allclose(column(table, "df"), said["dendf"], rtol=1e-4)
    np.testing.assert_allclose(column(table, "F"), said["F"], rtol=1e-6)
    np.testing.assert_allclose(column(table, "p"), said["p"], rtol=1e-4)  # as its df


def cake():
    return lmm("angle ~ recipe + temp + (1 | recipe:replicate)", load("cake"))


@pytest.mark.parametrize("method", METHODS[1:])
def test_joint_test_of_the_cakes(method):
    """lmerTest and pbkrtest: F(2, 42) = 0.248788787."""
    values = cake().test(method, ["recipeB", "recipeC"])[0]
    assert values == pytest.approx([2.0, 42.0, 0.24878878707177762, 0.7808856044008978], rel=1e-7)
