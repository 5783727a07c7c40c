"""The Laplace approximation of the likelihood, with its gradient and Hessian.

The integral over u is replaced by that of the normal density with the same peak and curvature:
deviance = -2 (log p(y | u) - u'u / 2) + log|H|, at the best u. It is minimised over theta and beta
together. Both enter three times: through eta itself, through the best u, which moves with them, and
through H. All derivatives are exact, by implicit differentiation of the equation of the best u.

The elements of theta are here those of a lower triangular root of D in some axes, given as columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmmlab.engine.covariance import positions
from lmmlab.engine.design import Floats, Ints
from lmmlab.generalised.pirls import Mode
from lmmlab.generalised.working import Working


@dataclass(frozen=True, eq=False)
class Moves:
    """How everything moves with the k elements of theta and the p of beta, P together.

    Attributes
    ----------
    u : (P, m, K) array
        Derivatives of the best u.
    eta : (P, n) array
        Of the linear predictor, u moving along.
    direct : (P, n) array
        Of the linear predictor, u held.
    z : (k, n) array
        The random column that each element of theta multiplies.
    column : (k,) integer array
        And the column of the root in which it stands.
    """

    u: Floats
    eta: Floats
    direct: Floats
    z: Floats
    column: Ints


def deviance(data: Working, at: Mode) -> float:
    """Give -2 log likelihood in Laplace's approximation, all constants included."""
    counts = data.counts
    loglik = counts.family.loglik(counts.y, counts.trials, at.eta).sum() + data.constant
    return float(-2.0 * loglik + (at.u * at.u).sum() + at.logdet)


def moves(data: Working, at: Mode, axes: Floats) -> Moves:
    """Differentiate the best u.

    Parameters
    ----------
    data : Working
    at : Mode
        Its Lambda is axes times a lower triangular root.
    axes : (q, q) array
    """
    row, column = positions(data.blocks)
    r, W = at.slopes[:2]
    z = (data.Z @ axes).T[row]
    u = data.local(at.u)
    direct = np.concatenate([z * u[:, column].T, data.X.T])
    pull = np.stack([data.sums(-(W * e)[:, None] * at.A) for e in direct])
    for a, c in enumerate(column):
        pull[a] += placed(data, r * z[a], c)
    du = np.einsum("mij,amj->ami", at.C, pull)
    eta = direct + np.einsum("nq,anq->an", at.A, data.local(du))
    return Moves(du, eta, direct, z, column)


def placed(data: Working, values: Floats, column: int) -> Floats:
    """Add up values (n,) of rows for the random effects of one column: (m, K)."""
    m, K = data.shape
    total = np.bincount(data.effect[:, column], values, m * K)
    return np.asarray(total, dtype=float).reshape(m, K)


def derivatives(data: Working, at: Mode, axes: Floats) -> tuple[Floats, Floats, Moves]:
    """Differentiate the deviance, once and twice, with respect to theta and beta.

    Returns
    -------
    gradient : (P,) array
    hessian : (P, P) array
    Moves

    Notes
    -----
    With the indices a, b for parameters, d = -2 l(u) + log|H|, C the inverse of H:

    - d_a = -2 r'e_a + tr(C H_a), where e_a moves eta directly and u does not count, being best;
    - tr(C H_a) = 2 sum W k_a + sum c W' eta_a, with c = diag(A C A') and k_a = diag(A_a C A');
    - the second derivative of u enters only as sum c W' A u_ab = lambda'H u_ab, with
      lambda = C A'(c W'), and H u_ab follows from differentiating the equation of the best u twice;
    - log|H| adds tr(C H_ab) - tr(C H_a C H_b).
    """
    by, A, C = moves(data, at, axes), at.A, at.C
    r, W, W1, W2 = at.slopes
    z, N, E, U, k = by.z, by.eta, by.direct, by.u, len(by.z)
    P, column = len(N), by.column
    flat = U.reshape(P, -1)
    local = C.reshape(-1)[data.pair]
    CA = np.einsum("nij,nj->ni", local, A)
    c = np.einsum("ni,ni->n", CA, A)
    own = z * CA[:, column].T  # k_a
    gradient = -2.0 * E @ r + N @ (c * W1)
    gradient[:k] += 2.0 * own @ W

    v = c * W1
    lam = np.einsum("mij,mj->mi", C, data.sums(v[:, None] * A))
    own_lam = data.local(lam)
    along = np.einsum("nq,nq->n", own_lam, A)
    turned_lam = z * own_lam[:, column].T
    meets = np.zeros((P, P))  # what stands once for (a, b) and once for (b, a)
    for a, j in enumerate(column):
        toward = placed(data, z[a] * (v - r - along * W), j).ravel()
        meets[a] = flat @ toward
    meets += (E * W) @ N.T
    meets[:k] += 2.0 * (own * W1) @ N.T - (turned_lam * W) @ N.T
    hessian = (N * (c * W2 - along * W1)) @ N.T + meets + meets.T
    hessian[:k, :k] += 2.0 * np.einsum(
        "n,an,bn,nab->ab", W, z, z, local[:, column[:, None], column], optimize=True
    )
    turned = _turned(data, at, by)
    hessian -= np.einsum("amij,bmji->ab", turned, turned)
    return gradient, hessian, by


def _turned(data: Working, at: Mode, by: Moves) -> Floats:
    """Give C H_a (P, m, K, K): how H moves with each parameter, times its inverse."""
    A, (_, W, W1, _) = at.A, at.slopes
    turned = np.empty((len(by.eta), *at.C.shape))
    for a, eta in enumerate(by.eta):
        change = (W1 * eta)[:, None, None] * A[:, :, None] * A[:, None, :]
        if a < len(by.z):
            both = (W * by.z[a])[:, None] * A
            change[:, by.column[a], :] += both
            change[:, :, by.column[a]] += both
        turned[a] = data.against(change, at.C)
    return turned
