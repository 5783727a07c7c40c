"""Related levels against V written out, and against models that are the same in other words."""

from dataclasses import replace

import numpy as np
import pytest

from lmmlab.engine.crossproducts import condition
from lmmlab.engine.derivatives import derivatives, in_theta
from lmmlab.engine.design import Design, LMMError, Term
from lmmlab.engine.relation import relation
from lmmlab.engine.solve import solve
from lmmlab.kinship.related import related
from lmmlab.model.fit import evaluate, fit

ONE = ("(Intercept)",)


def people(seed, kin, J=12, rows=1, q=1, same=False, others=0, weights=False, rank=None):
    """A design with related levels of a factor, and `others` unrelated factors crossed with it."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(np.arange(J), rows))
    n = len(codes)
    x = rng.standard_normal(n)
    if same:
        codes, x = np.repeat(np.arange(J), rows), np.tile(rng.standard_normal(rows), J)
    Z = np.column_stack([np.ones(n), x])[:, :q]
    names = tuple(f"z{k}" for k in range(q))
    term = Term("id", names, Z, codes, tuple(f"i{j:02d}" for j in range(J)), (q,))
    terms = [related(term, kin(seed, J, rank))]
    for k in range(others):
        other = rng.integers(0, 4, n)
        other[:4] = range(4)
        terms.append(Term(f"g{k}", ONE, np.ones((n, 1)), other, tuple("abcd"), (1,)))
    X = np.column_stack([np.ones(n), rng.standard_normal(n) + 3.0])
    w = rng.uniform(0.5, 2.0, n) if weights else None
    return Design(X @ [5.0, 1.0] + rng.standard_normal(n), X, ("x0", "x1"), tuple(terms), w)


def swapped(design):
    return replace(design, terms=design.terms[::-1])


LAYOUTS = {
    "a row each": dict(),
    "rows repeated": dict(rows=3),
    "a matrix of low rank": dict(rank=5),
    "weights": dict(rows=2, weights=True),
    "another factor": dict(others=1),
    "two other factors, weights": dict(rows=2, others=2, weights=True, rank=7),
    "lines, the same times for all": dict(rows=3, q=2, same=True),
    "lines at own times": dict(rows=3, q=2),
    "lines at own times with another factor, weights": dict(rows=3, q=2, others=1, weights=True),
    "lines of low rank": dict(rows=2, q=2, rank=4),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("reml", [True, False])
def test_everything_as_with_v_written_out(layout, reml, kin, written_out):
    design = people(3, kin, **LAYOUTS[layout])
    rng = np.random.default_rng(1)
    k = sum(width * (width + 1) // 2 for width in design.blocks)
    for one in (design, swapped(design)):
        theta = rng.uniform(0.3, 1.5, k)
        ours, oracle = evaluate(one, theta, reml=reml), written_out(one, theta, reml)
        assert ours.deviance == pytest.approx(oracle.criterion, rel=1e-11)
        assert ours.beta == pytest.approx(oracle.beta, rel=1e-9)
        assert ours.vcov == pytest.approx(oracle.vcov, rel=1e-9)
        assert ours.sigma == pytest.approx(oracle.sigma, rel=1e-10)
        b = np.concatenate([ours.blups[term.group].values.ravel() for term in one.terms])
        sd = np.concatenate([ours.blup_sd[term.group].values.ravel() for term in one.terms])
        assert b == pytest.approx(oracle.b, abs=1e-10)
        assert sd == pytest.approx(oracle.b_sd, abs=1e-8)


def test_two_factors_of_related_levels(kin, written_out):
    design = people(9, kin, rows=2, others=2)
    one, two, three = design.terms
    both = replace(design, terms=(one, related(two, kin(1, 4)), three))
    theta = np.array([0.8, 1.1, 0.4])
    ours, oracle = evaluate(both, theta), written_out(both, theta)
    assert ours.deviance == pytest.approx(oracle.criterion, rel=1e-11)
    b = np.concatenate([ours.blups[term.group].values.ravel() for term in both.terms])
    sd = np.concatenate([ours.blup_sd[term.group].values.ravel() for term in both.terms])
    assert b == pytest.approx(oracle.b, abs=1e-10)
    assert sd == pytest.approx(oracle.b_sd, abs=1e-8)


def test_theta_that_was_searched_is_a_minimum(kin, written_out):
    for layout in ("a row each", "rows repeated", "another factor", "lines at own times"):
        model = fit(people(8, kin, J=25, **LAYOUTS[layout]))
        assert model.converged
        least = written_out(model.design, model.theta).criterion
        for step in 0.01 * np.vstack([np.eye(len(model.theta)), -np.eye(len(model.theta))]):
            assert written_out(model.design, model.theta + step).criterion > least - 1e-9


def test_derivatives_are_those_of_differences(kin, written_out):
    design = people(5, kin, rows=2, others=1, rank=6)
    theta, cross = np.array([0.8, 0.5]), condition(design)
    at = solve(cross, cross.S * theta)
    slope, curvature = derivatives(cross, at, np.eye(2))
    gradient, _ = in_theta(slope, curvature, at.Lambda, cross.blocks)
    step = 1e-5
    for k in range(2):
        up, down = theta + step * np.eye(2)[k], theta - step * np.eye(2)[k]
        rise = written_out(design, up).criterion - written_out(design, down).criterion
        assert gradient[k] * cross.S[k, k] == pytest.approx(rise / (2 * step), rel=1e-6)


def test_unrelated_levels_are_those_without_a_matrix(kin):
    design = people(2, kin, rows=3)
    plain = replace(design, terms=(replace(design.terms[0], relation=None),))
    same = replace(design, terms=(replace(plain.terms[0], relation=relation(np.eye(12))),))
    assert fit(same).deviance == pytest.approx(fit(plain).deviance, rel=1e-12)


def test_a_random_column_that_is_zero_for_someone_leaves_him_to_his_relatives(kin, written_out):
    design = people(4, kin, rows=2)
    term = design.terms[0]
    alone = replace(design, terms=(replace(term, Z=term.Z * (term.codes != 3)[:, None]),))
    ours, oracle = evaluate(alone, [0.9]), written_out(alone, [0.9])
    assert ours.deviance == pytest.approx(oracle.criterion, rel=1e-11)
    assert ours.blups["id"].values[:, 0] == pytest.approx(oracle.b, abs=1e-10)
    assert ours.blup_sd["id"].values[:, 0] == pytest.approx(oracle.b_sd, abs=1e-10)
    assert abs(ours.blups["id"][3, 0]) > 0.01


def test_the_order_of_rows_and_levels_makes_no_difference(kin):
    design = people(6, kin, rows=2, others=1)
    rng = np.random.default_rng(0)
    turned = []
    rows, people_of = rng.permutation(len(design.y)), rng.permutation(12)
    K = design.terms[0].relation.root @ design.terms[0].relation.root.T
    for term in design.terms:
        turned.append(replace(term, Z=term.Z[rows], codes=term.codes[rows]))
    levels = tuple(design.terms[0].levels[j] for j in people_of)
    codes = np.argsort(people_of)[turned[0].codes]
    turned[0] = replace(turned[0], codes=codes, levels=levels)
    turned[0] = related(turned[0], K[np.ix_(people_of, people_of)])
    one = fit(design)
    two = fit(Design(design.y[rows], design.X[rows], design.names, tuple(turned)))
    assert two.deviance == pytest.approx(one.deviance, rel=1e-12)
    assert two.theta == pytest.approx(one.theta, rel=1e-6)
    assert two.blups["id"].values == pytest.approx(one.blups["id"].values[people_of], abs=1e-7)


def test_large_numbers_lose_no_digits(kin):
    design = people(7, kin, J=30, rows=1)
    one = fit(design)
    moved = replace(design, y=2024.0 + 1e6 * design.y, X=design.X + np.array([0.0, 2e4]))
    two = fit(moved)
    assert two.deviance == pytest.approx(one.deviance + 2 * 28 * np.log(1e6), rel=1e-9)
    assert two.theta == pytest.approx(one.theta, rel=1e-5)


def test_what_cannot_be_told_apart_is_refused(kin):
    plain = people(3, kin).terms[0]
    design = people(3, kin, J=12)
    for K in (2.5 * np.eye(12), np.eye(12) + 1.0):  # the latter beside an intercept
        with pytest.raises(LMMError, match="cannot be told apart from residual noise"):
            fit(replace(design, terms=(related(plain, K),)))
    fit(
        replace(
            people(3, kin, rows=2), terms=(related(people(3, kin, rows=2).terms[0], np.eye(12)),)
        )
    )
    twice = replace(plain, group="copy")
    with pytest.raises(LMMError, match=r"by id and .* by copy cannot be told apart"):
        fit(replace(people(3, kin), terms=(people(3, kin).terms[0], twice_as(twice, kin))))


def twice_as(term, kin):
    return related(term, 2.0 * kin(3, 12))


def test_a_response_without_noise_is_refused(kin):
    design = people(3, kin, rows=3)
    codes = design.terms[0].codes
    exact = design.X @ [1.0, 2.0] + np.random.default_rng(1).standard_normal(12)[codes]
    with pytest.raises(LMMError, match="reproduces y exactly within each level"):
        fit(replace(design, y=exact))
