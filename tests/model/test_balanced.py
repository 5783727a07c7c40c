"""The closed form: which designs have it, and that it is the best that an optimiser can find."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import fdtr

from lmmlab.engine.covariance import placed
from lmmlab.engine.crossproducts import condition
from lmmlab.engine.design import Design, grouped
from lmmlab.engine.newton import minima
from lmmlab.engine.solve import solve
from lmmlab.model.balanced import balance
from lmmlab.model.closed import closed_theta, estimate, halves
from lmmlab.model.fit import fit
from lmmlab.study.batch import batch

PEOPLE, ROWS = 12, 5
CODES = np.repeat(np.arange(PEOPLE), ROWS)
TIME = np.tile(np.arange(ROWS, dtype=float), PEOPLE)
ONE = np.ones_like(TIME)
TREAT = (CODES < 6).astype(float)
FEW = (CODES < 3).astype(float)  # an arm of three against one of nine
AGE = np.array([31.0, 45, 28, 60, 52, 39, 41, 33, 57, 48, 36, 29])[CODES]
NOISE = np.random.default_rng(7).standard_normal(len(TIME))
WITHIN = NOISE - (np.bincount(CODES, NOISE) / ROWS)[CODES]
OWN_TIME = TIME + 0.3 * NOISE
ORDER = np.concatenate([np.random.default_rng(j).permutation(ROWS) for j in range(PEOPLE)]) * 1.0
TURNED = (TIME - 2.0) * np.where(TREAT > 0, 1.0, -1.0)
YEAR = TIME + 2017.0
CENTRED = TIME - 2.0


def design(X, Z, **options):
    X = np.column_stack(X) if X else np.empty((len(TIME), 0))
    return grouped(np.zeros(len(TIME)), X, np.column_stack(Z), CODES, **options)


CLOSED = {
    "one-way anova": design([ONE], [ONE]),
    "random intercept, time within": design([ONE, TIME], [ONE]),
    "random slope": design([ONE, TIME], [ONE, TIME]),
    "random slope alone": design([ONE, TIME], [TIME]),
    "three random columns": design([ONE, TIME, TIME**2], [ONE, TIME, TIME**2]),
    "quadratic mean, linear people": design([ONE, TIME, TIME**2], [ONE, TIME]),
    "treatment x time": design([ONE, TREAT, TIME, TREAT * TIME], [ONE, TIME]),
    "unequal arms x time": design([ONE, FEW, TIME, FEW * TIME], [ONE, TIME]),
    "unequal arms, random intercept": design([ONE, FEW, TIME], [ONE]),
    "covariate constant within person": design([ONE, AGE, TIME], [ONE]),
    "covariate varies only within": design([ONE, WITHIN], [ONE]),
    "own order of the same conditions": design([ONE, ORDER], [ONE, ORDER]),
    "no fixed effects": design([], [ONE, TIME]),
    "calendar years": design([ONE, TREAT, YEAR, TREAT * YEAR], [ONE, YEAR]),
    "equal weights": design([ONE, TIME], [ONE, TIME], weights=2.5 * ONE),
    "no covariance, centred time": design([ONE, CENTRED], [ONE, CENTRED], blocks=(1, 1)),
    "no covariance, centred, + treat": design([ONE, TREAT, TIME], [ONE, CENTRED], blocks=(1, 1)),
}
GENERAL = {
    "treat + time": design([ONE, TREAT, TIME], [ONE, TIME]),
    "covariate and slopes": design([ONE, AGE, TIME], [ONE, TIME]),
    "covariate within and between": design([ONE, NOISE], [ONE]),
    "own times": design([ONE, OWN_TIME], [ONE, OWN_TIME]),
    "own times in the mean": design([ONE, OWN_TIME], [ONE, TIME]),
    "same Z'Z, turned times": design([ONE, CENTRED], [ONE, TURNED]),
    "two meanings of time": design([ONE, TIME], [ONE, TIME - (TREAT * 3)]),
    "unequal weights": design([ONE, TIME], [ONE, TIME], weights=1.0 + TREAT),
    "one row missing": grouped(
        np.zeros(59),
        np.column_stack([ONE, TIME])[1:],
        np.column_stack([ONE, TIME])[1:],
        CODES[1:],
    ),
}


def response(made: Design, rng, between: float = 1.0, rank: int = 9):
    """A response with random effects of sd about `between` in at most `rank` directions."""
    term = made.terms[0]
    q, spread = term.Z.shape[1], np.abs(term.Z - term.Z.mean(0) + 1.0).mean(0)
    root = rng.standard_normal((q, min(q, rank))) / spread[:, None]
    b = between * rng.standard_normal((len(term.levels), root.shape[1])) @ root.T
    noise = rng.standard_normal(len(made.y))
    if made.weights is not None:
        noise /= np.sqrt(made.weights)
    return (term.Z * b[term.codes]).sum(1) + noise


@pytest.mark.parametrize("kind", CLOSED)
@pytest.mark.parametrize("reml", [True, False])
def test_designs_with_the_closed_form(kind, reml):
    made = CLOSED[kind]
    assert balance(made) is not None
    made = replace(made, y=response(made, np.random.default_rng(3)))
    found, searched = fit(made, reml), fit(made, reml, closed=False)
    assert (found.source, searched.source) == ("closed form", "search")
    assert found.converged
    assert found.deviance == pytest.approx(searched.deviance, rel=1e-9)
    np.testing.assert_allclose(found.theta, searched.theta, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", GENERAL)
def test_designs_without_it(kind):
    assert balance(GENERAL[kind]) is None


@pytest.mark.parametrize(
    "kind",
    [
        "treat + time",
        "covariate and slopes",
        "covariate within and between",
        "same Z'Z, turned times",
        "two meanings of time",
    ],
)
def test_what_is_refused_has_no_closed_form(kind):
    # The closed form needs that least squares is right for every G. In these it is not, so the
    # refusal is no false alarm.
    made = GENERAL[kind]
    y = response(made, np.random.default_rng(5), between=2.0)
    least_squares = np.linalg.lstsq(made.X, y, rcond=None)[0]
    assert np.abs(fit(replace(made, y=y)).beta - least_squares).max() > 1e-4


@pytest.mark.parametrize("kind", ["random slope", "treatment x time", "calendar years"])
def test_what_is_accepted_has_least_squares_for_every_theta(kind):
    made = CLOSED[kind]
    made = replace(made, y=response(made, np.random.default_rng(5)))
    model = fit(made)
    least_squares = np.linalg.lstsq(made.X, made.y, rcond=None)[0]
    for theta in ([0.3, 0.0, 2.0], [5.0, -1.0, 0.1]):
        np.testing.assert_allclose(made.X @ model.at(theta).beta, made.X @ least_squares, atol=1e-8)


def test_covariance_that_is_left_out_needs_a_diagonal():
    assert balance(design([ONE, TIME], [ONE, TIME], blocks=(1, 1))) is None
    assert balance(design([ONE, CENTRED], [ONE, CENTRED], blocks=(1, 1))) is not None


def test_blocks_of_several_sizes():
    rest = CENTRED**2 - 2.0  # orthogonal to the constant and to centred time
    made = design([ONE, CENTRED, rest], [ONE, rest, CENTRED], blocks=(2, 1))
    rng = np.random.default_rng(2)
    for between in (0.2, 0.6):
        made = replace(made, y=response(made, rng, between))
        found, searched = fit(made), fit(made, closed=False)
        assert found.source == "closed form"
        assert len(found.theta) == 4
        assert found.deviance == pytest.approx(searched.deviance, rel=1e-9)


def test_degrees_of_freedom_run_out():
    # Four people in two arms with a covariate each: nothing is left between people under REML.
    first = CODES < 4
    X = np.column_stack([ONE, TREAT, AGE, AGE**2])[first]
    X[:, 1] = CODES[first] % 2
    y = response(CLOSED["one-way anova"], np.random.default_rng(1))[first]
    made = grouped(y, X, ONE[first, None], CODES[first])
    assert balance(made) is not None
    assert closed_theta(made, reml=True) is None
    assert closed_theta(made, reml=False) is not None
    as_many = grouped(y, X[:, :1], np.vander(TIME, 5)[first], CODES[first])
    assert balance(as_many) is None  # five rows and five random effects


def test_perfect_fits_and_dependent_columns_are_left_to_the_general_path():
    made = CLOSED["random slope"]
    lines = AGE + 0.1 * AGE * TIME
    assert closed_theta(replace(made, y=lines)) is None
    assert closed_theta(replace(made, y=7.0 * ONE)) is None
    assert balance(design([ONE, TIME, 2 * TIME + 1], [ONE])) is None
    assert balance(design([ONE], [ONE, ONE])) is None


# Small sets in which zero variances and correlations of one are common.
KINDS = (
    "one-way anova",
    "random slope",
    "treatment x time",
    "three random columns",
    "no covariance, centred, + treat",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reml", [True, False])
def test_never_worse_than_the_optimiser(kind, reml):
    made, rng = CLOSED[kind], np.random.default_rng(11)
    Y = np.array([response(made, rng, b, rank=1) for b in np.repeat([0.0, 0.15, 0.5], 60)])
    found = batch(made, Y, reml)
    cross = condition(made, Y)
    Lambda = placed(minima(cross, reml), cross.blocks)
    searched = solve(cross, cross.S @ Lambda, reml).criterion()
    alone = np.array([fit(replace(made, y=y), reml).deviance for y in Y[::4]])
    assert (found.deviance - searched).max() < 1e-7
    assert np.median(searched - found.deviance) < 1e-7
    np.testing.assert_allclose(found.deviance[::4], alone, atol=1e-8)
    assert 0.1 < found.singular.mean() < 1.0  # the boundary was visited, and the inside


def test_pooling_goes_step_by_step():
    # Mean squares 0.5 and 0.98 between, 1 within: the first joins, and 0.75 is left for the second.
    made = balance(CLOSED["random slope"])
    within, between = made.df(reml=True)
    assert (within, between.tolist()) == (36, [11, 11])
    squares = np.array([0.5, 0.98])
    sigma2, variances, _ = estimate(
        made, np.array([36.0]), np.diag(squares * between)[None], reml=True
    )
    pooled = (36.0 + 5.5) / 47.0
    assert sigma2[0] == pytest.approx(pooled)
    np.testing.assert_allclose(variances[0], [0.0, 0.98 - pooled])
    assert variances[0, 0] == 0.0


def test_sums_of_squares_add_up():
    made = CLOSED["treatment x time"]
    rng = np.random.default_rng(4)
    Y = rng.standard_normal((3, len(TIME)))
    ols, within, between = halves(balance(made), Y)
    hat = made.X @ np.linalg.pinv(made.X)
    left = Y - Y @ hat
    np.testing.assert_allclose(within + np.trace(between, axis1=1, axis2=2), (left**2).sum(1))
    np.testing.assert_allclose((ols**2).sum(1), ((Y @ hat) ** 2).sum(1))


def test_order_and_names_of_groups_do_not_matter():
    made = CLOSED["treatment x time"]
    made = replace(made, y=response(made, np.random.default_rng(8)))
    mixed = np.random.default_rng(9).permutation(len(TIME))
    other = grouped(
        made.y[mixed], made.X[mixed], made.terms[0].Z[mixed], (CODES[mixed] * 7 + 3) % 12
    )
    np.testing.assert_allclose(closed_theta(other), closed_theta(made), rtol=1e-12)


def test_years_and_millions_lose_no_digits():
    plain, years = CLOSED["treatment x time"], CLOSED["calendar years"]
    rng = np.random.default_rng(6)
    for rank in (1, 2):
        y = response(plain, rng, rank=rank)
        a, b = fit(replace(plain, y=y)), fit(replace(years, y=y + 1e6 + 500.0 * YEAR))
        assert b.source == "closed form"
        # REML's log|X'X| is that of either parameterisation: the shift of the origin leaves it.
        assert b.deviance == pytest.approx(a.deviance, rel=1e-9)
        assert b.sigma == pytest.approx(a.sigma, rel=1e-9)
        assert b.sd["group"].values[1] == pytest.approx(a.sd["group"].values[1], rel=1e-7)
    weighted = CLOSED["equal weights"]
    y = response(weighted, rng)
    half = replace(weighted, y=y, weights=weighted.weights / 2.0)
    assert fit(replace(weighted, y=y)).deviance == pytest.approx(fit(half).deviance, rel=1e-12)


def test_ledger_row_40_ml_and_reml_of_dyestuff():
    # Davies (1949): yields of six batches of dyestuff, five samples of each.
    yields = np.array(
        [
            [1545.0, 1440, 1440, 1520, 1580],
            [1540, 1555, 1490, 1560, 1495],
            [1595, 1550, 1605, 1510, 1560],
            [1445, 1440, 1595, 1465, 1545],
            [1595, 1630, 1515, 1635, 1625],
            [1520, 1455, 1450, 1480, 1445],
        ]
    )
    groups, n = yields.shape
    msb = n * yields.mean(1).var(ddof=1)
    msw = yields.var(1, ddof=1).mean()
    assert (msb, msw) == (pytest.approx(11271.5), pytest.approx(2451.25))
    one = np.ones((yields.size, 1))
    made = grouped(yields.ravel(), one, one, np.repeat(np.arange(groups), n))
    for reml, between in (
        (True, (msb - msw) / n),
        (False, ((groups - 1) * msb / groups - msw) / n),
    ):
        model = fit(made, reml)
        assert model.sigma**2 == pytest.approx(msw, rel=1e-12)
        assert model.G["group"][0, 0] == pytest.approx(between, rel=1e-12)
    assert fit(made).deviance == pytest.approx(319.654, abs=5e-4)
    assert fit(made, reml=False).deviance == pytest.approx(327.327, abs=5e-4)


@pytest.mark.parametrize(
    ("icc", "reml", "published"),
    [(0.0, True, 0.561), (0.1, True, 0.331), (0.3, True, 0.103), (0.1, False, 0.420)],
)
def test_ledger_row_42_how_often_the_variance_is_zero(icc, reml, published):
    groups, n, runs = 6, 5, 4000
    codes = np.repeat(np.arange(groups), n)
    one = np.ones((groups * n, 1))
    ratio = icc / (1.0 - icc)  # tau**2 / sigma**2
    rng = np.random.default_rng(12)
    b = np.sqrt(ratio) * rng.standard_normal((runs, groups))
    Y = b[:, codes] + rng.standard_normal((runs, groups * n))
    fits = batch(grouped(Y[0], one, one, codes), Y, reml)
    bar = 1.0 if reml else groups / (groups - 1)
    expected = fdtr(groups - 1, groups * (n - 1), bar / (1.0 + n * ratio))
    assert expected == pytest.approx(published, abs=6e-4)
    error = np.sqrt(expected * (1.0 - expected) / runs)
    assert abs((fits.G[:, 0, 0] == 0.0).mean() - expected) < 3.0 * error
    assert (fits.singular >= (fits.G[:, 0, 0] == 0.0)).all()
