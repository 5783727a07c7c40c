"""One session that is moved twenty thousand times: how much its kernel grows.

    python tests/load/soak.py --moves 20000

All controls of the lesson are moved, by chance. Growth is counted from the thousandth move on, when
all that is kept on purpose has been kept. It is counted in RSS, which does not change when a fork
begins to differ from the Python that it was forked from.
"""

import argparse
import asyncio
import random

from house import House, open_house, quantiles, row
from visitor import Visitor

FIRST = 1000  # moves until the first look


async def soak(house: House, asked: argparse.Namespace) -> None:
    visitor = Visitor(house.url, asked.lesson)
    await visitor.arrive()
    (kernel,) = house.kernels()
    chance, wire = random.Random(1), visitor.wire
    assert wire is not None
    first = 0.0
    for move in range(asked.moves):
        wire.move(visitor.anywhere(chance))
        while wire.busy() and not visitor.troubles:
            await asyncio.sleep(0.001)
            wire.pump()
            wire.look()
        if move + 1 == min(FIRST, asked.moves // 2):
            first = kernel.memory_info().rss / 1e6
    last = kernel.memory_info().rss / 1e6
    troubles = list(visitor.troubles)
    await visitor.leave()
    middle, high, _ = quantiles([1000 * wait for wait in wire.waits])
    print("| moves of | pictures | p50, p95 ms | MB of the kernel (RSS): early, at the end, growth "
          "| troubles | machine |")  # fmt: skip
    sizes = f"{first:.1f}, {last:.1f}, {last - first:+.1f}"
    moves = f"{asked.moves:,} {asked.lesson}"
    row(moves, f"{wire.pictures:,}", f"{middle:.0f}, {high:.0f}", sizes, len(troubles))
    for trouble in sorted(set(troubles)):
        print("  ", trouble)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=20_000)
    parser.add_argument("--lesson", default="05-shrinkage")
    asked, more = parser.parse_known_args()
    with open_house(*more) as house:  # what is unknown here is for lmmlab serve
        asyncio.run(soak(house, asked))


if __name__ == "__main__":
    main()
