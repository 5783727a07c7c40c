"""Profile likelihood intervals, against lme4's likelihood and a dense one minimised by SciPy."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2, norm

from lmmlab import LMMError, lmm, load
from lmmlab.engine.covariance import theta_from
from lmmlab.engine.design import grouped
from lmmlab.inference.profile import profile
from lmmlab.model.fit import evaluate, fit
from lmmlab.study.simulate import root

FOLDER = Path(__file__).parent.parent / "reference"
CASES = [path for path in sorted(FOLDER.glob("*.json")) if "profile_ci_exact" in path.read_text()]
CUT = chi2.ppf(0.95, 1)


def test_all_references_are_here():
    assert len(CASES) == 7


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_intervals_are_those_of_the_reference(path):
    reference = json.loads(path.read_text())
    exact = reference["inference"]["profile_ci_exact"]
    model = lmm(reference["formula"], load(reference["data"].removesuffix(".csv")))
    table = model.profile().table
    names = exact["varpar"]["names"] + exact["beta"]["names"]
    assert list(table.rows) == names
    ends = exact["varpar"]["lower"] + exact["beta"]["lower"]
    lower = np.array([0.0 if end is None else end for end in ends])  # the boundary
    upper = np.array(exact["varpar"]["upper"] + exact["beta"]["upper"])
    scale = upper - lower
    np.testing.assert_allclose(table[:, 1] / scale, lower / scale, rtol=0, atol=1e-9)
    np.testing.assert_allclose(table[:, 2] / scale, upper / scale, rtol=0, atol=1e-9)
    varpar = np.array(exact["varpar"]["estimate"])
    np.testing.assert_allclose(table[: len(varpar), 0], varpar, rtol=1e-5)
    assert "fitted by REML" in table.note
    assert not model.profile().fit.reml


def lowest(design, dense, name, value, start):
    """Give the least deviance with one parameter held, from the dense V, by SciPy's search.

    Coordinates: two sds, the angle whose cosine is their correlation, log sigma; beta as it comes.
    """
    (term,), held = design.terms, {}
    if name in design.names:
        k = design.names.index(name)
        design = replace(
            design,
            y=design.y - value * design.X[:, k],
            X=np.delete(design.X, k, axis=1),
            names=tuple(np.delete(design.names, k)),
        )
    elif name == "sigma":
        held = {3: np.log(value)}
    else:
        place = 2 if name.startswith("cor_") else int(name == f"sd_{term.names[1]}|{term.group}")
        held = {place: np.arccos(value) if place == 2 else value}
    free = [i for i in range(4) if i not in held]

    def deviance(z):
        at = np.zeros(4)
        at[free], at[list(held)] = z, list(held.values())
        # sds do not become negative, which would be another correlation
        T = root(np.abs(at[:2]), np.cos(at[2]))
        sigma = np.exp(at[3])
        return dense(design, theta_from(T @ T.T, sigma, (2,)), reml=False, sigma=sigma).criterion

    best = np.inf
    for factor in (1.0, 0.3):
        begin = (np.asarray(start) * [factor, factor, 1, 1])[free]
        search = minimize(deviance, begin, method="Nelder-Mead", options={"maxiter": 150})
        search = minimize(deviance, search.x, method="BFGS", options={"gtol": 1e-6})
        best = min(best, search.fun)
    return best


def ends_hold(model, dense, names=None):
    """Check that at each end of each interval the deviance is at the cut-off, or at a boundary."""
    (sd,), (corr,) = model.sd.values(), model.corr.values()
    angle = np.clip(np.arccos(np.clip(corr[0, 1], -1, 1)), 0.3, 2.8)
    start = [*np.maximum(sd.values, 0.1), angle, np.log(model.sigma)]
    table = model.profile().table
    for name, (estimate, *ends) in zip(table.rows, table.values, strict=True):
        if names and name not in names:
            continue
        for end in ends:
            above = lowest(model.design, dense, name, end, start) - model.deviance
            bounded = (name.startswith("sd") and end == 0) or (
                name.startswith("cor") and abs(end) == 1
            )
            assert above < CUT if bounded else above == pytest.approx(CUT, abs=2e-4), (name, end)
        assert ends[0] <= estimate <= ends[1]


def test_ends_are_those_of_a_dense_likelihood(made, dense):
    ends_hold(fit(made(4, p=2, q=2, groups=9, weights=True, spread=2.0), reml=False), dense)


@pytest.mark.parametrize("case", ["rho_plus1", "rho_minus1"])
def test_ends_of_a_correlation_on_its_boundary(case, dense):
    model = lmm("y ~ x + (x | id)", load(case), reml=False)
    assert model.singular
    ends_hold(model, dense, ("sd_x|id", "cor_x.(Intercept)|id", "x"))
    table = model.profile().table
    correlation = table[table.rows.index("cor_x.(Intercept)|id")]
    assert 1.0 in np.abs(correlation[1:])
    assert "cor_x.(Intercept)|id" in table.note
    assert np.isfinite(table.values).all()


def test_a_variance_of_zero(dense):
    profile = lmm("Yield ~ 1 + (1 | Batch)", load("dyestuff2")).profile()
    estimate, lower, upper = profile.table[0]
    assert (estimate, lower) == (0.0, 0.0)

    def deviance(log_sigma):
        sigma = np.exp(log_sigma[0])
        theta = [upper / sigma]
        return dense(profile.fit.design, theta, reml=False, sigma=sigma).criterion

    best = minimize(deviance, [np.log(profile.fit.sigma)], options={"gtol": 1e-8}).fun
    assert best - profile.fit.deviance == pytest.approx(CUT, abs=1e-6)
    assert profile.table.note.endswith("for sd_(Intercept)|Batch: the interval ends there.")
    values, zeta = profile.curve("sd_(Intercept)|Batch", 5)
    assert values[0] == zeta[0] == 0.0


def test_a_variance_that_comes_back():
    """The profile of a mean in a balanced one-way layout, in closed form.

    Far from the mean, differences between batches explain better than noise that it is off.
    """
    profile = lmm("Yield ~ 1 + (1 | Batch)", load("dyestuff2")).profile()
    y = profile.fit.design.y.reshape(6, 5)
    values, zeta = profile.curve("(Intercept)")
    within = ((y - y.mean(1, keepdims=True)) ** 2).sum()
    between = 5 * ((y.mean(1) - values[:, None]) ** 2).sum(1)
    zero = 30 * np.log((within + between) / 30)
    more = 24 * np.log(within / 24) + 6 * np.log(between / 6)
    above = np.where(between / 6 > within / 24, more, zero) - 30 * np.log(y.var())
    assert (more[0] < zero[0]) and profile.fit.singular
    np.testing.assert_allclose(zeta, np.copysign(np.sqrt(above), values - y.mean()), atol=1e-7)


def test_a_correlation_without_a_value():
    rng = np.random.default_rng(1)
    y, days = 10.0 + rng.standard_normal((8, 6)), np.arange(6.0) - 2.5
    y -= (y - y.mean()) @ np.outer(days, days) / (days @ days)  # no person changes
    y += 3.0 * rng.standard_normal((8, 1))
    lines = np.tile(np.column_stack([np.ones(6), days]), (8, 1))
    model = fit(grouped(y.ravel(), lines[:, :1], lines, np.repeat(np.arange(8), 6)), reml=False)
    assert model.sd["group"].values[1] == 0.0
    table = model.profile().table
    name = "cor_z1.z0|group"
    place = table.rows.index(name)
    assert np.isnan(table[place, 0])
    assert table[place, 1:].tolist() == [-1.0, 1.0]
    assert np.isfinite(np.delete(table.values, place, axis=0)).all()
    assert f"The data say nothing of {name}" in table.note
    assert "undefined" in repr(table)
    profile = model.profile()
    assert repr(profile) == repr(table) and profile._repr_html_() == table._repr_html_()
    with pytest.raises(LMMError, match="has no profile"):
        model.profile().curve(name)


@pytest.mark.parametrize(
    ("q", "blocks", "p"), [(1, None, 0), (2, None, 0), (3, None, 1), (3, (2, 1), 2), (3, (1, 2), 1)]
)
def test_all_shapes_of_random_terms(made, q, blocks, p):
    model = fit(made(8, p=p, q=q, groups=25, blocks=blocks, spread=1.5), reml=False)
    table = model.profile().table
    sizes = model.design.terms[0].blocks
    assert len(table.rows) == p + 1 + sum(width * (width + 1) // 2 for width in sizes)
    assert (table[:, 1] <= table[:, 0]).all() and (table[:, 0] <= table[:, 2]).all()
    assert (table[:, 1] < table[:, 2]).all()


def test_units_do_not_matter(made):
    design = made(2, p=2, q=2, groups=15, spread=2.0)
    (term,), factors = design.terms, np.array([1.0, 1000.0])
    other = replace(
        design,
        y=0.01 * design.y,
        X=design.X * factors,
        terms=(replace(term, Z=term.Z * factors),),
        weights=np.full(len(design.y), 4.0),
    )
    ours, theirs = fit(design).profile().table, fit(other).profile().table
    units = 0.01 / np.array([1.0, 100.0, 1000.0, 0.5, 1.0, 1000.0])
    units[1] = 1.0  # the correlation
    np.testing.assert_allclose(theirs.values, units[:, None] * ours.values, rtol=1e-7)


def test_where_time_begins_matters_for_the_intercept_alone():
    table = load("sleepstudy")
    table["Day"] = table["Days"] + 2000
    ours = lmm("Reaction ~ Days + (Days | Subject)", table).profile().table
    theirs = lmm("Reaction ~ Day + (Day | Subject)", table).profile().table
    for row in (2, 3, 5):
        np.testing.assert_allclose(theirs[row], ours[row], rtol=1e-7)


def test_intervals_grow_with_confidence(made):
    model = fit(made(3, p=2, q=2, groups=12))
    narrow, wide = model.profile(0.5).table, model.profile(0.99).table
    assert (wide[:, 1] <= narrow[:, 1]).all() and (narrow[:, 2] <= wide[:, 2]).all()
    assert (wide[3:, 1] < narrow[3:, 1]).all()


@pytest.mark.parametrize("reml", [True, False])
def test_curves(reml):
    model = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"), reml=reml)
    profile = model.profile()
    for name, (estimate, lower, upper) in zip(
        profile.table.rows, profile.table.values, strict=True
    ):
        values, zeta = profile.curve(name, 31)
        assert values.shape == zeta.shape == (31,)
        assert (np.diff(values) > 0).all() and (np.diff(zeta) > 0).all()
        assert values[0] < lower and upper < values[-1]
        near = {"rel": 1e-3, "abs": 2e-3}
        assert np.interp(lower, values, zeta) == pytest.approx(norm.ppf(0.025), **near)
        assert np.interp(upper, values, zeta) == pytest.approx(norm.ppf(0.975), **near)
        assert np.interp(estimate, values, zeta) == pytest.approx(0.0, abs=5e-3)
    _, zeta = profile.curve("Days")
    np.testing.assert_allclose(zeta, -zeta[::-1], atol=1e-9)  # the design is balanced


def test_bad_input(made):
    model = fit(made(3))
    for confidence in (0.0, 1.0, 95, -0.5, np.nan, "0.95"):
        with pytest.raises(LMMError, match="confidence must lie between 0 and 1"):
            profile(model, confidence)
    with pytest.raises(LMMError, match="theta was given"):
        model.at(model.theta).profile()
    with pytest.raises(LMMError, match="theta was given"):
        profile(evaluate(model.design, model.theta))
    lost = replace(model, theta=2 * model.theta, solution=model.at(2 * model.theta).solution)
    with pytest.raises(LMMError, match="did not end in a minimum"):
        lost.profile()
    with pytest.raises(LMMError, match=r"no parameter 'slope'\. Its parameters are sd_z0\|group"):
        model.profile().curve("slope")
    with pytest.raises(LMMError, match="at least 2 points"):
        model.profile().curve("sigma", 1)


def test_two_groups_are_enough():
    one = np.ones((6, 1))
    table = fit(grouped([1.0, 5.0, 4.0, 6.0, 3.0, 7.0], one, one, list("aaabbb"))).profile().table
    assert np.isfinite(table.values).all()
    assert table[0, 1] == 0.0
