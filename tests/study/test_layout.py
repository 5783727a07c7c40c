"""Layouts: what is asked for is there exactly, and a control deforms what is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmlab.engine.design import LMMError
from lmmlab.study.layout import (
    Layout,
    condition,
    covariate,
    members,
    occasions,
    own_times,
    treatment,
    unequal,
)
from lmmlab.study.simulate import normals

seeds = st.integers(0, 1000)
some_sizes = st.lists(st.integers(1, 9), min_size=2, max_size=12)


def share_between(codes, x):
    mean = np.bincount(codes, x) / np.bincount(codes)
    return (mean[codes] ** 2).sum() / (x**2).sum()


@given(some_sizes, st.floats(0, 1), seeds)
def test_exact_share_of_x_between_groups(sizes, share, seed):
    codes = members([*sizes, 3])
    x = covariate(codes, share, seed, exact=True)
    assert x.mean() == pytest.approx(0, abs=1e-10)
    assert (x**2).mean() == pytest.approx(1)
    assert share_between(codes, x) == pytest.approx(share, abs=1e-10)


def test_wholly_within_and_wholly_between():
    codes = members([4, 2, 7])
    within = covariate(codes, 0.0, exact=True)
    np.testing.assert_allclose(np.bincount(codes, within), 0, atol=1e-12)
    between = covariate(codes, 1.0, exact=True)
    np.testing.assert_allclose(between, between[[0, 4, 6]][codes], atol=1e-12)
    # also by chance: nothing within is left at 1; at 0 means differ by chance alone
    between = covariate(codes, 1.0)
    np.testing.assert_array_equal(between, between[[0, 4, 6]][codes])


def test_the_share_in_the_population():
    codes = members([2] * 20_000)
    for share in (0.0, 0.3, 0.9):
        pairs = covariate(codes, share).reshape(-1, 2)
        assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(share, abs=0.03)
        assert pairs.std() == pytest.approx(1, abs=0.02)
        assert pairs.mean() == pytest.approx(0, abs=0.03)


@given(st.floats(0, 1), seeds)
def test_moving_the_share_deforms_the_same_x(share, seed):
    codes = members([3, 5, 4])
    low, high, x = (covariate(codes, s, seed) for s in (0.0, 1.0, share))
    np.testing.assert_allclose(x, np.sqrt(1 - share) * low + np.sqrt(share) * high)
    low, high, x = (covariate(codes, s, seed, exact=True) for s in (0.0, 1.0, share))
    np.testing.assert_allclose(x, np.sqrt(1 - share) * low + np.sqrt(share) * high, atol=1e-12)


@given(some_sizes, some_sizes, seeds)
def test_more_groups_and_more_rows_keep_the_old_ones(sizes, more, seed):
    few, many = members(sizes), members(sizes + more)
    n = len(few)
    np.testing.assert_array_equal(covariate(many, 0.4, seed)[:n], covariate(few, 0.4, seed))
    np.testing.assert_array_equal(own_times(many, 0, 9, seed)[:n], own_times(few, 0, 9, seed))
    np.testing.assert_array_equal(treatment(many)[:n], treatment(few))
    np.testing.assert_array_equal(unequal(12, 9, 4, seed)[:5], unequal(5, 9, 4, seed))
    longer = members(np.array(sizes) + 1)
    x, old = covariate(longer, 0.4, seed), covariate(few, 0.4, seed)
    for group in range(len(sizes)):
        np.testing.assert_array_equal(x[longer == group][:-1], old[few == group])
        assert set(own_times(few, 0, 9, seed)[few == group]) <= set(
            own_times(longer, 0, 9, seed)[longer == group]
        )


def test_draws_of_a_layout_are_not_those_of_the_people():
    codes = members([1] * 4000)
    people = normals(1, 4000, 3)
    drawn = [
        covariate(codes, 1.0, 1),
        covariate(codes, 0.0, 1),
        own_times(codes, 0, 1, 1),
        unequal(4000, 50, 10, 1),
    ]
    both = np.corrcoef(np.column_stack([*people.T, *drawn]).T)
    assert np.abs(both - np.eye(7)).max() < 5 / np.sqrt(4000)


def test_unequal_sizes():
    sizes = unequal(20_000, mean=12, spread=5)
    assert sizes.min() >= 1 and sizes.dtype == np.intp
    assert sizes.mean() == pytest.approx(12, abs=0.15)
    assert sizes.std() == pytest.approx(5, abs=0.15)
    calm, wild = unequal(50, 12, 2), unequal(50, 12, 6)
    assert (np.argsort(calm, kind="stable")[[0, -1]] == np.argsort(wild, kind="stable")[[0, -1]])[1]
    assert set(unequal(9, 12, 0)) == {12} and unequal(9, 1, 3).min() == 1


def test_times():
    codes = np.array([1, 0, 1, 0, 1])
    assert occasions(codes).tolist() == [0, 0, 1, 1, 2]
    assert occasions(codes, [0, 3, 12]).tolist() == [0, 0, 3, 3, 12]
    times = own_times(codes, 2, 5, seed=3)
    assert ((times > 2) & (times < 5)).all()
    for group in (0, 1):
        assert (np.diff(times[codes == group]) > 0).all()
    many = own_times(members([50] * 40), 0, 1)
    assert many.mean() == pytest.approx(0.5, abs=0.02)
    assert many.std() == pytest.approx(12**-0.5, abs=0.01)


def test_groups_and_trials():
    codes = members([3, 2, 2])
    assert codes.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert treatment(codes).tolist() == [0, 0, 0, 1, 1, 0, 0]
    assert condition(codes).tolist() == [0, 1, 0, 0, 1, 0, 1]


def test_the_table():
    codes = members([2, 1])
    study = Layout(codes, {"x": np.array([1.0, 2.0, 3.0])})
    assert study.groups == 2
    assert study.matrix(("x", "1")).tolist() == [[1, 1], [2, 1], [3, 1]]
    assert study.matrix(()).shape == (3, 0)
    kept = study.at(np.array([False, True, True]))
    assert kept.codes.tolist() == [0, 1] and kept.columns["x"].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Layout(np.array([0, 0]), {"x": np.ones(3)}), "column x has shape"),
        (lambda: Layout(np.array([0, 0]), {"x": np.array([1, np.nan])}), "x is nan in row 2"),
        (lambda: Layout(np.array([0, 2]), {}), "Every group from 0"),
        (lambda: Layout(np.array([-1, 0]), {}), "Every group from 0"),
        (lambda: Layout(np.array([0.5]), {}), "whole numbers"),
        (lambda: Layout(np.array([], dtype=int), {}), "whole numbers"),
        (
            lambda: Layout(np.array([0]), {"x": np.ones(1)}).matrix(["z"]),
            "no column 'z'; it has 1, x",
        ),
        (lambda: members([3, 0]), "whole numbers from 1 on"),
        (lambda: members([2.5]), "whole numbers from 1 on"),
        (lambda: members(3), "whole numbers from 1 on"),
        (lambda: unequal(0, 5, 1), "There are 0 groups"),
        (lambda: unequal(5, 0.5, 1), "0.5 rows on average"),
        (lambda: unequal(5, 5, -1), "spread of at least 0"),
        (lambda: occasions(members([3]), [0, 1]), "has 3 rows, and there are 2 common times"),
        (lambda: own_times(members([3]), 1, 1), "must be before"),
        (lambda: covariate(members([3]), 1.2), "between 0 and 1"),
        (lambda: covariate(members([3]), np.nan), "between 0 and 1"),
        (lambda: covariate(members([1, 1]), 0.5, exact=True), "vary within them"),
        (lambda: covariate(members([4]), 0.5, exact=True), "vary between them"),
        (lambda: covariate(members([4]), 0.5, seed=-1), "seed is -1"),
    ],
)
def test_what_cannot_be(make, says):
    with pytest.raises(LMMError, match=says):
        make()
