"""Repeated-measures ANOVA beside the mixed model: where they agree and where they part."""

import numpy as np
import pytest

from lmmlab.classical.contrasts import differences
from lmmlab.classical.rm_anova import rm_anova
from lmmlab.classical.wide import wide
from lmmlab.engine.design import LMMError, grouped
from lmmlab.model.fit import fit


def mixed_F(y, person, day):
    """The Wald F of days as a factor, in the mixed model with random intercepts."""
    one = np.ones((len(y), 1))
    X = np.hstack([one, differences(10)[day]])
    model = fit(grouped(y, X, one, person))
    return model, model.beta[1:] @ np.linalg.solve(model.vcov[1:, 1:], model.beta[1:]) / 9


def test_is_the_random_intercept_model_on_balanced_data(sleep):
    y, person, within = sleep
    anova = rm_anova(y, person, within)
    assert anova.F == pytest.approx(18.703, abs=5e-4)
    assert (anova.df.item(), anova.error_df.item()) == (9, 153)
    assert anova.gg == pytest.approx(0.369, abs=5e-4)
    assert mixed_F(y, person, within["Days"])[1] == pytest.approx(anova.F.item(), rel=1e-8)


def test_parts_from_the_mixed_model_where_persons_are_too_alike(sleep):
    """MSB < MSW: the mixed model's variance stops at 0 and its error pools both mean squares."""
    y, person, within = sleep
    Y = wide(y, person, within["Days"])
    alike = Y - 0.99 * (Y.mean(1, keepdims=True) - Y.mean())
    model, F = mixed_F(alike.ravel(), np.repeat(np.arange(18), 10), np.tile(np.arange(10), 18))
    ours = rm_anova(alike.ravel(), np.repeat(np.arange(18), 10), {"d": np.tile(np.arange(10), 18)})
    means = 10 * ((alike.mean(1) - alike.mean()) ** 2).sum()
    assert means / 17 < ours.error_SS.item() / 153
    assert model.singular
    pooled = (means + ours.error_SS.item()) / (17 + 153)
    assert pytest.approx(ours.SS.item() / 9 / pooled) == F
    assert ours.F.item() == pytest.approx(18.703, abs=5e-4)  # blind to how persons differ
    assert ours.F.item() < 0.95 * F


def test_parts_from_the_mixed_model_where_a_cell_is_lost(sleep):
    y, person, within = sleep
    day, lost = within["Days"], 4
    keep = np.arange(180) != lost
    with pytest.raises(LMMError, match="Person 308 has no value at Days = 4"):
        rm_anova(y[keep], person[keep], {"Days": day[keep]})
    complete = person != "308"
    ours = rm_anova(y[complete], person[complete], {"Days": day[complete]})
    F = mixed_F(y[keep], person[keep], day[keep])[1]
    assert ours.error_df.item() == 144
    assert abs(F / ours.F.item() - 1) > 0.01
