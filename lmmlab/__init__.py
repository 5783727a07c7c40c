"""Learn linear mixed-effects models by moving them.

Five verbs and a namespace: `lmm` and `glmm` fit models, `simulate` makes data, `load` gives the
data sets of the lessons, and `labs` holds the live benches. Nothing is imported before it is
asked for.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "ar1": "lmmlab.formula",
    "car1": "lmmlab.formula",
    "compare": "lmmlab.inference.compare",
    "compound_symmetry": "lmmlab.formula",
    "coverage": "lmmlab.study.coverage",
    "glmm": "lmmlab.formula.counts",
    "lmm": "lmmlab.formula",
    "scan": "lmmlab.formula.scan",
    "simulate": "lmmlab.formula",
    "load": "lmmlab.data",
    "unstructured": "lmmlab.formula",
    "variances": "lmmlab.formula",
    "LMMError": "lmmlab.engine.design",
}

__all__ = [
    "LMMError",
    "__version__",
    "ar1",
    "car1",
    "compare",
    "compound_symmetry",
    "coverage",
    "glmm",
    "labs",
    "lmm",
    "load",
    "scan",
    "simulate",
    "unstructured",
    "variances",
]


def __getattr__(name: str) -> Any:
    if name == "labs":
        return import_module("lmmlab.labs")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'lmmlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
