"""Admission: how many pages may be open at once, and when a place is free again.

Every page has a kernel of its own. Beyond what the machine can carry all of them would be slow
and in the end none would run, so a page too many is told to wait, and the others stay quick.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import psutil
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import Integer

PER_CORE = 20  # pages, of which a fifth has a slider moving
FORKED, SEPARATE = 80_000_000, 130_000_000  # bytes of one with a lesson, and room to grow
SHARE = 0.8  # of the memory: the server and the system need some, too
CONTAINER = Path("/sys/fs/cgroup/memory.max")  # how much of it a container may have


def places(forked: bool) -> int:
    """Return how many pages this machine carries, by its cores and its memory.

    Kernels that are forked from one share most of what they import.
    """
    memory = psutil.virtual_memory().total
    if CONTAINER.exists() and (limit := CONTAINER.read_text().strip()).isdigit():
        memory = min(memory, int(limit))
    kernel = FORKED if forked else SEPARATE
    return max(1, min(PER_CORE * (os.cpu_count() or 1), int(SHARE * memory / kernel)))


class Admission(AsyncMappingKernelManager):
    """The kernels of a server, of which pages have at most `places`.

    `waiting` are kernels that were started ahead: no page has them yet, so they take no place.
    """

    places = Integer(config=True, help="How many pages may have a kernel at once.")
    cull_alone = Integer(
        120, config=True, help="After how many seconds a kernel without page ends."
    )

    def __init__(self, **options: Any) -> None:
        self.waiting: set[str] = set()
        self._arriving: set[str] = set()
        self._alone: dict[str, float] = {}  # since when
        super().__init__(**options)

    def taken(self) -> int:
        """Return how many places are taken, those of pages that are just starting included."""
        return len({*self.list_kernel_ids(), *self._arriving} - self.waiting)

    def admit(self) -> None:
        """Let one more page in.

        Raises
        ------
        HTTPError
            503, if all places are taken.
        """
        if self.taken() >= self.places:
            raise HTTPError(503, "all places are taken")

    async def start_kernel(self, *, kernel_id: str | None = None, **options: Any) -> str:
        """Start the kernel of a page, if there is a place for it."""
        kernel_id = kernel_id or self.new_kernel_id()
        if kernel_id not in self.waiting:
            self.admit()
        self._arriving.add(kernel_id)
        self._alone[kernel_id] = time.monotonic()
        try:
            return await super().start_kernel(kernel_id=kernel_id, **options)
        finally:
            self._arriving.discard(kernel_id)

    def notify_connect(self, kernel_id: str) -> None:
        """Note that a page has come."""
        super().notify_connect(kernel_id)
        self._alone.pop(kernel_id, None)

    def notify_disconnect(self, kernel_id: str) -> None:
        """Note since when no page is there."""
        super().notify_disconnect(kernel_id)
        if kernel_id in self and not self.kernel_model(kernel_id)["connections"]:
            self._alone[kernel_id] = time.monotonic()

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended."""
        self._alone.pop(kernel_id, None)
        self.waiting.discard(kernel_id)
        return super().remove_kernel(kernel_id)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel whose page has gone without a word, or is left alone for long."""
        if kernel_id in self.waiting:
            return
        since = self._alone.get(kernel_id)
        if since is not None and time.monotonic() - since > self.cull_alone:
            await self.shutdown_kernel(kernel_id)
        else:
            await super().cull_kernel_if_idle(kernel_id)
