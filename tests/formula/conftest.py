"""A small table for formulas."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def table():
    """Thirty rows: two factors, two numbers, five groups."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "y": rng.normal(size=30),
            "x": rng.normal(size=30),
            "z": rng.uniform(1, 2, size=30),
            "a": np.resize(["p", "q", "r"], 30),
            "b": np.repeat(["u", "v"], 15),
            "g": np.resize(["g1", "g2", "g3", "g4", "g5"], 30),
        }
    )
