"""Repeated-measures ANOVA against car, statsmodels, mixed models, and what must hold by itself."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import AnovaRM, anova_lm

from lmmlab.classical.contrasts import contrasts, differences
from lmmlab.classical.rm_anova import rm_anova
from lmmlab.classical.sphericity import epsilon, mauchly
from lmmlab.classical.wide import factor, wide
from lmmlab.data import arrays
from lmmlab.engine.design import LMMError, grouped
from lmmlab.model.fit import fit
from lmmlab.study.simulate import root

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


@pytest.fixture(scope="module")
def sleep():
    data = arrays("sleepstudy")
    return data["Reaction"], data["Subject"], {"Days": data["Days"]}


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


@pytest.mark.parametrize("unit", [1e80, 1e-80])
def test_units_far_away(sleep, unit):
    y, person, within = sleep
    ours, other = rm_anova(y, person, within), rm_anova(unit * y, person, within)
    for name in ("F", "p", "gg", "gg_p", "hf", "hf_p", "W", "W_p"):
        assert getattr(other, name) == pytest.approx(getattr(ours, name), rel=1e-6)
    assert epsilon(1e-170 * ar1(5, 0.7)) == pytest.approx(epsilon(ar1(5, 0.7)))


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


def test_contrasts_are_one_orthogonal_matrix():
    parts = contrasts((2, 3, 4))
    whole = np.hstack(list(parts.values()))
    np.testing.assert_allclose(whole.T @ whole, np.eye(24), atol=1e-14)
    assert list(contrasts(())) == [()] and contrasts(())[()].tolist() == [[1.0]]


# ---- sphericity


SLEEP = (24.741, 5.922, 0.066, 25.592)  # tau0, tau1, rho, sigma of the REML fit


def implied(times, tau0, tau1, rho, sigma):
    Z = np.column_stack([np.ones(len(times)), times])
    T = Z @ root([tau0, tau1], rho)
    return T @ T.T + sigma**2 * np.eye(len(times))


def ar1(cells, rho):
    return rho ** np.abs(np.subtract.outer(np.arange(cells), np.arange(cells)))


@pytest.mark.parametrize(
    ("V", "expected"),
    [
        (9.0 + 4.0 * np.eye(6), 1.0),
        (ar1(4, 0.5), 0.859),
        (ar1(5, 0.7), 0.689),
        (ar1(5, 0.9), 0.577),
        (ar1(8, 0.7), 0.549),
        (implied(np.arange(7), 12, 1.2, -0.6, 8), 0.957),
        (implied(np.arange(0, 13, 3), 15, 0.8, -0.2, 8), 0.908),
        (implied(np.arange(9), 3, 0.35, -0.4, 2.2), 0.849),
        (implied(np.arange(10), *SLEEP), 0.536),
        (implied(np.arange(0, 22, 3), 0.35, 0.03, 0.2, 0.15), 0.263),
    ],
    ids=["CS", "AR4", "AR5", "AR5.9", "AR8", "BP", "HRQoL", "GAD-7", "sleepstudy", "tumour"],
)
def test_epsilon_of_the_ledger(V, expected):
    assert epsilon(V) == pytest.approx(expected, abs=5e-4 + 1e-12)


def test_epsilon_limits_and_bases():
    V = ar1(5, 0.7)
    steps = np.eye(5)[:, 1:] - np.eye(5)[:, :-1]
    assert epsilon(V, steps) == pytest.approx(epsilon(V))  # any basis of the differences
    assert epsilon(1e6 * V + 7.0) == pytest.approx(epsilon(V))
    assert epsilon(V[1:, 1:], np.array([1.0, 0, 0, -1])[:, None]) == pytest.approx(1.0)
    line = np.outer(np.arange(5), np.arange(5)).astype(float)
    assert epsilon(line) == pytest.approx(1 / 4)  # one direction varies: the least there is
    both = epsilon(np.stack([V, line]))
    np.testing.assert_allclose(both, [epsilon(V), 0.25])


def test_equal_variances_of_differences_are_enough():
    """Sphericity is more than compound symmetry (Huynh & Feldt 1970)."""
    a = np.array([1.0, -2.0, 0.5, 3.0])
    V = a[:, None] + a + 12.0 + 4.0 * np.eye(4)
    assert np.ptp(V[np.triu_indices(4, 1)]) > 1
    assert epsilon(V) == pytest.approx(1.0)


def test_mauchly_limits():
    W, p = mauchly(np.stack([3.0 * np.eye(3), np.diag([1.0, 1.0, 0.0])]), 10, 4)
    assert W == pytest.approx([1.0, 0.0]) and p == pytest.approx([1.0, 0.0])
    assert np.isnan(mauchly(np.eye(3), 2, 4)).all()


def test_mauchly_is_uniform_under_sphericity():
    Y = 5.0 * np.random.default_rng(3).standard_normal((4000, 15 * 4))
    person, cell = np.repeat(np.arange(15), 4), np.tile(np.arange(4), 15)
    p = rm_anova(Y, person, {"cell": cell}).W_p[:, 0]
    for level in (0.05, 0.3, 0.7):
        assert abs((p < level).mean() - level) < 3 * np.sqrt(level * (1 - level) / 4000)


def test_size_of_the_uncorrected_test():
    """Ledger row 50, 18 people and 10 days: right under compound symmetry, too large otherwise."""
    m, person, day = 4000, np.repeat(np.arange(18), 10), {"day": np.tile(np.arange(10), 18)}
    e = np.random.default_rng(50).standard_normal((m, 18, 10))
    sleep_like = implied(np.arange(10), *SLEEP)
    alike = 24.7**2 + 25.6**2 * np.eye(10)
    for V, expected in (alike, 0.05), (sleep_like, 0.087):
        anova = rm_anova((e @ np.linalg.cholesky(V).T).reshape(m, -1), person, day)
        error = np.sqrt(expected * (1 - expected) / m)
        assert abs((anova.p < 0.05).mean() - expected) < 3 * error
        assert (anova.gg_p < 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / m)


# ---- beside the mixed model


def mixed_F(y, person, day):
    """The Wald F of days as a factor, in the mixed model with random intercepts."""
    one = np.ones((len(y), 1))
    X = np.hstack([one, differences(10)[day]])
    model = fit(grouped(y, X, one, person))
    return model, model.beta[1:] @ np.linalg.solve(model.vcov[1:, 1:], model.beta[1:]) / 9


def test_is_the_random_intercept_model_on_balanced_data(sleep):
    y, person, within = sleep
    anova = rm_anova(y, person, within)
    assert anova.F == pytest.approx(18.703, abs=5e-4)
    assert (anova.df.item(), anova.error_df.item()) == (9, 153)
    assert anova.gg == pytest.approx(0.369, abs=5e-4)
    assert mixed_F(y, person, within["Days"])[1] == pytest.approx(anova.F.item(), rel=1e-8)


def test_parts_from_the_mixed_model_where_persons_are_too_alike(sleep):
    """MSB < MSW: the mixed model's variance stops at 0 and its error pools both mean squares."""
    y, person, within = sleep
    Y = wide(y, person, within["Days"])
    alike = Y - 0.99 * (Y.mean(1, keepdims=True) - Y.mean())
    model, F = mixed_F(alike.ravel(), np.repeat(np.arange(18), 10), np.tile(np.arange(10), 18))
    ours = rm_anova(alike.ravel(), np.repeat(np.arange(18), 10), {"d": np.tile(np.arange(10), 18)})
    means = 10 * ((alike.mean(1) - alike.mean()) ** 2).sum()
    assert means / 17 < ours.error_SS.item() / 153
    assert model.singular
    pooled = (means + ours.error_SS.item()) / (17 + 153)
    assert pytest.approx(ours.SS.item() / 9 / pooled) == F
    assert ours.F.item() == pytest.approx(18.703, abs=5e-4)  # blind to how persons differ
    assert ours.F.item() < 0.95 * F


def test_parts_from_the_mixed_model_where_a_cell_is_lost(sleep):
    y, person, within = sleep
    day, lost = within["Days"], 4
    keep = np.arange(180) != lost
    with pytest.raises(LMMError, match="Person 308 has no value at Days = 4"):
        rm_anova(y[keep], person[keep], {"Days": day[keep]})
    complete = person != "308"
    ours = rm_anova(y[complete], person[complete], {"Days": day[complete]})
    F = mixed_F(y[keep], person[keep], day[keep])[1]
    assert ours.error_df.item() == 144
    assert abs(F / ours.F.item() - 1) > 0.01


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


def test_few_persons_are_told_what_is_undefined(sleep):
    y, person, within = sleep
    few = np.isin(person, ["308", "309", "310", "330", "331"])
    anova = rm_anova(y[few], person[few], {"Days": within["Days"][few]})
    assert np.isnan(anova.W).all() and "Mauchly's test is undefined" in anova.sphericity.note
    assert anova.sphericity.loc["Days", "Mauchly p"] == "undefined"
    assert 1 / 9 < anova.gg.item() < 4 / 9 and anova.gg.item() < anova.hf.item()
    two = np.isin(person, ["308", "309"])
    anova = rm_anova(y[two], person[two], {"Days": within["Days"][two]})
    assert anova.gg.item() == pytest.approx(1 / 9)
    assert np.isnan(anova.hf).all() and "HF epsilon is undefined" in anova.sphericity.note


@pytest.mark.parametrize(
    ("V", "M", "words"),
    [
        (np.ones((3, 3)), None, "No difference"),
        (np.ones((2, 3)), None, "square"),
        ([[1.0]], None, "at least two"),
        ([[1.0, np.nan], [np.nan, 1.0]], None, "finite"),
        ([[1.0, 2.0], [2.0, 1.0]], None, "negative eigenvalues"),
        ([[1.0, 0.5], [0.2, 1.0]], None, "symmetric"),
        (np.eye(3), np.eye(2), "M must have a row for each of the 3"),
        (np.eye(3), np.ones((3, 2)), "do not depend"),
    ],
)
def test_epsilon_refuses(V, M, words):
    with pytest.raises(LMMError, match=words):
        epsilon(V, M)


def test_labels_of_any_kind():
    assert factor("x", [10, 9], 2).levels == ("9", "10")
    assert factor("x", np.array(["b", "a"], dtype=object), 2).levels == ("a", "b")
    assert factor("x", pd.Series(["b", "a"]), 2).codes.tolist() == [1, 0]
