"""The words of the shrinkage lab: what is now true, with the numbers in it."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._numbers import ms, percent, signed
from lmmlab.labs._panels import WEIGHED
from lmmlab.labs.shrinkage.scene import Scene, spread_of


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    sentences = [_of_the_person(s)]
    if s.controls.pooling == "partial":
        sentences.append(_of_the_weights(s))
    sentences.append(_of_the_misses(s) if s.people.truth is not None else _of_the_spread(s))
    return tuple(filter(None, sentences))


def _of_the_person(s: Scene) -> str:
    """Say what own data and the chosen fit make of the person in colour."""
    own, line, pooling = s.own[s.index, 1], s.line[s.index, 1], s.controls.pooling
    truth = ""
    if s.people.truth is not None:
        truth = f"; the truth is [{_pace(s.people.truth[s.index, 1])}](truth)"
    if not np.isfinite(own):
        start = f"{s.name} came once, and one visit makes no line"
        if pooling == "no":
            return f"{start}: without the others nothing can be said about a change{truth}."
        return f"{start}: the line of [{_pace(line)}](person) is borrowed from the others{truth}."
    start = f"{s.name}'s own {s.visits} visits say [{_pace(own)}](person)"
    if pooling == "no":
        return f"{start}{truth}. Nobody else is asked, so the noise is believed too."
    if pooling == "complete":
        return f"{start}; one line for all says {_pace(line)} for everybody{truth}."
    return f"{start}; the mixed model says [{_pace(line)}](person){truth}."


def _of_the_weights(s: Scene) -> str:
    """Say how much of what such visits show is real."""
    level, change = s.weight[s.index]
    role, other = (role for role, _ in WEIGHED)
    if s.visits == 1:
        return (
            "Single visits show differences between people, and a part of these is real: "
            f"[{percent(level, 0)}]({role}). About a change one visit shows nothing."
        )
    return (
        f"{s.visits} such visits show differences between people, and a part of these is real: "
        f"[{percent(level, 0)}]({role}) for the level on the middle day, "
        f"[{percent(change, 0)}]({other}) for the daily change. The rest is noise."
    )


def _of_the_misses(s: Scene) -> str:
    """Say who is nearer to the truth, in this sample and in the long run."""
    if s.miss is None:
        return ""
    m = s.miss
    whose = "the own lines" if m.judged > 1 else "the one own line"
    return (
        f"In this sample {whose} of {m.judged} people are typically [{ms(m.own)}](own) off the "
        f"truth, their pulled lines [{ms(m.pulled)}](model), one common line {ms(m.common)}. "
        f"In the long run it is {ms(m.own_expected)} for own and {ms(m.pulled_expected)} for "
        "pulled lines, if τ and σ are known."
    ).replace("1 people are", "1 person is")


def _of_the_spread(s: Scene) -> str:
    """Say that neither own nor pulled lines spread as people do."""
    own, pulled, tau1 = spread_of(s.own[:, 1]), spread_of(s.pulled[:, 1]), s.told.tau1
    if own is None or pulled is None:
        return ""
    said = (
        f"Daily changes spread by {ms(own)} among own lines and by {ms(pulled)} among pulled "
        f"lines; the model assumes [τ₁ = {ms(tau1)}](parameter:tau1)."
    )
    if pulled < tau1 - 0.05 and tau1 + 0.05 < own:
        said += " Own lines differ too much, because of noise; pulled lines differ too little."
    return said


def _pace(change: float) -> str:
    """Say a change of reaction time in words."""
    if abs(change) < 0.05:
        return "no change from day to day"
    return f"{ms(abs(change))} {'slower' if change > 0 else 'faster'} a day"


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders what ML or REML estimates from the data."""
    if s.estimate is None:
        return {}
    e, method = s.estimate, s.controls.method
    rho = signed(e.rho)
    if e.tau0 * e.tau1 == 0.0:
        rho = "none, because a spread is 0"
    told = {"tau0": ms(e.tau0), "tau1": ms(e.tau1), "rho": rho, "sigma": ms(e.sigma)}
    return {name: f"{method} estimate: {text}" for name, text in told.items()}


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls; real people have variances that are assumed, not made."""
    made = s.people.truth is not None
    return {
        "people": "The people",
        "nature": "How nature made the data" if made else "What the model assumes",
    }
