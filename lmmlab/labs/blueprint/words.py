"""The words of the blueprint lab: one row taken apart, and the pattern of all rows."""

from __future__ import annotations

from lmmlab.labs._numbers import decimal
from lmmlab.labs.blueprint.board import CHANGE, PEOPLE, SECOND, START
from lmmlab.labs.blueprint.scene import AVERAGE, NOISE, Scene

_COUNT = ("none", "one", "two", "three")


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    told = (_of_the_row(s), _of_the_switches(s), _of_the_pattern(s), _of_the_fit(s))
    return tuple(filter(None, told))


def _of_the_row(s: Scene) -> str:
    """Add the parts up."""
    parts = s.true.of(s.index, s.board)
    names = {
        START: ("parameter:tau0", f"{s.person}'s own start"),
        CHANGE: ("parameter:tau1", f"{s.person}'s own change"),
        SECOND: ("parameter:tau2", s.second),
        NOISE: ("parameter:sigma", "noise"),
    }
    told = f"[{decimal(parts[AVERAGE], 1)}](parameter:beta) (everybody)"
    for kind, (role, name) in names.items():
        if kind in parts:
            size = decimal(abs(parts[kind]), 1)
            sign = "−" if parts[kind] < 0.0 and float(size) else "+"
            told += f" {sign} [{size}]({role}) ({name})"
    y = decimal(float(s.y[s.index]), 1)
    return f"{s.person} in month {s.board.time[s.index]:g} has [{y}](person) = {told}."


def _of_the_switches(s: Scene) -> str:
    """Say how many columns this row switches on."""
    q, on = len(s.board.carries), len(s.on)
    others = [name for name in PEOPLE[: s.board.people] if name != s.person]
    some = others[0] if len(others) == 1 else f"{others[0]} or {others[-1]}"
    return (
        f"This row switches on [{_COUNT[on]}](person) of the {q} columns of Z; the others are 0 "
        f"here, so nothing of {some} gets in."
    )


def _of_the_pattern(s: Scene) -> str:
    """Say which rows share columns."""
    kind, J, n = s.board.kind, s.board.people, s.controls.visits
    if not kind.second:
        return (
            f"Rows of two people share no column of Z: it falls into {J} blocks, one for each "
            "person."
        )
    if kind.second == "clinic":
        return (
            "Z has blocks inside blocks: all rows of a clinic share its column, and the rows of "
            "one person share that person's, too."
        )
    if n == 1:
        return "Each person meets one rater only, so people lie inside raters."
    by = "rater" if s.controls.order == "second" else "person"
    torn = "people's" if by == "rater" else "raters'"
    return (
        f"Sorted by {by}, the {torn} columns are scattered: people and raters cross, and no order "
        "of the rows makes blocks of both."
    )


def _of_the_fit(s: Scene) -> str:
    """Set beside the truth what a fit says of the entries of b that are switched on."""
    e = s.estimate
    if e is None:
        if s.board.kind.second:
            return "lmmlab cannot fit two groupings yet, so you see the truth alone."
        return ""
    truth, says = s.true.of(s.index, s.board), e.parts.of(s.index, s.board)
    guess = f"[{decimal(says[START], 1, signed=True)}](model) for {s.person}'s own start"
    if CHANGE in says:
        guess += f" and [{decimal(says[CHANGE], 1, signed=True)}](model) for the change here"
    true = " and ".join(decimal(truth[k], 1, signed=True) for k in (START, CHANGE) if k in truth)
    return f"From these {len(s.y)} rows a fit guesses {guess}; the truth is {true}."


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders the unit, and what REML estimates."""
    points, rate = "points", "points a month"
    told = {"tau0": points, "tau1": rate, "tau2": points, "sigma": points}
    told |= {"beta0": points, "beta1": rate}
    c = s.controls
    told["visits"] = f"every 6 months; {c.people * c.visits} rows"
    told["board"] = f"{len(s.board.carries)} columns"
    e = s.estimate
    if e is None:
        return told
    told["beta0"] += f"; estimate: {decimal(float(e.parts.beta[0]), 1)}"
    told["beta1"] += f"; estimate: {decimal(float(e.parts.beta[1]), 2, signed=True)}"
    told["tau0"] += f"; estimate: {decimal(e.tau0, 1)}"
    told["sigma"] += f"; estimate: {decimal(e.sigma, 1)}"
    if e.tau1 is not None:
        told["tau1"] += f"; estimate: {decimal(e.tau1, 2)}"
        rho = "none, a spread is 0" if e.rho is None else decimal(e.rho, 2, signed=True)
        told["rho"] = f"estimate: {rho}"
    return told


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    fitted = "in nature and in the fit" if not s.board.kind.second else "in nature"
    return {"board": f"The columns, {fitted}", "nature": "How nature made the data"}
