"""Random designs: the dense V as judge, what must hold at a minimum, and what must not matter."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lmmlab.engine.covariance import factor, positions
from lmmlab.engine.derivatives import derivatives
from lmmlab.engine.design import grouped
from lmmlab.engine.newton import promised
from lmmlab.model.fit import evaluate, fit

designs = some.fixed_dictionaries(
    {
        "seed": some.integers(0, 10**6),
        "p": some.integers(0, 5),
        "q": some.integers(1, 4),
        "groups": some.integers(4, 12),
        "weights": some.booleans(),
        "spread": some.sampled_from([0.0, 0.1, 1.0, 10.0]),
    }
)
quick = settings(derandomize=True, deadline=None, max_examples=150)


def design_of(made, given, diagonal):
    return made(**given, blocks=(1,) * given["q"] if diagonal else None)


@quick
@given(given=designs, diagonal=some.booleans(), reml=some.booleans(), sigma=some.booleans())
def test_everything_at_a_given_theta_is_what_the_dense_V_says(
    made, dense, given, diagonal, reml, sigma
):
    design = design_of(made, given, diagonal)
    term, rng = design.terms[0], np.random.default_rng(given["seed"])
    theta = rng.standard_normal(len(positions(term.blocks)[0])) * rng.choice([0.1, 1.0, 10.0])
    sigma = 1.7 if sigma else None
    ours, theirs = evaluate(design, theta, sigma, reml), dense(design, theta, reml, sigma)
    se = np.sqrt(np.diag(theirs.vcov))
    sd = np.maximum(ours.sd["group"].values, ours.sigma)

    assert ours.deviance == pytest.approx(theirs.criterion, rel=1e-9, abs=1e-9)
    assert ours.sigma == pytest.approx(theirs.sigma, rel=1e-8)
    np.testing.assert_allclose((ours.beta - theirs.beta) / se, 0, atol=1e-7)
    np.testing.assert_allclose(ours.vcov / np.outer(se, se), theirs.vcov / np.outer(se, se))
    np.testing.assert_allclose(ours.blups["group"] / sd, theirs.b / sd, atol=1e-7)
    np.testing.assert_allclose(ours.blup_sd["group"] / sd, theirs.b_sd() / sd, atol=1e-6)


@quick
@given(given=designs, diagonal=some.booleans(), reml=some.booleans())
def test_the_search_ends_in_a_minimum(made, dense, given, diagonal, reml):
    design = design_of(made, given, diagonal)
    model = fit(design, reml, closed=False)
    path, blocks = model.path, design.terms[0].blocks

    assert model.converged
    assert len(path.criterion) <= 60
    assert (np.diff(path.criterion) <= 1e-10 * np.abs(path.criterion[:-1])).all()
    assert path.criterion[-1] <= path.criterion[0]
    assert model.deviance == pytest.approx(path.criterion[-1], rel=1e-9, abs=1e-9)
    assert promised(model.cross, model.solution) < 1e-8

    # dcriterion/dD has no negative eigenvalue in any block, and none at all where D can shrink
    slope, _ = derivatives(model.cross, model.solution, np.eye(len(model.cross.S)))
    Lambda, at, groups = model.solution.Lambda, 0, len(model.cross.pattern)
    for width in blocks:
        block = slice(at, at := at + width)
        assert np.linalg.eigvalsh(slope[block, block])[0] > -1e-5 * groups
        assert np.abs(slope[block, block] @ Lambda[block, block]).max() < 1e-4 * groups

    # and the dense V finds nothing lower nearby
    scale = np.maximum(1e-3, 1e-3 * np.abs(model.theta))
    least = dense(design, model.theta, reml).criterion
    for step in np.concatenate([np.diag(scale), -np.diag(scale)]):
        assert dense(design, model.theta + step, reml).criterion > least - 1e-8


@quick
@given(given=designs, diagonal=some.booleans(), reml=some.booleans())
def test_gradient_and_hessian_are_those_of_the_dense_V(made, dense, given, diagonal, reml):
    design = design_of(made, {**given, "q": min(given["q"], 3)}, diagonal)
    term, rng = design.terms[0], np.random.default_rng(given["seed"])
    theta = rng.standard_normal(len(positions(term.blocks)[0]))
    model = evaluate(design, theta, reml=reml)
    q = len(model.cross.S)
    slope, curvature = derivatives(model.cross, model.solution, np.eye(q))

    # along any direction H of D, by fourth-order differences of the dense criterion
    direction = rng.standard_normal(len(theta))
    S, steps = model.cross.S, 2e-3 * np.arange(-3, 4)
    values = [dense(design, theta + h * direction, reml).criterion for h in steps]
    first = np.array([-1, 9, -45, 0, 45, -9, 1]) @ values / 60 / 2e-3
    second = np.array([2, -27, 270, -490, 270, -27, 2]) @ values / 180 / 2e-3**2
    Lambda, move = S @ factor(theta, term.blocks), S @ factor(direction, term.blocks)
    H = move @ Lambda.T + Lambda @ move.T
    exact = np.sum(slope * H)
    bend = np.einsum("abcd,ab,cd", curvature, H, H) + 2 * np.sum(slope * (move @ move.T))
    size = np.abs(slope).max() * np.abs(H).max() + 1.0
    assert first == pytest.approx(exact, abs=1e-5 * size)
    assert second == pytest.approx(bend, abs=1e-3 * size)


@quick
@given(given=designs, reml=some.booleans())
def test_order_of_rows_and_names_of_levels_do_not_matter(made, given, reml):
    design = made(**given)
    term, rng = design.terms[0], np.random.default_rng(given["seed"])
    rows, names = rng.permutation(len(design.y)), rng.permutation(len(term.levels))
    weights = None if design.weights is None else design.weights[rows]
    other = grouped(
        design.y[rows], design.X[rows], term.Z[rows], names[term.codes][rows], weights=weights
    )
    theta = rng.standard_normal(len(positions(term.blocks)[0]))
    one, two = evaluate(design, theta, reml=reml), evaluate(other, theta, reml=reml)
    assert two.deviance == pytest.approx(one.deviance, rel=1e-12, abs=1e-9)
    np.testing.assert_allclose(two.beta, one.beta, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(
        two.blups["group"].values[names], one.blups["group"].values, rtol=1e-7, atol=1e-9
    )
    np.testing.assert_allclose(two.fitted, one.fitted[rows], rtol=1e-8, atol=1e-9)


@quick
@given(given=designs, reml=some.booleans(), shift=some.sampled_from([0.0, 1e3, -2e6]))
def test_an_affine_response_gives_an_affine_fit(made, given, reml, shift):
    design = made(**{**given, "p": max(given["p"], 1)})
    model = fit(design, reml, closed=False)
    other = fit(replace(design, y=shift - 7.0 * design.y), reml, closed=False)
    df = model.solution.df
    assert other.deviance == pytest.approx(model.deviance + 2 * df * np.log(7), rel=1e-9, abs=1e-7)
    beta = -7.0 * model.beta
    beta[0] += shift
    assert other.sigma == pytest.approx(7.0 * model.sigma, rel=1e-5)
    np.testing.assert_allclose((other.beta - beta) / other.se, 0, atol=1e-4)


@quick
@given(
    seed=some.integers(0, 10**6),
    origin=some.sampled_from([3.0, -50.0, 2000.0]),
    reml=some.booleans(),
)
def test_the_origin_of_time_does_not_matter_to_an_unstructured_term(made, seed, origin, reml):
    design = made(seed, p=2, q=2, groups=9)
    t = design.X[:, 1]
    lines = np.column_stack([np.ones_like(t), t + origin])
    other = grouped(design.y, lines, lines, design.terms[0].codes)
    one, two = fit(design, reml, closed=False), fit(other, reml, closed=False)
    back = np.array([[1.0, origin], [0.0, 1.0]])
    assert two.deviance == pytest.approx(one.deviance, rel=1e-9)
    assert two.singular == one.singular
    np.testing.assert_allclose((back @ two.beta - one.beta) / one.se, 0, atol=1e-6)
    G, sd = one.G["group"].values, np.maximum(one.sd["group"].values, one.sigma)
    np.testing.assert_allclose(
        (back @ two.G["group"] @ back.T - G) / np.outer(sd, sd), 0, atol=1e-6
    )


@quick
@given(given=designs, reml=some.booleans())
def test_patterns_change_nothing(given, reml):
    """Groups that share Z and X are collapsed; a trifle of difference keeps them apart."""
    rng = np.random.default_rng(given["seed"])
    groups, q = given["groups"], given["q"]
    kinds = [rng.standard_normal((rng.integers(1, q + 4), 5)) for _ in range(3)]
    parts = [kinds[k] for k in rng.integers(0, 3, groups)]
    rows = np.concatenate(parts)
    codes = np.repeat(np.arange(groups), [len(part) for part in parts])
    y = rng.standard_normal(len(rows)) + rng.standard_normal(groups)[codes]
    X, Z = rows[:, : given["p"]], rows[:, :q]
    theta = rng.standard_normal(q * (q + 1) // 2)
    one = evaluate(grouped(y, X, Z, codes), theta, 1.3, reml)
    two = evaluate(grouped(y, X, Z + 1e-8 * rng.standard_normal(Z.shape), codes), theta, 1.3, reml)
    assert len(one.cross.count) <= 3
    assert len(two.cross.count) >= len(one.cross.count)
    assert two.deviance == pytest.approx(one.deviance, rel=1e-6)
    np.testing.assert_allclose(two.blups["group"], one.blups["group"], atol=1e-6)
    H, seen = np.diag(rng.standard_normal(q)), []
    for model in (one, two):
        slope, curvature = derivatives(model.cross, model.solution, np.eye(q))
        D = model.cross.S @ H @ model.cross.S.T
        seen.append([np.sum(slope * D), np.einsum("abcd,ab,cd", curvature, D, D)])
    np.testing.assert_allclose(seen[0], seen[1], rtol=1e-5, atol=1e-5)
