"""Every number in the text of lesson 03 is computed here and looked for in the text."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lmmlab import labs, lmm, load
from lmmlab.labs.fan.scene import expected_correlation
from lmmlab.labs.fan.stories import STORIES

LESSON = Path(__file__).parents[2] / "lessons" / "03-fan.ipynb"


@pytest.fixture(scope="module")
def fits():
    data = load("sleepstudy")
    later = "Reaction ~ I(Days - 4.5) + (I(Days - 4.5) | Subject)"
    return lmm("Reaction ~ Days + (Days | Subject)", data), lmm(later, data)


def said(value, digits):
    return f"{value:.{digits}f}".replace("-", "−")


def bare(value, digits):
    return said(value, digits).replace("0.", ".", 1)


def test_the_situation_is_the_start_of_the_lab(text):
    s = labs.fan.scene()
    c = s.controls
    assert c.people == 60 and "Sixty people" in text
    assert s.story.gap == 3 and s.story.last == 12 and "every three months for a year" in text
    assert f"spread of starts**: {c.tau0:g} points" in text
    assert f"spread of changes**: {c.tau1:g} points a month" in text
    assert f"Over 12 months it makes {c.tau1 * 12:g} points" in text
    assert f"start and change**: {said(c.rho, 2)}" in text
    assert f"σ = {c.sigma:g} points" in text
    assert f"where ρ = {said(STORIES['bp'].numbers[2], 2)}" in text


def test_the_turning_point(text):
    s = labs.fan.scene()
    time, least = s.told.turning
    sd = np.sqrt(s.variance)
    assert f"t* = 0.20 · 15 / 0.8 = {time:.2f} months" in text
    assert f"differ by {least:.1f} points then, against {sd[0]:.1f} at the start and" in text
    assert f"{sd[-1]:.1f} at month 24" in text and s.times[-1] == 24


def test_anxiety(text):
    s = labs.fan.scene(**STORIES["gad7"].values, story="gad7")
    time, least = s.told.turning
    sd = np.sqrt(s.variance)
    at_8 = sd[np.flatnonzero(s.times == 8.0)[0]]
    assert f"t* = 0.40 · 3 / 0.35 = {time:.2f} weeks" in text
    assert (
        f"by {sd[0]:.2f} points at first, by {least:.2f} then, and by {at_8:.2f} at week 8" in text
    )


def test_regression_to_the_mean(text):
    G = np.diag([144.0, 0.0])
    observed, true = (expected_correlation(G, 8.0, 6.0, b) for b in (True, False))
    assert f"−64 / √(208 · 128) = {bare(observed, 3)}" in text
    assert f"correlates {bare(observed, 2)} with the first reading" in text
    assert 12**2 + 8**2 == 208 and 2 * 8**2 == 128
    assert true == 0.0 and "Against the true start the correlation is 0" in text


def test_entries_that_fit_nobody(text):
    s = labs.fan.scene(entries="free")
    c = s.controls
    assert f"variances {c.g00:g} and {c.g11:g} and a covariance of {said(c.g01, 1)}" in text
    assert f"correlation would be {said(s.told.rho, 3)}" in text
    assert (
        f"At t = {s.lowest[0]:.1f} the variance of people would be {said(s.lowest[1], 3)}" in text
    )


def test_one_model_written_in_two_ways(text, fits):
    first, later = fits
    rho = [f.corr["Subject"].values[1, 0] for f in fits]
    sd = [f.sd["Subject"].values[0] for f in fits]
    assert f"ρ went from {bare(rho[0], 3)} to {bare(rho[1], 3)}" in text
    assert f"“starts” from {sd[0]:.1f} to {sd[1]:.1f} ms" in text
    assert f"({first.deviance:.2f}) stayed" in text
    assert later.deviance == pytest.approx(first.deviance, rel=1e-10)
    assert later.sigma == pytest.approx(first.sigma, rel=1e-6)
    assert later.beta[1] == pytest.approx(first.beta[1], rel=1e-8)
    assert later.se[1] == pytest.approx(first.se[1], rel=1e-6)
    assert later.beta[0] == pytest.approx(298.508, abs=5e-4)


def test_how_often_ten_people_give_a_correlation_of_one(text):
    fits = [labs.fan.scene(people=10, seed=seed).estimate for seed in range(200)]
    limit = sum(e.singular and e.spread.sd.min() > 1e-4 for e in fits)
    assert f"With ten people like these, {limit} of 200 simulated studies gave it" in text


def test_the_statsmodels_line_of_the_lesson_gives_the_same_model(fits):
    smf = pytest.importorskip("statsmodels.formula.api")
    data = load("sleepstudy")
    data["Middle"] = data.Days - 4.5
    other = smf.mixedlm("Reaction ~ Middle", data, groups="Subject", re_formula="~Middle").fit()
    np.testing.assert_allclose(other.fe_params, fits[1].beta, rtol=1e-6)
    np.testing.assert_allclose(other.cov_re, fits[1].G["Subject"].values, rtol=5e-3)


def test_the_text_is_short_enough():
    cells = nbformat.read(LESSON, 4).cells
    prose = " ".join(c.source for c in cells if c.cell_type == "markdown")
    open_part = re.sub(r"<details>.*?</details>", "", prose, flags=re.DOTALL)
    assert len(open_part.split()) <= 700
