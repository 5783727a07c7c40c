"""Every number in the text of lesson 01 is computed here and looked for in the text."""

import re

import numpy as np
import pytest

from lmmlab import labs, lmm, load
from lmmlab.classical.regression import ols
from lmmlab.formula import design
from lmmlab.labs._numbers import corr
from lmmlab.meaning.precision import design_effect, effective_size, mean_variance, naive_size
from lmmlab.meaning.predictor import pair_icc
from lmmlab.meaning.variance import icc

FORMULA = "distance ~ age + Sex + (1 | Subject)"


@pytest.fixture(scope="module")
def model():
    return lmm(FORMULA, load("orthodont"))


def test_the_text_is_short(text):
    open_parts = re.sub(r"<details>.*?</details>", "", text)
    assert len(open_parts.split()) <= 700


def test_the_situation_is_where_the_first_lab_starts(text):
    scene = labs.clustering.scene()
    c = scene.controls
    assert f"How much do {scene.rows} measurements of {c.people} people" in text
    assert c.visits == 7 and "seven times each" in text
    assert f"levels: here {c.tau0:.0f} mmHg" in text and f"level: here {c.sigma:.0f} mmHg" in text


def test_the_icc_and_the_worth(text):
    scene = labs.clustering.scene()
    c = scene.controls
    assert (c.tau0**2, c.sigma**2) == (144, 64) and r"\frac{144}{144 + 64} = .69" in text
    assert corr(scene.icc) == ".69"
    effect = float(design_effect(scene.icc, c.visits))
    assert f"{scene.rows} / {effect:.2f} = {scene.worth:.0f}" in text
    assert f"people / ICC = {scene.limit:.0f}" in text


def test_the_first_prediction(text):
    (task,) = (t for t in labs.clustering.tasks if t.name == "more-visits")
    assert labs.clustering.tasks[0] is task
    scene = labs.clustering.scene(**task.then)
    assert f"{scene.rows:,} rows, {scene.controls.visits} of each person" in text


def test_the_second_lab(text):
    scene = labs.overconfidence.scene()
    assert scene.rates.replicates == 1000 and "thousand studies" in text
    assert scene.controls.share == 1.0 and "At the start x belongs to the person" in text
    codes = np.repeat(np.arange(5), 4)
    between, within = codes.astype(float), np.tile([0.0, 1.0, 2.0, 3.0], 5)
    assert pair_icc(between, codes) == pytest.approx(1.0) and "ICCₓ is 1" in text
    assert pair_icc(within, codes) == pytest.approx(-1 / 3) and "ICCₓ is −1 / (n − 1)" in text
    assert float(design_effect(0.4, 4, -1 / 3)) == pytest.approx(0.6) and "factor 1 − ICC" in text


def test_the_matrix_sentence():
    """OLS under V against what it believes, for a predictor that mixes both."""
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(6), 5)
    x = rng.standard_normal(30) + rng.standard_normal(6)[codes]
    X = np.column_stack([np.ones(30), x])
    V = 9.0 * (codes[:, None] == codes) + 4.0 * np.eye(30)
    inverse = np.linalg.inv(X.T @ X)
    ratio = (inverse @ X.T @ V @ X @ inverse)[1, 1] / (13.0 * inverse[1, 1])
    assert ratio == pytest.approx(float(design_effect(9 / 13, 5, pair_icc(x, codes))), rel=1e-10)


def test_the_children(text, model):
    data = load("orthodont")
    assert data.Subject.nunique() == 27 and "27 children" in text
    assert sorted(data.age.unique()) == [8, 10, 12, 14] and "ages 8, 10, 12 and 14" in text
    tau0, sigma = float(model.sd["Subject"].values[0]), model.sigma
    assert f"Children differ by {tau0:.2f} mm, a measurement has a noise of {sigma:.2f} mm" in text
    alike = float(icc(tau0, sigma))
    worth = float(effective_size(alike, [4] * 27))
    assert f"an ICC of {corr(alike)}" in text
    assert f"{len(data)} rows are worth {worth:.0f}" in text


def test_both_errors_of_ols(text, model):
    least = model.at([0.0])
    plain = ols(design(FORMULA, load("orthodont")))
    np.testing.assert_allclose(least.se, plain.se, rtol=1e-9)
    np.testing.assert_allclose(least.beta, model.beta, rtol=1e-9)
    names = list(model.names)
    sex, age = names.index("SexFemale"), names.index("age")
    assert f"`SexFemale` falls from {model.se[sex]:.2f} to {least.se[sex]:.2f}" in text
    assert f"`age` rises from {model.se[age]:.3f} to {least.se[age]:.3f}" in text


def test_check_yourself(text):
    effect = float(design_effect(0.4, 60))
    assert f"1 + 59 × .40 = {effect:.1f}, and 1800 / {effect:.1f} = {1800 / effect:.0f}" in text
    assert f"30 / .40 = {30 / 0.4:.0f}" in text
    few, many = (float(naive_size(design_effect(0.05, n))) for n in (20, 100))
    assert f"in {100 * few:.0f} % of studies; with 100 rows, in {100 * many:.0f} %" in text
    assert f"{1 / np.sqrt(1 - 0.4):.2f} times too large" in text


def test_where_it_breaks(text):
    sizes = [20] * 15 + [100] * 15
    rows, best = (
        float(mean_variance(0.4**0.5, 0.6**0.5, sizes, weighting)) for weighting in ("rows", "best")
    )
    assert f"has {rows / best:.2f} times the variance" in text


def test_the_statsmodels_line_of_the_lesson_gives_the_same_model(model):
    smf = pytest.importorskip("statsmodels.formula.api")
    other = smf.mixedlm("distance ~ age + Sex", load("orthodont"), groups="Subject").fit()
    # statsmodels orders the columns differently
    theirs = other.fe_params.rename({"Intercept": "(Intercept)", "Sex[T.Female]": "SexFemale"})
    for name, value in zip(model.names, model.beta, strict=True):
        assert theirs[name] == pytest.approx(value, rel=1e-6)
    assert float(other.cov_re.iloc[0, 0]) == pytest.approx(
        float(model.G["Subject"].values[0, 0]), rel=5e-3
    )
