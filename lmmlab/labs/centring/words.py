"""The words of the centring lab: what the zero changes, with the numbers in it."""

from __future__ import annotations

from lmmlab.labs._numbers import decimal, ms, percent
from lmmlab.labs.centring import days, groups
from lmmlab.labs.centring.scene import Days, Groups, Scene


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    if s.days is not None:
        return (_read(s.days), _together(s.days), _driver(s, s.days), _fit(s.days))
    assert s.groups is not None
    return (_asked(s, s.groups), _intercept(s.groups, s.controls.centring), _changed(s, s.groups))


def _read(d: Days) -> str:
    """Say what intercept and spread mean at this zero."""
    day = named(d.now.origin)
    said = (
        f"The zero is {day}: the intercept is the average then, "
        f"[{ms(d.now.beta[0])}](parameter:beta), and drivers differ by "
        f"[τ₀ = {ms(d.now.tau[0])}](parameter:tau0)"
    )
    if d.now.origin == 0.0:
        return f"{said}."
    return f"{said}. On day 0 these were {ms(d.start.beta[0])} and {ms(d.start.tau[0])}."


def _together(d: Days) -> str:
    """Say what the correlation is at this zero, or what forcing it to 0 claims."""
    rho = f"[ρ = {decimal(d.free.rho, 2, signed=True)}](parameter:rho)"
    day = named(d.free.origin)
    if d.forced:
        return (
            f"The model must believe that height on {day} and change have nothing to do with each "
            f"other; left free, it says {rho}."
        )
    if abs(d.free.rho) < 0.05:
        meaning = "height there hardly tells who will slow down"
    elif d.free.rho > 0.0:
        meaning = "who is slow there tends to slow down more from day to day"
    else:
        meaning = "who is slow there tends to slow down less from day to day"
    return f"Height on {day} and change go together with {rho}: {meaning}."


def _driver(s: Scene, d: Days) -> str:
    """Follow one driver from day 0 to the zero."""
    now = d.now.b[s.index, 0]
    said = f"Driver {s.who} is [{_aside(now)}](person) on {named(d.now.origin)}"
    if d.now.origin != 0.0:
        said += f", {_aside(d.start.b[s.index, 0])} on day 0"
    return f"{said}, with the same line." if d.now.origin != 0.0 and not d.forced else f"{said}."


def _fit(d: Days) -> str:
    """Say whether the model itself has changed."""
    level = f"{d.free.deviance:.3f}"
    if not d.forced:
        return (
            "No line has moved: slope, τ₁, σ and the misfit (criterion "
            f"[{level}](model)) are the same at every zero."
        )
    return (
        f"Now the zero is a part of the model: the criterion is "
        f"[{d.now.deviance:.3f}](parameter:rho) in place of [{level}](model), worse by "
        f"{_costs(d.costs)}. Only on {named(round(days.uncorrelated(), 1))} would ρ = 0 cost "
        "nothing."
    )


def _asked(s: Scene, g: Groups) -> str:
    """Say which question the slope answers."""
    slope = f"[{decimal(g.now.beta[1], 2)}](parameter:beta)"
    truth = f"[{decimal(groups.WITHIN, 0)}](truth)"
    if s.controls.centring == "group":
        return (
            "Each row is compared with the mean of its own group, so the slope tells of rows "
            f"inside a group. One more of x goes with {slope} in y; the truth there is {truth}."
        )
    inside, shares = decimal(g.inside.beta[1], 2), (1.0 - g.now.between, g.now.between)
    own, other = (percent(share, 0) for share in shares)
    return (
        f"The slope {slope} mixes two questions: it takes {own} of the slope "
        f"inside groups, {inside}, and {other} of that between group means, "
        f"{decimal(g.between[0], 2)}; the truths are {truth} and "
        f"[+{decimal(groups.BETWEEN, 0)}](truth)."
    )


def _intercept(g: Groups, centring: str) -> str:
    """Say where the intercept is read."""
    where = {
        "raw": "at x = 0",
        "grand": f"at the mean of all rows, x = {g.now.zero[0, 0]:.2f}",
        "group": "for each group at its own mean of x",
    }[centring]
    return (
        f"The intercept, [{decimal(g.now.beta[0], 2)}](parameter:beta), is read {where}; groups "
        f"differ there by [τ₀ = {g.now.tau:.2f}](parameter:tau0)."
    )


def _changed(s: Scene, g: Groups) -> str:
    """Say whether this is still the model of raw x."""
    if s.controls.centring == "raw":
        return "This is x as it was measured; the other two choices count it from another zero."
    if s.controls.centring == "grand":
        return (
            "All groups share this zero, so it is the model of raw x, read elsewhere: slope, "
            f"noise and criterion [{g.now.deviance:.3f}](model) are the same."
        )
    return (
        "Each group has its own zero, and that is another model: differences between groups in x "
        f"are gone from it. The slope of raw x was {decimal(g.raw.beta[1], 2)}."
    )


def named(day: float) -> str:
    """Name a day, ``"day 4.5"``; number and word stay on one line."""
    text = f"{day:.1f}".removesuffix(".0").replace("-", "−")
    return f"day\N{NO-BREAK SPACE}{'0' if text == '−0' else text}"


def _aside(b: float) -> str:
    if abs(b) < 0.05:
        return "on the average"
    return f"{ms(abs(b))} {'above' if b > 0.0 else 'below'} the average"


def _costs(units: float) -> str:
    return "less than 0.001" if units < 0.001 else f"{units:.3f}"


def equation(s: Scene) -> str:
    """Write the line with another zero."""
    if s.days is not None:
        return (
            "the same line with its zero at c:  [β₀](parameter:beta) + β₁ · day = "
            "([β₀](parameter:beta) + c β₁) + β₁ · (day − c);   spread there: "
            "√([τ₀](parameter:tau0)² + 2 c [ρ](parameter:rho) [τ₀](parameter:tau0) "
            "[τ₁](parameter:tau1) + c² [τ₁](parameter:tau1)²)"
        )
    assert s.groups is not None
    zero = {
        "raw": "c = 0, for all groups",
        "grand": f"c = {decimal(s.groups.now.zero[0, 0], 2)}, for all groups",
        "group": "c = the group’s own mean of x",
    }[s.controls.centring]
    return (
        "line of a group:  [β₀](parameter:beta) + what the group has more "
        f"([τ₀](parameter:tau0)) + [β₁](parameter:beta) · (x − c),   {zero}"
    )


def notes(s: Scene) -> dict[str, str]:
    """Say beside the controls where the zero stands."""
    if s.days is not None:
        return {"origin": "Day 4.5 is the mean of the days: grand-mean centring."}
    assert s.groups is not None
    return {"centring": f"The grand mean of x is {s.groups.data.x.mean():.2f}."}


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"data": "The data"}
