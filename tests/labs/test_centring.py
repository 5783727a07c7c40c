"""The centring lab against rows 20, 33 and 34 of the concept ledger, and its corners and tasks."""

from typing import Any

import numpy as np
import pytest

from lmmlab import labs, lmm, load
from lmmlab.labs._numbers import decimal
from lmmlab.labs.centring import days, groups
from lmmlab.labs.centring.picture import picture
from lmmlab.picture.words import plain

lab = labs.centring
FREE, FORCED = "Reaction ~ t + (t | Subject)", "Reaction ~ t + (t || Subject)"


def counted_from(origin: float) -> Any:
    table = load("sleepstudy")
    table["t"] = table["Days"] - origin
    return table


def moved(scene: Any) -> dict[str, bool | None]:
    """Tell which rows of the table moved; the second standard error is that of the slope."""
    names = [row.name for row in scene.table]
    second = len(names) - 1 - names[::-1].index("its std. error")
    names[second] = "error of the slope"
    return dict(zip(names, (row.moved for row in scene.table), strict=True))


@pytest.mark.parametrize("origin", [-3.0, 0.0, 2.0, 4.5, 7.3, 12.0])
def test_row_20_a_reading_is_the_fit_with_that_zero(origin: float) -> None:
    """What the lab reads from one fit is what a new fit gives, in every number."""
    now, fit = lab.scene(origin=origin).days.now, lmm(FREE, counted_from(origin))
    np.testing.assert_allclose(now.beta, fit.beta, rtol=1e-8)
    np.testing.assert_allclose(now.se, fit.se, rtol=1e-8)
    np.testing.assert_allclose(now.G, fit.G["Subject"].values, rtol=1e-7, atol=1e-5)
    np.testing.assert_allclose(now.b, fit.blups["Subject"].values, rtol=1e-7, atol=1e-6)
    assert now.sigma == pytest.approx(fit.sigma, rel=1e-8)
    assert now.deviance == pytest.approx(fit.deviance, abs=1e-8)


def test_row_20_the_identities_of_the_ledger() -> None:
    G, c = days.start().G, 4.5
    there = lab.scene(origin=c).days.now
    tau0, both, tau1 = G[0, 0], G[0, 1], G[1, 1]
    assert there.G[0, 0] == pytest.approx(tau0 + 2 * c * both + c**2 * tau1, rel=1e-12)
    assert there.G[0, 1] == pytest.approx(both + c * tau1, rel=1e-12)
    assert there.G[1, 1] == tau1


def test_row_20_the_numbers_of_the_sleep_study() -> None:
    there, start = lab.scene(origin=4.5).days.now, lab.scene(origin=0.0).days.now
    assert there.tau[0] == pytest.approx(37.532, rel=1e-3)
    assert there.rho == pytest.approx(0.753, abs=5e-4)
    assert there.beta[0] == pytest.approx(298.508, abs=1e-3)
    assert start.rho == pytest.approx(0.066, abs=5e-4)
    day, _ = days.visits()
    np.testing.assert_allclose(there.at(day), start.at(day), rtol=1e-12)


def test_row_20_the_ellipse_tilts_and_the_lines_stay() -> None:
    first, then = (lab.scene(origin=c) for c in (0.0, 9.0))
    at, later = (picture(s).panels for s in (first, then))
    line, ellipse = at[0].marks[1], at[2].marks[0]
    np.testing.assert_allclose(line.y, later[0].marks[1].y, rtol=1e-12)
    assert later[2].marks[0].cov[0, 1] > 5 * ellipse.cov[0, 1] > 0
    for one, other in zip(at, later, strict=True):
        assert (one.x.limits, one.y.limits) == (other.x.limits, other.y.limits)


@pytest.mark.parametrize("origin", [-3.0, 2.0, 4.5, 12.0])
def test_row_33_same_criterion_when_rho_is_free(origin: float) -> None:
    scene = lab.scene(origin=origin)
    assert scene.days.now.deviance == pytest.approx(1743.628, abs=5e-4)
    assert scene.days.costs == 0.0
    assert moved(scene) == {
        "intercept": True,
        "its std. error": True,
        "spread there τ₀": True,
        "go together ρ": True,
        "slope": False,
        "error of the slope": False,
        "spread of slopes τ₁": False,
        "noise σ": False,
        "criterion": False,
        "lines move up to": False,
    }


@pytest.mark.parametrize(("origin", "criterion"), [(0.0, 1743.669), (4.5, 1753.549)])
def test_row_34_the_trap_of_forcing_rho_to_0(origin: float, criterion: float) -> None:
    now = lab.scene(origin=origin, together="zero").days.now
    assert now.deviance == pytest.approx(criterion, abs=5e-4)
    fit = lmm(FORCED, counted_from(origin))
    assert now.deviance == pytest.approx(fit.deviance, abs=1e-8)
    np.testing.assert_allclose(now.tau, fit.sd["Subject"].values, rtol=1e-6)
    assert now.rho == 0.0
    assert f"{criterion:.3f}" in " ".join(lab.words(origin=origin, together="zero"))


def test_row_34_the_curve_touches_the_flat_line_once() -> None:
    curve, free = days.forced_curve(), days.start().deviance
    assert (curve > free).all()
    assert (np.diff(curve[days.ORIGINS <= -0.5]) < 0).all()
    assert (np.diff(curve[days.ORIGINS >= 0.0]) > 0).all()
    here = days.uncorrelated()
    assert here == pytest.approx(-0.274, abs=1e-3)
    assert days.forced(here).deviance == pytest.approx(free, abs=1e-8)
    assert days.free(here).rho == pytest.approx(0.0, abs=1e-12)


def test_the_forced_model_can_be_fitted_at_every_zero() -> None:
    for origin in days.ORIGINS:
        assert (days.forced(float(origin)).tau > 1.0).all()


@pytest.mark.parametrize("n", [2, 5, 12])
def test_row_33_grand_mean_centring_changes_the_intercept_only(n: int) -> None:
    raw, grand = (groups.reading(n, name) for name in ("raw", "grand"))
    x = groups.rows(n).x
    np.testing.assert_allclose(grand.at(x), raw.at(x), rtol=1e-7)
    assert grand.deviance == pytest.approx(raw.deviance, abs=1e-8)
    assert grand.beta[0] == pytest.approx(raw.beta[0] + raw.beta[1] * x.mean(), rel=1e-8)
    table = moved(lab.scene(source="groups", rows=n, centring="grand"))
    assert [name for name in table if table[name]] == ["intercept", "its std. error"]


@pytest.mark.parametrize(
    ("centring", "formula"),
    [("raw", "y ~ x + (1 | group)"), ("grand", "y ~ x_gmc + (1 | group)"),
     ("group", "y ~ x_within + (1 | group)")],
)  # fmt: skip
def test_readings_of_groups_are_the_fits(centring: str, formula: str) -> None:
    now, fit = groups.reading(12, centring), lmm(formula, load("within_between"))
    np.testing.assert_allclose(now.beta, fit.beta, rtol=1e-6)
    np.testing.assert_allclose(now.se, fit.se, rtol=1e-6)
    assert (now.tau, now.sigma) == pytest.approx((fit.sd["group"].values[0], fit.sigma), rel=1e-6)
    assert now.deviance == pytest.approx(fit.deviance, abs=1e-6)


@pytest.mark.parametrize("n", range(2, 13))
def test_group_mean_centring_asks_about_the_inside(n: int) -> None:
    data, inside, raw = groups.rows(n), groups.reading(n, "group"), groups.reading(n, "raw")
    x, y = (v - v.mean(1, keepdims=True) for v in (data.x, data.y))
    within = (x * y).sum() / (x * x).sum()
    assert inside.beta[1] == pytest.approx(within, rel=1e-8)
    assert inside.between == 0.0
    w = raw.between
    assert raw.beta[1] == pytest.approx((1 - w) * within + w * groups.between(n)[0], rel=1e-8)
    assert abs(inside.beta[1] - groups.WITHIN) < 3 * inside.se[1]
    assert moved(lab.scene(source="groups", rows=n))["criterion"] is None


@pytest.mark.parametrize("state", [{}, {"origin": 4.5}, {"origin": -3.0}, {"together": "zero"}])
def test_words_have_the_numbers_of_the_scene(state: dict[str, Any]) -> None:
    scene, said = lab.scene(**state), " ".join(lab.words(**state))
    now = scene.days.now
    numbers = (f"{now.beta[0]:.1f}", f"{now.tau[0]:.1f}", f"{now.deviance:.3f}")
    for text in (*numbers, decimal(scene.days.free.rho, 2, signed=True)):
        assert text in said
    assert f"{abs(now.b[scene.index, 0]):.1f}" in said


@pytest.mark.parametrize("centring", ["raw", "grand", "group"])
def test_words_of_groups_have_the_numbers(centring: str) -> None:
    state = {"source": "groups", "centring": centring}
    now, said = lab.scene(**state).groups.now, " ".join(lab.words(**state))
    for text in (decimal(now.beta[1], 2), f"{now.beta[0]:.2f}", f"{now.tau:.2f}"):
        assert text in said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"origin": -3.0}, "No driver was measured"),
        ({"origin": 12.0, "together": "zero"}, "No driver was measured"),
        ({"source": "groups", "centring": "raw"}, "No group has rows near"),
        ({"origin": 4.5}, ""),
    ],
)
def test_reading_outside_the_data_is_said(state: dict[str, Any], said: str) -> None:
    message = lab.scene(**state).message
    assert said in message if said else message == ""


def test_one_person_is_followed() -> None:
    for state, who in (({}, "308"), ({"person": "335"}, "335"), ({"source": "groups"}, "g04")):
        scene = lab.scene(**state)
        assert (scene.who, scene.levels[scene.index], picture(scene).chosen) == (who, who, who)
    scene = lab.scene(person="335", origin=4.5)
    blups = lmm(FREE, counted_from(4.5)).blups["Subject"].loc["335"]
    np.testing.assert_allclose(scene.days.now.b[scene.index], np.asarray(blups), rtol=1e-6)


def task(name: str) -> Any:
    return next(t for t in lab.tasks if t.name == name)


def test_the_replies_show_what_they_say() -> None:
    asked = task("sign-of-rho")
    rho = [decimal(lab.scene(origin=c).days.free.rho, 2, signed=True) for c in (2.0, -3.0)]
    assert rho[0] in asked.text
    assert all(rho[1] in c.reply for c in asked.choices)

    asked = task("what-gains")
    start, there = (lab.scene(origin=c).days.now for c in (0.0, asked.then["origin"]))
    for text in (f"{there.beta[0]:.1f}", f"{there.se[0]:.1f}", f"{start.se[0]:.1f}"):
        assert text in asked.text

    asked = task("force-rho")
    costs = lab.scene(**asked.then).days.costs
    small = lab.scene(origin=0.0, together="zero").days.costs
    assert f"{costs:.3f}" == "9.921" and f"{small:.3f}" == "0.041"
    assert all("9.921" in c.reply for c in asked.choices)

    asked = task("own-means")
    scene = lab.scene(**asked.then)
    assert decimal(scene.groups.raw.beta[1], 2) in asked.text
    assert all(decimal(scene.groups.now.beta[1], 2) in c.reply for c in asked.choices)


@pytest.mark.parametrize(
    ("name", "state", "done"),
    [
        ("no-correlation", {}, False),
        ("no-correlation", {"origin": -0.3}, True),
        ("no-correlation", {"origin": -1.0}, False),
        ("no-correlation", {"origin": -0.3, "together": "zero"}, False),
        ("no-correlation", {"source": "groups"}, False),
        ("one-slope", {}, False),
        ("one-slope", {"source": "groups", "rows": 12}, False),
        ("one-slope", {"source": "groups", "centring": "raw"}, False),
        ("one-slope", {"source": "groups", "centring": "raw", "rows": 12}, True),
    ],
)
def test_tasks_are_checked_with_partial_feedback(
    name: str, state: dict[str, Any], done: bool
) -> None:
    reached, note = task(name).check(lab.controls(**state), lab.scene(**state))
    assert reached is done
    assert note.endswith(".")


def test_the_equation_is_that_of_the_chosen_data() -> None:
    def said(**state: Any) -> str:
        return plain(lab.equation(lab.scene(**state)))

    assert "day − c" in said()
    for centring, zero in (("raw", "c = 0"), ("grand", "c = 5.11"), ("group", "own mean")):
        text = said(source="groups", centring=centring)
        assert zero in text and "day" not in text


def test_the_number_is_the_intercept_of_the_lab() -> None:
    question = next(t for t in lab.tasks if t.name == "intercept")
    there = lab.scene(**question.then).days.now.beta
    assert question.value == pytest.approx(there[0], abs=0.01)
    assert f"{there[0]:.1f} ms" in question.reply
    start = lab.scene(origin=0.0).days.now.beta
    assert f"{start[0]:.1f} ms" in question.text and f"{start[1]:.2f} ms a day" in question.text
    for wrong in question.mistakes:
        assert question.answer(wrong.value).misconception == wrong.name
