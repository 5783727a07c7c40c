"""The numbers of the centring lab: the same data read at another zero."""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.labs.centring import days, groups
from lmmlab.labs.centring.controls import Controls
from lmmlab.labs.centring.table import Row, of_days, of_groups


@dataclass(frozen=True, eq=False)
class Days:
    """The sleep study: the free model on day 0 and at the zero, and the model that is shown."""

    start: days.Reading
    free: days.Reading
    now: days.Reading
    forced: bool

    @property
    def costs(self) -> float:
        """How much worse the forced model fits, in units of the criterion; 0 if it is free."""
        return self.now.deviance - self.free.deviance


@dataclass(frozen=True, eq=False)
class Groups:
    """The made groups: raw x, group-mean centred x, and the reading that is shown.

    `between` is the slope of the groups' means, with its standard error.
    """

    data: groups.Rows
    raw: groups.Reading
    inside: groups.Reading
    now: groups.Reading
    between: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    who, index : the person or group in colour, and its place.
    table : what moved and what did not, from the first reading to the one that is shown.
    days, groups : the numbers of the chosen source; the other is None.
    """

    controls: Controls
    levels: tuple[str, ...]
    who: str
    index: int
    table: tuple[Row, ...]
    days: Days | None
    groups: Groups | None
    message: str


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    return _of_days(controls) if controls.source == "sleepstudy" else _of_groups(controls)


def _of_days(c: Controls) -> Scene:
    forced, free = c.together == "zero", days.free(c.origin)
    now = days.forced(c.origin) if forced else free
    levels, message = days.levels(), ""
    who = c.person if c.person in levels else "308"
    if not 0.0 <= c.origin <= 9.0:
        message = (
            "No driver was measured there: intercept and spread follow from drawing the lines on."
        )
    return Scene(
        controls=c,
        levels=levels,
        who=who,
        index=levels.index(who),
        table=of_days(days.start(), now),
        days=Days(days.start(), free, now, forced),
        groups=None,
        message=message,
    )


def _of_groups(c: Controls) -> Scene:
    raw, inside = (groups.reading(c.rows, name) for name in ("raw", "group"))
    now, levels, message = groups.reading(c.rows, c.centring), groups.levels(), ""
    who = c.person if c.person in levels else "g04"
    if c.centring == "raw":
        message = "No group has rows near x = 0: the intercept follows from drawing the lines on."
    return Scene(
        controls=c,
        levels=levels,
        who=who,
        index=levels.index(who),
        table=of_groups(c.rows, raw, now),
        days=None,
        groups=Groups(groups.rows(c.rows), raw, inside, now, groups.between(c.rows)),
        message=message,
    )
