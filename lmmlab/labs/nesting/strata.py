"""Three levels that are balanced: the REML estimates of their spreads, without a search.

The general search takes some ten steps, and a frame has no time for them. Balanced nested groups
have independent mean squares, one a level, and REML is a formula of these.
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats

LEVELS = ("row", "middle", "top")


def spreads(rest: Floats, size: tuple[int, int, int], treated: str) -> Floats:
    """Estimate the sds (3,) of largest groups, of groups in them, and of rows.

    Parameters
    ----------
    rest : (n,) array
        Residuals of least squares, row by row in group by group.
    size : (J, m, rows)
        Largest groups, groups in each, rows in each of these.
    treated : str
        The level at which the treatment varies; it costs a degree of freedom there.

    Notes
    -----
    The mean squares of rows, groups and largest groups have expectations that grow from sigma^2 by
    what each level adds. Where a coarser one is smaller than the finer below it, both are pooled
    and the spread between is 0 (Thompson 1962, Ann. Math. Stat. 33, 273-289).
    """
    J, m, rows = size
    y = rest.reshape(size)
    groups, tops = y.mean(2), y.mean((1, 2))
    squares = [
        float(((y - groups[..., None]) ** 2).sum()),
        rows * float(((groups - tops[:, None]) ** 2).sum()),
        rows * m * float(((tops - tops.mean()) ** 2).sum()),
    ]
    df = [J * m * (rows - 1.0), J * (m - 1.0), J - 1.0]
    df[LEVELS.index(treated)] -= 1.0
    pools: list[tuple[float, float, int]] = []
    for square, free in zip(squares, df, strict=True):
        pools.append((square, free, 1))
        while len(pools) > 1 and pools[-1][0] * pools[-2][1] <= pools[-2][0] * pools[-1][1]:
            last, before = pools.pop(), pools.pop()
            pools.append((last[0] + before[0], last[1] + before[1], last[2] + before[2]))
    mean = [square / free for square, free, many in pools for _ in range(many)]
    steps = np.array([(mean[2] - mean[1]) / (rows * m), (mean[1] - mean[0]) / rows, mean[0]])
    found: Floats = np.sqrt(steps)
    return found
