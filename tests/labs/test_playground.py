"""The playground: presets reproduce the plan of concepts, estimates those of `lmm` on its data."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from lmmlab import LMMError, labs, lmm
from lmmlab.classical.regression import ols
from lmmlab.labs._people import simulated
from lmmlab.labs.playground.model import best_errors
from lmmlab.labs.playground.stories import NATURE, STORIES
from lmmlab.picture.marks import Ellipse, Heatmap, Line, Points, Segments
from lmmlab.study.simulate import root

lab = labs.playground
GUIDE = Path(__file__).parents[2] / "docs" / "teaching.md"
FORMULAS = {
    "starts": "y ~ t + (1 | person)",
    "uncorrelated": "y ~ t + (t || person)",
    "lines": "y ~ t + (t | person)",
}


def told(story: str, **more: Any) -> dict[str, Any]:
    """Give the state of a preset."""
    return STORIES[story].values | {"story": story} | more


def table(scene: Any, origin: float = 0.0) -> pd.DataFrame:
    """Give the data of a scene as somebody would have them."""
    people = scene.people
    names = np.array([f"p{code:03d}" for code in people.codes])
    return pd.DataFrame({"person": names, "t": people.day - origin, "y": people.y})


def panels(**state: Any) -> Any:
    return lab.picture(**state).panels


# Presets: rows 12 to 19, 28, 53, 55 to 61 of the plan


def test_the_page_opens_with_the_first_preset() -> None:
    state = {spec.name: spec.default for spec in lab.specs}
    assert state | told("bp") == state


@pytest.mark.parametrize("story", STORIES)
def test_a_preset_moves_every_slider_that_its_story_is_about(story: str) -> None:
    spec = next(s for s in lab.specs if s.name == "story")
    assert spec.sets[story] == STORIES[story].values
    assert set(NATURE) < set(spec.sets[story])
    lab.controls(**told(story))
    for control in lab.specs:
        if f"story={story}" in control.scales:
            low, high, step = control.scales[f"story={story}"]
            assert control.low <= low <= spec.sets[story][control.name] <= high <= control.high
            assert 0 < step < high - low


@pytest.mark.parametrize(
    ("story", "time", "least", "end", "sd"),
    [
        ("bp", 6.0, 9.6, 12.0, 12.0),  # 12 -> 9.6, as far apart again at month 12
        ("hrqol", 3.75, 14.70, 12.0, 16.11),
        ("gad7", 3.43, 2.75, 8.0, 3.18),
        ("tumours", -2.33, 0.343, 21.0, 0.78),
    ],
)
def test_rows_19_and_58_spread_along_time(
    story: str, time: float, least: float, end: float, sd: float
) -> None:
    s = lab.scene(**told(story))
    assert s.turning == pytest.approx((time, least), abs=0.005)
    _, _, tau0, tau1, rho, _ = STORIES[story].nature
    assert np.interp(end, s.at.times, s.true.sd) == pytest.approx(sd, abs=0.01)
    squared = tau0**2 + 2 * s.at.times * rho * tau0 * tau1 + s.at.times**2 * tau1**2
    np.testing.assert_allclose(s.true.sd**2, squared, rtol=1e-10)


@pytest.mark.parametrize(
    ("story", "first", "last", "ends"),
    [
        ("gad7", 0.637, 0.661, 0.392),
        ("bp", 0.677, 0.587, 0.511),
        ("hrqol", 0.765, 0.785, 0.642),
        ("tumours", 0.831, 0.959, 0.551),
        ("erp", 0.400, 0.400, 0.400),
        ("classrooms", 0.121, 0.121, 0.121),
    ],
)
def test_rows_2_23_and_53_correlations(story: str, first: float, last: float, ends: float) -> None:
    corr = lab.scene(**told(story)).true.corr
    assert (corr[0, 1], corr[-2, -1], corr[0, -1]) == pytest.approx((first, last, ends), abs=6e-4)


@pytest.mark.parametrize(("story", "wrong"), [("gad7", 0.023), ("bp", 0.106)])
def test_row_13_how_many_go_the_wrong_way(story: str, wrong: float) -> None:
    c = lab.controls(**told(story))
    assert ndtr(c.beta1 / c.tau1) == pytest.approx(wrong, abs=5e-4)


def test_row_28_weights() -> None:
    erp = lab.scene(**told("erp", own_visits=5))
    level = erp.true.curve[:, 0]
    assert (level[59], level[4]) == pytest.approx((0.976, 0.769), abs=5e-4)
    assert erp.true.weight[erp.index, 0] == pytest.approx(0.769, abs=5e-4)
    classes = lab.scene(**told("classrooms", tau0=6.0, sigma=8.0))
    seen = classes.true.curve[[0, 4, 19], 0]
    np.testing.assert_allclose(seen, [0.36, 0.738, 0.918], atol=5e-4)


def test_row_31_the_weight_of_a_change_in_the_sleep_study() -> None:
    state = {"visits": 10, "tau0": 24.741, "tau1": 3.0, "rho": 0.066, "sigma": 25.592 * 3 / 5.922}
    assert lab.scene(**state).true.curve[9, 1] == pytest.approx(0.815, abs=5e-4)


@pytest.mark.parametrize(
    ("story", "text"),
    [
        ("bp", "69\xa0% and 59\xa0%"),
        ("gad7", "closest at week 3.4, with an SD of 2.75\xa0points"),
        ("erp", "The correlation of two trials of one person (ICC) is .40"),
        ("classrooms", "The correlation of two pupils of one class (ICC) is .12"),
        ("tumours", "the truth is +0.120\xa0log mm³"),
        ("hrqol", "Start and change correlate −0.20"),
    ],
)
def test_words_tell_what_is_true(story: str, text: str) -> None:
    assert text in " ".join(lab.words(**told(story)))


@pytest.mark.parametrize("story", STORIES)
def test_the_first_look_at_a_preset_is_an_ordinary_study(story: str) -> None:
    s = lab.scene(**told(story))
    assert s.message == "" and s.model is not None and not s.model.singular
    assert (s.model.interval[:, 0] < s.asked).all() and (s.asked < s.model.interval[:, 1]).all()


# What is fitted


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("fit", FORMULAS)
@pytest.mark.parametrize("missing", [0, 30])
def test_estimates_are_those_of_lmm(fit: str, method: str, missing: int) -> None:
    origin = 2.0
    s = lab.scene(fit=fit, method=method, missing=missing, origin=origin, own_visits=3)
    model = lmm(FORMULAS[fit], table(s, origin), reml=method == "REML")
    assert s.model is not None
    np.testing.assert_allclose(s.model.beta, model.beta, rtol=1e-6)
    assert s.model.sigma == pytest.approx(model.sigma, rel=1e-6)
    G = model.G["person"].values
    np.testing.assert_allclose(s.model.G[: len(G), : len(G)], G, rtol=1e-4, atol=1e-6)
    blups = model.blups["person"].values
    own = s.model.lines - s.model.beta
    np.testing.assert_allclose(own[:, : len(G)], blups, atol=1e-4)
    assert not own[:, len(G) :].any()
    for interval, name in (("wald", "wald"), ("satterthwaite", "satterthwaite")):
        told = model.test(name).frame()[["lower", "upper"]].to_numpy()
        again = lab.scene(
            fit=fit, method=method, missing=missing, origin=origin, own_visits=3, interval=interval
        )
        np.testing.assert_allclose(again.model.interval[:2], told, rtol=1e-4)
    end = model.test(L=[1.0, 4.0]).frame()[["lower", "upper"]].to_numpy()[0]
    np.testing.assert_allclose(s.model.interval[2], end, rtol=1e-4)


def test_average_only_is_least_squares() -> None:
    s = lab.scene(fit="one")
    expected = ols(s.people.design()).table().frame()
    assert s.model is not None
    np.testing.assert_allclose(s.model.beta, expected["estimate"], rtol=1e-10)
    np.testing.assert_allclose(s.model.interval[:2], expected[["lower", "upper"]], rtol=1e-10)
    assert not s.model.G.any() and not s.model.singular
    z = lab.scene(fit="one", interval="wald")
    half = np.ptp(z.model.interval[1]) / 2.0
    assert half == pytest.approx(1.959964 * expected["se"].iloc[1], rel=1e-6)


def test_row_40_ml_spreads_are_smaller() -> None:
    by = {method: lab.scene(method=method, people=10).model for method in ("REML", "ML")}
    assert (np.diag(by["ML"].G) < np.diag(by["REML"].G)).all()


def test_row_20_the_origin_changes_rho_but_not_the_fit() -> None:
    here, there = lab.scene(), lab.scene(origin=6.0)
    for one in ("sd", "corr", "share", "weight"):
        for account in ("true", "fitted"):
            np.testing.assert_allclose(
                getattr(getattr(here, account), one),
                getattr(getattr(there, account), one),
                rtol=1e-6,
                atol=1e-9,
            )
    assert there.true.G[0, 1] == pytest.approx(12 * 1.2 * -0.6 + 6 * 1.2**2)
    assert here.model.beta @ [1.0, 6.0] == pytest.approx(there.model.beta[0], rel=1e-8)
    assert "Level at month 6 and change correlate" in " ".join(lab.words(origin=6.0))
    forced = [lab.scene(origin=at, fit="uncorrelated").fitted.sd for at in (0.0, 6.0)]
    assert np.abs(forced[0] - forced[1]).max() > 0.5


def test_where_true_lines_meet_there_is_no_true_correlation() -> None:
    """Rounding used to leave a level that varies by 1e-17, and a correlation of it."""
    state = {"story": "tumours", "tau0": 0.7, "tau1": 0.1, "rho": -1.0, "origin": 7.0}
    assert lab.scene(**state).true.G[0].tolist() == [0.0, 0.0]
    assert "In truth level at day 7 and change have no correlation" in " ".join(lab.words(**state))


def test_row_4_average_only_is_too_sure_of_the_level_and_not_of_the_change() -> None:
    width = {fit: np.ptp(lab.scene(fit=fit).model.interval, axis=1) for fit in ("one", "starts")}
    assert width["one"][0] < 0.8 * width["starts"][0]
    assert width["one"][1] > width["starts"][1]  # x varies within people


def test_best_errors_are_what_estimates_scatter_by() -> None:
    """Of 400 new samples, the mean of squared distances is 1, within 3 Monte-Carlo errors."""
    off = np.array([(s.answers(s.model.beta) - s.asked) / s.best for s in _samples(400)])
    assert abs((off**2).mean(0) - 1.0).max() < 3.0 * np.sqrt(2.0 / 400)
    inside = np.mean([
        (s.model.interval[:, 0] <= s.asked) & (s.asked <= s.model.interval[:, 1])
        for s in _samples(400)
    ])  # fmt: skip
    assert abs(inside - 0.95) < 3.0 * np.sqrt(0.95 * 0.05 / 400)


def _samples(number: int) -> Any:
    return (lab.scene(seed=seed, people=30, tau1=0.6) for seed in range(number))


def test_best_errors_of_a_balanced_study() -> None:
    """Var(change) = (tau1^2 + sigma^2 / SSt) / J, row 56."""
    people = simulated(
        1, 60, 5, gap=3.0, beta=np.zeros(2), factor=root(np.array([15.0, 0.8]), -0.2), sigma=8.0
    )
    factor = root(np.array([15.0, 0.8]), -0.2) / 8.0
    best = best_errors(people, factor[[0, 1, 1], [0, 0, 1]], 8.0, 0.0, 12.0)
    assert best[1] == pytest.approx(np.sqrt((0.8**2 + 64 / 90) / 60), rel=1e-10)
    assert np.sqrt(2) * best[1] == pytest.approx(0.212, abs=5e-4)


# Controls of nature


def test_exact_moments() -> None:
    s = lab.scene(moments="exact")
    np.testing.assert_allclose(s.lines.mean(0), s.average, atol=1e-10)
    np.testing.assert_allclose(np.cov(s.lines.T), s.true.G, rtol=1e-8)
    assert abs(lab.scene().lines[:, 0].std(ddof=1) - 12.0) > 0.01


def test_missing_rows_leave_the_others_as_they_are() -> None:
    whole, some, fewer = (lab.scene(missing=share).people for share in (0, 20, 60))
    for people in (some, fewer):
        assert dict(_rows(people)).items() <= dict(_rows(whole)).items()
        assert people.visits.min() >= 1 and people.visits.sum() == len(people.y)
    assert dict(_rows(fewer)).keys() < dict(_rows(some)).keys()
    assert 1.0 - len(some.y) / len(whole.y) == pytest.approx(0.2 * 6 / 7, abs=0.06)


def _rows(people: Any) -> Any:
    codes, days, y = people.codes.tolist(), people.day.tolist(), people.y.tolist()
    return (((code, day), value) for code, day, value in zip(codes, days, y, strict=True))


def test_own_rows_and_gap() -> None:
    s = lab.scene(own_visits=3, gap=2.0, person="7")
    assert s.people.visits[6] == 3 and np.delete(s.people.visits, 6).min() == 7
    assert s.people.day.max() == s.end == 12.0


def test_new_people_are_added_to_those_there_are() -> None:
    few, many = lab.scene(people=20, person="3"), lab.scene(people=60, person="3")
    np.testing.assert_array_equal(few.lines, many.lines[:20])


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({"sigma": 0.0}, "Without noise every row is exact"),
        ({"tau0": 0.0, "tau1": 0.0}, "In truth all people are alike"),
        ({"visits": 1, "own_visits": 1}, "This model cannot be fitted"),
    ],
)
def test_corners_get_a_sentence(state: dict[str, Any], text: str) -> None:
    assert text in lab.scene(**state).message


@pytest.mark.parametrize(
    ("fit", "tau0", "text"),
    [
        ("starts", 0.0, "τ₀ is estimated as 0"),
        ("uncorrelated", 12.0, "τ₁ is estimated as 0"),
        ("lines", 12.0, "ρ is estimated at its limit"),
    ],
)
def test_a_singular_fit_is_said(fit: str, tau0: float, text: str) -> None:
    state = {"fit": fit, "tau0": tau0, "tau1": 0.0, "people": 10, "seed": 0}
    assert lab.scene(**state).model.singular
    assert f"The fit is singular: {text}" in lab.words(**state)[-1]
    assert "singular" not in " ".join(lab.words())


# Views


def test_six_views_of_one_model() -> None:
    s = lab.scene()
    over, plane, sd, cells, weights, intervals = panels()
    assert all(any(m.ids for m in panel.marks if hasattr(m, "ids")) for panel in (over, plane))
    shown = {m.role: m.cov for m in plane.marks if isinstance(m, Ellipse)}
    np.testing.assert_allclose(shown["truth"], s.true.G)
    np.testing.assert_allclose(shown["model"], s.model.G)
    (point,) = (m for m in sd.marks if isinstance(m, Points))
    assert (point.x[0], point.y[0]) == pytest.approx((6.0, 9.6))
    maps = {m.role: m.values for m in cells.marks if isinstance(m, Heatmap)}
    assert maps["truth"][0, 1] == pytest.approx(0.677, abs=5e-4)  # below the diagonal
    assert maps["model"][1, 0] == pytest.approx(s.fitted.corr[0, 1])
    assert np.isnan(maps["truth"][1, 0]) and np.isnan(maps["model"].diagonal()).all()
    assert any(isinstance(m, Line) and m.role == "truth" for m in weights.marks)
    bars = [m for m in intervals.marks if isinstance(m, Segments)]
    ends = (s.model.interval - s.asked[:, None]) / s.best[:, None]
    seen = np.array([[float(m.x0[0]), float(m.x1[0])] for m in bars])
    np.testing.assert_allclose(seen, ends, rtol=1e-8)


def test_a_long_study_has_a_map_that_can_be_read() -> None:
    assert len(lab.scene(**told("erp")).true.corr) == 10


# A state can be handed on


@pytest.mark.parametrize("story", STORIES)
def test_every_state_is_a_line_of_code(story: str) -> None:
    state = told(story, origin=1.5, fit="uncorrelated", seed=11, person="2", missing=10)
    controls = lab.controls(**state)
    line = lab.line(controls)
    assert line.startswith("labs.playground(")
    names = dict(eval("dict" + line.removeprefix("labs.playground")))
    assert lab.controls(**names) == controls


def test_all_controls_are_in_a_link_and_checked() -> None:
    with pytest.raises(LMMError, match="people must be a whole number from 3 to 60"):
        lab.scene(people=2)
    with pytest.raises(LMMError, match="story must be one of"):
        lab.scene(story="none")
    assert lab.tasks == ()


@pytest.mark.parametrize("story", STORIES)
def test_the_guide_links_to_the_preset(story: str) -> None:
    to_a_story = r"\[the story\]\(\S+/playground\.ipynb\??([^)]*)\)"
    links = re.findall(to_a_story, GUIDE.read_text("utf-8"))
    linked = [
        {name.removeprefix("playground."): text for name, text in parse_qsl(query)}
        for query in links
    ]
    (found,) = (link for link in linked if link.get("story", "bp") == story)
    defaults = {spec.name: spec.default for spec in lab.specs}
    taken = {name: type(defaults[name])(text) for name, text in found.items()}
    assert lab.controls(**taken) == lab.controls(**told(story))
