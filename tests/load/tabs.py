"""Tabs that are opened and closed: which kernels are left after a minute.

    python tests/load/tabs.py --times 200

Each tab is a page, its connection and, at the end, the farewell that a browser sends. With
``--silent 0.1`` a tenth of them goes without it, as when a laptop is shut.
"""

import argparse
import asyncio
import random
import time

from house import House, open_house, quantiles, row
from visitor import Visitor


async def come_and_go(house: House, asked: argparse.Namespace) -> None:
    chance, faults, ready = random.Random(1), [], []
    left = iter(range(asked.times))

    async def hand() -> None:
        for _ in left:
            visitor = Visitor(house.url, asked.lesson)
            try:
                ready.append(await visitor.arrive())
                if chance.random() < asked.silent:
                    visitor.socket.close()
                else:
                    await visitor.leave()
            except Exception as fault:
                faults.append(repr(fault))

    before = house.server.memory_info().rss / 1e6
    await asyncio.gather(*(hand() for _ in range(asked.hands)))
    ended = time.monotonic()
    least = [len(house.kernels())]
    while least[-1] and time.monotonic() < ended + asked.wait:
        await asyncio.sleep(1)
        least.append(len(house.kernels()))
    grown = house.server.memory_info().rss / 1e6 - before
    middle, high, _ = quantiles(ready)
    print("| tabs, silent | faults | ready s p50, p95 | kernels at once, then | after s "
          "| server grew MB | machine |")  # fmt: skip
    row(
        f"{asked.times}, {asked.silent:.0%}",
        len(faults),
        f"{middle:.2f}, {high:.2f}",
        f"{least[0]}, {least[-1]}",
        f"{time.monotonic() - ended:.0f}",
        f"{grown:.1f}",
    )
    for fault in sorted(set(faults)):
        print("  ", fault)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--hands", type=int, default=2, help="tabs opened at the same time")
    parser.add_argument("--silent", type=float, default=0.0, help="share without a farewell")
    parser.add_argument("--wait", type=float, default=60.0, help="s after which none may be left")
    parser.add_argument("--lesson", default="05-shrinkage")
    asked, more = parser.parse_known_args()
    with open_house(*more) as house:  # what is unknown here is for lmmlab serve
        asyncio.run(come_and_go(house, asked))


if __name__ == "__main__":
    main()
