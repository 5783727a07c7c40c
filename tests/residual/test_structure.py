"""Whitening and its inverse, against covariance matrices written out."""

import numpy as np
import pytest

from lmmlab.engine.design import LMMError
from lmmlab.residual.exchangeable import Exchangeable
from lmmlab.residual.serial import Serial
from lmmlab.residual.structure import Residual
from lmmlab.residual.unequal import Unequal
from lmmlab.residual.unstructured import Unstructured

RNG = np.random.default_rng(5)
CODES = np.array([2, 0, 1, 0, 1, 2, 2, 3, 0, 2])
LEVELS = tuple("abcd")
TIMES = np.array([3.0, 0.0, 1.0, 5.0, 2.0, 0.0, 1.0, 2.0, 1.0, 2.0])
OCCASIONS = np.array([3, 0, 1, 2, 2, 0, 1, 2, 1, 2])
SIDES = np.array([0, 1, 0, 0, 1, 2, 1, 2, 0, 0])
SAME = CODES[:, None] == CODES
APART = np.abs(TIMES[:, None] - TIMES)

ar1 = Serial("id", "t", CODES, LEVELS, TIMES, continuous=False)
car1 = Serial("id", "t", CODES, LEVELS, TIMES / 3, continuous=True)
cs = Exchangeable("id", CODES, LEVELS)
un = Unstructured("id", "t", CODES, LEVELS, OCCASIONS, tuple("wxyz"))
sds = Unequal("side", SIDES, tuple("LMR"))
PAIRS = np.array([0.5, -0.2, 0.1, 0.3, 0.4, -0.1])


def full():
    matrix = np.eye(4)
    matrix[np.triu_indices(4, 1)] = PAIRS
    return (matrix + np.triu(matrix, 1).T)[OCCASIONS[:, None], OCCASIONS]


RATIOS = np.array([1.0, 2.0, 0.5])[SIDES]
CASES = {
    "ar1": (Residual(ar1), [0.6], SAME * 0.6**APART),
    "ar1 negative": (Residual(ar1), [-0.7], SAME * (-0.7) ** APART),
    "ar1 zero": (Residual(ar1), [0.0], np.eye(10)),
    "car1": (Residual(car1), [0.1], SAME * 0.1 ** (APART / 3)),
    "cs": (Residual(cs), [0.4], SAME * 0.4 + 0.6 * np.eye(10)),
    "cs negative": (Residual(cs), [-0.3], SAME * -0.3 + 1.3 * np.eye(10)),
    "un": (Residual(un), PAIRS, SAME * full()),
    "sds": (Residual(None, (sds,)), [2.0, 0.5], np.diag(RATIOS**2)),
    "both": (
        Residual(ar1, (sds,)),
        [-0.7, 2.0, 0.5],
        SAME * (-0.7) ** APART * np.outer(RATIOS, RATIOS),
    ),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


def test_the_matrix_is_that_of_the_definition(case):
    residual, values, expected = case
    phi = residual.coordinates(values)
    np.testing.assert_allclose(residual.matrix(np.arange(10), phi), expected, atol=1e-14)
    some = np.array([5, 2, 7])
    block = residual.matrix(some, phi)
    np.testing.assert_allclose(block, expected[np.ix_(some, some)], atol=1e-14)


def test_whitening_makes_it_the_identity(case):
    residual, values, expected = case
    phi = residual.coordinates(values)
    white, logdet = residual.whiten(np.eye(10), phi)
    np.testing.assert_allclose(white.T @ expected @ white, np.eye(10), atol=1e-13)
    assert logdet == pytest.approx(np.linalg.slogdet(expected)[1], abs=1e-13)
    columns = RNG.normal(size=(2, 3, 10))
    there = residual.colour(columns, phi)
    np.testing.assert_allclose(residual.whiten(there, phi)[0], columns, atol=1e-13)


def test_values_come_back(case):
    residual, values, _ = case
    phi = residual.coordinates(values)
    np.testing.assert_allclose(residual.values(phi), values, atol=1e-14)
    assert len(residual.names) == len(phi) == len(residual.start)
    for part, own in zip(residual.parts, residual.places, strict=True):
        scaled = part.scaled(phi[own])
        np.testing.assert_allclose(part.unscaled(scaled), part.values(phi[own]), atol=1e-14)
    assert min(residual.edges(phi)) > 0.03


def test_the_start_is_no_structure_or_half_at_the_median_gap():
    for residual in (Residual(ar1), Residual(cs), Residual(un), Residual(None, (sds,))):
        np.testing.assert_allclose(
            residual.matrix(np.arange(10), residual.start), np.eye(10), atol=1e-15
        )
    start = car1.start
    assert car1.values(start)[0] ** np.median(car1.gaps[np.isfinite(car1.gaps)]) == pytest.approx(
        0.5
    )


def test_residuals_drawn_have_the_covariance():
    residual, values, expected = CASES["both"]
    drawn = residual.colour(
        np.random.default_rng(2).standard_normal((40_000, 10)), residual.coordinates(values)
    )
    error = np.sqrt((expected**2 + np.outer(np.diag(expected), np.diag(expected))) / 40_000)
    assert (np.abs(drawn.T @ drawn / 40_000 - expected) < 4.5 * error).all()


def test_a_step_is_the_common_gap():
    twice = Serial("id", "age", CODES, LEVELS, 8 + 2 * TIMES, continuous=False)
    assert (ar1.step, twice.step) == (1.0, 2.0)
    phi = np.array([-0.4])
    np.testing.assert_array_equal(twice.whiten(TIMES, phi)[0], ar1.whiten(TIMES, phi)[0])
    assert twice.names == ("residual correlation, age 2 apart",)


@pytest.mark.parametrize(
    ("residual", "values"),
    [
        (Residual(ar1), [1.0]),
        (Residual(ar1), [-1.2]),
        (Residual(car1), [-0.1]),
        (Residual(cs), [-0.34]),
        (Residual(un), [0.9, -0.9, 0.0, 0.9, 0.0, 0.0]),
        (Residual(None, (sds,)), [1.0, -1.0]),
        (Residual(None, (sds,)), [0.0, 1.0]),
        (Residual(ar1, (sds,)), [0.5]),
    ],
)
def test_what_cannot_be_is_refused(residual, values):
    with pytest.raises(LMMError, match=r"cannot be related|has \d parameters"):
        residual.coordinates(values)


@pytest.mark.parametrize(
    ("part", "phi"),
    [(ar1, [9.5]), (ar1, [-9.5]), (car1, [25.0]), (car1, [-6.0]), (cs, [17.0]), (cs, [-17.0])],
)
def test_the_edge_is_near(part, phi):
    assert 0.0 <= part.edge(np.array(phi)) < 1e-6
    white, logdet = part.whiten(np.eye(10), np.array(phi))
    assert np.isfinite(white).all()
    assert np.isfinite(logdet)


def test_a_structure_is_of_something():
    with pytest.raises(LMMError, match="needs a correlation or unequal variances"):
        Residual()


def test_groups_that_lack_occasions_each_in_its_own_way():
    """Several patterns of two and of three occasions, worked out together."""
    there = np.array([[1, 1, 1, 0], [1, 0, 1, 1], [0, 1, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]])
    codes, occasions = np.nonzero(np.vstack([there, there[::-1]]))
    order = RNG.permutation(len(codes))
    codes, occasions = codes[order], occasions[order]
    part = Unstructured("id", "t", codes, tuple("abcdefghij"), occasions, tuple("wxyz"))
    residual = Residual(part)
    phi = residual.coordinates(PAIRS)
    matrix = np.eye(4)
    matrix[np.triu_indices(4, 1)] = PAIRS
    matrix += np.triu(matrix, 1).T
    expected = (codes[:, None] == codes) * matrix[occasions[:, None], occasions]
    np.testing.assert_allclose(residual.matrix(np.arange(len(codes)), phi), expected, atol=1e-14)
    white, logdet = residual.whiten(np.eye(len(codes)), phi)
    np.testing.assert_allclose(white.T @ expected @ white, np.eye(len(codes)), atol=1e-13)
    assert logdet == pytest.approx(np.linalg.slogdet(expected)[1])
