"""Shapes: mean 0, sd 1 and the stated form, by quadrature; the order of people is kept."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lmmlab.engine.design import LMMError
from lmmlab.study.shape import NORMAL, Shape

SHAPES = [
    Shape(),
    Shape("t", 4.5),
    Shape("t"),
    Shape("t", 40),
    Shape("skewed"),
    Shape("skewed", 0.0),
    Shape("skewed", 0.05),
    Shape("skewed", -1.3),
    Shape("skewed", 5),
    Shape("bimodal"),
    Shape("bimodal", 0),
    Shape("bimodal", 0.5),
    Shape("bimodal", 0.95),
]


def moment(shape, power):
    """E bend(z)^power by the trapezoidal rule."""
    z = np.linspace(-16, 16, 40_001)
    return np.trapezoid(shape.bend(z) ** power * stats.norm.pdf(z), z)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_mean_and_sd(shape):
    assert moment(shape, 0) == pytest.approx(1, abs=1e-12)
    assert moment(shape, 1) == pytest.approx(0, abs=1e-9)
    assert moment(shape, 2) == pytest.approx(1, abs=1e-6)


def test_the_form():
    assert moment(Shape("skewed", 1.5), 3) == pytest.approx(1.5, abs=1e-6)
    assert moment(Shape("skewed", -0.4), 3) == pytest.approx(-0.4, abs=1e-8)
    assert moment(Shape("t", 10), 4) == pytest.approx(3 + 6 / (10 - 4), abs=1e-5)
    a = 0.9  # a mixture's fourth moment: a^4 + 6 a^2 s^2 + 3 s^4
    s = 1 - a**2
    expected = a**4 + 6 * a**2 * s + 3 * s**2
    assert moment(Shape("bimodal", a), 4) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("shape", "peer"),
    [
        (Shape("t", 3), stats.t(3, scale=1 / np.sqrt(3))),
        (Shape("skewed"), stats.expon(loc=-1)),
        (Shape("skewed", -2), None),
    ],
)
def test_quantiles_of_known_distributions(shape, peer):
    z = np.arange(-200, 201) * 0.04  # with an exact 0
    lower, upper = stats.norm.cdf(z), stats.norm.sf(z)
    if peer is None:
        np.testing.assert_allclose(shape.bend(z), -Shape("skewed", 2).bend(-z), rtol=1e-12)
    else:
        near = np.where(z < 0, peer.ppf(lower), peer.isf(upper))
        np.testing.assert_allclose(shape.bend(z), near, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("a", [0.0, 0.3, 0.9, 0.999])
def test_two_kinds_of_people(a):
    z = np.arange(-600, 601) * 0.02  # with an exact 0
    x, s = Shape("bimodal", a).bend(z), np.sqrt(1 - a**2)
    both = (stats.norm.sf(np.abs(x), a, s) + stats.norm.sf(np.abs(x), -a, s)) / 2
    np.testing.assert_allclose(both, stats.norm.sf(np.abs(z)), rtol=1e-10)
    np.testing.assert_array_equal(np.sign(np.round(x, 12)), np.sign(z))


@given(
    st.sampled_from(SHAPES),
    st.lists(st.floats(-20, 20, allow_subnormal=False), min_size=2, max_size=20),
)
def test_the_order_of_people_is_kept(shape, z):
    z = np.sort(z)
    x = shape.bend(z)
    assert np.isfinite(x).all()
    assert (np.diff(x) >= -1e-9 * np.abs(x[1:])).all()


def test_a_slider_deforms():
    z = np.linspace(-4, 4, 81)
    for kind, amounts in (("skewed", (0, 1e-4)), ("bimodal", (0, 1e-4)), ("t", (1e9, 2e9))):
        for amount in amounts:
            np.testing.assert_allclose(Shape(kind, amount).bend(z), z, atol=5e-4)
    np.testing.assert_allclose(
        Shape("skewed", 2.0).bend(z), Shape("skewed", 2.0001).bend(z), atol=1e-3
    )
    assert Shape("t") == Shape("t", None) and Shape("t").bend(z)[0] == Shape("t", 5).bend(z)[0]
    assert NORMAL.bend(z) is z and Shape("skewed").bend(z.reshape(9, 9)).shape == (9, 9)
    assert pickle.loads(pickle.dumps(Shape("t", 3))) == Shape("t", 3)


@pytest.mark.parametrize(
    ("kind", "amount", "says"),
    [
        ("cauchy", None, "no shape 'cauchy'. Choose one of normal, t, skewed, bimodal"),
        ("t", 2, "2 degrees of freedom has no sd"),
        ("t", np.nan, "Take a number above 2"),
        ("t", np.inf, "Take a number above 2"),
        ("skewed", 11, "skewness is 11"),
        ("skewed", np.nan, "skewness is nan"),
        ("bimodal", 1.0, "cannot be 1 from the mean"),
        ("bimodal", -0.1, "from 0 to 0.999"),
    ],
)
def test_what_is_no_shape(kind, amount, says):
    with pytest.raises(LMMError, match=says):
        Shape(kind, amount)


def test_little_skewness_is_continuous():
    z = np.linspace(-8.0, 8.0, 161)
    for amount in (1e-160, 1e-5, 3e-4, 9.9e-4, 1.01e-3):
        bent = Shape("skewed", amount).bend(z)
        assert np.isfinite(bent).all()
        assert np.abs(bent - z - amount * (z * z - 1.0) / 6.0).max() < 1e-3


def test_peaks_that_are_almost_two_points():
    z = np.linspace(-37.0, 37.0, 20_001)
    bent = Shape("bimodal", 0.999).bend(z)
    assert np.isfinite(bent).all() and (np.diff(bent) >= 0.0).all()
    with pytest.raises(LMMError, match=r"to 0\.999"):
        Shape("bimodal", 0.9999)
