"""A control is a value too: what a student may change, in which range, and what to call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan

from lmmlab.engine.design import LMMError

Value = float | int | str


@dataclass(frozen=True)
class Control:
    """One thing that a student can change.

    Parameters
    ----------
    name : str
        The Python name, ``"tau0"``; also its name in a link.
    default : float, int or str
        The value at the start. An int makes a slider of whole numbers, a float one of reals, a
        str a choice.
    label : str
        Plain words, ``"spread of starts"``.
    symbol : str
        The symbol of the theory, ``"τ₀"``, or empty.
    unit : str
        Unit of the value, ``"ms"``, or empty.
    group : str
        Heading under which it stands, ``"How nature made the data"``.
    low, high, step : float
        Range and keyboard step of a number.
    choices : tuple of (value, label)
        The values of a choice and what to call them.
    role : str
        Colour and meaning, ``"parameter:tau0"``, ``"person"``; empty for ink.
    shown : str
        When it is shown: empty for always, or ``"source=simulated"``: only while the choice
        `source` has that value; ``"source=gad7|qol"``: one of these.
    hidden : bool
        True for values that are part of the state but have no slider (the seed, the person).
    signed : bool
        Write a plus sign before positive values (a correlation).
    sets : mapping of str to (mapping of str to value)
        What else a hand that makes this choice moves: a story brings its own numbers. Code and
        links are taken at their word; they move only what they name.
    scales : mapping of str to (low, high, step)
        The part of its range that the slider shows while a choice has a value, by conditions like
        those of `shown`: ``{"story=gad7": (0.0, 6.0, 0.1)}``. Typed values, code and links have
        the whole range.
    """

    name: str
    default: Value
    label: str
    symbol: str = ""
    unit: str = ""
    group: str = ""
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    choices: tuple[tuple[str, str], ...] = ()
    role: str = ""
    shown: str = ""
    hidden: bool = False
    signed: bool = False
    sets: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    scales: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


def nearest(control: Control, value: object) -> Value | None:
    """Return the value that a control takes and that is nearest; None if there is none.

    Examples
    --------
    >>> sd = Control("tau0", 24.7, "spread of starts", low=0.0, high=80.0)
    >>> nearest(sd, 100), nearest(sd, "wide")
    (80.0, None)
    """
    if isinstance(control.default, str):
        allowed = [choice for choice, _ in control.choices]
        return value if isinstance(value, str) and (not allowed or value in allowed) else None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    if isnan(number):
        return None
    number = min(max(number, float(control.low)), float(control.high))
    return round(number) if isinstance(control.default, int) else number


def checked(control: Control, value: object) -> Value:
    """Return the value as its control keeps it.

    Raises
    ------
    LMMError
        If the control cannot take it; the sentence says what it can take.
    """
    taken = nearest(control, value)
    if taken is not None and taken == value:
        return taken
    if not isinstance(control.default, str):
        kind = "a whole number" if isinstance(control.default, int) else "a number"
        can = f"{kind} from {control.low:g} to {control.high:g}"
    elif control.choices:
        can = "one of " + ", ".join(repr(choice) for choice, _ in control.choices)
    else:
        can = "text"
    raise LMMError(f"{control.name} must be {can}, not {value!r}.")
