"""What cannot be estimated gets a sentence that names it and says what to do."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from lmmlab.engine.design import LMMError, Term, grouped
from lmmlab.model.fit import fit


@pytest.fixture
def design():
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(6), 5)
    lines = np.column_stack([np.ones(30), np.tile(np.arange(5.0), 6)])
    y = 10 + lines[:, 1] + rng.standard_normal(6)[codes] + rng.standard_normal(30)
    names = ("(Intercept)", "day")
    return replace(
        grouped(y, lines, lines, codes, names=names, random_names=names, group="person"),
        response="speed",
    )


def said(design, reml=True):
    messages = []
    for closed in (True, False):
        with pytest.raises(LMMError) as caught:
            fit(design, reml, closed)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert messages[0].endswith(".")
    assert "\n" not in messages[0]
    return messages[0]


def fixed(design, *columns, names):
    return replace(design, X=np.column_stack([design.X, *columns]), names=design.names + names)


def random(design, Z, names):
    (term,) = design.terms
    made = Term("person", names, np.asarray(Z), term.codes, term.levels, (len(names),))
    return replace(design, terms=(made,))


def test_it_can_be_fitted(design):
    assert fit(design).converged


def test_dependent_fixed_effects(design):
    hours = 24 * design.X[:, 1] + 3
    assert said(fixed(design, hours, names=("hour",))) == (
        "The fixed effect hour is a combination of (Intercept) and day, so it adds nothing. "
        "Leave it out of the formula."
    )
    assert "dose is 0 in every row" in said(fixed(design, 0 * hours, names=("dose",)))
    noise = np.random.default_rng(2).standard_normal(30)
    text = said(fixed(design, noise, design.X[:, 1] - 2 * noise, names=("noise", "mix")))
    assert "mix is a combination of day and noise" in text


def test_more_fixed_effects_than_rows(design):
    wide = np.random.default_rng(3).standard_normal((30, 29))
    names = tuple(f"x{k}" for k in range(29))
    assert "x28 is a combination" in said(fixed(design, wide, names=names))


def test_as_many_fixed_effects_as_rows(design):
    wide = np.random.default_rng(3).standard_normal((30, 28))
    names = tuple(f"x{k}" for k in range(28))
    assert "reproduce speed exactly" in said(fixed(design, wide, names=names))


def test_dependent_random_effects(design):
    Z = np.column_stack([design.X, 2 * design.X[:, 1]])
    text = said(random(design, Z, ("(Intercept)", "day", "twice")))
    assert "random effect twice is a combination of day" in text
    assert "random term of person" in text
    assert "random effect b is 0 in every row" in said(
        random(design, np.eye(2)[[0] * 30], ("a", "b"))
    )


@pytest.fixture
def parts():
    """A function that makes a design of 12 people, three conditions and given random columns."""
    rng = np.random.default_rng(9)
    people, condition = np.repeat(np.arange(12), 6), np.tile(np.arange(6) // 2, 12)
    own = np.eye(3)[condition]
    b = rng.standard_normal((12, 4)) * [2.0, 1.0, 0.5, 1.5]
    y = b[people, 0] + b[people, 1 + condition] + rng.standard_normal(72)
    columns = {"one": np.ones(72), "p": own[:, 0], "q": own[:, 1], "r": own[:, 2]}
    columns |= {"u": (people < 6) * 1.0, "v": (people >= 6) * 1.0, "age": 2000.0 + people % 4}

    def make(names, blocks, rows=slice(None)):
        Z = np.column_stack([columns[name] for name in names.split()])
        return grouped(
            y[rows], own[rows], Z[rows], people[rows],
            blocks=blocks, random_names=tuple(names.split()), group="person",
        )  # fmt: skip

    return make


@pytest.mark.parametrize("rows", [slice(None), np.flatnonzero(np.arange(72) % 7 > 0)])
@pytest.mark.parametrize("reml", [True, False])
def test_columns_that_add_up_across_blocks_are_no_harm(parts, rows, reml, dense):
    # Heterogeneous compound symmetry: V_j = tau0^2 + diag(tau_a^2) + sigma^2 is identified.
    design = parts("one p q r", (1, 1, 1, 1), rows)
    model = fit(design, reml)
    assert model.converged
    assert model.deviance == pytest.approx(dense(design, model.theta, reml).criterion, rel=1e-12)
    best = minimize(
        lambda theta: dense(design, theta, reml).criterion, np.ones(4), bounds=[(0, None)] * 4
    )
    assert model.deviance <= best.fun + 1e-8


@pytest.mark.parametrize(
    ("names", "blocks", "pieces"),
    [
        ("one p q r", (1, 3), "r is a combination of one, p and q"),
        ("one p q r", (4,), "r is a combination of one, p and q"),
        ("one p q u v", (3, 1, 1), "v is a combination of one and u"),  # not p and q
        ("one u v", (1, 1, 1), "v is a combination of one and u"),
        ("one u", (2,), "covariances of one and u cannot be told apart: no level of person"),
        ("u v", (2,), "covariances of u and v cannot be told apart"),
        ("p u v", (1, 2), "covariances of u and v cannot be told apart"),
    ],
)
def test_variances_that_cannot_be_told_apart(parts, names, blocks, pieces):
    assert pieces in said(parts(names, blocks))


@pytest.mark.parametrize(
    ("names", "blocks"),
    [
        ("one u", (1, 1)),
        ("u v", (1, 1)),
        ("one age", (2,)),
        ("one age", (1, 1)),
        ("p u v", (1,) * 3),
    ],
)
def test_what_is_constant_within_levels_may_still_have_a_variance(parts, names, blocks):
    assert fit(parts(names, blocks)).converged


def test_the_same_random_effect_twice_without_covariance(design):
    (term,) = design.terms
    both = replace(term, Z=np.ones((30, 2)), names=("a", "b"), blocks=(1, 1))
    assert "random effect b is a combination of a" in said(replace(design, terms=(both,)))


def test_as_many_random_effects_as_rows(design):
    text = said(random(design, np.random.default_rng(4).standard_normal((30, 5)), tuple("abcde")))
    assert "30 rows cannot tell 30 random effects (5 for each of the 6 levels of person)" in text


def test_as_many_random_effects_as_rows_are_refused_before_any_work(design, monkeypatch):
    monkeypatch.setattr("lmmlab.model.fit.condition", lambda _: pytest.fail("was conditioned"))
    assert "30 rows cannot tell 6000" in said(random(design, np.ones((30, 1000)), ("z",) * 1000))


def test_a_sentence_names_a_few_columns_only(design):
    wide = np.random.default_rng(3).standard_normal((30, 20))
    made = fixed(design, wide, wide.sum(1), names=tuple(f"column{k}" for k in range(21)))
    assert said(made) == (
        "The fixed effect column20 is a combination of column0, column1, column2 and 17 others, "
        "so it adds nothing. Leave it out of the formula."
    )


def test_a_constant_response(design):
    assert "The response speed is 7 in every row" in said(replace(design, y=np.full(30, 7.0)))


@pytest.mark.parametrize("mean", [0.0, 1e6])
def test_a_response_made_of_the_fixed_effects(design, mean):
    y = design.X @ [mean + 1.1, 2.3]
    assert "fixed effects reproduce speed exactly" in said(replace(design, y=y))


@pytest.mark.parametrize("mean", [0.0, 1e6])
def test_a_response_made_of_lines(design, mean):
    b = np.random.default_rng(5).standard_normal((6, 2))
    y = mean + (design.X * b[design.terms[0].codes]).sum(1)
    assert "reproduces speed exactly within each level of person" in said(replace(design, y=y))


def test_a_response_made_of_levels_and_a_fixed_effect(design):
    b = np.random.default_rng(6).standard_normal(6)[design.terms[0].codes]
    x = np.random.default_rng(7).standard_normal(30) + b
    (term,) = design.terms
    starts = replace(term, Z=design.X[:, :1], names=("(Intercept)",), blocks=(1,))
    text = said(replace(fixed(design, x, names=("x",)), y=2 * x + 5 * b, terms=(starts,)))
    assert "reproduces speed exactly within" in text


def test_nearly_perfect_is_not_perfect(design):
    b = np.random.default_rng(5).standard_normal((6, 2))
    y = (design.X * b[design.terms[0].codes]).sum(1)
    noise = np.random.default_rng(8).standard_normal(30)
    model = fit(replace(design, y=y + 1e-4 * noise))
    assert model.sigma == pytest.approx(1e-4, rel=0.4)


def test_fixed_effects_that_tell_all_levels_apart(design):
    (term,) = design.terms
    each = np.eye(6)[term.codes][:, 1:]
    names = tuple(f"person{k}" for k in range(2, 7))
    starts = replace(term, Z=design.X[:, :1], names=("(Intercept)",), blocks=(1,))
    both = replace(fixed(design, each, names=names), terms=(starts,))
    assert "already give each level of person its own value" in said(both)
    assert fit(both, reml=False).sd["person"].values.tolist() == [0.0]


def test_several_grouping_factors(design):
    with pytest.raises(LMMError, match="Two random terms have the grouping factor person"):
        replace(design, terms=design.terms * 2)
    again = replace(design.terms[0], group="again", codes=5 - design.terms[0].codes)
    text = said(replace(design, terms=(*design.terms, again)))
    assert "person and again put the rows into the same groups" in text
