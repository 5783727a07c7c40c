"""The picture of the blueprint lab: the board, one row added up, rows that share, and the lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lmmlab.engine.design import Floats, Ints
from lmmlab.labs import _panels
from lmmlab.labs._numbers import decimal
from lmmlab.labs.blueprint.board import CHANGE, GAP, PEOPLE, SECOND, START
from lmmlab.labs.blueprint.scene import AVERAGE, NOISE, Scene
from lmmlab.picture.axis import cover
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

ROLES = {
    AVERAGE: "parameter:beta",
    START: "parameter:tau0",
    CHANGE: "parameter:tau1",
    SECOND: "parameter:tau2",
    NOISE: "parameter:sigma",
}
_WINDOW = (0.0, 100.0)  # points of quality of life
_WORDY = 15  # rows up to which every number and name is written
_WIDE = 1.7  # how wide a column of numbers is, a column of Z being 1
_TINT = (-0.15, 1.9)  # a switch that is off is pale, one that is on leaves its number readable
_INK = (-0.15, 3.0)


def picture(s: Scene) -> Picture:
    """Draw the scene; the row in colour is the same in all of it."""
    return Picture((_board(s), _sum(s), _shared(s), _lines(s)), chosen=s.who, hover=True)


class _Sheet:
    """The board from left to right: each piece begins where the one before it ended."""

    def __init__(self, s: Scene) -> None:
        self.s, self.at = s, 0.0
        self.marks: list[Mark] = []
        self.over: list[Mark] = []
        self.rows = len(s.y)
        self.each = max(1.0, self.rows / 14.0)  # the height that a written number needs
        self.high = max(float(self.rows), self.each * len(s.true.b), 9.0)

    def skip(self, width: float, sign: str = "") -> None:
        """Leave room, with a sign in the middle of its height."""
        if sign:
            middle = self.high - 0.5 * self.rows
            self.over.append(Label(self.at + 0.5 * width, middle, sign, "", "middle"))
        self.at += width

    def head(self, text: str, role: str, x: float, up: float = 1.6) -> None:
        """Write above a matrix; the names of its columns stand between."""
        self.over.append(Label(x, self.high + up * self.each, text, role, "middle"))

    def cells(
        self, values: Floats, role: str, width: float, limits: tuple[float, float], rows: bool
    ) -> tuple[Floats, Floats]:
        """Draw a matrix, of the rows of the data or not; give its middles across and upwards."""
        r, c = values.shape
        x = self.at + width * np.arange(c + 1.0)
        y = self.high - np.arange(r + 1.0) * (1.0 if rows else self.each)
        ids = tuple(np.repeat(self.names, c)) if rows else ()
        self.marks.append(Heatmap(x, y, values, role, limits, ids))
        return (x[:-1] + x[1:]) / 2, (y[:-1] + y[1:]) / 2

    @property
    def names(self) -> list[str]:
        """Names of the rows from top to bottom."""
        return [self.s.board.ids[i] for i in self.s.order]

    def column(
        self,
        values: Floats,
        role: str,
        limits: tuple[float, float],
        texts: list[str],
        lit: Ints,
        rows: bool,
    ) -> None:
        """Draw one column with its numbers: all of them, or those that are lit."""
        (x,), y = self.cells(values[:, None], role, _WIDE, limits, rows)
        few = len(values) <= _WORDY
        for k, text in enumerate(texts):
            on = k in lit
            if few or on:
                self.over.append(Label(x, y[k], text, "person" if on else role, "middle"))
        self.at += _WIDE

    def frame(self, x0: float, x1: float, y0: float, y1: float) -> None:
        """Draw a box in the colour of the row that is chosen."""
        x, y = np.array([[x0, x1, x1, x0, x0]]), np.array([[y0, y0, y1, y1, y0]])
        self.over.insert(0, Line(x, y, "person"))


def _board(s: Scene) -> Panel:
    """Show y = X beta + Z b + noise as what it is: rows of switches and the sizes behind them."""
    sheet, board = _Sheet(s), s.board
    here = np.flatnonzero(s.order == s.index)
    row = sheet.high - float(here[0])
    few = sheet.rows <= _WORDY
    for k, name in enumerate(sheet.names):
        lit = k == here[0]
        if few or lit:
            level = sheet.high - k - 0.5
            sheet.over.append(Label(2.7, level, name, "person" if lit else "own", "end"))
    sheet.skip(2.9)

    sheet.head("y", "own", sheet.at + 0.5 * _WIDE)
    y = s.y[s.order]
    sheet.column(y, "own", _WINDOW, [decimal(v, 0) for v in y], here, rows=True)
    sheet.skip(1.0, "=")

    longest = max(float(board.time.max()), GAP)
    switched = board.X[s.order] / [1.0, longest]
    sheet.head("X", "parameter:beta", sheet.at + 1.0)
    x, _ = sheet.cells(switched, "parameter:beta", 1.0, _INK, rows=True)
    for at, name in zip(x, ("1", "time"), strict=True):
        sheet.head(name, "own", at, up=0.6)
    for at, value in zip(x, board.X[s.index], strict=True):
        sheet.over.append(Label(at, row - 0.5, f"{value:g}", "person", "middle"))
    sheet.at += 2.0
    sheet.skip(0.35)
    sheet.head("β", "parameter:beta", sheet.at + 0.5 * _WIDE)
    beta = [decimal(v, 0 if k == 0 and v % 1 == 0 else 1) for k, v in enumerate(s.true.beta)]
    sizes = np.abs(s.true.beta) / [80.0, 2.0]
    sheet.column(sizes, "parameter:beta", _INK, beta, np.array([], dtype=int), rows=False)
    sheet.skip(1.0, "+")
    _switches(s, sheet, row, longest)
    sheet.skip(1.0, "+")

    noise = s.true.noise[s.order]
    sheet.head("ε", "parameter:sigma", sheet.at + 0.5 * _WIDE)
    told = [decimal(v, 0, signed=True) for v in noise]
    sheet.column(np.abs(noise) / 20.0, "parameter:sigma", _TINT, told, here, rows=True)
    return Panel(
        "Every row at once: y = Xβ + Zb + ε",
        Axis("click a row, or walk with the arrow keys", (0.0, sheet.at + 0.1), ticked=False),
        Axis("", (0.0, sheet.high + 2.1 * sheet.each), ticked=False),
        (*sheet.marks, *sheet.over),
        weight=1.75,
        aspect=1.45,
    )


def _switches(s: Scene, sheet: _Sheet, row: float, longest: float) -> None:
    """Draw Z and b: who has which column, and what is behind it."""
    board, start = s.board, sheet.at
    first = int((board.carries != SECOND).sum())
    aside = np.where(board.carries == SECOND, 0.35, 0.0)
    left = start + np.arange(len(board.carries)) + aside
    for block in (slice(0, first), slice(first, None)):
        carried = board.carries[block]
        if not carried.size:
            continue
        for kind in np.unique(carried):
            values = board.Z[s.order][:, block] / (longest if kind == CHANGE else 1.0)
            values = np.where(carried == kind, values, np.nan)
            sheet.at = left[block][0]
            sheet.cells(values, ROLES[kind], 1.0, _TINT, rows=True)
    bottom = sheet.high - sheet.rows
    for k in range(len(left)):
        middle, role = left[k] + 0.5, ROLES[board.carries[k]]
        lit = k in s.on
        if board.carries[k] != CHANGE:
            over = 0.5 * (board.carries[k] == START and board.kind.lines)
            sheet.head(board.heads[k], "person" if lit else role, middle + over, up=0.6)
        if lit:
            text = f"{board.Z[s.index, k]:g}"
            sheet.over.append(Label(middle, row - 0.5, text, "person", "middle"))
            sheet.frame(left[k], left[k] + 1.0, bottom, sheet.high)
    sheet.at = float(left[-1]) + 1.0
    sheet.head("Z", "", 0.5 * (start + sheet.at))
    sheet.skip(0.35)

    b, x0, x1 = s.true.b, sheet.at, sheet.at + _WIDE
    sheet.head("b", "", 0.5 * (x0 + x1))
    for kind in np.unique(board.carries):
        scale = 3.0 if kind == CHANGE else 30.0
        sizes = np.where(board.carries == kind, np.abs(b) / scale, np.nan)
        _, y = sheet.cells(sizes[:, None], ROLES[kind], _WIDE, _TINT, rows=False)
    for k, value in enumerate(b):
        lit, kind = k in s.on, board.carries[k]
        if lit:
            sheet.frame(x0, x1, y[k] - 0.5 * sheet.each, y[k] + 0.5 * sheet.each)
        text = decimal(value, 1 if kind == CHANGE else 0, signed=True)
        role = "person" if lit else ROLES[kind]
        sheet.over.append(Label(0.5 * (x0 + x1), y[k], text, role, "middle"))
    sheet.at = x1


def names(s: Scene) -> dict[int, str]:
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
    low, high = cover(_WINDOW, top, guessed, step=20.0)
    gap, foot = 0.05 * (high - low), low + 0.035 * (high - low)
    place = np.arange(1.0, len(steps) + 2.0)
    marks: list[Mark] = [
        Segments(place[:-2] + 0.3, top[:-1], place[1:-1] - 0.3, top[:-1], "guide", dashed=True)
    ]
    for k, (kind, begins, ends) in enumerate(steps):
        role, x = ROLES[kind], float(place[k])
        marks.append(Bars(place[k : k + 1], base[k : k + 1], top[k : k + 1], 0.6, role))
        text = decimal(ends - begins, 1, signed=kind != AVERAGE)
        over = 0.5 * ends if kind == AVERAGE else max(begins, ends) + gap
        marks.append(Label(x, min(over, high), text, role, "middle"))
        marks.append(Label(x, foot, names(s)[kind], role, "middle"))
    end, y = float(place[-1]), float(s.y[s.index])
    marks += [
        Bars(place[-1:], np.zeros(1), np.array([y]), 0.6, "person"),
        Label(end, min(max(y, 0.0) + gap, high), decimal(y, 1), "person", "middle"),
        Label(end, foot, "y", "person", "middle"),
    ]
    if says:  # each part from where the true one begins, so that the two can be compared
        x = place[1:-1] + 0.18
        marks += [
            Segments(place[:1] - 0.3, guessed[:1], place[:1] + 0.3, guessed[:1], "model"),
            Segments(x, base[1:], x, guessed[1:], "model", arrow=True),
            Label(end + 0.5, high - 0.6 * gap, "blue: what a fit says", "model", "end"),
        ]
    return Panel(
        f"The row of {s.who}, added up",
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
    if s.alike is None:
        marks.append(Label(0.5 * n, 0.5 * n, "nothing varies", "own", "middle"))
    else:
        alike = s.alike[np.ix_(s.order, s.order)]
        for values, role, where in (
            (alike, "truth", alike >= 0.0),
            (-alike, "own", alike < 0.0),
        ):
            if where.any():
                cells = np.where(where, values, np.nan)
                every = tuple(np.repeat(ids, n))
                marks.append(Heatmap(edges, n - edges, cells, role, (-0.06, 1.0), every))
    return Panel(
        "How alike two rows are",
        Axis("a row and every other row; darker: more alike", (0.0, float(n)), ticked=False),
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
        return line[:, :1] + line[:, 1:] * times

    each = np.repeat(times, board.people - 1, 0)
    mine, others = drawn(lines[me : me + 1]), drawn(np.delete(lines, me, 0))
    average = drawn(true.beta[None])
    steps = list(_steps(true.of(s.index, board)))[1:]
    now = float(board.time[s.index])
    side = -1.0 if now > 0.6 * end else 1.0
    ends = np.array([level for *_, level in steps])
    low, high = cover(_WINDOW, s.y, mine, others, average, ends, step=20.0)
    marks: list[Mark] = [
        Line(each, others, "truth"),
        Line(times, average, "population", bold=True),
        Line(times, mine, "person"),
        Points(board.time, s.y, "own", board.ids),
    ]
    for k, (kind, base, top) in enumerate(steps):
        x = np.array([now + side * 0.035 * end * (len(steps) - 1 - k)])
        marks.append(Segments(x, np.array([base]), x, np.array([top]), ROLES[kind], arrow=True))
    first = "start" if now > 0.5 * end else "end"
    x = 0.0 if first == "start" else end
    column = 0 if first == "start" else 1
    levels = average[0, column], mine[0, column]
    gap = 0.05 * (high - low)
    away = gap if levels[1] > levels[0] else -gap
    beside = _panels.apart([levels[0] - away, levels[1] + away], gap, low, high)
    for y, text, role in zip(
        beside, ("average", PEOPLE[me]), ("population", "person"), strict=True
    ):
        marks.append(Label(x, y, text, role, first))
    return Panel(
        "The same row among the visits",
        Axis("month", (-0.05 * end, 1.05 * end), whole=True),
        Axis("quality of life", (low, high), "points"),
        tuple(marks),
        aspect=1.4,
    )
