"""What several tests of labs share: states drawn at random."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def random_state() -> Callable[..., dict[str, Any]]:
    """Give the function that draws a state of a lab."""
    return drawn


def drawn(lab: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Draw one state; every slider stands at an end of its range one time in five."""
    state: dict[str, Any] = {}
    for spec in lab.specs:
        if spec.choices:
            state[spec.name] = str(rng.choice([name for name, _ in spec.choices]))
        elif isinstance(spec.default, str):
            state[spec.name] = str(rng.choice(["", "335", "1", "7", "nobody"]))
        elif isinstance(spec.default, int):
            ends = rng.random() < 0.2
            state[spec.name] = int(
                rng.choice([spec.low, spec.high]) if ends else rng.integers(spec.low, spec.high + 1)
            )
        else:
            ends = rng.random() < 0.2
            state[spec.name] = float(
                rng.choice([spec.low, spec.high]) if ends else rng.uniform(spec.low, spec.high)
            )
    return state
