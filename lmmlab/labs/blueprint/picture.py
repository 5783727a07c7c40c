"""The picture of the blueprint lab: the board, one row added up, rows that share, and the lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs._numbers import decimal
from lmmlab.labs.blueprint.board import CHANGE, GAP, PEOPLE, SECOND, START
from lmmlab.labs.blueprint.scene import AVERAGE, NOISE, Scene
from lmmlab.labs.blueprint.switchboard import ROLES, WINDOW, switchboard
from lmmlab.picture.axis import apart, cover
from lmmlab.picture.marks import (
    Axis,
    Bars,
    Heatmap,
    Label,
    Line,
    Mark,
    Panel,
    Picture,
    Points,
    Segments,
)


def picture(s: Scene) -> Picture:
    """Draw the scene; the row in colour is the same in all of it."""
    return Picture((switchboard(s), _sum(s), _shared(s), _lines(s)), chosen=s.who, hover=True)


def part_names(s: Scene) -> dict[int, str]:
    """Name the parts of a row in a word each."""
    told = {AVERAGE: "average", START: "start", CHANGE: "change"}
    return told | {SECOND: s.board.kind.second, NOISE: "noise"}


def _steps(parts: dict[int, float]) -> Iterator[tuple[int, float, float]]:
    """Walk through the parts: kind, where it begins and where it ends."""
    level = 0.0
    for kind, value in parts.items():
        yield kind, level, level + value
        level += value


def _sum(s: Scene) -> Panel:
    """Show the parts of one row, each on top of the one before; the last bar is y."""
    parts = s.true.of(s.index, s.board)
    steps = list(_steps(parts))
    says = {} if s.estimate is None else s.estimate.parts.of(s.index, s.board)
    base, top = np.array([ends for _, *ends in steps]).T
    guessed = base[: len(says)] + np.array(list(says.values()))
    low, high = cover(WINDOW, top, guessed, step=20.0)
    gap, foot = 0.05 * (high - low), low + 0.035 * (high - low)
    place = np.arange(1.0, len(steps) + 2.0)
    marks: list[Mark] = [
        Segments(place[:-2] + 0.3, top[:-1], place[1:-1] - 0.3, top[:-1], "guide", dashed=True)
    ]
    for k, (kind, begins, ends) in enumerate(steps):
        role, middle = ROLES[kind], float(place[k])
        marks.append(Bars(place[k : k + 1], base[k : k + 1], top[k : k + 1], 0.6, role))
        text = decimal(ends - begins, 1, signed=kind != AVERAGE)
        over = 0.5 * ends if kind == AVERAGE else max(begins, ends) + gap
        marks.append(Label(middle, min(over, high), text, role, "middle"))
        marks.append(Label(middle, foot, part_names(s)[kind], role, "middle"))
    end, y = float(place[-1]), float(s.y[s.index])
    above = high - 0.6 * gap
    marks += [
        Label(0.6, above, f"{s.person}, month {s.board.time[s.index]:g}", "person"),
        Bars(place[-1:], np.zeros(1), np.array([y]), 0.6, "person"),
        Label(end, min(max(y, 0.0) + gap, high), decimal(y, 1), "person", "middle"),
        Label(end, foot, "y", "person", "middle"),
    ]
    if says:  # each part from where the true one begins, so that the two can be compared
        x = place[1:-1] + 0.18
        marks += [
            Segments(place[:1] - 0.3, guessed[:1], place[:1] + 0.3, guessed[:1], "model"),
            Segments(x, base[1:], x, guessed[1:], "model", arrow=True),
            Label(end + 0.5, above, "blue: a fit", "model", "end"),
        ]
    return Panel(
        "The row in colour, added up",
        Axis("", (0.5, end + 0.5), ticked=False),
        Axis("quality of life", (low, high), "points"),
        tuple(marks),
        aspect=1.1,
    )


def _shared(s: Scene) -> Panel:
    """Show how alike two rows are: those that switch on the same column."""
    n = len(s.y)
    edges = np.arange(n + 1.0)
    ids = tuple(s.board.ids[i] for i in s.order)
    marks: list[Mark] = []
    alike = s.alike[np.ix_(s.order, s.order)]
    every = tuple(np.repeat(ids, n).tolist())
    for values, role, where in ((alike, "truth", alike >= 0.0), (-alike, "own", alike < 0.0)):
        if where.any():
            cells = np.where(where, values, np.nan)
            marks.append(Heatmap(edges, n - edges, cells, role, (-0.06, 1.0), every))
    if not marks:
        marks.append(Label(0.5 * n, 0.5 * n, "nothing varies", "own", "middle"))
    return Panel(
        "How alike two rows are",
        Axis("the stronger the colour, the more alike", (0.0, float(n)), ticked=False),
        Axis("", (0.0, float(n)), ticked=False),
        tuple(marks),
        aspect=1.25,
    )


def _lines(s: Scene) -> Panel:
    """Show the same row where a study would plot it, with its parts as steps."""
    board, true = s.board, s.true
    end = max(float(board.time.max()), GAP)
    own = true.b[board.carries != SECOND].reshape(board.people, -1)
    lines = true.beta + np.pad(own, ((0, 0), (0, 2 - own.shape[1])))
    me = int(board.who[s.index])
    times = np.array([[0.0, end]])

    def drawn(line: Floats) -> Floats:
        heights: Floats = line[:, :1] + line[:, 1:] * times
        return heights

    each = np.repeat(times, board.people - 1, 0)
    mine, others = drawn(lines[me : me + 1]), drawn(np.delete(lines, me, 0))
    average = drawn(true.beta[None])
    steps = list(_steps(true.of(s.index, board)))[1:]
    now = float(board.time[s.index])
    side = -1.0 if now > 0.6 * end else 1.0
    ends = np.array([level for *_, level in steps])
    low, high = cover(WINDOW, s.y, mine, others, average, ends, step=20.0)
    marks: list[Mark] = [
        Line(each, others, "truth"),
        Line(times, average, "population", bold=True),
        Line(times, mine, "person"),
        Points(board.time, s.y, "own", board.ids),
    ]
    for k, (kind, base, top) in enumerate(steps):
        x = np.array([now + side * 0.035 * end * (len(steps) - 1 - k)])
        marks.append(Segments(x, np.array([base]), x, np.array([top]), ROLES[kind], arrow=True))
    near = 0.25 * end
    levels = [float(line[0, 0] + 0.25 * (line[0, 1] - line[0, 0])) for line in (average, mine)]
    gap = 0.06 * (high - low)
    away = gap if levels[1] > levels[0] else -gap
    beside = apart([levels[0] - away, levels[1] + away], gap, low, high)
    names = ("average", "population"), (PEOPLE[me], "person")
    for height, (text, role) in zip(beside, names, strict=True):
        marks.append(Label(near, height, text, role, "middle"))
    return Panel(
        "The same row among the visits",
        Axis("month", (-0.05 * end, 1.05 * end), whole=True),
        Axis("quality of life", (low, high), "points"),
        tuple(marks),
        aspect=1.4,
    )
