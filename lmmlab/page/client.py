"""The server's line to a kernel whose page it is about to run."""

from __future__ import annotations

from queue import Empty
from time import monotonic

from jupyter_client.asynchronous import AsyncKernelClient


class PromptClient(AsyncKernelClient):
    """A client that begins as soon as the kernel is there.

    Jupyter's own then goes on listening for a fifth of a second, so that nothing is left over from
    before. Who runs a page looks at answers to its own requests only.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers, and until what it publishes is heard.

        Raises
        ------
        RuntimeError
            If it has ended or does not answer in time.
        """
        until = monotonic() + (timeout or float("inf"))
        while monotonic() < until and await self.is_alive():
            self.kernel_info()
            try:
                await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=0.2)
            except Empty:
                continue
            return
        raise RuntimeError("The kernel does not answer.")
