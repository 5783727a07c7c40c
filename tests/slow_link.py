"""A slow network between a browser and a server on this machine: a TCP proxy that delays.

``python tests/slow_link.py 9000 8866 --round-trip 60 --rate 1`` listens on 9000, forwards to 8866,
and holds each piece for half the round trip (in ms) on its way there and again on its way back.
All connections together carry at most 1 Mbit/s each way. Chromium's own emulation does not delay
websockets faithfully; this does. To take the network away, stop the process for a while (SIGSTOP),
then let it go on (SIGCONT).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import time


class Line:
    """One way of the link: all connections take turns, and wait while it is taken.

    Parameters
    ----------
    rate : float
        Bytes a second.
    """

    def __init__(self, rate: float = float("inf")) -> None:
        self.rate, self.bytes = rate, 0
        self._free = 0.0  # when all that was let in has passed
        self._turn = asyncio.Lock()

    async def let_in(self, size: int) -> None:
        """Wait until so many bytes have passed."""
        async with self._turn:
            self.bytes += size
            self._free = max(self._free, time.monotonic()) + size / self.rate
            await asyncio.sleep(self._free - time.monotonic())


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, line: Line
) -> None:
    """Pass on what `reader` gives, each piece `delay` seconds late, in order."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def late() -> None:
        while True:
            due, piece = await queue.get()
            await asyncio.sleep(due - loop.time())
            if not piece:
                break
            writer.write(piece)
            await writer.drain()

    sender = asyncio.create_task(late())
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(4096):
            await line.let_in(len(piece))
            queue.put_nowait((loop.time() + delay, piece))
    queue.put_nowait((loop.time() + delay, b""))
    with contextlib.suppress(ConnectionError):
        await sender
    writer.close()


async def serve(listen: int, to: int, delay: float, up: Line, down: Line) -> None:
    """Accept connections on `listen` and link each to `to`."""

    async def link(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", to)
        for one in (writer, back):
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(carry(reader, back, delay, up), carry(there, writer, delay, down))

    async with await asyncio.start_server(link, "127.0.0.1", listen) as server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("listen", type=int)
    parser.add_argument("to", type=int)
    parser.add_argument("--round-trip", type=float, default=0.0, help="ms")
    parser.add_argument("--rate", type=float, default=float("inf"), help="Mbit/s, each way")
    asked = parser.parse_args()
    lines = [Line(asked.rate * 1e6 / 8) for _ in range(2)]
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(asked.listen, asked.to, asked.round_trip / 2000, *lines))
