"""The controls of the crossing lab: two crowds, their spreads, and which of them the fit knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.crossing.stories import STORIES, Range


def _scales(name: str) -> Mapping[str, Range]:
    return {f"story={key}": story.ranges[name] for key, story in STORIES.items()}


_WITHIN = "varies=items|both"


@dataclass(frozen=True)
class Controls:
    """What can be moved; a story shows the part of a slider that suits it."""

    story: str = control(
        "words",
        "which story",
        group="study",
        choices=tuple((name, story.label) for name, story in STORIES.items()),
        sets={name: story.values for name, story in STORIES.items()},
    )
    people: int = control(24, "people", symbol="J", group="study", low=4, high=40)
    items: int = control(16, "items", symbol="K", group="study", low=4, high=24)
    varies: str = control(
        "items",
        "the two conditions vary",
        group="study",
        choices=(("items", "between items"), ("people", "between people"), ("both", "in both")),
    )
    meets: str = control(
        "all",
        "each person meets",
        group="study",
        choices=(("all", "all items"), ("half", "half of them"), ("one", "one")),
    )
    missing: int = control(
        0, "rows missing by chance", unit="%", group="study", low=0, high=80, step=5
    )
    beta0: float = control(
        500.0, "average", symbol="β₀", group="nature", low=0.0, high=800.0, step=10.0,
        role="parameter:beta", scales=_scales("beta0"),
    )  # fmt: skip
    beta1: float = control(
        40.0, "effect of the condition", symbol="β₁", group="nature", low=-100.0, high=100.0,
        step=5.0, role="parameter:beta", signed=True, scales=_scales("beta1"),
    )  # fmt: skip
    tau0: float = control(
        60.0, "spread of people", symbol="τ₀", group="nature", low=0.0, high=150.0, step=1.0,
        role="parameter:tau0", scales=_scales("tau0"),
    )  # fmt: skip
    tau1: float = control(
        20.0, "spread of people's effects", symbol="τ₁", group="nature", low=0.0, high=80.0,
        step=1.0, role="parameter:tau1", scales=_scales("tau1"), shown=_WITHIN,
    )  # fmt: skip
    rho: float = control(
        0.3, "level and effect go together", symbol="ρ", group="nature", low=-1.0, high=1.0,
        step=0.01, role="parameter:rho", signed=True, shown=_WITHIN,
    )  # fmt: skip
    tau2: float = control(
        30.0, "spread of items", symbol="τ₂", group="nature", low=0.0, high=100.0, step=1.0,
        role="parameter:tau2", scales=_scales("tau2"),
    )  # fmt: skip
    sigma: float = control(
        70.0, "noise of one row", symbol="σ", group="nature", low=0.0, high=200.0, step=1.0,
        role="parameter:sigma", scales=_scales("sigma"),
    )  # fmt: skip
    moments: str = control(
        "chance",
        "spreads of people and items",
        group="nature",
        choices=(("chance", "as chance has them"), ("exact", "exactly as set")),
    )
    fit: str = control(
        "people",
        "what the fit knows",
        group="fit",
        choices=(
            ("full", "people, own effects, items"),
            ("levels", "people, items"),
            ("people", "people alone"),
            ("items", "items alone"),
            ("none", "rows alone"),
        ),
    )
    person: str = control("", "person in colour", hidden=True)
    seed: int = control(62, "sample", hidden=True, low=0, high=999_999)
