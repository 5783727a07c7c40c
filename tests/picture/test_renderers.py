"""The two renderers beside each other: what matplotlib draws, what the browser draws, mark by mark.

Both are read back into data coordinates. Each mark must be there in both, with as many things, at
the same places, in the same colour; the chosen person must be lit in both.
"""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_hex

from lmmlab.picture.marks import Band, Bars, Ellipse, Heatmap, Label, Line, Points, Segments
from lmmlab.picture.palette import colour
from lmmlab.picture.static import figure

pytestmark = pytest.mark.browser

STATES = [
    {},
    {"tau0": 55.0, "rho": -0.8, "people": 7, "person": "p1", "source": "made", "days": 4},
    {"tau0": 0.0, "rho": 1.0, "days": 1, "person": "nobody"},
]

# What stands in panel number `number`, mark by mark: key of each thing (its id or its number) to
# its colour and its places, which are shares of the axes. The box of the axes is that of the clip.
READ = """(number) => {
  const plot = document.querySelectorAll(".lmm-panel svg")[number];
  const clip = plot.querySelector("clipPath rect");
  const size = (name) => +clip.getAttribute(name);
  const place = (x, y) => [(x - size("x") - 7) / (size("width") - 14),
                           1 - (y - size("y") - 7) / (size("height") - 14)];
  const marks = {};
  for (const e of plot.querySelectorAll("[data-mark]")) {
    const things = (marks[e.dataset.mark] ??= {});
    const key = e.dataset.id ?? Object.keys(things).length;
    const n = (name) => +e.getAttribute(name);
    const style = getComputedStyle(e);
    const filled = ["circle", "text", "rect"].includes(e.tagName) || style.stroke === "none";
    let places = [];
    if (style.display === "none") places = [];
    else if (e.tagName === "circle") places = [place(n("cx"), n("cy"))];
    else if (e.tagName === "text") places = [place(n("x"), n("y") - 4)];
    else if (e.tagName === "rect") {
      places = [place(n("x"), n("y") + n("height")), place(n("x") + n("width"), n("y"))];
    } else if (e.classList.contains("lmm-ellipse")) {
      const { x, y, width, height } = e.getBBox();
      places = [place(x, y + height), place(x + width, y)];
    } else {
      const numbers = e.getAttribute("d").matchAll(/(-?[\\d.]+) (-?[\\d.]+)/g);
      places = [...numbers].map(([, x, y]) => place(+x, +y));
    }
    things[key] = { places, hue: filled ? style.fill : style.stroke, text: e.textContent,
                    dashed: style.strokeDasharray !== "none",
                    strong: +style.fillOpacity };
  }
  return [marks, size("width") - 14, size("height") - 14];
}"""


def css(text):
    """A browser's ``rgb(1, 2, 3)`` as ``#rrggbb``."""
    return "#" + "".join(f"{int(part):02x}" for part in text[4:-1].split(","))


def drawn(fig, number, place, mark, chosen):
    """Key of each thing of a mark to (places, colour, dashed, strength), as matplotlib draws it."""
    found = {}
    for artist in fig.findobj(lambda a: str(a.get_gid()).startswith(f"{number}.{place}")):
        if artist.get_gid().split(".")[:2] == [str(number), str(place)]:
            found[artist.get_gid().removeprefix(f"{number}.{place}").strip(".")] = artist
    ids = getattr(mark, "ids", ())
    if isinstance(mark, Label):
        text = found[""]
        return {"0": ([text.get_position()], text.get_color(), False, 1.0)}
    if isinstance(mark, Ellipse):
        ring = found[""]
        box = ring.get_path().transformed(ring.get_patch_transform()).get_extents()
        return {"0": ([box.p0, box.p1], ring.get_edgecolor(), ring.get_linestyle() != "-", 1.0)}
    if isinstance(mark, Band):
        area = found[""]
        corners = [p.vertices for p in area.get_paths()]
        return {"0": (np.concatenate(corners), area.get_facecolor()[0], False, 1.0)}
    if isinstance(mark, Heatmap):
        cells = found[""].get_array().reshape(-1, 4)
        return {str(i): ([], cell[:3], False, cell[3]) for i, cell in enumerate(cells)}
    count = len(mark.x0 if isinstance(mark, Segments) else mark.x)
    lit = np.array([bool(ids) and ids[i] == chosen for i in range(count)])
    things = {}
    for suffix, who in (("", ~lit), ("chosen", lit)):
        if not who.any():
            continue
        artist = found[suffix]
        keys = [ids[i] if ids else str(i) for i in np.flatnonzero(who)]
        dashed = False
        if isinstance(artist, LineCollection):
            places = artist.get_segments()
            dashed = artist.get_linestyle()[0][1] is not None
            if isinstance(mark, Segments) and mark.arrow:
                heads = found[f"{suffix}.heads".strip(".")]
                assert isinstance(heads, PolyCollection)
                tips = [p.vertices[0] for p in heads.get_paths()]
                places = [[s[0], t] for s, t in zip(places, tips, strict=True)]
            hue = artist.get_colors()[0]
        elif isinstance(artist, PathCollection):
            places = [[offset] for offset in np.asarray(artist.get_offsets())]
            there = np.isfinite(mark.x) & np.isfinite(mark.y)
            keys = [ids[i] if ids else str(i) for i in np.flatnonzero(who & there)]
            hue = artist.get_facecolor()[0]
        else:
            places = [p.vertices[[0, 2]] for p in artist.get_paths()]
            hue = artist.get_edgecolor()[0]
        assert len(places) == len(keys)
        things |= {key: (p, hue, dashed, 1.0) for key, p in zip(keys, places, strict=True)}
    return things


@pytest.mark.parametrize("values", STATES, ids=["start", "few", "corner"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_draw_the_same(bench_page, page, toy, toy_picture, values, theme):
    page.emulate_media(color_scheme=theme)
    bench_page(toy(values=values))
    picture = toy_picture(**values)
    fig = figure(picture, theme=theme)
    kinds = set()
    for number, panel in enumerate(picture.panels):
        marks, wide, tall = page.evaluate(READ, number)
        low, high = np.transpose([panel.x.limits, panel.y.limits])
        pixel = (high - low) / [wide, tall]
        for place, mark in enumerate(panel.marks):
            kinds.add(type(mark))
            there = {k: t for k, t in marks[str(place)].items() if t["places"]}
            still = drawn(fig, number, place, mark, picture.chosen)
            if isinstance(mark, Heatmap):
                compare_cells(mark, marks[str(place)], still, theme)
                continue
            still = {k: t for k, t in still.items() if len(t[0])}
            assert sorted(there) == sorted(still), (number, place)
            for key, (places, hue, dashed, _) in still.items():
                live = there[key]
                shares = np.array(live["places"])
                if isinstance(mark, Segments) and len(shares) == 5:
                    shares = shares[[0, 2]]  # tail and tip of an arrow
                want = np.asarray(places, dtype=float)
                got = low + (high - low) * shares
                if isinstance(mark, Band):  # matplotlib goes round it once more
                    got, want = (np.unique(np.round(a / pixel), axis=0) for a in (got, want))
                    np.testing.assert_allclose(got, want, atol=1.0)
                else:
                    off = 15.0 if isinstance(mark, Label) else 0.1  # labels keep inside and apart
                    np.testing.assert_allclose(got / pixel, want / pixel, rtol=0, atol=off)
                assert css(live["hue"]) == to_hex(hue), (number, place, key)
                if isinstance(mark, Line | Segments | Ellipse):
                    assert live["dashed"] == dashed
                if isinstance(mark, Label):
                    assert live["text"] == mark.text
    assert kinds == {Band, Bars, Ellipse, Heatmap, Label, Line, Points, Segments}


def compare_cells(mark, live, still, theme):
    """A cell's colour is the role's laid over the card: mixed by us there, by the browser here."""
    card, full = (
        np.array([int(colour(role, theme)[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        for role in ("card", mark.role)
    )
    assert len(live) == len(still) == mark.values.size
    for key, (_, mixed, _, seen) in still.items():
        assert bool(live[key]["places"]) == bool(seen)
        if seen:
            share = live[key]["strong"]
            np.testing.assert_allclose((1 - share) * card + share * full, mixed, atol=2e-3)


def test_the_colours_of_a_chosen_person_are_those_of_the_palette(bench_page, page):
    bench_page()
    marks, _, _ = page.evaluate(READ, 1)
    hues = {css(things["p3"]["hue"]) for things in marks.values() if "p3" in things}
    assert hues == {colour("person")}
