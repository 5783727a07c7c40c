"""Every number in the text of lesson 04 is computed here and looked for in the text."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lmmlab import LMMError, labs, lmm, load
from lmmlab.labs.implied_covariance.scene import columns
from lmmlab.labs.implied_covariance.stories import STORIES
from lmmlab.meaning.implied import correlation, implied, vpc

LESSON = Path(__file__).parents[2] / "lessons" / "04-covariance.ipynb"
DAYS = np.arange(10.0)


@pytest.fixture(scope="module")
def fits():
    data = load("sleepstudy")
    return [lmm(f"Reaction ~ Days + ({x} | Subject)", data) for x in ("Days", "1")]


def said(value, digits):
    return f"{value:.{digits}f}".replace("-", "−")


def bare(value, digits=2):
    return said(value, digits).replace("0.", ".", 1)


def test_the_situation_is_the_start_of_the_lab(text):
    s = labs.implied_covariance.scene()
    c = s.controls
    assert c.people == 60 and "Sixty simulated patients with heart failure" in text
    assert s.times.tolist() == [0, 3, 6, 9, 12] and "months 0, 3, 6, 9 and 12" in text
    assert f"τ₀ = {c.tau0:g} points, slopes by τ₁ = {c.tau1:g} points a month" in text
    assert f"is ρ = {said(c.rho, 2)}, and the noise of a visit is σ = {c.sigma:g}" in text
    assert s.who == "3-12"


def test_one_cell_of_V(text):
    s = labs.implied_covariance.scene()
    start, both, slope = s.parts[:3]
    assert (both / 15, slope / 36) == pytest.approx((-2.4, 0.64)) and start == pytest.approx(225)
    assert f"225 + 15 · (−2.4) + 36 · 0.64 = {s.truth.V[s.pair]:.1f}" in text
    assert f"they correlate {bare(s.truth.correlation[s.pair])}" in text


def test_the_entries_of_G(text, fits):
    G, sigma = fits[0].G["Subject"].values, fits[0].sigma
    a, b, c = G[0, 0], G[0, 1], G[1, 1]
    assert f"τ₀² = {a:.2f}, τ₀₁ = {b:.3f} and τ₁² = {c:.2f}; σ² is {sigma**2:.2f}" in text
    V = implied(G, sigma, columns(DAYS))
    summed = round(a, 2) + 17 * round(b, 3) + 72 * round(c, 2)
    assert f"{a:.2f} + 17 · {b:.3f} + 72 · {c:.2f} = {summed:.0f}" in text
    assert summed == pytest.approx(V[8, 9], abs=0.5)
    assert f"variances are {V[8, 8]:.0f} and {V[9, 9]:.0f}" in text
    table = correlation(V)
    assert f"they correlate {bare(table[8, 9])}" in text
    assert (
        f"Days 0 and 1 correlate {bare(table[0, 1])}, days 0 and 9 only {bare(table[0, 9])}" in text
    )


def test_the_icc_of_own_starts_and_no_icc_with_own_slopes(text, fits):
    assert f"second model says {bare(fits[1].icc, 3)} for every pair" in text
    assert f"“The ICC is {bare(fits[1].icc)}.”" in text
    with pytest.raises(LMMError, match="no single ICC"):
        _ = fits[0].icc


def test_check_yourself(text, fits):
    c = labs.implied_covariance.controls(story="qol", **STORIES["qol"].values)
    s = labs.implied_covariance.scene(story="qol", **STORIES["qol"].values)
    assert f"Adolescents: τ₀ = {c.tau0:g}, no own slopes, σ = {c.sigma:g}" in text and c.tau1 == 0
    first, last = s.truth.correlation[0, 6], s.truth.correlation[5, 6]
    assert f"100 / 136 = {bare(first, 3)}, for both pairs" in text
    assert first == pytest.approx(last) and s.times[[5, 6]].tolist() == [10, 12]
    share = vpc(fits[0].G["Subject"].values, fits[0].sigma, columns(np.array([0.0, 4.5, 9.0])))
    assert "{}, {} and {}".format(*(bare(value, 3) for value in share)) in text


def test_where_model_and_drivers_disagree(text):
    s = labs.implied_covariance.scene(story="sleepstudy", **STORIES["sleepstudy"].values)
    model, drivers = (told.correlation[3, 4] for told in (s.truth, s.fitted))
    assert s.controls.fit == "pairs"
    assert f"On days 3 and 4 the model says {bare(model)}, the drivers say {bare(drivers)}" in text
    assert len(s.people.levels) == 18 and "18 drivers are few" in text
    assert "all 55 entries" in text and len(np.triu_indices(10)[0]) == 55


def test_rows_of_two_people_share_a_rater(text):
    """The board of the second lab has the choice that the text names."""
    (board,) = (spec for spec in labs.blueprint.specs if spec.name == "board")
    assert "starts, raters" in dict(board.choices).values() and "*starts, raters*" in text


def test_the_statsmodels_line_of_the_lesson_gives_the_same_model(fits):
    smf = pytest.importorskip("statsmodels.formula.api")
    data = load("sleepstudy")
    other = smf.mixedlm("Reaction ~ Days", data, groups="Subject", re_formula="~Days").fit()
    np.testing.assert_allclose(other.cov_re, fits[0].G["Subject"].values, rtol=5e-3)
    assert other.scale == pytest.approx(fits[0].sigma ** 2, rel=1e-3)


def test_the_text_is_short_enough():
    cells = nbformat.read(LESSON, 4).cells
    prose = " ".join(c.source for c in cells if c.cell_type == "markdown")
    open_part = re.sub(r"<details>.*?</details>", "", prose, flags=re.DOTALL)
    assert len(open_part.split()) <= 700
