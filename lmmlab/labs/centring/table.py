"""What moved and what did not, number by number: the two columns that the lab shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lmmlab.labs._numbers import decimal
from lmmlab.labs.centring import days, groups


class Row(NamedTuple):
    """One number before and now; `moved` if they differ, None if they cannot be compared."""

    name: str
    role: str
    before: str
    now: str
    moved: bool | None


def of_days(before: days.Reading, now: days.Reading) -> tuple[Row, ...]:
    """Compare two readings of the sleep study."""
    day, _ = days.visits()
    shift = float(np.abs(now.at(day) - before.at(day)).max())
    entries = (
        ("intercept", "parameter:beta", before.beta[0], now.beta[0], 1),
        ("its std. error", "", before.se[0], now.se[0], 1),
        ("spread there τ₀", "parameter:tau0", before.tau[0], now.tau[0], 1),
        ("go together ρ", "parameter:rho", before.rho, now.rho, 2),
        ("slope", "parameter:beta", before.beta[1], now.beta[1], 1),
        ("its std. error", "", before.se[1], now.se[1], 1),
        ("spread of slopes τ₁", "parameter:tau1", before.tau[1], now.tau[1], 1),
        ("noise σ", "parameter:sigma", before.sigma, now.sigma, 1),
        ("criterion", "", before.deviance, now.deviance, 3),
        ("lines move up to", "model", 0.0, shift, 1),
    )
    return tuple(_row(*entry) for entry in entries)


def of_groups(n: int, before: groups.Reading, now: groups.Reading) -> tuple[Row, ...]:
    """Compare two readings of the made groups."""
    x = groups.rows(n).x
    shift = float(np.abs(now.at(x) - before.at(x)).max())
    entries = (
        ("intercept", "parameter:beta", before.beta[0], now.beta[0], 2),
        ("its std. error", "", before.se[0], now.se[0], 2),
        ("slope", "parameter:beta", before.beta[1], now.beta[1], 2),
        ("its std. error", "", before.se[1], now.se[1], 2),
        ("spread of groups τ₀", "parameter:tau0", before.tau, now.tau, 2),
        ("noise σ", "parameter:sigma", before.sigma, now.sigma, 2),
        ("criterion", "", before.deviance, now.deviance, 3),
        ("lines move up to", "model", 0.0, shift, 2),
    )
    made = [_row(*entry) for entry in entries]
    if made[2].moved:  # other fixed columns: restricted likelihoods are not on one scale
        made[6] = made[6]._replace(now="new model", moved=None)
    return tuple(made)


def _row(name: str, role: str, before: float, now: float, digits: int) -> Row:
    was, now_is = (decimal(value, digits, signed="ρ" in name) for value in (before, now))
    return Row(name, role, was, now_is, moved=was != now_is)
