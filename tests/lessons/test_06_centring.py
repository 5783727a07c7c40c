"""Every number in the text of lesson 06 is computed here and looked for in the text."""

import numpy as np
import pytest

from lmmlab import lmm, load


def fitted(origin, bar="|"):
    sleep = load("sleepstudy")
    sleep["t"] = sleep["Days"] - origin
    return lmm(f"Reaction ~ t + (t {bar} Subject)", sleep)


@pytest.fixture(scope="module")
def day_0():
    return fitted(0.0)


@pytest.fixture(scope="module")
def middle():
    return fitted(4.5)


def short(value):
    """Write a correlation as the text does: +0.07."""
    return f"{value:+.2f}".replace("-", "−")


def test_the_study(text):
    sleep = load("sleepstudy")
    assert sleep.Subject.nunique() == 18 and "Eighteen" in text
    assert (sleep.Days.min(), sleep.Days.max(), sleep.Days.mean()) == (0, 9, 4.5)
    assert "days 0 to 9" in text and "mean of the days is 4.5" in text


def test_the_intercept_of_the_equation(text, day_0, middle):
    (start, change), there = day_0.beta, middle.beta[0]
    assert there == pytest.approx(start + 4.5 * change, rel=1e-8)
    assert f"{start:.1f} + 4.5 · {change:.2f} = {there:.1f} ms" in text


def test_rho_on_three_days(text, day_0, middle):
    before, start, there = (f.corr["Subject"].values[1, 0] for f in (fitted(-3.0), day_0, middle))
    assert f"ρ is {short(start)} on day 0 and {short(there)} on day 4.5" in text
    assert f"{short(before)} on day −3, {short(start)} on day 0 and {short(there)} on day" in text
    assert f"correlation of {short(before)} and" in text


def test_what_moves_and_what_stays(text, day_0, middle):
    there, start = (f.sd["Subject"].values[0] for f in (middle, day_0))
    assert f"differ by {there:.1f} ms on day 4.5; on day 0 it was {start:.1f} ms" in text
    assert f"is {middle.se[0]:.1f} ms in place of {day_0.se[0]:.1f}" in text
    assert "Slope, τ₁ and σ are the same" in text
    for name in ("beta", "se"):
        assert getattr(middle, name)[1] == pytest.approx(getattr(day_0, name)[1], rel=1e-8)
    assert middle.sd["Subject"].values[1] == pytest.approx(day_0.sd["Subject"].values[1], rel=1e-7)
    assert middle.sigma == pytest.approx(day_0.sigma, rel=1e-8)


def test_the_criterion_and_the_trap(text, day_0, middle):
    assert middle.deviance == pytest.approx(day_0.deviance, abs=1e-8)
    start, there = fitted(0.0, "||").deviance, fitted(4.5, "||").deviance
    assert f"criterion is {day_0.deviance:.3f} at every zero" in text
    assert f"{start:.3f} from day 0, {there:.3f} from day 4.5" in text
    costs = start - day_0.deviance, there - day_0.deviance
    assert f"On day 0 the claim costs {costs[0]:.3f}, on day 4.5 it costs {costs[1]:.3f}" in text


def test_centring_at_each_drivers_mean_is_grand_mean_centring(text):
    sleep = load("sleepstudy")
    assert (sleep.groupby("Subject", observed=True)["Days"].mean() == 4.5).all()
    assert "each driver's mean is 4.5" in text


def test_blood_pressure(text):
    assert f"118 + 3.4 · 3 = {118 + 3.4 * 3:.1f} mmHg" in text


def test_thirty_groups(text):
    table = load("within_between").groupby("group", observed=True).head(2).copy()
    table["inside"] = table["x"] - table.groupby("group", observed=True)["x"].transform("mean")
    raw, inside = (lmm(f"y ~ {x} + (1 | group)", table).beta[1] for x in ("x", "inside"))
    assert table.group.nunique() == 30 and "Thirty groups have two rows each" in text
    said = f"The raw slope is {raw:.2f}, the group-mean centred one {inside:.2f}"
    assert said.replace("-0", "−0").replace("-1", "−1") in text
    means = table.groupby("group", observed=True)[["x", "y"]].mean()
    assert np.polyfit(means.x, means.y, 1)[0] > 0 and "which is positive" in text


def test_the_statsmodels_line_of_the_lesson_gives_the_same_model(middle):
    smf = pytest.importorskip("statsmodels.formula.api")
    sleep = load("sleepstudy")
    sleep["t"] = sleep["Days"] - 4.5
    other = smf.mixedlm("Reaction ~ t", sleep, groups="Subject", re_formula="~t").fit()
    np.testing.assert_allclose(other.fe_params, middle.beta, rtol=1e-6)
    np.testing.assert_allclose(other.cov_re, middle.G["Subject"].values, rtol=5e-3)
