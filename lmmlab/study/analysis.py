"""What is fitted to a simulated study, and how it is tested.

An `Analysis` is a choice, not data: which columns, which of them vary between groups, which
combination of effects is the question, and by which account of uncertainty it is answered. What is
fitted need not be what is true; that gap is what `lmmlab.study.coverage` measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from lmmlab.classical.regression import regress
from lmmlab.classical.sandwich import Errors, prepare
from lmmlab.engine.design import Floats, LMMError, grouped
from lmmlab.inference.contrast import Contrast, read_contrast
from lmmlab.inference.inference import Method
from lmmlab.study.batch import batch
from lmmlab.study.layout import Layout
from lmmlab.study.truth import Truth


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
    contrast: Contrast
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
        if self.weights.ndim > 1:
            raise LMMError("The question of an analysis is one combination of effects.")

    @property
    def weights(self) -> Floats:
        """The contrast as weights (p,) of the fixed effects."""
        return read_contrast(self.contrast, self.fixed)[0]

    def true_value(self, truth: Truth) -> float:
        """Give what the estimate should be."""
        if self.target is not None:
            return self.target
        return float(self.weights @ [truth.beta.get(name, 0.0) for name in self.fixed])


@dataclass(frozen=True, eq=False)
class Answers:
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


def answers(analysis: Analysis, layout: Layout, Y: Floats) -> Answers:
    """Ask an analysis about many studies.

    Parameters
    ----------
    analysis : Analysis
    layout : Layout
    Y : (m, n) array
        One study in each row.

    Returns
    -------
    Answers

    Raises
    ------
    LMMError
        If the model does not fit the layout, or none of the studies can be fitted.
    """
    X, weights = layout.matrix(analysis.fixed), analysis.weights
    if analysis.random:
        Z, method = layout.matrix(analysis.random), cast(Method, analysis.method)
        design = grouped(Y[0], X, Z, layout.codes, blocks=analysis.blocks, names=analysis.fixed)
        fits = batch(design, Y, analysis.reml, weights, method)
        return Answers(fits.estimate, fits.estimate_se, fits.df, fits.singular, fits.converged)
    errors, never = cast(Errors, analysis.method), np.zeros(len(Y), dtype=bool)
    prepared = prepare(X, errors, layout.codes, names=analysis.fixed)
    estimate, error, df = regress(prepared, Y).contrast(weights)
    return Answers(estimate, error, np.full(len(Y), df), never, ~never)


def analyse(
    analyses: Sequence[Analysis], layout: Layout, Y: Floats, seen: NDArray[np.bool_] | None = None
) -> list[Answers]:
    """Ask several analyses about the same studies; one that cannot be fitted has no answer.

    Parameters
    ----------
    analyses : sequence of Analysis
        Those that differ in nothing but Wald or Satterthwaite share their fits.
    layout : Layout
    Y : (m, n) array
        One study in each row.
    seen : (m, n) array of bool, optional
        Which rows are observed. Studies then differ in their rows and are fitted one by one;
        without it they share a design and are fitted at once.

    Returns
    -------
    list of Answers
    """
    found: list[Answers] = []
    fits: dict[tuple[Any, ...], Answers] = {}
    for analysis in analyses:
        wald = analysis.method == "wald"
        asked = replace(analysis, method="satterthwaite") if wald else analysis
        question = asked.method, asked.reml, tuple(asked.weights.tolist())
        key = asked.fixed, asked.random, asked.blocks, *question
        if key not in fits:
            fits[key] = _answers_or_none(asked, layout, Y, seen)
        one = fits[key]
        found.append(replace(one, df=np.full_like(one.df, np.inf)) if wald else one)
    return found


def _answers_or_none(
    analysis: Analysis, layout: Layout, Y: Floats, seen: NDArray[np.bool_] | None
) -> Answers:
    if seen is not None:
        parts = [
            _answers_or_none(analysis, layout.at(rows), y[None, rows], None)
            for y, rows in zip(Y, seen, strict=True)
        ]
        names = [one.name for one in fields(Answers)]
        return Answers(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))
    try:
        return answers(analysis, layout, Y)
    except LMMError:
        none, never = np.full(len(Y), np.nan), np.zeros(len(Y), dtype=bool)
        return Answers(none, none, none, never, never)
