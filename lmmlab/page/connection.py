"""The line between a page and its kernel: quick, and deaf to what is not its language.

Jupyter's server believes what a message says of its own length, and Voila takes every message for
one of the newer sub-protocol. Both let a stranger stop the whole server with a few bytes, so both
are looked at here, before anything is unpacked.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.iostream import StreamBufferFullError
from traitlets import Instance

LANGUAGE = "v1.kernel.websocket.jupyter.org"
PROTOCOL_ERROR, TRY_LATER = 1002, 1013
LINES = 8  # to one kernel: a page has one, and a lost one may linger
UNREAD = 20_000_000  # bytes that wait for somebody who asks and does not read
WORD = 8  # bytes of a number in a message
PARTS = 1000  # of a message, its buffers included


def well_formed(message: str | bytes) -> bool:
    r"""Tell whether a message is one of `LANGUAGE`: its parts lie in it, one behind the other.

    >>> well_formed(b"\xff" * 64)
    False
    """
    if not isinstance(message, bytes) or len(message) < WORD:
        return False
    number = int.from_bytes(message[:WORD], "little")
    if not 6 <= number <= PARTS or len(message) < WORD * (number + 1):  # channel and four parts
        return False
    words = (message[WORD * i : WORD * (i + 1)] for i in range(1, number + 1))
    offsets = [int.from_bytes(word, "little") for word in words]
    return offsets == sorted(offsets) and offsets[-1] <= len(message)


@dataclass
class Allowance:
    """How much one may still send; what is spent comes back with time.

    A page sends some ten small messages a second, and now and then a file.
    """

    most: float = 3000
    rate: float = 300  # a second
    left: float = 3000
    since: float = field(default_factory=monotonic)

    def spend(self, message: str | bytes) -> bool:
        """Take a message's cost off, 1 and 1 for every 5 kB; tell whether there was enough."""
        now = monotonic()
        self.left = min(self.most, self.left + self.rate * (now - self.since))
        self.since = now
        self.left -= 1 + len(message) / 5000
        return self.left >= 0


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A kernel connection that sends small messages at once, and hears no malformed ones.

    By default TCP holds a small message back until the one before it is acknowledged (Nagle's
    algorithm), which costs a slider 40 ms at every step.
    """

    def connect(self) -> Any:
        """Switch Nagle's algorithm off, then connect."""
        self.websocket_handler.set_nodelay(True)
        self.websocket_handler.ws_connection.stream.max_write_buffer_size = UNREAD
        return super().connect()

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on, or hang up."""
        if self.subprotocol != LANGUAGE or well_formed(incoming_msg):
            super().handle_incoming_message(incoming_msg)
        else:
            self.websocket_handler.close(PROTOCOL_ERROR, "malformed message")

    def handle_outgoing_message(self, stream: Any, outgoing_msg: Any) -> None:
        """Pass an answer on, or hang up on who asks and does not read."""
        try:
            super().handle_outgoing_message(stream, outgoing_msg)
        except StreamBufferFullError:
            self.websocket_handler.ws_connection.stream.close()


class StrictConnection(PromptConnection):
    """A kernel connection for pages of ours: they speak `LANGUAGE`, on one line, now and then."""

    allowance = Instance(Allowance, ())

    def connect(self) -> Any:
        """Connect, or hang up on who speaks another language or has too many lines."""
        model = self.multi_kernel_manager.kernel_model(self.kernel_id)
        if self.subprotocol != LANGUAGE:
            refusal = (PROTOCOL_ERROR, f"speak {LANGUAGE}")
        elif model["connections"] >= LINES:
            refusal = (TRY_LATER, "too many lines")
        else:
            return super().connect()
        self.multi_kernel_manager.notify_connect(self.kernel_id)  # for it will disconnect
        self._open_sockets.add(self)
        self.websocket_handler.close(*refusal)
        refused: asyncio.Future[None] = asyncio.Future()
        refused.set_result(None)
        return refused

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on, or hang up on who sends more than Python can read."""
        if self.allowance.spend(incoming_msg):
            super().handle_incoming_message(incoming_msg)
        else:
            self.websocket_handler.close(TRY_LATER, "too many messages")
