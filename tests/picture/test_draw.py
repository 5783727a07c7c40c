"""Marks that are drawn: in place, in colour, and in order."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from every_mark import ARROWS, BAND, BARS, CELLS, ELLIPSE, LINES, NOT, POINTS, T, X, Y, pixels
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.text import Text

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
from lmmlab.picture.palette import THEMES
from lmmlab.picture.static import figure


def drawn(mark, chosen="", **about):
    """The artists of one mark alone on a panel: gid without its place -> artist."""
    fig = figure(Picture((Panel("One mark", X, Y, (mark,)),), chosen), **about)
    found = {a.get_gid()[3:]: a for a in fig.axes[0].get_children() if a.get_gid()}
    assert all(gid[:3] == "0.0" for gid in (a.get_gid() for a in found.values()))
    return found


def hues(artist):
    return {to_hex(c) for c in np.atleast_2d(artist.get_facecolor())}


def vertices(collection: Collection):
    return [path.vertices for path in collection.get_paths()]


def test_lines_are_the_lines():
    lines = drawn(LINES)[""]
    assert np.array(lines.get_segments()) == pytest.approx(np.stack([LINES.x, LINES.y], axis=-1))
    assert {to_hex(c) for c in lines.get_colors()} == {THEMES["light"]["own"]}


def test_a_line_has_a_gap_where_a_coordinate_is_missing():
    y = np.array([[0.0, 1.0, NOT, 1.0, 0.0], [NOT] * 5])
    mark = Line(np.tile(T[:5], (2, 1)), y, "person", bold=True)
    fig = figure(Picture((Panel("Gap", X, Y, (mark,)),)))
    (ax,) = fig.axes
    seen = pixels(fig)
    hue = np.array([int(THEMES["light"]["person"][i : i + 2], 16) for i in (1, 3, 5)])
    columns = np.flatnonzero((abs(seen - hue).max(axis=2) < 40).any(axis=0))
    days = ax.transData.inverted().transform([(c, 0) for c in columns])[:, 0]
    assert days.min() == pytest.approx(0, abs=0.1) and days.max() == pytest.approx(4, abs=0.1)
    assert not ((days > 1.1) & (days < 2.9)).any()


def test_points_that_are_not_there_are_not_drawn():
    points = drawn(POINTS)[""]
    assert points.get_offsets().tolist() == [[0.0, 0.0], [1.0, 1.0], [3.0, -1.0]]
    assert hues(points) == {THEMES["light"]["model"]}


def test_arrows_begin_and_end_where_the_mark_says():
    artists = drawn(ARROWS)
    shafts, heads = artists[""].get_segments(), vertices(artists[".heads"])
    assert len(shafts) == len(heads) == 3  # the fourth has no end
    for k in range(3):
        start, end = (ARROWS.x0[k], ARROWS.y0[k]), (ARROWS.x1[k], ARROWS.y1[k])
        assert shafts[k][0] == pytest.approx(start)
        assert heads[k][0] == pytest.approx(end)
        # the shaft ends inside the head, on the straight way
        made, meant = shafts[k][1] - start, np.subtract(end, start)
        assert made[0] * meant[1] == pytest.approx(made[1] * meant[0])
        assert 0 <= made @ meant <= meant @ meant
    assert np.ptp(heads[2], axis=0) == pytest.approx([0.0, 0.0])  # no length, no head


def test_arrow_heads_have_one_shape_whatever_the_units():
    ends = np.array([1.0]), np.array([0.0]), np.array([1.002]), np.array([2000.0])
    mark = Segments(*ends, "model", arrow=True)
    fig = figure(
        Picture((Panel("Units", Axis("x", (0.999, 1.003)), Axis("y", (-100.0, 3e3)), (mark,)),))
    )
    (ax,) = fig.axes
    (heads,) = [a for a in ax.collections if a.get_gid() == "0.0.heads"]
    tip, left, right, *_ = ax.transData.transform(vertices(heads)[0]) / fig.dpi
    assert np.hypot(*(left - tip)) == pytest.approx(np.hypot(*(right - tip)))
    assert np.hypot(*((left + right) / 2 - tip)) == pytest.approx(0.075, rel=1e-6)


def test_segments_without_arrow_have_no_heads():
    mark = Segments(T[:2], T[:2], T[:2] + 1, T[:2], "truth", dashed=True)
    artists = drawn(mark)
    assert list(artists) == [""]
    assert np.array(artists[""].get_segments()) == pytest.approx(
        np.array([[[0, 0], [1, 0]], [[1, 1], [2, 1]]])
    )


def test_a_band_lies_between_its_edges_and_ends_where_one_is_missing():
    areas = vertices(drawn(BAND)[""])
    assert len(areas) == 2
    assert [np.unique(area[:, 0]).tolist() for area in areas] == [[0, 1, 2, 3, 4], [6, 7, 8, 9]]
    for x, y in np.concatenate(areas):
        assert y == pytest.approx(1.0) or y == pytest.approx(-1.0 - 0.1 * x)


@pytest.mark.parametrize("rho", [-1.0, -0.3, 0.75, 1.0])
def test_an_ellipse_is_where_its_equation_is(rho):
    cov = np.array([[4.0, 2 * rho], [2 * rho, 1.0]])
    ring = drawn(Ellipse(ELLIPSE.center, cov, "parameter:tau0", 1.5))[""]
    screen = ring.axes.transData
    (path,) = ring.get_path().to_polygons(screen, closed_only=False)
    away = (screen.inverted().transform(path) - ELLIPSE.center) / [2.0, 1.0]
    if abs(rho) == 1.0:
        assert away[:, 0] == pytest.approx(rho * away[:, 1])
        assert abs(away).max() == pytest.approx(1.5, rel=1e-3)
    else:
        inverse = np.linalg.inv([[1.0, rho], [rho, 1.0]])
        distance = np.sqrt(np.einsum("ti,ij,tj->t", away, inverse, away))
        assert distance == pytest.approx(np.full(len(path), 1.5), rel=2e-3)


def test_an_ellipse_without_spread_is_a_dot_and_one_of_nothing_is_not_there():
    dot = drawn(Ellipse(ELLIPSE.center, np.zeros((2, 2)), "model"))[""]
    assert dot.get_offsets().tolist() == [[4.0, 0.5]]
    assert drawn(Ellipse(ELLIPSE.center, np.full((2, 2), NOT), "model")) == {}


@pytest.mark.parametrize("theme", THEMES)
def test_cells_run_from_the_card_to_the_role(theme):
    cells = drawn(CELLS, theme=theme)[""]
    colours = np.asarray(cells.get_array())
    card, strong = THEMES[theme]["card"], THEMES[theme]["truth"]
    assert to_hex(colours[0, 0]) == to_hex(colours[1, 2]) == card
    assert to_hex(colours[0, 2]) == to_hex(colours[1, 0]) == strong
    middle = (colours[0, 0] + colours[0, 2]) / 2
    assert colours[0, 1] == pytest.approx(middle)
    assert colours[1, 1, 3] == 0.0  # not a number: not there
    corners = np.array(cells.get_coordinates())
    assert corners[0, :, 0].tolist() == [0, 1, 2, 3] and corners[:, 0, 1].tolist() == [0, 1, 2]


def test_bars_stand_from_base_to_top():
    boxes = vertices(drawn(BARS)[""])
    assert [(b[:, 0].min(), b[:, 0].max()) for b in boxes] == [
        pytest.approx((x - 0.4, x + 0.4)) for x in (1.0, 2.0, 4.0)
    ]
    assert [(b[:, 1].min(), b[:, 1].max()) for b in boxes] == [(0, 1), (0, 2), (-1, 0)]


@pytest.mark.parametrize(
    ("anchor", "ha"), [("start", "left"), ("middle", "center"), ("end", "right")]
)
def test_a_label_stands_at_its_anchor(anchor, ha):
    text = drawn(Label(4.0, 1.0, "word", "own", anchor))[""]
    assert (text.get_position(), text.get_text(), text.get_ha()) == ((4.0, 1.0), "word", ha)
    assert to_hex(text.get_color()) == THEMES["light"]["soft"]
    assert drawn(Label(NOT, 1.0, "word", "own", anchor)) == {}


@pytest.mark.parametrize("anchor", ["start", "middle", "end"])
@pytest.mark.parametrize("x", [-0.4, 4.0, 9.4])
def test_a_label_never_runs_out_of_its_axes(anchor, x):
    text = drawn(Label(x, 0.0, "335 has ten visits", "person", anchor), width=4.0)[""]
    canvas = FigureCanvasAgg(text.get_figure())
    canvas.draw()
    seen, axes = text.get_window_extent(), text.axes.get_window_extent()
    assert axes.x0 - 3 <= seen.x0 and seen.x1 <= axes.x1 + 3


def test_labels_do_not_cover_each_other():
    places = [(9.0, 0.0), (9.0, 0.05), (8.5, -0.02), (0.0, 0.0), (9.0, 2.0)]
    marks = [Label(x, y, f"label {k}", "own", "end") for k, (x, y) in enumerate(places)]
    fig = figure(Picture((Panel("", X, Y, tuple(marks)),)), width=4.0)
    FigureCanvasAgg(fig).draw()
    seen = [t.get_window_extent() for t in fig.findobj(Text) if t.get_gid()]
    assert len(seen) == 5
    assert not any(a.overlaps(b) for a, b in itertools.combinations(seen, 2))
    middles = [(b.y0 + b.y1) / 2 for b in seen]
    right = fig.axes[0].transData.transform(places)[:, 1]
    assert [abs(m - y) < 1.5 for m, y in zip(middles, right, strict=True)] == [
        True, False, False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", [LINES, POINTS, ARROWS, BARS], ids=lambda m: type(m).__name__)
def test_the_chosen_person_lights_up_above_all_others(mark, theme):
    artists = drawn(mark, "b", theme=theme)
    lit = {gid: a for gid, a in artists.items() if gid.startswith(".chosen")}
    rest = {gid: a for gid, a in artists.items() if not gid.startswith(".chosen")}
    assert len(lit) == len(rest) > 0
    assert min(a.get_zorder() for a in lit.values()) > max(a.get_zorder() for a in rest.values())
    for artist in lit.values():
        lines = hasattr(artist, "get_segments")
        colours = artist.get_colors() if lines else artist.get_facecolor()
        assert {to_hex(c) for c in colours} == {THEMES[theme]["person"]}
    alone = drawn(mark, "")
    assert not any(gid.startswith(".chosen") for gid in alone)
    assert len(alone[""].get_paths()) == (
        len(artists[""].get_paths()) + len(artists[".chosen"].get_paths())
        if mark is not POINTS
        else 1
    )


def test_the_chosen_one_is_the_right_one():
    assert drawn(LINES, "c")[".chosen"].get_segments()[0] == pytest.approx(
        np.stack([LINES.x[2], LINES.y[2]], axis=-1)
    )
    assert drawn(POINTS, "b")[".chosen"].get_offsets().tolist() == [[1.0, 1.0]]
    assert drawn(BARS, "d")[".chosen"].get_paths()[0].vertices[:, 1].min() == -1.0
    assert ".chosen" not in drawn(LINES, "nobody")


@pytest.mark.parametrize("theme", THEMES)
def test_a_chosen_cell_keeps_its_colour_and_is_outlined(theme):
    named = replace(CELLS, ids=tuple("abcabd"))
    artists = drawn(named, "b", theme=theme)
    ring = artists[".chosen"]
    assert np.array(ring.get_segments()) == pytest.approx(named.outline("b"))
    assert {to_hex(c) for c in ring.get_colors()} == {THEMES[theme]["person"]}
    assert ring.get_zorder() > artists[""].get_zorder()
    assert (artists[""].get_array() == drawn(CELLS, theme=theme)[""].get_array()).all()
    assert list(drawn(named, "x")) == list(drawn(named)) == [""]


def test_the_person_without_id_lies_with_the_chosen_one():
    visits = Points(T, np.zeros(10), "person")
    assert drawn(visits)[""].get_zorder() == drawn(LINES, "b")[".chosen"].get_zorder()


@pytest.mark.parametrize("chosen", ["", "a"])
def test_marks_of_nothing_draw_nothing(chosen):
    """None of them warns either: warnings are errors here."""
    none, some = np.empty(0), np.full(3, NOT)
    marks = [
        *(Line(np.empty(s), np.empty(s), "own") for s in ((0, 2), (0, 0))),
        Line(np.empty((1, 0)), np.empty((1, 0)), "own", ("a",)),
        *(Points(v, v, "own") for v in (none, some)),
        *(Segments(v, v, v, v, "own", arrow=a) for v in (none, some) for a in (True, False)),
        *(Band(v, v, v, "own") for v in (none, some)),
        *(Bars(v, v, v, 1.0, "own") for v in (none, some)),
        Line(np.full((2, 3), NOT), np.full((2, 3), NOT), "own", ("a", "b")),
        Ellipse(np.full(2, NOT), np.eye(2), "own"),
        Ellipse(np.zeros(2), np.full((2, 2), np.inf), "own"),
        Heatmap(np.arange(3.0), np.arange(3.0), np.full((2, 2), NOT), "own", (0.0, 0.0)),
        Label(0.0, np.inf, "never", "own"),
    ]
    bare = figure(Picture((Panel("", X, Y, ()),), chosen))
    full = figure(Picture((Panel("", X, Y, tuple(marks)),), chosen))
    assert (pixels(bare) == pixels(full)).all()
