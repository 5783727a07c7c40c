"""Repeated-measures ANOVA against car, statsmodels, and what must hold by itself."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import AnovaRM, anova_lm

from lmmlab.classical.contrasts import contrasts
from lmmlab.classical.rm_anova import rm_anova
from lmmlab.classical.wide import wide
from lmmlab.data import arrays
from lmmlab.engine.design import LMMError, grouped
from lmmlab.model.fit import fit

FOLDER = Path(__file__).parent.parent / "reference"
CASES = {
    "orthodont_rmanova": ("distance", "Subject", ["age"], ["Sex"]),
    "orthodont_rmanova_within": ("distance", "Subject", ["age"], []),
    "maxwell_delaney_rmanova": ("rt", "id", ["noise", "angle"], []),
}
NAMES = {
    "SS": "SS",
    "df": "num_df",
    "error_SS": "SS_error",
    "error_df": "den_df",
    "F": "F",
    "p": "p",
    "W": "mauchly_W",
    "W_p": "mauchly_p",
    "gg": "gg_epsilon",
    "gg_p": "gg_p",
    "hf": "hf_epsilon",
    "hf_p": "hf_p",
}


def data_of(case):
    data = arrays(json.loads((FOLDER / f"{case}.json").read_text())["data"].removesuffix(".csv"))
    y, person, within, between = CASES[case]
    return data[y], data[person], {k: data[k] for k in within}, {k: data[k] for k in between}


@pytest.fixture
def made():
    """A function that makes people who see every cell of two factors, in unequal groups."""

    def make(seed=1, sizes=(2, 3), groups=(3, 5, 4), lead=()):
        rng = np.random.default_rng(seed)
        people, cells = sum(groups), int(np.prod(sizes))
        person = np.repeat(np.arange(people), cells)
        places = np.unravel_index(np.tile(np.arange(cells), people), sizes)
        within = {f"f{k}": place for k, place in enumerate(places)}
        arm = np.repeat(np.repeat(list("abcdef")[: len(groups)], groups), cells)
        y = 50 + rng.normal(size=(*lead, len(person))) + rng.normal(size=people)[person]
        order = rng.permutation(len(person))
        return (
            y[..., order],
            person[order],
            {k: v[order] for k, v in within.items()},
            {"arm": arm[order]},
        )

    return make


# ---- references


def test_all_references_are_here():
    kinds = [path.stem for path in FOLDER.glob("*.json") if "rm_anova" in path.read_text()]
    assert sorted(kinds) == sorted(CASES)


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_car(case):
    anova = rm_anova(*data_of(case))
    reference = json.loads((FOLDER / f"{case}.json").read_text())["anova"]
    assert anova.terms == tuple(reference["terms"])
    for ours, theirs in NAMES.items():
        expected = np.array(reference[theirs], dtype=float)
        known = ~np.isnan(expected)
        np.testing.assert_allclose(getattr(anova, ours)[known], expected[known], rtol=1e-10)


def test_tables_show_the_rows_that_apply():
    anova = rm_anova(*data_of("maxwell_delaney_rmanova"))
    reference = json.loads((FOLDER / "maxwell_delaney_rmanova.json").read_text())["anova"]
    assert anova.table.rows == ("noise", "angle", "noise:angle")
    assert anova.sphericity.rows == ("angle", "noise:angle")
    assert anova.table.loc["noise", "F"] == pytest.approx(reference["F"][0])
    assert anova.sphericity.loc["angle", "GG p"] == pytest.approx(reference["gg_p"][1])
    assert np.isfinite(anova.sphericity.values).all()
    assert "angle and noise:angle" in anova.table.note
    assert "above 1" in anova.sphericity.note
    for text in (repr(anova), anova._repr_html_()):
        assert "error SS" in text and "Mauchly W" in text and "nan" not in text.lower()


def test_two_levels_need_no_sphericity():
    y, person, within, _ = data_of("maxwell_delaney_rmanova")
    keep = within["angle"] == "0"
    anova = rm_anova(y[keep], person[keep], {"noise": within["noise"][keep]})
    assert len(anova.sphericity) == 0 and "No term needs sphericity" in anova.sphericity.note
    assert anova.gg.tolist() == [1.0] and anova.gg_p == pytest.approx(anova.p, rel=1e-12)
    Y = wide(y[keep], person[keep], within["noise"][keep] == "present")
    change = Y[:, 1] - Y[:, 0]
    t = change.mean() / (change.std(ddof=1) / np.sqrt(len(change)))
    assert anova.F == pytest.approx(t**2)  # the paired t test


# ---- an independent oracle


@pytest.mark.parametrize("sizes", [(4,), (2, 3), (3, 4)])
def test_agrees_with_statsmodels_within(made, sizes):
    y, person, within, _ = made(sizes=sizes)
    ours = rm_anova(y, person, within)
    frame = pd.DataFrame({"y": y, "person": person, **within})
    theirs = AnovaRM(frame, "y", "person", list(within)).fit().anova_table
    assert list(ours.terms) == list(theirs.index)
    np.testing.assert_allclose(ours.F, theirs["F Value"], rtol=1e-9)
    np.testing.assert_allclose(ours.p, theirs["Pr > F"], rtol=1e-9)
    np.testing.assert_allclose([ours.df, ours.error_df], theirs[["Num DF", "Den DF"]].T)


def test_between_persons_is_the_anova_of_their_means(made):
    """Type III of two crossed factors with unequal cells, and the intercept of each difference."""
    y, person, within, _ = made(groups=(14,))
    drug, sex = np.array(list("aabcbbccaabbcc")), np.array(list("mfmfmmfmmfffmf"))
    ours = rm_anova(y, person, within, {"drug": drug[person], "sex": sex[person]})
    Y = wide(y, person, within["f0"] * 3 + within["f1"])
    rows = dict(zip(ours.terms, ours.F, strict=True))
    for M, name in (np.full(6, 6**-0.5), ""), (np.repeat([1, -1], 3) * 6**-0.5, ":f0"):
        frame = pd.DataFrame({"y": Y @ M, "drug": drug, "sex": sex})
        model = smf.ols("y ~ C(drug, Sum) * C(sex, Sum)", frame).fit()
        theirs = anova_lm(model, typ=3)
        F = theirs["F"].to_numpy()
        for term, one in zip(("drug", "sex", "drug:sex"), F[1:4], strict=True):
            assert rows[term + name] == pytest.approx(one, rel=1e-9)
    assert rows["f0"] == pytest.approx(F[0], rel=1e-9)


def test_three_factors_within(made):
    y, person, within, _ = made(sizes=(2, 3, 2))
    frame = pd.DataFrame({"y": y, "person": person, **within})
    theirs = AnovaRM(frame, "y", "person", list(within)).fit().anova_table
    ours = rm_anova(y, person, within)
    assert list(ours.terms) == ["f0", "f1", "f2", "f0:f1", "f0:f2", "f1:f2", "f0:f1:f2"]
    np.testing.assert_allclose(ours.F, theirs.loc[list(ours.terms), "F Value"], rtol=1e-9)


# ---- what must hold by itself


def test_order_units_and_labels_do_not_matter(made):
    y, person, within, between = made()
    ours = rm_anova(y, person, within, between)
    back = np.arange(len(y))[::-1]
    other = rm_anova(
        1e7 - 3 * y[back],
        person.astype(str)[back],
        {k: v[back] for k, v in within.items()},
        {k: v[back] for k, v in between.items()},
    )
    for name in ("F", "p", "gg", "gg_p", "hf", "hf_p", "W", "W_p"):
        np.testing.assert_allclose(getattr(other, name), getattr(ours, name), rtol=1e-6)


def test_two_factors_within_are_no_random_intercept_model():
    """Each term has an error of its own: persons by that term."""
    y, person, within, _ = data_of("maxwell_delaney_rmanova")
    angle, noise = (np.unique(within[k], return_inverse=True)[1] for k in ("angle", "noise"))
    X = np.hstack([M[2 * angle + noise] for M in contrasts((3, 2)).values()])
    model = fit(grouped(y, X, X[:, :1], person))
    anova = rm_anova(y, person, within)
    assert anova.error_SS[0] / anova.error_df[0] != pytest.approx(model.sigma**2, rel=0.05)
    assert anova.error_SS.sum() / anova.error_df.sum() == pytest.approx(model.sigma**2)
    assert (model.beta[3] / model.se[3]) ** 2 != pytest.approx(anova.F[0], rel=0.05)


def test_many_studies_at_once(made):
    y, person, within, between = made(lead=(2, 3))
    many = rm_anova(y, person, within, between)
    assert many.F.shape == many.gg.shape == many.hf_p.shape == many.W.shape == (2, 3, 7)
    one = rm_anova(y[1, 2], person, within, between)
    for name in NAMES:
        own = getattr(many, name)
        own = own if name in ("df", "error_df") else own[1, 2]
        np.testing.assert_allclose(own, getattr(one, name), rtol=1e-10)
    with pytest.raises(LMMError, match="6 studies"):
        print(many.table)
    assert "RMAnova" in repr(many) and many._repr_html_() is None


def test_sums_of_squares_add_up(made):
    """Balanced groups: effects and errors together are the whole sum of squares."""
    y, person, within, between = made(groups=(4, 4, 4))
    anova = rm_anova(y, person, within, between)
    by_effect = dict(zip(anova.terms, anova.error_SS, strict=True))
    errors = sum(by_effect[term] for term in ("arm", "f0", "f1", "f0:f1"))
    assert anova.SS.sum() + errors == pytest.approx(((y - y.mean()) ** 2).sum())


# ---- bad input


def refused(words, *arguments):
    with pytest.raises(LMMError, match=words) as caught:
        rm_anova(*arguments)
    assert "nan" not in str(caught.value)


def test_refuses_incomplete_and_repeated_cells(sleep):
    y, person, within = sleep
    day = within["Days"]
    hole = y.copy()
    hole[[3, 44]] = np.nan
    refused(
        "308 has no value at Days = 3, and 1 other cell is empty.*mixed model", hole, person, within
    )
    refused("no value", np.stack([y, hole]), person, within)
    twice = np.append(np.arange(180), 17)
    refused("309 has 2 rows at Days = 7.*Average", y[twice], person[twice], {"Days": day[twice]})


def test_refuses_factors_on_the_wrong_side():
    y, person, age, sex = data_of("orthodont_rmanova")
    refused("Sex never changes within a person, so it belongs to between", y, person, {**sex})
    trial = {"trial": np.tile(np.arange(4), 27)}
    refused("Person M01 is in two groups, age = 14 and age = 8", y, person, trial, age)
    refused("at least one factor within", y, person, {}, sex)


def test_refuses_factors_without_a_name_or_on_both_sides():
    y, person, age, sex = data_of("orthodont_rmanova")
    refused("within must give each factor a name.*this is a list", y, person, [age["age"]])
    refused("between must give each factor a name", y, person, age, [sex["Sex"]])
    refused("age cannot be within persons and between them", y, person, age, {**age, **sex})


def test_refuses_one_level_and_too_few_persons(sleep):
    y, person, within = sleep
    refused("Days has only one level, 0", y[::10], person[::10], {"Days": within["Days"][::10]})
    refused("arm has only one level, a", y, person, within, {"arm": np.full(180, "a")})
    one = {"Days": within["Days"][:10]}
    refused("One person is no sample", y[:10], person[:10], one)
    two = {"Days": within["Days"][:20]}
    refused("2 persons in 2 groups", y[:20], person[:20], two, {"arm": person[:20]})
    sides = np.where(person < "340", "a", "b")
    refused(
        "No person has drug = [ab], sex = [fm]",
        y,
        person,
        within,
        {"drug": sides, "sex": np.where(sides == "a", "f", "m")},
    )


def test_refuses_a_response_without_error(sleep):
    y, person, within = sleep
    day = within["Days"]
    refused("Nothing is left as error for Days", np.full(180, 250.1), person, within)
    refused("Nothing is left as error for Days", np.zeros(180), person, within)
    refused("Nothing is left as error for Days", 0.1 * day + y[::10].repeat(10), person, within)
    refused("Nothing is left as error for Days", np.stack([0 * y, 0 * y]), person, within)
    anova = rm_anova(np.stack([y, 0 * y]), person, within)
    one = rm_anova(y, person, within)
    for name in ("F", "p", "gg", "gg_p", "hf", "hf_p", "W", "W_p"):
        assert getattr(anova, name)[0] == pytest.approx(getattr(one, name), rel=1e-10)
        assert np.isnan(getattr(anova, name)[1]).all()


def test_refuses_labels_and_numbers_that_make_no_sense(sleep):
    y, person, within = sleep
    refused("Days must be a vector with one label for each of the 180", y, person, {"Days": [1, 2]})
    refused("person is missing in row 2", y[:2], ["a", None], {"d": [0, 1]})
    refused("day is missing in row 1", y[:2], ["a", "a"], {"day": [np.nan, 1]})
    refused("y is inf", np.where(y > 300, np.inf, y), person, within)
    refused("at least one row", [], [], {"d": []})
