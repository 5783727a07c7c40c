"""A fit for each level, or one for all: against least squares, with weights and at odd scales."""

from dataclasses import replace

import numpy as np
import pytest

from lmmlab import classical
from lmmlab.classical import complete_pooling, no_pooling
from lmmlab.classical.sandwich import prepare
from lmmlab.engine.design import LMMError


def least_squares(X, y, w):
    root = np.sqrt(np.ones(len(y)) if w is None else w)
    return np.linalg.lstsq(root[:, None] * X, root * y, rcond=None)[0]


@pytest.mark.parametrize("weights", [False, True])
def test_each_level_alone_and_all_together(made, weights):
    design = made(3, weights=weights)
    [term], w = design.terms, design.weights
    own = no_pooling(design)
    enough = np.bincount(term.codes) > 1
    assert (np.isfinite(own).all(1) == enough).all() and 1 < enough.sum()
    for level in np.flatnonzero(enough):
        rows = term.codes == level
        alone = least_squares(term.Z[rows], design.y[rows], None if w is None else w[rows])
        assert own[level] == pytest.approx(alone)
    assert complete_pooling(design) == pytest.approx(least_squares(design.X, design.y, w))
    if weights:
        flat = replace(design, weights=None)
        assert no_pooling(flat)[enough] != pytest.approx(own[enough])
        assert complete_pooling(flat) != pytest.approx(complete_pooling(design))


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_what_is_determined_does_not_depend_on_units(made, unit):
    """Neither on the weights' nor on time's; and level by level, with few rows or many."""
    design = made(3, weights=True)
    own = no_pooling(design)
    heavy = replace(design, weights=unit * design.weights)
    np.testing.assert_allclose(no_pooling(heavy), own, rtol=1e-8)
    assert complete_pooling(heavy) == pytest.approx(complete_pooling(design))
    [term] = design.terms
    slow = replace(design, terms=(replace(term, Z=term.Z * [1.0, unit]),))
    np.testing.assert_allclose(no_pooling(slow) * [1.0, unit], own, rtol=1e-7)
    light = np.where(term.codes == 0, 1e-12, 1.0) * design.weights
    np.testing.assert_allclose(no_pooling(replace(design, weights=light)), own, rtol=1e-8)


def test_what_is_not_determined(made):
    """Everybody on day 0: together a flat line, alone no line; least squares refuses by name."""
    design = made(3)
    zero = replace(design, X=design.X * [1.0, 0.0])
    assert complete_pooling(zero) == pytest.approx([design.y.mean(), 0.0])
    with pytest.raises(LMMError, match="is a combination of the predictors before it"):
        classical.ols(zero)
    [term] = design.terms
    blind = replace(design, terms=(replace(term, Z=term.Z * [1.0, 0.0]),))
    assert np.isnan(no_pooling(blind)).all()
    with pytest.raises(LMMError, match="no groups"):
        no_pooling(replace(design, terms=()))


def test_everything_classical_has_one_address():
    assert all(callable(getattr(classical, name)) for name in classical.__all__)
    assert classical.prepare is prepare and "ols" in dir(classical)
    with pytest.raises(AttributeError, match="no attribute 'anova'"):
        _ = classical.anova
