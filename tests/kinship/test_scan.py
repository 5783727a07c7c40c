"""Marker scans against the fits of single models, and what they say of poor markers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, lmm, scan, simulate
from lmmlab.engine.design import grouped
from lmmlab.formula import design
from lmmlab.kinship.chance import lambda_gc, log10_p_of_t
from lmmlab.kinship.families import families
from lmmlab.kinship.heritability import heritability
from lmmlab.kinship.loco import loco
from lmmlab.kinship.markers import relationship
from lmmlab.kinship.related import related
from lmmlab.kinship.scan import scan as scan_arrays
from lmmlab.model.fit import evaluate, fit

FORMULA = "y ~ female + (1 | id)"


@pytest.fixture(scope="module")
def world():
    """People with a household, their markers, and K of the pedigree as a table."""
    people = families(30, markers=60, seed=7)
    K = pd.DataFrame(people.expected, people.names, people.names)
    data = simulate(
        "y ~ female + (1 | id) + (1 | family)",
        data=people.table(),
        beta=[10.0, 1.0],
        sd=[1.2, 0.5],
        sigma=1.0,
        relationship={"id": K},
    )
    return data, people.markers(), K


def with_marker(made, column):
    X = np.column_stack([made.X, column])
    return replace(made, X=X, names=(*made.names, "snp"), hypotheses=())


def column(markers, made, k):
    term = made.terms[0]
    return markers.iloc[:, k].loc[list(term.levels)].to_numpy()[term.codes]


def test_each_marker_is_the_model_with_it(world):
    data, markers, K = world
    made = design(FORMULA, data, relationship={"id": K})
    kept = scan(FORMULA, data, markers, {"id": K})
    wald = scan(FORMULA, data, markers, {"id": K}, reestimate=True)
    lrt = scan(FORMULA, data, markers, {"id": K}, reestimate=True, reml=False)
    null = fit(made)
    for k in range(0, 60, 13):
        more = with_marker(made, column(markers, made, k))
        same = evaluate(more, null.theta)
        assert kept.beta[k] == pytest.approx(same.beta[-1], rel=1e-8)
        assert kept.se[k] == pytest.approx(same.se[-1], rel=1e-8)
        whole = fit(more)
        assert wald.beta[k] == pytest.approx(whole.beta[-1], rel=1e-6)
        assert wald.se[k] == pytest.approx(whole.se[-1], rel=1e-6)
        assert wald.h2[k] == pytest.approx(heritability(whole).h2, rel=1e-5, abs=1e-7)
        by_ml = fit(made, reml=False).deviance - fit(more, reml=False).deviance
        assert lrt.statistic[k] == pytest.approx(by_ml, abs=1e-7)


def test_other_terms_rows_and_weights_count(world):
    data, markers, K = world
    twice = pd.concat([data, data.assign(y=data["y"] + np.sin(np.arange(120)))])
    made = design("y ~ female + (1 | id) + (1 | family)", twice, relationship={"id": K})
    made = replace(made, weights=np.random.default_rng(1).uniform(0.5, 2.0, 240))
    null = fit(made)
    of = made.terms[0]
    counts = markers.loc[list(of.levels)].to_numpy()
    found = scan_arrays(null, counts, people=of.codes)
    for k in (0, 31):
        same = evaluate(with_marker(made, counts[of.codes, k]), null.theta)
        assert found.beta[k] == pytest.approx(same.beta[-1], rel=1e-8)
        assert found.se[k] == pytest.approx(same.se[-1], rel=1e-8)
    assert np.isnan(found.h2).all()
    with pytest.raises(LMMError, match="one random effect alone"):
        scan_arrays(null, counts, people=of.codes, reestimate=True)
    alone = fit(replace(made, terms=(of,)), reml=False)
    found = scan_arrays(alone, counts, people=of.codes, reestimate=True)
    whole = fit(with_marker(alone.design, counts[of.codes, 5]), reml=False)
    assert found.statistic[5] == pytest.approx(alone.deviance - whole.deviance, abs=1e-7)


def test_predictors_in_calendar_years_lose_no_digits(world):
    data, markers, K = world
    born = 1950 + np.random.default_rng(1).integers(0, 50, 120)
    plain = scan(
        "y ~ born + (1 | id)", data.assign(born=born - 1975), markers, {"id": K}, reestimate=True
    )
    years = scan(
        "y ~ born + (1 | id)", data.assign(born=born * 1e4), markers, {"id": K}, reestimate=True
    )
    assert years.beta == pytest.approx(plain.beta, rel=1e-7)
    assert years.se == pytest.approx(plain.se, rel=1e-7)


def test_without_a_share_of_the_random_effect_it_is_least_squares(world):
    data, markers, K = world
    noise = data.assign(y=np.random.default_rng(3).standard_normal(120))
    for seed in range(20):
        noise = data.assign(y=np.random.default_rng(seed).standard_normal(120))
        if lmm(FORMULA, noise, relationship={"id": K}).singular:
            break
    found = scan(FORMULA, noise, markers, {"id": K})
    X = np.column_stack([np.ones(120), noise["female"], markers.iloc[:, 4]])
    beta, rss = np.linalg.lstsq(X, noise["y"], rcond=None)[:2]
    se = np.sqrt(rss[0] / 117 * np.linalg.inv(X.T @ X)[2, 2])
    assert found.beta[4] == pytest.approx(beta[2], rel=1e-9)
    assert found.se[4] == pytest.approx(se, rel=1e-9)
    again = scan(FORMULA, noise, markers, {"id": K}, reestimate=True)
    assert (again.h2 == 0.0).any()


def test_poor_markers_are_said_and_have_no_number(world):
    data, markers, K = world
    poor = markers.astype(float).copy()
    poor.iloc[:, 1] = 2.0
    poor.iloc[:, 2] = 1.0 - data["female"].to_numpy()
    poor.iloc[:, 4] = 2.0 - poor.iloc[:, 3]
    poor.iloc[[5, 9], 6] = np.nan
    for options in ({}, {"reestimate": True}, {"reestimate": True, "reml": False}):
        found = scan(FORMULA, data, poor, {"id": K}, **options)
        assert np.flatnonzero(np.isnan(found.log10_p)).tolist() == [1, 2]
        assert np.isfinite(found.beta).sum() == 58
        assert found.beta[4] == pytest.approx(-found.beta[3], rel=1e-6)
        for sentence in (
            "snp02 does not vary, so it has no test.",
            "snp03 is a combination of the fixed effects and has no test.",
            "1 marker tells the same as one before: snp05 as snp04.",
            "2 missing counts were replaced by the mean of the marker, at 1 marker.",
        ):
            assert sentence in found.note
        shown = found.table.frame()
        assert (shown.loc["snp02", ["beta", "p"]] == "undefined").all()
        assert "snp02" not in found.top(58).rows
        assert "lambda_GC" in repr(found)
        assert found.missing.sum() == 2


def test_markers_without_any_test(world):
    data, markers, K = world
    found = scan(FORMULA, data, 0 * markers, {"id": K})
    assert "60 markers, of which none has a test" in repr(found)
    assert "undefined" in found._repr_html_()
    with pytest.raises(LMMError, match="There are no p-values"):
        _ = found.lambda_gc


def test_one_marker_and_the_first_of_many(world):
    data, markers, K = world
    assert repr(scan(FORMULA, data, markers.iloc[:, :1], {"id": K})).startswith("1 marker, ")
    found = scan(FORMULA, data, markers, {"id": K})
    assert len(found.top(3).rows) == 3
    for k in (0, "3", 2.5):
        with pytest.raises(LMMError, match="a whole number from 1 on"):
            found.top(k)


def test_a_marker_that_explains_all(world):
    data, markers, K = world
    exact = data.assign(y=3.0 + 2.0 * markers.iloc[:, 7].to_numpy())
    for reestimate in (False, True):
        found = scan(FORMULA, exact, markers, {"id": K}, reestimate=reestimate)
        assert found.beta[7] == pytest.approx(2.0)
        assert found.log10_p[7] < -500


def test_small_p_values_do_not_vanish(world):
    data, markers, K = world
    strong = data.assign(y=1e4 * markers.iloc[:, 0].to_numpy() + data["y"])
    found = scan(FORMULA, strong, markers, {"id": K})
    assert -2000 < found.log10_p[0] < -300
    assert found.top(1).rows == ("snp01",)


def test_leaving_one_chromosome_out(world):
    data, markers, K = world
    where = np.repeat([1, 2, 3], 20)
    found = scan(FORMULA, data, markers, chromosome=where)
    for c in (1, 3):
        G = relationship(markers.loc[:, where != c])
        others = pd.DataFrame(G, K.index, K.index)
        alone = scan(FORMULA, data, markers.loc[:, where == c], {"id": others})
        assert found.beta[where == c] == pytest.approx(alone.beta, rel=1e-7)
        assert found.log10_p[where == c] == pytest.approx(alone.log10_p, rel=1e-7)
    turned = np.random.default_rng(1).permutation(60)
    by_name = pd.Series(where, markers.columns)
    again = scan(FORMULA, data, markers.iloc[:, turned], chromosome=by_name)
    assert again.beta == pytest.approx(found.beta[turned], rel=1e-8)
    assert again.snp == tuple(markers.columns[turned])
    assert "K for each of 3 chromosomes" in found.note
    beside = scan(
        "y ~ female + (1 | id) + (1 | family)", data, markers, chromosome=where, person="id"
    )
    assert np.isfinite(beside.beta).all()


def test_markers_in_k_lose_power(world):
    data, markers, _ = world
    where = np.repeat(np.arange(6), 10)
    effect = data.assign(y=data["y"] + 1.5 * markers.iloc[:, 0].to_numpy())
    G = relationship(markers)
    inside = scan(FORMULA, effect, markers, {"id": pd.DataFrame(G, markers.index, markers.index)})
    outside = scan(FORMULA, effect, markers, chromosome=where)
    assert outside.log10_p[0] < inside.log10_p[0] - 1.0


def test_the_likelihood_without_bound_is_said():
    people = families(15, markers=300, seed=1)
    G = relationship(people.counts)
    K = pd.DataFrame(G, people.names, people.names)
    truth = dict(beta=[1.0], sd=[1.0], relationship={"id": K})
    lost, null = None, None
    for seed in range(1, 40):
        data = simulate("y ~ 1 + (1 | id)", data=people.table(), sigma=0.6, seed=seed, **truth)
        try:
            found = scan("y ~ 1 + (1 | id)", data, people.markers(), {"id": K}, reml=False,
                         reestimate=True)  # fmt: skip
        except LMMError as error:
            null = str(error)
            continue
        if np.isnan(found.beta[found.tested]).any():
            lost = found
            break
    assert null is None or "grows without bound" in null
    assert lost is not None
    assert "the likelihood grows without bound as noise vanishes" in lost.note


def test_what_cannot_be_is_refused(world):
    data, markers, K = world
    kin = {"id": K}
    for options, said in (
        (dict(markers=markers.to_numpy()), "must be a table"),
        (dict(markers=markers.iloc[1:]), "markers has no row for i001"),
        (dict(markers=markers.reset_index()), "no row for"),
        (dict(markers=markers.assign(name="a")), "name of markers does not hold numbers"),
        (dict(markers=pd.concat([markers, markers])), "Two rows of markers have the same name"),
        (dict(chromosome=[1] * 60), "Leave out relationship, or chromosome"),
        (dict(person="family"), "person must be one of id"),
        (dict(relationship=None), "cannot tell|nothing|residual"),
    ):
        given = dict(formula=FORMULA, data=data, markers=markers, relationship=kin) | options
        with pytest.raises(LMMError, match=said):
            scan(**given)
    for where, said in (
        ([1] * 60, "on two at least"),
        ([1, 2], "60 markers and 2 chromosomes"),
        ({"snp01": 1}, "chromosome says nothing of snp02"),
        (5, "chromosome must say for each marker"),
        ("X", "chromosome must say for each marker"),
        ([1.0] * 30 + [np.nan] * 30, "30 markers have no chromosome"),
    ):
        with pytest.raises(LMMError, match=said):
            scan(FORMULA, data, markers, chromosome=where)
    with pytest.raises(LMMError, match="Say whose the markers are"):
        scan("y ~ 1 + (1 | id) + (1 | family)", data, markers, chromosome=np.arange(60) % 2)
    model = lmm(FORMULA, data, relationship=kin)
    with pytest.raises(LMMError, match="100 rows, and the model has 120"):
        scan_arrays(model, markers.to_numpy()[:100])
    with pytest.raises(LMMError, match="60 markers and 1 names"):
        scan_arrays(model, markers.to_numpy(), ["a"])
    with pytest.raises(LMMError, match="theta was given"):
        scan_arrays(model.at(model.theta), markers.to_numpy())
    with pytest.raises(LMMError, match="no grouping factor school"):
        loco(model.design, "school", markers.to_numpy(), [1] * 60)
    with pytest.raises(LMMError, match="the markers have 3 rows"):
        loco(model.design, "id", markers.to_numpy()[:3], [1] * 60)


def test_strata_inflate_least_squares_and_not_the_model_with_k():
    people = families(300, children=0, markers=4000, seed=2, populations=2, distance=0.02)
    n, share, R2 = 600, 0.02, 0.05
    ancestry = 2.0 * people.population - 1.0
    noise = np.random.default_rng(2).standard_normal(n)
    noise -= noise.mean() + ancestry * (ancestry @ noise) / n
    y = np.sqrt(R2) * ancestry + np.sqrt(1 - R2) * noise / noise.std()
    one = np.ones((n, 1))
    made = grouped(y, one, one, np.arange(n) + n)  # names in the order of the numbers
    term = related(made.terms[0], relationship(people.counts))
    found = scan_arrays(fit(replace(made, terms=(term,))), people.counts)
    off = people.counts - people.counts.mean(0)
    r = y @ off / np.sqrt((off * off).sum(0) * (y @ y))
    plain = log10_p_of_t(r * np.sqrt((n - 2) / (1 - r * r)), n - 2)
    expected = 1 + n * share * R2  # 1.6: 1 + N f R2
    assert lambda_gc(plain) == pytest.approx(expected, rel=0.06)
    assert 0.93 < found.lambda_gc < 1.03
