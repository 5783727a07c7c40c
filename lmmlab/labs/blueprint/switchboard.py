"""The equation as a board: y, X, beta, Z, b and noise side by side, one row for each visit.

Everything stands in one coordinate system whose unit is a switch, so that a row of y is at the
height of its row of X, of Z and of the noise. What belongs to a row of the data carries the name of
that row, and lights up with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lmmlab.engine.design import Floats, Ints
from lmmlab.labs._numbers import decimal
from lmmlab.labs.blueprint.board import CHANGE, GAP, SECOND, START
from lmmlab.labs.blueprint.scene import AVERAGE, NOISE, Scene
from lmmlab.picture.marks import Axis, Heatmap, Label, Line, Mark, Panel

ROLES = {
    AVERAGE: "parameter:beta",
    START: "parameter:tau0",
    CHANGE: "parameter:tau1",
    SECOND: "parameter:tau2",
    NOISE: "parameter:sigma",
}
WINDOW = (0.0, 100.0)  # points of quality of life
_WORDY = 15  # rows up to which every number and name is written
_TINT = (-0.15, 1.9)  # a switch that is off is pale, one that is on leaves its number readable
_INK = (-0.15, 3.0)  # the same in black
_GAP, _SIGN = 0.35, 0.9  # room between what is multiplied, and for = and +


class _Sheet:
    """The board from left to right: each piece begins where the one before it ended."""

    def __init__(self, s: Scene) -> None:
        self.at = 0.0
        self.rows = len(s.y)
        self.each = max(1.0, self.rows / 14.0)  # the height that a written number needs
        self.high = max(float(self.rows), self.each * len(s.true.b), 9.0)
        self.names = [s.board.ids[i] for i in s.order]
        self.here = self.names.index(s.who)  # the place of the row in colour
        self.level = self.high - self.here - 0.5
        self.cells: list[Mark] = []
        self.frames: list[Mark] = []
        self.texts: list[Mark] = []
        self.lit: list[Mark] = []  # last, so that another row changes no other mark

    def skip(self, width: float, sign: str = "") -> None:
        """Leave room, with a sign at half the height of the rows."""
        if sign:
            self.write(self.at + 0.5 * width, self.high - 0.5 * self.rows, sign, "")
        self.at += width

    def write(self, x: float, y: float, text: str, role: str, anchor: str = "middle") -> None:
        """Write in the middle of a cell, or beside the rows."""
        (self.lit if role == "person" else self.texts).append(Label(x, y, text, role, anchor))

    def head(self, x: float, text: str, role: str, up: float = 1.6) -> None:
        """Write above a matrix; the names of its columns stand between."""
        self.write(x, self.high + up * self.each, text, role)

    def matrix(
        self, x: Floats, values: Floats, role: str, limits: tuple[float, float], rows: bool
    ) -> Floats:
        """Draw cells between edges, of the rows of the data or not; give middles of their rows."""
        r, c = values.shape
        y = self.high - np.arange(r + 1.0) * (1.0 if rows else self.each)
        ids = tuple(np.repeat(self.names, c).tolist()) if rows else ()
        self.cells.append(Heatmap(x, y, values, role, limits, ids))
        middles: Floats = (y[:-1] + y[1:]) / 2
        return middles

    def vector(
        self,
        name: str,
        width: float,
        sizes: Floats,
        texts: Sequence[str],
        roles: Sequence[str],
        lit: Ints,
        rows: bool,
        limits: tuple[float, float] = _TINT,
    ) -> Floats:
        """Draw a column of numbers; of many rows only those that are lit are written.

        Gives the middles of its cells.
        """
        edges = np.array([self.at, self.at + width])
        middle = self.at + 0.5 * width
        self.head(middle, name, roles[0] if len(set(roles)) == 1 else "")
        for role in dict.fromkeys(roles):
            mine = np.array([other == role for other in roles])
            y = self.matrix(edges, np.where(mine, sizes, np.nan)[:, None], role, limits, rows)
        for k in range(len(texts)):
            on = k in lit
            if on or not rows or len(texts) <= _WORDY:
                self.write(middle, float(y[k]), texts[k], "person" if on else roles[k])
        self.at += width
        return y

    def frame(self, x0: float, x1: float, y0: float, y1: float, there: bool) -> None:
        """Draw a box in the colour of the row that is chosen, or keep a place for one."""
        x, y = np.array([[x0, x1, x1, x0, x0]]), np.array([[y0, y0, y1, y1, y0]])
        if not there:
            x = np.full_like(x, np.nan)
        self.frames.append(Line(x, y, "person"))


def switchboard(s: Scene) -> Panel:
    """Show y = X beta + Z b + noise as what it is: rows of switches and the sizes behind them."""
    sheet, beta = _Sheet(s), ROLES[AVERAGE]
    here, none = np.array([sheet.here]), np.array([], dtype=np.intp)
    _row_names(sheet)
    y, noise = s.y[s.order], s.true.noise[s.order]
    shares = (y - WINDOW[0]) / (WINDOW[1] - WINDOW[0])
    told = [decimal(v, 0) for v in y]
    sheet.vector("y", 1.6, shares, told, ["own"] * len(y), here, True, (0.0, 1.0))
    sheet.skip(_SIGN, "=")
    _everybody(s, sheet)
    sheet.skip(_GAP)
    told = [f"{value:g}".replace("-", "−") for value in np.round(s.true.beta, 1)]
    sheet.vector("β", 1.7, np.abs(s.true.beta) / [80, 2], told, [beta] * 2, none, False, _INK)
    sheet.skip(_SIGN, "+")
    _switches(s, sheet)
    sheet.skip(_GAP)
    carries = s.board.carries
    sizes = np.abs(s.true.b) / np.where(carries == CHANGE, 3.0, 30.0)
    told = [
        decimal(value, 1 if kind == CHANGE else 0, signed=True)
        for value, kind in zip(s.true.b, carries, strict=True)
    ]
    left, half = sheet.at, 0.5 * sheet.each
    middles = sheet.vector("b", 2.2, sizes, told, [ROLES[k] for k in carries], s.mine, False)
    for k in s.mine:
        sheet.frame(left, sheet.at, middles[k] - half, middles[k] + half, k in s.on)
    sheet.skip(_SIGN, "+")
    told = [decimal(v, 0, signed=True) for v in noise]
    sheet.vector("ε", 2.0, np.abs(noise) / 20.0, told, [ROLES[NOISE]] * len(y), here, True)
    return Panel(
        "Every row at once: y = Xβ + Zb + ε",
        Axis(
            "click a row, or use arrow keys; numbers rounded",
            (0.0, sheet.at + 0.1),
            ticked=False,
        ),
        Axis("", (0.0, sheet.high + 2.1 * sheet.each), ticked=False),
        (*sheet.cells, *sheet.frames, *sheet.texts, *sheet.lit),
        weight=1.75,
        aspect=1.15,
    )


def _row_names(sheet: _Sheet) -> None:
    """Name each row by a letter, as above its columns of Z, and by the month."""
    for k, name in enumerate(sheet.names):
        lit = k == sheet.here
        if lit or sheet.rows <= _WORDY:
            person, month = name.split()
            role = "person" if lit else "own"
            sheet.write(1.95, sheet.high - k - 0.5, f"{person[0]} {month}", role, "end")
    sheet.skip(2.15)


def _everybody(s: Scene, sheet: _Sheet) -> None:
    """Draw X: what is switched on for everybody."""
    x = sheet.at + 1.35 * np.arange(3.0)
    switched = s.board.X[s.order] / [1.0, max(float(s.board.time.max()), GAP)]
    sheet.matrix(x, switched, ROLES[AVERAGE], _INK, True)
    sheet.head(float(x[1]), "X", ROLES[AVERAGE])
    for left, name, value in zip(x, ("1", "t"), s.board.X[s.index], strict=False):
        sheet.head(left + 0.675, name, "own", up=0.6)
        sheet.write(left + 0.675, sheet.level, f"{value:g}", "person")
    sheet.at = float(x[-1])


def _switches(s: Scene, sheet: _Sheet) -> None:
    """Draw Z: one column for whatever somebody has of their own, a clinic or a rater included."""
    board = s.board
    left = sheet.at + np.arange(len(board.carries)) + _GAP * (board.carries == SECOND)
    longest = max(float(board.time.max()), GAP)
    for block in (board.carries != SECOND, board.carries == SECOND):
        for kind in dict.fromkeys(board.carries[block].tolist()):
            values = board.Z[s.order][:, block] / (longest if kind == CHANGE else 1.0)
            values = np.where(board.carries[block] == kind, values, np.nan)
            edges = np.append(left[block], left[block][-1] + 1.0)
            sheet.matrix(edges, values, ROLES[kind], _TINT, True)
    pairs = board.kind.lines  # of columns, with one name
    for k, (x, kind) in enumerate(zip(left.tolist(), board.carries.tolist(), strict=True)):
        lit = k in s.mine
        if kind != CHANGE:
            role = "person" if lit else ROLES[kind]
            sheet.head(x + (1.0 if pairs else 0.5), board.heads[k], role, up=0.6)
        if lit:
            aside = {START: -0.12, CHANGE: 0.06}[kind] if pairs else 0.0
            sheet.write(x + 0.5 + aside, sheet.level, f"{board.Z[s.index, k]:g}", "person")
            sheet.frame(x, x + 1.0, sheet.high - sheet.rows, sheet.high, k in s.on)
    end = float(left[-1]) + 1.0
    sheet.head(0.5 * (sheet.at + end), "Z", "")
    sheet.at = end
