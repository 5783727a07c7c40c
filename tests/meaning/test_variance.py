"""Shares of variance and correlations, against the values of the lessons."""

import numpy as np
import pytest

from lmmlab.data import arrays
from lmmlab.engine.design import LMMError
from lmmlab.meaning.variance import anova_icc, expected_errors, icc, reliability, repeated, shares


def test_icc_is_a_share_and_a_correlation():
    """Trials of an ERP study, ICC .40; blood pressure, .69; villages, .038."""
    assert icc(4.0, 4.9) == pytest.approx(0.40, abs=5e-4)
    assert icc([12.0, 3.0], [8.0, 15.0]) == pytest.approx([0.692, 0.0385], abs=5e-4)
    rng = np.random.default_rng(1)
    b, e = rng.standard_normal(20000), rng.standard_normal((20000, 2))
    pair = 4.0 * b[:, None] + 4.9 * e
    assert np.corrcoef(pair.T)[0, 1] == pytest.approx(float(icc(4.0, 4.9)), abs=3 * 0.006)


def test_icc_takes_the_limits():
    assert icc(0.0, 1.0) == 0.0
    assert icc(1.0, 0.0) == 1.0
    assert icc(np.array([[1.0], [2.0]]), np.array([1.0, 2.0, 3.0])).shape == (2, 3)


def test_shares_of_three_levels():
    """Reading: class, child, wave; and patient, lab, batch, noise of an omics study."""
    school = shares([8.0, 20.0, 8.0])
    assert school.cumsum() == pytest.approx([0.121, 0.879, 1.0], abs=5e-4)
    assert shares([1.0, 0.5, 0.4, 0.6]) == pytest.approx([0.565, 0.141, 0.090, 0.203], abs=5e-4)
    assert shares(np.ones((3, 2, 4))).shape == (3, 2, 4)


def test_anova_estimate_of_dyestuff():
    """MSB and MSW as published; REML gives 1764.05 and 2451.25."""
    assert anova_icc(11271.5, 2451.25, 5) == pytest.approx(1764.05 / (1764.05 + 2451.25), abs=1e-6)


def test_anova_estimate_from_data_may_be_negative():
    y = arrays("dyestuff2")["Yield"].reshape(6, 5)
    between, within = 5 * y.mean(1).var(ddof=1), y.var(axis=1, ddof=1).mean()
    assert (between, within) == (pytest.approx(8.336, abs=1e-3), pytest.approx(14.946, abs=1e-3))
    assert -1 / 4 < anova_icc(between, within, 5) < 0
    assert anova_icc(0.0, 1.0, 5) == pytest.approx(-1 / 4)


def test_weight_of_a_persons_own_data():
    one = np.ones(1)

    def weight(tau, sigma, n):
        return reliability(np.array([[tau**2]]), sigma, one, np.array(n, dtype=float))

    assert weight(4.0, 4.9, [60, 5]) == pytest.approx([0.976, 0.769], abs=5e-4)
    assert weight(6.0, 8.0, [1, 5, 20]) == pytest.approx([0.36, 0.738, 0.918], abs=5e-4)


def test_errors_over_repeated_studies_average_to_errors_over_people():
    """E over b ~ N(0, G) of bias^2 + sd^2 is the mean squared error of the BLUP."""
    Z = np.column_stack([np.ones(5), np.arange(5.0)])
    G, sigma = np.array([[9.0, -1.0], [-1.0, 0.5]]), 2.0
    own, pulled = expected_errors(Z, G, sigma)
    for c in np.eye(2):
        total = 0.0
        for axis in np.linalg.cholesky(G).T:  # sum over axes = expectation over b
            total += repeated(Z, G, sigma, axis, c).bias ** 2
        each = repeated(Z, G, sigma, np.zeros(2), c)
        assert total + each.sd**2 == pytest.approx(c @ pulled @ c)
        assert each.own_sd**2 == pytest.approx(c @ own @ c)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: icc(-1.0, 1.0), "tau is a standard deviation"),
        (lambda: icc(1.0, np.nan), "sigma is a standard deviation"),
        (lambda: icc([1.0, 0.0], 0.0), "All standard deviations are 0"),
        (lambda: shares([1.0, -1.0]), "sd is a standard deviation"),
        (lambda: anova_icc(1.0, 1.0, 1), "at least two rows"),
        (lambda: anova_icc(-1.0, 1.0, 5), "mean squares from 0 on"),
        (lambda: anova_icc(0.0, 0.0, 5), "not both 0"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(LMMError, match=says):
        call()


def test_nothing_is_hidden_as_zero():
    assert np.isnan(reliability(np.eye(1), np.nan, np.ones(1), np.array([2.0])))[0]
    with pytest.raises(LMMError, match="one visit does not make a line"):
        repeated(np.array([[1.0, 0.0]]), np.eye(2), 1.0, np.ones(2), np.array([0.0, 1.0]))
    with pytest.raises(LMMError, match="one visit does not make a line"):
        expected_errors(np.ones((3, 2)), np.eye(2), 1.0)


def test_reliability_of_a_combination_uses_the_covariances():
    G, c, precision = np.array([[4.0, -1.5], [-1.5, 1.0]]), np.array([1.0, 2.0]), np.array([3.0])
    true = 4.0 - 2.0 * 2.0 * 1.5 + 4.0
    assert reliability(G, 2.0, c, precision)[0] == pytest.approx(true / (true + 4.0 / 3.0))
    assert reliability(np.zeros((1, 1)), 0.0, np.ones(1), np.zeros(1))[0] == 0.0
