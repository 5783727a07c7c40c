"""Several grouping factors: against the dense V, against the same model written otherwise."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import block_diag

from lmmlab import LMMError, compare, lmm, load, simulate
from lmmlab.engine import crossed, others
from lmmlab.engine.covariance import factor, positions, principal
from lmmlab.engine.crossproducts import condition
from lmmlab.engine.derivatives import derivatives, in_theta
from lmmlab.engine.design import Design, Term
from lmmlab.engine.rows import Rows
from lmmlab.engine.solve import solve
from lmmlab.model.fit import evaluate, fit

SHAPES = {
    "intercepts": ((1,), (1,)),
    "slopes": ((2,), (2,)),
    "three": ((1, 1), (2,), (1,)),
}


def some(shape, seed=1, n=90, weights=True):
    """A design with factors of 12, 7 and 4 levels, crossed at random."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    lines, terms, y = np.column_stack([np.ones(n), x]), [], x + rng.standard_normal(n)
    for k, blocks in enumerate(SHAPES[shape]):
        levels, q = (12, 7, 4)[k], sum(blocks)
        codes = rng.permutation(np.arange(n) % levels)
        codes[: n // 3] = np.sort(codes[: n // 3])
        Z = lines[:, :q]
        y = y + (Z * rng.standard_normal((levels, q))[codes]).sum(1)
        names = ("(Intercept)", "x")[:q]
        terms.append(Term("abc"[k], names, Z, codes, tuple(map(str, range(levels))), blocks))
    w = rng.uniform(0.5, 2.0, n) if weights else None
    return Design(y, lines, ("(Intercept)", "x"), tuple(terms), w)


def dense(design, theta, reml=True):
    """Z, D, V, beta, sigma and the criterion, written out."""
    Lambda, n = factor(theta, design.blocks), len(design.y)
    Z, D = [], []
    for term, own in zip(design.terms, design.effects, strict=True):
        one = np.eye(len(term.levels))[term.codes]
        Z.append((one[:, :, None] * term.Z[:, None]).reshape(n, -1))
        D.append(np.kron(np.eye(len(term.levels)), Lambda[own, own] @ Lambda[own, own].T))
    Z, D = np.hstack(Z), block_diag(*D)
    V = Z @ D @ Z.T + np.diag(1.0 / design.row_weights)
    V_X = np.linalg.solve(V, design.X)
    information = design.X.T @ V_X
    beta = np.linalg.solve(information, V_X.T @ design.y)
    left = np.linalg.solve(V, design.y - design.X @ beta)
    df = n - reml * len(beta)
    s2 = left @ (design.y - design.X @ beta) / df
    criterion = np.linalg.slogdet(V)[1] + df * (1 + np.log(2 * np.pi * s2))
    criterion += reml * np.linalg.slogdet(information)[1]
    return Z, D, V, information, beta, left, s2, criterion


@pytest.fixture(params=[False, True], ids=["dense", "sparse"])
def kept(request, monkeypatch):
    """Small designs, treated as they are or like large ones."""
    if request.param:
        monkeypatch.setattr(others, "_DENSE", 0)
        monkeypatch.setattr(crossed, "_WIDE", 0)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("shape", SHAPES)
def test_one_theta_against_the_dense_likelihood(shape, reml):
    design = some(shape)
    rng = np.random.default_rng(2)
    for size in (1.0, 30.0, 0.0):
        theta = size * rng.uniform(0.2, 1.0, len(positions(design.blocks)[0]))
        ours = evaluate(design, theta, reml=reml)
        Z, D, V, information, beta, left, s2, criterion = dense(design, theta, reml)
        assert ours.deviance == pytest.approx(criterion, rel=1e-11)
        np.testing.assert_allclose(ours.beta, beta, rtol=1e-8)
        np.testing.assert_allclose(ours.vcov, s2 * np.linalg.inv(information), rtol=1e-8)
        b = np.concatenate([table.values.ravel() for table in ours.blups.values()])
        sd = np.concatenate([table.values.ravel() for table in ours.blup_sd.values()])
        given = D - D @ Z.T @ np.linalg.solve(V, Z @ D)
        np.testing.assert_allclose(b, D @ Z.T @ left, atol=1e-8)
        np.testing.assert_allclose(sd, np.sqrt(s2 * np.maximum(np.diag(given), 0)), atol=1e-7)
        np.testing.assert_allclose(ours.fitted, design.X @ beta + Z @ b, atol=1e-8)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("shape", SHAPES)
def test_derivatives(shape, reml):
    design = some(shape)
    cross, rng, h = condition(design), np.random.default_rng(3), 1e-5
    row, column = positions(cross.blocks)
    Lambda = factor(rng.uniform(0.3, 1.0, len(row)), cross.blocks)

    def look(change):
        moved = Lambda.copy()
        moved[row, column] += change
        at = solve(cross, moved, reml)
        slope, curvature = derivatives(cross, at, np.eye(len(moved)))
        return at.criterion(), *in_theta(slope, curvature, moved, cross.blocks)

    _, gradient, hessian = look(0.0)
    steps = h * np.eye(len(row))
    numeric = [(look(e)[0] - look(-e)[0]) / (2 * h) for e in steps]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-6)
    numeric = [(look(e)[1] - look(-e)[1]) / (2 * h) for e in steps]
    np.testing.assert_allclose(hessian, numeric, rtol=1e-6, atol=1e-6)

    at = solve(cross, Lambda, reml)
    axes, _ = principal(Lambda, cross.blocks)
    slope, curvature = derivatives(cross, at, np.eye(len(axes)))
    turned = derivatives(cross, at, axes)
    np.testing.assert_allclose(turned[0], axes.T @ slope @ axes, atol=1e-10)
    whole = np.einsum("abcd,ai,bj,ck,dl", curvature, axes, axes, axes, axes)
    np.testing.assert_allclose(turned[1], whole, atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_slopes_where_a_variance_is_zero(shape, monkeypatch):
    """For wide designs they are found without all of Z' V0^-1 Z."""
    cross = condition(some(shape))
    Lambda = np.diag(np.linspace(0.0, 1.0, len(cross.S))[::-1])
    slope = derivatives(cross, solve(cross, Lambda), np.eye(len(Lambda)))[0]
    monkeypatch.setattr(crossed, "_WIDE", 0)
    wide = derivatives(cross, solve(cross, Lambda), np.eye(len(Lambda)))[0]
    np.testing.assert_allclose(wide, slope, atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_average_information_finds_the_same_minimum(shape, monkeypatch):
    design = some(shape)
    exact = fit(design)
    monkeypatch.setattr(crossed, "_WIDE", 0)
    average = fit(design)
    assert exact.converged
    assert average.converged
    assert average.deviance == pytest.approx(exact.deviance, abs=1e-9)
    np.testing.assert_allclose(average.theta, exact.theta, atol=1e-5)


def test_rows_may_stand_in_any_order():
    data = load("crossed_rt")
    formula = "rt ~ cond + (cond | subject) + (cond | item)"
    first = lmm(formula, data)
    again = lmm(formula, data.sample(frac=1.0, random_state=1))
    assert again.deviance == pytest.approx(first.deviance, rel=1e-12)
    np.testing.assert_allclose(again.theta, first.theta, rtol=1e-6)


def test_terms_may_stand_in_any_order():
    first = lmm("diameter ~ 1 + (1 | plate) + (1 | sample)", load("penicillin"))
    again = lmm("diameter ~ 1 + (1 | sample) + (1 | plate)", load("penicillin"))
    assert list(again.G) == list(first.G) == ["plate", "sample"]  # most levels first
    assert again.theta.tolist() == first.theta.tolist()
    terms = first.design.terms[::-1]
    turned = fit(replace(first.design, terms=terms))
    assert turned.deviance == pytest.approx(first.deviance, rel=1e-12)
    np.testing.assert_allclose(turned.theta, first.theta[::-1], rtol=1e-6)
    for method in ("satterthwaite", "kenward-roger"):
        np.testing.assert_allclose(turned.test(method), first.test(method), rtol=1e-6)


def test_origin_and_unit_of_x_do_not_matter():
    data = load("schools3")
    data["years"] = 1000.0 + data["ses"] / 50.0
    first = lmm("score ~ ses + (ses | school) + (1 | school:class)", data)
    again = lmm("score ~ years + (years | school) + (1 | school:class)", data)
    assert again.deviance == pytest.approx(first.deviance - 2 * np.log(50), rel=1e-9)
    np.testing.assert_allclose(again.fitted, first.fitted, atol=1e-6)


def test_nesting_written_in_several_ways():
    data = load("pastes")
    formulas = [
        "strength ~ 1 + (1 | batch/cask)",
        "strength ~ 1 + (1 | batch) + (1 | cask:batch)",
        "strength ~ 1 + (1 | batch:cask) + (1 | batch)",
        "strength ~ 1 + (1 | sample) + (1 | batch)",
    ]
    fits = [lmm(formula, data) for formula in formulas]
    assert list(fits[0].G) == ["cask:batch", "batch"]
    for other in fits[1:]:
        assert other.deviance == pytest.approx(fits[0].deviance, rel=1e-12)
        np.testing.assert_allclose(other.theta, fits[0].theta, rtol=1e-6)


def test_terms_of_one_factor_are_blocks():
    data = load("schools3")
    formula = "score ~ ses + (1 | school) + (0 + ses | school) + (1 | school:class)"
    apart = lmm(formula, data)
    assert [term.blocks for term in apart.design.terms] == [(1,), (1, 1)]
    double = lmm("score ~ ses + (ses || school) + (1 | school:class)", data)
    assert apart.theta.tolist() == double.theta.tolist()


def test_without_the_second_variance_it_is_the_fit_with_one_factor():
    design = some("intercepts")
    one = fit(replace(design, terms=design.terms[:1]), closed=False)
    both = evaluate(design, np.append(one.theta, 0.0))
    assert both.deviance == pytest.approx(one.deviance, rel=1e-12)
    np.testing.assert_allclose(both.se, one.se, rtol=1e-9)
    near = evaluate(design, np.append(one.theta, 1e-7))
    assert near.deviance == pytest.approx(one.deviance, rel=1e-10)
    turned = evaluate(replace(design, terms=design.terms[::-1]), np.append(0.0, one.theta))
    assert turned.deviance == pytest.approx(one.deviance, rel=1e-12)


def test_a_variance_of_zero_is_found_and_said():
    design = some("intercepts", seed=8, weights=False)
    rng = np.random.default_rng(0)
    n = len(design.y)
    y = design.X[:, 1] + rng.standard_normal(12)[design.terms[0].codes] + rng.normal(size=n)
    model = fit(replace(design, y=y))
    assert model.converged
    assert model.sd["b"].values.tolist() == [0.0]
    assert "the sd of (Intercept) between levels of b is estimated to be zero" in model.message
    note = model.test("satterthwaite").note
    assert "singular" in note
    assert model.profile().table.loc["sd_(Intercept)|b", "lower"] == 0.0


def test_a_saddle_is_left():
    """From a start with one variance too small the search finds the same minimum."""
    for seed in range(12):
        design = some("slopes", seed=seed, n=60)
        model = fit(design)
        assert model.converged
        scale = np.abs(model.theta).max()
        rng = np.random.default_rng(seed)
        for _ in range(10):
            nearby = model.at(model.theta + 0.05 * scale * rng.standard_normal(len(model.theta)))
            assert nearby.deviance >= model.deviance - 1e-9


def test_prediction_against_the_dense_conditional_distribution():
    design = some("slopes", weights=False)
    model = fit(design)
    Z, D, _, information, beta, left, s2, _ = dense(design, model.theta)
    V_Z = np.linalg.solve(dense(design, model.theta)[2], Z)
    C, pull = D - D @ Z.T @ V_Z @ D, design.X.T @ V_Z @ D
    for new in (False, True):
        first = ("new", "11") if new else ("3", "11")
        rows = Rows([[1, 2], [1, -1]], [[1, 2, 1, 2], [1, -1, 1, -1]], first, None, (("6", "0"),))
        table = model.predict(rows, "group")
        z = np.zeros((2, Z.shape[1]))
        z[0, 24 + 12 : 24 + 14] = z[0, 6:8] = 1.0, 2.0
        z[1, 24:26] = z[1, 22:24] = 1.0, -1.0
        x, own = rows.X, 0.0
        if new:
            z[0, 6:8] = 0.0
            own = np.array([1.0, 2.0]) @ D[:2, :2] @ np.array([1.0, 2.0])
        error = x - z @ pull.T
        variance = np.einsum("ra,ab,rb->r", z, C, z)
        variance[0] += own
        variance += np.einsum("rp,rp->r", error, np.linalg.solve(information, error.T).T)
        np.testing.assert_allclose(table.values[:, 0], x @ beta + z @ (D @ Z.T @ left), rtol=1e-9)
        np.testing.assert_allclose(table.values[:, 1], np.sqrt(s2 * variance), rtol=1e-7)
        assert ("Nothing was seen of a new" in table.note) == new


def test_predicting_tables():
    data = load("penicillin")
    model = lmm("diameter ~ 1 + (1 | plate) + (1 | sample)", data)
    np.testing.assert_allclose(model.predict(level="group").values[:, 0], model.fitted)
    again = model.predict(data, "group").values
    np.testing.assert_allclose(again, model.predict(level="group").values)
    other = data.iloc[:1].assign(plate="z", sample="Z")
    table = model.predict(other, "group", observation=True)
    whole = sum(G.values[0, 0] for G in model.G.values()) + model.sigma**2 + model.vcov[0, 0]
    assert table.values[0, 1] == pytest.approx(np.sqrt(whole))
    with pytest.raises(LMMError, match="do not say which sample"):
        model.predict(data.drop(columns="sample"), "group")
    with pytest.raises(LMMError, match="about one grouping factor"):
        model.predict(data, "group", given=data)


def test_a_second_factor_is_tested_at_the_boundary():
    data = load("penicillin")
    one = lmm("diameter ~ 1 + (1 | plate)", data)
    both = lmm("diameter ~ 1 + (1 | plate) + (1 | sample)", data)
    table = compare(one, both)
    chi2, p = table.values[1, 4], table.values[1, 7]
    assert chi2 == pytest.approx(one.deviance - both.deviance)
    from scipy.special import chdtrc

    assert p == pytest.approx(0.5 * chdtrc(1, chi2))
    apart = compare(one, lmm("diameter ~ 1 + (1 | sample)", data))
    assert "as many parameters" in apart.note
    # from none to two variances that cannot covary: a wedge
    alone = compare(both)
    assert "chi2(0)" in alone.note
    nested = compare(
        lmm("score ~ ses + (1 | school)", load("schools3")),
        lmm("score ~ ses + (ses | school) + (1 | school:class)", load("schools3")),
    )
    assert "0.5 chi2(2)" in nested.note


def test_bootstrap():
    model = lmm("diameter ~ 1 + (1 | plate) + (1 | sample)", load("penicillin"))
    drawn = model.bootstrap(60, seed=2)
    assert not drawn.failed.any()
    table = drawn.intervals(0.9)
    assert table.rows == ("sd_(Intercept)|plate", "sd_(Intercept)|sample", "sigma", "(Intercept)")
    assert table.loc["sd_(Intercept)|plate", "sd"] == pytest.approx(0.14, abs=0.05)
    again = model.bootstrap(3, seed=2)
    np.testing.assert_allclose(again.G, drawn.G[:3], rtol=1e-9)


def test_there_is_no_single_icc():
    model = lmm("diameter ~ 1 + (1 | plate) + (1 | sample)", load("penicillin"))
    with pytest.raises(LMMError, match="no single ICC"):
        _ = model.icc


@pytest.mark.parametrize(
    ("formula", "piece"),
    [
        ("y ~ 1 + (1 | g) + (1 | same)", "g and same put the rows into the same groups"),
        ("y ~ 1 + (1 | g) + (1 | row)", "8 rows cannot tell 8 random effects"),
        ("y ~ 1 + (1 | g/row)", "8 rows cannot tell 8 random effects"),
        ("y ~ 1 + (1 | g) + (1 | g)", "two random terms"),
        ("y ~ 1 + (1 | g:g)", "combined with itself"),
        ("y ~ 1 + (1 | h) + (1 | g) + (x | g:h)", "cannot be told apart"),
        ("y ~ same + (1 | g) + (1 | h)", "already give each level of g its own value"),
    ],
)
def test_what_cannot_be_fitted_is_said(formula, piece):
    import pandas as pd

    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {
            "y": rng.standard_normal(8),
            "x": [0.0, 1.0] * 4,
            "g": list("aaaabbbb"),
            "same": list("zzzzyyyy"),
            "h": list("ccddccdd"),
            "row": list("abcdefgh"),
        }
    )
    if "(x | g:h)" in formula:
        data["x"] = [1.0, 1.0, 2.0, 2.0] * 2
        data = pd.concat([data, data.assign(y=rng.standard_normal(8))])
    with pytest.raises(LMMError, match=piece):
        lmm(formula, data)


def test_a_response_that_is_reproduced_exactly():
    data = load("penicillin")
    rng = np.random.default_rng(0)
    effects = rng.standard_normal(24), rng.standard_normal(6)
    data["sum"] = effects[0][data["plate"].cat.codes] + effects[1][data["sample"].cat.codes]
    with pytest.raises(LMMError, match="reproduces sum exactly"):
        lmm("sum ~ 1 + (1 | plate) + (1 | sample)", data)
    # with a little noise it can be fitted, however large the variances are beside it
    data["sum"] += 1e-5 * rng.standard_normal(144)
    model = lmm("sum ~ 1 + (1 | plate) + (1 | sample)", data)
    assert model.converged
    assert model.sigma == pytest.approx(1e-5, rel=0.2)
    sd = np.concatenate([*model.sd.values()])
    np.testing.assert_allclose(sd, [effects[0].std(ddof=1), effects[1].std(ddof=1)], rtol=1e-3)


def test_the_summary_shows_all_terms():
    text = repr(lmm("rt ~ cond + (cond | subject) + (1 | item)", load("crossed_rt")))
    assert "457 rows, 30 levels of subject, 16 levels of item" in text
    lines = [line.split() for line in text.splitlines()]
    assert [line[:2] for line in lines if line and line[0] in ("subject", "item")] == [
        ["subject", "(Intercept)"],
        ["subject", "cond"],
        ["item", "(Intercept)"],
    ]


def test_simulated_data_have_the_truth_they_were_made_from():
    import pandas as pd

    grid = pd.MultiIndex.from_product([range(200), range(100)], names=["s", "i"]).to_frame(False)
    made = simulate(
        "y ~ 1 + (1 | s) + (1 | i)", beta=[2], sd=[1.5, 0.5], sigma=1, data=grid, seed=2
    )
    model = lmm("y ~ 1 + (1 | s) + (1 | i)", made)
    assert model.sd["s"][0] == pytest.approx(1.5, rel=0.1)
    assert model.sd["i"][0] == pytest.approx(0.5, rel=0.15)
    assert model.sigma == pytest.approx(1.0, rel=0.02)
    with pytest.raises(LMMError, match=r"\(Intercept\) by s, \(Intercept\) by i"):
        simulate("y ~ 1 + (1 | s) + (1 | i)", beta=[2], sd=[1.5], sigma=1, data=grid)
