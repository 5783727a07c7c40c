"""The numbers of the blueprint lab: y and its parts, as nature and a fit have them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lmmlab.engine.design import Design, Floats, Ints, LMMError, Term
from lmmlab.labs.blueprint.board import (
    CHANGE,
    MOST_VISITS,
    PEOPLE,
    SECOND,
    START,
    Board,
    board,
)
from lmmlab.labs.blueprint.controls import Controls
from lmmlab.labs.blueprint.remarks import corners
from lmmlab.meaning.implied import correlation, implied
from lmmlab.model.fit import fit
from lmmlab.study.simulate import BETWEEN, normals, response, root

AVERAGE, NOISE = -1, -2


class Parts(NamedTuple):
    """What y is made of: y = X beta + Z b + noise, with all columns of Z side by side."""

    beta: Floats
    b: Floats
    noise: Floats

    def of(self, at: int, board: Board) -> dict[int, float]:
        """Take one row apart: its average part, what each kind of column adds, its noise."""
        adds = board.Z[at] * self.b
        told = {AVERAGE: float(board.X[at] @ self.beta)}
        for kind in (START, CHANGE, SECOND):
            if (board.carries == kind).any():
                told[kind] = float(adds[board.carries == kind].sum())
        return told | {NOISE: float(self.noise[at])}


class Estimate(NamedTuple):
    """What REML says: the parts, the spreads (tau0, tau1), rho and sigma.

    `tau1` is None without own changes, `rho` also where a spread is 0.
    """

    parts: Parts
    tau0: float
    tau1: float | None
    rho: float | None
    sigma: float
    singular: bool


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Attributes
    ----------
    board : rows and columns.
    y : (n,) what is measured.
    true : the parts that nature put together.
    estimate : None where nothing is fitted, or nothing can be.
    G : (q, q) covariance of all entries of b.
    V : (n, n) covariance of y that follows.
    alike : (n, n) the same as correlations; NaN beside a row that does not vary.
    order : (n,) the rows from top to bottom.
    index : the row in colour.
    """

    controls: Controls
    board: Board
    y: Floats
    true: Parts
    estimate: Estimate | None
    G: Floats
    V: Floats
    alike: Floats
    order: Ints
    index: int
    message: str

    @property
    def who(self) -> str:
        """Name of the row in colour."""
        return self.board.ids[self.index]

    @property
    def person(self) -> str:
        """Name of the person in colour."""
        return PEOPLE[self.board.who[self.index]]

    @property
    def second(self) -> str:
        """Name of the clinic or the rater of the row in colour, ``"clinic P"``."""
        kind, second = self.board.kind, self.board.second
        return "" if second is None else f"{kind.second} {kind.names[second[self.index]]}"

    @property
    def mine(self) -> Ints:
        """The columns of Z that belong to this row's person, clinic or rater."""
        own, second = self.board.who[self.index], self.board.second
        belongs = (self.board.carries != SECOND) & (self.board.of == own)
        if second is not None:
            belongs |= (self.board.carries == SECOND) & (self.board.of == second[self.index])
        return np.flatnonzero(belongs)

    @property
    def on(self) -> Ints:
        """The columns of Z that the row in colour switches on; of `mine`, those that are not 0."""
        return np.flatnonzero(self.board.Z[self.index])


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    laid = board(c.board, c.people, c.visits)
    lines = laid.kind.lines
    u, e, v = _draws(c.seed, c.people)
    e = e[:, : c.visits].ravel()
    beta = np.array([c.beta0, c.beta1])
    T = root(np.array([c.tau0, c.tau1])[: 1 + lines], c.rho if lines else 0.0)
    u = u[:, : 1 + lines]
    y = response(laid.X, laid.own, laid.who, beta, T, c.sigma, u, e)
    b = (u @ T.T).ravel()
    G = np.asarray(np.kron(np.eye(c.people), T @ T.T), dtype=np.float64)
    if laid.second is not None:
        levels = len(laid.kind.names)
        own = c.tau2 * v[:levels]
        y += own[laid.second]
        b = np.concatenate([b, own])
        G = _beside(G, c.tau2**2 * np.eye(levels))
    estimate = _estimate(laid, y) if laid.second is None else None
    V = implied(G, c.sigma, laid.Z)
    alike = correlation(V, gaps=True)
    order = np.arange(len(y))
    if laid.second is not None and c.order == "second":
        order = np.argsort(laid.second, kind="stable")
    return Scene(
        controls=c,
        board=laid,
        y=y,
        true=Parts(beta, b, c.sigma * e),
        estimate=estimate,
        G=G,
        V=V,
        alike=alike,
        order=order,
        index=laid.ids.index(c.person) if c.person in laid.ids else 2 * c.visits - 1,
        message=corners(c, laid, alike, estimate),
    )


@lru_cache(maxsize=32)
def _draws(seed: int, people: int) -> tuple[Floats, Floats, Floats]:
    """Give the draws of people (J, 2), of their visits, and of three clinics or raters."""
    drawn = normals(seed, people, 2 + MOST_VISITS)
    return drawn[:, :2], drawn[:, 2:], normals(seed, 3, 1, BETWEEN)[:, 0]


def _beside(a: Floats, b: Floats) -> Floats:
    """Put two matrices on the diagonal of one."""
    both = np.zeros((len(a) + len(b),) * 2)
    both[: len(a), : len(a)] = a
    both[len(a) :, len(a) :] = b
    return both


def _estimate(laid: Board, y: Floats) -> Estimate | None:
    """Fit a model with the same columns."""
    names = ("(Intercept)", "time")
    q = laid.own.shape[1]
    term = Term("person", names[:q], laid.own, laid.who, PEOPLE[: laid.people], (q,))
    try:
        model = fit(Design(y, laid.X, names, (term,)))
    except LMMError:
        return None
    G = model.G["person"].values
    sd = np.sqrt(np.diagonal(G))
    rho = float(correlation(G)[0, 1]) if q == 2 and (sd > 1e-6).all() else None
    parts = Parts(model.beta, model.blups["person"].values.ravel(), model.residuals)
    tau1 = float(sd[1]) if q == 2 else None
    return Estimate(parts, float(sd[0]), tau1, rho, model.sigma, model.singular)
