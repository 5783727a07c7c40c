"""Every number in the text of lesson 08 is computed here and looked for in the text."""

import re

import numpy as np
import pytest

from lmmlab import labs, lmm, load

lab = labs.generalise


@pytest.fixture(scope="module")
def sleep():
    return lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))


def said(value, digits):
    return f"{value:.{digits}f}".replace("-", "−")


def test_the_open_part_is_short(text):
    assert len(re.sub(r"<details>.*?</details>", "", text).split()) <= 700


def test_the_situation_is_the_start_of_the_lab(text):
    c = lab.scene().controls
    assert c.J == 20 and "Twenty people answer" in text and "eighteen others" in text
    assert f"{c.n} easy and {c.n} hard trials each" in text
    assert f"{lab.scene().story.beta[1]:.0f} ms on average" in text
    assert f"τ₁ = {c.tau1:.0f} ms" in text and f"σ = {c.sigma:.0f} ms" in text
    assert c.fit == "fixed" and c.again == "new"


def test_the_two_standard_errors(text):
    s = lab.scene()
    c = s.controls
    parts = f"{{{c.tau1**2:.0f}}}{{{c.J}}} + \\frac{{{2 * c.sigma**2:.0f}}}{{{c.n * c.J}}}"
    assert f"\\frac{parts} = {s.between:.0f} + {s.within:.0f}" in text
    assert f"so SE = {said(s.honest, 1)} ms" in text
    assert f"is left: SE = {said(np.sqrt(s.within), 1)} ms" in text
    missed = 100 * (1 - s.rates.coverage[0])
    assert abs(missed - 20) < 1 and "about 20 % of intervals miss" in text


def test_the_weight(text):
    s = lab.scene()
    assert f"900 / (900 + 640) = {said(s.weight, 2)[1:]}" in text
    assert 2 * s.controls.sigma**2 / s.controls.n == 640


def test_new_drivers_and_these_drivers(text, sleep):
    sd, days = sleep.sd["Subject"].values[1], np.arange(10.0)
    squares = np.square(days - days.mean()).sum()
    between, within = sd**2 / 18, sleep.sigma**2 / (18 * squares)
    assert between + within == pytest.approx(sleep.se[1] ** 2, rel=1e-8)
    assert f"slower by {said(sleep.beta[1], 3)} ms a day" in text
    assert f"standard error of {said(sleep.se[1], 3)}" in text
    assert f"{said(sd, 3)}²/18 = {said(between, 2)} from who took part" in text
    assert f"{said(within, 2)} from noise" in text
    assert f"together {said(between + within, 2)} = {said(sleep.se[1], 3)}²" in text
    assert f"√{said(within, 2)} = {said(np.sqrt(within), 3)}" in text


def test_drivers_as_fixed_effects_have_the_smaller_error(text, sleep):
    smf = pytest.importorskip("statsmodels.formula.api")
    line = smf.ols("Reaction ~ Days * C(Subject, Sum)", load("sleepstudy")).fit()
    assert line.params["Days"] == pytest.approx(sleep.beta[1], rel=1e-8)
    assert f"Days a standard error of {said(line.bse['Days'], 3)}" in text


def test_the_children(text):
    fit = lmm("distance ~ age + (age | Subject)", load("orthodont"))
    assert load("orthodont").Subject.nunique() == 27 and "27 children" in text
    table = fit.profile().table
    row = next(i for i, name in enumerate(table.rows) if name.startswith("cor_"))
    estimate, low, high = table.values[row][:3]
    assert f"estimated as {said(estimate, 2).replace('0.', '.')}" in text
    assert (low, high) == (-1.0, 1.0) and "from −1 to 1" in text


def test_counts_of_singular_fits(text):
    few, many = (lab.scene(look="rho", J=J).now.singular for J in (5, 20))
    assert f"{few} are singular with 5 people, {many} with 20" in text


def test_check_yourself(text):
    assert f"30/√20 = {said(30 / np.sqrt(20), 1)} ms" in text
    now = lab.scene(look="rho", rho=0.0).now
    low, high = (said(value, 2).replace("0.", ".") for value in (now.low, now.high))
    assert f"between {low} and {high}" in text
    assert now.low < -0.4 < now.high
