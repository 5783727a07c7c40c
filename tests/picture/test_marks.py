"""Marks keep what belongs together, and know the geometry that both renderers share."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmlab.picture.marks import (
    Band,
    Bars,
    Ellipse,
    Heatmap,
    Label,
    Line,
    Points,
    Segments,
)
from lmmlab.picture.reach import reach

sds = st.floats(0.01, 100.0)


def test_the_vocabulary_and_its_geometry_import_numpy_only():
    names = ", ".join(
        f"lmmlab.picture.{n}" for n in ("marks", "words", "control", "axis", "palette")
    )
    code = f"import sys, {names}; print(*sorted(m.partition('.')[0] for m in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "numpy" in loaded
    assert not loaded & {"matplotlib", "ipywidgets", "anywidget", "pandas", "scipy", "IPython"}


def around(ellipse, m=361):
    t = np.linspace(0, 2 * np.pi, m)[:, None]
    p, q = ellipse.half_diameters()
    return ellipse.center + p * np.cos(t) + q * np.sin(t)


@given(sds, sds, st.floats(-0.999, 0.999), st.floats(0.5, 3.0))
def test_every_point_of_an_ellipse_is_at_its_distance(sd0, sd1, rho, scale):
    cov = np.array([[sd0**2, rho * sd0 * sd1], [rho * sd0 * sd1, sd1**2]])
    center = np.array([3.0, -2.0])
    away = around(Ellipse(center, cov, "model", scale), 37) - center
    distance = np.sqrt(np.einsum("ti,ij,tj->t", away, np.linalg.inv(cov), away))
    assert distance == pytest.approx(np.full(37, scale), rel=1e-6)


@pytest.mark.parametrize("rho", [1.0, -1.0])
@given(sd0=sds, sd1=sds)
def test_at_a_correlation_of_one_the_ellipse_is_exactly_a_line(rho, sd0, sd1):
    cov = np.outer([sd0, rho * sd1], [sd0, rho * sd1])
    p, q = Ellipse(np.zeros(2), cov, "model").half_diameters()
    none, line = (q, p) if rho == 1.0 else (p, q)
    assert (none == 0.0).all()
    assert abs(line) == pytest.approx(np.array([sd0, sd1]))
    assert np.sign(line[0] * line[1]) == rho


@pytest.mark.parametrize("sd", [(0.0, 0.0), (2.0, 0.0), (0.0, 3.0)])
def test_without_spread_the_ellipse_is_a_line_or_a_point(sd):
    points = around(Ellipse(np.array([1.0, 1.0]), np.diag(np.square(sd)), "model", 2.0))
    assert np.ptp(points, axis=0) == pytest.approx(4 * np.array(sd), rel=1e-3)
    assert points.mean(axis=0) == pytest.approx([1.0, 1.0], abs=0.02)


def test_an_ellipse_of_nothing_is_nothing_and_a_rounding_error_is_no_ellipse():
    p, q = Ellipse(np.zeros(2), np.full((2, 2), np.nan), "model").half_diameters()
    assert np.isnan(p).all() and np.isnan(q).all()
    p, q = Ellipse(np.zeros(2), np.diag([-1e-18, 1.0]), "model").half_diameters()
    assert p[0] == q[0] == 0.0


def test_strength_runs_from_the_lightest_to_the_strongest():
    edges = np.arange(4.0), np.arange(2.0)
    cells = Heatmap(*edges, np.array([[-1.0, 5.0, np.nan]]), "model", (0.0, 10.0))
    assert cells.strength() == pytest.approx(np.array([[0.0, 0.5, np.nan]]), nan_ok=True)
    flat = Heatmap(*edges, np.zeros((1, 3)), "model", (0.0, 0.0))
    assert (flat.strength() == 0.0).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Line(np.zeros((2, 3)), np.zeros((2, 4)), "own"), "Line"),
        (lambda: Line(np.zeros((2, 3)), np.zeros((2, 3)), "own", ("a",)), "2 things has 1 ids"),
        (lambda: Points(np.zeros(2), np.zeros(3), "own"), "Points"),
        (lambda: Points(np.zeros(2), np.zeros(2), "own", ("a",) * 3), "3 ids"),
        (lambda: Segments(*[np.zeros(2)] * 3, np.zeros(1), "own"), "Segments"),
        (lambda: Segments(*[np.zeros(2)] * 4, "own", ("a",)), "1 ids"),
        (lambda: Band(np.zeros(3), np.zeros(3), np.zeros(2), "own"), "Band"),
        (lambda: Bars(np.zeros(3), np.zeros(3), np.zeros(2), 1.0, "own"), "Bars"),
        (lambda: Heatmap(np.zeros(3), np.zeros(3), np.zeros((2, 3)), "own", (0, 1)), "needs 4"),
        (
            lambda: Heatmap(np.zeros(4), np.zeros(3), np.zeros((2, 3)), "own", (0, 1), ("a",) * 5),
            "6 things has 5 ids",
        ),
    ],
)
def test_what_does_not_belong_together_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def cells(*ids):
    """A heat map of two rows and three columns with these ids."""
    return Heatmap(np.arange(4.0), np.array([9.0, 8.0, 7.0]), np.ones((2, 3)), "own", (0, 1), ids)


def test_an_outline_goes_round_all_cells_of_an_id():
    def length(sides):
        return np.abs(np.diff(sides, axis=1)).sum()

    one = cells(*"abcdef").outline("b")
    assert {tuple(point) for point in one.reshape(-1, 2)} == {(1, 9), (2, 9), (1, 8), (2, 8)}
    assert length(one) == 4.0
    row = cells(*"aaabbb").outline("a")
    assert length(row) == 8.0 and row[:, :, 1].min() == 8.0  # round the row, nothing inside it
    assert length(cells(*"abbbba").outline("a")) == 8.0  # two cells apart: two boxes
    assert cells(*"abcdef").outline("x").shape == cells().outline("x").shape == (0, 2, 2)


NOT = np.nan


@pytest.mark.parametrize(
    ("mark", "x", "y"),
    [
        (Line(np.array([[0.0, 1.0, NOT]]), np.array([[5.0, NOT, 6.0]]), "own"), (0, 1), (5, 6)),
        (Points(np.array([2.0]), np.array([3.0]), "own"), (2, 2), (3, 3)),
        (Segments(*(np.array([v]) for v in (1.0, 2.0, 3.0, np.inf)), "own"), (1, 3), (2, 2)),
        (Band(*(np.array([v]) for v in (1.0, 2.0, 3.0)), "own"), (1, 1), (2, 3)),
        (Ellipse(np.ones(2), np.array([[4.0, 6.0], [6.0, 9.0]]), "own"), (-1, 3), (-2, 4)),
        (Heatmap(np.arange(3.0), np.arange(2.0), np.ones((1, 2)), "own", (0, 1)), (0, 2), (0, 1)),
        (Bars(*(np.array([v]) for v in (1.0, 0.0, 3.0)), 1.0, "own"), (0.5, 1.5), (0, 3)),
        (Label(7.0, 8.0, "word", "own"), (7, 7), (8, 8)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_reach_is_what_a_mark_touches(mark, x, y):
    across, upwards = reach(mark)
    assert (across.min(), across.max()) == pytest.approx(x)
    assert (upwards.min(), upwards.max()) == pytest.approx(y)


def test_an_empty_mark_reaches_nowhere():
    assert all(part.size == 0 for part in reach(Points(np.empty(0), np.empty(0), "own")))


@given(sds, sds, st.floats(-1.0, 1.0))
def test_the_reach_of_an_ellipse_is_where_it_goes(sd0, sd1, rho):
    cov = np.array([[sd0**2, rho * sd0 * sd1], [rho * sd0 * sd1, sd1**2]])
    ellipse = Ellipse(np.zeros(2), cov, "model", 1.5)
    x, y = reach(ellipse)
    points = around(ellipse, 3601)
    assert points.min(axis=0) == pytest.approx([x.min(), y.min()], rel=1e-5)
    assert points.max(axis=0) == pytest.approx([x.max(), y.max()], rel=1e-5)
