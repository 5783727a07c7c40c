"""The relatives of the reference."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmmlab import load

K_FILE = Path(__file__).parent.parent / "reference" / "kinship_K.npz"


@pytest.fixture(scope="session")
def K():
    """The relationship matrix of the data set "kinship", names on both axes."""
    square = np.zeros((200, 200))
    square[np.triu_indices(200)] = np.load(K_FILE)["upper"]
    names = load("kinship")["id"].astype(str).to_numpy()
    return pd.DataFrame(square + np.triu(square, 1).T, names, names)
