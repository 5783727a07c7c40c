"""The words of the playground: what is now true, the estimate beside the truth."""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs._numbers import corr, decimal, percent
from lmmlab.labs.playground.scene import Scene


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    return tuple(filter(None, (_of_the_change(s), _of_the_rows(s), _of_rho(s), _of_the_limit(s))))


def _of_the_change(s: Scene) -> str:
    """Say what the average change is estimated to be, and what it is."""
    story, unit = s.story, f"\N{NO-BREAK SPACE}{s.story.unit}"
    truth = f"the truth is [{decimal(s.controls.beta1, story.fine, signed=True)}{unit}](truth)"
    if s.model is None:
        return f"The average change a {story.time} is not estimated; {truth}."
    found = f"[{decimal(s.model.beta[1], story.fine, signed=True)}{unit}](model)"
    told = "no interval"
    if np.isfinite(s.model.interval[1]).all():
        lower, upper = (decimal(end, story.fine) for end in s.model.interval[1])
        told = f"95\N{NO-BREAK SPACE}% interval {lower} to {upper}"
    return f"The average change a {story.time} is estimated as {found} ({told}); {truth}."


def _of_the_rows(s: Scene) -> str:
    """Say how alike rows of one person are: the ICC, or the share at both ends."""
    row, one, time = s.story.row, s.story.one, s.story.time
    if s.controls.tau1 == 0.0 and (s.model is None or s.model.G[1, 1] == 0.0):
        told = (
            f"The correlation of two {row}s of one {one} (ICC) is [{corr(s.true.share[0])}](truth)"
        )
        found = "" if s.fitted is None else corr(s.fitted.share[0])
    else:
        ends = f"at {time} 0 and {time} {s.end:g}"
        told = f"Of the variance, [{_ends(s.true.share)}](truth) is between {s.story.many} {ends}"
        found = "" if s.fitted is None else _ends(s.fitted.share)
    return f"{told}; the fit says [{found}](model)." if found else f"{told}."


def _ends(share: Floats) -> str:
    return " and ".join(percent(float(value), 0) for value in share)


def _of_rho(s: Scene) -> str:
    """Say how start and change go together, and when people are closest."""
    origin, true = s.controls.origin, rho_of(s.true.G)
    start = "start" if origin == 0.0 else f"level at {s.story.time} {origin:g}"
    if true is None:
        text = f"In truth {start} and change have no correlation, since one of them does not vary"
    else:
        text = f"{start.capitalize()} and change correlate [{_rho(true)}](truth)"
    if s.controls.fit == "lines" and s.model is not None:
        found = rho_of(s.model.G)
        text += f"; the fit says [{'nothing' if found is None else _rho(found)}](model)"
    if s.turning is not None and 0.0 < s.turning[0] < s.at.times[-1]:
        at, least = s.turning
        apart = f"{decimal(least, s.story.digits)}\N{NO-BREAK SPACE}{s.story.unit}"
        text += f". Lines are closest at {s.story.time} {at:.1f}, with an SD of {apart}"
    return f"{text}."


def _rho(value: float) -> str:
    return decimal(value, 2, signed=True)


def rho_of(G: Floats) -> float | None:
    """Read the correlation of a covariance matrix; None beside an sd of 0."""
    sd = np.sqrt(np.maximum(np.diag(G), 0.0))
    both = float(sd[0] * sd[1])
    return float(np.clip(G[0, 1] / both, -1.0, 1.0)) if both > 1e-12 else None


def _of_the_limit(s: Scene) -> str:
    """Say that a fit is singular."""
    if s.model is None or not s.model.singular:
        return ""
    for k, name in enumerate(("τ₀", "τ₁")):
        if s.model.G[k, k] <= 1e-8 * s.model.sigma**2 and (k == 0 or s.controls.fit != "starts"):
            return f"The fit is singular: {name} is estimated as 0, which few rows often give."
    return "The fit is singular: ρ is estimated at its limit, as is common with few people."


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders the unit, and the estimate."""
    story, model = s.story, s.model
    rate = f"{story.unit} a {story.time}"
    told = {
        "beta0": story.unit,
        "beta1": rate,
        "tau0": story.unit,
        "tau1": rate,
        "sigma": story.unit,
    }
    told |= {"visits": f"{story.row}s", "own_visits": f"{story.row}s"}
    if story.many != "people":
        told["people"] = story.many
    told |= {"gap": f"{story.time}s", "origin": f"{story.time} {s.controls.origin:g}"}
    if model is None:
        return told
    at = "" if s.controls.origin == 0.0 else f" at {told['origin']}"
    sd = np.sqrt(np.maximum(np.diag(model.G), 0.0))
    found = {"beta0": (model.beta[0], at), "beta1": (model.beta[1], ""), "sigma": (model.sigma, "")}
    if s.controls.fit != "one":
        found["tau0"] = (sd[0], at)
    if s.controls.fit in ("uncorrelated", "lines"):
        found["tau1"] = (sd[1], "")
    for name, (value, where) in found.items():
        digits = story.fine if name in ("beta1", "tau1") else 2
        told[name] += f"; estimate{where}: {decimal(float(value), digits)}"
    if s.controls.fit == "lines":
        rho = rho_of(model.G)
        said = "none, because a spread is 0" if rho is None else decimal(rho, 2, signed=True)
        told["rho"] = f"estimate{at}: {said}"
    return told


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"study": "The study", "nature": "How nature made the data"}
