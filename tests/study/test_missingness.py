"""Who leaves: as many as was said, by the rule, for good; and what that does to estimates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmlab.engine.design import LMMError, grouped
from lmmlab.model.fit import fit
from lmmlab.study.batch import batch
from lmmlab.study.layout import Layout, members, occasions
from lmmlab.study.missingness import Dropout, observed
from lmmlab.study.simulate import normals, root, visits
from lmmlab.study.truth import Truth

RULES = ["coin", "last value", "unseen value", "own slope"]
rules = st.sampled_from(RULES)


@given(
    rules,
    st.lists(st.integers(1, 6), min_size=1, max_size=9),
    st.floats(0, 0.99),
    st.floats(-1, 1),
    st.integers(0, 99),
)
def test_who_leaves_does_not_come_back(rule, sizes, share, strength, seed):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(members(sizes))
    y, chance = rng.standard_normal((2, 3, len(codes)))
    slope = rng.standard_normal((3, len(sizes)))
    dropout = Dropout(rule, share, strength)
    seen = observed(dropout, codes, y, chance, slope)
    assert seen.shape == y.shape and seen.dtype == bool
    number = visits(codes)
    assert seen[:, number == 0].all()
    for person in range(len(sizes)):
        assert (np.diff(seen[:, codes == person].astype(int), axis=1) <= 0).all()
    for run in range(3):  # one study at a time gives the same
        alone = observed(dropout, codes, y[run], chance[run], slope[run])
        np.testing.assert_array_equal(alone, seen[run])


@given(rules, st.integers(2, 40), st.integers(2, 6), st.floats(0, 0.99), st.floats(-1, 1))
def test_the_share_is_met(rule, people, last, share, strength):
    drawn = normals(3, people, 2 * last + 1)
    codes = members([last] * people)
    y, chance = drawn[:, :last].ravel(), drawn[:, last:-1].ravel()
    seen = observed(Dropout(rule, share, strength), codes, y, chance, drawn[:, -1])
    left = seen.reshape(people, last).sum(0)
    assert left.tolist() == [round(people * (1 - share) ** (k / (last - 1))) for k in range(last)]


def test_who_it_is():
    codes, number = members([2] * 100), np.tile([0, 1], 100)
    drawn = normals(1, 100, 5)
    y, chance, slope = drawn[:, :2].ravel(), drawn[:, 2:4].ravel(), drawn[:, 4]
    second = number == 1
    looked_at = {
        "coin": chance[second],
        "last value": y[~second],
        "unseen value": y[second],
        "own slope": slope,
    }
    for rule, values in looked_at.items():
        gone = ~observed(Dropout(rule, 0.3), codes, y, chance, slope)[second]
        assert set(np.flatnonzero(gone)) == set(np.argsort(values)[70:])
        if rule != "coin":
            low = ~observed(Dropout(rule, 0.3, -1.0), codes, y, chance, slope)[second]
            assert set(np.flatnonzero(low)) == set(np.argsort(values)[:30])
        by_chance = ~observed(Dropout(rule, 0.3, 0.0), codes, y, chance, slope)[second]
        assert set(np.flatnonzero(by_chance)) == set(np.argsort(chance[second])[70:])


def test_strength_is_a_correlation():
    codes = members([2] * 20_000)
    y, chance = normals(1, 20_000, 4).reshape(-1, 2, 2).transpose(1, 0, 2)
    # half of the people leave: P(gone given v) = Phi(r v / sqrt(1 - r^2)), so E(v, gone) = r phi(0)
    gone = ~observed(Dropout("last value", 0.5, 0.6), codes, y.ravel(), chance.ravel())[1::2]
    looked_at = y[:, 0]
    assert looked_at[gone].mean() == pytest.approx(0.6 * np.sqrt(2 / np.pi), abs=0.03)


def test_a_slider_moves_few_people():
    drawn = normals(1, 200, 6)
    codes, y, chance = members([3] * 200), drawn[:, :3].ravel(), drawn[:, 3:].ravel()
    seen = observed(Dropout("unseen value", 0.3, 0.50), codes, y, chance)
    near = observed(Dropout("unseen value", 0.3, 0.51), codes, y, chance)
    assert (seen != near).sum() <= 8
    more = observed(Dropout("coin", 0.31), codes, y, chance)
    assert (observed(Dropout("coin", 0.3), codes, y, chance) >= more).all()


def test_last_value_looks_at_nothing_unseen():
    # Missing at random, in this very data set: other values where nobody looked change nothing.
    drawn = normals(5, 60, 8)
    codes, y, chance = members([4] * 60), drawn[:, :4].ravel(), drawn[:, 4:].ravel()
    rule = Dropout("last value", 0.6, 0.8)
    seen = observed(rule, codes, y, chance)
    other = np.where(seen, y, -7 * y + 3)
    np.testing.assert_array_equal(observed(rule, codes, other, chance), seen)
    other = observed(Dropout("unseen value", 0.6, 0.8), codes, np.where(seen, y, -y), chance)
    assert (other != seen).any()


# Ledger row 48: two visits with correlation .6, 30 % of the people lost; the high leave.
STUDIES, PEOPLE = 60, 2000


def two_visits(rule):
    """Bias at visit 2 of the mean of those who are left, and of ML with an unstructured V."""
    codes = members([2] * PEOPLE)
    rng = np.random.default_rng(48)
    u, (e, chance) = (
        rng.standard_normal((STUDIES, PEOPLE, 1)),
        rng.standard_normal((2, STUDIES, 2 * PEOPLE)),
    )
    dropout = Dropout(rule, 0.3)
    truth = Truth({}, ("1",), root([np.sqrt(0.6)]), np.sqrt(0.4), dropout=dropout)
    layout = Layout(codes, {})
    y = truth.responses(layout, u, e)
    seen = truth.observed(layout, y, u, chance)
    return y.reshape(STUDIES, PEOPLE, 2), seen.reshape(STUDIES, PEOPLE, 2)


def near(estimates, expected):
    error = estimates.std(ddof=1) / np.sqrt(len(estimates))
    assert error < 0.01
    assert abs(estimates.mean() - expected) < 3 * error


@pytest.mark.parametrize(
    ("rule", "completers", "likelihood"),
    [("coin", 0.0, 0.0), ("last value", -0.298, 0.0), ("unseen value", -0.497, -0.389)],
)
def test_ledger_48_bias_of_completers_and_of_ml(rule, completers, likelihood):
    y, seen = two_visits(rule)
    stay = seen[..., 1]
    assert (stay.sum(1) == 0.7 * PEOPLE).all()
    first, second = np.where(stay, y[..., 0], 0.0), np.where(stay, y[..., 1], 0.0)
    m1, m2 = first.sum(1) / stay.sum(1), second.sum(1) / stay.sum(1)
    near(m2, completers)
    # ML of two normal visits, the second sometimes missing (Anderson 1957): regression on the first
    slope = ((first * second).sum(1) / stay.sum(1) - m1 * m2) / (
        (first**2).sum(1) / stay.sum(1) - m1**2
    )
    near(m2 + slope * (y[..., 0].mean(1) - m1), likelihood)


@pytest.mark.parametrize(
    ("rule", "biased"), [("coin", False), ("last value", False), ("unseen value", True)]
)
def test_ledger_48_the_mixed_model(rule, biased):
    y, seen = two_visits(rule)
    codes, visit = members([2] * PEOPLE), np.tile([0.0, 1.0], PEOPLE)
    estimates = []
    for run in range(12):
        rows = seen[run].ravel()
        X = np.column_stack([1.0 - visit, visit])[rows]
        design = grouped(y[run].ravel()[rows], X, np.ones((rows.sum(), 1)), codes[rows])
        estimates.append(fit(design, reml=False).beta[1])
    estimates = np.array(estimates)
    if biased:
        assert estimates.mean() < -0.3
    else:
        near(estimates, 0.0)


def test_ledger_57_a_floor_makes_a_correlation():
    # GAD-7 in weeks 0 to 8 with rho = 0; a questionnaire shows nothing below 0.
    people = 4000
    codes = members([9] * people)
    layout = Layout(codes, {"week": occasions(codes)})
    rng = np.random.default_rng(57)
    u, e = rng.standard_normal((1, people, 2)), rng.standard_normal((1, 9 * people))
    columns = layout.matrix(("1", "week"))

    def estimate(start, change, floor):
        beta = {"1": start, "week": change}
        truth = Truth(beta, ("1", "week"), root([3.0, 0.35]), 2.2, floor=floor)
        y = truth.responses(layout, u, e)
        fits = batch(grouped(y[0], columns, columns, codes), y)
        [G], [(_, slope)] = fits.G, fits.beta
        # the questionnaire counts in whole points: below one half it says 0
        return G[0, 1] / np.sqrt(G[0, 0] * G[1, 1]), np.sqrt(G[1, 1]), slope, (y < 0.5).mean()

    rho, slope_sd, slope, at_floor = estimate(10, -0.9, -np.inf)
    assert rho == pytest.approx(0, abs=0.06)
    floored, floored_sd, floored_slope, at_floor = estimate(10, -0.9, 0.0)
    assert at_floor == pytest.approx(0.11, abs=0.01)
    assert floored == pytest.approx(-0.3, abs=0.05)
    assert floored_sd < slope_sd and floored_slope > slope
    # the default scenario shows next to nothing: 1 % at the floor
    floored, *_, at_floor = estimate(14, -0.7, 0.0)
    assert at_floor == pytest.approx(0.01, abs=0.002)
    assert floored == pytest.approx(rho, abs=0.08)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Dropout("sick", 0.3), "no rule 'sick'. Choose one of coin, last value"),
        (lambda: Dropout("coin", 1.0), "leave is 1. Take one from 0 to below 1"),
        (lambda: Dropout("coin", np.nan), "leave is nan"),
        (lambda: Dropout("last value", 0.3, 1.5), "strength of the rule is 1.5"),
        (
            lambda: observed(Dropout("own slope", 0.3), members([2, 2]), np.ones(4), np.ones(4)),
            "without random slopes",
        ),
    ],
)
def test_what_cannot_be(make, says):
    with pytest.raises(LMMError, match=says):
        make()


def test_the_slope_is_the_effect_that_is_not_the_intercept():
    from lmmlab.study.layout import Layout, members, occasions
    from lmmlab.study.truth import Truth

    codes = members([3] * 6)
    layout, u = Layout(codes, {"day": occasions(codes)}), np.zeros((6, 2))
    u[:, 0], u[:, 1] = [5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5]
    kept = {}
    for random in (("1", "day"), ("day", "1")):
        truth = Truth({"1": 0.0}, random, np.eye(2), 1.0, dropout=Dropout("own slope", 0.5))
        seen = truth.observed(layout, np.zeros(18), u, np.zeros(18))
        kept[random] = seen[2::3].tolist()
    assert kept["1", "day"] == [True] * 3 + [False] * 3
    assert kept["day", "1"] == [False] * 3 + [True] * 3
    alone = Truth({"1": 0.0}, ("day",), np.eye(1), 1.0, dropout=Dropout("own slope", 0.5))
    assert alone.observed(layout, np.zeros(18), u[:, 1:], np.zeros(18))[2::3].sum() == 3
