"""What is kept of the rows: the same likelihood, all digits, as few patterns as there are."""

from dataclasses import replace

import numpy as np
import pytest

from lmmlab.data import arrays
from lmmlab.engine.crossproducts import condition
from lmmlab.engine.design import Design, LMMError, Term, grouped
from lmmlab.model.fit import evaluate


@pytest.fixture
def sleep():
    table = arrays("sleepstudy")
    lines = np.column_stack([np.ones(180), table["Days"]])
    return grouped(table["Reaction"], lines, lines, table["Subject"])


def test_cross_products_are_those_of_the_rows(made):
    """Rotated and inner rows together have the cross-products of the conditioned columns."""
    design = made(3, p=3, q=2, weights=True)
    cross, (term,) = condition(design), design.terms
    root = np.sqrt(design.weights)[:, None]
    X, Z = root * design.X @ np.linalg.inv(cross.R), root * term.Z @ np.linalg.inv(cross.S)
    y = (design.y - design.X @ cross.ols) * root[:, 0]
    np.testing.assert_allclose(X.T @ X, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(X.T @ y, 0, atol=1e-11)
    np.testing.assert_allclose(Z.T @ Z / len(term.levels), np.eye(2), atol=1e-12)
    for level, pattern in enumerate(cross.pattern):
        mine = term.codes == level
        F, fixed, own = cross.F[:, :, pattern], cross.fixed[:, :, pattern], cross.own[:, level]
        np.testing.assert_allclose(F.T @ F, Z[mine].T @ Z[mine], atol=1e-12)
        np.testing.assert_allclose(F.T @ fixed, Z[mine].T @ X[mine], atol=1e-12)
        np.testing.assert_allclose(F.T @ own, Z[mine].T @ y[mine], atol=1e-11)
    both = np.concatenate([cross.fixed, cross.y], axis=1)
    whole = cross.within + np.einsum("kan,kbn->ab", both, both)
    everything = np.column_stack([X, y])
    np.testing.assert_allclose(whole, everything.T @ everything, atol=1e-10)


@pytest.mark.parametrize("balanced", [True, False])
def test_many_responses_are_conditioned_like_each_alone(sleep, made, balanced):
    design = sleep if balanced else made(3, p=3, q=2, weights=True)
    Y = design.y + np.random.default_rng(1).standard_normal((5, len(design.y)))
    many = condition(design, Y)
    assert many.y.strides[0] == many.own.strides[0] == 8  # responses vary fastest in memory
    for i in range(5):
        one = condition(replace(design, y=Y[i]))
        for name in ("F", "fixed", "R", "S"):
            np.testing.assert_array_equal(getattr(many, name), getattr(one, name))
        for name in ("y", "within", "own", "ols", "scale"):
            alone, scale = getattr(one, name), np.abs(getattr(one, name)).max()
            np.testing.assert_allclose(getattr(many, name)[i], alone, atol=1e-12 * scale)
    some = many.of(np.array([1, 4]))
    assert some.y.strides[0] == 8
    np.testing.assert_array_equal(some.y, many.y[[1, 4]])
    np.testing.assert_array_equal(some.within, many.within[[1, 4]])
    assert condition(design, Y[:0]).y.shape == (0, *many.y.shape[1:])


def test_balanced_groups_have_one_pattern(sleep):
    cross = condition(sleep)
    assert cross.count.tolist() == [18.0]
    assert set(cross.pattern) == {0}
    assert cross.y.shape == (2, 3, 1)  # the mean, and a root of the scatter

    some = np.arange(180) % 17 > 0
    fewer = condition(
        grouped(sleep.y[some], sleep.X[some], sleep.X[some], sleep.terms[0].codes[some])
    )
    assert 1 < len(fewer.count) < 18
    assert fewer.count.sum() == 18
    np.testing.assert_array_equal(np.bincount(fewer.pattern), fewer.count)


def test_patterns_tell_groups_apart_that_differ_in_X_alone(sleep):
    arm = (sleep.terms[0].codes < 9).astype(float)
    cross = condition(replace(sleep, X=np.column_stack([sleep.X, arm]), names=("a", "b", "c")))
    assert cross.count.tolist() == [9.0, 9.0]


def test_rows_may_stand_in_any_order(sleep):
    rows = np.random.default_rng(1).permutation(180)
    (term,) = sleep.terms
    other = grouped(sleep.y[rows], sleep.X[rows], term.Z[rows], term.codes[rows])
    one, two = condition(sleep), condition(other)
    np.testing.assert_allclose(two.ols, one.ols, rtol=1e-12)
    np.testing.assert_allclose(two.S.T @ two.S, one.S.T @ one.S, rtol=1e-12)
    np.testing.assert_allclose((two.own**2).sum(0), (one.own**2).sum(0), rtol=1e-9)


def test_the_design_is_left_alone(sleep):
    before = [a.copy() for a in (sleep.y, sleep.X, sleep.terms[0].Z)]
    condition(replace(sleep, weights=np.linspace(1, 2, 180)))
    for now, then in zip((sleep.y, sleep.X, sleep.terms[0].Z), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_dependent_columns_are_found(sleep):
    X = np.column_stack([sleep.X[:, 0], 0 * sleep.y, sleep.X[:, 1], sleep.X @ [3.0, 2.0]])
    cross = condition(replace(sleep, X=X, names=("a", "zero", "b", "combination")))
    assert cross.kept.tolist() == [0, 2]


def test_calendar_years_are_no_dependence(sleep):
    years = sleep.X + np.array([0.0, 2017.0])
    cross = condition(grouped(sleep.y, years, years, sleep.terms[0].codes))
    assert cross.kept.tolist() == [0, 1]


def test_random_columns_may_be_dependent_within_groups(dense):
    """As x and x times an attribute of the group; rounding must not count as a direction."""
    rng = np.random.default_rng(1)
    sizes = np.array([1, 3, 5, 7, 3, 6, 11, 1, 5, 9])
    codes = np.repeat(np.arange(10), sizes)
    x = rng.random(len(codes))
    lines = np.column_stack([np.ones(len(codes)), x, rng.random(10)[codes] * x])
    y = rng.standard_normal(10)[codes] + rng.standard_normal(len(codes))
    design = grouped(y, lines, lines, codes)
    for theta in ([1.0, 0.3, 0.1, 2.0, 0.5, 0.7], [30.0, 3.0, 1.0, 200.0, 5.0, 70.0]):
        ours, theirs = evaluate(design, theta), dense(design, theta)
        assert ours.deviance == pytest.approx(theirs.criterion, rel=1e-10)
        np.testing.assert_allclose(ours.blups["group"], theirs.b, rtol=1e-6, atol=1e-7)


def test_one_random_term_with_rows_at_every_level(sleep):
    (term,) = sleep.terms
    with pytest.raises(LMMError, match="Two random terms have the grouping factor"):
        condition(replace(sleep, terms=(term, term)))
    empty = Term("g", ("one",), np.ones((3, 1)), np.array([0, 2, 0]), ("a", "b", "c"), (1,))
    with pytest.raises(LMMError, match="Level 'b' of g has no rows"):
        condition(Design(np.arange(3.0), np.ones((3, 1)), ("x",), (empty,)))
