"""A class at ``lmmlab serve``: all arrive at once, then each drags a slider for its share of time.

    python tests/load/load.py --sessions 30 --share 0.2
    python tests/load/load.py --sessions 10 --share 1

Prints one row of the table in docs/deploy.md. The wait is counted for every move of a slider, until
a picture has come that shows it or a newer one; the browser's painting is not in it.
"""

import argparse
import asyncio
import random
import time

import psutil
from house import House, files, open_house, quantiles, row
from visitor import Visitor

BURST = 2.0  # s, how long a hand keeps moving


async def take_part(visitor: Visitor, share: float, seconds: float, seed: int) -> None:
    """Drag, look, drag: `share` of the time, starting anywhere in the rhythm."""
    chance = random.Random(seed)
    until = time.monotonic() + seconds
    pause = BURST * (1 - share) / share
    await asyncio.sleep(chance.uniform(0, BURST + pause) if pause else 0)
    while time.monotonic() < until and not visitor.troubles:
        await visitor.drag(min(BURST, until - time.monotonic()))
        await asyncio.sleep(pause * chance.uniform(0.5, 1.5))


async def lesson(house: House, asked: argparse.Namespace, loaded: tuple[str, ...]) -> None:
    """Let the class come, drag and go, and print what it was like."""
    visitors = [Visitor(house.url, asked.lesson, loaded) for _ in range(asked.sessions)]
    arrivals = await asyncio.gather(*(v.arrive() for v in visitors), return_exceptions=True)
    here = [v for v, ready in zip(visitors, arrivals, strict=True) if isinstance(ready, float)]
    ready = [ready for ready in arrivals if isinstance(ready, float)]
    faults = [repr(fault) for fault in arrivals if not isinstance(fault, float)]
    await asyncio.sleep(2)
    size = [kernel.memory_full_info().pss / 1e6 for kernel in house.kernels()]
    spent, own = house.seconds(), time.process_time()
    drags = (take_part(v, asked.share, asked.seconds, k) for k, v in enumerate(here))
    started = time.monotonic()
    await asyncio.gather(*drags)
    took = time.monotonic() - started
    spent, own = house.seconds() - spent, time.process_time() - own
    faults += [fault for v in here for fault in v.troubles]
    waits = [1000 * wait for v in here for wait in v.wire.waits]
    pictures = sum(v.wire.pictures for v in here)
    again = sum(v.wire.again for v in here)
    await asyncio.gather(*(v.leave() for v in here), return_exceptions=True)
    middle, high, most = quantiles(waits)
    print("| sessions, dragging | pictures/s | p50, p95, max ms | all ready s | lost | sent again "
          "| MB a kernel (PSS) | cores: server with kernels, this script | machine |")  # fmt: skip
    row(
        f"{asked.sessions}, {asked.share:.0%}",
        f"{pictures / took:.0f}",
        f"{middle:.0f}, {high:.0f}, {most:.0f}",
        f"{max(ready, default=float('nan')):.1f}",
        len(faults),
        again,
        f"{sum(size) / max(len(size), 1):.0f}",
        f"{spent / took:.2f}, {own / took:.2f}",
    )
    for fault in sorted(set(faults)):
        print("  ", fault)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--share", type=float, default=0.2, help="of the time that each drags")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--lesson", default="05-shrinkage")
    asked, more = parser.parse_known_args()
    with open_house(*more) as house:  # what is unknown here is for lmmlab serve
        loaded = files(house, asked.lesson)
        psutil.wait_procs(house.kernels(), timeout=10)
        asyncio.run(lesson(house, asked, loaded))


if __name__ == "__main__":
    main()
