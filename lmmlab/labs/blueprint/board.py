"""The board: who is measured when, and which columns of Z each row switches on.

A board knows nothing of chance and nothing of sizes. It holds what a table of data would hold
(whose row, at what time, in which clinic or by which rater), and Z, one column for each thing that
a person, a clinic or a rater may have of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lmmlab.engine.design import Floats, Ints
from lmmlab.study.layout import members, occasions

PEOPLE = ("Ana", "Ben", "Cleo", "Dan", "Eva", "Finn")
GAP = 6.0  # months from visit to visit
MOST_VISITS = 5
START, CHANGE, SECOND = range(3)
"""What a column of Z carries: somebody's start, somebody's change, a clinic or a rater."""


@dataclass(frozen=True)
class Kind:
    """A kind of board: its name on the button, and its second grouping if it has one."""

    label: str
    lines: bool = False
    second: str = ""
    names: tuple[str, ...] = ()


BOARDS = {
    "starts": Kind("own starts"),
    "lines": Kind("starts, changes", lines=True),
    "nested": Kind("starts, clinics", second="clinic", names=("P", "Q")),
    "crossed": Kind("starts, raters", second="rater", names=("R", "S", "T")),
}


@dataclass(frozen=True, eq=False)
class Board:
    """Rows and columns, person by person.

    Attributes
    ----------
    kind : Kind
    ids : name of each row, ``"Ben 12"``.
    who, time : (n,) the person's number and the month of each row.
    second : (n,) number of its clinic or rater; None without.
    X : (n, 2) the columns of what holds on average: 1 and time.
    Z : (n, q) all columns, side by side.
    carries : (q,) what each column carries: START, CHANGE or SECOND.
    of : (q,) whose it is: the number of a person, a clinic or a rater.
    heads : what is written above each column: A for Ana, P for clinic P.
    """

    kind: Kind
    ids: tuple[str, ...]
    who: Ints
    time: Floats
    second: Ints | None
    X: Floats
    Z: Floats
    carries: Ints
    of: Ints
    heads: tuple[str, ...]

    @property
    def people(self) -> int:
        """How many people there are."""
        return int(self.who[-1]) + 1

    @property
    def own(self) -> Floats:
        """The (n, 1) or (n, 2) columns that a person has, not yet spread out by person."""
        return self.X[:, : 1 + self.kind.lines]

    def shared(self) -> Ints:
        """Count the columns that two rows both switch on, (n, n)."""
        on = (self.Z != 0.0).astype(np.intp)
        both: Ints = on @ on.T
        return both


@lru_cache(maxsize=128)
def board(name: str, people: int, visits: int) -> Board:
    """Lay out a board.

    Parameters
    ----------
    name : str
        One of `BOARDS`.
    people, visits : int
        Everybody has the same number of visits, `GAP` months apart. The first half of the people
        goes to the first clinic; raters take turns, so that each meets each person.

    Examples
    --------
    >>> board("starts", 2, 2).Z.tolist()
    [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    >>> board("lines", 2, 2).Z[1].tolist()
    [1.0, 6.0, 0.0, 0.0]
    >>> board("crossed", 2, 3).second.tolist()
    [0, 1, 2, 1, 2, 0]
    """
    kind = BOARDS[name]
    who = members([visits] * people)
    number = occasions(who).astype(np.intp)
    time = np.asarray(GAP * number, dtype=np.float64)
    X = np.stack([np.ones(len(who)), time], axis=1)
    second = {"clinic": 2 * who // people, "rater": (who + number) % 3}.get(kind.second)
    q = 1 + kind.lines
    parts = [_spread(X[:, :q], who, people)]
    carries = [np.tile([START, CHANGE][:q], people)]
    of = [np.repeat(np.arange(people), q)]
    if second is not None:
        parts.append(_spread(X[:, :1], second, len(kind.names)))
        carries.append(np.full(len(kind.names), SECOND))
        of.append(np.arange(len(kind.names)))
    return Board(
        kind=kind,
        ids=tuple(f"{PEOPLE[j]} {t:g}" for j, t in zip(who, time, strict=True)),
        who=who,
        time=time,
        second=second,
        X=X,
        Z=np.concatenate(parts, axis=1),
        carries=np.concatenate(carries),
        of=np.concatenate(of),
        heads=tuple(n[0] for n in PEOPLE[:people] for _ in range(q)) + kind.names,
    )


def _spread(columns: Floats, codes: Ints, levels: int) -> Floats:
    """Give each level its own copy of the columns, which is 0 in all rows of the others."""
    n, q = columns.shape
    wide = np.zeros((n, levels, q))
    wide[np.arange(n), codes] = columns
    return wide.reshape(n, levels * q)
