"""V itself, for what looks at all pairs of rows."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.covariance import factor
from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.model.blocks import alike
from lmmlab.model.fit import Fit

_MOST_ROWS = 20_000


def covariance(design: Design, theta: Floats) -> Floats:
    """Give V / sigma**2 (n, n) itself."""
    n, Lambda = len(design.y), factor(theta, design.blocks)
    if n > _MOST_ROWS:
        raise LMMError(
            f"A marker scan of {n} rows needs a matrix of {n} x {n} numbers; {_MOST_ROWS} rows are "
            "the most. Use the mean of each person's rows."
        )
    V = np.diag(1.0 / design.row_weights)
    for term, own in zip(design.terms, design.effects, strict=True):
        D = Lambda[own, own] @ Lambda[own, own].T
        V += alike(term, np.arange(n)) * (term.Z @ D @ term.Z.T)
    return V


def beyond(X: Floats, columns: Floats) -> tuple[Floats, Floats, Floats]:
    """Give what columns have beyond X: Q of X, what is left of them, and its share of squares."""
    Q = np.linalg.qr(X)[0]  # well-conditioned, whatever the units of X
    left = columns - Q @ (Q.T @ columns)
    whole = np.einsum("nm,nm->m", columns, columns)
    return Q, left, np.einsum("nm,nm->m", left, left) / np.where(whole > 0.0, whole, 1.0)


def require_no_structure(model: Fit, what: str) -> None:
    """Refuse models whose residuals are not independent."""
    if model.design.residual is not None:
        raise LMMError(
            f"{what} is worked out here for independent residuals, and not for a residual "
            "structure. Fit the model without residual=."
        )
