"""Contrasts between the cells of crossed factors."""

import numpy as np

from lmmlab.classical.contrasts import contrasts


def test_contrasts_are_one_orthogonal_matrix():
    parts = contrasts((2, 3, 4))
    whole = np.hstack(list(parts.values()))
    np.testing.assert_allclose(whole.T @ whole, np.eye(24), atol=1e-14)
    assert list(contrasts(())) == [()] and contrasts(())[()].tolist() == [[1.0]]
