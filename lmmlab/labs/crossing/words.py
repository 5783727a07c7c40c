"""The words of the crossing lab: who is alike, what the fit says, and of whom it speaks."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._effects import answer, verdict
from lmmlab.labs._numbers import corr, decimal, error, number
from lmmlab.labs.crossing.scene import KNOWN, Scene


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    return tuple(filter(None, (_of_the_rows(s), _of_the_effect(s), _of_the_error(s), _of_it(s))))


def _of_the_rows(s: Scene) -> str:
    """Say how alike rows are that share a person, or an item."""
    total = s.sds[0] ** 2 + s.sds[2] ** 2 + s.sds[3] ** 2
    by = [corr(float(s.sds[k] ** 2 / total)) for k in (0, 2)]
    kind = "" if not np.isfinite(s.sds[1]) else f" ({s.story.plain} {s.story.items[1]})"
    return (
        f"Two of the {number(len(s.y))} rows correlate [{by[0]}](truth) if they share a "
        f"{s.story.people[0]}, and [{by[1]}](truth) if they share a {s.story.items[0]}{kind}."
    )


def _of_the_effect(s: Scene) -> str:
    """Say what the effect is estimated to be, and what it is."""
    return answer(s.said, s.asked, s.story.effect, s.story.unit, s.story.digits)


def _of_the_error(s: Scene) -> str:
    """Say whether the stated error can be believed."""
    return "" if s.said is None else verdict(s.said, 1)


def _of_it(s: Scene) -> str:
    """Say of whom a fit speaks that leaves a crowd out, or that a spread is at 0."""
    if s.said is None:
        return ""
    known, many = KNOWN[s.controls.fit], {"people": s.story.people[1], "items": s.story.items[1]}
    left = [name for name in ("people", "items") if name not in known]
    if left:
        sizes = {"people": s.controls.people, "items": s.controls.items}
        these = " and ".join(f"these {sizes[name]} {many[name]}" for name in left)
        general = " and ".join(many[name] for name in left)
        text = f"The fit does not know the {general}, as if a new study had {these} again"
        if s.said.se[0] < s.said.real[0]:
            stated, real = error(s.said.se[0]), error(s.said.real[0])
            text += f": for the average it states [{stated}](model) where [{real}](truth) is real"
        return f"{text}."
    if "effects" not in known and s.layout.within and s.controls.tau1 > 0.0:
        return (
            f"The fit takes the effect as the same for all {many['people']}; in truth it spreads "
            f"by [{decimal(s.controls.tau1, s.story.digits)}\N{NO-BREAK SPACE}{s.story.unit}]"
            "(parameter:tau1)."
        )
    if s.singular:
        return "The fit is singular: a spread is estimated as 0, or ρ at its limit."
    if s.controls.meets == "half" and s.controls.varies != "both":
        return (
            f"Each condition has {many['items']} of its own: what is theirs cannot be told from "
            f"the {s.story.effect}, however many {many['people']} there are."
        )
    return ""


def equation(s: Scene) -> str:
    """Write the model out in the words of the story."""
    effect = ""
    if s.controls.varies != "people":
        effect = " + [own effect, sd τ₁](parameter:tau1)"
    return (
        f"row = [β₀](parameter:beta) + [β₁](parameter:beta)·{s.story.special} + "
        f"[{s.story.people[0]}, sd τ₀](parameter:tau0){effect} + "
        f"[{s.story.items[0]}, sd τ₂](parameter:tau2) + [noise, sd σ](parameter:sigma)"
    )


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders what people and items are called, and the estimate."""
    story, unit, digits = s.story, s.story.unit, max(1, s.story.digits)
    people, items = story.people[1], story.items[1]
    told = {"items": items, "beta0": f"{story.plain}, {unit}", "beta1": unit}
    if people != "people":
        told["people"] = people
    told["varies"] = f"{story.plain} and {story.special}"
    of = {"tau0": people, "tau1": people, "tau2": items, "sigma": ""}
    for (name, many), found in zip(of.items(), s.found, strict=True):
        known = np.isfinite(found)
        estimate = f"estimate: {decimal(float(found), digits)}" if known else "left out"
        told[name] = f"{many}, {unit}; {estimate}" if many else f"{unit}; {estimate}"
    return told


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"study": "The study", "nature": "How nature made the data", "fit": "What we fit"}
