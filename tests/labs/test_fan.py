"""The fan lab against rows 16 to 22 of the plan of concepts, its corners, its tasks."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lmmlab import labs
from lmmlab.labs._people import columns
from lmmlab.labs.fan.scene import expected_correlation
from lmmlab.labs.fan.spread import Spread
from lmmlab.labs.fan.stories import STORIES
from lmmlab.meaning.implied import line_variance
from lmmlab.picture.marks import Ellipse, Line, Points, Segments

lab = labs.fan
BROKEN = {"entries": "free", "story": "gad7"}


def told(story: str, **more: Any) -> dict[str, Any]:
    """Give the state in which a story is shown."""
    return STORIES[story].values | {"story": story} | more


def G_of(tau0: float, tau1: float, rho: float) -> Any:
    both = rho * tau0 * tau1
    return np.array([[tau0**2, both], [both, tau1**2]])


def test_defaults_are_the_first_story() -> None:
    state = {spec.name: spec.default for spec in lab.specs}
    assert state["story"] == "hrqol"
    story = STORIES["hrqol"].values
    for name in ("tau0", "tau1", "rho", "sigma", "until"):
        assert state[name] == story[name]
    assert (state["people"], state["tau0"], state["tau1"], state["rho"], state["sigma"]) == (
        60, 15.0, 0.8, -0.2, 8.0,
    )  # fmt: skip


def test_a_choice_of_a_story_brings_values_that_its_sliders_take() -> None:
    for spec in lab.specs:
        for values in spec.sets.values():
            lab.controls(**values)


@pytest.mark.parametrize("state", [{}, {"tau0": 3.0, "tau1": 2.0, "rho": 0.9}, told("gad7")])
def test_rows_16_to_18_the_people_have_exactly_the_G_of_the_sliders(state: dict[str, Any]) -> None:
    s = lab.scene(**state)
    c = s.controls
    np.testing.assert_allclose(s.lines.mean(0), s.story.beta, atol=1e-10)
    np.testing.assert_allclose(
        np.cov(s.lines.T), G_of(c.tau0, c.tau1, c.rho), rtol=1e-8, atol=1e-10
    )
    assert np.corrcoef(s.lines.T)[0, 1] == pytest.approx(c.rho, abs=1e-8)


def test_row_16_and_17_the_ellipse_is_as_wide_and_high_as_the_sliders_say() -> None:
    s = lab.scene(tau0=12.0, tau1=0.5)
    plane = lab.module.picture(s).panels[1]
    (ellipse,) = (m for m in plane.marks if isinstance(m, Ellipse) and m.role == "truth")
    np.testing.assert_allclose(np.sqrt(np.diag(ellipse.cov)), [12.0, 0.5], rtol=1e-12)
    assert np.sqrt(s.variance[0]) == pytest.approx(12.0, rel=1e-12)
    bars = {m.role: m for m in plane.marks if isinstance(m, Segments)}
    assert np.ptp([bars["parameter:tau0"].x0, bars["parameter:tau0"].x1]) == pytest.approx(24.0)
    assert np.ptp([bars["parameter:tau1"].y0, bars["parameter:tau1"].y1]) == pytest.approx(1.0)


def test_row_17_a_small_tau1_is_not_a_small_effect() -> None:
    assert "9.6 in 12 months" in lab.module.notes(lab.scene())["tau1"]


def test_row_18_the_same_people_are_rearranged() -> None:
    """Starts stay when rho moves, and so does what is left of changes beside them."""
    low, high = lab.scene(rho=-0.9), lab.scene(rho=0.9)
    np.testing.assert_allclose(low.lines[:, 0], high.lines[:, 0], rtol=1e-12)
    rest = [(s.lines[:, 1] - 0.6) - s.controls.rho * 0.8 / 15.0 * (s.lines[:, 0] - 50.0)
            for s in (low, high)]  # fmt: skip
    np.testing.assert_allclose(rest[0], rest[1], atol=1e-10)
    assert low.who == high.who


@pytest.mark.parametrize(
    ("state", "time", "least", "at", "end"),
    [
        (told("hrqol"), 3.75, 14.697, 12.0, 16.111),
        (told("gad7"), 3.43, 2.75, 8.0, 3.18),
        (told("bp"), 6.0, 9.6, 12.0, 12.0),
    ],
)
def test_row_19_the_turning_point(
    state: dict[str, Any], time: float, least: float, at: float, end: float
) -> None:
    s = lab.scene(**state)
    c = s.controls
    assert s.told.turning == pytest.approx(
        (-c.rho * c.tau0 / c.tau1, c.tau0 * np.sqrt(1 - c.rho**2)), rel=1e-10
    )
    assert s.told.turning == pytest.approx((time, least), abs=0.005)
    G = G_of(c.tau0, c.tau1, c.rho)
    assert np.sqrt(line_variance(G, columns(np.array([at])))[0]) == pytest.approx(end, abs=0.005)
    formula = c.tau0**2 + 2 * s.times * c.rho * c.tau0 * c.tau1 + s.times**2 * c.tau1**2
    np.testing.assert_allclose(s.variance, formula, rtol=1e-10)
    seen = (s.lines[:, :1] + s.lines[:, 1:] * s.times).std(0, ddof=1)
    np.testing.assert_allclose(seen, np.sqrt(s.variance), rtol=1e-8)
    text = " ".join(lab.words(**state))
    assert (
        f"{s.story.time} {time:.1f}" in text
        and f"{least:.{s.story.digits}f}\xa0{s.story.unit}" in text
    )


def test_row_19_the_turning_point_is_marked() -> None:
    s = lab.scene()
    panel = lab.module.picture(s).panels[2]
    (point,) = (m for m in panel.marks if isinstance(m, Points))
    assert (point.x[0], point.y[0]) == pytest.approx(s.told.turning)
    (curve,) = (m for m in panel.marks if isinstance(m, Line) and m.role == "truth")
    assert curve.y.min() == pytest.approx(point.y[0], abs=0.01)
    for rho in (0.0, 0.5):
        text = lab.words(rho=rho)[0]
        assert "part from the start on" in text
    assert "all the way to month 12" in lab.words(rho=-0.9, until="12")[0]


def test_row_20_another_origin_tilts_the_ellipse_and_moves_no_line() -> None:
    first = lab.scene()
    before = lab.module.picture(first).panels[0]
    for origin in (2.0, 3.75, 12.0):
        s = lab.scene(origin=origin)
        tau0, tau1, both = 15.0, 0.8, -0.2 * 15 * 0.8
        expected = [
            [tau0**2 + 2 * origin * both + origin**2 * tau1**2, both + origin * tau1**2],
            [both + origin * tau1**2, tau1**2],
        ]
        np.testing.assert_allclose(s.here.G, expected, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(np.cov(s.lines.T), expected, rtol=1e-8, atol=1e-9)
        np.testing.assert_array_equal(s.variance, first.variance)
        after = lab.module.picture(s).panels[0]
        for role in ("truth", "population"):
            a, b = (
                next(m for m in p.marks if isinstance(m, Line) and m.role == role)
                for p in (before, after)
            )
            np.testing.assert_allclose(a.y, b.y, atol=1e-9)
        assert before.y.limits == after.y.limits


def test_row_20_the_fit_stays_what_it_is() -> None:
    """From elsewhere the same criterion is reached, with G moved and the average carried on."""
    first = lab.scene().estimate
    assert first is not None
    for origin in (3.0, 12.0):
        e = lab.scene(origin=origin).estimate
        assert e.deviance == pytest.approx(first.deviance, rel=1e-10)
        assert e.sigma == pytest.approx(first.sigma, rel=1e-6)
        np.testing.assert_allclose(e.spread.G, first.spread.at(origin).G, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(e.beta[0], first.beta @ [1.0, origin], rtol=1e-8)
        assert f"{first.deviance:.2f}" in " ".join(lab.words(origin=origin))


def test_row_20_the_sleep_study() -> None:
    """lme4: sd 24.741 and 5.922, rho .066 on day 0 are 37.532 and .753 on day 4.5."""
    spread = Spread(G_of(24.74045, 5.92213, 0.0655513)).at(4.5)
    assert spread.sd == pytest.approx([37.532, 5.922], rel=1e-4)
    assert spread.rho == pytest.approx(0.753, abs=5e-4)


def test_row_21_regression_to_the_mean() -> None:
    tau, sigma = 12.0, 8.0
    formula = -(sigma**2) / np.sqrt((tau**2 + sigma**2) * 2 * sigma**2)
    assert expected_correlation(G_of(tau, 0.0, 0.0), sigma, 6.0, True) == pytest.approx(formula)
    assert formula == pytest.approx(-0.392, abs=5e-4)
    assert expected_correlation(G_of(tau, 0.0, 0.0), sigma, 6.0, False) == pytest.approx(0.0)
    found = {"observed": [], "true": []}
    for seed in range(200):
        for baseline, seen in found.items():
            state = told("bp", tau1=0.0, baseline=baseline, seed=seed)
            seen.append(lab.scene(**state).trend.found)
    for baseline, expected in (("observed", formula), ("true", 0.0)):
        seen = np.array(found[baseline])
        # a correlation of 60 pairs is biased by -r(1 - r^2)/2n, 0.003 here
        assert seen.mean() == pytest.approx(expected, abs=3 * seen.std() / 200**0.5 + 0.003)


def test_row_21_with_own_changes_the_expected_correlation_is_that_of_many_people() -> None:
    c = told("hrqol")
    rng = np.random.default_rng(1)
    b = rng.standard_normal((400_000, 2)) @ np.linalg.cholesky(G_of(15.0, 0.8, -0.2)).T
    e = 8.0 * rng.standard_normal((400_000, 2))
    change = 12.0 * b[:, 1] + e[:, 1] - e[:, 0]
    for baseline, start in (("observed", b[:, 0] + e[:, 0]), ("true", b[:, 0])):
        expected = lab.scene(**c, baseline=baseline).trend.expected
        assert np.corrcoef(start, change)[0, 1] == pytest.approx(expected, abs=3 / 400_000**0.5)


def test_row_19_the_turning_point_as_a_number() -> None:
    asked = task("turning-point")
    assert asked.value == pytest.approx(lab.scene(**asked.then).told.turning[0], rel=1e-12)
    assert "week 3.4, with 2.75\xa0points" in lab.words(**asked.then)[0]
    assert all(asked.answer(given).right for given in (3.4, 3.43, 3.5))
    for given, name in (
        (-3.4, "the sign of ρ is forgotten"), (0.05, "τ₀ and τ₁ are swapped"),
        (8.6, "ρ is taken as −1"), (20.0, "where the average reaches 0"),
    ):  # fmt: skip
        assert asked.answer(given).misconception == name
    for given, hint in ((0.0, "Much too low."), (4.0, "Too high."), (-1.0, "It has the other")):
        assert asked.answer(given).open and asked.answer(given).text.startswith(hint)


def test_row_21_the_correlation_as_a_number() -> None:
    asked = task("noise-alone")
    scene = lab.scene(**asked.then)
    assert asked.value == pytest.approx(scene.trend.expected, abs=1e-12)
    assert asked.value == pytest.approx(-144 / np.sqrt(288 * 288), abs=1e-12)
    assert "−0.50 is expected" in lab.words(**asked.then)[-1]
    assert asked.answer(-0.5).right
    for given, name in (
        (0.0, "equal changes give no relation"), (0.5, "who starts high rises more"),
        (-1.0, "change is the first noise alone"), (-0.71, "the last reading has no noise"),
    ):  # fmt: skip
        assert asked.answer(given).misconception == name
    assert asked.answer(0.2).text.startswith("It has the other sign.")


def test_row_22_entries_that_are_no_covariance_matrix() -> None:
    s = lab.scene(**BROKEN)
    assert not s.possible and s.people is None and s.estimate is None
    assert s.told.rho == pytest.approx(-1.143, abs=5e-4)
    assert s.eigenvalues[0] == pytest.approx(-0.037, abs=5e-4)
    assert s.lowest == pytest.approx((9.8, -2.755), abs=0.005)
    text = " ".join(lab.words(**BROKEN))
    assert "−1.143" in text and "−0.037" in text and "−2.755" in text
    assert "Negative variance at week 9.8: −2.755" in s.message
    picture = lab.module.picture(s)
    red = [m for m in picture.panels[2].marks if isinstance(m, Line) and m.role == "bad"]
    assert np.nanmax(red[0].y) < 0 and np.isfinite(red[0].y).any()
    assert not any(isinstance(m, Ellipse) for m in picture.panels[1].marks)
    bars = [m for m in picture.panels[3].marks if type(m).__name__ == "Bars"]
    assert {m.role: m.top.size for m in bars} == {"bad": 1, "truth": 1}


def test_row_22_at_the_limit_all_lines_meet_at_one_point() -> None:
    s = lab.scene(rho=-1.0, tau0=12.0, tau1=1.2)
    assert s.possible
    assert "all lines meet at month 10.0" in s.message
    assert np.ptp(s.lines @ [1.0, 10.0]) < 1e-9
    there = lab.scene(rho=-1.0, tau0=12.0, tau1=1.2, origin=10.0)
    assert there.here.rho is None
    free = lab.scene(entries="free", story="gad7", g00=9.0, g01=-1.05, g11=0.1225)
    assert free.possible and free.told.rho == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"tau0": 0.0, "tau1": 0.0}, "all people have the same line"),
        ({"tau0": 0.0}, "start at the same point"),
        ({"tau1": 0.0}, "parallel"),
        ({"rho": 1.0}, "would have met 18.7 months before"),
        ({"rho": -1.0}, "meet at month 18.7"),
        ({"sigma": 0.0}, "Without noise"),
        ({"people": 5, "seed": 1}, "at its limit, +1"),
        ({**BROKEN, "g00": 0.0}, "No people can differ like this"),
        ({**BROKEN, "g11": 0.0}, "Negative variance at week 24.0"),
    ],
)
def test_corners_give_a_sentence(state: dict[str, Any], said: str) -> None:
    message = lab.scene(**state).message
    assert said in message
    assert message.endswith(".")
    assert "nan" not in " ".join(lab.words(**state)).lower()


def test_an_ordinary_state_has_no_message() -> None:
    for story in STORIES:
        assert lab.scene(**told(story)).message == ""


def test_where_correlations_do_not_exist_the_words_say_so() -> None:
    assert "ρ is not defined" in " ".join(lab.words(tau1=0.0))
    assert "cannot be correlated" in " ".join(lab.words(tau0=0.0, baseline="true"))
    assert "cannot be correlated" in " ".join(lab.words(tau1=0.0, sigma=0.0))


@pytest.mark.parametrize("name", ["tau0", "tau1", "rho", "sigma", "origin"])
def test_axes_stand_still_while_a_slider_moves_a_little(
    axes_stand_still: Callable[..., None], name: str
) -> None:
    axes_stand_still(lab, name)


def task(name: str) -> Any:
    return next(t for t in lab.tasks if t.name == name)


def test_come_together_shows_what_its_replies_say() -> None:
    s = lab.scene(**task("come-together").then)
    sd = np.sqrt(s.variance)
    assert s.story.label == "blood pressure" and s.end == 24.0 and s.message == ""
    replies = " ".join(c.reply for c in task("come-together").choices)
    assert f"{sd[0]:.1f} mmHg at first" in replies
    assert f"{s.told.turning[1]:.1f} at month {s.told.turning[0]:.0f}" in replies
    assert f"{sd[-1]:.1f} at month 24" in replies


def test_other_origin_shows_what_its_replies_say() -> None:
    then = task("other-origin").then
    s = lab.scene(**then)
    for choice in task("other-origin").choices:
        assert f"{s.here.rho:+.2f}" in choice.reply
    assert s.estimate.deviance == pytest.approx(lab.scene().estimate.deviance, rel=1e-10)


def test_worse_starters_shows_what_its_replies_say() -> None:
    then = task("worse-starters").then
    s = lab.scene(**then)
    assert f"{s.trend.expected:.2f}".replace("-", "−") in task("worse-starters").choices[0].reply
    assert s.trend.found < -0.3
    assert abs(lab.scene(**then, baseline="true").trend.found) < 0.1
    assert "parallel" in s.message


@pytest.mark.parametrize(
    ("name", "state", "done"),
    [
        ("uncorrelated", {}, False),
        ("uncorrelated", {"rho": 0.0}, False),
        ("uncorrelated", {"tau1": 0.0}, False),
        ("uncorrelated", {"origin": 5.0}, False),
        ("uncorrelated", {"origin": 3.8}, True),
        ("uncorrelated", told("bp", origin=6.0), True),
        ("at-the-limit", {}, False),
        ("at-the-limit", {"rho": -1.0}, False),
        ("at-the-limit", {"sigma": 0.0}, False),
        ("at-the-limit", {"tau0": 0.0}, False),
        ("at-the-limit", {"people": 5, "seed": 1}, True),
        ("mend-the-matrix", {}, False),
        ("mend-the-matrix", BROKEN, False),
        ("mend-the-matrix", {**BROKEN, "g01": 0.0}, False),
        ("mend-the-matrix", {**BROKEN, "g11": 0.5}, False),
        ("mend-the-matrix", {**BROKEN, "g01": -1.05}, True),
    ],
)
def test_tasks_are_checked_with_partial_feedback(
    name: str, state: dict[str, Any], done: bool
) -> None:
    reached, note = task(name).check(lab.controls(**state), lab.scene(**state))
    assert reached is done
    assert note.endswith(".")


def test_the_limit_is_common_with_few_people() -> None:
    """Part of the lesson: the truth is rho = -.2, and many small studies say +-1."""
    singular = [lab.scene(people=10, seed=seed).estimate.singular for seed in range(200)]
    assert 0.1 < np.mean(singular) < 0.6
