"""What people did before mixed models, and do still: the analyses that a mixed model is held to.

Nothing is imported before it is asked for. `rm_anova`, `change` and `wide` have the names of their
modules and are taken from there.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "complete_cases": "missing",
    "complete_pooling": "pooling",
    "epsilon": "sphericity",
    "last_observation_carried_forward": "missing",
    "no_pooling": "pooling",
    "occasion_means": "missing",
    "ols": "regression",
    "on_means": "means",
    "paired": "means",
    "prepare": "sandwich",
    "regress": "regression",
}

__all__ = [*_HOME]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"lmmlab.classical.{_HOME[name]}"), name)
    raise AttributeError(f"module 'lmmlab.classical' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
