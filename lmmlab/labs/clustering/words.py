"""The words of the clustering lab: what is now true, with the numbers in it."""

from __future__ import annotations

from lmmlab.labs._numbers import corr, number
from lmmlab.labs.clustering.scene import Scene


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    return tuple(filter(None, (_of_the_pairs(s), _of_the_share(s), _of_the_worth(s))))


def _of_the_pairs(s: Scene) -> str:
    """Say how alike pairs are."""
    if s.same is None or s.strangers is None:
        return ""
    if s.controls.names == "shuffled":
        return (
            "The names are shuffled: two measurements under one name now correlate "
            f"[{corr(s.same)}](model), two under different names {corr(s.strangers)}."
        )
    return (
        f"Two measurements of the same person correlate [{corr(s.same)}](model), two of strangers "
        f"{corr(s.strangers)}."
    )


def _of_the_share(s: Scene) -> str:
    """Say that the ICC is a share of variance."""
    if s.icc is None:
        return "Nothing varies, so there is nothing to share out."
    c = s.controls
    return (
        f"In truth [τ₀² = {c.tau0**2:.0f}](parameter:tau0) of the variance of "
        f"{c.tau0**2 + c.sigma**2:.0f} lies between people: an ICC of [{corr(s.icc)}](truth)."
    )


def _of_the_worth(s: Scene) -> str:
    """Say what the rows are worth."""
    if s.worth is None or s.icc is None:
        return ""
    if s.controls.names == "shuffled" and s.believed_worth is not None:
        counts = f"counts [{number(s.believed_worth)}](model) independent measurements"
        if s.icc == 0.0:
            return (
                f"An analysis that trusts these names {counts}. People do not differ: none is lost."
            )
        return (
            f"An analysis that trusts these names {counts}. But the mean is still only as sure as "
            f"[{number(s.worth)}](truth) make it: a hidden cluster is still a cluster."
        )
    said = (
        f"So these {number(s.rows)} measurements tell as much about the mean as "
        f"[{number(s.worth)} independent ones](truth)"
    )
    if s.icc == 0.0:
        return f"{said}: none is lost."
    return f"{said}; more visits of the same people never get beyond {number(s.limit)}."


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders what an analysis of variance estimates from the data."""
    if s.estimate is None:
        return {}
    return {
        name: f"estimate: {value:.1f}\N{NO-BREAK SPACE}mmHg"
        for name, value in (("tau0", s.estimate.tau0), ("sigma", s.estimate.sigma))
    }


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"nature": "How nature made the data", "fit": "What the analysis is told"}
