"""Many responses at once: the same numbers as one fit after the other."""

from dataclasses import replace

import numpy as np
import pytest

from lmmlab.engine.design import LMMError, grouped
from lmmlab.engine.newton import minima
from lmmlab.model.balanced import balance
from lmmlab.model.closed import halves
from lmmlab.model.fit import fit
from lmmlab.study.batch import batch
from lmmlab.study.sums import from_sums

PEOPLE, ROWS = 10, 4
CODES = np.repeat(np.arange(PEOPLE), ROWS)
TIME = np.tile(np.arange(ROWS, dtype=float), PEOPLE)
ONE = np.ones_like(TIME)
ARM = (CODES < 4).astype(float)
LINE = np.column_stack([ONE, TIME])
ARMS = np.column_stack([ONE, ARM, TIME, ARM * TIME])
YEARS = np.column_stack([ONE, TIME + 2017.0])
CENTRED = np.column_stack([ONE, TIME - 1.5])
ZERO = np.zeros_like(TIME)
SOME = np.arange(len(TIME)) % 7 > 0

DESIGNS = {
    "slopes": grouped(ZERO, LINE, LINE, CODES),
    "arms, shuffled": grouped(ZERO, ARMS, LINE, np.roll(CODES, 3)),
    "years": grouped(ZERO, YEARS, YEARS, CODES),
    "intercepts": grouped(ZERO, ARMS, ONE[:, None], CODES),
    "no covariance": grouped(ZERO, LINE, CENTRED, CODES, blocks=(1, 1)),
    "no fixed effects": grouped(ZERO, LINE[:, :0], LINE, CODES),
    "equal weights": grouped(ZERO, LINE, LINE, CODES, weights=3.0 * ONE),
    "unequal weights": grouped(ZERO, LINE, LINE, CODES, weights=1.0 + TIME),
    "treat + time": grouped(ZERO, ARMS[:, :3], LINE, CODES),
    "unbalanced": grouped(ZERO[SOME], LINE[SOME], LINE[SOME], CODES[SOME]),
}


def responses(design, runs, seed=1):
    """Responses with much, little and no variation between people."""
    rng = np.random.default_rng(seed)
    term, n = design.terms[0], len(design.y)
    size = np.resize([0.0, 0.2, 2.0], runs)[:, None]
    start, change = rng.standard_normal((2, runs, len(term.levels))) * [[[1.0]], [[0.4]]]
    x = term.Z[:, -1] - term.Z[:, -1].mean()
    b = size * start[:, term.codes] + size * change[:, term.codes] * x
    return 10.0 + b + rng.standard_normal((runs, n))


@pytest.mark.parametrize("kind", DESIGNS)
@pytest.mark.parametrize("reml", [True, False])
def test_each_is_what_fit_gives(kind, reml):
    design = DESIGNS[kind]
    Y = responses(design, 12)
    many = batch(design, Y, reml)
    for i, y in enumerate(Y):
        one = fit(replace(design, y=y), reml)
        G, size = one.G["group"].values, np.sqrt((design.terms[0].Z ** 2).mean(0))
        assert many.deviance[i] == pytest.approx(one.deviance, rel=1e-10)
        assert many.sigma[i] == pytest.approx(one.sigma, rel=1e-8)
        assert many.singular[i] == one.singular
        np.testing.assert_allclose(many.se[i], one.se, rtol=1e-8)
        np.testing.assert_allclose((many.beta[i] - one.beta) / one.se, 0.0, atol=1e-7)
        size = np.outer(size, size) / one.sigma**2
        assert np.abs((many.G[i] - G) * size).max() < 1e-8 * max(1.0, np.abs(G * size).max())
    if kind != "no fixed effects":
        assert many.singular.any()
    assert not many.singular.all()


def test_shapes_and_no_response_at_all():
    design = DESIGNS["slopes"]
    for made in (design, DESIGNS["unbalanced"]):
        n = len(made.y)
        for runs in (0, 3):
            fits = batch(made, responses(made, runs) if runs else np.empty((0, n)))
            shapes = [a.shape for a in (fits.beta, fits.se, fits.G, fits.sigma, fits.singular)]
            assert shapes == [(runs, 2), (runs, 2), (runs, 2, 2), (runs,), (runs,)]
            assert fits.singular.dtype == bool


def test_ml_where_reml_has_no_degrees_of_freedom():
    # Two people in two arms: under ML the closed form holds, under REML nothing is left between.
    first = CODES < 2
    X = np.column_stack([ONE, CODES == 0, TIME, (CODES == 0) * TIME])[first]
    design = grouped(ZERO[first], X, ONE[first, None], CODES[first])
    Y = responses(design, 4)
    assert balance(design) is not None
    fits = batch(design, Y, reml=False)
    for i, y in enumerate(Y):
        one = fit(replace(design, y=y), reml=False, closed=False)
        assert fits.deviance[i] == pytest.approx(one.deviance, rel=1e-9)
    with pytest.raises(LMMError, match="nothing is left to tell how levels vary"):
        batch(design, Y)


@pytest.mark.parametrize("kind", ["slopes", "unbalanced", "treat + time"])
def test_what_cannot_be_fitted_is_a_row_without_numbers(kind):
    design = DESIGNS[kind]
    Y = responses(design, 5)
    Y[1], Y[3] = 7.0, design.X @ np.arange(2.0, 2.0 + len(design.names))
    for reml in (True, False):
        fits, others = batch(design, Y, reml, "x1"), batch(design, Y[[0, 2, 4]], reml, "x1")
        assert fits.converged.tolist() == [True, False, True, False, True]
        assert not fits.singular[[1, 3]].any()
        for name in ("beta", "se", "G", "sigma", "deviance", "estimate", "estimate_se", "df"):
            every = getattr(fits, name)
            assert np.isnan(every[[1, 3]]).all()
            np.testing.assert_allclose(every[[0, 2, 4]], getattr(others, name), rtol=1e-8)
    with pytest.raises(LMMError, match=r"None of the 2 responses .*The response y is 7 in every"):
        batch(design, Y[[1, 3]])
    with pytest.raises(LMMError, match=r"None of the 1 responses .* exactly"):
        batch(design, Y[[3]])


def test_a_search_that_breaks_down_costs_one_response(monkeypatch):
    design = DESIGNS["unbalanced"]
    Y = responses(design, 5)
    Y[2] *= 1e3

    def brittle(cross, reml):
        if (cross.scale > 1e3).any():
            raise LMMError("The search broke down.")
        return minima(cross, reml)

    whole = batch(design, Y)
    monkeypatch.setattr("lmmlab.study.batch.minima", brittle)
    fits = batch(design, Y)
    assert fits.converged.tolist() == [True, True, False, True, True]
    np.testing.assert_allclose(fits.deviance[[0, 1, 3, 4]], whole.deviance[[0, 1, 3, 4]])
    assert np.isnan(fits.deviance[2])


@pytest.mark.parametrize("kind", ["slopes", "unbalanced"])
def test_bad_input_is_named(kind):
    design = DESIGNS[kind]
    Y = responses(design, 5)
    with pytest.raises(LMMError, match=r"its shape is \(5, 7\)"):
        batch(design, Y[:, :7])
    with pytest.raises(LMMError, match="one response in each row"):
        batch(design, Y[0])
    for reml in ("ML", 1, None):
        with pytest.raises(LMMError, match="reml must be True or False"):
            batch(design, Y, reml)
    with pytest.raises(LMMError, match=r"method must be .*'z'"):
        batch(design, Y, contrast="x1", method="z")
    with pytest.raises(LMMError, match=r"made for REML"):
        batch(design, Y, reml=False, contrast="x1", method="kenward-roger")
    with pytest.raises(LMMError, match=r"no fixed effect 'slope'"):
        batch(design, Y, contrast="slope")
    with pytest.raises(LMMError, match=r"its shape is \(3,\)"):
        batch(design, Y, contrast=[0.0, 1.0, 0.0])
    with pytest.raises(LMMError, match="one combination"):
        batch(design, Y, contrast=np.eye(2))
    Y[3, 2] = np.nan
    with pytest.raises(LMMError, match="Response 4 is nan in row 3"):
        batch(design, Y)


def test_a_design_that_cannot_be_fitted_is_refused_once():
    double = np.column_stack([LINE, TIME])[SOME]
    design = grouped(ZERO[SOME], double, ONE[SOME, None], CODES[SOME])
    Y = responses(DESIGNS["unbalanced"], 3)
    with pytest.raises(LMMError, match="x2 is a combination of x1"):
        batch(design, Y)
    own = grouped(ZERO[SOME], np.eye(PEOPLE)[CODES[SOME]], ONE[SOME, None], CODES[SOME])
    with pytest.raises(LMMError, match="each level of group its own value"):
        batch(own, Y)
    assert batch(own, Y, reml=False).converged.all()


@pytest.mark.parametrize("kind", [kind for kind in DESIGNS if kind != "no fixed effects"])
@pytest.mark.parametrize("method", ["wald", "satterthwaite", "kenward-roger"])
def test_a_contrast_is_tested_as_fit_tests_it(kind, method):
    design = DESIGNS[kind]
    L = np.arange(len(design.names)) - 0.7
    for reml in (True, False) if method != "kenward-roger" else (True,):
        Y = responses(design, 12, seed=4)
        fits = batch(design, Y, reml, L, method)
        for i, y in enumerate(Y):
            table = fit(replace(design, y=y), reml, closed=False).test(method, L)
            estimate, error, df = table[0, :3]
            assert fits.estimate[i] == pytest.approx(estimate, abs=1e-7 * error)
            assert fits.estimate_se[i] == pytest.approx(error, rel=1e-7)
            assert fits.df[i] == pytest.approx(df, rel=1e-5)
        assert fits.singular.any()
    assert batch(design, Y, reml).df.shape == (0,)


def test_satterthwaite_in_closed_form_with_three_random_columns():
    """Two of three variances on the boundary, one, or none; G whole or in blocks."""
    groups, rows = 8, 5
    codes, t = np.repeat(np.arange(groups), rows), np.tile(np.arange(rows) - 2.0, groups)
    Z = np.column_stack([np.ones(40), t, t * t - 2.0])
    rng, zeros = np.random.default_rng(6), []
    b = rng.standard_normal((24, groups, 3)) * np.array([1.0, 0.3, 0.1])
    Y = np.einsum("nk,rnk->rn", Z, b[:, codes]) + rng.standard_normal((24, 40))
    for blocks in ((3,), (1, 1, 1), (1, 2)):
        design = grouped(np.zeros(40), Z, Z, codes, blocks=blocks)
        for reml in (True, False):
            fits = batch(design, Y, reml, [1.0, 0.5, -0.3])
            for i, y in enumerate(Y):
                model = fit(replace(design, y=y), reml)
                size = np.linalg.eigvalsh(fits.G[i])
                zeros.append((size < 1e-8 * size[-1]).sum())
                df = model.test(L=[1.0, 0.5, -0.3])[0, 2]
                assert fits.df[i] == pytest.approx(df, rel=1e-6)
    assert set(zeros) >= {0, 1, 2}


def small(seed):
    """A small unbalanced design, and responses with much, little and no variation."""
    rng = np.random.default_rng(seed)
    groups, q, p = 6 + seed % 7, 1 + seed % 3, seed % 4
    sizes = rng.integers(1, 9, groups)
    sizes[0] += groups * q + p + 2
    codes = np.repeat(np.arange(groups), sizes)
    n = len(codes)
    own = np.column_stack([np.ones(n), rng.standard_normal((n, 3)) + rng.uniform(-3, 3, 3)])
    blocks = [(q,), (1,) * q, (1, q - 1) if q > 1 else (1,)][seed % 5 % 3]
    weights = rng.uniform(0.3, 3.0, n) if seed % 5 == 0 else None
    design = grouped(np.zeros(n), own[:, :p], own[:, :q], codes, blocks=blocks, weights=weights)
    b = rng.standard_normal((6, groups, q)) * 10.0 ** rng.uniform(-2, 1, (6, 1, q))
    b *= rng.random((6, 1, q)) < 0.8
    return design, 3.0 + (own[:, :q] * b[:, codes]).sum(-1) + rng.standard_normal((6, n))


def test_hundreds_of_small_sets_reach_the_criterion_of_fit():
    singular = fitted = 0
    for seed in range(60):
        design, Y = small(seed)
        fits = batch(design, Y, reml=seed % 2 == 0)
        assert fits.converged.all()
        for i, y in enumerate(Y):
            one = fit(replace(design, y=y), reml=seed % 2 == 0)
            assert fits.deviance[i] <= one.deviance + 1e-9 * abs(one.deviance)
            assert fits.singular[i] == one.singular
            singular, fitted = singular + one.singular, fitted + 1
    assert fitted == 360
    assert 60 < singular < 300


def test_sums_of_squares_alone_need_noise_and_degrees_of_freedom():
    x, one, groups = np.tile([0.0, 0.0, 1.0, 1.0], 2), np.ones((8, 1)), np.arange(8) // 4
    balanced = balance(grouped(np.zeros(8), one, one, groups))
    sums = halves(balanced, np.stack([x, x + np.arange(8)]))
    assert from_sums(balanced, *sums).converged.all()
    with pytest.raises(LMMError, match="degrees of freedom and noise"):
        from_sums(balanced, sums[0], 0.0 * sums[1], sums[2])
    none = balance(grouped(np.zeros(8), np.column_stack([one, groups]), one, groups))
    assert not none.has_df(True)
    with pytest.raises(LMMError, match="degrees of freedom and noise"):
        from_sums(none, *halves(none, np.stack([x + np.arange(8)])))


def test_more_responses_than_fit_a_chunk(monkeypatch):
    design = DESIGNS["unbalanced"]
    Y = responses(design, 40)
    whole = batch(design, Y, contrast="x1")
    monkeypatch.setattr("lmmlab.study.batch._CHUNK", 1)
    parts = batch(design, Y, contrast="x1")
    for name in ("beta", "se", "G", "sigma", "deviance", "df"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-8, atol=1e-9)


def test_the_response_of_the_design_does_not_matter_and_nothing_is_written():
    design = DESIGNS["arms, shuffled"]
    Y = responses(design, 3)
    kept = Y.copy()
    np.testing.assert_array_equal(
        batch(design, Y).deviance, batch(replace(design, y=Y[1] * 3.0), Y).deviance
    )
    np.testing.assert_array_equal(Y, kept)
