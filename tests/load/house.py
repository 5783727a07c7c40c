"""The server under load: started, watched and stopped; and what a browser loads with a page."""

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence

import psutil

FLAGS = "--no-sandbox --disable-gpu --disable-quic --disable-background-networking".split()


class House:
    """A running ``lmmlab serve``."""

    def __init__(self, server: psutil.Popen, url: str) -> None:
        self.server, self.url = server, url
        self._helpers = set(server.children(recursive=True))

    def kernels(self) -> list[psutil.Process]:
        """Return the processes of pages: all that were started with the first page or later."""
        return [p for p in self.server.children(recursive=True) if p not in self._helpers]

    def seconds(self) -> float:
        """Return how long the server and its kernels have kept a processor busy."""
        spent = 0.0
        for one in [self.server, *self.server.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                spent += sum(one.cpu_times()[:2])
        return spent


@contextlib.contextmanager
def open_house(*more: str) -> Iterator[House]:
    """Run ``lmmlab serve`` with `more` arguments until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}/"
    command = [sys.executable, "-m", "lmmlab.app", "serve", "--no-browser", f"--port={port}"]
    apart = os.environ | {"JUPYTER_CONFIG_DIR": tempfile.mkdtemp()}
    server = psutil.Popen([*command, *more], env=apart, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=5).close()
                break
            time.sleep(0.1)
        time.sleep(3)  # a teacher starts the server before the class comes
        yield House(server, url)
    finally:
        family = server.children(recursive=True)
        server.terminate()
        _, left = psutil.wait_procs([server, *family], timeout=10)
        for one in left:
            one.kill()


def chromium() -> str | None:
    """Return where the browser is."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def files(house: House, lesson: str) -> tuple[str, ...]:
    """Return what a real browser loads with a page, in its order; nothing if there is none."""
    program = chromium()
    if program is None:
        print("There is no Chromium: visitors load no scripts.", file=sys.stderr)
        return ()
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{house.url}voila/render/{lesson}.ipynb", wait_until="networkidle")
        page.locator(".lmm-bench").first.wait_for()
        page.goto("about:blank")  # sends the farewell
        browser.close()
    paths = [url.removeprefix(house.url) for url in asked if url.startswith(house.url)]
    return tuple(path for path in paths if path.startswith("voila/") and ".ipynb" not in path)


def quantiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median, the 95th percentile and the largest."""
    if len(values) < 2:
        return (sum(values) if values else float("nan"),) * 3
    return statistics.median(values), statistics.quantiles(values, n=20)[-1], max(values)


def row(*cells: object) -> None:
    """Print one row of a table, with the machine and its load at the end."""
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print("|", " | ".join(str(cell) for cell in (*cells, load)), "|", flush=True)
