"""What is special about a state of the board, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lmmlab.engine.design import Floats
from lmmlab.labs.blueprint.board import Board
from lmmlab.labs.blueprint.controls import Controls

if TYPE_CHECKING:
    from lmmlab.labs.blueprint.scene import Estimate


def corners(c: Controls, board: Board, alike: Floats, estimate: Estimate | None) -> str:
    """Say what is special about a state; nothing about an ordinary one."""
    notes = [*_of_the_board(c), *_of_nature(c, board), *_of_still_rows(board, alike)]
    if (alike < -0.005).any():
        notes.append("Grey: rows that go opposite ways.")
    if board.second is None:
        notes += _of_the_fit(c, estimate)
    return " ".join(notes)


def _of_the_board(c: Controls) -> list[str]:
    if c.board == "nested" and c.people < 4:
        alone = "Each clinic has" if c.people == 2 else "Clinic Q has"
        return [f"{alone} one person only: clinic and person switch the same rows on."]
    if c.board == "crossed" and c.visits == 1:
        unused = " No row switches rater T on." if c.people == 2 else ""
        return [f"With one visit each, a person meets one rater only: nothing is crossed.{unused}"]
    return []


def _of_nature(c: Controls, board: Board) -> list[str]:
    kinds = [("τ₀", c.tau0)]
    kinds += [("τ₁", c.tau1)] if board.kind.lines else []
    kinds += [("τ₂", c.tau2)] if board.kind.second else []
    still = [name for name, value in kinds if value == 0.0]
    notes = []
    if still:
        notes.append(f"With {' = '.join(still)} = 0 these entries of b are 0: switched on or not.")
    if c.sigma == 0.0:
        notes.append("With σ = 0 there is no noise to add.")
    return notes


def _of_still_rows(board: Board, alike: Floats) -> list[str]:
    still = np.isnan(np.diagonal(alike))
    if still.all():
        return ["Nothing varies, so no correlation of two rows is defined."]
    if not still.any():
        return []
    month = board.time[still][0]  # the same of all people
    return [f"In month {month:g} nothing varies, so these rows have no correlation with others."]


def _of_the_fit(c: Controls, estimate: Estimate | None) -> list[str]:
    if estimate is None:
        why = "one visit each" if c.visits == 1 else "these rows"
        return [f"From {why} the parts cannot be estimated; you see the truth alone."]
    if not estimate.singular:
        return []
    if estimate.tau0 <= 1e-4 or (estimate.tau1 is not None and estimate.tau1 <= 1e-4):
        return ["The estimate of a spread is 0. That is common with few people."]
    sign = "−" if estimate.rho is not None and estimate.rho < 0.0 else "+"
    return [f"The estimate of ρ is at its limit, {sign}1. That is common with few people."]
