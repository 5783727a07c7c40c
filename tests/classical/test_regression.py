"""Least squares with any standard errors, against statsmodels and the formulas of the textbooks."""

import numpy as np
import pytest
import statsmodels.api as sm

from lmmlab.classical import no_pooling
from lmmlab.classical.regression import ols, regress
from lmmlab.classical.sandwich import degrees, prepare
from lmmlab.data import arrays
from lmmlab.engine.design import LMMError, grouped

ALL = ("naive", "HC0", "HC1", "HC2", "HC3", "CR0", "CR2")
SIZES = [1, 2, 3, 5, 8, 8, 12]
CODES = np.repeat(np.arange(7), SIZES)


def data(seed=1, weights=False):
    """X with a predictor within groups, one between, and an unbalanced layout with a singleton."""
    rng = np.random.default_rng(seed)
    n = len(CODES)
    X = np.column_stack([np.ones(n), rng.standard_normal(n), rng.standard_normal(7)[CODES]])
    y = 5 + rng.standard_normal(7)[CODES] + rng.standard_normal(n) * (1 + np.abs(X[:, 1]))
    return X, y, rng.uniform(0.3, 3, n) if weights else None


def textbook(X, y, codes, contrast, weights=None):
    """CR2 and its df with n x n matrices, as Bell & McCaffrey (2002) write them."""
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    X, y = root[:, None] * X, root * y
    bread = np.linalg.inv(X.T @ X)
    left = np.eye(len(y)) - X @ bread @ X.T
    e, meat, G = left @ y, 0.0, []
    for j in np.unique(codes):
        rows = codes == j
        size, axes = np.linalg.eigh(left[np.ix_(rows, rows)])
        power = np.where(size > 1e-10, np.maximum(size, 1e-10) ** -0.5, 0.0)
        A = axes * power @ axes.T
        score = X[rows].T @ A @ e[rows]
        meat = meat + np.outer(score, score)
        G.append(left[:, rows] @ A @ X[rows] @ bread @ contrast)
    P = np.array(G) @ np.array(G).T
    return bread @ meat @ bread, np.trace(P) ** 2 / np.trace(P @ P)


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("errors", ["naive", "HC0", "HC1", "HC2", "HC3", "CR0"])
def test_statsmodels(errors, weights):
    X, y, w = data(weights=weights)
    theirs = sm.WLS(y, X, 1.0 if w is None else w)
    if errors == "CR0":
        how = {"groups": CODES, "use_correction": False}
        theirs = theirs.fit(cov_type="cluster", cov_kwds=how, use_t=True)
    else:
        theirs = theirs.fit(cov_type="nonrobust" if errors == "naive" else errors, use_t=True)
    ours = regress(prepare(X, errors, CODES, weights=w), y)
    assert ours.beta == pytest.approx(theirs.params)
    assert ours.vcov == pytest.approx(theirs.cov_params())
    assert ours.sigma**2 == pytest.approx(theirs.scale)
    table = ours.table(0.9)
    assert table.values[:, 3] == pytest.approx(theirs.tvalues)
    assert table.values[:, 4] == pytest.approx(theirs.pvalues)  # J - 1 df for groups, too
    assert table.values[:, 5:] == pytest.approx(theirs.conf_int(0.1))
    assert ours.df == pytest.approx([6.0 if errors == "CR0" else len(y) - 3] * 3)


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("contrast", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 2, -0.5]])
def test_CR2_as_in_the_textbook(contrast, weights):
    X, y, w = data(weights=weights)
    contrast = np.array(contrast, dtype=float)
    vcov, df = textbook(X, y, CODES, contrast, w)
    ours = regress(prepare(X, "CR2", CODES, weights=w), y)
    assert ours.vcov == pytest.approx(vcov)
    found = ours.contrast(contrast)
    assert found.estimate == pytest.approx(ours.beta @ contrast)
    assert found.se**2 == pytest.approx(contrast @ vcov @ contrast)
    assert found.df == pytest.approx(df)


@pytest.mark.parametrize("errors", ["naive", "HC2", "CR2"])
def test_unbiased_if_rows_are_independent(errors):
    """The mean of vcov(y) over y with E yy' = I: the unit vectors are such y."""
    X, _, w = data(weights=True)
    n = len(CODES)
    total = regress(prepare(X, errors, CODES), np.eye(n)).vcov.sum(0)
    assert total == pytest.approx(np.linalg.inv(X.T @ X))
    weighted = regress(prepare(X, errors, CODES, weights=w), np.diag(1 / np.sqrt(w))).vcov.sum(0)
    assert weighted == pytest.approx(np.linalg.inv(X.T * w @ X))


@pytest.mark.parametrize("errors", ["HC0", "CR0"])
def test_unadjusted_sandwiches_are_too_small(errors):
    X, _, _ = data()
    total = regress(prepare(X, errors, CODES), np.eye(len(CODES))).vcov.sum(0)
    assert (total.diagonal() < np.linalg.inv(X.T @ X).diagonal()).all()


def test_one_row_a_group_is_HC2():
    X, y, _ = data()
    single = regress(prepare(X, "CR2", np.arange(len(y))), y)
    assert single.vcov == pytest.approx(regress(prepare(X, "HC2"), y).vcov)


def test_sleepstudy_is_the_t_test_of_own_slopes():
    """With the same days for all, CR2 of the slope is the sd of own slopes over root(18), 17 df."""
    table = arrays("sleepstudy")
    X = np.column_stack([np.ones(180), table["Days"]])
    design = grouped(table["Reaction"], X, X, table["Subject"], names=("(Intercept)", "Days"))
    own = no_pooling(design)
    found = ols(design, "CR2")
    assert found.beta == pytest.approx(own.mean(0))
    assert found.se == pytest.approx(own.std(0, ddof=1) / np.sqrt(18))
    assert found.df == pytest.approx([17.0, 17.0])
    assert (found.beta[1], found.se[1]) == pytest.approx((10.467, 1.546), abs=5e-4)
    assert ols(design).se[1] == pytest.approx(1.238, abs=5e-4)
    assert "CR2" in found.table().note and "18 groups" in repr(found)
    assert found._repr_html_() == found.table()._repr_html_()


def test_a_treatment_of_whole_groups():
    """J groups of equal size, half of them treated: the t test of group means on J - 2 df."""
    rng, codes = np.random.default_rng(2), np.repeat(np.arange(10), 6)
    treated = (np.arange(10) % 2)[codes]
    y = rng.standard_normal(10)[codes] + rng.standard_normal(60)
    X = np.column_stack([np.ones(60), treated])
    found = regress(prepare(X, "CR2", codes), y).contrast([0, 1])
    means = y.reshape(10, 6).mean(1)
    a, b = means[::2], means[1::2]
    assert found.estimate == pytest.approx(b.mean() - a.mean())
    assert found.se**2 == pytest.approx((a.var(ddof=1) + b.var(ddof=1)) / 5)
    assert found.df == pytest.approx(8.0)


def test_a_group_that_determines_a_coefficient_alone():
    """A dummy for one group: its slope is that of the other groups; no test of the dummy."""
    X, y, _ = data()
    dummy = (CODES == 3).astype(float)
    with_it = regress(prepare(np.column_stack([X[:, :2], dummy]), "CR2", CODES), y)
    vcov, df = textbook(np.column_stack([X[:, :2], dummy]), y, CODES, np.array([0.0, 1.0, 0.0]))
    assert with_it.vcov == pytest.approx(vcov)
    assert with_it.contrast([0, 1, 0]).df == pytest.approx(df)
    alone = np.column_stack([X[:, :2], CODES == 0])  # the singleton
    rest = CODES != 0
    whole, less = (
        regress(prepare(X, "CR2", codes), y)
        for X, codes, y in [(alone, CODES, y), (X[rest, :2], CODES[rest], y[rest])]
    )
    assert whole.vcov[:2, :2] == pytest.approx(less.vcov)
    assert degrees(whole.design, np.eye(3)[:2]) == pytest.approx(less.df)


@pytest.mark.parametrize("errors", ["HC2", "HC3"])
def test_a_row_that_determines_a_coefficient_alone(errors):
    X, y, _ = data()
    whole = regress(prepare(np.column_stack([X, np.arange(len(y)) == 20]), errors), y)
    less = regress(prepare(np.delete(X, 20, 0), errors), np.delete(y, 20))
    assert whole.vcov[:3, :3] == pytest.approx(less.vcov)


def test_fixed_effects_of_groups_may_be_absorbed():
    """Group dummies or deviations from group means: the same slope, CR2 and df."""
    X, y, _ = data()
    dummies = (CODES[:, None] == np.arange(7)).astype(float)
    sizes = np.bincount(CODES)
    away = [v - (np.bincount(CODES, v) / sizes)[CODES] for v in (X[:, 1], y)]
    full = regress(prepare(np.column_stack([dummies, X[:, 1]]), "CR2", CODES), y)
    short = regress(prepare(away[0][:, None], "CR2", CODES), away[1])
    whole, part = full.contrast(np.eye(8)[7]), short.contrast([1.0])
    assert whole == pytest.approx(part)


def test_what_says_nothing_has_no_test():
    """Two groups and a dummy of one: all residuals of group means are 0."""
    X = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    found = regress(prepare(X, "CR2", [1, 1, 1, 2, 2, 2], names=("a", "b")), [1, 2, 4, 3, 5, 6.0])
    table = found.table()
    assert (table.frame().loc[:, "se":] == "undefined").to_numpy().all()
    assert "No test of a and b. Single groups determine it" in table.note
    with pytest.raises(LMMError, match="Single groups determine it"):
        found.contrast([0, 1])
    flat = regress(prepare(np.ones((4, 1)), names=("mean",)), [2.0, 2.0, 2.0, 2.0]).table()
    assert "No test of mean. The response leaves no residuals" in flat.note
    assert flat.values[0, 0] == 2.0


@pytest.mark.parametrize("errors", ["CR0", "CR2"])
def test_what_rounding_leaves_is_no_standard_error(errors):
    """Residuals of groups add up to 0 where each group has its own mean; a constant has none."""
    dummies = (CODES[:, None] == np.arange(7)).astype(float)
    own = regress(prepare(dummies, errors, CODES), data()[1])
    assert own.se.tolist() == [0.0] * 7
    assert "Single groups determine it" in own.table().note
    found = regress(prepare(data()[0], errors, CODES), np.full(39, 0.1))
    assert found.se.tolist() == [0.0] * 3 and found.sigma == 0.0
    assert "No test of x0, x1 and x2. The response leaves no residuals" in found.table().note
    with pytest.raises(LMMError, match="The response leaves no residuals"):
        found.contrast([0, 1, 0])


def test_small_residuals_are_not_rounding():
    """Rows in the thousands at an origin of 1e9: residuals of size 1 are still residuals."""
    X, y, _ = data()
    many = np.tile(y, 100)
    found = regress(prepare(np.tile(X, (100, 1))), [many, 1e9 + many])
    assert found.se[1] == pytest.approx(found.se[0], rel=1e-4)


@pytest.mark.parametrize(("errors", "unit"), [("CR0", "group"), ("CR2", "group"), ("HC3", "row")])
def test_what_one_group_determines_is_named(errors, unit):
    """One treated group of five: CR2 sees a fifth of the variance of the effect, and says so."""
    codes = np.repeat(np.arange(5), 6) if unit == "group" else np.arange(30)
    X = np.column_stack([np.ones(30), codes == 2])
    design = prepare(X, errors, codes, names=("start", "treated"))
    table = regress(design, np.random.default_rng(6).standard_normal(30)).table()
    assert f"One {unit} alone determines a part of treated." in table.note
    assert "undefined" not in str(table)
    if errors == "CR2":
        seen = regress(design, np.eye(30)).vcov.sum(0) / np.linalg.inv(X.T @ X)
        assert seen.diagonal() == pytest.approx([1.0, 0.2])
    X[codes == 3, 1] = 1.0  # a second treated one
    assert "alone" not in regress(prepare(X, errors, codes), np.arange(30.0) ** 2).table().note


def test_a_row_that_is_its_own_coefficient_has_no_robust_test():
    X = np.eye(4)[[0, 1, 1, 2, 2, 3, 3]]
    table = regress(prepare(X, "HC2"), [1.0, 2, 3, 4, 4.5, 5, 7]).table()
    assert "No test of x0. Single rows determine it" in table.note


def test_units_of_columns_and_response_do_not_matter():
    X, y, _ = data()
    one = regress(prepare(X, "CR2", CODES), y)
    large = regress(prepare(1e85 * X, "CR2", CODES), 1e-60 * y)
    assert large.df == pytest.approx(one.df)
    assert large.beta / large.se == pytest.approx(one.beta / one.se)


@pytest.mark.parametrize("errors", ALL)
def test_replicates_are_single_fits(errors):
    X, y, w = data(weights=True)
    prepared = prepare(X, errors, CODES, weights=w)
    Y = y + np.random.default_rng(3).standard_normal((2, 3, len(y)))
    many = regress(prepared, Y)
    assert many.beta.shape == (2, 3, 3) and many.vcov.shape == (2, 3, 3, 3)
    one = regress(prepared, Y[1, 2])
    assert many.beta[1, 2] == pytest.approx(one.beta)
    assert many.se[1, 2] == pytest.approx(one.se)
    assert many.sigma[1, 2] == pytest.approx(one.sigma)
    estimate, error, df = many.contrast([0, 1, 1])
    assert (estimate[1, 2], error[1, 2], df) == pytest.approx(one.contrast([0, 1, 1]))
    assert "6 responses" in repr(many) and many._repr_html_() is None


@pytest.mark.parametrize("errors", ALL)
def test_invariances(errors):
    """Order of rows, names of groups, unit and origin of y, another basis of X."""
    X, y, w = data(weights=True)
    rng = np.random.default_rng(4)
    order, names = rng.permutation(len(y)), np.array(list("gfedcba"))
    one = regress(prepare(X, errors, CODES, weights=w), y)
    two = regress(prepare(X[order], errors, names[CODES][order], weights=w[order]), y[order])
    assert two.vcov == pytest.approx(one.vcov)
    assert two.df == pytest.approx(one.df)
    assert (one.design.order is None) and (errors[0] != "C" or two.design.order is not None)
    scaled = regress(one.design, 1e6 - 3 * y)
    assert scaled.vcov == pytest.approx(9 * one.vcov)
    A = rng.standard_normal((3, 3))
    basis = regress(prepare(X @ A, errors, CODES, weights=w), y).contrast(A.T @ [0, 1, 0])
    assert basis == pytest.approx(one.contrast([0, 1, 0]))


def test_time_in_calendar_years_loses_no_digits():
    table = arrays("sleepstudy")
    X = np.column_stack([np.ones(180), table["Days"]])
    late = X + np.array([0.0, 738000.0])
    one, two = (regress(prepare(x, "CR2", table["Subject"]), table["Reaction"]) for x in (X, late))
    assert one.contrast([0, 1]) == pytest.approx(two.contrast([0, 1]), rel=1e-8)


def test_a_design_is_used_as_it_is(made):
    design = made(5, p=3, weights=True)
    codes = design.terms[0].codes
    found = ols(design, "CR2")
    prepared = prepare(design.X, "CR2", codes, weights=design.weights, names=design.names)
    assert found.names == design.names
    assert found.vcov == pytest.approx(regress(prepared, design.y).vcov)
    assert ols(design, "CR2", np.stack([design.y, -design.y])).beta[1] == pytest.approx(-found.beta)


X, Y, _ = data()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: prepare(X, "HC4"), "errors must be one of naive"),
        (lambda: prepare(X, "CR2"), "need groups"),
        (lambda: prepare(X, "CR0", CODES[1:]), "one label for each of the 39"),
        (lambda: prepare(X, "CR0", [None, *CODES[1:]]), "groups is missing in row 1"),
        (lambda: prepare(X, "CR2", np.zeros(39)), "All rows are of one group"),
        (lambda: prepare(X[:3]), "3 rows cannot tell 3 coefficients"),
        (lambda: prepare(X[0]), "X must have a row and a column"),
        (lambda: prepare(np.column_stack([X, X[:, 2]])), "x3 is a combination of"),
        (lambda: prepare(X * np.nan), "x0 is nan in row 1"),
        (lambda: prepare(X, names=("a", "b")), "3 columns and there are 2 names"),
        (lambda: prepare(X, weights=np.zeros(39)), "weights must be positive"),
        (lambda: prepare(X, weights=[1.0]), "weights must be positive"),
        (lambda: regress(prepare(X), Y[1:]), "y must have 39 values"),
        (lambda: regress(prepare(X), Y * np.nan), "missing"),
        (lambda: regress(prepare(X), Y).contrast([1, 0]), "weight for each of x0, x1 and x2"),
        (lambda: regress(prepare(X), Y).contrast([0, 0, 0]), "not all 0"),
        (lambda: regress(prepare(X), Y).table(95), "confidence must lie between 0 and 1"),
        (lambda: regress(prepare(X), [Y, Y]).table(), "2 responses, and a table shows one"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(LMMError, match=says):
        call()
