"""The tasks of the blueprint lab: what to predict, what to count, and what to reach."""

from __future__ import annotations

from lmmlab.labs._lab import Choice, Do, Mistake, Number, Predict
from lmmlab.labs._numbers import decimal
from lmmlab.labs.blueprint.board import CHANGE
from lmmlab.labs.blueprint.controls import Controls
from lmmlab.labs.blueprint.scene import Scene

WHOSE = Predict(
    "whose",
    "b has four entries, one for each person. How many of them are added to the row of Cleo in "
    "month 6?",
    (
        Choice(
            "All four: Zb is added to every row",
            "Zb is in every row, but Z is 0 wherever a column belongs to somebody else. In Cleo's "
            "row only column C is switched on: of the four entries, her own +9.2 alone gets in.",
            name="random effects are added to everybody",
        ),
        Choice(
            "One: hers, in each of her rows",
            "Yes. In Cleo's row only column C is switched on, so her own +9.2 gets in and the "
            "other three entries are multiplied by 0.",
            right=True,
        ),
        Choice(
            "None: random effects are noise around the line",
            "Noise is drawn anew for each row; that is ε. Cleo's own start is drawn once and "
            "switched on in all her rows: +9.2 in months 0, 6 and 12 alike.",
            name="random effects are noise",
        ),
    ),
    {"person": "Cleo 6"},
)

CROSSED = Predict(
    "crossed",
    "Three raters now take turns, and each person meets all three. Can the rows be sorted so that "
    "the people's columns and the raters' columns both fall into blocks?",
    (
        Choice(
            "No, whatever the order",
            "Yes. What is a block in one order is scattered in the other. That is what crossed "
            "means; people in clinics are nested, and there one order does for both.",
            right=True,
        ),
        Choice(
            "Yes, sorted by person",
            "That makes blocks of the people's columns. Each person's rows then switch on rater R, "
            "S and T in turn, so the raters' columns are scattered over all blocks.",
            name="crossed is nested",
        ),
        Choice(
            "Yes, sorted by rater",
            "That makes blocks of the raters' columns, but each rater's rows belong to all four "
            "people. Choose that order and see the people's columns fall apart.",
            name="sorting undoes crossing",
        ),
    ),
    {"board": "crossed"},
)

COUNT = Number(
    "count",
    "Six people come five times each: 30 rows. Each person has an own start and an own change. How "
    "many columns has Z?",
    value=12.0,
    reply="Two for each of the six people. More visits make more rows, not more columns.",
    tolerance=0.4,
    mistakes=(
        Mistake(
            2.0, "one column for each kind of effect",
            "Those are the columns of X, which hold for everybody. In Z each person has an own "
            "pair: 6 × 2 = 12.",
        ),
        Mistake(
            30.0, "one column for each row",
            "That is how many entries ε has: noise is new in each row. A person's start is the "
            "same in all five rows, so it has one column. There are 6 × 2 = 12.",
        ),
        Mistake(
            60.0, "new random effects at each visit",
            "That would draw a new start and a new change at each visit. They are drawn once for "
            "each person: 6 × 2 = 12.",
        ),
        Mistake(
            6.0, "own change forgotten",
            "Six columns are enough for own starts. Own changes need six more: 6 × 2 = 12.",
        ),
    ),
    limits=(1.0, float("inf")),
    then={"board": "lines", "people": 6, "visits": 5},
    too_low="How many things does each person have of their own?",
    too_high="Which of these things are the same in all rows of a person?",
)  # fmt: skip


def _silent(c: Controls, s: Scene) -> tuple[bool, str]:
    if not s.board.kind.lines:
        return False, "Give people own changes first."
    if c.tau1 == 0.0:
        return False, "With τ₁ = 0 nobody has an own change. Leave it above 0."
    if s.board.time[s.index] > 0.0:
        adds = decimal(s.true.of(s.index, s.board)[CHANGE], 1, signed=True)
        return False, f"{s.person}'s change is switched on in this row: it adds {adds}."
    return True, "At month 0 the switch of the change is 0: nothing has had time to change."


def _nested(c: Controls, s: Scene) -> tuple[bool, str]:
    if s.board.kind.second != "rater" or s.board.second is None:
        return False, "Choose the board with raters first."
    me = s.board.who == s.board.who[s.index]
    raters = len(set(s.board.second[me].tolist()))
    if raters > 1:
        return False, f"{s.person} still meets {raters} raters."
    return True, "One rater each: people now lie inside raters. Crossing needs second meetings."


TASKS = (
    WHOSE,
    CROSSED,
    COUNT,
    Do(
        "silent",
        "Give people own changes. Then find a row that has a column for its change, and yet the "
        "change adds nothing to it. Leave τ₁ above 0.",
        _silent,
    ),
    Do(
        "uncross",
        "Choose the board with raters. Change the study so that people and raters no longer cross.",
        _nested,
    ),
)
