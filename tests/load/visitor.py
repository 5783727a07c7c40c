"""A visitor of a lesson without a browser: the same requests, the same messages, no pictures."""

import asyncio
import json
import random
import re
import uuid
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect
from wire import Wire

PROTOCOL = "v1.kernel.websocket.jupyter.org"
AsyncHTTPClient.configure(None, max_clients=10_000)


class Lost(Exception):
    """What a visitor came for is not there: the page, the kernel or the bench."""


class Visitor:
    """One open page.

    Parameters
    ----------
    url : str
        The server's address, with a slash at the end.
    lesson : str
        ``"05-shrinkage"``.
    files : sequence of str
        What a browser loads with the page, relative to `url`.
    """

    def __init__(self, url: str, lesson: str, files: tuple[str, ...] = ()) -> None:
        self.url, self.lesson, self.files = url, lesson, files
        self.session = uuid.uuid4().hex
        self.troubles: list[str] = []
        self.wire: Wire | None = None
        self.controls: list[dict[str, Any]] = []
        self._replies: dict[str, asyncio.Future[list[bytes]]] = {}
        self._http = AsyncHTTPClient(force_instance=True)

    async def arrive(self) -> float:
        """Open the page; return the seconds until its bench can be moved.

        The browser's own work, to run scripts and to paint, is not in it.
        """
        started = monotonic()
        page = await self._get(f"voila/render/{self.lesson}.ipynb", timeout=120)
        found = re.search(r'"kernelId": "([^"]+)"', page.body.decode())
        if found is None:
            raise Lost("the page names no kernel")
        self.kernel = found[1]
        cookies = [c.partition(";")[0] for c in page.headers.get_list("Set-Cookie")]
        self.cookies = "; ".join(cookies)
        await asyncio.gather(self._load_files(), self._find_bench())
        return monotonic() - started

    async def _get(self, path: str, timeout: float = 60) -> Any:
        request = HTTPRequest(
            self.url + path,
            request_timeout=timeout,
            connect_timeout=timeout,
            headers={"Accept-Encoding": "gzip"},
            decompress_response=path.endswith(".ipynb"),
        )
        return await self._http.fetch(request)

    async def _load_files(self) -> None:
        """Load the page's files, six at a time as a browser does."""
        left = list(reversed(self.files))

        async def load() -> None:
            while left:
                await self._get(left.pop())

        await asyncio.gather(*(load() for _ in range(6)))

    async def _find_bench(self) -> None:
        """Connect to the kernel and ask for its widgets, as the widget manager does."""
        address = f"{self.url}api/kernels/{self.kernel}/channels?session_id={self.session}"
        request = HTTPRequest(
            address.replace("http", "ws", 1), headers={"Cookie": self.cookies}, connect_timeout=60
        )
        self.socket = await websocket_connect(
            request, on_message_callback=self._hear, subprotocols=[PROTOCOL]
        )
        if self.socket.selected_subprotocol != PROTOCOL:
            raise Lost(f"the server speaks {self.socket.selected_subprotocol}")
        control = uuid.uuid4().hex
        states = asyncio.get_running_loop().create_future()
        self._replies[control] = states
        self._send("kernel_info_request", {})
        target = {"comm_id": control, "target_name": "jupyter.widget.control", "data": {}}
        self._send("comm_open", target, metadata={"version": "1.0.0"})
        self._send("comm_msg", {"comm_id": control, "data": {"method": "request_states"}})
        _, _, _, content, *_ = await asyncio.wait_for(states, 60)
        models = json.loads(content)["data"]["states"].items()
        benches = [(name, model["state"]) for name, model in models if "_scene" in model["state"]]
        if not benches:
            raise Lost("the page has no bench")
        self.bench, state = benches[0]
        self.controls = state["_about"]["controls"]
        self.values = {spec["name"]: state[spec["name"]] for spec in self.controls}
        self.wire = Wire(self._ask, state["_scene"]["n"])

    def _send(self, kind: str, content: dict[str, Any], metadata: Any = None) -> None:
        header = {
            "msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session,
            "username": "", "version": "5.3", "date": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        parts = [header, {}, metadata or {}, content]
        raw = [json.dumps(part).encode() for part in parts]
        # It is sent at once; the future only says when.
        _ = self.socket.write_message(serialize_msg_to_ws_v1(raw, "shell"), binary=True)

    def _ask(self, content: dict[str, Any]) -> None:
        told = {"method": "custom", "content": content}
        self._send("comm_msg", {"comm_id": self.bench, "data": told})

    def _hear(self, raw: Any) -> None:
        """Take a message of the kernel; the most are no news of the bench."""
        if raw is None:
            self.troubles.append("the connection was closed")
            return
        _, parts = deserialize_msg_from_ws_v1(raw)
        kind = json.loads(parts[0])["msg_type"]
        if kind in ("error", "stream") and b"No such comm" not in parts[3]:
            # (ipykernel says that of a message which comes at once after its comm was opened.)
            self.troubles.append(parts[3][:200].decode())
        if kind != "comm_msg":
            return
        content = json.loads(parts[3])
        waiting = self._replies.pop(content["comm_id"], None)
        if waiting is not None:
            waiting.set_result(parts)
        told = content["data"].get("content", {})
        if self.wire is None or content["comm_id"] != self.bench or "k" not in told:
            return
        if "fault of the lab" in told.get("message", ""):
            self.troubles.append(told["message"])
        self.wire.hear(told["n"], told["ms"])

    def slider(self) -> dict[str, Any]:
        """Return the first slider that can be seen and moved freely."""
        return next(
            c
            for c in self.controls
            if not (c["hidden"] or c["choices"] or c["whole"] or c["shown"])
        )

    def anywhere(self, chance: random.Random) -> dict[str, Any]:
        """Return a control and a value for it, by chance."""
        spec = chance.choice([c for c in self.controls if c["choices"] or c["high"] > c["low"]])
        if spec["choices"]:
            return {spec["name"]: chance.choice(spec["choices"])[0]}
        steps = round((spec["high"] - spec["low"]) / spec["step"])
        value = spec["low"] + spec["step"] * chance.randint(0, steps)
        return {spec["name"]: round(value) if spec["whole"] else value}

    async def drag(self, seconds: float) -> None:
        """Move a slider to and fro, sixty times a second, and wait for the last picture."""
        assert self.wire is not None
        spec = self.slider()
        wide, start = spec["high"] - spec["low"], monotonic()
        tick = 0
        while tick < 60 * seconds and not self.troubles:
            away = abs((tick / 60) % 2 - 1)
            self.wire.move({spec["name"]: spec["low"] + wide * (0.1 + 0.8 * away)})
            tick = max(tick + 1, int(60 * (monotonic() - start)))  # a late hand skips
            await asyncio.sleep(max(0.0, start + tick / 60 - monotonic()))
            self.wire.pump()
            self.wire.look()
        while self.wire.busy() and not self.troubles:
            if self.wire.silence() > 15:
                self.troubles.append("no answer for 15 s")
            await asyncio.sleep(0.01)
            self.wire.pump()
            self.wire.look()

    async def leave(self) -> None:
        """Close the page: the socket, and the farewell that a browser sends."""
        token = re.search(r"_xsrf=([^;]*)", self.cookies)
        self.troubles.append("left")  # the connection is closed by us
        self.socket.close()
        await self._http.fetch(
            f"{self.url}voila/api/shutdown/{self.kernel}",
            method="POST",
            headers={"Cookie": self.cookies},
            body=urlencode({"_xsrf": token[1] if token else ""}),
        )
