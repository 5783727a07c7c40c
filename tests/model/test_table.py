"""A table is an array with names, and a DataFrame only when asked."""

import subprocess
import sys

import numpy as np

from lmmlab.model.table import Table

NAMES = ("(Intercept)", "Days")
G = Table(NAMES, NAMES, np.array([[4.0, 1.0], [1.0, 9.0]]))


def test_it_calculates_like_its_array():
    np.testing.assert_array_equal(np.asarray(G), G.values)
    np.testing.assert_array_equal(G @ np.ones(2), [5.0, 10.0])
    np.testing.assert_array_equal(np.ones(2) @ G, [5.0, 10.0])
    np.testing.assert_array_equal(G / 2 + G, 1.5 * G.values)
    np.testing.assert_array_equal(np.sqrt(np.diag(G)), [2.0, 3.0])
    assert G[1, 0] == 1.0
    assert len(G) == 2
    assert type(2 * G) is np.ndarray


def test_it_gives_a_frame():
    frame = G.frame()
    assert (list(frame.index), list(frame.columns)) == (list(NAMES), list(NAMES))
    assert G.loc["Days", "Days"] == 9.0
    assert G.loc["Days"].tolist() == [1.0, 9.0]
    sd = Table(NAMES, ("sd",), np.array([2.0, 3.0]))
    assert sd.loc["Days", "sd"] == 3.0
    assert sd.frame().shape == (2, 1)


def test_nothing_is_shown_as_nan():
    corr = Table(NAMES, NAMES, np.array([[1.0, np.nan], [np.nan, np.nan]]))
    assert corr.loc["(Intercept)"].tolist() == [1.0, "undefined"]
    for text in (repr(corr), corr._repr_html_()):
        assert "undefined" in text
        assert "nan" not in text.lower()


def test_names_are_escaped_in_html():
    assert "<b>" not in Table(("<b>",), ("<b>",), np.ones((1, 1)))._repr_html_()


def test_pandas_is_imported_only_for_a_frame():
    code = (
        "import sys, numpy as np; from lmmlab.model.fit import fit;"
        "from lmmlab.engine.design import grouped;"
        "f = fit(grouped([1, 3, 5, 7, 9, 12], np.ones((6, 1)), np.ones((6, 1)), list('aabbcc')));"
        "f.blups, f.fitted, f.G['group'] * 2, f.message;"
        "slow = {'pandas', 'scipy.stats', 'matplotlib', 'ipywidgets'};"
        "print(sorted(slow & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
