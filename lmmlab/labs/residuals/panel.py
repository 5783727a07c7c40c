"""REML of a panel: everybody is measured at the same times, so that a study is one small matrix.

The general search whitens all rows at each step, and a frame has no time for that. With the same
X for all people, the data are their mean and a T x T matrix of squares; one step of Fisher's
scoring is then a few products of such matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.design import Floats

_STEPS = 80
_ENOUGH = 1e-13  # of the criterion, relatively
_LONGEST = 1.0  # of a step in logarithms, or in atanh
_STEEPEST = 6.0  # the furthest atanh of phi: 1 - 1e-5
_LEAST = 1e-4  # sd of the quietest visit, over that of all


@dataclass(frozen=True, eq=False)
class Variances:
    """Spread of people, residual sd of each visit (T,), and correlation phi of neighbours."""

    tau0: float
    sds: Floats
    phi: float

    @property
    def C(self) -> Floats:
        """Correlations (T, T) of the residuals of a person."""
        return _powers(self.phi, len(self.sds))[0]

    @property
    def V(self) -> Floats:
        """Covariance (T, T) of the visits of a person."""
        V: Floats = self.tau0**2 + self.C * self.sds[:, None] * self.sds
        return V


@dataclass(frozen=True, eq=False)
class _Look:
    """The criterion at one place, its slope and information."""

    value: float
    score: Floats
    information: Floats


def estimate(Y: Floats, X: Floats, people: bool, errors: str) -> Variances:
    """Estimate the variances by REML.

    Parameters
    ----------
    Y : (J, T) array
        Visits of each person.
    X : (T, p) array
        Fixed columns of each person.
    people : bool
        Whether people may differ in their level.
    errors : str
        "independent", "ar1" or "variances".

    Notes
    -----
    The criterion is J log|V| + log|X'V^-1 X| + tr(V^-1 S), S the squares and products of what beta
    leaves over. Coordinates are tau0^2, which may be 0, logarithms of residual sds, and atanh(phi).
    Fisher's information is exact: J - 1 deviations of people from their mean, and the mean itself
    with beta taken out.
    """
    T = Y.shape[1]
    mean = Y.mean(0)
    rest = Y - X @ np.linalg.lstsq(X, mean, rcond=None)[0]
    around = (Y - mean).T @ (Y - mean)
    inside = rest - rest.mean(1, keepdims=True)
    variance = float((inside**2).mean())
    at = [max(float(rest.mean(1).var()), 0.1 * variance)] if people else []
    at += [0.5 * np.log(variance)] * (T if errors == "variances" else 1)
    at += [0.0] if errors == "ar1" else []
    place = np.array(at)
    floor = 0.5 * np.log(variance) + np.log(_LEAST)

    def look(place: Floats) -> _Look:
        return _look(place, mean, around, len(Y), X, people, errors)

    here = look(place)
    for _ in range(_STEPS):
        free = np.ones(len(place), dtype=bool)
        if people and place[0] == 0.0 and here.score[0] <= 0.0:
            free[0] = False
        information = here.information[np.ix_(free, free)]
        information[np.diag_indices(len(information))] *= 1.0 + 1e-10
        move = np.zeros(len(place))
        move[free] = np.linalg.solve(information, here.score[free])
        move *= min(1.0, _LONGEST / np.abs(move[int(people) :]).max(initial=1e-300))
        share = 1.0
        while share > 1e-6:
            ahead_at = _bounded(place + share * move, people, errors, floor)
            ahead = look(ahead_at)
            if ahead.value <= here.value:
                break
            share *= 0.4
        else:
            break
        gained = here.value - ahead.value
        place, here = ahead_at, ahead
        if gained <= _ENOUGH * abs(here.value):
            break
    return _variances(place, T, people, errors)


def _bounded(place: Floats, people: bool, errors: str, floor: float) -> Floats:
    """Keep coordinates where variances and correlations can be."""
    inside = place.copy()
    k = int(people)
    if people:
        inside[0] = max(place[0], 0.0)
    end = len(place) - (errors == "ar1")
    inside[k:end] = np.maximum(place[k:end], floor)
    inside[end:] = np.clip(place[end:], -_STEEPEST, _STEEPEST)
    return inside


def _variances(place: Floats, T: int, people: bool, errors: str) -> Variances:
    """Read the coordinates."""
    k, phi = int(people), 0.0
    if errors == "ar1":
        place, phi = place[:-1], float(np.tanh(place[-1]))
    tau0 = float(np.sqrt(place[0])) if people else 0.0
    return Variances(tau0, np.broadcast_to(np.exp(place[k:]), T).copy(), phi)


def _powers(phi: float, T: int) -> tuple[Floats, Floats]:
    """Give phi to the power of each lag, and its derivative in phi."""
    lag = np.abs(np.arange(T)[:, None] - np.arange(T))
    steps = np.append(1.0, np.cumprod(np.full(T - 1, phi)))
    slopes = np.append(0.0, np.arange(1.0, T) * steps[:-1])
    return steps[lag], slopes[lag]


def _look(
    place: Floats, mean: Floats, around: Floats, J: int, X: Floats, people: bool, errors: str
) -> _Look:
    """Give the criterion, the slope of the log likelihood, and its expected information."""
    T = len(mean)
    at = _variances(place, T, people, errors)
    V = at.V
    A = np.linalg.inv(V)
    AX = A @ X
    inner = X.T @ AX
    W = AX @ np.linalg.solve(inner, AX.T)
    rest = mean - X @ np.linalg.solve(inner, AX.T @ mean)
    S = around + J * np.outer(rest, rest)
    P, pull = A - W, A @ S @ A - J * A + W
    if errors == "variances":  # V moves by w v v' for each coordinate
        v = np.column_stack([np.ones((T, int(people))), np.eye(T)])
        w = np.append(np.ones(int(people)), 2.0 * at.sds**2)
        score = 0.5 * w * np.einsum("ik,ij,jk->k", v, pull, v, optimize=True)
        squares = (J - 1.0) * (v.T @ A @ v) ** 2 + (v.T @ P @ v) ** 2
        information = 0.5 * w[:, None] * w * squares
    else:
        dV = _moves(at, people, errors)
        by_A, by_P = A @ dV, P @ dV
        score = 0.5 * np.einsum("kij,ij->k", dV, pull)
        information = 0.5 * (J - 1.0) * np.einsum("kij,lji->kl", by_A, by_A)
        information += 0.5 * np.einsum("kij,lji->kl", by_P, by_P)
    value = J * np.linalg.slogdet(V)[1] + np.linalg.slogdet(inner)[1] + (A * S).sum()
    return _Look(float(value), score, information)


def _moves(at: Variances, people: bool, errors: str) -> Floats:
    """Give how V (T, T) moves with each coordinate, where all visits have one sd."""
    T, variance = len(at.sds), float(at.sds[0] ** 2)
    power, slope = _powers(at.phi, T)
    moves = [np.ones((T, T))] if people else []
    moves.append(2.0 * variance * power)
    if errors == "ar1":
        moves.append(slope * (1.0 - at.phi**2) * variance)
    return np.array(moves)
