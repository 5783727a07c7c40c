"""Axes stand still while a slider moves, hold all that is drawn, and carry round numbers."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lmmlab.picture.axis import caption, cover, tick_labels, ticks
from lmmlab.picture.marks import Axis

numbers = st.floats(-1e6, 1e6)


def test_cover_stands_still_inside_and_moves_in_whole_steps_outside():
    window = (200.0, 450.0)
    assert cover(window, step=50.0) == window
    assert cover(window, np.array([200.0, 450.0]), step=50.0) == window
    assert cover(window, np.array([[199.9], [450.1]]), step=50.0) == (150.0, 500.0)
    assert cover(window, np.array([99.0]), np.array([501.0]), step=50.0) == (50.0, 550.0)
    assert cover(window, np.array([np.nan, np.inf, -np.inf]), np.empty(0), step=50.0) == window


@given(st.lists(numbers), st.floats(0.01, 1e3))
def test_cover_holds_everything_and_is_never_a_step_too_far(content, step):
    low, high = cover((-1.0, 1.0), np.array(content), step=step)
    everything = [*content, -1.0, 1.0]
    assert low <= min(everything) and max(everything) <= high
    assert low > min(everything) - step * (1 + 1e-6)
    assert high < max(everything) + step * (1 + 1e-6)
    assert (-1.0 - low) / step == pytest.approx(round((-1.0 - low) / step), abs=1e-6)


@pytest.mark.parametrize(
    ("limits", "whole", "room", "expected"),
    [
        ((-0.3, 9.3), True, 6, [0, 2, 4, 6, 8]),
        ((0.0, 1.0), False, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ((-0.04, 1.08), False, 3, [0, 0.5, 1]),
        ((0.5, 3.5), True, 10, [1, 2, 3]),
        ((-8.0, 28.0), False, 6, [0, 10, 20]),
        ((-8.0, 28.0), False, 8, [-5, 0, 5, 10, 15, 20, 25]),
        ((1e-6, 3e-6), False, 6, [1e-6, 1.5e-6, 2e-6, 2.5e-6, 3e-6]),
        ((1990.0, 2024.0), True, 4, [1990, 2000, 2010, 2020]),
        ((2.1, 2.9), True, 6, []),
    ],
)
def test_ticks_of_known_axes(limits, whole, room, expected):
    assert ticks(Axis("x", limits, whole=whole), room).tolist() == pytest.approx(expected)


def test_an_axis_may_go_without_ticks():
    assert ticks(Axis("", (0.0, 3.0), ticked=False)).size == 0


@given(numbers, st.floats(1e-3, 1e6), st.integers(2, 12), st.booleans())
def test_ticks_are_round_inside_and_never_crowded(low, span, room, whole):
    assume(span > 1e-5 * abs(low))  # below, the step itself is lost to rounding
    places = ticks(Axis("x", (low, low + span), whole=whole), room)
    assert len(places) <= room
    slack = 1e-6 * span
    assert ((places >= low - slack) & (places <= low + span + slack)).all()
    if whole:
        assert (places == np.round(places)).all()
    if len(places) > 1:
        step = places[1] - places[0]
        mantissa = step / 10 ** math.floor(math.log10(step * (1 + 1e-9)))
        assert min(abs(mantissa - m) for m in (1, 2, 5)) < 1e-3
        # the next finer step would not have had room
        assert span / step >= room / 2.5 - 2 or (whole and step == 1)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.30000000000000004, "0.3"),
        (-5.0, "−5"),
        (0.25, "0.25"),
        (1990.0, "1990"),
        (10000.0, "10,000"),
        (-1234567.0, "−1,234,567"),
        (0.0005, "0.0005"),
        (2e-6, "2e−06"),
        (3e9, "3e+09"),
    ],
)
def test_labels_have_a_minus_sign_and_no_noise(number, text):
    places = np.array([number]) + 0.0
    assert tick_labels(places) == (text,)


@given(numbers, st.floats(1e-3, 1e6))
def test_labels_say_which_tick_they_mean(low, span):
    assume(span > 1e-5 * abs(low))  # below, the step itself is lost to rounding
    places = ticks(Axis("x", (low, low + span)))
    read = [float(label.replace("−", "-").replace(",", "")) for label in tick_labels(places)]
    assert read == pytest.approx(places.tolist(), rel=1e-6, abs=1e-9)
    assert len(set(read)) == len(places)


def test_caption_carries_the_unit():
    assert caption(Axis("start", (0.0, 1.0), "ms")) == "start, ms"
    assert caption(Axis("weight", (0.0, 1.0))) == "weight"


@pytest.mark.parametrize("limits", [(1.0, 1.0), (2.0, 1.0), (np.nan, 1.0), (0.0, np.inf)])
def test_an_axis_without_extent_is_refused(limits):
    with pytest.raises(ValueError, match="reaction time"):
        Axis("reaction time", limits)
