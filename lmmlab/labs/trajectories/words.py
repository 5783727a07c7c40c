"""The words of the trajectories lab: what is now true, with the numbers in it."""

from __future__ import annotations

from lmmlab.labs._numbers import decimal, error, percent, signed
from lmmlab.labs.trajectories.answers import MODELS
from lmmlab.labs.trajectories.scene import Scene


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    return tuple(filter(None, (_of_slopes(s), _of_the_person(s), _of_the_average(s), _of_fits(s))))


def _pace(s: Scene, change: float) -> str:
    """Say a slope in words."""
    if abs(change) < 0.005:
        return f"neither {s.story.up} nor {s.story.down}"
    way = s.story.up if change > 0.0 else s.story.down
    return f"{abs(change):.2f} {s.story.unit} a {s.story.tick} {way}"


def _of_slopes(s: Scene) -> str:
    """Say how slopes differ and who goes the other way."""
    average, tau1, unit = _pace(s, s.average[1]), s.tau[1], s.story.unit
    if tau1 == 0.0:
        return (
            f"All have the same slope, [{average}](parameter:beta): the lines are parallel and "
            f"spread by [{s.sd[0]:.1f} {unit}](parameter:tau0) at all times."
        )
    start = (
        f"On average {s.story.many} get [{average}](parameter:beta), and slopes spread by "
        f"[{tau1:.2f} {unit}](parameter:tau1) around that"
    )
    if s.against is None:
        return f"{start}: half of all such {s.story.many} go up and half go down."
    way = s.story.up if s.average[1] < 0.0 else s.story.down
    here = f"{s.count} of these {len(s.lines)}"
    if s.nature is None:
        here = f"{s.count} of {len(s.lines)} own lines"
    return f"{start}: {percent(s.against, None)} of all such {s.story.many} get {way}, here {here}."


def _of_the_person(s: Scene) -> str:
    """Follow one person, and say how far apart lines are at both ends."""
    start, change = s.lines[s.index]
    whose = " truly" if s.nature is not None else "'s own line"
    gets = f"gets [{_pace(s, change)}](person)"
    told = f"[{s.name}](person){whose} starts at {decimal(start, 1)} and {gets}"
    if s.tau[1] == 0.0:
        return f"{told}, like everybody else."
    ends = f"{s.sd[0]:.1f} at the start and {s.sd[-1]:.1f} at the end"
    return f"{told}; people's lines spread by {ends}."


def _of_the_average(s: Scene) -> str:
    """Say that the average of lines is the line of the average person."""
    return (
        f"The average of all {len(s.lines)} lines, {s.story.tick} by {s.story.tick}, is the line "
        f"of the average person: [{decimal(s.marginal[0], 1)} at the start, "
        f"{decimal(s.marginal[-1], 1)} at the end](population)."
    )


def _of_fits(s: Scene) -> str:
    """Say that the models agree about the average slope, and not about its error."""
    known = {key: a for key, a in s.answers.items() if a is not None}
    if not known:
        return ""
    slope = next(iter(known.values())).average[1]
    errors = [f"{error(a.se)} ({MODELS[key]})" for key, a in known.items()]
    told = f"{errors[0]}" if len(errors) == 1 else f"{', '.join(errors[:-1])} and {errors[-1]}"
    truth = "" if s.true_se is None else f". In truth it is [{error(s.true_se)}](truth)"
    every = {3: "All three models say", 2: "Both models that can be fitted say"}
    return (
        f"{every.get(len(known), 'The one model that can be fitted says')} "
        f"[{_pace(s, slope)}](model) on average. The standard error is {told}{truth}."
    )


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders what the model with own slopes estimates from the visits."""
    model, nature = s.answers["lines"], s.nature
    if nature is None or model is None or model.G is None:
        return {}
    unit, prefix = f"\N{NO-BREAK SPACE}{s.story.unit}", s.story.prefix
    tau0, tau1 = model.G.diagonal() ** 0.5
    rho = model.G[0, 1] / (tau0 * tau1) if tau0 * tau1 > 0.0 else None
    told = {
        "tau0": f"{tau0:.2f}{unit}",
        "tau1": f"{tau1:.2f}{unit}",
        "rho": "none, because a spread is 0" if rho is None else signed(rho),
        "sigma": f"{model.sigma:.2f}{unit}",
        "beta0": f"{decimal(model.average[0], 1)}{unit}",
        "beta1": f"{signed(model.average[1])}{unit}",
    }
    return {prefix + name: f"estimate: {text}" for name, text in told.items()}


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"people": "The people", "nature": "How nature made the data"}
