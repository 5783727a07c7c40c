"""What several tests of labs share: states from all over the control box."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

States = list[dict[str, Any]]


@pytest.fixture
def states() -> Callable[[Any, int], States]:
    """Give the function that draws so many states of a lab."""
    return spread_out


def spread_out(lab: Any, many: int) -> States:
    """Draw states that fill the control box evenly (a Latin hypercube).

    Each choice has all its values equally often. Each slider stands at its low end in a fifth of
    the states, at its high end in another fifth, and in the others once in each of equal parts of
    its range. Which value of one control meets which of another is left to chance.
    """
    rng, columns = np.random.default_rng(20), {}
    for spec in lab.specs:
        if isinstance(spec.default, str):
            names = [name for name, _ in spec.choices] or ["", "335", "1", "7", "nobody"]
            column = [names[k % len(names)] for k in range(many)]
        else:
            ends, between = many // 5, many - 2 * (many // 5)
            part = (np.arange(between) + rng.uniform(size=between)) / between
            part = np.concatenate([np.zeros(ends), part, np.ones(ends)])
            column = (spec.low * (1.0 - part) + spec.high * part).tolist()
            column = [round(value) for value in column] if type(spec.default) is int else column
        columns[spec.name] = [column[k] for k in rng.permutation(many)]
    return [dict(zip(columns, state, strict=True)) for state in zip(*columns.values(), strict=True)]
