"""The address: where the server listens, by which names it is known, and who may come in."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from ipaddress import ip_address


@dataclass(frozen=True)
class Address:
    """Where a server listens.

    Parameters
    ----------
    host : str
        A name or number of this machine; empty for all of them.
    port : int
        From 1 to 65535.
    names : tuple of str
        Further names by which browsers know the server, such as that of a proxy before it.
    """

    host: str = "localhost"
    port: int = 8866
    names: tuple[str, ...] = ()

    @property
    def private(self) -> bool:
        """Whether only this machine itself can reach it."""
        if not self.host:
            return False
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError:  # nobody's: listening will say so
            return True
        return all(ip_address(address[0].partition("%")[0]).is_loopback for *_, address in found)

    def link(self, base_url: str = "/", token: str = "") -> str:
        """Return what is typed into a browser on this machine."""
        name = "localhost" if self.host in ("", "0.0.0.0", "::") else self.host
        name = f"[{name}]" if ":" in name else name  # an IPv6 address
        query = f"?token={token}" if token else ""
        return f"http://{name}:{self.port}{base_url}{query}"

    def trouble(self, error: OSError) -> str:
        """Return what is wrong and what to do, if listening there has failed."""
        advice = (
            f"Stop what listens there, or choose another port: lmmlab serve --port {self.port + 1}"
            if error.errno == errno.EADDRINUSE
            else "Choose another address (--host) or another port (--port)."
        )
        place = f"port {self.port} of {self.host}"
        return f"lmmlab: cannot listen on {place}: {error.strerror}. {advice}"
