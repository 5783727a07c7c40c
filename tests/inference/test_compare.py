"""Comparisons: lme4's likelihood ratios, honest nestedness, and what may not be compared."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, compare, lmm, load, simulate
from lmmlab.engine.design import grouped
from lmmlab.model.fit import fit

FOLDER = Path(__file__).parent.parent / "reference"
RATIOS = [
    pytest.param(reference["data"].removesuffix(".csv"), test, id=f"{path.stem}-{test['what']}")
    for path in sorted(FOLDER.glob("*.json"))
    for reference in [json.loads(path.read_text())]
    for test in (reference.get("inference") or {}).get("lrt") or []
]


@pytest.fixture(scope="module")
def sleep():
    return load("sleepstudy")


@pytest.fixture(scope="module")
def fitted(sleep):
    """A function that fits and remembers."""
    known = {}

    def of(right, reml=True):
        if (right, reml) not in known:
            known[right, reml] = lmm(f"Reaction ~ {right}", sleep, reml=reml)
        return known[right, reml]

    return of


def cell(table, row, column):
    return table.values[row, table.columns.index(column)]


def test_there_are_references():
    assert len(RATIOS) == 8


@pytest.mark.parametrize(("data", "test"), RATIOS)
def test_likelihood_ratios_of_lme4(data, test):
    # the references are of ML fits
    full = lmm(test["full"], load(data), reml=False)
    alone = "|" not in test["reduced"]
    table = compare(full) if alone else compare(full, lmm(test["reduced"], load(data), reml=False))
    assert table.rows[1] == test["full"]
    assert cell(table, 1, "chi2") == pytest.approx(test["chisq"], rel=1e-8)
    assert cell(table, 1, "df") == test["df"]
    assert cell(table, 1, "p") == pytest.approx(test["p"], rel=1e-7)
    deviances = [-2 * test["loglik_reduced"], -2 * test["loglik_full"]]
    assert table.values[:, 1] == pytest.approx(deviances, rel=1e-10)
    boundary = cell(table, 1, "p boundary")
    if test["p_mixture"] is None:
        assert np.isnan(boundary)
        assert "boundary" not in table.note
    else:
        assert boundary == pytest.approx(test["p_mixture"], rel=1e-7)
        parts = " + ".join(f"0.5 chi2({df})" for df in test["mixture_dfs"])
        assert f"is that of {parts}" in table.note


def test_the_random_slope_of_the_sleep_study(fitted):
    for reml, chi2 in ((True, 42.837), (False, 42.139)):
        small, large = fitted("Days + (1 | Subject)", reml), fitted("Days + (Days | Subject)", reml)
        table = compare(large, small)
        assert cell(table, 1, "chi2") == pytest.approx(chi2, abs=5e-4)
        assert table.rows == (small.design.formula, large.design.formula)
        for row, model in enumerate((small, large)):
            expected = [model.npar, model.deviance, model.aic, model.bic]
            assert table.values[row, :4].tolist() == pytest.approx(expected, rel=1e-14)
        assert ("by REML, since their fixed parts are the same" in table.note) == reml


def test_cells_that_do_not_apply_are_empty(fitted):
    table = compare(fitted("Days + (1 | Subject)"), fitted("Days + (Days | Subject)"))
    assert (table.frame().iloc[0, 4:] == "").all()
    assert "NaN" not in repr(table) and "undefined" not in table._repr_html_()


def test_other_fixed_parts_are_fitted_again_by_ml(fitted):
    table = compare(fitted("Days + (Days | Subject)"), fitted("1 + (Days | Subject)"))
    assert cell(table, 1, "chi2") == pytest.approx(23.53653749787759, rel=1e-8)
    assert "again by ML, since their fixed parts differ" in table.note
    mixed = compare(fitted("Days + (1 | Subject)"), fitted("Days + (Days | Subject)", False))
    assert "some were fitted by REML, some by ML" in mixed.note
    assert cell(mixed, 1, "chi2") == pytest.approx(42.13929854, rel=1e-8)


def test_restricted_likelihoods_of_other_units_are_not_compared(sleep, fitted):
    # the same space, but log|X' V^-1 X| counts in other units
    weeks = lmm("Reaction ~ Weeks + (1 | Subject)", sleep.assign(Weeks=sleep.Days / 7))
    table = compare(weeks, fitted("Days + (Days | Subject)"))
    assert cell(table, 1, "chi2") == pytest.approx(42.13929854, rel=1e-8)
    moved = lmm("Reaction ~ center(Days) + (1 | Subject)", sleep)  # the same units
    table = compare(moved, fitted("Days + (Days | Subject)"))
    assert cell(table, 1, "chi2") == pytest.approx(42.836813, rel=1e-6)


def test_models_stand_in_order_and_each_is_tested_against_the_one_above(fitted):
    models = ["Days + (Days | Subject)", "Days + (1 | Subject)", "Days + (Days || Subject)"]
    table = compare(*map(fitted, models))
    assert table.values[:, 0].tolist() == [4, 5, 6]
    assert cell(table, 1, "p boundary") == pytest.approx(cell(table, 1, "p") / 2, rel=1e-12)
    assert np.isnan(cell(table, 2, "p boundary"))  # a covariance may have either sign
    together = compare(*map(fitted, models[:2]))
    assert table.values[1:, 4].sum() == pytest.approx(cell(together, 1, "chi2"), rel=1e-9)


@pytest.mark.parametrize(
    ("small", "large", "nested"),
    [
        ("Days + (1 | Subject)", "Days + I(Days^2) + (1 | Subject)", True),
        ("I(Days + I(Days^2)) + (1 | Subject)", "poly(Days, 2) + (1 | Subject)", True),
        ("I(Days^2) + (1 | Subject)", "center(Days) + log(Days + 1) + (1 | Subject)", False),
        ("Days + (0 + center(Days) | Subject)", "Days + (Days | Subject)", True),
        ("Days + (0 + center(Days) | Subject)", "Days + (Days || Subject)", False),
        ("Days + (Days || Subject)", "Days + (center(Days) | Subject)", True),
        ("Days + (1 | Subject)", "Days + (0 + half | Subject)", True),
        ("Days + (1 | Subject)", "Days + (0 + half || Subject)", False),
        ("Days + (1 | Other)", "Days + (Days | Subject)", False),
        ("Days + (1 | Twin)", "Days + (Days | Subject)", True),
    ],
)
def test_nestedness_is_that_of_the_columns(sleep, small, large, nested):
    table = sleep.assign(
        half=np.where(sleep.Days < 5, "early", "late"),
        Other=np.resize(list("abcdefghijk"), len(sleep)),
        Twin="t" + sleep.Subject.astype(str).str[::-1],  # the same groups, in another order
    )
    fits = [lmm(f"Reaction ~ {right}", table, reml=False) for right in (small, large)]
    got = compare(*fits)
    assert np.isfinite(cell(got, 1, "chi2")) == nested
    assert ("is no special case of" in got.note) == (not nested)
    assert np.isfinite(got.values[:, :4]).all()


def test_equally_many_parameters_leave_aic_and_bic(fitted):
    table = compare(fitted("Days + (1 | Subject)"), fitted("Days + (0 + Days | Subject)"))
    assert np.isnan(table.values[:, 4:]).all()
    assert "as many parameters as" in table.note


def test_one_model_is_compared_with_none_of_its_random_effects(sleep, fitted):
    model = fitted("Days + (1 | Subject)", False)
    X = model.design.X
    rest = np.linalg.lstsq(X, sleep.Reaction.to_numpy(), rcond=None)[1].item()
    deviance = 180 * (np.log(2 * np.pi * rest / 180) + 1)
    table = compare(model)
    assert table.rows[0] == "without random effects"
    assert table.values[0, :2].tolist() == pytest.approx([3, deviance], rel=1e-12)
    both = compare(fitted("Days + (Days || Subject)"))
    assert "0.5 chi2(1)" in both.note and cell(both, 1, "df") == 2
    assert cell(both, 1, "p boundary") < cell(both, 1, "p")
    full = compare(fitted("Days + (Days | Subject)"))
    assert np.isnan(cell(full, 1, "p boundary"))
    assert "is too large, since variances cannot be negative" in full.note


def test_a_useless_variance_has_p_one():
    table = compare(lmm("Yield ~ 1 + (1 | Batch)", load("dyestuff2")))
    assert table.values[1, 4:].tolist() == pytest.approx([0, 1, 1, 1], abs=1e-9)


def test_a_singular_smaller_model_makes_p_rough():
    data = load("dyestuff2").assign(x=np.resize([0.0, 1.0, 3.0], 30))
    one, two = lmm("Yield ~ 1 + (1 | Batch)", data), lmm("Yield ~ 1 + (x | Batch)", data)
    note = compare(one, two).note
    assert "only roughly here, since Yield ~ 1 + (1 | Batch) is singular itself" in note


def test_models_from_arrays_have_numbers(made):
    design = made(2, q=2)
    [term] = design.terms
    start = replace(design, terms=(replace(term, Z=term.Z[:, :1], names=("z0",), blocks=(1,)),))
    small, large = fit(start), fit(design)
    table = compare(large, small)
    assert table.rows == ("model 2", "model 1")
    assert table.values[:, 1].tolist() == [small.deviance, large.deviance]
    assert cell(table, 1, "chi2") == small.deviance - large.deviance > 0.1


def test_rounding_is_no_evidence(sleep):
    # the new variance is estimated as zero, so the deviances are equal but for rounding
    table = simulate(
        "Reaction ~ Days + (1 | Subject)", beta=[250, 10], sd=[30], sigma=25, data=sleep, seed=20
    )
    small = lmm("Reaction ~ Days + (1 | Subject)", table)
    large = lmm("Reaction ~ Days + (Days || Subject)", table)
    assert large.sd["Subject"].loc["Days", "sd"] == 0
    for scale in (1.0, 1e-6, 1e6):
        fits = [
            lmm(fit.design.formula, table.assign(Reaction=scale * table.Reaction))
            for fit in (small, large)
        ]
        assert compare(*fits).values[1, 4:].tolist() == [0, 1, 1, 1]


def test_the_same_model_twice(fitted):
    model = fitted("Days + (Days | Subject)")
    for other in (model, fitted("Days + (1 + Days | Subject)")):
        table = compare(model, other)
        assert "are the same model, so there is nothing to test" in table.note
        assert np.isnan(table.values[:, 4:]).all()


def test_rows_that_were_left_out_must_be_the_same(sleep):
    # y is equal in the rows that are left out, so that the responses alone cannot tell
    tied = sleep.assign(a=sleep.Days.astype(float), b=sleep.Days.astype(float))
    tied.loc[[3, 4], "Reaction"] = 300.0
    tied.loc[3, "a"] = tied.loc[4, "b"] = np.nan
    a, b = (lmm(f"Reaction ~ {x} + (1 | Subject)", tied) for x in "ab")
    np.testing.assert_array_equal(a.design.y, b.design.y)
    with pytest.raises(LMMError, match=r"different rows, .*any column of either"):
        compare(a, b)
    whole = lmm("Reaction ~ 1 + (1 | Subject)", tied.dropna(subset="a"))
    assert len(compare(a, whole)) == 2  # the same rows, the others left out before


def test_what_may_not_be_compared(sleep, fitted):
    model = fitted("Days + (1 | Subject)")
    holes = sleep.copy()
    holes.loc[3, "Days"] = np.nan
    y, one, groups = sleep.Reaction.to_numpy(), np.ones((180, 1)), sleep.Subject.astype(str)
    weighed = fit(grouped(y, one, one, groups, weights=np.linspace(1, 2, 180)))
    for models, pieces in [
        ([], ["one after the other"]),
        ([[model, model]], ["one after the other"]),
        ([model, "Reaction ~ 1"], ["one after the other"]),
        ([model, lmm("Reaction ~ 1 + (1 | Subject)", holes.dropna())], ["rows: 180 and 179"]),
        (
            [model, lmm("log(Reaction) ~ 1 + (1 | Subject)", sleep)],
            ["explain different things, Reaction and log(Reaction)"],
        ),
        (
            [model, lmm("Reaction ~ 1 + (1 | Subject)", sleep.assign(Reaction=1 / sleep.Reaction))],
            ["different rows, or different values of Reaction"],
        ),
        ([model, lmm("Reaction ~ Days + (1 | Subject)", sleep[::-1])], ["different rows"]),
        ([model, weighed], ["different weights", "give both the same"]),
        ([model, model.at([1.0])], ["needs estimates, and theta was given"]),
    ]:
        with pytest.raises(LMMError) as caught:
            compare(*models)
        said = str(caught.value)
        assert said.endswith(".") and "\n" not in said
        for piece in pieces:
            assert piece in said, said
    assert isinstance(compare(model).frame(), pd.DataFrame)
