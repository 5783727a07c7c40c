"""The words of the fan lab: what is now true, with the numbers in it."""

from __future__ import annotations

import numpy as np

from lmmlab.labs._numbers import decimal, signed
from lmmlab.labs.fan.scene import Scene


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    if s.controls.entries == "free":
        return (_of_the_matrix(s), _of_the_variance(s))
    return tuple(filter(None, (_of_the_fan(s), _of_the_origin(s), _of_the_trend(s))))


def _sd_at(s: Scene, k: int) -> str:
    return size(s, np.sqrt(max(float(s.variance[k]), 0.0)))


def size(s: Scene, value: float) -> str:
    """Write a value; number and unit stay on one line."""
    return f"{decimal(value, s.story.digits)}\N{NO-BREAK SPACE}{s.story.unit}"


def _of_the_fan(s: Scene) -> str:
    """Say when people come together and when they part."""
    time, turning = s.story.time, s.told.turning
    first, last, end = _sd_at(s, 0), _sd_at(s, -1), f"{time} {s.end:g}"
    if turning is None:
        return f"People differ by [{first}](truth) at every {time}: the lines are parallel."
    at, least = turning
    if at <= 0.0:
        return f"People part from the start on: they differ by {first} then and by {last} at {end}."
    closest = f"[{size(s, least)}](truth)"
    if at >= s.end:
        return (
            f"People come together all the way to {end}, from {first} to {last}; they are closest "
            f"at [{time} {at:.1f}](truth), with {closest}, and part after that."
        )
    return (
        f"People differ by {first} at the start and come together until [{time} {at:.1f}](truth), "
        f"with {closest}; then they part, to {last} at {end}."
    )


def _of_the_origin(s: Scene) -> str:
    """Say what start and change have to do with each other, and what the fit makes of it."""
    c, e = s.controls, s.estimate
    rho = correlation(s.here.rho)
    text = f"Counted from {s.story.time} {c.origin:g}, [{rho}](parameter:rho)"
    if e is not None:
        text += f"; the fit says {correlation(e.spread.rho)}"
        text += f", with a misfit of {decimal(e.deviance, 2)}"
        if c.origin > 0.0:
            text += ", the same from everywhere"
    return f"{text}."


def correlation(rho: float | None) -> str:
    """Write a correlation, or that there is none."""
    return "ρ is not defined" if rho is None else f"ρ\xa0=\xa0{signed(rho)}"


def _of_the_trend(s: Scene) -> str:
    """Say what change has to do with the first visit, and with the true start."""
    if s.trend is None:
        return ""
    found, expected = s.trend.found, s.trend.expected
    observed = s.controls.baseline == "observed"
    against = "the first reading" if observed else "the true start"
    if found is None or expected is None:
        return f"The change cannot be correlated with {against}: one of the two does not vary."
    told = f"In these people the measured change correlates {decimal(found, 2)} with {against}"
    why = f"{decimal(expected, 2)} is expected"
    if observed and s.controls.sigma > 0.0:
        partly = "" if s.told.rho is None else "partly "
        why += f", {partly}because the noise of the first reading is in both"
    return f"{told}; {why}."


def _of_the_matrix(s: Scene) -> str:
    """Say whether the three entries fit together."""
    low = s.eigenvalues[0]
    rho = "no correlation (a variance is 0)"
    if s.told.rho is not None:
        beyond = abs(s.told.rho) > 1.0
        size = decimal(s.told.rho, 3 if beyond else 2, signed=not beyond)
        rho = f"a correlation of {size}"
    verdict = (
        "so people can differ like this" if s.possible else "so no people can differ like this"
    )
    small = 0.0 if s.possible and low < 0.0 else low
    return (
        f"These entries of G, two variances and a covariance, give [{rho}](parameter:rho), "
        f"{verdict}. The smallest eigenvalue is {decimal(small, 3)} "
        f"({decimal(s.scaled[0] if small else 0.0, 2)} with starts and changes in sds)."
    )


def _of_the_variance(s: Scene) -> str:
    """Say how small the variance gets."""
    at, least = s.lowest
    where = f"{s.story.time} {at:.1f}"
    if s.possible:
        smallest = decimal(max(least, 0.0), 3)
        return f"Nowhere is the variance negative; the smallest is {smallest}, at {where}."
    if least < 0.0:
        return f"At {where} people would have a negative variance, [{decimal(least, 3)}](bad)."
    return (
        f"Until {s.story.time} {s.end:g} every variance is above 0, yet some other mixture of "
        "start and change would have a negative one."
    )


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders the unit, and what REML estimates."""
    unit, rate = s.story.unit, f"{s.story.unit} a {s.story.time}"
    units = {"tau0": unit, "tau1": rate, "sigma": unit}
    squares = {"g00": f"{unit}²", "g01": f"{unit}² a {s.story.time}", "g11": f"({rate})²"}
    told = dict(units if s.controls.entries == "sds" else squares | {"sigma": unit})
    told["origin"] = f"{s.story.time} {s.controls.origin:g}"
    e = s.estimate
    if e is None or s.controls.entries == "free":
        return told
    at = "" if s.controls.origin == 0.0 else f" at {told['origin']}"
    told["tau0"] += f"; estimate{at}: {decimal(e.spread.sd[0], s.story.digits)}"
    over = f"{decimal(s.controls.tau1 * s.story.last, 1)} in {s.story.last:g} {s.story.time}s"
    told["tau1"] += f", {over}; estimate: {decimal(e.spread.sd[1], 2)}"
    told["sigma"] += f"; estimate: {decimal(e.sigma, s.story.digits)}"
    rho = e.spread.rho
    told["rho"] = f"estimate{at}: "
    told["rho"] += "none, because a spread is 0" if rho is None else signed(rho)
    return told


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"people": "The people", "nature": "How nature made the data"}
