"""The words of the averaging lab: what is now true, with the numbers in it."""

from __future__ import annotations

from lmmlab.labs._numbers import corr, decimal
from lmmlab.labs.averaging.picture import MEANS, MIXED
from lmmlab.labs.averaging.scene import Answer, Scene
from lmmlab.meaning.variance import icc


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    if s.study.loud is not None:
        return (_of_loudness(s), _of_averages(s))
    return tuple(filter(None, (_of_both(s), _of_weights(s), _of_costs(s))))


def same(s: Scene) -> bool:
    """Whether both analyses agree in estimate and standard error, digit by digit."""
    gap = max(abs(s.mixed.beta[1] - s.means.beta[1]), abs(s.mixed.se[1] - s.means.se[1]))
    return bool(gap < 1e-9)


def _of_both(s: Scene) -> str:
    """Say what the two analyses find."""
    found = (
        f"The mixed model of all {len(s.study.y):,} trials finds a difference of "
        f"[{_said(s, s.mixed)}](model) (± standard error). The t test on {len(s.own)} averages "
        f"says [{_said(s, s.means)}]({MEANS})"
    )
    if same(s):
        return f"{found}, the same in every digit."
    return f"{found}; the truth is [{decimal(s.controls.difference, 1, signed=True)}](truth)."


def _of_weights(s: Scene) -> str:
    """Say how people are weighed."""
    if s.balanced and s.tau == 0.0:
        return (
            "All have equally many trials and count the same. But with τ₀ estimated as 0 the mixed "
            "model takes all trials as independent, and so has another standard error."
        )
    if s.balanced:
        return (
            f"All have {s.controls.trials} trials, so all count the same in both: for the question "
            "whether groups differ, nothing is lost by averaging first."
        )
    few, many = s.study.layout.sizes[:2]
    low, high = s.weights(s.study.layout.sizes[:2].astype(float))
    return (
        f"Half of the people have {few} trials, half {many}. Let one with {many} count for 1: then "
        f"one with {few} counts for [{decimal(low / high, 2)}](model) in the mixed model and for "
        f"[1]({MEANS}) in the t test. If every trial counts the same, it is "
        f"{decimal(few / many, 2)}."
    )


def _of_costs(s: Scene) -> str:
    """Say what weights cost that are not the best."""
    rows, people = s.costs
    if s.balanced:
        return ""
    return (
        "Over many studies like this one, the difference of averages has "
        f"[{decimal(people, _digits(people))} times]({MEANS}) the smallest possible variance. If "
        f"every trial counts the same, it is {decimal(rows, _digits(rows))} times."
    )


def _digits(ratio: float) -> int:
    """Keep a third digit where two would read 1.00."""
    return 3 if ratio < 1.01 else 2


def _of_loudness(s: Scene) -> str:
    """Say what a louder tone does, by both analyses."""
    return (
        f"The mixed model of all {len(s.study.y):,} trials compares tones within a person: one "
        f"step louder changes the wave by [{_said(s, s.mixed)}]({MIXED}). The truth is "
        f"[{decimal(s.controls.louder, 1, signed=True)}](truth)."
    )


def _of_averages(s: Scene) -> str:
    """Say what averages still know about loudness."""
    assert s.study.loud is not None
    spread = s.study.averages(s.study.loud).std(ddof=1)
    times = s.means.se[2] / s.mixed.se[2]
    return (
        f"Everybody hears loud and soft tones, so average loudness hardly differs between people "
        f"(sd {decimal(spread, 2)} steps). Averages say [{_said(s, s.means)}]({MEANS}): a standard "
        f"error {decimal(times, 1)} times as large. What changes from trial to trial needs the "
        "trials."
    )


def _said(s: Scene, answer: Answer) -> str:
    estimate, se = answer.beta[s.asked], answer.se[s.asked]
    space = "\N{NO-BREAK SPACE}"
    return f"{decimal(estimate, 2, signed=True)}{space}±{space}{decimal(se, 2)}{space}µV"


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders what they make, and what the mixed model finds."""
    few, many = s.study.layout.sizes[:2]
    space, alike = "\N{NO-BREAK SPACE}", float(icc(s.controls.tau0, s.controls.sigma))
    return {
        "tau0": f"estimate: {decimal(s.tau, 1)}{space}µV",
        "sigma": f"estimate: {decimal(s.sigma, 1)}{space}µV; true ICC: {corr(alike)}",
        "unequal": f"{few} trials each" if s.balanced else f"{few} trials or {many}",
    }


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"nature": "How nature made the data"}
