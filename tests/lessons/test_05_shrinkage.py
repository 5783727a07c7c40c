"""Every number in the text of lesson 05 is computed here and looked for in the text."""

import re

import numpy as np
import pytest

from lmmlab import labs, lmm, load
from lmmlab.classical import no_pooling
from lmmlab.formula import design

FORMULA = "Reaction ~ Days + (Days | Subject)"


@pytest.fixture(scope="module")
def model():
    return lmm(FORMULA, load("sleepstudy"))


def said(value, digits):
    return f"{value:.{digits}f}".replace("-", "−")


def test_the_text_is_short(text):
    open_parts = re.sub(r"<details>.*?</details>", "", text)
    assert len(open_parts.split()) <= 700


def test_the_question_on_an_extreme_person_is_the_third(text):
    asked = [task.name for task in labs.shrinkage.tasks]
    assert asked.index("extreme-person") == 2 and "The third question in the lab" in text


def test_the_study(text):
    data = load("sleepstudy")
    assert data.Subject.nunique() == 18 and "Eighteen" in text
    assert data.Days.nunique() == 10 and "ten days" in text


def test_spreads_and_noise_are_the_estimates(text, model):
    tau0, tau1 = model.sd["Subject"].values
    assert f"Starts spread by {said(tau0, 1)} ms, daily changes by {said(tau1, 1)} ms" in text
    assert f"misses its line by {said(model.sigma, 1)} ms" in text
    start = {s.name: s.default for s in labs.shrinkage.specs}
    assert [start[k] for k in ("tau0", "tau1", "sigma")] == [
        round(v, 1) for v in (tau0, tau1, model.sigma)
    ]


def test_driver_335(text, model):
    who = model.blups["Subject"].rows.index("335")
    own = no_pooling(design(FORMULA, load("sleepstudy")))[who, 1]
    pulled = model.beta[1] + model.blups["Subject"].values[who, 1]
    assert f"own visits say {said(own, 1)} ms a day, the model says {said(pulled, 1)}" in text


def test_most_drivers_get_slower(text):
    own = no_pooling(design(FORMULA, load("sleepstudy")))[:, 1]
    assert (own > 0).sum() == 17 and "Most drivers get slower" in text


def test_the_weights_of_check_yourself(text):
    tau, sigma = 6, 8
    weight = {n: tau**2 / (tau**2 + sigma**2 / n) for n in (1, 5, 20)}
    assert f"36 / (36 + 64/5) = {weight[5]:.3f}".replace("0.", ".") in text
    assert (
        f"One visit counts {weight[1]:.2f}, twenty visits {weight[20]:.3f}".replace("0.", ".")
        in text
    )


def test_the_statsmodels_line_of_the_lesson_gives_the_same_model(model):
    smf = pytest.importorskip("statsmodels.formula.api")
    data = load("sleepstudy")
    other = smf.mixedlm("Reaction ~ Days", data, groups="Subject", re_formula="~Days").fit()
    np.testing.assert_allclose(other.fe_params, model.beta, rtol=1e-6)
    np.testing.assert_allclose(other.cov_re, model.G["Subject"].values, rtol=5e-3)
