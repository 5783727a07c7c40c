"""Rates: the arithmetic of sums, errors that are never zero, and what a reader is told."""

import numpy as np
import pytest
from scipy import stats

from lmmlab.study.rates import rates


def sums(estimates, hits, se=1.0, df=9.0, singular=0, target=0.0):
    off = np.asarray(estimates) - target
    n = len(off)
    return np.array([[n, hits, off.sum(), off @ off, n * se, n * df, singular]])


def test_means_and_spread():
    estimates = np.random.default_rng(1).normal(5, 2, 80)
    seen = rates(("A",), 0.9, np.array([4.0]), 100, sums(estimates, 70, 1.5, np.inf, 3, 4.0))
    assert seen.coverage == 70 / 80 and seen.failures == 20 and seen.singular == 3
    assert seen.estimate[0] == pytest.approx(estimates.mean())
    assert seen.sd[0] == pytest.approx(estimates.std(ddof=1))
    assert seen.se == 1.5 and seen.df == np.inf and seen.target == 4


@pytest.mark.parametrize("hits", [0, 3, 40, 80])
def test_the_error_of_a_rate(hits):
    [error] = rates(("A",), 0.95, np.zeros(1), 80, sums(np.zeros(80), hits)).error
    assert error == pytest.approx(stats.beta(hits + 0.5, 80 - hits + 0.5).std())
    assert error > 0
    if hits == 40:
        assert error == pytest.approx(np.sqrt(0.25 / 80), rel=0.02)


def test_nothing_known_yet():
    both = np.concatenate([sums([1.0], 1), sums([], 0)])
    seen = rates(("one", "none"), 0.95, np.zeros(2), 1, both)
    assert seen.estimate[0] == 1 and np.isnan(seen.sd).all()
    assert np.isnan([seen.coverage[1], seen.estimate[1], seen.se[1], seen.df[1]]).all()
    assert "undefined" in repr(seen.table)


def test_the_table():
    seen = rates(("A", "B"), 0.9, np.zeros(2), 100, np.tile(sums(np.ones(90), 80), (2, 1)))
    assert seen.table.rows == ("A", "B") and seen.table.columns[:2] == ("coverage", "error")
    assert seen.table.loc["A", "coverage"] == pytest.approx(8 / 9)
    assert "100 simulated studies; intervals of level 0.9. 10 of them" in seen.table.note
    whole = rates(("A",), 0.9, np.zeros(1), 90, sums(np.ones(90), 80))
    assert "left out" not in whole.table.note
