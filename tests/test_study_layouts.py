"""simulate() with several factors: nested and crossed tables, and who keeps which draws."""

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, lmm, simulate
from lmmlab.study.simulate import OTHERS, normals

SCHOOLS = "score ~ 1 + (1 | school/class)"
NESTED = dict(beta=[100], sd={"school": 5, "class:school": 8}, sigma=10)
WORDS = "rt ~ rare + (rare | person) + (1 | word)"
CROSSED = dict(beta=[500, 40], sd={"person": [60, 20], "word": 25}, corr=0.4, sigma=80)


def nested(schools=4, classes=3, pupils=2, **changes):
    groups = {"school": schools, "class": classes}
    return simulate(SCHOOLS, groups=groups, per_group=pupils, **(NESTED | changes))


def crossed(people=6, words=5, rows=2, **changes):
    groups = {"person": people, "word": words}
    return simulate(WORDS, groups=groups, per_group=rows, **(CROSSED | changes))


def test_nested_tables_name_a_class_by_its_school():
    table = nested(2, 2, 2)
    assert list(table) == ["score", "school", "class"]
    assert table.school.tolist() == ["1"] * 4 + ["2"] * 4
    assert table["class"].tolist() == [c for c in ("1.1", "1.2", "2.1", "2.2") for _ in range(2)]
    deep = simulate(
        "y ~ t + (t | a/b/c)",
        groups={"c": 2, "a": 3, "b": 2},
        per_group=2,
        beta=[0, 1],
        sd=[1] * 6,
        sigma=1,
    )
    assert list(deep) == ["y", "t", "a", "b", "c"]
    assert deep.nunique().drop("y").to_dict() == {"t": 2, "a": 3, "b": 6, "c": 12}
    assert deep.c.iloc[-1] == "3.2.2"


def test_crossed_tables_have_every_combination():
    table = crossed(3, 4, 2)
    assert list(table) == ["rt", "rare", "person", "word"]
    assert (table.groupby(["person", "word"], observed=False).size() == 2).all()
    assert set(table.word) == {"1", "2", "3", "4"} and table.rare.tolist() == [0, 1] * 12
    plain = simulate(
        "rt ~ 1 + (1 | person) + (1 | word)",
        groups={"person": 3, "word": 4},
        beta=[0],
        sd=[1, 1],
        sigma=1,
    )
    assert len(plain) == 12


def test_values_from_the_draws():
    table = nested(3, 2, 4, seed=7)
    school = normals(7, 3, 1, OTHERS + 1)[:, 0]
    drawn = np.stack([normals(7, 2, 6, (0, s)) for s in range(3)])
    expected = 100 + 5 * school[:, None, None] + 8 * drawn[:, :, :1] + 10 * drawn[:, :, 2:]
    np.testing.assert_allclose(table.score, expected.ravel())
    table = crossed(4, 3, 2, seed=7)
    person, word = normals(7, 4, 8), normals(7, 3, 1, OTHERS + 1)[:, 0]
    start, more = person[:, 0], 0.4 * person[:, 0] + np.sqrt(1 - 0.16) * person[:, 1]
    start = np.repeat(500 + 60 * start, 6) + 25 * np.tile(np.repeat(word, 2), 4)
    slope = np.repeat(40 + 20 * more, 6) * table.rare
    np.testing.assert_allclose(table.rt, start + slope + 80 * person[:, 2:].ravel())


def by_name(table):
    """Give the response by the names of all groups, and the number of the row in them."""
    names = table.iloc[:, 1:].astype(str)
    number = names.groupby([*names]).cumcount().astype(str)
    return table.iloc[:, 0].set_axis(names.agg("/".join, axis=1) + "/" + number)


def test_more_schools_classes_and_pupils_leave_those_there_are():
    few, many = by_name(nested(3, 2, 2)), by_name(nested(5, 4, 3))
    np.testing.assert_array_equal(few, many[few.index])


def test_more_words_leave_people_words_and_noise():
    few, many = by_name(crossed(5, 4)), by_name(crossed(8, 9))
    np.testing.assert_array_equal(few, many[few.index])


def test_a_slider_deforms_the_same_people():
    at = [nested(sd={"school": 5, "class:school": sd}).score for sd in (0, 4, 8)]
    np.testing.assert_allclose(at[2] - at[0], 2 * (at[1] - at[0]), atol=1e-12)
    assert abs(at[2] - at[0]).min() > 1e-6
    assert abs(nested(seed=2).score - nested().score).min() > 1e-6


def test_moments_of_many_schools_are_the_implied_covariance():
    J = 4000
    y = nested(J, 2, 2).score.to_numpy().reshape(J, 4)
    V = 25 + 64 * np.kron(np.eye(2), np.ones((2, 2))) + 100 * np.eye(4)
    scale = np.sqrt(np.outer(np.diag(V), np.diag(V)))
    assert np.abs((np.cov(y.T) - V) / scale).max() < 4 * np.sqrt(2 / J)


def test_moments_of_crossed_data_are_the_implied_variances():
    people, words = 300, 200
    made = crossed(people, words).rt.to_numpy().reshape(people, words, 2)
    slope = made[:, :, 1] - made[:, :, 0]
    alone = slope.mean(1)  # words and starts cancel; noise is 2 x 80^2 / 200
    assert alone.var(ddof=1) == pytest.approx(400 + 2 * 6400 / words, rel=4 * np.sqrt(2 / people))
    start = made[:, :, 0]
    assert start.mean(1).var(ddof=1) == pytest.approx(3632, rel=4 * np.sqrt(2 / people))
    by_word = made.mean(2).mean(0)
    assert by_word.var(ddof=1) == pytest.approx(625, rel=4 * np.sqrt(2 / words))
    rest = start - start.mean(1, keepdims=True) - start.mean(0) + start.mean()
    assert rest.var() == pytest.approx(6400, rel=0.03)
    together = np.corrcoef(start.mean(1), alone)[0, 1]
    assert together == pytest.approx(0.4 * 1200 / np.sqrt(3632 * 464), abs=0.1)


def test_lmm_finds_the_truth_again():
    fit = lmm(SCHOOLS, nested(100, 8, 10))
    assert fit.sd["school"][0] == pytest.approx(5, rel=0.25)
    assert fit.sd["class:school"][0] == pytest.approx(8, rel=0.1)
    assert fit.sigma == pytest.approx(10, rel=0.03)
    again = lmm("score ~ 1 + (1 | school) + (1 | class)", nested(100, 8, 10))  # names tell whose
    assert again.deviance == pytest.approx(fit.deviance, abs=1e-8)
    fit = lmm(WORDS, crossed(80, 60))
    np.testing.assert_allclose(fit.sd["person"], [60, 20], rtol=0.25)
    assert fit.sd["word"][0] == pytest.approx(25, rel=0.25)
    assert fit.sigma == pytest.approx(80, rel=0.03)
    assert fit.beta[1] == pytest.approx(40, abs=4 * fit.se[1])


def test_a_table_of_ones_own_has_the_same_draws():
    made = nested()
    np.testing.assert_array_equal(simulate(SCHOOLS, data=made, **NESTED).score, made.score)
    shuffled = made.sample(frac=1, random_state=1)
    calm = NESTED | dict(sigma=0)  # the noise belongs to the order of rows in a class
    again = simulate(SCHOOLS, data=shuffled, **calm).score.sort_index()
    np.testing.assert_allclose(again, nested(sigma=0).score)


def test_spreads_by_name_or_in_order():
    named = nested()
    np.testing.assert_array_equal(named.score, nested(sd=[8, 5]).score)
    other = nested(sd={"school:class": [8], "school": np.float64(5)})
    np.testing.assert_array_equal(named.score, other.score)


def test_children_leave_and_crossed_people_do_not():
    formula = "y ~ t + (t | school/child)"
    truth = dict(beta=[0, 1], sd=[3, 1, 2, 0.5], sigma=1)
    made = simulate(
        formula,
        groups={"school": 5, "child": 10},
        per_group=4,
        missing=("last value", 0.4),
        **truth,
    )
    gone = made.y.isna()
    assert gone.groupby(made.t).mean().iloc[[0, -1]].tolist() == [0, 0.4]
    assert (gone.groupby(made.child, observed=True).diff().dropna() >= 0).all()
    with pytest.raises(LMMError, match="crossed"):
        crossed(missing=("coin", 0.3))


@pytest.mark.parametrize(
    ("make", "changes", "pieces"),
    [
        (nested, dict(schools=1), ["school is 1", "from 2 on"]),
        (crossed, dict(words=1), ["word is 1", "from 2 on"]),
        (crossed, dict(words=2.5), ["word is 2.5"]),
        (crossed, dict(rows=1), ["rare would be 0", "per_group from 2 on"]),
        (crossed, dict(people=2000, words=2000), ["2000 x 2000 x 2 rows are too many"]),
        (crossed, dict(people=10**400), ["rows are too many"]),
        (nested, dict(pupils=0), ["per_group is 0", "from 1 on"]),
        (nested, dict(sd={"school": 5}), ["the groups of the model are class:school, school"]),
        (nested, dict(sd={"school": 5, "class": 8}), ["the groups of the model"]),
        (
            nested,
            dict(sd={"school": "a", "class:school": 8}),
            ["sd of school is ['a']", "1 random effect,"],
        ),
        (nested, dict(sd={"school": -5, "class:school": 8}), ["must not be negative"]),
        (nested, dict(sd=[1]), ["(Intercept) by class:school, (Intercept) by school"]),
        (crossed, dict(corr=1.5), ["1.5", "between -1 and 1"]),
        (nested, dict(corr=0.5), ["corr is 0.5", "nothing to correlate; leave corr out"]),
        (nested, dict(sigma=-1), ["sigma is -1"]),
    ],
)
def test_what_cannot_be_laid_out(make, changes, pieces):
    with pytest.raises(LMMError) as caught:
        make(**changes)
    for piece in pieces:
        assert piece in str(caught.value)


@pytest.mark.parametrize(
    "groups", [5, None, {"school": 5}, {"school": 5, "klass": 3}, {"school": 5, "class": 3, "x": 2}]
)
def test_groups_are_asked_for_by_name(groups):
    with pytest.raises(LMMError, match=r"groups=\{'school': 10, 'class': 10\}"):
        simulate(SCHOOLS, groups=groups, per_group=2, **NESTED)


@pytest.mark.parametrize("rho", [-1, 1])
def test_correlations_of_one_are_allowed(rho):
    table = crossed(5, 3, corr=rho, sigma=0, sd={"person": [60, 20], "word": 0})
    line = table[table.word == "1"].set_index(["person", "rare"]).rt.unstack().to_numpy()
    np.testing.assert_allclose((line[:, 1] - line[:, 0] - 40) / 20, rho * (line[:, 0] - 500) / 60)


def test_one_factor_may_be_named_too():
    one = dict(beta=[0], sd=[1], sigma=1, per_group=3)
    named = simulate("y ~ 1 + (1 | g)", groups={"g": 4}, **one)
    pd.testing.assert_frame_equal(named, simulate("y ~ 1 + (1 | g)", groups=4, **one))


def test_a_column_may_have_a_colon_or_a_space_in_its_name():
    study = dict(groups=4, per_group=3, beta=[0], sd=[1], sigma=1)
    plain = simulate("y ~ 1 + (1 | g)", **study)
    for name in ("a:b", "my group"):
        made = simulate(f"y ~ 1 + (1 | `{name}`)", **study)
        pd.testing.assert_frame_equal(made.rename(columns={name: "g"}), plain)
