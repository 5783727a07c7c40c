"""A control is a value too: what a student may change, in which range, and what to call it."""

from __future__ import annotations

from dataclasses import dataclass

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
        `source` has that value.
    hidden : bool
        True for values that are part of the state but have no slider (the seed, the person).
    signed : bool
        Write a plus sign before positive values (a correlation).
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
