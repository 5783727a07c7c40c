"""Sphericity: epsilon, Mauchly's test, and what its absence does to F."""

import numpy as np
import pytest

from lmmlab.classical.rm_anova import rm_anova
from lmmlab.classical.sphericity import epsilon, mauchly
from lmmlab.engine.design import LMMError
from lmmlab.study.simulate import root

SLEEP = (24.741, 5.922, 0.066, 25.592)  # tau0, tau1, rho, sigma of the REML fit


def implied(times, tau0, tau1, rho, sigma):
    Z = np.column_stack([np.ones(len(times)), times])
    T = Z @ root([tau0, tau1], rho)
    return T @ T.T + sigma**2 * np.eye(len(times))


def ar1(cells, rho):
    return rho ** np.abs(np.subtract.outer(np.arange(cells), np.arange(cells)))


@pytest.mark.parametrize(
    ("V", "expected"),
    [
        (9.0 + 4.0 * np.eye(6), 1.0),
        (ar1(4, 0.5), 0.859),
        (ar1(5, 0.7), 0.689),
        (ar1(5, 0.9), 0.577),
        (ar1(8, 0.7), 0.549),
        (implied(np.arange(7), 12, 1.2, -0.6, 8), 0.957),
        (implied(np.arange(0, 13, 3), 15, 0.8, -0.2, 8), 0.908),
        (implied(np.arange(9), 3, 0.35, -0.4, 2.2), 0.849),
        (implied(np.arange(10), *SLEEP), 0.536),
        (implied(np.arange(0, 22, 3), 0.35, 0.03, 0.2, 0.15), 0.263),
    ],
    ids=["CS", "AR4", "AR5", "AR5.9", "AR8", "BP", "HRQoL", "GAD-7", "sleepstudy", "tumour"],
)
def test_epsilon_of_the_ledger(V, expected):
    assert epsilon(V) == pytest.approx(expected, abs=5e-4 + 1e-12)


def test_epsilon_limits_and_bases():
    V = ar1(5, 0.7)
    steps = np.eye(5)[:, 1:] - np.eye(5)[:, :-1]
    assert epsilon(V, steps) == pytest.approx(epsilon(V))  # any basis of the differences
    assert epsilon(1e6 * V + 7.0) == pytest.approx(epsilon(V))
    assert epsilon(V[1:, 1:], np.array([1.0, 0, 0, -1])[:, None]) == pytest.approx(1.0)
    line = np.outer(np.arange(5), np.arange(5)).astype(float)
    assert epsilon(line) == pytest.approx(1 / 4)  # one direction varies: the least there is
    both = epsilon(np.stack([V, line]))
    np.testing.assert_allclose(both, [epsilon(V), 0.25])


def test_equal_variances_of_differences_are_enough():
    """Sphericity is more than compound symmetry (Huynh & Feldt 1970)."""
    a = np.array([1.0, -2.0, 0.5, 3.0])
    V = a[:, None] + a + 12.0 + 4.0 * np.eye(4)
    assert np.ptp(V[np.triu_indices(4, 1)]) > 1
    assert epsilon(V) == pytest.approx(1.0)


def test_mauchly_limits():
    W, p = mauchly(np.stack([3.0 * np.eye(3), np.diag([1.0, 1.0, 0.0])]), 10, 4)
    assert W == pytest.approx([1.0, 0.0]) and p == pytest.approx([1.0, 0.0])
    assert np.isnan(mauchly(np.eye(3), 2, 4)).all()


def test_mauchly_is_uniform_under_sphericity():
    Y = 5.0 * np.random.default_rng(3).standard_normal((4000, 15 * 4))
    person, cell = np.repeat(np.arange(15), 4), np.tile(np.arange(4), 15)
    p = rm_anova(Y, person, {"cell": cell}).W_p[:, 0]
    for level in (0.05, 0.3, 0.7):
        assert abs((p < level).mean() - level) < 3 * np.sqrt(level * (1 - level) / 4000)


def test_size_of_the_uncorrected_test():
    """Ledger row 50, 18 people and 10 days: right under compound symmetry, too large otherwise."""
    m, person, day = 4000, np.repeat(np.arange(18), 10), {"day": np.tile(np.arange(10), 18)}
    e = np.random.default_rng(50).standard_normal((m, 18, 10))
    sleep_like = implied(np.arange(10), *SLEEP)
    alike = 24.7**2 + 25.6**2 * np.eye(10)
    for V, expected in (alike, 0.05), (sleep_like, 0.087):
        anova = rm_anova((e @ np.linalg.cholesky(V).T).reshape(m, -1), person, day)
        error = np.sqrt(expected * (1 - expected) / m)
        assert abs((anova.p < 0.05).mean() - expected) < 3 * error
        assert (anova.gg_p < 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / m)


@pytest.mark.parametrize("unit", [1e80, 1e-80])
def test_units_far_away(sleep, unit):
    y, person, within = sleep
    ours, other = rm_anova(y, person, within), rm_anova(unit * y, person, within)
    for name in ("F", "p", "gg", "gg_p", "hf", "hf_p", "W", "W_p"):
        assert getattr(other, name) == pytest.approx(getattr(ours, name), rel=1e-6)
    assert epsilon(1e-170 * ar1(5, 0.7)) == pytest.approx(epsilon(ar1(5, 0.7)))


def test_few_persons_are_told_what_is_undefined(sleep):
    y, person, within = sleep
    few = np.isin(person, ["308", "309", "310", "330", "331"])
    anova = rm_anova(y[few], person[few], {"Days": within["Days"][few]})
    assert np.isnan(anova.W).all() and "Mauchly's test is undefined" in anova.sphericity.note
    assert anova.sphericity.loc["Days", "Mauchly p"] == "undefined"
    assert 1 / 9 < anova.gg.item() < 4 / 9 and anova.gg.item() < anova.hf.item()
    two = np.isin(person, ["308", "309"])
    anova = rm_anova(y[two], person[two], {"Days": within["Days"][two]})
    assert anova.gg.item() == pytest.approx(1 / 9)
    assert np.isnan(anova.hf).all() and "HF epsilon is undefined" in anova.sphericity.note


@pytest.mark.parametrize(
    ("V", "M", "words"),
    [
        (np.ones((3, 3)), None, "No difference"),
        (np.ones((2, 3)), None, "square"),
        ([[1.0]], None, "at least two"),
        ([[1.0, np.nan], [np.nan, 1.0]], None, "finite"),
        ([[1.0, 2.0], [2.0, 1.0]], None, "negative eigenvalues"),
        ([[1.0, 0.5], [0.2, 1.0]], None, "symmetric"),
        (np.eye(3), np.eye(2), "M must have a row for each of the 3"),
        (np.eye(3), np.ones((3, 2)), "do not depend"),
    ],
)
def test_epsilon_refuses(V, M, words):
    with pytest.raises(LMMError, match=words):
        epsilon(V, M)
