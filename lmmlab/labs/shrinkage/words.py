"""The words of the shrinkage lab: what is now true, with the numbers in it."""

from __future__ import annotations

import numpy as np

from lmmlab.labs.shrinkage.scene import Scene, spread_of


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    sentences = [_of_the_person(s)]
    if s.controls.pooling == "partial":
        level, change = s.weight[s.index]
        sentences.append(
            f"Taken alone, own data count [{level:.0%}](parameter:tau0) for the level and "
            f"[{change:.0%}](parameter:tau1) for the daily change; the crowd supplies the rest."
        )
    if s.miss is not None:
        own, pulled, common = s.miss
        sentences.append(
            f"Over all people, own lines miss the truth by [{ms(own)}](own), "
            f"pulled lines by [{ms(pulled)}](model), one common line by {ms(common)}."
        )
        return tuple(sentences)
    own_sd, pulled_sd = spread_of(s.own[:, 1]), spread_of(s.pulled[:, 1])
    if own_sd is not None and pulled_sd is not None:
        sentences.append(
            f"Daily changes spread by {ms(own_sd)} among own lines, "
            f"by {ms(pulled_sd)} among pulled lines: "
            f"neither is [τ₁ = {ms(s.believed.tau1)}](parameter:tau1)."
        )
    return tuple(sentences)


def _of_the_person(s: Scene) -> str:
    """Say what own data and the chosen fit make of the person in colour."""
    own, line = s.own[s.index, 1], s.line[s.index, 1]
    count = "one visit says" if s.visits == 1 else f"{s.visits} visits say"
    if not np.isfinite(own):
        start = f"{s.name} came once, and one visit makes no line"
        if s.controls.pooling == "no":
            return f"{start}: without the others nothing can be said about a change."
        return f"{start}: the change of [{_pace(line)}](person) a day is lent by the others."
    start = f"{s.name}'s own {count} [{_pace(own)}](person) a day"
    if s.controls.pooling == "no":
        return f"{start}, and nobody else is asked: noise and all are believed."
    if s.controls.pooling == "complete":
        return f"{start}; one line for all says {_pace(line)} for everybody."
    end = f"; the mixed model says [{_pace(line)}](person)."
    if s.people.truth is not None:
        end = end[:-1] + f", the truth is [{_pace(s.people.truth[s.index, 1])}](truth)."
    return start + end


def ms(value: float) -> str:
    """Write milliseconds; number and unit stay on one line."""
    return f"{value:.1f}\N{NO-BREAK SPACE}ms"


def _pace(change: float) -> str:
    """Say a change of reaction time in words."""
    if abs(change) < 0.05:
        return "no change"
    return f"{ms(abs(change))} {'slower' if change > 0 else 'faster'}"


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders what ML or REML estimates from the data."""
    if s.estimate is None:
        return {}
    e, method = s.estimate, s.controls.method
    rho = f"{e.rho:+.2f}" if e.tau0 * e.tau1 > 0.0 else "undefined beside a zero sd"
    told = {"tau0": ms(e.tau0), "tau1": ms(e.tau1), "rho": rho, "sigma": ms(e.sigma)}
    return {name: f"{method} estimate: {text}" for name, text in told.items()}


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls; real people have variances that are assumed, not made."""
    made = s.people.truth is not None
    return {
        "people": "The people",
        "nature": "How nature made the data" if made else "What the model assumes",
    }
