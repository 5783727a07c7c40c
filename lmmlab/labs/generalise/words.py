"""The words of the generalise lab: what is now true, with the numbers in it."""

from __future__ import annotations

from lmmlab.labs._numbers import corr, decimal, percent
from lmmlab.labs.generalise.picture import said
from lmmlab.labs.generalise.scene import Scene, Spread
from lmmlab.labs.generalise.studies import STUDIES


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    if s.controls.look == "average":
        return _of_reruns(s), _of_intervals(s), _of_borrowing(s)
    return tuple(filter(None, (_of_estimates(s), _of_singular(s), _of_sizes(s))))


def _value(s: Scene, value: float) -> str:
    """Write an effect or its error; number and unit stay on one line."""
    return f"{decimal(value, 1 if value >= 0.95 else 2)}\N{NO-BREAK SPACE}{s.story.unit}"


def _of_reruns(s: Scene) -> str:
    """Say how far reruns are apart, and where they gather."""
    c, many = s.controls, s.story.many
    apart = f"[{_value(s, s.honest)}](truth) (one sd)"
    if c.again == "new":
        return (
            f"Rerun with {c.J} new {many}, the average differs by {apart} from study to study. "
            f"Its variance is [{decimal(s.between, 1)}](parameter:tau1) from who takes part plus "
            f"[{decimal(s.within, 1)}](parameter:sigma) from noise."
        )
    return (
        f"Rerun with the same {c.J} {many}, the average differs by {apart}: only the noise is new. "
        f"It gathers around [{said(s, s.target or 0.0)}](population), the average of these {many}; "
        f"over all {many} it is [{said(s, s.story.beta[1])}](truth)."
    )


def _of_intervals(s: Scene) -> str:
    """Say what the analysis believes, and how often its intervals hold the target."""
    r, many, fixed = s.rates, s.story.many, s.controls.fit == "fixed"
    k, whom = (0 if fixed else 1), "all" if s.controls.again == "new" else "these"
    held, error = float(r.coverage[k]), float(r.error[k])
    return (
        f"As {'fixed' if fixed else 'random'} effects, {many} give a standard error of "
        f"{_value(s, r.se[k])} on average. Of {STUDIES:,} intervals, "
        f"[{decimal(100.0 * held, 1)} ± {percent(error)}]({'bad' if held < 0.92 else 'model'}) "
        f"hold the average of {whom} {many}; promised are 95\N{NO-BREAK SPACE}%."
    )


def _of_borrowing(s: Scene) -> str:
    """Say how much one's own effect counts."""
    weight, one = f"[λ\N{NO-BREAK SPACE}= {corr(s.weight)}](parameter:tau1)", s.one
    if s.controls.fit == "fixed":
        return (
            "They borrow nothing from each other. As random effects, each should keep a share "
            f"{weight} of the distance between its own estimate and the average."
        )
    true, own, pulled = (float(effects[0]) for effects in (one.true, one.own, one.pulled))
    return (
        f"Each should keep a share {weight} of the distance between its own estimate and the "
        f"average. Study {s.who} estimates "
        f"τ₁ as {_value(s, one.tau1)} and pulls its first {s.story.one} from {decimal(own, 1)} to "
        f"[{decimal(pulled, 1)}](model); the truth is {decimal(true, 1)}."
    )


def _middle(s: Scene, spread: Spread) -> str:
    if spread.low is None or spread.high is None:
        return "nowhere"
    return f"from {said(s, spread.low)} to {said(s, spread.high)}"


def _of_estimates(s: Scene) -> str:
    """Say where the estimates lie."""
    c, many, symbol = s.controls, s.story.many, "ρ" if s.controls.look == "rho" else "τ₁"
    if s.now is None:
        return ""
    truth = "There is no true ρ here" if s.everybody is None else (
        f"The true {symbol} is [{said(s, s.everybody)}](truth)"
    )  # fmt: skip
    if c.again == "same" and s.target is not None:
        truth += f", among these {c.J} {many} [{said(s, s.target)}](population)"
    who = f"{c.J} new" if c.again == "new" else f"the same {c.J}"
    without = s.now.none if c.look == "rho" else 0
    counted = f"{STUDIES - without:,} studies of {who} {many}"
    if without:
        counted += ", those that have a ρ,"
    return (
        f"{truth}. The middle 90\N{NO-BREAK SPACE}% of {counted} "
        f"estimate it [{_middle(s, s.now)}](model)."
    )


def _of_singular(s: Scene) -> str:
    """Count the singular fits."""
    now = s.now
    if now is None:
        return ""
    if now.singular == 0:
        return f"None of the {STUDIES:,} fits is singular."
    rate, error = now.rate
    none = f", and {now.none} with a spread of 0, so without ρ" if now.none else ""
    return (
        f"[{now.singular} of {STUDIES:,} fits are singular](bad), at the edge of what is possible "
        f"({decimal(100.0 * rate, 1)} ± {percent(error)}): {now.plus} with ρ at +1 and {now.minus} "
        f"at −1{none}."
    )


def _of_sizes(s: Scene) -> str:
    """Compare small and large studies."""
    few, many = s.sizes[0], s.sizes[-1]
    counted = " with a ρ" if s.controls.look == "rho" and few.none + many.none else ""
    return (
        f"With {few.people} {s.story.many} the middle 90\N{NO-BREAK SPACE}%{counted} go "
        f"{_middle(s, few)}, with {many.people} {_middle(s, many)}."
    )


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders their unit, and what stands for what."""
    c, story = s.controls, s.story
    told = dict.fromkeys(("tau0", "tau1", "sigma"), story.unit)
    told["n"] = story.kinds.format(n=c.n)
    told["tau1"] += f"; weight of one's own effect: λ = {corr(s.weight)}"
    return told


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    many = s.story.many
    return {
        "people": f"The {many}",
        "again": "Who is asked again",
        "nature": "How nature made the data",
        "look": "What we look at",
        "fit": f"What we fit: the {many}",
    }
