"""Matrices of relationship that cannot be, and those that can."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, lmm, load, simulate
from lmmlab.engine.design import grouped
from lmmlab.formula import design
from lmmlab.kinship.families import families
from lmmlab.kinship.heritability import heritability
from lmmlab.kinship.markers import relationship
from lmmlab.kinship.related import related
from lmmlab.model.fit import fit

FORMULA = "y ~ sex + (1 | id)"


def term(J=4):
    one = np.ones((J, 1))
    return grouped(np.arange(J), one, one, list("abcdefgh")[:J]).terms[0]


GOOD = np.array([[1.0, 0.5, 0.0, 0.0], [0.5, 1.0, 0, 0], [0, 0, 1, 0.2], [0, 0, 0.2, 1]])


def spoilt(row, column, value):
    K = GOOD.copy()
    K[row, column] = value
    return K


@pytest.mark.parametrize(
    ("K", "said"),
    [
        (GOOD[:3], "must be a square matrix of numbers, .* this is 3 x 4"),
        (1.0, "this is a float"),
        ([[1.0, 0.5], [0.5]], "must be a square matrix"),
        (GOOD.astype(str), "must be a square matrix of numbers, .* this is 4 x 4 of <U"),
        (np.empty((0, 0)), "must be a square matrix of numbers, .* this is 0 x 0"),
        (GOOD[:3, :3], "is 3 x 3, and group has 4 levels.*in the order of the levels: a, b, c"),
        (spoilt(1, 2, np.nan), "holds nan in row 2, column 3"),
        (spoilt(3, 0, np.inf), "holds inf in row 4, column 1"),
        (spoilt(0, 2, 0.3), "not symmetric: 0.3 in row 1, column 3, but 0 in row 3, column 1"),
        (spoilt(0, 1, 3.0) + spoilt(1, 0, 3.0), "its smallest eigenvalue is -1.5, its largest 5.5"),
        (np.zeros((4, 4)), "its smallest eigenvalue is 0, its largest 0"),
        (-GOOD, "its smallest eigenvalue is -1.5"),
    ],
)
def test_a_matrix_that_cannot_be_is_refused(K, said):
    with pytest.raises(LMMError, match=said):
        related(term(), K)


def test_rounding_is_forgiven():
    noise = 1e-10 * np.random.default_rng(1).standard_normal((4, 4))
    twins = np.kron(np.eye(2), np.ones((2, 2)))
    for K in (GOOD + noise, twins + noise):
        known = related(term(), K).relation
        assert known.root @ known.root.T == pytest.approx(K, abs=1e-9)
        assert known.own == pytest.approx(np.diag(K), abs=1e-9)


def test_six_digits_or_single_precision_will_do():
    people = families(10, markers=20, seed=3)
    exact = relationship(people.counts)  # half of its eigenvalues are zero
    data = trait(1, 1.0, people, exact)
    whole = lmm("y ~ 1 + (1 | id)", data, relationship={"id": exact})
    for K in (exact.round(6), exact.astype(np.float32)):
        assert np.linalg.eigvalsh(K.astype(float))[0] < -1e-8
        model = lmm("y ~ 1 + (1 | id)", data, relationship={"id": K})
        assert model.deviance == pytest.approx(whole.deviance, abs=1e-3)


def test_a_table_of_other_kinds_of_numbers(K):
    data = load("kinship")
    whole = lmm(FORMULA, data, relationship={"id": K})
    for kind in ("Float64", pd.SparseDtype(float)):
        model = lmm(FORMULA, data, relationship={"id": K.astype(kind)})
        assert model.deviance == whole.deviance
    gone = K.astype("Float64")
    gone.iloc[3, 7] = pd.NA
    with pytest.raises(LMMError, match="holds nan in row 4, column 8"):
        lmm(FORMULA, data, relationship={"id": gone})


def test_a_superfluous_person_must_have_numbers_too():
    K = np.pad(GOOD, (0, 1), constant_values=np.nan)
    with pytest.raises(LMMError, match="holds nan in row 1, column 5"):
        related(term(), K, ["a", "b", "c", "d", "e"])


def test_heritability_is_told_of_someone_with_1_on_the_diagonal():
    people = families(30, seed=2)
    K, data = people.expected, trait(1, 1.0, people, people.expected)
    whole = heritability(lmm("y ~ 1 + (1 | id)", data, relationship={"id": K}))
    half = heritability(lmm("y ~ 1 + (1 | id)", data, relationship={"id": K / 2}))
    assert "diagonal" not in whole.table.note
    assert "in these rows it is 0.5 on average. Coefficients of kinship" in half.table.note
    assert half.h2 > whole.h2 > 0.1
    with pytest.raises(LMMError, match=r"Fit random intercepts alone, such as \(1 | id\)"):
        doubled = data.assign(two=2.0)
        heritability(lmm("y ~ 1 + (0 + two | id)", doubled, relationship={"id": K}))
    made = design("y ~ 1 + (1 | id)", data, relationship={"id": K})
    with pytest.raises(LMMError, match="With weights"):
        heritability(fit(replace(made, weights=np.linspace(1.0, 2.0, 120))))
    with pytest.raises(LMMError, match="group must be one of id"):
        heritability(fit(made), ["id"])


def test_names_are_looked_up_and_superfluous_people_left_out():
    names = ["x", "d", "b", "a", "c", "y"]
    K = relationship(np.random.default_rng(3).integers(0, 3, (6, 50)))
    known = related(term(), K, names).relation
    order = [3, 2, 4, 1]
    assert known.root @ known.root.T == pytest.approx(K[np.ix_(order, order)], abs=1e-12)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a", "b", "c"], "is 4 x 4, but has 3 names"),
        (["a", "b", "c", "c"], "two rows called c"),
        (["a", "b", "x", "y"], "no row for c and d"),
    ],
)
def test_names_that_cannot_be_are_refused(names, said):
    with pytest.raises(LMMError, match=said):
        related(term(), GOOD, names)


def test_a_table_needs_the_same_names_on_both_axes(K):
    data = load("kinship")
    whole = lmm(FORMULA, data, relationship={"id": K})
    turned = K.sample(frac=1, random_state=1)
    turned = turned[turned.columns[::-1]]
    assert lmm(FORMULA, data, relationship={"id": turned}).deviance == pytest.approx(whole.deviance)
    in_order = lmm(FORMULA, data, relationship={"id": K.to_numpy()})
    assert in_order.deviance == pytest.approx(whole.deviance, rel=1e-12)
    for wrong, said in (
        (K.reset_index(drop=True), r"the same names on both axes.*table.set_index\(column\)"),
        (K.rename(columns={"i002": "i001"}), "i002"),
        (K.iloc[:-1, :-1], "no row for i200"),
        (K.rename(index={"i007": "x"}), "i007"),
    ):
        with pytest.raises(LMMError, match=said):
            lmm(FORMULA, data, relationship={"id": wrong})
    few = data.iloc[20:150]  # the other people are superfluous now
    assert lmm(FORMULA, few, relationship={"id": K}).ngroups == {"id": 130}


def test_numbers_as_names():
    people = families(10, seed=2)
    data = people.table().assign(id=np.arange(40), y=np.random.default_rng(1).normal(size=40))
    names = np.arange(40.0)
    K = pd.DataFrame(people.expected, names, names)
    model = lmm("y ~ female + (1 | id)", data, relationship={"id": K})
    assert model.blups["id"].rows[:3] == ("0", "1", "2")


@pytest.mark.parametrize(
    ("relationship", "said"),
    [
        ({"pedigree": np.eye(200)}, r"a matrix for pedigree, but the formula groups by id"),
        (np.eye(200), r'such as relationship=\{"id": K\}'),
        ({}, "must name the grouping factor"),
    ],
)
def test_a_relationship_of_nobody_is_refused(relationship, said):
    with pytest.raises(LMMError, match=said):
        lmm(FORMULA, load("kinship"), relationship=relationship)


def test_a_multiple_of_the_identity_with_a_row_each_is_refused():
    with pytest.raises(LMMError, match="so that it is no multiple of the identity"):
        lmm(FORMULA, load("kinship"), relationship={"id": 3.0 * np.eye(200)})


def test_relatives_who_are_just_those_of_one_family_are_refused():
    people = families(12, children=1, markers=1, seed=1)
    same = people.family[:, None] == people.family  # half alike, all of them
    data = people.table().assign(y=np.random.default_rng(1).standard_normal(36))
    with pytest.raises(LMMError, match="and not just those that share family"):
        K = {"id": (same + np.eye(36)) / 2}
        lmm("y ~ 1 + (1 | id) + (1 | family)", data, relationship=K)


def trait(seed, noise, people, K):
    truth = dict(beta=[1.0], sd=[1.0], sigma=noise, relationship={"id": K}, seed=seed)
    return simulate("y ~ 1 + (1 | id)", data=people.table(), **truth)


def test_a_likelihood_without_bound_is_said():
    people = families(15, markers=300, seed=1)
    K = relationship(people.counts)
    data = trait(1, 0.05, people, K)
    with pytest.raises(LMMError, match="likelihood grows without bound as residual noise vanishes"):
        lmm("y ~ 1 + (1 | id)", data, reml=False, relationship={"id": K})
    model = lmm("y ~ 1 + (1 | id)", data, relationship={"id": K})
    assert model.converged


def test_no_residual_noise_is_said():
    people = families(15, markers=300, seed=3)
    found = []
    for seed in range(1, 9):
        data = trait(seed, 0.01, people, people.expected)
        model = lmm("y ~ 1 + (1 | id)", data, relationship={"id": people.expected})
        assert model.converged
        told = heritability(model)
        h2 = told.h2
        assert np.isfinite(told.se) == (h2 < 1 - 1e-6)
        assert ("Nothing is left for residual noise" in model.message) == (h2 > 1 - 1e-6)
        found.append(h2 > 1 - 1e-6)
        if found[-1]:
            assert model.test().values[0, 2] == pytest.approx(59.0)  # as if V were known
            with pytest.raises(LMMError, match="residual noise where it is estimated to be zero"):
                model.test("kenward-roger")
    assert 0 < sum(found) < 8


def test_simulated_relatives_are_alike():
    people = families(400, children=2, markers=1, seed=1)
    K = people.expected
    y = trait(2, 0.5, people, K)["y"].to_numpy().reshape(400, 4)
    pairs = np.cov(y.T)
    assert pairs == pytest.approx(K[:4, :4] + 0.25 * np.eye(4), abs=0.2)
    again = trait(2, 0.5, families(100, children=2, markers=1, seed=1), K[:400, :400])
    assert again["y"].to_numpy() == pytest.approx(y[:100].ravel())


def test_lines_of_relatives_stand_last_so_spreads_are_given_by_name():
    people = families(4, seed=1)
    data = people.table().assign(x=np.arange(16.0), site=[0, 1] * 8)
    truth = dict(data=data, beta=[0.0, 0.0], sigma=1.0, relationship={"id": people.expected})
    with pytest.raises(LMMError, match=r'sd=\{"site": \.\.\., "id"'):
        simulate("y ~ x + (x | id) + (1 | site)", sd=[1.0, 2.0, 3.0], **truth)
    spreads = {"id": [1.0, 2.0], "site": 3.0}
    assert len(simulate("y ~ x + (x | id) + (1 | site)", sd=spreads, **truth)) == 16
    assert len(simulate("y ~ x + (1 | id) + (1 | site)", sd=[1.0, 2.0], **truth)) == 16
