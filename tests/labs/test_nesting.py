"""Nesting: estimates are those of `lmm`, errors those of the true covariance; rows 53, 54, 69."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, labs, lmm
from lmmlab.classical.regression import ols
from lmmlab.engine.design import Design
from lmmlab.labs._effects import stated, verdict
from lmmlab.labs.nesting.stories import STORIES
from lmmlab.picture.marks import Bars, Heatmap, Segments

lab = labs.nesting
FORMULAS = {
    "all": "y ~ x + (1 | top/middle)",
    "top": "y ~ x + (1 | top)",
    "middle": "y ~ x + (1 | middle)",
}


def told(story: str, **more: Any) -> dict[str, Any]:
    return STORIES[story].values | {"story": story} | more


def table(s: Any) -> pd.DataFrame:
    at = s.layout
    return pd.DataFrame({"y": s.y, "x": at.x, "top": at.top + 100, "middle": at.middle + 100})


def dense(s: Any) -> Any:
    """Write the true covariance of all rows out."""
    at, (tau2, tau0, sigma) = s.layout, s.sds
    same = [codes[:, None] == codes for codes in (at.top, at.middle)]
    return tau2**2 * same[0] + tau0**2 * same[1] + sigma**2 * np.eye(len(s.y))


def test_the_page_opens_with_the_first_story() -> None:
    state = {spec.name: spec.default for spec in lab.specs}
    assert state | told("schools") == state


@pytest.mark.parametrize("story", STORIES)
def test_each_story_opens_with_a_fit_that_is_too_sure(story: str) -> None:
    s = lab.scene(**told(story))
    assert s.said.se[1] < 0.75 * s.said.real[1] and s.said.held[1] < 0.85
    assert "does not know the" in " ".join(lab.words(**told(story)))


@pytest.mark.parametrize(
    ("story", "same_middle", "same_top"),
    [("growth", 0.879, 0.121), ("schools", 61 / 205, 25 / 205), ("neurons", 34 / 98, 9 / 98)],
)
def test_row_53_correlations(story: str, same_middle: float, same_top: float) -> None:
    s = lab.scene(**told(story))
    assert s.same.tolist() == pytest.approx([same_top, same_middle], abs=6e-4)
    maps = {m.role: m for m in lab.picture(**told(story)).panels[1].marks if isinstance(m, Heatmap)}
    assert maps["truth"].values[0, [1, 3, 6]] == pytest.approx([same_middle, same_top, 0], abs=6e-4)


def test_row_54_what_rows_are_worth_and_the_design_effect_of_each_level() -> None:
    s = lab.scene(**told("neurons"))
    J, m, n = 8, 12, 20
    total = 9 + 25 + 64
    effect = 1 + (n - 1) * (34 / total) + (m - 1) * n * (9 / total)
    assert s.worth == pytest.approx(J * m * n / effect)
    V = dense(s)
    assert s.worth == pytest.approx(total * len(V) ** 2 / V.sum())


@pytest.mark.parametrize("fit", FORMULAS)
@pytest.mark.parametrize(
    "state",
    [
        {},
        {"treated": "middle", "middle": 3},
        {"treated": "row", "rows": 4},
        {"tau2": 0.0, "seed": 3},
    ],
)
def test_estimates_are_those_of_lmm(fit: str, state: dict[str, Any]) -> None:
    s = lab.scene(fit=fit, **state)
    model = lmm(FORMULAS[fit], table(s))
    L = np.array([[1.0, s.layout.x.mean()], [0.0, 1.0]])
    expected = model.test(L=L[0]).frame(), model.test(L=L[1]).frame()
    np.testing.assert_allclose(
        s.said.estimate, [e["estimate"].iloc[0] for e in expected], rtol=1e-8
    )
    np.testing.assert_allclose(s.said.se, [e["se"].iloc[0] for e in expected], rtol=1e-5)
    ends = [e[["lower", "upper"]].to_numpy()[0] for e in expected]
    np.testing.assert_allclose(s.said.interval, ends, rtol=1e-4)
    sds = {name: float(table[0]) for name, table in model.sd.items()} | {"row": model.sigma}
    for found, names in zip(s.found, (("top",), ("middle", "middle:top"), ("row",)), strict=True):
        (value,) = [sds[name] for name in names if name in sds] or [np.nan]
        assert found == pytest.approx(value, abs=1e-4 * model.sigma, nan_ok=True)
    assert s.singular == model.singular


def test_rows_alone_are_least_squares() -> None:
    s = lab.scene(fit="none")
    design = Design(s.y, s.layout.X, ("a", "b"), tuple(s.layout.terms.values()))
    assert s.said.se[1] == pytest.approx(ols(design).se[1], rel=1e-10)
    assert s.found.tolist()[:2] == pytest.approx([np.nan] * 2, nan_ok=True)


@pytest.mark.parametrize("treated", ["top", "middle", "row"])
def test_real_errors_are_those_of_the_true_covariance(treated: str) -> None:
    s = lab.scene(treated=treated, top=5, middle=3, rows=5)
    X, V = s.layout.X, dense(s)
    L = np.array([[1.0, X[:, 1].mean()], [0.0, 1.0]])
    best = L @ np.linalg.inv(X.T @ np.linalg.solve(V, X)) @ L.T
    np.testing.assert_allclose(s.said.real, np.sqrt(np.diag(best)), rtol=1e-10)


def test_row_53_leaving_the_top_level_out_is_too_sure_leaving_the_middle_out_is_not() -> None:
    """Of 200 samples, an interval holds the truth as often as words say, if levels are known."""
    held = {}
    for fit in ("all", "top", "middle", "none"):
        inside = [
            s.said.interval[1, 0] <= s.asked[1] <= s.said.interval[1, 1]
            for s in (lab.scene(seed=seed, fit=fit, rows=5) for seed in range(200))
        ]
        held[fit] = np.mean(inside)
    error = np.sqrt(0.95 * 0.05 / 200)
    assert abs(held["all"] - 0.95) < 3 * error and abs(held["top"] - 0.95) < 3 * error
    assert held["none"] < held["middle"] - 3 * error < 0.95 - 6 * error


def test_row_69_groups_are_pulled_toward_their_own_larger_group() -> None:
    s = lab.scene(fit="all")
    model = lmm(FORMULAS["all"], table(s))
    blups, tops = (model.blups[name].values[:, 0] for name in ("middle:top", "top"))
    fixed = model.beta[0] + model.beta[1] * (np.arange(12) % 2)
    np.testing.assert_allclose(s.level, fixed + tops, atol=1e-3)
    np.testing.assert_allclose(s.fitted, (fixed + tops)[s.layout.parent] + blups, atol=1e-3)


@pytest.mark.parametrize("treated", ["top", "middle", "row"])
@pytest.mark.parametrize("size", [{}, {"top": 4, "middle": 2}, {"top": 7, "middle": 5}])
def test_exact_spreads(treated: str, size: dict[str, int]) -> None:
    s = lab.scene(moments="exact", treated=treated, sigma=0.0, fit="all", **size)
    np.testing.assert_allclose(s.found, [5, 6, 0], atol=0.02)
    np.testing.assert_allclose(s.said.estimate, s.asked, atol=0.02)
    noisy = lab.scene(moments="exact", treated=treated, **size)
    np.testing.assert_array_equal(noisy.tops, s.tops)


def test_the_same_groups_at_other_values_and_sizes() -> None:
    few, many = lab.scene(top=6, middle=3, rows=5), lab.scene(top=9, middle=7, rows=11)
    np.testing.assert_array_equal(few.y.reshape(6, 3, 5), many.y.reshape(9, 7, 11)[:6, :3, :5])
    at = [lab.scene(tau0=tau).y for tau in (0.0, 3.0, 6.0)]
    np.testing.assert_allclose(at[2] - at[0], 2 * (at[1] - at[0]), atol=1e-10)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({}, "Two pupils of one class correlate .30, two of different classes of one school .12"),
        ({"fit": "middle"}, "The fit does not know the schools. It takes their spread for another"),
        ({"fit": "none"}, "does not know the schools and classes"),
        (
            {"tau2": 0.0, "seed": 3, "fit": "all"},
            "The fit is singular: the spread of schools is estimated as 0",
        ),
    ],
)
def test_words(state: dict[str, Any], text: str) -> None:
    assert text in " ".join(lab.words(**state))


def test_the_verdict_says_how_often_such_intervals_hold() -> None:
    s = lab.scene(fit="none")
    half = np.ptp(s.said.interval[1]) / 2
    normal = np.random.default_rng(1).standard_normal(200_000) * s.said.real[1]
    assert s.said.held[1] == pytest.approx(np.mean(np.abs(normal) < half), abs=0.004)
    assert f"{100 * s.said.held[1]:.0f}\xa0% of studies" in verdict(s.said, 1)
    sure = stated(None, Design(s.y, s.layout.X, ("a", "b"), ()), np.eye(2), np.array([1e-9, 1e-9]))
    assert "in nearly all studies" in verdict(sure, 1)


def test_views_of_one_model() -> None:
    s, panels = lab.scene(fit="middle"), lab.picture(fit="middle").panels
    groups, _, spreads, intervals = panels
    arrows = next(m for m in groups.marks if isinstance(m, Segments) and m.arrow)
    np.testing.assert_allclose(arrows.y0, s.own)
    np.testing.assert_allclose(arrows.y1, s.fitted)
    assert s.who in arrows.ids and lab.picture(fit="middle").chosen == s.who
    tops = [float(m.top[0]) for m in spreads.marks if isinstance(m, Bars)]
    assert tops == pytest.approx([5, 6, s.found[1], 12, s.found[2]])
    bars = [m for m in intervals.marks if isinstance(m, Segments)]
    ends = np.array([[float(m.x0[0]), float(m.x1[0])] for m in bars])
    np.testing.assert_allclose(ends[::2], s.said.interval - s.asked[:, None])
    np.testing.assert_allclose(ends[1::2, 1], 1.959964 * s.said.real)


def test_sizes_are_checked() -> None:
    with pytest.raises(LMMError, match="top must be a whole number from 4 to 20"):
        lab.scene(top=1)
    with pytest.raises(LMMError, match="tau2 must be a number from 0 to 30"):
        lab.scene(tau2=-1.0)
