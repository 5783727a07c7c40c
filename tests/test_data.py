"""The data sets of the lessons: complete, with their levels in order and their source."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lmmlab.data import arrays, load, names
from lmmlab.engine.design import LMMError

ROWS = {
    "sleepstudy": 180,
    "orthodont": 108,
    "cake": 270,
    "dyestuff2": 30,
    "irregular": 422,
    "within_between": 360,
    "rho_plus1": 40,
    "rho_minus1": 40,
    "apim": 236,
    "apim_negative": 236,
    "maxwell_delaney_12_1": 60,
    "pastes": 60,
    "penicillin": 144,
    "oats": 72,
    "oats_unbalanced": 65,
    "schools3": 1379,
    "crossed_rt": 457,
    "ar1_panel": 320,
    "kinship": 200,
    "kinship_snps": 200,
    "cbpp": 56,
    "grouseticks": 403,
}

LEVELS = [
    ("sleepstudy", "Subject", 18, ["308", "309", "310"]),
    ("orthodont", "Subject", 27, ["M01", "M02", "M03"]),
    ("orthodont", "Sex", 2, ["Male", "Female"]),
    ("cake", "temperature", 6, ["175", "185", "195", "205", "215", "225"]),
    ("cake", "recipe", 3, ["A", "B", "C"]),
    ("cake", "replicate", 15, ["1", "2", "3"]),
    ("cake", "batch", 45, ["A:1", "B:1", "C:1", "A:2"]),
    ("dyestuff2", "Batch", 6, ["A", "B", "C", "D", "E", "F"]),
    ("irregular", "id", 80, ["p01", "p02"]),
    ("irregular", "group", 2, ["control", "treated"]),
    ("within_between", "group", 30, ["g01", "g02"]),
    ("rho_plus1", "id", 8, ["i1", "i2"]),
    ("rho_minus1", "id", 8, ["i1", "i2"]),
    ("pastes", "batch", 10, ["A", "B"]),
    ("pastes", "cask", 3, ["a", "b", "c"]),
    ("pastes", "sample", 30, ["A:a", "A:b"]),
    ("penicillin", "plate", 24, ["a", "b"]),
    ("penicillin", "sample", 6, ["A", "B"]),
    ("oats", "Block", 6, ["I", "II", "III", "IV", "V", "VI"]),
    ("oats", "Variety", 3, ["Golden Rain", "Marvellous", "Victory"]),
    ("oats", "N", 4, ["0", "0.2", "0.4", "0.6"]),
    ("oats_unbalanced", "Block", 6, ["I", "II", "III", "IV", "V", "VI"]),
    ("oats_unbalanced", "Variety", 3, ["Golden Rain", "Marvellous", "Victory"]),
    ("oats_unbalanced", "N", 4, ["0", "0.2", "0.4", "0.6"]),
    ("ar1_panel", "id", 40, ["k01", "k02"]),
    ("ar1_panel", "arm", 2, ["a", "b"]),
    ("schools3", "school", 24, ["s01", "s02"]),
    ("schools3", "class", 96, ["c01", "c02"]),
    ("schools3", "treated", 2, ["no", "yes"]),
    ("cbpp", "herd", 15, ["1", "2", "3"]),
    ("cbpp", "period", 4, ["1", "2", "3", "4"]),
    ("grouseticks", "year", 3, ["95", "96", "97"]),
    ("grouseticks", "brood", 118, ["501", "502", "503"]),
    ("grouseticks", "location", 63, ["1", "10", "11"]),
    ("grouseticks", "chick", 403, ["1", "2", "3"]),
    ("crossed_rt", "subject", 30, ["s01", "s02"]),
    ("crossed_rt", "item", 16, ["w01", "w02"]),
    ("kinship", "id", 200, ["i001", "i002"]),
    ("kinship", "family", 50, ["f01", "f02"]),
    ("kinship_snps", "id", 200, ["i001", "i002"]),
    ("apim", "dyad", 120, ["d001", "d002"]),
    ("apim", "role", 2, ["patient", "partner"]),
    ("apim_negative", "dyad", 120, ["d001", "d002"]),
    ("apim_negative", "role", 2, ["patient", "partner"]),
    (
        "maxwell_delaney_12_1",
        "id",
        10,
        ["p1", "p2", "p3"],
    ),
    ("maxwell_delaney_12_1", "angle", 3, ["0", "4", "8"]),
    ("maxwell_delaney_12_1", "noise", 2, ["absent", "present"]),
]


def test_every_set_is_listed():
    assert names() == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_tables_and_arrays_are_complete_and_the_same(name):
    table, columns = load(name), arrays(name)
    assert len(table) == ROWS[name]
    assert list(table) == list(columns)
    assert not table.isna().to_numpy().any()
    assert len(table.attrs["source"]) > 40
    for column, values in columns.items():
        if values.dtype.kind == "U":
            assert list(table[column].astype(str)) == list(values)
        else:
            assert np.isfinite(values).all()
            np.testing.assert_array_equal(table[column], values)


@pytest.mark.parametrize(("name", "factor", "count", "first"), LEVELS)
def test_levels_stand_in_order(name, factor, count, first):
    column = load(name)[factor]
    assert isinstance(column.dtype, pd.CategoricalDtype)
    assert len(column.cat.categories) == count
    assert list(column.cat.categories[: len(first)]) == first


def test_every_text_column_is_a_factor():
    listed = {(name, factor) for name, factor, _, _ in LEVELS}
    text = {
        (name, column)
        for name in names()
        for column, v in arrays(name).items()
        if v.dtype.kind == "U"
    }
    assert text == listed


def test_a_few_values_of_the_papers():
    sleep = load("sleepstudy")
    assert sleep.Reaction[0] == 249.56
    assert (
        sleep.groupby("Subject", observed=True)
        .Days.apply(list)
        .map(lambda d: d == list(range(10)))
        .all()
    )
    assert load("dyestuff2").Yield.mean() == pytest.approx(5.6656)
    assert load("orthodont").groupby("Sex", observed=True).distance.mean()["Male"] == pytest.approx(
        24.96875
    )


def test_every_call_gives_a_table_of_its_own():
    mine = load("sleepstudy")
    mine.loc[:, "Reaction"] = 0.0
    arrays("sleepstudy")["Days"][:] = 0
    assert load("sleepstudy").Reaction.min() > 100
    assert arrays("sleepstudy")["Days"].max() == 9


@pytest.mark.parametrize(
    "name", ["sleepstudie", "", "../sleepstudy", "index", "sleepstudy.csv", None]
)
@pytest.mark.parametrize("reader", [load, arrays])
def test_an_unknown_name_is_answered_with_the_names(reader, name):
    with pytest.raises(LMMError, match=r"no data set .*sleepstudy, orthodont"):
        reader(name)


def test_arrays_do_without_pandas():
    code = (
        "import sys; from lmmlab.data import arrays; arrays('sleepstudy');"
        "print({'pandas', 'formulaic', 'scipy'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
