"""Change from the first to the last occasion, compared between the treated and the others.

What an analyst does who looks at two occasions only: a t test of change scores, or an analysis of
covariance. Persons without one of the two values are left out, so what this estimates depends on
who they are; see `lmmlab.classical.missing`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lmmlab.classical.wide import ROUNDING, by_occasion
from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.model.estimates import estimates
from lmmlab.model.table import Table

_DEPENDENT = 1e-10  # what a column adds to those before it, relatively, if it adds nothing


def change_scores(Y: ArrayLike) -> Floats:
    """Give each person's last value minus the first.

    Parameters
    ----------
    Y : (..., N, T) array
        Persons by occasions in the order of time, NaN where a value is missing.

    Returns
    -------
    (..., N) array
        NaN where the first or the last value is missing.

    Notes
    -----
    Noise in the first value stands in the change too, with the other sign. So a change correlates
    with where it began even if nobody changes: by -sigma^2 / sqrt((tau0^2 + sigma^2) 2 sigma^2)
    when persons differ by tau0 and visits by sigma. That is regression to the mean.

    Examples
    --------
    >>> change_scores([[1.0, 4.0, 3.0], [5.0, 4.0, np.nan]]).tolist()
    [2.0, nan]
    """
    Y = by_occasion(Y)
    change: Floats = Y[..., -1] - Y[..., 0]
    return change


@dataclass(frozen=True, eq=False, repr=False)
class Change:
    """A regression of the change from the first to the last occasion.

    Leading axes (...) are repetitions of the study; one that cannot be analysed has NaN.

    Attributes
    ----------
    names : tuple of str
        ``"change"``, the mean change (of those not treated, where some are); ``"treated"``, how
        much more the treated change; ``"first value"``, by what the change differs between
        persons who began one unit apart.
    beta, se : (..., p) arrays
    df : (...) array
        Persons with both values less p.
    """

    names: tuple[str, ...]
    beta: Floats
    se: Floats
    df: Ints

    def table(self, confidence: float = 0.95) -> Table:
        """Give the t tests of a single study, with intervals."""
        if self.beta.ndim > 1:
            raise LMMError(
                f"These are {self.df.size} studies, and a table shows one. Use the arrays beta, "
                "se and df, which have an entry for each study."
            )
        df = np.full_like(self.beta, self.df)
        note = f"From the {self.df + len(df)} persons who have a first and a last value."
        return estimates(self.names, self.beta, self.se, df, confidence, note)

    def __repr__(self) -> str:
        return repr(self.table()) if self.beta.ndim == 1 else object.__repr__(self)

    def _repr_html_(self) -> str | None:
        return self.table()._repr_html_() if self.beta.ndim == 1 else None


def change(Y: ArrayLike, treated: ArrayLike | None = None, adjusted: bool = False) -> Change:
    """Estimate the mean change from the first to the last occasion, or how it differs by treatment.

    Parameters
    ----------
    Y : (..., N, T) array
        Persons by occasions in the order of time, NaN where a value is missing. Who lacks the
        first or the last value is left out.
    treated : (N,) array, optional
        1 for treated persons, 0 for the others. Without it there is one group.
    adjusted : bool
        Hold the first value constant (analysis of covariance).

    Returns
    -------
    Change

    Raises
    ------
    LMMError
        If too few persons are left, a group is empty, or nothing varies, in all studies.

    Notes
    -----
    Least squares of y_last - y_first on 1, treated and, if adjusted, y_first less its mean. Without
    the adjustment this is a paired t test, or with two groups a t test of change scores. The
    adjusted effect of treatment is that of regressing y_last itself on the same columns. In a
    randomised trial both estimate the same, and adjusting shrinks the variance by (1 + rho) / 2,
    rho the correlation of first and last value. Where groups differ at the start the two answer
    different questions (Lord 1967).

    Examples
    --------
    >>> Y = [[4.0, 5.0], [6.0, 6.0], [5.0, 7.0], [5.0, 8.0], [6.0, 8.0], [4.0, 8.0]]
    >>> change(Y, treated=[0, 0, 0, 1, 1, 1]).beta
    array([1., 2.])
    """
    Y = by_occasion(Y)
    first, moved = Y[..., 0], change_scores(Y)
    kept = ~np.isnan(moved)
    lost = np.zeros(moved.shape[:-1], dtype=bool)  # studies that cannot be analysed
    columns, names = [np.ones_like(moved)], ["change"]
    if treated is not None:
        arm = np.asarray(treated)
        rule = f"treated must say 0 or 1 for each of the {Y.shape[-2]} persons"
        if arm.shape != Y.shape[-2:-1]:
            raise LMMError(f"{rule}; its shape is {arm.shape}.")
        strange = ~np.isin(arm, (0.0, 1.0))
        if strange.any():
            raise LMMError(f"{rule}; it says {arm[strange][0]} for person {strange.argmax() + 1}.")
        columns.append(np.broadcast_to(arm.astype(float), moved.shape))
        names.append("treated")
        for value, words in (1.0, "treated"), (0.0, "not treated"):
            lost |= _refused(
                ~(kept & (arm == value)).any(-1),
                f"Nobody who is {words} has a first and a last value, so there is nothing to "
                "compare. Take more persons, or let fewer leave.",
            )
    if adjusted:
        columns.append(first)
        names.append("first value")
    df = kept.sum(-1) - len(names)
    lost |= _refused(
        df < 1,
        f"Persons with a first and a last value: {df.max() + len(names)}. That is too few to "
        f"estimate {' and '.join(names)}, and an error. Take more persons, or let fewer leave.",
    )
    X, y = np.where(kept[..., None], np.stack(columns, -1), 0.0), np.where(kept, moved, 0.0)
    least = np.sqrt(ROUNDING) * np.linalg.norm(X, axis=-2)
    if adjusted:
        mean = X[..., -1].sum(-1) / np.maximum(kept.sum(-1), 1)
        X[..., -1] -= kept * mean[..., None]
    least = np.maximum(least, _DEPENDENT * np.linalg.norm(X, axis=-2))
    Q, R = np.linalg.qr(X)
    lost |= _refused(
        lost | (np.abs(np.diagonal(R, axis1=-2, axis2=-1)) <= least).any(-1),
        "First values do not vary, or only between the treated and the others, so nothing can be "
        "adjusted for them. Use adjusted=False.",
    )
    R = np.where(lost[..., None, None], np.eye(len(names)), R)
    back, Qy = np.linalg.inv(R), np.swapaxes(Q, -1, -2) @ y[..., None]
    left = ((y[..., None] - Q @ Qy) ** 2).sum((-1, -2))
    lost |= _refused(
        lost | (left <= ROUNDING * (y**2 + np.where(kept, first, 0.0) ** 2).sum(-1)),
        "Nothing is left as error: all persons who are alike otherwise change by the same. Check "
        "whether values were copied.",
    )
    sd = np.sqrt(left / np.where(lost, np.nan, df))[..., None]
    beta = np.where(lost[..., None], np.nan, (back @ Qy)[..., 0])
    return Change(tuple(names), beta, sd * np.linalg.norm(back, axis=-1), df)


def _refused(lost: NDArray[np.bool_], words: str) -> NDArray[np.bool_]:
    """Refuse with these words if all studies are lost; otherwise give back which are."""
    if lost.all():
        raise LMMError(words)
    return lost
