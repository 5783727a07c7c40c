"""What does a visitor of Binder get: how much is loaded, how soon, how smooth, and how large is it?

``python tests/benchmarks/binder.py`` starts JupyterLab as `binder/` does, opens three lessons over
a link of 1 Mbit/s and 60 ms round trip (what mybinder.org sends, tests/slow_link.py), drags tau1
of the shrinkage lab, and prints

- MB and s of a lesson's first load, with an empty cache, until its picture is painted;
- pictures/s: frames in which the browser showed a new picture, see live.py;
- MB (PSS) of the server and of the server with the kernels of three lessons.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from live import WATCH, drag, free_port, running
from playwright.sync_api import sync_playwright

PROJECT = Path(__file__).parents[2]
sys.path.append(str(PROJECT / "tests"))
from slow_link import Line, serve  # noqa: E402

LESSONS = ("05-shrinkage", "04-covariance", "playground")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --disable-background-networking".split()


def megabytes(server: psutil.Process) -> float:
    """Return the proportional memory of a server and of all it has started."""
    family = [server, *server.children(recursive=True)]
    return sum(one.memory_full_info().pss for one in family) / 1e6


def linked(to: int, round_trip: float, rate: float) -> tuple[int, Line]:
    """Start a slow link to a port; return its own port, and its way down."""
    port = free_port()
    up, down = Line(rate * 1e6 / 8), Line(rate * 1e6 / 8)
    run = threading.Thread(
        target=lambda: asyncio.run(serve(port, to, round_trip / 2000, up, down)), daemon=True
    )
    run.start()
    return port, down


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--drags", type=int, default=4)
    parser.add_argument("--round-trip", type=float, default=60.0, help="ms")
    parser.add_argument("--rate", type=float, default=1.0, help="Mbit/s")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(PROJECT / "lessons", folder / "lessons")
    (folder / "config").mkdir()
    shutil.copy(PROJECT / "binder" / "jupyter_server_config.json", folder / "config")
    os.environ["JUPYTER_CONFIG_PATH"] = str(folder / "config")
    port = free_port()
    command = [str(PROJECT / "binder" / "start"), sys.executable, "-m", "jupyterlab"]
    command += [f"--port={port}", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    command += [f"--ServerApp.root_dir={folder}"]
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        running(command, f"http://localhost:{port}/api") as server,
        sync_playwright() as playwright,
    ):
        slow, down = linked(port, asked.round_trip, asked.rate)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        time.sleep(2)
        print(f"server alone: {megabytes(server):.0f} MB (PSS)")
        pages = []
        for lesson in LESSONS:
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            before, started = down.bytes, time.perf_counter()
            page.goto(
                f"http://localhost:{slow}/voila/render/lessons/{lesson}.ipynb", timeout=90_000
            )
            page.locator(".lmm-panel path").first.wait_for(state="attached", timeout=90_000)
            took = time.perf_counter() - started
            page.wait_for_timeout(3000)
            print(f"{lesson}: {(down.bytes - before) / 1e6:.2f} MB, painted after {took:.1f} s")
            pages.append(page)
        print(f"server and {len(pages)} lessons: {megabytes(server):.0f} MB (PSS)")
        page = pages[0]
        page.bring_to_front()
        thumb = page.locator("[data-name=tau1] input[type=range]")
        thumb.scroll_into_view_if_needed()
        page.evaluate(WATCH)
        for _ in range(asked.drags):
            page.evaluate("seen.pictures.length = 0")
            before = down.bytes
            drag(page, thumb.bounding_box(), asked.seconds)
            painted = [at for at, _ in page.evaluate("seen.pictures")]
            rate = 1000 * (len(painted) - 1) / (painted[-1] - painted[0])
            print(
                f"dragging: {rate:.1f} pictures/s, "
                f"{(down.bytes - before) / len(painted):.0f} bytes a picture; "
                f"load of the machine {os.getloadavg()[0]:.1f}"
            )
        browser.close()


if __name__ == "__main__":
    main()
