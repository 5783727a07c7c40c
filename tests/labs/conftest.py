"""What several tests of labs share: states from all over the control box."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lmmlab.picture.marks import Heatmap

States = list[dict[str, Any]]


@pytest.fixture
def states() -> Callable[[Any, int], States]:
    """Give the function that draws so many states of a lab."""
    return spread_out


@pytest.fixture
def axes_stand_still() -> Callable[..., None]:
    """Give the function that moves a slider a little, and sees no axis and no colour move."""
    return axes_of_a_small_move


def axes_of_a_small_move(lab: Any, name: str, reach: float | None = None, **state: Any) -> None:
    """Move a slider from where it starts in small steps; in all, by a twentieth of its range."""
    spec = next(spec for spec in lab.specs if spec.name == name)
    reach = 0.05 * (spec.high - spec.low) if reach is None else reach
    frames = []
    for share in np.linspace(0.0, 1.0, 9):
        panels = lab.picture(**{name: min(spec.default + reach * share, spec.high)}, **state).panels
        colours = [[m.limits for m in p.marks if isinstance(m, Heatmap)] for p in panels]
        frames.append([(p.x.limits, p.y.limits) for p in panels] + colours)
    assert all(frame == frames[0] for frame in frames)


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
