"""The labs: one idea each, live in a notebook, as a figure, or as plain numbers.

A lab is imported when it is asked for.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from lmmlab.labs._lab import Lab

averaging: Lab
blueprint: Lab
centring: Lab
clustering: Lab
crossing: Lab
fan: Lab
generalise: Lab
implied_covariance: Lab
levels: Lab
nesting: Lab
overconfidence: Lab
playground: Lab
residuals: Lab
shrinkage: Lab
trajectories: Lab

__all__ = [
    "averaging", "blueprint", "centring", "clustering", "crossing", "fan", "generalise",
    "implied_covariance", "levels", "nesting", "overconfidence", "playground", "residuals",
    "shrinkage", "trajectories",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"there is no lab {name!r}; there are {', '.join(__all__)}")
    lab = Lab(import_module(f"lmmlab.labs.{name}"))
    globals()[name] = lab
    return lab


def __dir__() -> list[str]:
    return __all__


class _Labs(ModuleType):
    # A lab and its folder have one name, and Python would put the folder in the lab's place when
    # something in it is imported.
    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Labs
