"""The generalise lab against rows 8, 26 and 29 of the concept ledger, its corners and tasks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lmmlab import labs
from lmmlab.engine.design import Design, Term
from lmmlab.labs._lab import Predict
from lmmlab.labs._numbers import percent
from lmmlab.labs.generalise.scene import SIZES
from lmmlab.labs.generalise.stories import STORIES
from lmmlab.labs.generalise.studies import STUDIES, layout, people_of, studies
from lmmlab.model.closed import halves
from lmmlab.model.fit import fit
from lmmlab.picture.words import plain
from lmmlab.study.batch import batch
from lmmlab.study.simulate import normals, response, root
from lmmlab.study.sums import from_sums

lab = labs.generalise
TASKS = {task.name: task for task in lab.tasks}
LABS = STORIES["labs"].values | {"story": "labs"}


def design(people: int, n: int) -> Design:
    """The rows of a study: n of each of two kinds for each person."""
    codes = np.repeat(np.arange(people), 2 * n)
    X = np.column_stack([np.ones(len(codes)), np.tile(np.repeat([-0.5, 0.5], n), people)])
    levels = tuple(map(str, range(people)))
    term = Term("person", ("level", "effect"), X, codes, levels, (2,))
    return Design(np.zeros(len(codes)), X, ("level", "effect"), (term,))


def rows(people: int, n: int, rho: float = 0.3, seed: int = 5) -> np.ndarray:
    """Responses of a thousand such studies, row by row, from draws of their own."""
    d = design(people, n)
    drawn = normals(seed, STUDIES, 2 * people + len(d.y))
    u, e = drawn[:, : 2 * people].reshape(STUDIES, people, 2), drawn[:, 2 * people :]
    T = root([60.0, 30.0], rho)
    return response(d.X, d.X, d.terms[0].codes, np.array([600.0, 50.0]), T, 80.0, u, e)


@pytest.mark.parametrize(
    "state", [{}, {"J": 7, "n": 3, "tau1": 80.0}, LABS, {"tau1": 0.0}, {"look": "rho"}]
)
def test_row_8_the_two_standard_errors(state: dict[str, Any]) -> None:
    new, same = lab.scene(**state), lab.scene(**state, again="same")
    c = new.controls
    within = 2 * c.sigma**2 / (c.n * c.J)
    assert new.within == pytest.approx(within, abs=1e-8)
    assert new.between == pytest.approx(c.tau1**2 / c.J, abs=1e-8)
    assert new.honest**2 == pytest.approx(within + c.tau1**2 / c.J, abs=1e-8)
    assert same.honest**2 == pytest.approx(within, abs=1e-8)


@pytest.mark.parametrize("again", ["new", "same"])
@pytest.mark.parametrize("state", [{}, LABS, {"J": 60, "n": 5}])
def test_row_8_the_piles_are_as_wide_as_they_should_be(again: str, state: dict[str, Any]) -> None:
    s = lab.scene(**state, again=again)
    assert s.pile.std(ddof=1) == pytest.approx(s.honest, rel=3 / np.sqrt(2 * STUDIES))
    assert s.pile.mean() == pytest.approx(s.target, abs=3 * s.honest / np.sqrt(STUDIES))
    believed = {"same": 0, "new": 1}[again]
    assert s.rates.se[believed] == pytest.approx(s.honest, rel=0.04)
    assert s.rates.coverage[believed] == pytest.approx(0.95, abs=3 * s.rates.error[believed])


def test_row_8_the_other_analysis_is_too_sure_or_too_cautious() -> None:
    new, same = lab.scene(), lab.scene(again="same")
    size = 2 * stats.norm.cdf(-1.96 * np.sqrt(new.within) / new.honest)
    assert 1 - new.rates.coverage[0] == pytest.approx(size, abs=3 * new.rates.error[0])
    assert same.rates.coverage[1] > 0.99


def test_row_8_the_same_people_stay_and_new_ones_come() -> None:
    one, two = (people_of(lab.controls(again="same"), k) for k in (0, 7))
    np.testing.assert_array_equal(one[0], two[0])
    assert np.abs(one[1] - two[1]).min() > 0
    assert np.abs(people_of(lab.controls(), 7)[0] - one[0]).min() > 0
    scene = lab.scene(again="same")
    assert scene.target == pytest.approx(one[0][:, 1].mean(), abs=1e-10)
    assert lab.scene().target == 50.0


def test_the_same_studies_are_deformed() -> None:
    few, many = (people_of(lab.controls(J=J), 3)[1] for J in (10, 20))
    np.testing.assert_array_equal(few, many[:10])
    noisy, quiet = (lab.scene(tau1=0.0, sigma=sigma).pile - 50.0 for sigma in (80.0, 40.0))
    np.testing.assert_allclose(noisy, 2 * quiet, atol=1e-9)


def test_sums_of_squares_say_what_the_rows_say() -> None:
    Y, balanced = rows(6, 4)[:50], layout(6, 4)
    whole = batch(design(6, 4), Y, contrast="effect")
    sums = from_sums(balanced, *halves(balanced, Y), weights=np.array([0.0, 1.0]))
    for name in ("beta", "G", "sigma", "estimate", "estimate_se", "df", "singular"):
        np.testing.assert_allclose(getattr(sums, name), getattr(whole, name), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("person", ["2", "3", "10"])
def test_the_study_in_colour_is_pulled_as_a_mixed_model_pulls(person: str) -> None:
    """Rows with the own lines of the scene, and with its noise within."""
    scene = lab.scene(fit="random", J=8, n=4, person=person)
    c, d = scene.controls, design(8, 4)
    own, run = people_of(c, scene.index)[1], studies(c, 8)
    within = run.fixed_df * run.fixed_se[scene.index] ** 2 * 8 * 4 / 2
    wiggle = np.tile([1.0, -1.0], 32)
    y = own[d.terms[0].codes, 0] + own[d.terms[0].codes, 1] * d.X[:, 1]
    fitted = fit(replace(d, y=y + wiggle * np.sqrt(within / 64)))
    assert fitted.sd["person"].values[1] == pytest.approx(scene.one.tau1, abs=1e-6)
    pulled = fitted.beta[1] + fitted.blups["person"].values[:, 1]
    np.testing.assert_allclose(pulled, scene.one.pulled, atol=1e-6)


@pytest.mark.parametrize("people", [5, 20])
def test_row_26_spread_of_rho_against_fits_row_by_row(people: int) -> None:
    """Another thousand studies, made and fitted row by row."""
    fits = batch(design(people, 20), rows(people, 20))
    sd = np.sqrt(np.einsum("mkk->mk", fits.G))
    rho = fits.G[:, 0, 1] / sd.prod(1)
    now = lab.scene(look="rho", J=people).now
    both = fits.singular.mean(), now.rate[0]
    error = np.sqrt(sum(p * (1 - p) for p in both) / STUDIES)
    assert both[0] == pytest.approx(both[1], abs=3 * error)
    edge = fits.singular
    assert now.plus == pytest.approx((edge & (rho > 0)).sum(), abs=3 * np.sqrt(2 * now.plus))
    assert now.minus == pytest.approx(
        (edge & (rho < 0)).sum(), abs=3 * np.sqrt(2 * max(now.minus, 3))
    )
    # quantiles: how many of one thousand lie below those of the other
    for share, at in ((0.05, now.low), (0.5, now.middle), (0.95, now.high)):
        if abs(at) < 1:
            below = (np.where(edge, np.sign(rho), rho) < at).mean()
            assert below == pytest.approx(share, abs=3 * np.sqrt(2 * share * (1 - share) / 1000))


def test_row_26_without_noise_rho_is_the_correlation_of_people() -> None:
    """Then its distribution is known: Fisher's z."""
    for one in lab.scene(look="rho", sigma=1.0, n=100).sizes[1:]:
        z = np.arctanh([one.low, one.middle, one.high])
        expected = (
            np.arctanh(0.3)
            + 0.15 / (one.people - 1)
            + np.array([-1.645, 0.0, 1.645]) / np.sqrt(one.people - 3)
        )
        np.testing.assert_allclose(z, expected, atol=3 * 2.1 / np.sqrt(1000 * (one.people - 3)))
        assert one.singular == 0


def test_row_26_more_people_know_tau_and_rho_better() -> None:
    for look in ("rho", "tau1"):
        scene = lab.scene(look=look)
        assert tuple(one.people for one in scene.sizes) == SIZES
        wide = [one.high - one.low for one in scene.sizes]
        assert wide == sorted(wide, reverse=True) and wide[0] > 4 * wide[-1]
        counts = [one.singular for one in scene.sizes]
        assert counts == sorted(counts, reverse=True) and counts[0] > 300
        assert scene.bad.sum() == scene.now.singular, "singular fits are shown, none dropped"


def test_row_26_the_same_people_have_a_rho_of_their_own() -> None:
    scene = lab.scene(look="rho", again="same", sigma=1.0, n=100)
    assert scene.now.target == scene.target != scene.everybody
    for one in scene.sizes:
        true = people_of(lab.controls(again="same", J=one.people), 0)[0]
        assert one.target == pytest.approx(np.corrcoef(true.T)[0, 1], abs=1e-10)
        assert one.middle == pytest.approx(one.target, abs=0.02)
    assert {one.target for one in lab.scene(look="tau1").sizes} == {30.0}


def test_row_26_words_count_what_the_scene_counts() -> None:
    scene, text = lab.scene(look="rho", J=5), " ".join(lab.words(look="rho", J=5))
    now = scene.now
    assert f"{now.singular} of 1,000 fits are singular" in text
    assert f"{now.plus} with ρ at +1 and {now.minus} at −1" in text
    assert percent(now.rate[1]) in text
    assert f"{1000 - now.none:,} studies of 5 new people" in text
    assert np.isfinite(scene.pile).sum() == STUDIES - now.none


def test_studies_without_rho_are_not_said_to_estimate_it() -> None:
    values = {"look": "rho", "tau0": 0.0, "tau1": 0.0}
    none, text = lab.scene(**values).now.none, " ".join(lab.words(**values))
    assert none > 100
    assert f"{STUDIES - none} studies of 20 new people, those that have a ρ," in text
    assert "1,000 studies of 20" in " ".join(lab.words(**values | {"look": "tau1"}))


def test_row_29_limits_of_borrowing() -> None:
    assert lab.scene(tau1=0.0).weight == 0.0
    near = lab.scene(tau1=100.0, sigma=1.0, n=100).weight
    assert near == pytest.approx(1 / (1 + 2 / (100 * 100**2)), abs=1e-8)
    assert 1 - near < 1e-5
    scene = lab.scene()
    assert scene.weight == pytest.approx(900 / (900 + 640), abs=1e-8)
    weights = [lab.scene(tau1=tau).weight for tau in np.linspace(0.0, 100.0, 11)]
    assert weights == sorted(weights)


def test_row_29_no_pooling_and_complete_pooling_in_the_picture() -> None:
    fixed, wide = lab.scene(), lab.scene(fit="random", tau1=100.0, sigma=1.0, n=100)
    np.testing.assert_array_equal(fixed.one.pulled, fixed.one.own)
    np.testing.assert_allclose(wide.one.pulled, wide.one.own, atol=0.01)
    alike = [lab.scene(fit="random", tau1=0.0, tau0=0.0, person=str(k)).one for k in range(1, 9)]
    pulled = [np.ptp(one.pulled) for one in alike if one.tau1 < 1e-6]
    assert pulled and max(pulled) < 1e-6, "a spread of 0 is complete pooling"
    assert "complete pooling" in lab.scene(tau1=0.0).message


def test_sliders_do_not_change_the_study_in_colour() -> None:
    """Each of these used to choose another one, and its people were replaced while one slid."""
    start = lab.scene()
    for state in ({"tau1": 0.0}, {"tau1": 31.0}, {"J": 9}, {"sigma": 120.0}, {"again": "same"}):
        assert lab.scene(**state).index == start.index


def test_start_shows_the_idea() -> None:
    scene, text = lab.scene(), " ".join(lab.words())
    assert scene.rates.coverage[0] < 0.85 and scene.rates.coverage[1] > 0.93
    assert scene.bad[scene.index], "the study in colour is one that fixed effects get wrong"
    for part in ("8.8\xa0ms", "5.7\xa0ms", "45.0", "32.0", ".58", "1,000 intervals"):
        assert part in text
    for kind, rate, error in zip(
        ("fixed", "random"), scene.rates.coverage, scene.rates.error, strict=True
    ):
        assert f"{100 * rate:.1f} ± {percent(error)}" in " ".join(lab.words(fit=kind))


def test_words_of_the_same_people_name_two_averages() -> None:
    scene, text = lab.scene(again="same"), " ".join(lab.words(again="same"))
    assert f"{scene.target:.1f}\xa0ms" in text and "50.0\xa0ms" in text


def test_the_study_in_colour_is_the_same_in_all_views() -> None:
    picture = lab.picture(person="12")
    assert picture.chosen == "12"
    assert picture.panels[1].title == "Study 12: 20 new people"
    ids = [mark.ids for mark in picture.panels[0].marks if getattr(mark, "ids", ())]
    assert ids and all("12" in one for one in ids)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"tau1": 0.0, "look": "rho"}, "no true ρ"),
        ({"J": 3}, "next to nothing"),
        ({"rho": 1.0, "look": "rho"}, "at its limit"),
    ],
)
def test_corners_have_a_sentence(state: dict[str, Any], says: str) -> None:
    assert says in lab.scene(**state).message


def test_predictions_lead_to_what_they_say() -> None:
    told = {
        name: " ".join(c.reply for c in task.choices) if isinstance(task, Predict) else task.reply
        for name, task in TASKS.items()
        if hasattr(task, "then")
    }
    same = lab.scene(**TASKS["same-people"].then)
    for part in (f"{same.target:.1f} ms", f"{same.honest:.1f} ms", "8.8", "77", "45", "32"):
        assert part in told["same-people"]
    endless = lab.scene(**TASKS["endless-trials"].then)
    assert f"{endless.honest:.1f} ms" in told["endless-trials"]
    assert TASKS["endless-trials"].value == pytest.approx(np.sqrt(endless.between))
    assert f"{np.sqrt(endless.between):.1f} ms" in told["endless-trials"]
    borrow = lab.scene(**TASKS["borrow"].then)
    assert round(borrow.weight, 2) == 0.04 and "λ is .04" in told["borrow"]
    assert np.std(borrow.one.pulled) < 0.3 * np.std(borrow.one.own)
    now = lab.scene(**TASKS["known-rho"].then).now
    assert (round(now.low, 2), round(now.high, 2)) == (-0.28, 0.85)
    assert f"{now.singular} of 1,000" in told["known-rho"]
    for task in lab.tasks:
        if isinstance(task, Predict):
            assert sum(choice.right for choice in task.choices) == 1
            assert all(choice.right or choice.name for choice in task.choices)


def test_a_rho_within_a_tenth_needs_about_400_people() -> None:
    """So says a reply: errors of rho fall with the root of J."""
    now = lab.scene(look="rho", J=200).now
    assert "about 400 people" in TASKS["known-rho"].choices[0].reply
    assert 200 * ((now.high - now.low) / 0.2) ** 2 == pytest.approx(400, rel=0.1)


@pytest.mark.parametrize(
    ("name", "reached", "not_yet"),
    [
        ("agree", {"tau1": 3.0}, {"tau1": 5.0}),
        ("agree", {"sigma": 200.0, "n": 2, "tau1": 20.0}, {"again": "same"}),
        ("four-fifths", {"n": 57}, {"n": 80}),
        ("four-fifths", {"n": 57}, {"tau1": 40.0, "n": 57}),
        ("narrow", {"look": "rho", "J": 120}, {"look": "rho", "J": 60}),
        ("narrow", {"look": "rho", "J": 120}, {"look": "rho", "J": 120, "sigma": 20.0}),
    ],
)
def test_what_is_to_be_done_can_be_done(
    name: str, reached: dict[str, Any], not_yet: dict[str, Any]
) -> None:
    check = TASKS[name].check
    for state, expected in (({}, False), (not_yet, False), (reached, True)):
        done, note = check(lab.controls(**state), lab.scene(**state))
        assert done is expected and note


def test_notes_and_stories() -> None:
    for name, story in STORIES.items():
        scene = lab.scene(story=name, **story.values)
        assert story.many in plain(lab.module.words(scene)[0])
        assert story.unit in lab.module.notes(scene)["tau1"]
        assert lab.module.headings(scene)["people"] == f"The {story.many}"
