"""How long a lesson's page takes until it can be moved, in a real browser, and its kernel's size.

    python tests/load/start.py --times 5

Interactive means: a slider was moved and the picture has followed. Each visit has an empty cache;
the first one is the first that the server has seen. Arguments that are unknown here are for
``lmmlab serve``.
"""

import argparse
import time

from house import FLAGS, House, chromium, open_house, quantiles, row
from playwright.sync_api import Browser, sync_playwright

# The browser's own clock starts with the navigation. The line of code below the pictures comes
# from the kernel and is written in the frame in which the pictures are drawn.
MOVE = """
() => new Promise((done) => {
  const line = (bench) => bench?.querySelector("footer code")?.textContent;
  let [there, first, slider] = [0, "", null];
  const look = () => {
    const bench = document.querySelector(".lmm-bench");
    if (there && line(bench) !== first) return done([there, performance.now()]);
    if (!there && line(bench)) {
      [there, first] = [performance.now(), line(bench)];
      slider = bench.querySelector("input[type=range]");
      slider.stepUp();
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    requestAnimationFrame(look);
  };
  look();
})
"""


def visit(browser: Browser, house: House, lesson: str) -> tuple[float, float, float]:
    """Return when the slider was there, when it had moved (s), and the kernel's PSS (MB)."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{house.url}voila/render/{lesson}.ipynb", wait_until="commit")
    there, moved = page.evaluate(MOVE)
    page.wait_for_timeout(1000)
    kernel = max(house.kernels(), key=lambda process: process.create_time())
    size = kernel.memory_full_info().pss / 1e6
    page.goto("about:blank")
    page.context.close()
    time.sleep(1)
    return there / 1000, moved / 1000, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--lesson", default="05-shrinkage")
    asked, more = parser.parse_known_args()
    with open_house(*more) as house, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        visits = [visit(browser, house, asked.lesson) for _ in range(asked.times)]
        browser.close()
    seen, moved, sizes = zip(*visits, strict=True)
    print("| lesson, lmmlab serve | slider there s: first, median | moved s: first, median, best "
          "| MB of the kernel (PSS) | machine |")  # fmt: skip
    row(
        " ".join([asked.lesson, *more]),
        f"{seen[0]:.2f}, {quantiles(seen)[0]:.2f}",
        f"{moved[0]:.2f}, {quantiles(moved)[0]:.2f}, {min(moved):.2f}",
        f"{max(sizes):.0f}",
    )


if __name__ == "__main__":
    main()
