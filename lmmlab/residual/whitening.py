"""Designs whose rows are independent again, ready for the ordinary engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lmmlab.engine.crossproducts import Crossproducts, condition
from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.residual.structure import structure


def whitened(design: Design, phi: Floats) -> tuple[Design, float]:
    """Take the residual structure out of y, X and Z.

    Returns
    -------
    Design
        Without a structure.
    float
        log|R / sigma**2|, which is to be added to the criterion.
    """
    columns = [design.y[None], design.X.T, *(term.Z.T for term in design.terms)]
    white, logdet = structure(design).whiten(np.concatenate(columns), phi)
    ends = np.cumsum([len(part) for part in columns])
    y, X, *Z = (part.T for part in np.split(white, ends[:-1]))
    terms = tuple(replace(term, Z=own) for term, own in zip(design.terms, Z, strict=True))
    return replace(design, y=y[:, 0], X=X, terms=terms, residual=None), logdet


def conditioned(design: Design, phi: Floats) -> Crossproducts:
    """Reduce a design to what the likelihood needs of it, at one phi if it has a structure."""
    if design.residual is None:
        return condition(design)
    white, logdet = whitened(design, phi)
    return replace(condition(white), log_weights=-logdet)


def require_nested(design: Design) -> None:
    """Refuse residual groups that reach over several levels of a random term.

    There whitening would mix the random effects of these levels.
    """
    correlation = structure(design).correlation
    if correlation is None:
        return
    for term in design.terms:
        pairs = np.unique(correlation.codes * len(term.levels) + term.codes)
        if len(pairs) > len(correlation.levels):
            inside = np.bincount(pairs // len(term.levels))
            group = correlation.levels[int(np.argmax(inside > 1))]
            raise LMMError(
                f"Residuals of {correlation.group} {group} are correlated across several levels of "
                f"{term.group}. Random effects and correlated residuals go together only if each "
                f"group of the residuals lies within one level of {term.group}. Use such groups, "
                "or leave out one of the two."
            )
