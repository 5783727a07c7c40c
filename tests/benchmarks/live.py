"""What does dragging a slider cost, from the hand to the painted picture?

``python tests/benchmarks/live.py`` starts real servers and a real Chromium, drags the slider of
tau1 for four seconds at 60 moves a second, and prints a table:

- pictures/s: frames in which the browser showed a new picture;
- drag: from the slider's input event to the frame that shows its value, median and p95, ms;
- step: the same for single arrow keys, with a pause between them;
- kernel: CPU time of the whole kernel process for each of its frames, ms;
- bytes: everything that crosses the websocket, both ways, for each frame of the kernel;
- RSS: of the kernel after load, MB; load: from navigation to the painted picture, s.

The rows: an unchanged Voila, the same at a round trip of 60 ms (a delaying TCP proxy, not
Chromium's emulation), ``lmmlab serve``, and, for comparison, the same scene drawn by matplotlib
under `ipywidgets.interact` on an unchanged Voila. All share the cores of one machine, so rates
are lower bounds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
from playwright.sync_api import Page, sync_playwright

SLOW_LINK = Path(__file__).parents[1] / "slow_link.py"
BENCH = ["from lmmlab import labs", "labs.shrinkage()"]
INTERACT = [
    "from ipywidgets import interact, FloatSlider\n"
    "import matplotlib.pyplot as plt\n"
    "from lmmlab import labs\n"
    "from lmmlab.picture.static import figure",
    "def show(tau1):\n"
    "    picture = labs.shrinkage.picture(tau1=tau1)\n"
    "    drawn = figure(picture)\n"
    "    from IPython.display import display, Image\n"
    "    import io\n"
    "    file = io.BytesIO()\n"
    "    drawn.savefig(file, format='png', dpi=72)\n"
    "    display(Image(file.getvalue()))\n"
    "interact(show, tau1=FloatSlider(5.9, min=0.0, max=20.0, step=0.1));",
]
# Notes each new picture when it is drawn, and the value that it belongs to. The observer is called
# in the frame in which the bench draws; a probe with a requestAnimationFrame of its own would come
# one frame late.
WATCH = """
() => {
  const seen = (window.seen = { pictures: [], inputs: [] });
  const ours = document.querySelector('.lmm-bench');
  const value = () => {
    const told = /tau1=([\\d.]+)/.exec(ours?.querySelector('footer code')?.textContent ?? '');
    return told ? +told[1] : 5.9;
  };
  const picture = () => ours
    ? ours.querySelector('.lmm-segments.lmm-arrow').getAttribute('d') + value()
    : document.querySelector('.jp-OutputArea img')?.src;
  const range = ours?.querySelector('[data-name=tau1] input[type=range]');
  range?.addEventListener('input', () => seen.inputs.push([performance.now(), +range.value]), true);
  let last = picture();
  const look = () => {
    const now = picture();
    if (now === undefined || now === last) return;
    last = now;
    seen.pictures.push([performance.now(), value()]);
  };
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ['d', 'src'],
  });
}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], url: str) -> Iterator[psutil.Popen]:
    """Run a server until the block ends, its kernels too."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    apart = os.environ | {"JUPYTER_CONFIG_DIR": tempfile.mkdtemp()}
    server = psutil.Popen(command, env=apart, **quiet)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=5).close()
                break
            time.sleep(0.1)
        yield server
    finally:
        family = server.children(recursive=True)
        server.terminate()
        _, left = psutil.wait_procs([server, *family], timeout=3)
        for one in left:
            one.kill()


def notebook(folder: Path, name: str, cells: list[str]) -> None:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(made, folder / name)


def kernel_of(server: psutil.Popen) -> psutil.Process:
    # The newest process: others, that kernels are forked from, run before the first page.
    return max(server.children(recursive=True), key=lambda p: p.create_time())


def drag(page: Page, box: dict[str, float], seconds: float) -> None:
    """Move the thumb to and fro for so long, 60 times a second."""
    y, left, wide = box["y"] + box["height"] / 2, box["x"] + 12, box["width"] - 24
    start = time.perf_counter()
    page.mouse.move(left + wide * 5.9 / 20, y)
    page.mouse.down()
    for k in range(int(60 * seconds)):
        away = abs((k / 60) % 2 - 1)  # once to and fro in two seconds
        page.mouse.move(left + wide * (0.1 + 0.8 * away), y)
        page.wait_for_timeout(max(0.0, 1000 * (start + (k + 1) / 60 - time.perf_counter())))
    page.mouse.up()
    page.wait_for_timeout(500)


def quantiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return float("nan"), float("nan")
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]


def measure(page: Page, server: psutil.Popen, url: str, seconds: float) -> dict[str, float]:
    """Open a page, drag, step, and count."""
    traffic = {"bytes": 0, "frames": 0}

    def count(payload: str | bytes) -> None:
        raw = payload if isinstance(payload, bytes) else payload.encode()
        traffic["bytes"] += len(raw)
        traffic["frames"] += b'"execution_state": "idle"' in raw

    def on_socket(one: object) -> None:
        one.on("framereceived", count)  # type: ignore[attr-defined]
        one.on("framesent", count)  # type: ignore[attr-defined]

    page.on("websocket", on_socket)
    started = time.perf_counter()
    page.goto(url)
    page.wait_for_selector(".lmm-bench .lmm-chosen, .jp-OutputArea img", timeout=60_000)
    load = time.perf_counter() - started
    page.wait_for_timeout(2000)
    kernel = kernel_of(server)
    rss = kernel.memory_info().rss / 1e6
    ours = page.locator(".lmm-bench").count() > 0
    thumb = page.locator("[data-name=tau1] input[type=range]" if ours else ".noUi-target").first
    thumb.scroll_into_view_if_needed()
    page.evaluate(WATCH)
    box = thumb.bounding_box()
    assert box is not None
    traffic.update(bytes=0, frames=0)
    cpu = sum(kernel.cpu_times()[:2])
    drag(page, box, seconds)
    cpu = sum(kernel.cpu_times()[:2]) - cpu
    frames, sent = traffic["frames"], traffic["bytes"]
    seen = page.evaluate("seen")
    pictures = len(seen["pictures"])
    lags, inputs = [], seen["inputs"]
    for painted, value in seen["pictures"]:
        before = [at for at, v in inputs if v == value and at <= painted]
        if before:
            lags.append(painted - before[-1])
    page.evaluate("seen.pictures.length = 0")
    (thumb if ours else page.locator(".noUi-handle").first).focus()
    steps = []
    for k in range(30):
        page.evaluate(
            "addEventListener('keydown', () => (window.began = performance.now()),"
            " { once: true, capture: true })"
        )
        page.keyboard.press("ArrowRight" if k % 2 else "ArrowLeft")
        page.wait_for_timeout(400)
        began = page.evaluate("window.began")
        after = [at for at, _ in page.evaluate("seen.pictures") if at > began]
        if after:
            steps.append(after[0] - began)
    middle, high = quantiles(lags)
    return {
        "pictures/s": pictures / seconds,
        "drag ms": middle,
        "drag p95": high,
        "step ms": quantiles(steps)[0],
        "kernel ms": 1000 * cpu / max(frames, 1),
        "bytes": sent / max(frames, 1),
        "RSS MB": rss,
        "load s": load,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    asked = parser.parse_args()
    flags = "--no-sandbox --disable-gpu --disable-quic --disable-background-networking".split()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    folder = Path(tempfile.mkdtemp())
    notebook(folder, "bench.ipynb", BENCH)
    notebook(folder, "interact.ipynb", INTERACT)
    port, slow, own = free_port(), free_port(), free_port()
    stock = [sys.executable, "-m", "voila", str(folder), "--no-browser", f"--port={port}"]
    stock.append("--Voila.config_file_paths=[]")
    serve = [sys.executable, "-m", "lmmlab.app", "serve", "--no-browser", f"--port={own}"]
    link = [sys.executable, str(SLOW_LINK), str(slow), str(port), "--round-trip", "60"]
    at = "http://localhost:{}/{}".format
    results = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)

        def row(name: str, server: psutil.Popen, url: str) -> None:
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            results[name] = measure(page, server, url, asked.seconds)
            page.context.close()
            told = (f"{key} {value:,.1f}" for key, value in results[name].items() if value == value)
            print(f"{name:32}", " | ".join(told), flush=True)

        with running(stock, at(port, "")) as server:
            row("bench, unchanged Voila", server, at(port, "voila/render/bench.ipynb"))
            with running(link, at(slow, "")):
                row("the same, 60 ms round trip", server, at(slow, "voila/render/bench.ipynb"))
            row("interact + matplotlib", server, at(port, "voila/render/interact.ipynb"))
        with running(serve, at(own, "")) as server:
            row("lesson, lmmlab serve", server, at(own, "voila/render/05-shrinkage.ipynb"))
        browser.close()
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
