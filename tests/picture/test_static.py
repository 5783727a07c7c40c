"""Still pictures: pages of any size, their axes, words and themes."""

import io
import itertools
import subprocess
import sys

import numpy as np
import pytest
from every_mark import EVERY, LABEL, POINTS, X, Y, pixels
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.text import Text

from lmmlab.picture.draw import width
from lmmlab.picture.marks import Axis, Panel, Picture, Points
from lmmlab.picture.palette import THEMES
from lmmlab.picture.static import SENTENCE, _wrapped, figure


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", EVERY, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_every_mark_can_be_saved(mark, theme, kind):
    fig = figure(
        Picture((Panel("One", X, Y, (mark,)),), "b"), theme=theme, title="T", words=["Words."]
    )
    file = io.BytesIO()
    fig.savefig(file, format=kind)
    assert len(file.getvalue()) > 1000


def test_axes_are_exactly_the_limits_and_carry_units():
    far = Points(np.array([100.0]), np.array([100.0]), "own")
    fig = figure(Picture((Panel("Far away", X, Y, (far, *EVERY)),)))
    (ax,) = fig.axes
    assert ax.get_xlim() == X.limits and ax.get_ylim() == Y.limits
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "2", "4", "6", "8"]
    assert [t.get_text() for t in ax.get_yticklabels()][:2] == ["−3", "−2"]
    written = {t.get_text() for t in fig.findobj(Text)}
    assert {"Far away", "days of short sleep", "reaction time, ms"} <= written


def test_an_axis_without_ticks_has_neither_ticks_nor_grid():
    rows = Axis("", (0.0, 3.0), ticked=False)
    (ax,) = figure(Picture((Panel("Rows", X, rows, ()),))).axes
    assert ax.get_yticks().size == 0 and ax.get_xticks().size > 0


def test_the_svg_carries_titles_axes_and_labels():
    fig = figure(
        Picture((Panel("One panel", X, Y, EVERY),)), title="A title", words=["Some words."]
    )
    svg = fig._repr_svg_()
    for text in ("A title", "One panel", "reaction time, ms", "average $ line", "Some words."):
        assert text in svg
    for number in range(len(EVERY)):
        assert f'id="0.{number}"' in svg


@pytest.mark.parametrize("wide", [3.2, 4.0, 6.5, 10.0, 16.0])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 7])
def test_a_page_of_any_size_keeps_everything_on_it_and_nothing_in_the_way(wide, n):
    panels = tuple(
        Panel(f"Panel {k}, of a person's own data", X, Y, (POINTS,), 1 + 0.3 * (k % 2), 1.25)
        for k in range(n)
    )
    words = ["One sentence with a number in it, 2.9 ms.", "Another one that is somewhat longer."]
    fig = figure(Picture(panels), title="Why are estimates pulled?", words=words, width=wide)
    across, _ = fig.get_size_inches()
    assert across == wide
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    page = fig.bbox
    texts = [t for t in fig.findobj(Text) if t.get_text() and t.get_visible()]
    for text in texts:
        seen = text.get_window_extent()
        assert page.x0 <= seen.x0 and seen.x1 <= page.x1, text
        assert page.y0 <= seen.y0 and seen.y1 <= page.y1, text
    for a, b in itertools.combinations([t.get_window_extent() for t in texts], 2):
        assert min(a.x1, b.x1) - max(a.x0, b.x0) < 1 or min(a.y1, b.y1) - max(a.y0, b.y0) < 2
    for a, b in itertools.combinations([ax.get_window_extent() for ax in fig.axes], 2):
        assert not a.overlaps(b)
    assert all(ax.bbox.width > 0.6 * ax.bbox.height > 60 for ax in fig.axes)


def test_wide_tick_labels_stay_on_the_card():
    money = Axis("income", (-1e5, 1.02e5), "euro")
    (ax,) = figure(Picture((Panel("", money, Axis("", (0, 1), ticked=False), ()),)), width=4.0).axes
    FigureCanvasAgg(ax.figure).draw()
    labels = [t.get_window_extent() for t in ax.get_xticklabels()]
    assert labels[0].x0 > 0.28 * 100 and labels[-1].x1 < (4 - 0.28) * 100
    assert all(a.x1 + 5 < b.x0 for a, b in itertools.pairwise(labels))


def test_words_are_wrapped_to_the_page_and_none_is_lost():
    text = "Driver 335 got 2.9 ms faster a day by his own ten visits. The model says otherwise."
    lines = _wrapped(text, SENTENCE, 2.5)
    assert " ".join(line for _, line in lines) == text
    assert all(width(line, SENTENCE) <= 2.5 for _, line in lines) and len(lines) > 2
    assert all(text[at : at + len(line)] == line for at, line in lines)
    assert _wrapped("", SENTENCE, 2.5) == []
    assert _wrapped("unbreakably", SENTENCE, 0.1) == [(0, "unbreakably")]


def test_marked_words_are_underlined_in_their_colour_and_plain():
    words = ["Driver 335 got [2.9 ms](person) faster.", "The spread is [5.9 ms](parameter:tau1)."]
    fig = figure(Picture(()), words=words)
    assert [t.get_text() for t in fig.texts] == [
        "Driver 335 got 2.9 ms faster. The spread is 5.9 ms."
    ]
    rules = [artist for artist in fig.get_children() if isinstance(artist, Line2D)]
    colours = [THEMES["light"][role] for role in ("person", "parameter:tau1")]
    assert [rule.get_color() for rule in rules] == colours
    FigureCanvasAgg(fig).draw()
    start = fig.texts[0].get_window_extent().x0
    first = rules[0].get_window_extent()
    before, piece = (width(t, SENTENCE) * fig.dpi for t in ("Driver 335 got ", "2.9 ms"))
    assert first.x0 - start == pytest.approx(before, abs=1.5)
    assert first.width == pytest.approx(piece, abs=1.5)


def test_dollars_are_no_mathematics():
    dollars = Axis("income, $ or $$", (0.0, 1.0))
    picture = Picture((Panel("What $x$ costs", dollars, dollars, (LABEL,)),))
    fig = figure(picture, title="$a$", words=["From $1 to $2."])
    assert not any(t.get_parse_math() for t in fig.findobj(Text) if "$" in t.get_text())


def test_themes_paint_page_and_card():
    for theme, colours in THEMES.items():
        seen = pixels(figure(Picture((Panel("", X, Y, ()),)), theme=theme))
        assert "#{:02x}{:02x}{:02x}".format(*seen[2, 2]) == colours["paper"]
        assert "#{:02x}{:02x}{:02x}".format(*seen[40, 40]) == colours["card"]
    with pytest.raises(ValueError, match="sepia"):
        figure(Picture(()), theme="sepia")


def test_a_users_own_settings_change_nothing():
    picture = Picture((Panel("One", X, Y, EVERY),), "b")
    plain = pixels(figure(picture, words=["Some words."]))
    odd = {
        "font.family": "monospace", "axes.grid": False, "text.hinting": "native",
        "axes.facecolor": "red", "lines.linewidth": 7, "axes.labelsize": 30, "patch.linewidth": 5,
    }  # fmt: skip
    with rc_context(odd):
        assert (pixels(figure(picture, words=["Some words."])) == plain).all()


def test_pyplot_is_never_imported_and_no_figure_is_kept():
    code = (
        "import gc, sys, weakref, lmmlab.picture.static as s\n"
        "from lmmlab.picture.marks import Picture\n"
        "kept = weakref.ref(s.figure(Picture(())))\n"
        "gc.collect()\n"
        "print('matplotlib.pyplot' in sys.modules, kept() is None)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
