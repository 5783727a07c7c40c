"""Crossing: estimates are those of `lmm`, errors those of the true covariance; rows 25 and 44."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lmmlab import labs, lmm
from lmmlab.classical.regression import ols
from lmmlab.engine.design import Design
from lmmlab.labs.crossing.scene import layout
from lmmlab.labs.crossing.stories import STORIES
from lmmlab.picture.marks import Bars, Heatmap, Line, Points

lab = labs.crossing
FORMULAS = {
    "full": "y ~ x + (x | person) + (1 | item)",
    "levels": "y ~ x + (1 | person) + (1 | item)",
    "people": "y ~ x + (x | person)",
    "items": "y ~ x + (1 | item)",
}


def told(story: str, **more: Any) -> dict[str, Any]:
    return STORIES[story].values | {"story": story} | more


def table(s: Any) -> pd.DataFrame:
    at = s.layout
    return pd.DataFrame({"y": s.y, "x": at.x, "person": at.person + 100, "item": at.item + 100})


def test_row_64_batches_that_go_with_a_condition_cannot_be_told_from_it() -> None:
    """The best error of the effect when each condition has batches of its own, and when not."""
    both, apart = (lab.scene(**told("chip", meets=meets, fit="full")) for meets in ("all", "half"))
    assert both.said.real[1] == pytest.approx(2 * np.sqrt(0.25 / 12 + 0.36 / 48))
    assert apart.said.real[1] == pytest.approx(2 * np.sqrt(0.25 / 12 + 0.16 / 4 + 0.36 / 24))
    blind = lab.scene(**told("chip", meets="half", fit="people"))
    assert blind.said.held[1] < apart.said.held[1] - 0.05
    assert (lab.scene(**told("chip", meets="half")).layout.seen.sum(1) == 2).all()


def test_row_64_one_item_each_is_inseparable_from_noise() -> None:
    s = lab.scene(**told("chip", meets="one", fit="full"))
    assert s.said is None and len(s.y) == 12
    assert "cannot be fitted" in s.message and "residual noise" in s.message
    assert lab.scene(**told("chip", meets="one", fit="items")).said is not None


def dense(s: Any, sds: Any, rho: float) -> Any:
    """Write a covariance of all rows out."""
    at, (tau0, tau1, tau2, sigma) = s.layout, np.nan_to_num(sds)
    person, item = (codes[:, None] == codes for codes in (at.person, at.item))
    x = at.x
    lines = tau0**2 + rho * tau0 * tau1 * (x[:, None] + x) + tau1**2 * np.outer(x, x)
    return lines * person + tau2**2 * item + sigma**2 * np.eye(len(x))


def test_the_page_opens_with_the_first_story() -> None:
    state = {spec.name: spec.default for spec in lab.specs}
    assert state | told("words") == state


@pytest.mark.parametrize("story", STORIES)
def test_each_story_opens_with_a_fit_that_is_too_sure(story: str) -> None:
    s = lab.scene(**told(story))
    assert s.said.se[1] < 0.75 * s.said.real[1] and s.said.held[1] < 0.88
    assert "does not know the" in " ".join(lab.words(**told(story)))


def test_row_44_the_error_of_the_average_with_both_crowds_and_without() -> None:
    s = lab.scene(**told("chip"))
    assert s.said.real[0] == pytest.approx(0.261, abs=5e-4)
    assert np.sqrt((0.25 + 0.16 + 0.36) / 48) == pytest.approx(0.127, abs=5e-4)
    exact = told("chip", moments="exact", items=12, people=36)
    naive, both = (lab.scene(**exact | {"fit": fit}).said.se[0] for fit in ("none", "full"))
    assert naive == pytest.approx(np.sqrt(0.77 / (12 * 36)), rel=0.05)
    assert both == pytest.approx(np.sqrt(0.25 / 36 + 0.16 / 12 + 0.36 / (12 * 36)), rel=0.05)


@pytest.mark.parametrize("fit", FORMULAS)
@pytest.mark.parametrize(
    "state", [{}, {"missing": 40}, {"varies": "both", "missing": 20, "meets": "half"}]
)
def test_estimates_are_those_of_lmm(fit: str, state: dict[str, Any]) -> None:
    s = lab.scene(fit=fit, **state)
    model = lmm(FORMULAS[fit], table(s))
    L = np.array([[1.0, s.layout.x.mean()], [0.0, 1.0]])
    expected = [model.test(L=row).frame().iloc[0] for row in L]
    np.testing.assert_allclose(s.said.estimate, [e["estimate"] for e in expected], rtol=1e-6)
    ends = [[e["lower"], e["upper"]] for e in expected]
    np.testing.assert_allclose(s.said.interval, ends, rtol=1e-4)
    people = model.sd["person"].values if "person" in model.sd else [np.nan, np.nan]
    assert s.found[: len(people)].tolist() == pytest.approx(list(people), rel=1e-4, nan_ok=True)
    item = model.sd["item"][0] if "item" in model.sd else np.nan
    assert s.found[2:].tolist() == pytest.approx([item, model.sigma], rel=1e-4, nan_ok=True)


@pytest.mark.parametrize("fit", [*FORMULAS, "none"])
@pytest.mark.parametrize("varies", ["items", "people", "both"])
def test_real_errors_are_those_of_the_true_covariance(fit: str, varies: str) -> None:
    s = lab.scene(fit=fit, varies=varies, people=9, items=7, missing=30, seed=4)
    X = np.column_stack([np.ones(len(s.y)), s.layout.x])
    L = np.array([[1.0, X[:, 1].mean()], [0.0, 1.0]])
    believed = np.eye(len(s.y))
    if fit != "none":
        formula = FORMULAS[fit].replace(
            "(x | person)", "(x | person)" if varies != "people" else "(1 | person)"
        )
        model = lmm(formula, table(s))
        G = model.G["person"].values if "person" in model.G else np.zeros((1, 1))
        sds = [*np.sqrt(np.diag(G)), 0.0][:2]
        sds += [model.sd["item"][0] if "item" in model.sd else 0.0, model.sigma]
        rho = G[0, 1] / (sds[0] * sds[1]) if len(G) > 1 and sds[0] * sds[1] > 0 else 0.0
        believed = dense(s, np.array(sds), rho)
    W = np.linalg.solve(believed, X)
    k = W @ np.linalg.solve(X.T @ W, L.T)
    V = dense(s, s.sds, 0.3)
    np.testing.assert_allclose(s.said.real, np.sqrt(np.diag(k.T @ V @ k)), rtol=1e-4)


def test_row_44_items_left_out_intervals_are_too_short() -> None:
    """Of 100 samples, the full fit's interval holds the truth in 95 %, the other far less."""
    held = {}
    for fit in ("full", "people"):
        held[fit] = np.mean([
            s.said.interval[1, 0] <= s.asked[1] <= s.said.interval[1, 1]
            for s in (lab.scene(seed=seed, fit=fit, people=12, items=8) for seed in range(100))
        ])  # fmt: skip
    assert abs(held["full"] - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 100)
    assert held["people"] < 0.95 - 3 * np.sqrt(0.95 * 0.05 / 100)


def test_rows_alone_are_least_squares() -> None:
    s = lab.scene(fit="none", missing=20)
    X = np.column_stack([np.ones(len(s.y)), s.layout.x])
    plain = ols(Design(s.y, X, ("a", "b"), (s.layout.term("people", 1),)))
    assert s.said.se[1] == pytest.approx(plain.se[1], rel=1e-10)


@pytest.mark.parametrize("varies", ["items", "people", "both"])
def test_exact_moments(varies: str) -> None:
    s = lab.scene(moments="exact", varies=varies, rho=-0.4)
    tau1 = 0.0 if varies == "people" else 20.0
    G = np.array([[3600, -0.4 * 60 * tau1], [-0.4 * 60 * tau1, tau1**2]])
    np.testing.assert_allclose(np.cov(s.lines.T), G, atol=1e-6)
    np.testing.assert_allclose(s.lines.mean(0), [500, 40])
    quiet = lab.scene(moments="exact", varies=varies, sigma=0.0, tau1=0.0)
    np.testing.assert_allclose(quiet.said.estimate, quiet.asked, rtol=1e-3)


def test_the_same_people_and_items_at_other_values_and_sizes() -> None:
    few, many = lab.scene(people=6, items=5), lab.scene(people=9, items=11)
    np.testing.assert_allclose(few.y.reshape(6, 5), many.y.reshape(9, 11)[:6, :5])
    at = [lab.scene(tau2=tau).y for tau in (0.0, 10.0, 20.0)]
    np.testing.assert_allclose(at[2] - at[0], 2 * (at[1] - at[0]), atol=1e-9)
    whole, some = lab.scene(), lab.scene(missing=30)
    np.testing.assert_array_equal(whole.y[some.layout.seen.ravel()], some.y)
    assert some.layout.seen.mean() == pytest.approx(0.7, abs=0.08)


@pytest.mark.parametrize("meets", ["all", "half", "one"])
@pytest.mark.parametrize("varies", ["items", "people", "both"])
def test_whatever_is_missing_people_items_and_conditions_are_there(meets: str, varies: str) -> None:
    for people, items in [(4, 4), (5, 4), (4, 7), (9, 6), (40, 4), (4, 24)]:
        at = layout(people, items, varies, meets, 1, 80)
        assert at.seen.any(0).all() and at.seen.any(1).all()
        assert set(at.x) == {0.0, 1.0}


def test_views_of_one_model() -> None:
    state = {"missing": 20, "fit": "full"}
    s, (cells, people, alike, spreads, _) = lab.scene(**state), lab.picture(**state).panels
    (shown,) = cells.marks
    assert isinstance(shown, Heatmap)
    assert np.isnan(shown.values).sum() == (~s.layout.seen).sum()
    order = np.argsort(s.layout.cell[0], kind="stable")
    full = np.full(s.layout.seen.shape, np.nan)
    full[s.layout.seen] = s.y
    np.testing.assert_array_equal(shown.values, full[:, order])
    lines = next(m for m in people.marks if isinstance(m, Line) and m.ids)
    np.testing.assert_allclose(lines.y, s.fitted @ [[1, 1], [0, 1]])
    maps = {m.role: m.values for m in alike.marks if isinstance(m, Heatmap)}
    assert maps["truth"][0, [1, 3, 4]] == pytest.approx([3600 / 9400, 900 / 9400, 0])
    tops = [float(m.top[0]) for m in spreads.marks if isinstance(m, Bars)]
    assert tops[::2] == [60, 20, 30, 70]
    between = lab.picture(varies="people").panels[1]
    assert any(isinstance(m, Points) and m.ids for m in between.marks)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({}, "correlate .38 if they share a person, and .10 if they share a word"),
        ({"fit": "people"}, "does not know the words, as if a new study had these 16 words again"),
        (
            {"fit": "levels"},
            "the same for all people; in truth it spreads by 20",
        ),
        ({"tau2": 0.0, "tau1": 0.0, "seed": 2, "fit": "full"}, "The fit is singular"),
        (told("chip", meets="half", seed=3, fit="full"), "Each condition has batches of its own"),
    ],
)
def test_words(state: dict[str, Any], text: str) -> None:
    assert text in " ".join(lab.words(**state))


def test_the_average_is_mentioned_where_a_fit_is_too_sure_of_it() -> None:
    named = "for the average it states"
    assert named not in " ".join(lab.words()) and named in " ".join(lab.words(fit="items"))
