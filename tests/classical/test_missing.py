"""Classical remedies for missing values: what they do to a table, and what that estimates."""

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import norm

from lmmlab.classical.missing import (
    complete_cases,
    last_observation_carried_forward,
    occasion_means,
)
from lmmlab.classical.wide import wide
from lmmlab.engine.design import LMMError
from lmmlab.study.missingness import Dropout, observed
from lmmlab.study.simulate import exact_moments

GAP = np.nan
PEOPLE, RHO, LOST = 200_000, 0.6, 0.3
REACH = norm.pdf(ndtri(LOST))  # mean of the 30 % who are lost, times .3: of a standard normal

TABLE = np.array([[1.0, 2.0, 4.0], [5.0, GAP, 6.0], [7.0, 3.0, GAP], [GAP, 8.0, GAP]])


def test_remedies_by_hand():
    kept = complete_cases(TABLE)
    np.testing.assert_array_equal(kept[0], TABLE[0])
    assert np.isnan(kept[1:]).all()
    filled = last_observation_carried_forward(TABLE)
    np.testing.assert_array_equal(filled, [[1, 2, 4], [5, 5, 6], [7, 3, 3], [GAP, 8, 8]])


def test_a_full_table_stays_as_it_is():
    full = np.arange(12.0).reshape(2, 2, 3)
    for remedy in (complete_cases, last_observation_carried_forward):
        np.testing.assert_array_equal(remedy(full), full)
        assert remedy(full) is not full


def test_many_studies_at_once():
    rng = np.random.default_rng(1)
    Y = np.where(rng.random((2, 3, 9, 4)) < 0.3, GAP, rng.standard_normal((2, 3, 9, 4)))
    for remedy in (complete_cases, last_observation_carried_forward):
        np.testing.assert_array_equal(remedy(Y)[1, 2], remedy(Y[1, 2]))
    for many, one in zip(occasion_means(Y), occasion_means(Y[1, 2]), strict=True):
        np.testing.assert_allclose(many[1, 2], one)


def test_means_are_of_those_who_are_there():
    ours = occasion_means(TABLE[:3])
    np.testing.assert_allclose(ours.mean, [13 / 3, 2.5, 5.0])
    assert ours.persons.tolist() == [3, 2, 2]
    own = TABLE[:3, 0]
    assert ours.se[0] == pytest.approx(own.std(ddof=1) / np.sqrt(3))
    large = occasion_means(TABLE[:3] + 1e8)
    np.testing.assert_allclose(large.se, ours.se, rtol=1e-6)


def test_wide_takes_rows_in_any_order_and_gaps_of_both_kinds():
    person, time = np.repeat([7, 30], 3), np.tile([0, 2, 10], 2)
    y = np.array([1.0, 2.0, GAP, 4.0, 5.0, 6.0])
    rows = [5, 0, 2, 3, 1]  # person 30 has no row at time 2, person 7 a missing value at 10
    expected = [[1, 2, GAP], [4, GAP, 6]]
    np.testing.assert_array_equal(wide(y[rows], person[rows], time[rows]), expected)
    np.testing.assert_array_equal(
        wide(np.stack([y, 2 * y])[:, rows], person[rows], time[rows]),
        [expected, 2 * np.array(expected)],
    )


# ---- ledger row 48: two visits, correlation .6, 30 % lost


def bias_of_completers(rule):
    """Leaving with the lowest value, for a standard normal of these, by the truncated normal."""
    share = {"coin": 0.0, "last value": RHO, "unseen value": 1.0}[rule]
    return share * REACH / (1 - LOST)


def bias_carried(rule):
    """E[y2; stays] + E[y1; leaves], of which only what leavers differ in from y1 to y2 remains."""
    y1, y2 = {"coin": (0, 0), "last value": (1, RHO), "unseen value": (RHO, 1)}[rule]
    return (y2 - y1) * REACH


@pytest.mark.parametrize(
    ("rule", "completers"), [("coin", 0.0), ("last value", 0.298), ("unseen value", 0.497)]
)
def test_bias_of_completers_and_of_carrying_forward(rule, completers):
    """The ledger lets the highest leave, so its biases are negative; sign by sign both are here."""
    assert bias_of_completers(rule) == pytest.approx(completers, abs=5e-4)
    z = exact_moments(np.random.default_rng(48).standard_normal((PEOPLE, 2)))
    y = (z @ np.linalg.cholesky([[1.0, RHO], [RHO, 1.0]]).T).ravel()
    codes = np.repeat(np.arange(PEOPLE), 2)
    coin = np.random.default_rng(3).standard_normal(2 * PEOPLE)
    for strength in (1.0, -1.0):  # the highest leave, the lowest leave
        seen = observed(Dropout(rule, LOST, strength), codes, y, coin)
        Y = np.where(seen, y, GAP).reshape(PEOPLE, 2)
        kept = occasion_means(complete_cases(Y))
        assert kept.persons.tolist() == [PEOPLE * 7 // 10] * 2
        assert abs(kept.mean[1] + strength * completers) < 3 * kept.se[1] + 5e-4
        assert abs(kept.mean[1] + strength * bias_of_completers(rule)) < 3 * kept.se[1]
        carried = occasion_means(last_observation_carried_forward(Y))
        assert abs(carried.mean[1] + strength * bias_carried(rule)) < 3 * carried.se[1]


def test_carrying_forward_is_off_even_if_a_coin_decides():
    """Leavers keep their first mean: of a change of 2 a share of .3 is not seen."""
    rng = np.random.default_rng(5)
    y = rng.standard_normal((4000, 20, 2))
    y[..., 1] += 2.0
    y[:, :6, 1] = GAP
    carried = occasion_means(last_observation_carried_forward(y)).mean[:, 1]
    error = carried.std() / np.sqrt(len(carried))
    assert abs(carried.mean() - 2.0 * (1 - LOST)) < 3 * error
    assert abs(occasion_means(y).mean[:, 1].mean() - 2.0) < 4 * error


# ---- bad input


@pytest.mark.parametrize("Y", [[1.0, 2.0], [[1.0], [2.0]], 3.0, []])
def test_refuses_what_is_no_table(Y):
    for function in (complete_cases, last_observation_carried_forward, occasion_means):
        with pytest.raises(LMMError, match=r"table of persons by occasions|at least one row"):
            function(Y)


def test_refuses_occasions_that_nobody_sees():
    with pytest.raises(LMMError, match="At occasion 2 fewer than two persons"):
        occasion_means([[1.0, 2.0], [3.0, GAP]])
    with pytest.raises(LMMError, match="At occasion 1 fewer than two"):
        occasion_means(complete_cases([[1.0, 2.0], [3.0, GAP]]))
    full = [[1.0, 2.0], [3.0, 6.0]]
    many = occasion_means([[[1.0, 2.0], [3.0, GAP]], full])
    np.testing.assert_array_equal(many.mean, [[2.0, GAP], [2.0, 4.0]])
    np.testing.assert_array_equal(many.se[1], occasion_means(full).se)


def test_refuses_two_values_in_one_place():
    with pytest.raises(LMMError, match="Person a has 2 rows at time = 3"):
        wide([1.0, 2.0, 4.0], ["a", "a", "b"], [3, 3, 4])
    with pytest.raises(LMMError, match="time must be a vector"):
        wide([1.0, 2.0], ["a", "b"], [3])
