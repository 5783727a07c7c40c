"""The bench's wire in Python: what wire.js sends and when, and when a slider's move is answered.

Numbers and rules are those of ``lmmlab/picture/browser/wire.js``; keep them so.
"""

from collections.abc import Callable
from math import ceil, inf
from time import monotonic
from typing import Any

FRAME = 0.0167  # s
BETWEEN = 0.012  # s, the least time between two requests


class Wire:
    """Requests of one bench: several under way, the newest values waiting.

    Parameters
    ----------
    send : callable
        Takes the content of a request.
    number : int
        Of the newest request that the kernel knows.

    Attributes
    ----------
    waits : list of float
        For each move the seconds until a picture came that shows it or a newer one.
    again : int
        How often requests were sent again because no answer came.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None], number: int) -> None:
        self._send, self._number = send, number
        self._under_way: dict[int, float] = {}  # number of a request -> when it was sent
        self._next: dict[str, Any] | None = None
        self._limit, self._best, self._pace, self._work = 3, inf, FRAME, 0.0
        self._sent = self._reply = self._quiet_since = 0.0
        self._patience = 2.0
        self._moves: list[tuple[int, float]] = []  # number that shows it, and when it was made
        self._values: dict[str, Any] = {}
        self.waits: list[float] = []
        self.pictures = self.again = 0

    def busy(self) -> bool:
        """Tell whether something is not answered yet."""
        return bool(self._under_way or self._next)

    def move(self, values: dict[str, Any]) -> None:
        """Move controls, as a hand does."""
        now = monotonic()
        if not self.busy():
            self._best, self._reply, self._quiet_since = inf, 0.0, now
        self._values |= values
        self._next = (self._next or {}) | values
        self._moves.append((self._number + 1, now))
        self.pump()

    def pump(self, **more: Any) -> None:
        """Send what waits, if it is time."""
        now = monotonic()
        if self._next is None or len(self._under_way) >= self._limit:
            return
        if now < self._sent + BETWEEN:
            return
        self._number += 1
        values, self._next = self._next, None
        self._sent = now
        self._under_way[self._number] = now
        self._send({"v": values, "n": self._number, **more})

    def hear(self, n: int, ms: float) -> None:
        """Take a picture; it answers request `n` and all older ones."""
        now = monotonic()
        full = len(self._under_way) >= self._limit or self._next is not None
        mine = self._under_way.get(n)
        self._under_way = {k: sent for k, sent in self._under_way.items() if k > n}
        self.pictures += 1
        self.waits += [now - made for number, made in self._moves if number <= n]
        self._moves = [(number, made) for number, made in self._moves if number > n]
        if mine is not None:
            self._best = min(self._best, now - mine)
            self._work += 0.2 * (ms / 1000 - self._work)
            if full and self._reply:
                self._pace += 0.2 * (min(now - self._reply, 0.5) - self._pace)
            self._reply = now
            cover = ceil(self._best / max(FRAME, self._pace))
            self._limit = max(1, min(cover, 8)) if self._work > FRAME else min(cover + 2, 8)
            self._quiet_since, self._patience = now, 2.0
        self.pump()

    def look(self) -> None:
        """Send again what was not answered for too long."""
        now = monotonic()
        if self._under_way and now - self._sent > self._patience:
            self._patience = min(1.5 * self._patience, 5.0)
            self._under_way.clear()
            self._next = dict(self._values)
            self.again += 1
            self.pump(full=1)

    def silence(self) -> float:
        """Return for how many seconds there has been no answer."""
        return monotonic() - self._quiet_since if self.busy() else 0.0
