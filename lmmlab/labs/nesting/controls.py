"""The controls of the nesting lab: three levels, their spreads, and what the fit knows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmmlab.labs._lab import control
from lmmlab.labs.nesting.stories import STORIES, Range


def _scales(name: str) -> Mapping[str, Range]:
    return {f"story={key}": story.ranges[name] for key, story in STORIES.items()}


@dataclass(frozen=True)
class Controls:
    """What can be moved; a story shows the part of a slider that suits it."""

    story: str = control(
        "schools",
        "which story",
        group="study",
        choices=tuple((name, story.label) for name, story in STORIES.items()),
        sets={name: story.values for name, story in STORIES.items()},
    )
    top: int = control(12, "largest groups", group="study", low=4, high=20)
    middle: int = control(4, "groups in each", group="study", low=2, high=12)
    rows: int = control(15, "rows in each of these", group="study", low=2, high=40)
    treated: str = control(
        "top",
        "who is treated, half of them",
        group="study",
        choices=(("top", "largest groups"), ("middle", "groups in each"), ("row", "rows")),
    )
    beta0: float = control(
        100.0, "average, not treated", symbol="β₀", group="nature", low=0.0, high=140.0, step=1.0,
        role="parameter:beta", scales=_scales("beta0"),
    )  # fmt: skip
    beta1: float = control(
        6.0, "effect of the treatment", symbol="β₁", group="nature", low=-20.0, high=20.0,
        step=0.5, role="parameter:beta", signed=True, scales=_scales("beta1"),
    )  # fmt: skip
    tau2: float = control(
        5.0, "spread of the largest groups", symbol="τ₂", group="nature", low=0.0, high=30.0,
        step=0.5, role="parameter:tau2", scales=_scales("tau2"),
    )  # fmt: skip
    tau0: float = control(
        6.0, "spread of groups in one of them", symbol="τ₀", group="nature", low=0.0, high=30.0,
        step=0.5, role="parameter:tau0", scales=_scales("tau0"),
    )  # fmt: skip
    sigma: float = control(
        12.0, "noise of one row", symbol="σ", group="nature", low=0.0, high=30.0, step=0.5,
        role="parameter:sigma", scales=_scales("sigma"),
    )  # fmt: skip
    moments: str = control(
        "chance",
        "spreads of these groups",
        group="nature",
        choices=(("chance", "as chance has them"), ("exact", "exactly as set")),
    )
    fit: str = control(
        "middle",
        "which levels the fit knows",
        group="fit",
        choices=(
            ("all", "all three"),
            ("top", "not the middle one"),
            ("middle", "not the top one"),
            ("none", "rows alone"),
        ),
    )
    person: str = control("", "group in colour", hidden=True)
    seed: int = control(9, "sample", hidden=True, low=0, high=999_999)
