"""Which values a control takes, and a trait that takes them.

Two manners for two sources. Code that sets a value out of range is told so, by a sentence in a
`TraitError`: a typing error must not pass for a setting. What comes from a browser is moved to
the nearest value instead: there the slider and the message line have already told the student.
"""

from __future__ import annotations

from math import isnan
from typing import Any

import traitlets

from lmmlab.picture.control import Control, Value


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
    traitlets.TraitError
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
    raise traitlets.TraitError(f"{control.name} must be {can}, not {value!r}.")


class ControlTrait(traitlets.TraitType[Any, Any]):
    """A synced trait that takes what its control takes."""

    def __init__(self, control: Control, start: Value) -> None:
        super().__init__(checked(control, start))
        self.control = control
        self.tag(sync=True)

    def validate(self, obj: object, value: object) -> Value:
        """Check a value that code sets."""
        return checked(self.control, value)
