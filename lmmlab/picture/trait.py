"""A trait that takes what its control takes.

Two manners for two sources. Code that sets a value out of range is told so, by a sentence in a
`TraitError`: a typing error must not pass for a setting. What comes from a browser is moved to
the nearest value instead: there the slider and the message line have already told the student.
"""

from __future__ import annotations

from typing import Any

import traitlets

from lmmlab.engine.design import LMMError
from lmmlab.picture.control import Control, Value, checked


class ControlTrait(traitlets.TraitType[Any, Any]):
    """A synced trait that takes what its control takes."""

    def __init__(self, control: Control, start: Value) -> None:
        super().__init__(self._checked(control, start))
        self.control = control
        self.tag(sync=True)

    def validate(self, obj: object, value: object) -> Value:
        """Check a value that code sets."""
        return self._checked(self.control, value)

    @staticmethod
    def _checked(control: Control, value: object) -> Value:
        try:
            return checked(control, value)
        except LMMError as error:
            raise traitlets.TraitError(str(error)) from None
