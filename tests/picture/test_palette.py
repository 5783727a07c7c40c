"""Colours can be read, and told apart by people with each kind of colour blindness."""

import itertools

import numpy as np
import pytest

from lmmlab.picture import palette

PARAMETERS = [name for name in palette.LIGHT if name.startswith("parameter:")]
SURFACES = {"paper", "card", "rule", "grid"}
MARKS = set(palette.LIGHT) - SURFACES

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(colour):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """WCAG 2.2 contrast ratio."""
    low, high = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    """CIELAB (D65) of linear RGB."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def nearest(names, colours, matrix):
    """Distance (CIE 1976) of the two colours that are most alike, and which they are."""
    seen = {name: lab(matrix @ linear(colours[name])) for name in names}
    pairs = itertools.combinations(names, 2)
    return min((float(np.linalg.norm(seen[a] - seen[b])), a, b) for a, b in pairs)


def test_the_measures_know_their_textbook_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert lab(linear("#ffffff")) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    for matrix in VISION.values():  # grey stays grey
        assert matrix @ np.ones(3) == pytest.approx(np.ones(3), abs=1e-4)
    # the known trap that the test must catch: red against green without the green cones
    trap = {"red": "#c23b3b", "green": "#6b7a1f"}
    assert nearest(trap, trap, VISION["full"])[0] > 60
    assert nearest(trap, trap, VISION["deuteranopia"])[0] < 15


@pytest.mark.parametrize("theme", palette.THEMES)
@pytest.mark.parametrize("ground", ["card", "paper"])
def test_contrast(theme, ground):
    colours = palette.THEMES[theme]
    for name in MARKS:
        assert contrast(colours[name], colours[ground]) >= 3, name
        written = palette.text_role(name)
        assert contrast(colours[written], colours[ground]) >= 4.5, name


@pytest.mark.parametrize("theme", palette.THEMES)
@pytest.mark.parametrize("vision", VISION)
def test_colours_can_be_told_apart(theme, vision):
    colours, matrix = palette.THEMES[theme], VISION[vision]
    # 2.3 is just noticeable side by side; 15 names a thin line across a picture
    assert nearest(PARAMETERS, colours, matrix)[0] >= 15
    assert nearest(["own", "model", "population", "person", "truth"], colours, matrix)[0] >= 15
    # the person and the truth among the parameters: they are also bolder, dashed or named
    assert nearest([*PARAMETERS, "person", "truth"], colours, matrix)[0] >= 10
    assert nearest(["good", "bad"], colours, matrix)[0] >= 15
    # lines through the same rows
    levels = ["parameter:within", "parameter:between", "own", "model", "person"]
    assert nearest(levels, colours, matrix)[0] >= 15


def test_both_themes_know_the_same_names():
    assert list(palette.LIGHT) == list(palette.DARK)
    assert SURFACES < set(palette.LIGHT)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="sepia"):
        palette.colour("person", "sepia")
    with pytest.raises(ValueError, match="nobody"):
        palette.colour("nobody")
