import json

import numpy as np
import pytest

from lmmlab.picture.marks import (
    Axis,
    Band,
    Bars,
    Ellipse,
    Heatmap,
    Label,
    Line,
    Panel,
    Picture,
    Points,
    Segments,
)
from lmmlab.picture.pack import NOT_THERE, SCALE, START, axes, labels, pack, structure

WIDEST = 2600  # pixels that an axis may have for codes to be good to a tenth of a pixel


def unpack(picture):
    """Decode a picture's buffer: for each panel, for each mark, (x, y, cells) in data units."""
    codes = np.frombuffer(pack(picture), "<u2").astype(float)
    codes[codes == NOT_THERE] = np.nan
    shares = (codes - START) / SCALE
    at, panels = 0, []
    for told, (x, y) in zip(structure(picture), axes(picture), strict=True):
        parts = []
        for which, limits in enumerate((x["limits"], y["limits"], (0.0, 1.0))):
            low, high = limits
            for number, mark in enumerate(told["marks"]):
                size = mark["n"][which]
                if which == 0:
                    parts.append([])
                parts[number].append(low + (high - low) * shares[at : at + size])
                at += size
        panels.append(parts)
    assert at == len(codes)
    return panels


def one(mark, x=(0.0, 100.0), y=(-1.0, 1.0)):
    picture = Picture((Panel("one", Axis("x", x), Axis("y", y), (mark,)),))
    return unpack(picture)[0][0]


def close(got, want, limits):
    pixel = (limits[1] - limits[0]) / WIDEST
    np.testing.assert_allclose(got, want, rtol=0, atol=0.1 * pixel)


X, Y = (0.0, 100.0), (-1.0, 1.0)
RNG = np.random.default_rng(7)


def test_lines_and_their_gaps():
    x, y = RNG.uniform(*X, (5, 4)), RNG.uniform(*Y, (5, 4))
    y[2, 1] = np.nan
    got = one(Line(x, y, "own"))
    close(got[0], x.ravel(), X)
    close(got[1], y.ravel(), Y)


def test_points_segments_bars_bands():
    a, b = RNG.uniform(*X, (2, 6))
    c, d = RNG.uniform(*Y, (2, 6))
    x, y, _ = one(Points(a, c, "own"))
    close(x, a, X), close(y, c, Y)
    x, y, _ = one(Segments(a, c, b, d, "model"))
    close(x, np.r_[a, b], X), close(y, np.r_[c, d], Y)
    x, y, _ = one(Bars(a, c, d, 3.0, "model"))
    close(x, np.r_[a - 1.5, a + 1.5], X), close(y, np.r_[c, d], Y)
    x, y, _ = one(Band(a, c, d, "model"))
    close(x, a, X), close(y, np.r_[c, d], Y)


@pytest.mark.parametrize("rho", [-1.0, -0.4, 0.0, 0.9, 1.0])
@pytest.mark.parametrize("sd", [(12.0, 0.3), (0.0, 0.3), (12.0, 0.0), (0.0, 0.0)])
def test_three_points_draw_the_ellipse(rho, sd):
    cov = np.outer(sd, sd) * np.array([[1.0, rho], [rho, 1.0]])
    x, y, _ = one(Ellipse(np.array([50.0, 0.1]), cov, "model", scale=2.0))
    t = np.linspace(0.0, 2.0 * np.pi, 2001)
    px = x[0] + (x[1] - x[0]) * np.cos(t) + (x[2] - x[0]) * np.sin(t)
    py = y[0] + (y[1] - y[0]) * np.cos(t) + (y[2] - y[0]) * np.sin(t)
    # its farthest points lie `scale` sds from the centre, and where x is farthest y follows rho
    assert np.ptp(px) == pytest.approx(4.0 * sd[0], abs=0.02)
    assert np.ptp(py) == pytest.approx(4.0 * sd[1], abs=4e-4)
    far = py[np.argmax(px)] - y[0] if sd[0] > 0 else 0.0
    assert far == pytest.approx(2.0 * rho * sd[1] * (sd[0] > 0), abs=2e-3)


def test_heatmap_cells_are_shares_of_the_strongest_colour():
    values = np.array([[0.0, 5.0, 10.0], [-3.0, 20.0, np.nan]])
    edges = np.linspace(*X, 4), np.linspace(*Y, 3)
    x, y, cells = one(Heatmap(*edges, values, "model", (0.0, 10.0)))
    close(x, edges[0], X), close(y, edges[1], Y)
    np.testing.assert_allclose(cells, [0.0, 0.5, 1.0, 0.0, 1.0, np.nan], atol=1e-4)
    named = Heatmap(*edges, values, "model", (0.0, 10.0), tuple("abcdef"))
    panel = Panel("", Axis("", X), Axis("", Y), (named,))
    assert structure(Picture((panel,)))[0]["marks"][0]["ids"] == tuple("abcdef")


def test_labels_travel_as_texts_and_one_point():
    mark = Label(30.0, 0.5, "τ₀ <b>", "person", "end")
    x, y, _ = one(mark)
    close(x, [30.0], X), close(y, [0.5], Y)
    assert labels(Picture((Panel("", Axis("", X), Axis("", Y), (mark, mark)),))) == ["τ₀ <b>"] * 2


def test_far_outside_stays_outside_and_missing_is_missing():
    x, _, _ = one(Points(np.array([-1e9, np.nan, 1e9, np.inf]), np.zeros(4), "own"))
    assert x[0] == pytest.approx(-200.0, abs=0.1)  # two axis lengths to either side
    assert np.isnan(x[1])
    assert x[2] == x[3] == pytest.approx(300.0, abs=1.0)


def test_the_whole_toy(toy_picture):
    picture = toy_picture()
    marks = unpack(picture)
    own = picture.panels[0].marks[1]
    close(marks[0][1][1], own.y.ravel(), picture.panels[0].y.limits)
    assert np.isnan(marks[0][4][1][1]) and np.isfinite(marks[0][4][0]).all()
    assert json.loads(json.dumps(structure(picture)))[0]["marks"][1]["ids"][3] == "p3"


def test_a_moving_slider_leaves_the_structure_alone(toy_picture):
    one, other = toy_picture(), toy_picture(tau0=50.0, rho=-0.5)
    assert structure(one) == structure(other) and axes(one) == axes(other)
    assert pack(one) != pack(other) and len(pack(one)) == len(pack(other))
    assert structure(one) != structure(toy_picture(people=19))


def test_a_growing_axis_changes_axes_but_not_the_structure():
    def picture(high):
        mark = Points(np.zeros(1), np.zeros(1), "own")
        return Picture((Panel("", Axis("x", (0.0, high), "ms"), Axis("y", Y), (mark,)),))

    assert structure(picture(10.0)) == structure(picture(20.0))
    (x, _), (wider, _) = axes(picture(10.0))[0], axes(picture(20.0))[0]
    assert x["limits"] == [0.0, 10.0] and wider["limits"] == [0.0, 20.0]
    assert (START, "0") in x["ticks"] and (START + SCALE, "10") in x["ticks"]
    assert (START + SCALE // 2, "10") in wider["ticks"]


def test_an_empty_picture():
    assert pack(Picture(())) == b"" and structure(Picture(())) == []
