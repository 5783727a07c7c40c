"""simulate() with residuals that are related: their covariance, the same people, what cannot be."""

import numpy as np
import pandas as pd
import pytest

from lmmlab import (
    LMMError,
    ar1,
    car1,
    compound_symmetry,
    lmm,
    simulate,
    unstructured,
    variances,
)
from lmmlab.study.simulate import normals

DIARY = "mood ~ week + (1 | id)"
TRUTH = dict(beta=[5, 0.1], sd=[1.0], sigma=2.0)


def diary(residual, values, formula=DIARY, groups=3, per_group=4, **changes):
    sizes = dict(groups=groups, per_group=per_group) if "data" not in changes else {}
    return simulate(formula, residual=residual, values=values, **sizes, **(TRUTH | changes))


def ratio(*sds):
    return np.array(sds)[:, None] * np.array(sds)


WEEKS = np.arange(4)
LAGS = abs(WEEKS[:, None] - WEEKS)
PAIRS = np.array([[1, 0.5, 0.2, 0.1], [0.5, 1, 0.3, 0.2], [0.2, 0.3, 1, -0.4], [0.1, 0.2, -0.4, 1]])
STRUCTURES = [
    (ar1("week", "id"), 0.6, 0.6**LAGS),
    (ar1("week", "id"), -0.5, (-0.5) ** LAGS),
    (car1("week", "id"), [0.6], 0.6**LAGS),
    (compound_symmetry("id"), -0.2, np.where(LAGS, -0.2, 1)),
    (unstructured("week", "id"), PAIRS[np.triu_indices(4, 1)], PAIRS),
    (variances("week"), [1.5, 2, 0.5], np.diag([1, 2.25, 4, 0.25])),
    (ar1("week", "id") * variances("week"), [0.6, 1.5, 2, 0.5], 0.6**LAGS * ratio(1, 1.5, 2, 0.5)),
]


@pytest.mark.parametrize(
    ("structure", "values", "R"), STRUCTURES, ids=[repr(one) for one, *_ in STRUCTURES]
)
def test_moments_are_the_implied_covariance(structure, values, R):
    J = 4000
    made = diary(structure, values, groups=J).mood.to_numpy().reshape(J, 4)
    V = 1.0 + 4.0 * R
    scale = np.sqrt(np.outer(np.diag(V), np.diag(V)))
    assert np.abs((np.cov(made.T) - V) / scale).max() < 4 * np.sqrt(2 / J)
    np.testing.assert_allclose(made.mean(0), 5 + 0.1 * WEEKS, atol=4 * np.sqrt(V.max() / J))


def test_values_from_the_draws():
    made = diary(ar1("week", "id"), 0.5, seed=7).mood.to_numpy().reshape(3, 4)
    drawn = normals(7, 3, 6)
    e = drawn[:, 2:].copy()
    for week in (1, 2, 3):
        e[:, week] = 0.5 * e[:, week - 1] + np.sqrt(0.75) * drawn[:, 2 + week]
    np.testing.assert_allclose(made, 5 + 0.1 * WEEKS + drawn[:, :1] + 2 * e)


def test_the_same_people_from_independent_to_related():
    plain = simulate(DIARY, groups=3, per_group=4, **TRUTH).mood
    np.testing.assert_allclose(diary(ar1("week", "id"), 0.0).mood, plain)
    np.testing.assert_allclose(diary(compound_symmetry("id"), 0.0).mood, plain)
    np.testing.assert_allclose(diary(variances("week"), [1, 1, 1]).mood, plain)
    near = abs(diary(ar1("week", "id"), 0.501).mood - diary(ar1("week", "id"), 0.5).mood)
    assert 0 < near.max() < 0.02
    same = simulate(
        "mood ~ week", groups=3, per_group=4, beta=[5, 0.1], sigma=2.0,
        residual=ar1("week", "id"), values=0.5,
    )  # fmt: skip
    np.testing.assert_allclose(same.mood, diary(ar1("week", "id"), 0.5, sd=[0.0]).mood)
    more = diary(ar1("week", "id"), 0.5, groups=5, per_group=6)
    kept = more[more.id.isin(["1", "2", "3"]) & (more.week < 4)]
    np.testing.assert_allclose(kept.mood, diary(ar1("week", "id"), 0.5).mood)


@pytest.mark.parametrize("rho", [0.999999, -0.999999])
def test_residuals_that_hardly_ever_change(rho):
    made = diary(ar1("week", "id"), rho, sd=[0.0]).mood.to_numpy().reshape(3, 4) - 5 - 0.1 * WEEKS
    np.testing.assert_allclose(made, made[:, :1] * np.sign(rho) ** WEEKS, atol=0.05)


def test_tables_that_are_made():
    plain = simulate(
        "y ~ 1", groups=3, per_group=4, beta=[0], sigma=1, residual=ar1("t", "id"), values=0.5
    )
    assert list(plain) == ["y", "t", "id"] and plain.t.tolist() == [0, 1, 2, 3] * 3
    couples = simulate(
        "y ~ 1", groups=40, per_group=2, beta=[0], sigma=1,
        residual=compound_symmetry("dyad"), values=-0.9,
    )  # fmt: skip
    pair = couples.y.to_numpy().reshape(-1, 2)
    assert np.corrcoef(pair.T)[0, 1] < -0.75
    crossed = simulate(
        "y ~ t + (1 | school/child)", groups={"school": 3, "child": 4}, per_group=5, beta=[0, 1],
        sd={"school": 1, "child:school": 1}, sigma=1, residual=ar1("t", "child"), values=0.5,
    )  # fmt: skip
    assert len(crossed) == 60


def test_rows_by_themselves():
    arms = pd.DataFrame({"arm": ["a", "b"] * 4000})
    made = simulate("y ~ arm", data=arms, beta=[1, 2], sigma=1, residual=variances("arm"), values=3)
    sds = made.groupby("arm").y.std()
    assert sds.tolist() == pytest.approx([1, 3], rel=4 / np.sqrt(2 * 4000))
    few = simulate(
        "y ~ arm", data=arms[:10], beta=[1, 2], sigma=1, residual=variances("arm"), values=3
    )
    np.testing.assert_array_equal(few.y, made.y[:10])


def test_lmm_finds_the_truth_again():
    made = diary(ar1("week", "id"), 0.4, groups=80, per_group=20)
    fit = lmm(DIARY, made, residual=ar1("week", "id"))
    assert fit.residual.values[0] == pytest.approx(0.4, abs=0.08)
    assert (fit.sd["id"][0], fit.sigma) == pytest.approx((1.0, 2.0), rel=0.2)
    both = compound_symmetry("id") * variances("week")
    made = diary(both, [0.3, 2.0, 3.0], "mood ~ week", sd=(), groups=400, per_group=3)
    fit = lmm("mood ~ week", made, residual=both)
    np.testing.assert_allclose(fit.residual.values, [0.3, 2, 3], rtol=0.2)
    np.testing.assert_allclose(fit.beta, [5, 0.1], atol=0.5)


def test_people_with_related_residuals_may_leave():
    made = diary(ar1("week", "id"), 0.5, groups=20, missing=("last value", 0.4))
    assert made.mood.isna().groupby(made.week).mean().iloc[[0, -1]].tolist() == [0, 0.4]


@pytest.mark.parametrize(
    ("residual", "values", "changes", "pieces"),
    [
        (ar1("week", "id"), 1.0, {}, ["[1.0]", "positive definite"]),
        (ar1("week", "id"), -1.0, {}, ["[-1.0]", "positive definite"]),
        (ar1("week", "id"), None, {}, ["values=", "residual correlation, week 1 apart"]),
        (ar1("week", "id"), "high", {}, ["values is 'high'", "week 1 apart"]),
        (ar1("week", "id"), [0.5, 0.5], {}, ["1 parameter (", "[0.5, 0.5]"]),
        (car1("week", "id"), -0.5, {}, ["[-0.5]"]),
        (compound_symmetry("id"), -0.5, {}, ["[-0.5]"]),
        (variances("week"), [1, -2, 1], {}, ["sd ratios are positive"]),
        (unstructured("week", "id"), [0.9, -0.9, 0.9, 0, 0, 0], {}, ["positive definite"]),
        (None, 0.5, {}, ["residuals are independent"]),
        ("ar1", 0.5, {}, ["residual must be a structure"]),
        (ar1("week", "id"), 0.5, {"groups": 1}, ["groups is 1"]),
        (ar1("week", "id"), 0.5, {"per_group": 1}, ["one row only"]),
        (ar1("day", "id"), 0.5, {}, ["week, day", "data="]),
        (ar1("week", "person"), 0.5, {}, ["id, person"]),
        (variances("arm"), 2, {}, ["week, arm", "data="]),
        (variances("week"), [1, 1, 1], {"formula": "mood ~ week", "sd": ()}, ["have groups"]),
        (ar1("week", "id"), 0.5, {"formula": "mood ~ week"}, ["no random effects; leave sd out"]),
        (ar1("week", "id"), 0.5, {"formula": "mood ~ week", "sd": (), "corr": 0.5}, ["corr is"]),
        (ar1("week", "id"), 0.5, {"sigma": -1}, ["sigma is -1"]),
    ],
)
def test_what_cannot_be_related(residual, values, changes, pieces):
    with pytest.raises(LMMError) as caught:
        diary(residual, values, **changes)
    for piece in pieces:
        assert piece in str(caught.value)
