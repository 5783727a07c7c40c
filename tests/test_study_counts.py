"""`simulate` with a family: yes or no, events out of trials, and counts."""

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, ar1, glmm, simulate
from lmmlab.meaning.odds import average_probability, count_moments

MADE = {"groups": 200, "per_group": 20, "beta": [-0.5], "sd": [1.2]}


def test_yes_and_no_have_the_average_of_the_truth():
    table = simulate("y ~ 1 + (1 | g)", family="binomial", **MADE)
    assert set(table["y"]) == {0, 1} and table["y"].dtype.kind == "i"
    means = table.groupby("g", observed=True)["y"].mean()
    error = means.std() / np.sqrt(200)
    assert abs(means.mean() - average_probability(-0.5, 1.2)) < 4 * error


def test_counts_have_the_moments_of_the_truth():
    table = simulate("y ~ 1 + (1 | g)", family="poisson", **MADE | {"sd": [0.6]})
    mean, variance = count_moments(np.exp(-0.5), 0.6)
    assert table["y"].mean() == pytest.approx(float(mean), rel=0.15)
    assert table["y"].var() == pytest.approx(float(variance), rel=0.3)


def test_the_truth_is_found_again():
    table = simulate(
        "y ~ day + (1 | g)",
        groups=150,
        per_group=10,
        beta=[-0.5, 0.2],
        sd=[1.0],
        family="binomial",
        trials=4,
    ).assign(n=4)
    model = glmm("y / n ~ day + (1 | g)", table)
    assert (np.abs(model.beta - [-0.5, 0.2]) < 4 * model.se).all()
    assert model.sd["g"].values[0] == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize("family", ["binomial", "poisson"])
def test_a_slider_never_turns_an_event_back(family):
    before = None
    for start in np.linspace(-3, 1, 9):
        table = simulate("y ~ 1 + (1 | g)", family=family, **MADE | {"beta": [start]})
        if before is not None:
            assert (table["y"] >= before).all()
            assert (table["y"] > before).mean() < 0.8
        before = table["y"]


def test_more_groups_leave_the_others_as_they_are():
    few = simulate("y ~ 1 + (1 | g)", family="poisson", **MADE | {"groups": 20})
    many = simulate("y ~ 1 + (1 | g)", family="poisson", **MADE)
    assert (few["y"].to_numpy() == many["y"].to_numpy()[:400]).all()


def test_trials_of_a_column():
    table = pd.DataFrame({"g": np.repeat(list("abcdef"), 5), "n": np.arange(1, 31)})
    made = simulate(
        "y ~ 1 + (1 | g)", data=table, beta=[5], sd=[0.1], family="binomial", trials="n"
    )
    assert (made["y"] <= made["n"]).all() and made["y"].max() > 20


def test_nested_groups_and_who_leaves():
    made = simulate(
        "y ~ 1 + (1 | school/class)",
        groups={"school": 10, "class": 3},
        per_group=8,
        beta=[0.0],
        sd={"school": 1.0, "class:school": 0.5},
        family="binomial",
    )
    assert set(made["y"]) == {0, 1} and len(made) == 240
    left = simulate(
        "y ~ day + (1 | g)", family="poisson", missing=("coin", 0.5), **MADE | {"beta": [0.0, 0.1]}
    )
    assert left["y"].isna().any()
    assert (left["y"].dropna() % 1 == 0).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"family": "gamma"}, 'must be "normal", "binomial" or "poisson"'),
        ({"family": 3}, 'must be "normal", "binomial" or "poisson"'),
        ({}, "sigma is None"),
        ({"family": "binomial", "sigma": 1.0}, "sigma is about normal responses"),
        ({"family": "poisson", "noise": "skewed"}, "noise is about normal responses"),
        ({"family": "poisson", "residual": ar1("day", "g"), "values": 0.5}, "residual is about"),
        ({"family": "poisson", "trials": 3}, "have no limit"),
        ({"sigma": 1.0, "trials": 3}, 'trials belong to family="binomial"'),
        ({"family": "binomial", "trials": 2.5}, "whole numbers"),
        ({"family": "binomial", "trials": 0}, "whole numbers"),
        ({"family": "binomial", "trials": "size"}, "no column size"),
        ({"family": "binomial", "trials": [1, 2]}, "a number, or the name of a column"),
        ({"family": "poisson", "beta": [30.0, 0.0]}, "such counts are beyond"),
    ],
)
def test_what_cannot_be(options, said):
    given = MADE | {"beta": [0.0, 0.0]} | options
    with pytest.raises(LMMError, match=said):
        simulate("y ~ day + (1 | g)", **given)
