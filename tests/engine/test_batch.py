"""Many responses at once: the same numbers as one fit after the other."""

from dataclasses import replace

import numpy as np
import pytest

from lmmlab.engine.balanced import balance
from lmmlab.engine.batch import batch
from lmmlab.engine.design import LMMError, grouped
from lmmlab.engine.fit import fit

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


@pytest.mark.parametrize("kind", ["slopes", "unbalanced"])
def test_what_cannot_be_fitted_is_named(kind):
    design = DESIGNS[kind]
    Y = responses(design, 5)
    Y[3] = design.X @ [2.0, 1.0]
    with pytest.raises(LMMError, match=r"Response 4 of 5: .*exactly"):
        batch(design, Y)
    Y[3, 2] = np.nan
    with pytest.raises(LMMError, match="Response 4 is nan in row 3"):
        batch(design, Y)
    with pytest.raises(LMMError, match=r"its shape is \(5, 7\)"):
        batch(design, Y[:, :7])
    with pytest.raises(LMMError, match="one response in each row"):
        batch(design, Y[0])


def test_the_response_of_the_design_does_not_matter_and_nothing_is_written():
    design = DESIGNS["arms, shuffled"]
    Y = responses(design, 3)
    kept = Y.copy()
    np.testing.assert_array_equal(
        batch(design, Y).deviance, batch(replace(design, y=Y[1] * 3.0), Y).deviance
    )
    np.testing.assert_array_equal(Y, kept)
