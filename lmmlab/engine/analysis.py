"""What is fitted to a simulated study, and how it is tested.

An `Analysis` is a choice, not data: which columns, which of them vary between groups, which
combination of effects is the question, and by which account of uncertainty it is answered. What is
fitted need not be what is true; that gap is what `lmmlab.engine.coverage` measures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.classical.regression import regress
from lmmlab.engine.classical.sandwich import Errors, prepare
from lmmlab.engine.design import Floats, LMMError, grouped
from lmmlab.engine.fit import fit
from lmmlab.engine.inference import Method, errors
from lmmlab.engine.layout import Layout
from lmmlab.engine.truth import Truth


@dataclass(frozen=True, eq=False)
class Analysis:
    """A model, a question about it, and a method that answers it.

    Parameters
    ----------
    fixed : tuple of str
        Columns of the layout; ``"1"`` is the intercept.
    random : tuple of str
        Those whose effects may vary between groups; () is ordinary least squares.
    contrast : str or (p,) array
        The question: the effect of one of the fixed columns, or weights of all of them.
    method : str
        With random effects "wald", "satterthwaite" or "kenward-roger"; for least squares "naive",
        "HC0" to "HC3", "CR0" or "CR2".
    reml : bool
        Restricted maximum likelihood or maximum likelihood.
    blocks : tuple of int, optional
        Sizes of the blocks of G; one unstructured block by default.
    target : float, optional
        The true value of what is asked. By default the truth's own effects are taken, 0 for one
        that the truth does not have.

    Raises
    ------
    LMMError
        If the question or the method does not belong to the model.
    """

    fixed: tuple[str, ...]
    random: tuple[str, ...]
    contrast: str | Floats
    method: Method | Errors
    reml: bool = True
    blocks: tuple[int, ...] | None = None
    target: float | None = None

    def __post_init__(self) -> None:
        methods = get_args(Method if self.random else Errors)
        if self.method not in methods:
            kind = "a mixed model" if self.random else "least squares"
            raise LMMError(
                f"There is no method {self.method!r} for {kind}. Choose one of "
                f"{', '.join(methods)}."
            )
        if isinstance(self.contrast, str):
            if self.contrast not in self.fixed:
                raise LMMError(
                    f"The question is about {self.contrast}, which is not in the model. Its fixed "
                    f"columns are {', '.join(self.fixed)}."
                )
        elif np.shape(self.contrast) != (len(self.fixed),) or not np.isfinite(self.contrast).all():
            raise LMMError(
                f"The contrast needs one finite weight for each of {len(self.fixed)} fixed columns "
                f"({', '.join(self.fixed)})."
            )

    @property
    def weights(self) -> Floats:
        """The contrast as weights (p,) of the fixed effects."""
        if isinstance(self.contrast, str):
            return np.array([float(name == self.contrast) for name in self.fixed])
        return np.asarray(self.contrast, dtype=float)

    def true_value(self, truth: Truth) -> float:
        """Give what the estimate should be."""
        if self.target is not None:
            return self.target
        return float(self.weights @ [truth.beta.get(name, 0.0) for name in self.fixed])


@dataclass(frozen=True, eq=False)
class Found:
    """The answers of an analysis to m studies.

    Attributes
    ----------
    estimate, se, df : (m,) arrays
    singular, fitted : (m,) arrays of bool
        Whether G is singular; whether there is an answer at all.
    """

    estimate: Floats
    se: Floats
    df: Floats
    singular: NDArray[np.bool_]
    fitted: NDArray[np.bool_]


def analyse(
    analysis: Analysis, layout: Layout, Y: Floats, seen: NDArray[np.bool_] | None = None
) -> Found:
    """Ask an analysis about many studies.

    Parameters
    ----------
    analysis : Analysis
    layout : Layout
    Y : (m, n) array
        One study in each row.
    seen : (m, n) array of bool, optional
        Which rows are observed. Studies then differ in their rows and are fitted one by one; one
        that cannot be fitted has no answer. Without it they share a design and are fitted at once.

    Returns
    -------
    Found

    Raises
    ------
    LMMError
        If the model cannot be fitted to this layout.
    """
    if seen is None:
        return _fits(analysis, layout, Y)
    found = []
    for y, rows in zip(Y, seen, strict=True):
        try:
            found.append(_fits(analysis, layout.at(rows), y[None, rows]))
        except LMMError:
            none = np.full(1, np.nan)
            found.append(Found(none, none, none, np.zeros(1, bool), np.zeros(1, bool)))
    return Found(
        *(np.concatenate([getattr(one, part) for one in found]) for part in Found.__annotations__)
    )


def _fits(analysis: Analysis, layout: Layout, Y: Floats) -> Found:
    """Answer for studies with the same rows."""
    X, weights, studies = layout.matrix(analysis.fixed), analysis.weights, len(Y)
    if analysis.random:
        Z = layout.matrix(analysis.random)
        design = grouped(Y[0], X, Z, layout.codes, blocks=analysis.blocks, names=analysis.fixed)
        method = cast(Method, analysis.method)
        fits = [fit(replace(design, y=y), analysis.reml) for y in Y]
        known = [errors(one.cross, one.solution, one.sigma, weights[None], method) for one in fits]
        se, df = np.array(known)[..., 0].T
        singular, converged = np.array([(one.singular, one.converged) for one in fits]).T
        return Found(np.array([weights @ one.beta for one in fits]), se, df, singular, converged)
    kind = cast(Errors, analysis.method)  # as the record made sure
    prepared = prepare(X, kind, layout.codes, names=analysis.fixed)
    estimate, error, df = regress(prepared, Y).contrast(weights)
    never = np.zeros(studies, dtype=bool)
    return Found(estimate, error, np.full(studies, df), never, ~never)
