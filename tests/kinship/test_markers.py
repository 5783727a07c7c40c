"""Allele counts made ready, families that have them, and the p-values of thousands."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln
from scipy.stats import chi2, t

from lmmlab import LMMError
from lmmlab.kinship.chance import lambda_gc, log10_p_of_chi2, log10_p_of_t, qq
from lmmlab.kinship.families import families, pedigree_relationship
from lmmlab.kinship.markers import markers, relationship


def test_relationship_is_that_of_standardised_columns():
    counts = np.random.default_rng(1).integers(0, 3, (30, 80)).astype(float)
    counts[:, 5] = 1.0
    W = np.delete(counts, 5, axis=1)
    W = (W - W.mean(0)) / W.std(0, ddof=1)
    assert relationship(counts) == pytest.approx(W @ W.T / 79, abs=1e-13)


def test_missing_counts_are_the_mean():
    read = markers([[0.0, np.nan], [1.0, 2.0], [2.0, 0.0], [np.nan, 2.0]])
    assert read.counts.tolist() == [[0.0, 4 / 3], [1.0, 2.0], [2.0, 0.0], [1.0, 2.0]]
    assert read.missing.tolist() == [1, 1]
    assert read.frequency == pytest.approx([0.5, 2 / 3])


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([1.0, 2.0], "must be a table of allele counts"),
        (np.zeros((3, 0)), "must be a table of allele counts"),
        ([["AA"], ["AB"]], "must be a table of allele counts"),
        ([[0.0, np.inf], [1.0, 1.0]], "infinite count"),
        ([[0.0, np.nan], [1.0, np.nan]], "Marker 2 has no count at all"),
    ],
)
def test_markers_that_cannot_be_are_refused(counts, said):
    with pytest.raises(LMMError, match=said):
        markers(counts)


def test_no_relationship_without_variation():
    with pytest.raises(LMMError, match="No marker varies"):
        relationship(np.ones((4, 3)))


def test_families_are_mendelian():
    people = families(6, children=2, markers=40_000, seed=2)
    off = people.counts - 2 * people.frequency
    scaled = off / np.sqrt(2 * people.frequency * (1 - people.frequency))
    assert scaled @ scaled.T / 40_000 == pytest.approx(people.expected, abs=0.03)
    child, mother, father = people.counts[2], people.counts[0], people.counts[1]
    assert not ((mother == 0) & (father == 0) & (child > 0)).any()
    assert ((mother == 2) & (father == 2) <= (child == 2)).all()
    both = (mother == 1) & (father == 1)
    assert [np.mean(child[both] == k) for k in range(3)] == pytest.approx(
        [0.25, 0.5, 0.25], abs=0.02
    )


def test_more_families_leave_the_others_alone():
    few, many = families(3, markers=20, seed=5), families(9, markers=20, seed=5)
    assert (few.counts == many.counts[:12]).all()
    assert (few.female == many.female[:12]).all()
    assert few.table().columns.tolist() == ["id", "family", "female", "population"]
    assert few.markers().shape == (12, 20)


def test_populations_differ_by_fst():
    people = families(2000, children=0, markers=200, seed=1, populations=2, distance=0.1)
    means = [people.counts[people.population == k].mean(0) / 2 for k in (0, 1)]
    middle = (means[0] + means[1]) / 2
    apart = ((means[0] - means[1]) ** 2 / 2).sum() / (middle * (1 - middle)).sum()
    assert apart == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (dict(number=0), "number is 0"),
        (dict(number=2, children=-1), "children is -1"),
        (dict(number=2, markers=2.5), "markers is 2.5"),
        (dict(number=2, distance=1.0), "F_ST lies between"),
        (dict(number=2, distance="0.1"), "F_ST lies between"),
    ],
)
def test_families_that_cannot_be_are_refused(options, said):
    with pytest.raises(LMMError, match=said):
        families(**options)


def test_pedigree():
    #    0 - 1        2 (half sib of 3, 4 by 0), cousins 7 and 8
    mother = [-1, -1, -1, 1, 1, -1, -1, 3, 6]
    father = [-1, -1, 0, 0, 0, -1, -1, 5, 4]
    A = pedigree_relationship(mother, father)
    assert A[3, 4] == 0.5
    assert A[2, 3] == 0.25
    assert A[0, 7] == 0.25
    assert A[7, 8] == 0.125
    assert (np.diag(A) == 1.0).all()
    with pytest.raises(LMMError, match="Person 1 stands before a parent"):
        pedigree_relationship([1, -1], [-1, -1])


@pytest.mark.parametrize(
    ("mother", "father"),
    [([-1, 0], [-1]), ([-1, 0.0], [-1, -1]), (["a"], ["b"]), ([None], [None]), ([-1, -2], [-1, 0])],
)
def test_a_pedigree_that_cannot_be_is_refused(mother, father):
    with pytest.raises(LMMError, match="lists of whole numbers, of the same length"):
        pedigree_relationship(mother, father)


def far(x, df):
    """log10 of the two-sided p of t by quadrature of its density, in logarithms."""

    def log_density(u):
        return -(df + 1) / 2 * np.log1p(u * u / df)

    def relative(u):
        return np.exp(log_density(x * np.exp(u)) - log_density(x) + u)

    area = quad(relative, 0, 20, limit=400, epsabs=0, epsrel=1e-12, points=[0.01, 0.1])[0]
    scale = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(df * np.pi)
    return (np.log(2 * x * area) + scale + log_density(x)) / np.log(10)


def test_p_values_far_down():
    near = np.array([0.0, 0.5, 2.0, 5.0])
    assert 10 ** log10_p_of_t(near, 7.0) == pytest.approx(2 * t.sf(near, 7.0), rel=1e-12)
    for x, df in ((30.0, 596.0), (60.0, 596.0), (1e3, 596.0), (1e80, 3.0), (200.0, 40.0)):
        assert float(log10_p_of_t(np.array([x]), df)[0]) == pytest.approx(far(x, df), rel=1e-10)
    assert 10 ** log10_p_of_chi2(near) == pytest.approx(chi2.sf(near, 1), rel=1e-12)
    tail = np.log(2.0) - 5e5 - np.log(1e3 * np.sqrt(2 * np.pi))  # and terms of 1e-6
    assert log10_p_of_chi2(np.array([1e6]))[0] == pytest.approx(tail / np.log(10), rel=1e-10)


def test_inflation_and_qq_of_chance():
    z = np.random.default_rng(1).standard_normal(20_000)
    assert lambda_gc(log10_p_of_chi2(z**2)) == pytest.approx(1.0, abs=0.05)
    assert lambda_gc(log10_p_of_chi2(1.3 * z**2)) == pytest.approx(1.3, abs=0.06)
    out = []
    for seed in range(40):
        found = qq(np.log10(np.random.default_rng(seed).random(200)))
        out.append((found.observed > found.upper) | (found.observed < found.lower))
    assert np.mean(out) == pytest.approx(0.05, abs=0.02)
    assert (np.diff(found.expected) < 0).all()
    pair = lambda_gc(log10_p_of_chi2(np.array([1.0, 4.0])))  # the mean of chi2, not of log p
    assert pair == pytest.approx(2.5 / chi2.median(1))
    far = -400.0  # log10 p; chi2 is about -2 log p
    assert log10_p_of_chi2(lambda_gc([far]) * chi2.median(1)) == pytest.approx(far)
    with pytest.raises(LMMError, match="no p-values"):
        qq([np.nan])
