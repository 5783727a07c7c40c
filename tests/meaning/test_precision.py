"""What dependence does to a study, against variances written out with the dense V."""

import numpy as np
import pytest
from scipy import stats

from lmmlab.engine.design import LMMError
from lmmlab.meaning.precision import design_effect, effective_size, mean_variance, naive_size, power
from lmmlab.meaning.predictor import pair_icc
from lmmlab.meaning.variance import icc

TRIALS = [20] * 15 + [100] * 15
ERP = float(icc(4.0, 4.9))


def dense(sizes, tau, sigma):
    same = np.repeat(np.arange(len(sizes)), sizes)
    return tau**2 * (same[:, None] == same) + sigma**2 * np.eye(len(same)), same


def test_effective_size_of_the_lessons():
    """1,800 trials are worth 73, and no more than 75 however many there are."""
    assert design_effect(ERP, 60) == pytest.approx(24.6, abs=0.01)
    assert effective_size(ERP, [60] * 30) == pytest.approx(73, abs=0.5)
    assert effective_size(0.4, [1e9] * 30) == pytest.approx(75)
    assert effective_size(0.0, [60] * 30) == pytest.approx(1800)
    assert effective_size(1.0, [60] * 30) == pytest.approx(30)
    assert 1800 / design_effect(ERP, 60) == pytest.approx(effective_size(ERP, [60] * 30))


@pytest.mark.parametrize(
    ("sizes", "rho", "rows", "groups"),
    [(TRIALS, ERP, 1.41, 1.001), ([2, 30] * 10, 0.05, 1.04, 2.15)],
)
def test_weighting_rows_or_people(sizes, rho, rows, groups):
    """Ratios of variances to that of generalised least squares."""
    tau, sigma = np.sqrt(rho), np.sqrt(1 - rho)
    best = mean_variance(tau, sigma, sizes, "best")
    assert mean_variance(tau, sigma, sizes, "rows") / best == pytest.approx(rows, abs=5e-3)
    tolerance = 5e-4 if groups < 1.01 else 5e-3
    assert mean_variance(tau, sigma, sizes, "groups") / best == pytest.approx(groups, abs=tolerance)


def test_variances_of_means_from_the_dense_V():
    sizes = [1, 4, 9]
    V, codes = dense(sizes, 3.0, 5.0)
    one = np.ones(14)
    share = {
        "rows": one / 14,
        "groups": 1 / (3 * np.array(sizes)[codes]),
        "best": np.linalg.solve(V, one) / (one @ np.linalg.solve(V, one)),
    }
    for how, w in share.items():
        assert mean_variance(3.0, 5.0, sizes, how) == pytest.approx(w @ V @ w)
        assert effective_size(9 / 34, sizes, how) == pytest.approx(34 / (w @ V @ w))


def test_best_is_best_and_stands_between():
    tau = np.geomspace(1e-3, 1e3, 25)
    rows, groups, best = (
        mean_variance(tau, 5.0, TRIALS, how) for how in ("rows", "groups", "best")
    )
    assert (best <= rows * (1 + 1e-12)).all() and (best <= groups * (1 + 1e-12)).all()
    assert (best[0], best[-1]) == (pytest.approx(rows[0]), pytest.approx(groups[-1]))


@pytest.mark.parametrize("sizes", [[6] * 5, [1, 2, 5, 9, 12]])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_design_effect_of_a_slope_is_exact(sizes, share):
    """True over naive variance of the least-squares slope, balanced or not."""
    V, codes = dense(sizes, 2.0, 3.0)
    rng = np.random.default_rng(3)
    own = rng.standard_normal(len(codes))
    own -= (np.bincount(codes, own) / sizes)[codes]
    x = (1 - share) * own + share * rng.standard_normal(len(sizes))[codes]
    X = np.column_stack([np.ones(len(x)), x])
    bread = np.linalg.inv(X.T @ X)
    true = (bread @ X.T @ V @ X @ bread)[1, 1]
    effect = design_effect(4 / 13, sizes, pair_icc(x, codes))
    assert effect == pytest.approx(true / (13 * bread[1, 1]))


def test_too_cautious_within_groups():
    """What varies within groups only: 1 - ICC of the naive variance, an SE 1.29 times too wide."""
    effect = design_effect(0.4, 60, -1 / 59)
    assert effect == pytest.approx(0.6)
    assert 1 / np.sqrt(effect) == pytest.approx(1.29, abs=5e-3)
    shares = np.linspace(-1 / 59, 1, 50)
    assert (np.diff(design_effect(0.4, 60, shares)) > 0).all()
    assert design_effect(0.4, 60, 0.0) == 1.0
    assert design_effect(0.9, 1) == 1.0


def test_false_alarms():
    """Sizes of a 5% test that ignores groups."""
    effect = [design_effect(rho, n) for rho, n in [(0.05, 20), (0.05, 100), (0.40, 60), (0.1, 200)]]
    assert effect[-1] == pytest.approx(20.9)
    assert naive_size(effect) == pytest.approx([0.16, 0.42, 0.69, 0.67], abs=5e-3)
    villages = design_effect(icc(3.0, 15.0), 40)
    assert villages == pytest.approx(2.50, abs=5e-3)
    assert naive_size(villages) == pytest.approx(0.215, abs=5e-4)
    assert naive_size([0.0, 1.0, 1.0]) == pytest.approx([0.0, 0.05, 0.05])
    assert naive_size(1.0, 0.9) == pytest.approx(0.1)


def test_villages():
    """24 villages of 40, half of them treated: SE 1.561, not .987; power .69 on 22 df."""
    se = np.sqrt(2 * mean_variance(3.0, 15.0, [40] * 12))
    naive = np.sqrt(2 * (9 + 225) / 480)
    assert (se, naive) == (pytest.approx(1.561, abs=5e-4), pytest.approx(0.987, abs=5e-4))
    assert power(-4.0, se, 22) == pytest.approx(0.69, abs=5e-3)
    assert (se / naive) ** 2 == pytest.approx(design_effect(icc(3.0, 15.0), 40))


@pytest.mark.parametrize(
    ("effect", "tau1", "sigma", "times", "n", "se", "says"),
    [
        (0.25, 0.35, 2.2, np.arange(9), 50, 0.090, 0.78),
        (0.6, 0.8, 8.0, [0, 3, 6, 9, 12], 60, 0.212, 0.80),
        (0.04, 0.03, 0.15, np.arange(0, 22, 3), 10, 0.0139, 0.78),
    ],
    ids=["GAD-7", "HRQoL", "tumour"],
)
def test_power_of_the_trials(effect, tau1, sigma, times, n, se, says):
    """Treatment x time: SE^2 = 2 (tau1^2 + sigma^2 / SSt) / n."""
    spread = np.square(np.asarray(times) - np.mean(times)).sum()
    error = np.sqrt(2 * (tau1**2 + sigma**2 / spread) / n)
    assert error == pytest.approx(se, rel=5e-3)
    assert power(effect, error, 2 * n - 2) == pytest.approx(says, abs=0.011)


@pytest.mark.parametrize("df", [1, 4, 22, 300])
def test_power_against_scipy(df):
    ratio, t = np.linspace(-6, 6, 13), stats.t(df).isf(0.025)
    expected = stats.nct(df, np.abs(ratio)).sf(t) + stats.nct(df, np.abs(ratio)).cdf(-t)
    assert power(ratio, 1.0, df) == pytest.approx(expected, abs=1e-9)


def test_power_has_its_limits():
    assert power(0.0, 1.0, [3, 30, np.inf]) == pytest.approx(0.05)
    assert power(2.0, 1.0, 1e7) == pytest.approx(float(power(2.0, 1.0)), abs=1e-6)
    assert power(2.0, 1.0) == pytest.approx(
        stats.norm.sf(stats.norm.isf(0.025) - 2) + stats.norm.cdf(-stats.norm.isf(0.025) - 2)
    )
    assert power(100.0, 1.0, 5) == pytest.approx(1.0)
    assert power([[1.0], [2.0]], [1.0, 2.0, 3.0], 9).shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: design_effect(1.2, 5), "ICC lies between 0 and 1"),
        (lambda: design_effect(np.nan, 5), "ICC lies between 0 and 1"),
        (lambda: design_effect(0.2, []), "Sizes must be positive"),
        (lambda: design_effect(0.2, [3, 0]), "Sizes must be positive"),
        (lambda: design_effect(0.2, 5, -0.5), "cannot be below -1 / "),
        (lambda: effective_size(-0.1, [5, 5]), "ICC lies between 0 and 1"),
        (lambda: mean_variance(-1.0, 1.0, [5]), "tau is a standard deviation"),
        (lambda: mean_variance(0.0, 0.0, [5]), "both 0"),
        (lambda: mean_variance(1.0, 1.0, [5], "mean"), "weighting must be"),
        (lambda: naive_size(-1.0), "design effect is 0 or more"),
        (lambda: naive_size(2.0, 95), "confidence must lie between 0 and 1"),
        (lambda: power(1.0, 0.0), "standard error and df above 0"),
        (lambda: power(1.0, 1.0, 0), "standard error and df above 0"),
        (lambda: power(np.inf, 1.0), "finite effect"),
        (lambda: power(1.0, 1.0, 5, 1.0), "confidence must lie between 0 and 1"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(LMMError, match=says):
        call()


@pytest.mark.parametrize("df", [1, 2, 3, 10, 22, 100])
def test_power_far_out(df):
    away = np.linspace(0.0, 100.0, 4001)
    found = power(away, 1.0, df)
    assert (np.diff(found) >= -1e-9).all()
    assert found[-1] == pytest.approx(1.0, abs=1e-2 if df == 1 else 1e-9)
    assert ((found >= 0.0499) & (found <= 1.0 + 1e-9)).all()


def test_a_number_is_no_list_of_groups():
    with pytest.raises(LMMError, match="the rows of each group"):
        effective_size(0.4, 60)
