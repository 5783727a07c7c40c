"""Tasks: questions that are answered before the lab shows what happens, and states to reach.

A question has two faces. `asked` is all that a browser may know of it; `answer` is what somebody is
told who has committed to an answer. Nothing of the second is in the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lmmlab.picture.control import Value
from lmmlab.picture.shown import Answer

TRIES = 3
"""How often a number may be typed until it is told."""


@dataclass(frozen=True)
class Choice:
    """One answer to a prediction, and the reply to whoever commits to it.

    `name` says in a few words what a wrong answer believes; without it the text does.
    """

    text: str
    reply: str
    right: bool = False
    name: str = ""


@dataclass(frozen=True)
class Predict:
    """A question with a few answers, asked before the lab shows what happens.

    After the commitment the lab goes back to its defaults and from there to `then`: what is shown
    fits the question, whatever was moved before. Without `then` (None) nothing moves. `table` has
    a first row and a first column of headings.
    """

    name: str
    text: str
    choices: tuple[Choice, ...]
    then: Mapping[str, Value] | None
    table: tuple[tuple[str, ...], ...] = ()
    title: str = "Predict first"

    def asked(self) -> dict[str, Any]:
        """Give what may be seen before a commitment."""
        return {
            "id": self.name,
            "kind": "predict",
            "title": self.title,
            "text": self.text,
            "table": self.table,
            "choices": [choice.text for choice in self.choices],
        }

    def answer(self, given: int, attempt: int = 1) -> Answer:
        """Reply to the choice with this number, counted from 0."""
        chosen = self.choices[given]
        name = "" if chosen.right else chosen.name or chosen.text
        return Answer(chosen.right, chosen.reply, self.then, misconception=name)


@dataclass(frozen=True)
class Mistake:
    """A wrong number with a known cause: `name` says the cause, `reply` answers it.

    It is recognised as exactly as the right answer is, relative to its own size; or within
    `tolerance`, where that would take in a round number that has another cause.
    """

    value: float
    name: str
    reply: str
    tolerance: float | None = None

    def slack(self, value: float, tolerance: float) -> float:
        """How far off it is still recognised, beside the right value and its tolerance."""
        if self.tolerance is not None:
            return self.tolerance
        return tolerance * (max(1.0, abs(self.value / value)) if value else 1.0)


@dataclass(frozen=True)
class Number:
    """A question whose answer is typed.

    The right number and the numbers of known mistakes end the question, and the lab moves to
    `then`. Any other gets a hint that follows the sign and the size of the error; after three
    tries the number is told.

    Parameters
    ----------
    name, text : str
    value : float
        The right answer.
    reply : str
        Why it is right; said to whoever finds it, and to whoever does not.
    tolerance : float
        How far off still counts as right, above 0.
    unit : str
    mistakes : tuple of Mistake
        None may count as right or as another.
    limits : (float, float)
        Between which values any answer lies, whatever the data; 0 and 1 for a share, which may
        also be typed as "16 %".
    then : mapping or None
        The state that shows it; None moves nothing.
    too_low, too_high : str
        What to think of, for whoever is below or above.
    table : tuple of tuple of str
    title : str
        Heading of the card.

    Raises
    ------
    ValueError
        If a mistake cannot be told from the answer or from another mistake.
    """

    name: str
    text: str
    value: float
    reply: str
    tolerance: float
    unit: str = ""
    mistakes: tuple[Mistake, ...] = ()
    limits: tuple[float, float] = (float("-inf"), float("inf"))
    then: Mapping[str, Value] | None = None
    too_low: str = ""
    too_high: str = ""
    table: tuple[tuple[str, ...], ...] = ()
    title: str = "Work it out"

    def __post_init__(self) -> None:
        if len(apart(self.value, self.mistakes, self.tolerance)) < len(self.mistakes):
            raise ValueError(f"In {self.name!r} a mistake is too near to the answer or another.")

    def asked(self) -> dict[str, Any]:
        """Give what may be seen before a commitment."""
        return {
            "id": self.name,
            "kind": "number",
            "title": self.title,
            "text": self.text,
            "table": self.table,
            "unit": self.unit,
            "signed": self.limits[0] < 0,  # some keypads of phones have no minus
            "whole": self.tolerance >= 0.5,  # a comma can only part thousands then
        }

    def answer(self, given: float, attempt: int = 1) -> Answer:
        """Reply to a number."""
        if abs(given - self.value) <= self.tolerance:
            return Answer(True, self.reply, self.then)
        for mistake in self.mistakes:
            slack = mistake.slack(self.value, self.tolerance)
            if abs(given - mistake.value) <= slack * (1 + 1e-9):
                return Answer(False, mistake.reply, self.then, misconception=mistake.name)
        hint, left = self._hint(given), TRIES - attempt
        if left > 0:
            more = "One more try." if left == 1 else f"{left} more tries."
            return Answer(False, f"{hint} {more}", open=True)
        told = f"{hint} It is {self._written()}. {self.reply}"
        return Answer(False, told, self.then)

    def _hint(self, given: float) -> str:
        """Say in which direction and how far a number is off, but not what it should be."""
        low, high = self.limits
        if not low <= given <= high:
            can = f"below {low:g}" if given < low else f"above {high:g}"
            sign = ""
            if (low, high) == (0.0, 1.0) and given > high:
                sign = f" If you mean {given:g}\N{NO-BREAK SPACE}%, write the sign, too."
            return f"It cannot be {can}.{sign}".replace("-", "−")
        over = given > self.value
        clue = self.too_high if over else self.too_low
        if given * self.value < 0:
            return f"It has the other sign. {clue}".rstrip()
        off = abs(given - self.value) / max(abs(self.value), 5 * self.tolerance)
        size = "Much too" if off >= 0.5 else "A little too" if off <= 0.15 else "Too"
        return f"{size} {'high' if over else 'low'}. {clue}".rstrip()

    def _written(self) -> str:
        digits = 0
        while digits < 6 and 10.0**-digits > 2 * self.tolerance:
            digits += 1
        text = f"{self.value:,.{digits}f}".replace("-", "−")
        return f"{text}\N{NO-BREAK SPACE}{self.unit}" if self.unit else text


@dataclass(frozen=True)
class Generated:
    """A question with fresh numbers for each seed: 1 at first, the next for "another one"."""

    name: str
    make: Callable[[int], Predict | Number]


@dataclass(frozen=True)
class Do:
    """A state to reach. `check` gives (reached, what is still missing)."""

    name: str
    text: str
    check: Callable[[Any, Any], tuple[bool, str]]

    def asked(self) -> dict[str, Any]:
        """Give what is to be done."""
        return {"id": self.name, "kind": "do", "title": "Try", "text": self.text}


def apart(value: float, mistakes: tuple[Mistake, ...], tolerance: float) -> tuple[Mistake, ...]:
    """Keep the mistakes that can be told from the answer and from those before them."""
    kept: list[Mistake] = []
    taken = [(value, tolerance)]
    for mistake in mistakes:
        slack = mistake.slack(value, tolerance)
        if all(abs(mistake.value - at) > slack + its for at, its in taken):
            kept.append(mistake)
            taken.append((mistake.value, slack))
    return tuple(kept)
