"""simulate(): the truth goes in exactly, chance comes in once, and people stay who they are."""

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, lmm, load, simulate
from lmmlab.study.missingness import Dropout
from lmmlab.study.shape import Shape
from lmmlab.study.simulate import normals

TRUTH = dict(beta=[250, 10], sd=[25, 6], corr=-0.4, sigma=20)
SLOPE = "ms ~ day + (day | driver)"


def study(formula=SLOPE, groups=6, per_group=4, **changes):
    return simulate(formula, groups=groups, per_group=per_group, **(TRUTH | changes))


def test_the_table():
    table = study(groups=3, per_group=2)
    assert list(table) == ["ms", "day", "driver"]
    assert table.day.tolist() == [0, 1] * 3
    assert table.driver.tolist() == ["1", "1", "2", "2", "3", "3"]
    assert list(table.driver.cat.categories) == ["1", "2", "3"]


def test_values_from_the_draws():
    # The formula of the model, written out: the draws of a person are two for the line, then
    # one for each visit.
    drawn = normals(7, 6, 6)
    start = 250 + 25 * drawn[:, 0]
    change = 10 + 6 * (-0.4 * drawn[:, 0] + np.sqrt(1 - 0.4**2) * drawn[:, 1])
    expected = start[:, None] + change[:, None] * np.arange(4) + 20 * drawn[:, 2:]
    np.testing.assert_allclose(study(seed=7).ms, expected.ravel())


def test_the_same_seed_gives_the_same_people():
    table = study()
    pd.testing.assert_frame_equal(table, study())
    assert abs(table.ms - study(seed=2).ms).min() > 1e-6
    more = study(groups=9, per_group=7)
    same = more[more.driver.astype(int).le(6) & more.day.lt(4)]
    np.testing.assert_array_equal(same.ms, table.ms)
    # twice the residual sd: every residual is twice as large, nothing else moves
    calm, rough = study(sigma=0), study(sigma=40)
    np.testing.assert_allclose(rough.ms - calm.ms, 2 * (table.ms - calm.ms))
    # without the slope the start and the visits are still theirs
    flat = simulate(
        "ms ~ day + (1 | driver)", groups=6, per_group=4, beta=[250, 10], sd=[25], sigma=20
    )
    still = study(sd=[25, 0])
    np.testing.assert_allclose(flat.ms, still.ms)


@pytest.mark.parametrize("rho", [-1, 1])
def test_perfectly_correlated_people(rho):
    table = study(corr=rho, sigma=0)
    line = table.set_index(["driver", "day"]).ms.unstack().to_numpy()
    start, change = line[:, 0] - 250, line[:, 1] - line[:, 0] - 10
    np.testing.assert_allclose(change / 6, rho * start / 25)


def test_moments_of_many_people():
    table = study(groups=4000, per_group=2, sigma=0)
    line = table.ms.to_numpy().reshape(-1, 2)
    b = np.column_stack([line[:, 0], line[:, 1] - line[:, 0]])
    G = np.array([[625, -60], [-60, 36]])
    assert b.mean(0) == pytest.approx([250, 10], abs=4 * 25 / np.sqrt(4000))
    scale = np.sqrt(np.outer(np.diag(G), np.diag(G)))
    assert np.abs((np.cov(b.T) - G) / scale).max() < 4 * np.sqrt(2 / 4000)


def test_a_table_of_ones_own():
    made = study(groups=5, per_group=3)
    again = simulate(SLOPE, data=made.assign(ms=np.nan).drop(columns="ms"), **TRUTH)
    np.testing.assert_array_equal(again.ms, made.ms)
    again = simulate(SLOPE, data=made.assign(ms=np.nan), **TRUTH)
    np.testing.assert_array_equal(again.ms, made.ms)
    sleep = load("sleepstudy").iloc[::-1]
    back = simulate("Reaction ~ Days + (Days | Subject)", data=sleep, **TRUTH)
    pd.testing.assert_frame_equal(back.drop(columns="Reaction"), sleep.drop(columns="Reaction"))
    assert sleep.Reaction.iloc[-1] == 249.56  # the table that was given is as it was


def test_factors_and_blocks():
    ortho = load("orthodont")
    table = simulate(
        "distance ~ age * Sex + (age || Subject)",
        data=ortho,
        beta=[16, 0.8, 1, -0.3],
        sd=[0, 0],
        sigma=0,
    )
    girl = ortho.Sex == "Female"
    np.testing.assert_allclose(table.distance, 16 + 0.8 * ortho.age + girl * (1 - 0.3 * ortho.age))


def test_a_correlation_holds_within_each_random_term():
    # A third random effect in a term of its own, with sd 0, changes nothing: its correlation with
    # the others is zero by the formula, and -0.9 for all three pairs could not even be.
    table = study().assign(dose=1.5)
    bars = "(day | driver) + (0 + dose | driver)"
    made = simulate(
        f"ms ~ day + {bars}", data=table, beta=[0, 0], sd=[25, 6, 0], corr=-0.9, sigma=0
    )
    alone = study(beta=[0, 0], corr=-0.9, sigma=0)
    np.testing.assert_allclose(made.ms, alone.ms)


def test_shapes_bend_the_same_people():
    drawn = normals(7, 6, 6)
    bent, noise = Shape("skewed").bend(drawn[:, :2]), Shape("t", 3).bend(drawn[:, 2:])
    start = 250 + 25 * bent[:, 0]
    change = 10 + 6 * (-0.4 * bent[:, 0] + np.sqrt(1 - 0.4**2) * bent[:, 1])
    expected = start[:, None] + change[:, None] * np.arange(4) + 20 * noise
    table = study(seed=7, shape="skewed", noise=("t", 3))
    np.testing.assert_allclose(table.ms, expected.ravel())
    pd.testing.assert_frame_equal(study(seed=7, shape=Shape("skewed"), noise=("t", 3)), table)


def test_who_leaves_has_no_more_visits():
    whole = study(groups=20, per_group=4)
    table = study(groups=20, per_group=4, missing=("last value", 0.4))
    assert table.drop(columns="ms").equals(whole.drop(columns="ms"))
    gone = table.ms.isna()
    np.testing.assert_array_equal(table.ms[~gone], whole.ms[~gone])
    assert gone.groupby(table.day).mean().iloc[[0, -1]].tolist() == [0, 0.4]
    assert (gone.groupby(table.driver, observed=True).diff().dropna() >= 0).all()
    # those with the highest values of the first day leave first
    first = whole[whole.day == 0].set_index("driver").ms
    after = table[(table.day == 1) & gone].driver
    assert set(after) == set(first.nlargest(len(after)).index)
    by_slope = study(groups=20, sigma=0, missing=Dropout("own slope", 0.3, -1.0))
    line = study(groups=20, sigma=0).set_index(["driver", "day"]).ms.unstack()
    lost = by_slope[(by_slope.day == 3) & by_slope.ms.isna()].driver
    assert set(lost) == set((line[1] - line[0]).nsmallest(6).index)
    fit = lmm(SLOPE, table)  # the model takes the rows that are there
    assert fit.nobs == (~gone).sum() and fit.design.dropped == gone.sum()


@pytest.mark.parametrize(
    ("formula", "changes", "pieces"),
    [
        (SLOPE, dict(beta=[1]), ["beta is [1]", "2 fixed effects, (Intercept), day"]),
        (SLOPE, dict(beta=[1, np.nan]), ["beta", "one number for each"]),
        (SLOPE, dict(beta="ab"), ["beta is 'ab'"]),
        (SLOPE, dict(beta=np.array([1, 2j])), ["beta is", "one number for each"]),
        (SLOPE, dict(sd=[1, 2, 3]), ["sd is [1, 2, 3]", "2 random effects, (Intercept), day"]),
        (SLOPE, dict(sd=[1, -2]), ["-2.0", "must not be negative"]),
        (SLOPE, dict(corr=1.2), ["1.2", "between -1 and 1"]),
        (SLOPE, dict(corr=[[1, 2, 3]] * 2), ["corr must be a number or a 2 x 2 matrix"]),
        (SLOPE, dict(corr="high"), ["corr must be a number"]),
        (SLOPE, dict(corr=[0.5, 0.5]), ["corr must be a number or a 2 x 2 matrix"]),
        (SLOPE, dict(corr=None), ["corr must be a number"]),
        (SLOPE, dict(corr=np.nan), ["corr must be a number"]),
        (SLOPE, dict(corr=0.5j), ["corr must be a number"]),
        ("ms ~ day + (day || driver)", {}, ["corr is -0.4", "not correlated"]),
        ("ms ~ day + (day || driver)", dict(corr=[[1, 0.2], [0.2, 1]]), ["not correlated"]),
        ("ms ~ day + (1 | driver)", dict(sd=[1]), ["corr is -0.4", "only one effect varies"]),
        (SLOPE, dict(sigma=-1), ["sigma is -1"]),
        (SLOPE, dict(sigma="1"), ["sigma is '1'"]),
        (SLOPE, dict(sigma=True), ["sigma is True"]),
        (SLOPE, dict(sigma=np.nan), ["sigma is nan"]),
        (SLOPE, dict(seed=-1), ["seed is -1"]),
        (SLOPE, dict(seed=1.5), ["seed is 1.5"]),
        (SLOPE, dict(seed=True), ["seed is True"]),
        (SLOPE, dict(groups=1), ["groups is 1", "from 2 on"]),
        (SLOPE, dict(groups=None), ["groups is None"]),
        (SLOPE, dict(per_group=0.5), ["per_group is 0.5"]),
        (SLOPE, dict(per_group=True), ["per_group is True"]),
        (SLOPE, dict(groups=10**6, per_group=10**6), ["too many"]),
        (SLOPE, dict(data="sleep", groups=None, per_group=None), ["pandas DataFrame"]),
        (SLOPE, dict(data=pd.DataFrame({"day": [1]})), ["Give either data, or groups"]),
        (SLOPE, dict(shape="round"), ["no shape 'round'", "skewed"]),
        (SLOPE, dict(shape=("t", 1)), ["1 degrees of freedom"]),
        (SLOPE, dict(noise=3), ["noise is 3; give a name"]),
        (SLOPE, dict(shape=("t", "many")), ["shape is ('t', 'many')"]),
        (SLOPE, dict(missing="coin"), ["missing is 'coin'", "a name and a number"]),
        (SLOPE, dict(missing=("coin", 30)), ["leave is 30"]),
        (SLOPE, dict(missing=("sick", 0.3)), ["no rule 'sick'"]),
        (
            "ms ~ day + (1 | driver)",
            dict(sd=[1], corr=0, missing=("own slope", 0.3)),
            ["without random slopes"],
        ),
        ("log(ms) ~ day + (1 | driver)", {}, ["a plain name must stand before the ~"]),
        ("ms ~ day + dose + (1 | driver)", {}, ["several predictors", "day, dose, driver"]),
        ("ms ~ day + (1 | ward:driver)", {}, ["groups is 6", "ward, driver", "data="]),
        ("ms ~ day", {}, ["no grouping term"]),
    ],
)
def test_what_cannot_be_simulated(formula, changes, pieces):
    with pytest.raises(LMMError) as caught:
        study(formula, **changes)
    for piece in pieces:
        assert piece in str(caught.value)


def test_missing_values_in_the_table():
    table = study().assign(day=np.nan)
    with pytest.raises(LMMError, match="missing value"):
        simulate(SLOPE, data=table, **TRUTH)
    table.loc[3:, "day"] = 1
    with pytest.raises(LMMError, match="3 rows of the data have a missing value"):
        simulate(SLOPE, data=table, **TRUTH)
