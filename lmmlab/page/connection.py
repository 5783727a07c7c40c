"""The line between a page and its kernel: quick, and deaf to what is not its language.

Jupyter's server believes what a message says of its own length, and Voila takes every message for
one of the newer sub-protocol. Both let a stranger stop the whole server with a few bytes, so both
are looked at here, before anything is unpacked.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

LANGUAGE = "v1.kernel.websocket.jupyter.org"
PROTOCOL_ERROR = 1002
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


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A kernel connection that sends small messages at once, and hears no malformed ones.

    By default TCP holds a small message back until the one before it is acknowledged (Nagle's
    algorithm), which costs a slider 40 ms at every step.
    """

    def connect(self) -> Any:
        """Switch Nagle's algorithm off, then connect."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on, or hang up."""
        if self.subprotocol != LANGUAGE or well_formed(incoming_msg):
            super().handle_incoming_message(incoming_msg)
        else:
            self.websocket_handler.close(PROTOCOL_ERROR, "malformed message")


class StrictConnection(PromptConnection):
    """A kernel connection for pages of ours, which all speak `LANGUAGE`."""

    def connect(self) -> Any:
        """Connect, or hang up on who speaks another language."""
        if self.subprotocol == LANGUAGE:
            return super().connect()
        self.multi_kernel_manager.notify_connect(self.kernel_id)  # for it will disconnect
        self.websocket_handler.close(PROTOCOL_ERROR, f"speak {LANGUAGE}")
        refused: asyncio.Future[None] = asyncio.Future()
        refused.set_result(None)
        return refused

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on, if it is in our language."""
        if self.subprotocol == LANGUAGE:
            super().handle_incoming_message(incoming_msg)
