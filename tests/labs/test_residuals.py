"""Residuals: estimates are those of `lmm`, errors those of the true covariance; rows 51 and 52."""

import importlib
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lmmlab import ar1, labs, lmm, variances
from lmmlab.labs.residuals.stories import STORIES
from lmmlab.picture.marks import Heatmap, Label, Line, Segments

lab = labs.residuals
panel = importlib.import_module("lmmlab.labs.residuals.panel")
STRUCTURES = {"independent": None, "ar1": ar1("t", "id"), "variances": variances("t")}
SEEN = [("starts", name) for name in STRUCTURES] + [("one", "ar1"), ("one", "variances")]


def told(story: str, **more: Any) -> dict[str, Any]:
    return STORIES[story].values | {"story": story} | more


def table(s: Any) -> pd.DataFrame:
    J, T = s.y.shape
    return pd.DataFrame({
        "y": s.y.ravel(), "t": np.tile(np.arange(T), J), "id": np.repeat(np.arange(J) + 100, T),
    })  # fmt: skip


def test_the_page_opens_with_the_first_story() -> None:
    state = {spec.name: spec.default for spec in lab.specs}
    assert state | told("diary") == state


def test_row_51_correlation_fades_to_what_the_person_leaves() -> None:
    s = lab.scene()
    lag = np.abs(s.times[:, None] - s.times)
    np.testing.assert_allclose(s.corr, (36 + 64 * 0.4**lag) / 100)
    np.testing.assert_allclose(lab.scene(tau0=0.0).corr, 0.4**lag)


def test_row_52_the_error_of_the_change_by_three_analyses() -> None:
    """One series of five visits with sds 4 to 12: GLS 2.355, least squares 2.786, stated 2.683."""
    s = lab.scene(**told("late", tau0=0.0, fit="one", people=60))
    np.testing.assert_allclose(s.true.sds, [4, 6, 8, 10, 12])
    one = np.sqrt(60) / 4.0  # of one person, a visit
    assert lab.scene(**told("late", tau0=0.0, fit="one")).said.real[1] * np.sqrt(12) / 4 == (
        pytest.approx(2.786, abs=5e-4)
    )
    gls = [lab.scene(**told("late", tau0=0.0, fit="one", errors="variances", people=60, seed=k))
           for k in range(40)]  # fmt: skip
    stated = [x.said.se[1] * one for x in gls]
    assert np.mean(stated) == pytest.approx(2.355, rel=0.05)
    assert min(x.said.real[1] for x in gls) * one > 2.3549
    naive = [lab.scene(**told("late", tau0=0.0, fit="one", people=60, seed=k)) for k in range(40)]
    assert np.mean([x.said.se[1] * one for x in naive]) == pytest.approx(2.683, rel=0.03)


@pytest.mark.parametrize(("fit", "errors"), SEEN)
@pytest.mark.parametrize("state", [{}, {"phi": -0.6, "ratio": 2.0, "people": 12, "visits": 5}])
def test_estimates_are_those_of_lmm(fit: str, errors: str, state: dict[str, Any]) -> None:
    state = {"visits": 6} | state
    s = lab.scene(fit=fit, errors=errors, **state)
    formula = "y ~ t + (1 | id)" if fit == "starts" else "y ~ t"
    model = lmm(formula, table(s), residual=STRUCTURES[errors])
    tau0 = model.sd["id"][0] if fit == "starts" else 0.0
    assert s.found.tau0 == pytest.approx(tau0, abs=1e-4 * model.sigma)
    values = [] if errors == "independent" else list(model.residual.values)
    assert s.found.sds[0] == pytest.approx(model.sigma, rel=1e-4)
    if errors == "variances":
        np.testing.assert_allclose(s.found.sds[1:] / s.found.sds[0], values, rtol=1e-4)
    if errors == "ar1":
        assert s.found.phi == pytest.approx(values[0], abs=1e-4)
    np.testing.assert_allclose(s.beta, model.beta, rtol=1e-5)
    T = len(s.times)
    for k, row in enumerate(([1.0, (T - 1) / 2], [0.0, T - 1.0])):
        expected = model.test(method="wald", L=row).frame().iloc[0]
        assert s.said.se[k] == pytest.approx(expected["se"], rel=1e-4)
        assert s.said.interval[k].tolist() == pytest.approx(
            [expected["lower"], expected["upper"]], abs=1e-3 * expected["se"]
        )
    if fit == "starts":
        np.testing.assert_allclose(s.levels, model.blups["id"].values[:, 0], atol=1e-3)


def test_rows_alone_are_least_squares() -> None:
    s = lab.scene(fit="one")
    X = np.column_stack([np.ones(s.y.size), np.tile(s.times, len(s.y))])
    beta, rss = np.linalg.lstsq(X, s.y.ravel(), rcond=None)[:2]
    np.testing.assert_allclose(s.beta, beta)
    sigma2 = float(rss[0]) / (s.y.size - 2)
    assert s.said.se[1] == pytest.approx(19 * np.sqrt(sigma2 * np.linalg.inv(X.T @ X)[1, 1]))


def test_information_is_the_expected_curvature() -> None:
    """The slope, by differences; the information, as the variance of the slope over samples."""
    rng, T, J = np.random.default_rng(1), 4, 9
    X = np.column_stack([np.ones(T), np.arange(T)])
    for errors, place in (("ar1", [2.0, 0.3, 0.5]), ("variances", [2.0, 0.1, 0.3, 0.5, 0.2])):
        at = np.array(place)
        root = np.linalg.cholesky(panel._variances(at, T, True, errors).V)
        scores = []
        for _ in range(1500):
            Y = rng.standard_normal((J, T)) @ root.T
            mean = Y.mean(0)
            around = (Y - mean).T @ (Y - mean)
            here = panel._look(at, mean, around, J, X, True, errors)
            scores.append(here.score)
        np.testing.assert_allclose(np.mean(scores, 0), 0, atol=4 * np.std(scores, 0).max() / 38)
        scale = np.sqrt(np.diag(here.information))
        found = np.cov(np.array(scores).T) / np.outer(scale, scale)
        np.testing.assert_allclose(found, here.information / np.outer(scale, scale), atol=0.2)
        for k, step in enumerate(1e-5 * np.eye(len(at))):
            up, down = (
                panel._look(at + d, mean, around, J, X, True, errors).value for d in (step, -step)
            )
            assert here.score[k] == pytest.approx(-(up - down) / 4e-5, abs=1e-5)


def test_real_errors_are_what_estimates_scatter_by() -> None:
    """Of 300 samples; and only the fit that knows of the echo holds the truth in 95 %."""
    for errors, held in (("ar1", 0.95), ("independent", None)):
        scenes = [lab.scene(seed=k, errors=errors, people=40, visits=8) for k in range(300)]
        off = np.array([x.said.estimate - x.asked for x in scenes])
        real = np.mean([x.said.real for x in scenes], 0)
        np.testing.assert_allclose(off.std(0), real, rtol=4 / np.sqrt(600))
        inside = np.mean(
            [abs(o[1]) < 1.96 * x.said.se[1] for o, x in zip(off, scenes, strict=True)]
        )
        said = np.mean([x.said.held[1] for x in scenes])
        assert inside == pytest.approx(said, abs=0.05)
        assert abs(inside - 0.95) < 0.04 if held else inside < 0.9


def test_a_residual_is_phi_times_the_last_and_news() -> None:
    s = lab.scene(people=9, visits=6, seed=4)
    rest = (s.y - s.own[:, None] - 50 - 0.2 * s.times) / 8
    news = (rest[:, 1:] - 0.4 * rest[:, :-1]) / np.sqrt(1 - 0.16)
    again = lab.scene(people=9, visits=6, seed=4, phi=0.0, ratio=1.0)
    plain = (again.y - again.own[:, None] - 50 - 0.2 * again.times) / 8
    np.testing.assert_allclose(news, plain[:, 1:], atol=1e-10)


def test_the_same_people_at_other_values_and_sizes() -> None:
    few, many = lab.scene(people=9, visits=5), lab.scene(people=30, visits=12)
    np.testing.assert_allclose(few.y, many.y[:9, :5])
    near = [lab.scene(phi=phi).y for phi in (0.4, 0.401)]
    assert 0 < np.abs(near[1] - near[0]).max() < 0.2
    exact = lab.scene(moments="exact")
    assert (exact.own.mean(), exact.own.std(ddof=1)) == pytest.approx((0.0, 6.0))


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({}, "correlate .62 if they are one week apart, and .36 if they are 19 weeks apart"),
        ({}, "The fit takes the residuals as independent, with one sd; it says that people"),
        ({"errors": "ar1"}, "The fit says that neighbouring residuals correlate"),
        ({"fit": "one"}, "The fit takes all rows as independent, with one sd."),
        (told("late", errors="variances"), "the noise goes from 4.0 to 12.0"),
    ],
)
def test_words(state: dict[str, Any], text: str) -> None:
    assert text in " ".join(lab.words(**state))


def test_views_of_one_model() -> None:
    s, (people, alike, fades, noise, intervals) = lab.scene(), lab.picture().panels
    lines = next(m for m in people.marks if isinstance(m, Line) and m.ids)
    assert len(lines.y) == 20 and s.who in lines.ids
    maps = {m.role: m.values for m in alike.marks if isinstance(m, Heatmap)}
    np.testing.assert_allclose(np.nansum(maps["truth"]), np.tril(s.corr, -1).sum())
    np.testing.assert_allclose(np.nansum(maps["model"]), np.triu(s.fitted, 1).sum())
    truth = next(m for m in fades.marks if isinstance(m, Line) and m.role == "truth")
    np.testing.assert_allclose(truth.y[0], s.corr[0, 1:])
    assert (
        next(m for m in noise.marks if isinstance(m, Line) and m.role == "model").y[0, 0]
        == (s.found.sds[0])
    )
    bars = [m for m in intervals.marks if isinstance(m, Segments)]
    np.testing.assert_allclose(bars[2].x1, s.said.interval[1, 1] - s.asked[1])


@pytest.mark.parametrize("state", [{}, {"tau0": 15.0, "sigma": 1.0}, {"tau0": 0.0, "phi": 0.0}])
def test_names_of_the_curves_of_correlation_keep_clear_of_them(state: dict[str, Any]) -> None:
    fades = lab.picture(**state).panels[2]
    names = [m.y for m in fades.marks if isinstance(m, Label)]
    curves = [m.y[0, -5:] for m in fades.marks if isinstance(m, Line) and m.role != "guide"]
    assert len(names) == 3 and len(curves) == 2
    assert min(abs(curve - y).min() for curve in curves for y in names) > 0.05
